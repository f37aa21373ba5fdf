/** The main thread's end of the inference worker. */

import { WorkerClient } from '../../executor/io/worker-client.ts'
import type { WorkerReply, WorkerRequest } from './messages.ts'

type RequestBody = WorkerRequest extends infer Request
  ? Request extends WorkerRequest
    ? Omit<Request, 'id'>
    : never
  : never

export class InferenceClient {
  readonly #worker = new WorkerClient<RequestBody, WorkerReply>(
    new URL('./inference-worker.js', import.meta.url),
    'the inference thread',
  )

  /** True while a worker with everything loaded so far is alive. */
  get isAlive(): boolean {
    return this.#worker.isAlive
  }

  /** Sends a request; rejects with the worker's message, or when the thread ends first. */
  async request(body: RequestBody, transfer: readonly ArrayBuffer[] = []): Promise<WorkerReply> {
    const reply = await this.#worker.request(body, transfer)
    if (reply.kind === 'failed') throw new Error(reply.message)
    return reply
  }

  close(): Promise<void> {
    return this.#worker.close()
  }
}
