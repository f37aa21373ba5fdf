/**
 * The watermark of one relation: per split the maximum of the watermark expression over its rows, the minimum
 * of that across splits, never going back.
 *
 * A split that has not delivered anything yet holds the watermark back, until it has been silent for IDLE
 * TIMEOUT of processing time; then it is left out of the minimum until it speaks again. When all splits are
 * idle nothing is known about event time and the watermark stays where it is.
 */

import type { Column } from '../batch/column.ts'
import { isNull } from '../batch/column.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import { sliceBatch } from '../batch/gather.ts'
import { wordsOf } from '../batch/key-library.ts'
import type { SplitId } from '../io/source.ts'
import type { Watermark } from '../operators/operator.ts'
import { NO_WATERMARK } from '../operators/operator.ts'

const MICROS_PER_DAY = 86_400_000_000n
/** PostgreSQL's 'infinity' of timestamps and dates: no point in time, so it moves no watermark. */
const TIMESTAMP_INFINITY = 2n ** 63n - 1n
const DATE_INFINITY = 2 ** 31 - 1

interface SplitState {
  watermark: Watermark
  /** Processing time of the last row, or of when the split became known. */
  activeMs: number
}

export class WatermarkTracker {
  readonly #evaluate: (batch: DeltaBatch) => Column
  readonly #risesWith: number | undefined
  readonly #idleTimeoutMs: number | undefined
  readonly #splits = new Map<SplitId, SplitState>()
  #watermark: Watermark = NO_WATERMARK

  /**
   * `evaluate` computes the watermark expression over a batch: a date, timestamp or timestamptz column. It
   * never falls when the timestamp column `risesWith` of the batch rises; undefined when that is not known.
   */
  constructor(
    evaluate: (batch: DeltaBatch) => Column,
    idleTimeoutMs: number | undefined,
    risesWith?: number | undefined,
  ) {
    this.#evaluate = evaluate
    this.#risesWith = risesWith
    this.#idleTimeoutMs = idleTimeoutMs
  }

  /** Takes over what another tracker of the same relation knows (its reader was replaced). */
  continueFrom(other: WatermarkTracker): void {
    for (const [split, state] of other.#splits) this.#splits.set(split, { ...state })
    this.#watermark = other.#watermark
  }

  /** As of the last `advance`. */
  get watermark(): Watermark {
    return this.#watermark
  }

  /** The maximum seen in the split; undefined before its first row. */
  splitWatermark(split: SplitId): Watermark | undefined {
    const state = this.#splits.get(split)
    return state === undefined || state.watermark === NO_WATERMARK ? undefined : state.watermark
  }

  /** A split exists from now on, even if it never delivers. */
  addSplit(split: SplitId, nowMs: number): void {
    if (!this.#splits.has(split)) this.#splits.set(split, { watermark: NO_WATERMARK, activeMs: nowMs })
  }

  /** Rows of a split arrived; counts in the next `advance`. */
  observe(split: SplitId, batch: DeltaBatch, nowMs: number): void {
    this.addSplit(split, nowMs)
    const state = this.#splits.get(split)!
    state.activeMs = nowMs
    const rows = this.#decisiveRows(batch)
    const latest = maximum(this.#evaluate(rows), rows)
    if (latest > state.watermark) state.watermark = latest
  }

  /**
   * End of an epoch: the watermark that holds now. `drained` = everything that has arrived was observed; only
   * then silence means that a split is idle.
   */
  advance(nowMs: number, drained: boolean): Watermark {
    let least: Watermark | undefined
    for (const state of this.#splits.values()) {
      if (drained && this.#isIdle(state, nowMs)) continue
      if (least === undefined || state.watermark < least) least = state.watermark
    }
    if (least !== undefined && least > this.#watermark) this.#watermark = least
    return this.#watermark
  }

  /**
   * Processing time at which the next split becomes idle, when that could move the watermark; undefined =
   * never.
   */
  nextIdleMs(nowMs: number): number | undefined {
    if (this.#idleTimeoutMs === undefined) return undefined
    let next: number | undefined
    for (const state of this.#splits.values()) {
      if (this.#isIdle(state, nowMs)) continue
      const idleMs = state.activeMs + this.#idleTimeoutMs
      if (next === undefined || idleMs < next) next = idleMs
    }
    return next
  }

  /** The rows whose maximum is that of all: the latest alone, where the expression rises with one column. */
  #decisiveRows(batch: DeltaBatch): DeltaBatch {
    const column = this.#risesWith === undefined ? undefined : batch.columns[this.#risesWith]
    if (column?.layout !== 'int64' || column.validity !== undefined || batch.weights !== undefined)
      return batch
    const row = latestRow(column.values, batch.length)
    return sliceBatch(batch, row, row + 1)
  }

  #isIdle(state: SplitState, nowMs: number): boolean {
    return this.#idleTimeoutMs !== undefined && nowMs - state.activeMs >= this.#idleTimeoutMs
  }
}

/** The largest value of inserted rows in microseconds; NO_WATERMARK when there is none. */
function maximum(column: Column, batch: DeltaBatch): Watermark {
  let latest = NO_WATERMARK
  for (let row = 0; row < batch.length; row++) {
    if (isNull(column, row) || (batch.weights !== undefined && batch.weights[row]! < 0)) continue
    const value = column.layout === 'int64' ? column.values[row]! : daysToMicros(column, row)
    if (value > latest && value !== TIMESTAMP_INFINITY) latest = value
  }
  return latest
}

/** The row with the largest finite value, 0 when none is finite. By 32-bit halves: no BigInt per row. */
function latestRow(values: BigInt64Array, length: number): number {
  const words = wordsOf(values)
  let latest = 0
  let high = -2147483648
  let low = 0
  for (let row = 0; row < length; row++) {
    const rowHigh = words[2 * row + 1]!
    const rowLow = words[2 * row]! >>> 0
    if (rowHigh < high || (rowHigh === high && rowLow <= low)) continue
    if (rowHigh === 0x7fffffff && rowLow === 0xffffffff) continue
    latest = row
    high = rowHigh
    low = rowLow
  }
  return latest
}

function daysToMicros(column: Column, row: number): bigint {
  if (column.layout !== 'int32') throw new Error('assertion failed: watermarks are dates or timestamps')
  const days = column.values[row]!
  return days === DATE_INFINITY ? TIMESTAMP_INFINITY : BigInt(days) * MICROS_PER_DAY
}
