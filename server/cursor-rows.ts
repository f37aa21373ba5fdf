/**
 * The rows of a query's cursor by number, from a stream that is read once and only as far as it is asked for.
 * Rows that were passed are kept for scrolling back, within a limit.
 */

import { batchBytes } from '../executor/batch/batch-bytes.ts'
import type { DeltaBatch } from '../executor/batch/delta-batch.ts'
import { gatherBatch, sliceBatch } from '../executor/batch/gather.ts'
import { ownBytes } from '../executor/runtime/batches.ts'
import { orAborted } from '../executor/runtime/cancellation.ts'
import { type MemoryLimit, MemoryShare } from '../executor/runtime/memory-limit.ts'
import type { SqlError } from '../planner/errors.ts'
import type { ResultRows } from './session-contract.ts'

/** A batch and the number of its first row, from 0. */
interface NumberedBatch {
  readonly start: number
  readonly batch: DeltaBatch
}

/** More than `bytesMax`; or `refusal`, when it is all sessions that hold too much. */
type OnFull = (refusal: SqlError | undefined) => void

export class CursorRows {
  readonly #rows: ResultRows
  readonly #bytesMax: number
  readonly #memory: MemoryShare
  readonly #onFull: OnFull
  #batches: NumberedBatch[] = []
  #bytes = 0
  #keeps: boolean
  /** Rows read from the stream. */
  #end = 0
  #ended = false
  /** A read that was begun and not yet taken: a FETCH that is cancelled loses nothing. */
  #pending: Promise<DeltaBatch | undefined> | undefined

  /** `bytesMax`: kept of passed rows, 0 = nothing. `onFull` may throw; else they are forgotten. */
  constructor(rows: ResultRows, bytesMax: number, memory: MemoryLimit, onFull: OnFull) {
    this.#rows = rows
    this.#bytesMax = bytesMax
    this.#memory = new MemoryShare(memory)
    this.#onFull = onFull
    this.#keeps = bytesMax > 0
  }

  /** Every row up to the present one is still there. */
  get keeps(): boolean {
    return this.#keeps
  }

  /** Rows from number `from` on, at least one and at most `count`; undefined at the end. */
  async forward(
    from: number,
    count: number,
    signal: AbortSignal | undefined,
  ): Promise<DeltaBatch | undefined> {
    while (from >= this.#end) if (!(await this.#pull(signal))) return undefined
    if (!this.#keeps) this.#forget(from)
    const { start, batch } = this.#batches.findLast(candidate => candidate.start <= from)!
    return sliceBatch(batch, from - start, Math.min(batch.length, from - start + count))
  }

  /** Rows number `from`, from - 1 …, at most `count` of them; they have been read and are kept. */
  backward(from: number, count: number): DeltaBatch[] {
    const taken: DeltaBatch[] = []
    const least = Math.max(0, from - count + 1)
    for (const { start, batch } of this.#batches.toReversed()) {
      const first = Math.max(start, least)
      const last = Math.min(start + batch.length - 1, from)
      if (last < first) continue
      const rows = Int32Array.from({ length: last - first + 1 }, (_, index) => last - start - index)
      taken.push(gatherBatch(batch, rows, rows.length))
    }
    return taken
  }

  /** Reads the rest and lets go of the stream. `onFull` throws when that is more than `bytesMax`. */
  async hold(bytesMax: number, onFull: OnFull, signal: AbortSignal): Promise<void> {
    while (await this.#pull(signal)) {
      const last = this.#batches.pop()!
      if (!this.#keeps) this.#bytes += batchBytes(last.batch)
      if (!this.#mayHold(bytesMax, onFull)) return
      this.#batches.push({ start: last.start, batch: ownBytes(last.batch) })
    }
    this.#rows.close()
  }

  close(): void {
    this.#ended = true
    this.#batches = []
    this.#end = 0
    this.#memory.free()
    this.#rows.close()
  }

  async #pull(signal: AbortSignal | undefined): Promise<boolean> {
    if (this.#ended) return false
    this.#pending ??= Promise.resolve(this.#rows.next())
    const batch = await orAborted(this.#pending, signal)
    this.#pending = undefined
    if (batch === undefined) {
      this.#ended = true
      return false
    }
    if (batch.length > 0) this.#add(batch)
    return true
  }

  #add(batch: DeltaBatch): void {
    if (this.#keeps) {
      this.#bytes += batchBytes(batch)
      this.#keeps = this.#mayHold(this.#bytesMax, this.#onFull)
    }
    this.#batches.push({ start: this.#end, batch: this.#keeps ? ownBytes(batch) : batch })
    this.#end += batch.length
  }

  #mayHold(bytesMax: number, onFull: OnFull): boolean {
    const refusal = this.#memory.refusal(this.#bytes)
    const mayHold = this.#bytes <= bytesMax && refusal === undefined
    if (!mayHold) {
      onFull(refusal)
      this.#bytes = 0
    }
    this.#memory.hold(this.#bytes)
    return mayHold
  }

  /** Drops the batches before the one with row number `from`. */
  #forget(from: number): void {
    const index = this.#batches.findLastIndex(({ start }) => start <= from)
    if (index > 0) this.#batches.splice(0, index)
  }
}
