/**
 * Carries a job's changes to a SinkWriter, one epoch at a time, through a queue with a limit. When the queue
 * is full the sources that feed the job wait (the engine stops polling them and holds back writes to their
 * tables), so a target that is down costs bounded memory.
 */

import { must } from '../../planner/assert.ts'
import { batchBytes } from '../batch/batch-bytes.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import type { SinkStatus, SinkWriter } from '../io/sink.ts'
import type { Epoch } from '../operators/operator.ts'
import { ownBytes } from './batches.ts'
import type { Deferred } from './deferred.ts'
import { deferred } from './deferred.ts'
import type { JobTarget } from './job.ts'

const QUEUE_BYTES_MAX = 32 * 1024 * 1024
const QUEUE_EPOCHS_MAX = 256

interface QueuedEpoch {
  readonly epoch: Epoch
  readonly batches: readonly DeltaBatch[]
  readonly bytes: number
}

export class SinkFeed implements JobTarget {
  #writer: SinkWriter | undefined
  readonly #onFailed: (error: Error) => void
  readonly #onDrained: () => void
  #staged: DeltaBatch[] = []
  readonly #queue: QueuedEpoch[] = []
  #bytes = 0
  #running: Promise<void> | undefined
  #closed = false
  #status: SinkStatus = { kind: 'running' }
  #waiters: Deferred<void>[] = []

  /** `onFailed`: the writer gave up for good. `onDrained`: the queue is no longer full. */
  constructor(onFailed: (error: Error) => void, onDrained: () => void) {
    this.#onFailed = onFailed
    this.#onDrained = onDrained
  }

  /** Before the first commit. */
  open(writer: SinkWriter): void {
    this.#writer = writer
  }

  /** The writer's own report; see Sink.open. */
  readonly onStatus = (status: SinkStatus): void => {
    this.#status = status
  }

  get full(): boolean {
    return this.#bytes >= QUEUE_BYTES_MAX || this.#queue.length >= QUEUE_EPOCHS_MAX
  }

  get retrying(): Error | undefined {
    return this.#status.kind === 'retrying' ? this.#status.error : undefined
  }

  *write(_epoch: Epoch, batches: readonly DeltaBatch[]): Generator<void> {
    for (const batch of batches) {
      if (batch.length > 0) this.#staged.push(ownBytes(batch))
      yield
    }
  }

  commit(epoch: Epoch): void {
    if (this.#staged.length === 0 || this.#closed) return
    const batches = this.#staged
    this.#staged = []
    const bytes = batches.reduce((sum, batch) => sum + batchBytes(batch), 0)
    this.#bytes += bytes
    this.#queue.push({ epoch, batches, bytes })
    this.#running ??= this.#drain()
  }

  drained(): Promise<void> {
    if (!this.full || this.#closed) return Promise.resolve()
    const waiter = deferred<void>()
    this.#waiters.push(waiter)
    return waiter.promise
  }

  fail(): void {
    this.#discard()
  }

  stateBytes(): number {
    return this.#bytes
  }

  /** The write that runs is allowed to finish; what is still queued is not written. */
  async close(): Promise<void> {
    this.#discard()
    await this.#running
    await this.#writer?.close()
  }

  async #drain(): Promise<void> {
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      try {
        await must(this.#writer, 'the feed is open').write(next.epoch, next.batches)
      } catch (error) {
        const wasClosed = this.#closed
        this.#discard()
        if (!wasClosed) this.#onFailed(error instanceof Error ? error : new Error(String(error)))
        break
      }
      if (this.#closed) break
      const wasFull = this.full
      this.#queue.shift()
      this.#bytes -= next.bytes
      if (wasFull && !this.full) this.#release()
    }
    this.#running = undefined
  }

  #discard(): void {
    this.#closed = true
    this.#staged = []
    this.#queue.length = 0
    this.#bytes = 0
    this.#release()
  }

  #release(): void {
    for (const waiter of this.#waiters) waiter.resolve()
    this.#waiters = []
    this.#onDrained()
  }
}
