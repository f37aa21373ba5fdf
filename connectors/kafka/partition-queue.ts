/**
 * One partition on its way from the broker to poll: fetched record sets, and where each end of the queue
 * stands.
 */

import type { RecordSet } from './record-batch.ts'

/** Offsets from here on are never wanted. */
export const NO_STOP = Number.MAX_SAFE_INTEGER

/** A record set that waits to be read. */
export interface QueuedSet {
  readonly set: RecordSet
  readonly bytes: number
  /** See FetchedPartition. */
  readonly release: () => void
}

export class PartitionQueue {
  readonly partition: number
  /** Exclusive end of what is wanted, NO_STOP when there is none. */
  readonly stop: number
  /** The offset after everything that poll consumed. */
  position: number
  /** The offset that the next fetch asks for. */
  fetchOffset: number
  /** The broker that leads the partition; undefined until metadata said so. */
  leader: number | undefined
  /** Bytes a fetch asks for; grows when one batch is larger. */
  fetchBytes: number
  /** High watermark of the last fetch. */
  end: number | undefined
  /** Kept out of fetches until then (milliseconds, performance.now), after an error of this partition. */
  pausedUntil = 0
  readonly #sets: QueuedSet[] = []
  /** Some column points into the memory of the head. */
  #headIsKept = false
  #bufferedBytes = 0

  constructor(partition: number, position: number, stop: number, fetchBytes: number) {
    this.partition = partition
    this.position = position
    this.fetchOffset = position
    this.stop = stop
    this.fetchBytes = fetchBytes
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  /** The set to read from next; undefined when nothing is buffered. */
  get head(): RecordSet | undefined {
    return this.#sets[0]?.set
  }

  get isAtStop(): boolean {
    return this.position >= this.stop
  }

  push(queued: QueuedSet, nextOffset: number): void {
    this.#sets.push(queued)
    this.#bufferedBytes += queued.bytes
    this.fetchOffset = nextOffset
  }

  /**
   * Takes note of what was read from the head, and drops the head when it is used up. `kept`: what was read
   * points into its memory.
   */
  consumed(kept: boolean): void {
    const [first] = this.#sets
    if (first === undefined) return
    this.position = Math.max(this.position, first.set.nextOffset)
    this.#headIsKept ||= kept
    if (!first.set.exhausted && !this.isAtStop) return
    this.#sets.shift()
    this.#bufferedBytes -= first.bytes
    if (!this.#headIsKept) first.release()
    this.#headIsKept = false
  }

  /** Starts over at `offset`, with nothing buffered. */
  reset(offset: number): void {
    this.#sets.length = 0
    this.#headIsKept = false
    this.#bufferedBytes = 0
    this.position = offset
    this.fetchOffset = offset
  }
}
