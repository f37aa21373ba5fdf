/**
 * TUMBLE and HOP windows over microseconds, in doubles: exact for |time| < 2^53 (the years 1685 to 2255),
 * through bigint beyond. A window is named by its start; window k starts at k * slide + offset and is open
 * at its end.
 *
 * A slice is the part of time between two neighbouring window bounds: all rows of a slice are in the same
 * windows. Its width is the greatest common divisor of size and slide; where windows do not overlap, a
 * slice is a window.
 */

import type { WindowSpec } from '../../planner/logical-plan.ts'
import type { DataType } from '../../planner/types.ts'
import type { Column, Int32Column, Int64Column } from '../batch/column.ts'
import { isNull } from '../batch/column.ts'
import { wordsOf } from '../batch/key-library.ts'
import { DAY_MICROS } from './event-time.ts'
import type { Watermark } from './operator.ts'

const TWO_32 = 4294967296
const EXACT_MAX = 2 ** 53
const INFINITY = 2n ** 63n - 1n
const NEGATIVE_INFINITY = -(2n ** 63n)

/** Selected rows of a batch and a time for each. */
export interface WindowRows {
  readonly rows: Int32Array
  readonly times: BigInt64Array
  count: number
  /** Rows left out because their last window is closed. */
  late: number
}

export class WindowMath {
  readonly size: number
  readonly slide: number
  readonly offset: number
  readonly slice: number

  constructor(window: WindowSpec) {
    this.size = Number(window.sizeMicros)
    this.slide = Number(window.slideMicros)
    this.offset = Number(window.offsetMicros)
    this.slice = this.windowsPerRow === 1 ? this.slide : greatestCommonDivisor(this.size, this.slide)
  }

  /** How many windows a row is in, at most. */
  get windowsPerRow(): number {
    return Math.ceil(this.size / this.slide)
  }

  /** Start of the last window that starts at or before `time`. */
  lastWindow(time: number): number {
    return floorTo(time, this.slide, this.offset)
  }

  /** Start of the first window that ends after `time`. */
  firstWindow(time: number): number {
    return floorTo(time - this.size, this.slide, this.offset) + this.slide
  }

  /**
   * Writes the starts of the windows that cover a slice and are not before `firstOpen` to windows[at …],
   * last window first; returns the index behind them.
   */
  windowsOf(slice: bigint, firstOpen: number, windows: WindowStarts, at: number): number {
    const time = Number(slice)
    if (Math.abs(time) + this.size >= EXACT_MAX)
      return this.#farWindowsOf(slice, firstOpen, windows.values, at)
    const { words } = windows
    let end = at
    for (let window = this.lastWindow(time); window + this.size > time; window -= this.slide) {
      if (window < firstOpen) break
      words[2 * end] = window | 0
      words[2 * end + 1] = Math.floor(window / TWO_32)
      end++
    }
    return end
  }

  #farWindowsOf(slice: bigint, firstOpen: number, windows: BigInt64Array, at: number): number {
    const slide = BigInt(this.slide)
    let end = at
    let window = slice - floorModulo(slice - BigInt(this.offset), slide)
    for (; window + BigInt(this.size) > slice && Number(window) >= firstOpen; window -= slide)
      windows[end++] = window
    return end
  }

  /** Start of the first window that is still open when its end plus `delay` must not have been passed. */
  firstOpenWindow(watermark: Watermark, delay: bigint): number {
    return this.firstWindow(Number(watermark - delay))
  }

  /**
   * The slice (its start) of every row that is in a window that starts at `firstOpen` or later. Rows whose
   * time is NULL or infinite, or lies in a gap between windows, are in none and not late either.
   */
  assignSlices(column: Column, length: number, firstOpen: number, target: WindowRows): void {
    if (column.layout === 'int64' && column.validity === undefined && this.size >= this.slide) {
      const bounds = [this.slice, this.offset, firstOpen] as const
      const done = assignPlain(
        wordsOf(column.values),
        length,
        ...bounds,
        target.rows,
        wordsOf(target.times),
        target,
      )
      if (done) return
    }
    this.#assignAny(column, length, firstOpen, target)
  }

  #assignAny(column: Column, length: number, firstOpen: number, target: WindowRows): void {
    target.count = 0
    target.late = 0
    const offset = BigInt(this.offset)
    for (let row = 0; row < length; row++) {
      if (isNull(column, row)) continue
      const time = timeOf(column, row)
      if (time === INFINITY || time === NEGATIVE_INFINITY) continue
      if (Number(time) < firstOpen) {
        target.late++
        continue
      }
      if (floorModulo(time - offset, BigInt(this.slide)) >= BigInt(this.size)) continue
      target.rows[target.count] = row
      target.times[target.count++] = time - floorModulo(time - offset, BigInt(this.slice))
    }
  }
}

/** Window starts, as int64 and as the words of the same memory. */
export interface WindowStarts {
  readonly values: BigInt64Array
  readonly words: Int32Array
}

export function createWindowStarts(length: number): WindowStarts {
  const values = new BigInt64Array(length)
  return { values, words: wordsOf(values) }
}

/** Rows for `length` rows. */
export function createWindowRows(length: number): WindowRows {
  return { rows: new Int32Array(length), times: new BigInt64Array(length), count: 0, late: 0 }
}

/**
 * Case: int64 times without NULL, no gaps between windows. False when some time is not exact as a double.
 * Guarded by test/bench/hop-window.bench.ts.
 */
function assignPlain(
  words: Int32Array,
  length: number,
  slice: number,
  offset: number,
  firstOpen: number,
  rows: Int32Array,
  sliceWords: Int32Array,
  target: WindowRows,
): boolean {
  let count = 0
  // The slice of the row before, and the other one of late: rows around a bound go to and fro.
  let start = Infinity
  let low = 0
  let high = 0
  let otherStart = Infinity
  let otherLow = 0
  let otherHigh = 0
  for (let row = 0; row < length; row++) {
    const time = words[2 * row + 1]! * 4294967296 + (words[2 * row]! >>> 0)
    if (time < start || time >= start + slice) {
      const lastStart = start
      const lastLow = low
      const lastHigh = high
      start = otherStart
      low = otherLow
      high = otherHigh
      otherStart = lastStart
      otherLow = lastLow
      otherHigh = lastHigh
      if (time < start || time >= start + slice) {
        if (time >= EXACT_MAX || time <= -EXACT_MAX) return false
        start = floorTo(time, slice, offset)
        low = start | 0
        high = Math.floor(start / TWO_32)
      }
    }
    rows[count] = row
    sliceWords[2 * count] = low
    sliceWords[2 * count + 1] = high
    if (time >= firstOpen) count++
  }
  target.count = count
  target.late = length - count
  return true
}

/** The greatest multiple of `step`, plus offset, that is not after `time`. */
function floorTo(time: number, step: number, offset: number): number {
  const shifted = time - offset
  let quotient = Math.floor(shifted / step)
  // The division may have been rounded up to the next integer.
  if (quotient * step > shifted) quotient--
  return quotient * step + offset
}

function floorModulo(value: bigint, divisor: bigint): bigint {
  const rest = value % divisor
  return rest < 0n ? rest + divisor : rest
}

function timeOf(column: Column, row: number): bigint {
  return column.layout === 'int32'
    ? BigInt((column as Int32Column).values[row]!) * DAY_MICROS
    : (column as Int64Column).values[row]!
}

function greatestCommonDivisor(left: number, right: number): number {
  let a = left
  let b = right
  while (b !== 0) [a, b] = [b, a % b]
  return a
}

/**
 * Window bounds (microseconds plus `shift`) as a column of the given type: timestamps as they are, date in
 * days.
 */
export function boundsColumn(type: DataType, times: BigInt64Array, count: number, shift: number): Column {
  if (type.kind === 'date') {
    const values = new Int32Array(count)
    for (let row = 0; row < count; row++) values[row] = Number((times[row]! + BigInt(shift)) / DAY_MICROS)
    return { type, layout: 'int32', length: count, validity: undefined, values }
  }
  if (shift === 0)
    return { type, layout: 'int64', length: count, validity: undefined, values: times.subarray(0, count) }
  const values = new BigInt64Array(count)
  const by = BigInt(shift)
  for (let row = 0; row < count; row++) values[row] = BigInt.asIntN(64, times[row]! + by)
  return { type, layout: 'int64', length: count, validity: undefined, values }
}
