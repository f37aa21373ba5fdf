/**
 * A running SUBSCRIBE: the target of an ephemeral job, and the buffer its reader takes events from. The
 * snapshot is the first event; then one event per epoch that changed something. A reader that falls behind by
 * more than the buffer is cut off with 53200: the engine never waits for it.
 */

import { assert } from '../../planner/assert.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { Schema } from '../../planner/schema.ts'
import { batchBytes } from '../batch/batch-bytes.ts'
import { concatBatches } from '../batch/concat.ts'
import { consolidate } from '../batch/consolidate.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import type { Epoch } from '../operators/operator.ts'
import { ownBytes } from './batches.ts'
import { cancellationError } from './cancellation.ts'
import type { Deferred } from './deferred.ts'
import { deferred } from './deferred.ts'
import type { Subscription, SubscriptionEvent } from './engine-contract.ts'
import type { JobTarget } from './job.ts'

export interface SubscriptionInit {
  readonly schema: Schema
  readonly key: readonly number[] | undefined
  readonly snapshot: boolean
  readonly progress: boolean
  readonly bufferBytesMax: number
  readonly signal: AbortSignal | undefined
  /** The subscription ended, for whatever reason: its job can go. Called once. */
  readonly onClose: () => void
}

interface QueuedEvent {
  readonly event: SubscriptionEvent
  /** 0 for the snapshot, which the reader had no chance to take yet. */
  readonly bytes: number
}

type Next = SubscriptionEvent | undefined | 'timeout'

/** Shortest time between two events without changes. */
const PROGRESS_INTERVAL_MS = 1000

export class SubscriptionFeed implements JobTarget, Subscription {
  readonly schema: Schema
  readonly key: readonly number[] | undefined
  readonly full = false
  readonly retrying = undefined
  readonly #init: SubscriptionInit
  #staged: DeltaBatch[] = []
  #snapshotDone = false
  readonly #queue: QueuedEvent[] = []
  #bytes = 0
  #waiter: Deferred<Next> | undefined
  #waiterTimer: NodeJS.Timeout | undefined
  #closed = false
  #error: Error | undefined
  #progressEpoch: Epoch | undefined
  #progressTimer: NodeJS.Timeout | undefined
  readonly #onAbort: () => void

  constructor(init: SubscriptionInit) {
    this.#init = init
    this.schema = init.schema
    this.key = init.key
    this.#onAbort = () => this.fail(cancellationError(init.signal!))
    init.signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  *write(_epoch: Epoch, batches: readonly DeltaBatch[]): Generator<void> {
    if (this.#closed || (!this.#snapshotDone && !this.#init.snapshot)) return
    for (const batch of batches) {
      this.#staged.push(ownBytes(batch))
      yield
    }
  }

  /** The first commit is the snapshot's. */
  commit(epoch: Epoch): void {
    if (this.#closed) return
    const batch = mergeChanges(this.#staged)
    this.#staged = []
    const isSnapshot = !this.#snapshotDone
    this.#snapshotDone = true
    if (batch === undefined) {
      this.#reportProgress(epoch)
      return
    }
    this.#enqueue({ epoch, batch }, isSnapshot ? 0 : batchBytes(batch))
  }

  drained(): Promise<void> {
    return Promise.resolve()
  }

  fail(error: Error): void {
    if (this.#closed) return
    this.#error = error
    this.#finish()
  }

  stateBytes(): number {
    return this.#bytes
  }

  next(timeoutMs?: number): Promise<Next> {
    assert(this.#waiter === undefined, 'one reader takes events one after another')
    const queued = this.#queue.shift()
    if (queued !== undefined) {
      this.#bytes -= queued.bytes
      return Promise.resolve(queued.event)
    }
    if (this.#error !== undefined) return Promise.reject(this.#error)
    if (this.#closed) return Promise.resolve(undefined)
    if (timeoutMs !== undefined && timeoutMs <= 0) return Promise.resolve('timeout')
    const waiter = deferred<Next>()
    this.#waiter = waiter
    if (timeoutMs !== undefined) this.#waiterTimer = setTimeout(() => this.#answer('timeout'), timeoutMs)
    return waiter.promise
  }

  close(): Promise<void> {
    if (!this.#closed) this.#finish()
    return Promise.resolve()
  }

  #enqueue(event: SubscriptionEvent, bytes: number): void {
    if (this.#waiter !== undefined) {
      this.#answer(event)
      return
    }
    if (this.#bytes + bytes > this.#init.bufferBytesMax) {
      this.fail(
        new SqlError(SqlState.outOfMemory, 'the subscription fell too far behind', {
          detail: `More than ${this.#init.bufferBytesMax} bytes of changes were waiting to be read.`,
          hint: 'Read faster, or subscribe again to continue from a new snapshot.',
        }),
      )
      return
    }
    if (this.#queue.at(-1)?.event.batch === undefined) this.#queue.pop() // progress is superseded
    this.#queue.push({ event, bytes })
    this.#bytes += bytes
  }

  /** Nothing changed: tells a reader who asked for it how far the engine is, at most once per interval. */
  #reportProgress(epoch: Epoch): void {
    if (!this.#init.progress) return
    this.#progressEpoch = epoch
    if (this.#progressTimer !== undefined) return
    this.#progressTimer = setTimeout(() => {
      this.#progressTimer = undefined
      if (this.#closed || this.#progressEpoch === undefined) return
      this.#enqueue({ epoch: this.#progressEpoch, batch: undefined }, 0)
    }, PROGRESS_INTERVAL_MS)
    this.#progressTimer.unref()
  }

  #answer(value: Next): void {
    const waiter = this.#waiter
    this.#waiter = undefined
    clearTimeout(this.#waiterTimer)
    waiter?.resolve(value)
  }

  #finish(): void {
    this.#closed = true
    this.#staged = []
    this.#queue.length = 0
    this.#bytes = 0
    clearTimeout(this.#progressTimer)
    this.#init.signal?.removeEventListener('abort', this.#onAbort)
    if (this.#error === undefined) this.#answer(undefined)
    else {
      const waiter = this.#waiter
      this.#waiter = undefined
      clearTimeout(this.#waiterTimer)
      waiter?.reject(this.#error)
    }
    this.#init.onClose()
  }
}

/** One consolidated batch; undefined when nothing changed. */
function mergeChanges(batches: readonly DeltaBatch[]): DeltaBatch | undefined {
  if (batches.length === 0) return undefined
  const all = concatBatches(batches)
  const net = all.weights === undefined ? all : consolidate(all)
  return net.length === 0 ? undefined : net
}
