/**
 * The main thread's end of a worker thread: starts it on first use, pairs replies with requests, and fails
 * what was under way when the thread dies; the next request starts a new one.
 */

import type { Transferable } from 'node:worker_threads'
import { Worker } from 'node:worker_threads'

interface Waiting<Reply> {
  resolve(reply: Reply): void
  reject(error: Error): void
}

/** Requests and replies are plain data: they cross by structured clone. */
export class WorkerClient<Body extends object, Reply extends { readonly id: number }> {
  readonly #url: URL
  readonly #name: string
  #worker: Worker | undefined
  #nextId = 1
  readonly #waiting = new Map<number, Waiting<Reply>>()

  /** `url`: of the thread's module, which posts a reply of the same id for each message. */
  constructor(url: URL, name: string) {
    this.#url = url
    this.#name = name
  }

  /** True while the thread that was started is alive. */
  get isAlive(): boolean {
    return this.#worker !== undefined
  }

  /** Rejects when the thread ends before it replies. The process stays alive for the reply alone. */
  request(body: Body, transfer: readonly Transferable[] = []): Promise<Reply> {
    const worker = this.#worker ?? this.#start()
    const id = this.#nextId++
    return new Promise<Reply>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      worker.ref()
      worker.postMessage({ ...body, id }, transfer)
    })
  }

  #start(): Worker {
    // What the program itself was told to load first is not for its threads.
    const worker = new Worker(this.#url, { execArgv: [] })
    worker.unref()
    worker.on('message', (reply: Reply) => {
      this.#waiting.get(reply.id)?.resolve(reply)
      this.#waiting.delete(reply.id)
      if (this.#waiting.size === 0) worker.unref()
    })
    worker.on('error', error => this.#fail(worker, error))
    worker.on('exit', code => this.#fail(worker, new Error(`${this.#name} ended with code ${code}`)))
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
    this.#fail(worker, new Error(`${this.#name} was closed`))
    await worker.terminate()
  }
}
