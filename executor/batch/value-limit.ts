/** How many bytes one value may have that functions and aggregates make, and the text of a batch. */

import { SqlError, SqlState } from '../../planner/errors.ts'

/** Unless something else is configured: what a JS string can hold. */
export const VALUE_BYTES_MAX = 2 ** 29 - 24
/** JS engines and int32 positions end here. */
export const BATCH_BYTES_MAX = 2 ** 31 - 1

/** 54000 for a value of more bytes. */
export function checkValueBytes(bytes: number, bytesMax: number): void {
  if (bytes <= bytesMax) return
  throw new SqlError(SqlState.programLimitExceeded, 'requested length too large', {
    detail: `A value may have ${bytesMax} bytes.`,
    hint: 'The limit max_value_size can be raised.',
  })
}

/** The length of a buffer that is to hold `needed` bytes and has `length`; 54000 when none can. */
export function grownLength(needed: number, length: number): number {
  if (needed > BATCH_BYTES_MAX) {
    throw new SqlError(SqlState.programLimitExceeded, 'text of a batch is too large')
  }
  return Math.min(Math.max(needed, length * 2), BATCH_BYTES_MAX)
}
