/**
 * A change of a relation: rows with weights (a Z-set). +1 inserts the row, −1 retracts it, ±n does so n
 * times;
 * an update is a retraction and an insertion in the same batch. Batches travel between operators and are
 * immutable.
 */

import type { Column } from './column.ts'

export interface DeltaBatch {
  readonly columns: readonly Column[]
  readonly length: number
  /** undefined = every row is +1 (an insert-only batch). Never 0 in a row. */
  readonly weights: Int32Array | undefined
}

/**
 * Rows that operators aim for in one batch: large enough to amortise calls, small enough for the L2 cache.
 */
export const BATCH_ROWS = 8192

/** A batch over columns of equal length. */
export function deltaBatch(columns: readonly Column[], length: number, weights?: Int32Array): DeltaBatch {
  return { columns, length, weights }
}
