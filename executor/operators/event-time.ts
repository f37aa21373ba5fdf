/** When rows, groups and windows are final: arithmetic on watermarks and time columns. */

import type { TimeColumn } from '../../planner/physical-plan.ts'
import type { Column, Int32Column, Int64Column } from '../batch/column.ts'
import { isNull } from '../batch/column.ts'
import type { Watermark } from './operator.ts'
import { END_OF_INPUT, NO_WATERMARK } from './operator.ts'

export const DAY_MICROS = 86_400_000_000n

/** Microseconds of a date, timestamp or timestamptz that is not NULL. */
export function timeAt(column: Column, row: number): bigint {
  if (column.layout === 'int32') return BigInt((column as Int32Column).values[row]!) * DAY_MICROS
  return (column as Int64Column).values[row]!
}

/**
 * The first watermark at which a row with this time is final and `delay` has passed: END_OF_INPUT when it
 * is NULL, since no watermark passes NULL.
 */
export function deadlineAt(time: TimeColumn, column: Column, row: number, delay: bigint): Watermark {
  if (isNull(column, row)) return END_OF_INPUT
  const deadline = timeAt(column, row) + time.plusMicros + delay + (time.inclusive ? 0n : 1n)
  return deadline > END_OF_INPUT ? END_OF_INPUT : deadline
}

/** Writes the rows whose deadline lies after `watermark` to `rows`; returns how many. */
export function selectOpenRows(
  time: TimeColumn,
  column: Column,
  length: number,
  delay: bigint,
  watermark: Watermark,
  rows: Int32Array,
): number {
  // deadline > watermark, solved for the time
  const closedMax = watermark - time.plusMicros - delay - (time.inclusive ? 0n : 1n)
  if (column.layout === 'int64' && column.validity === undefined) {
    return selectLater(column.values, length, closedMax, rows)
  }
  let count = 0
  for (let row = 0; row < length; row++) {
    if (isNull(column, row) || timeAt(column, row) > closedMax) rows[count++] = row
  }
  return count
}

/** Case: int64, no NULLs. */
function selectLater(values: BigInt64Array, length: number, closedMax: bigint, rows: Int32Array): number {
  const bound = BigInt.asIntN(64, closedMax)
  if (bound !== closedMax) {
    // Below every time: all rows are open.
    for (let row = 0; row < length; row++) rows[row] = row
    return length
  }
  let count = 0
  for (let row = 0; row < length; row++) {
    rows[count] = row
    if (values[row]! > bound) count++
  }
  return count
}

/** The watermark downstream of an operator that holds rows back for `delay`. */
export function delayedWatermark(watermark: Watermark, delay: bigint): Watermark {
  if (watermark === END_OF_INPUT || watermark - delay < NO_WATERMARK) return watermark
  return watermark - delay
}
