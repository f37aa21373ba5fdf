/**
 * The main thread's end of the inference worker: starts it on first use, pairs replies with requests, and
 * fails what was under way when the thread dies; the next load starts a new one.
 */

import { Worker } from 'node:worker_threads'
import type { WorkerReply, WorkerRequest } from './messages.ts'

type RequestBody = WorkerRequest extends infer Request
  ? Request extends WorkerRequest
    ? Omit<Request, 'id'>
    : never
  : never

interface Waiting {
  resolve(reply: WorkerReply): void
  reject(error: Error): void
}

export class InferenceClient {
  #worker: Worker | undefined
  #nextId = 1
  readonly #waiting = new Map<number, Waiting>()

  /** True while a worker with everything loaded so far is alive. */
  get isAlive(): boolean {
    return this.#worker !== undefined
  }

  /** Sends a request; rejects with the worker's message, or when the thread ends first. */
  async request(body: RequestBody, transfer: readonly ArrayBuffer[] = []): Promise<WorkerReply> {
    const worker = this.#worker ?? this.#start()
    const id = this.#nextId++
    const reply = await new Promise<WorkerReply>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      worker.ref()
      worker.postMessage({ ...body, id }, transfer)
    })
    if (reply.kind === 'failed') throw new Error(reply.message)
    return reply
  }

  #start(): Worker {
    const worker = new Worker(new URL('./inference-worker.js', import.meta.url))
    worker.unref()
    worker.on('message', (reply: WorkerReply) => {
      this.#waiting.get(reply.id)?.resolve(reply)
      this.#waiting.delete(reply.id)
      if (this.#waiting.size === 0) worker.unref()
    })
    worker.on('error', error => this.#fail(worker, error))
    worker.on('exit', code => this.#fail(worker, new Error(`the inference thread ended with code ${code}`)))
    this.#worker = worker
    return worker
  }

  #fail(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    for (const waiting of this.#waiting.values()) waiting.reject(error)
    this.#waiting.clear()
  }

  /** Ends the thread after what it is doing; what still waits is rejected. */
  async close(): Promise<void> {
    const worker = this.#worker
    if (worker === undefined) return
    this.#fail(worker, new Error('the inference thread was closed'))
    await worker.terminate()
  }
}
