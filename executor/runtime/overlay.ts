/**
 * A transaction's own writes over the snapshot that its queries read: deleted rows are left out, inserted
 * ones come last. Only tables have them; views show a write when it is committed.
 */

import type { DeltaBatch } from '../batch/delta-batch.ts'
import { deltaBatch } from '../batch/delta-batch.ts'
import { gatherBatch } from '../batch/gather.ts'
import type { TableOverlay } from './engine-contract.ts'

/**
 * The batch without the rows that are deleted. Its last column is the row id, which stays only when `rowId`.
 */
export function withoutDeleted(batch: DeltaBatch, overlay: TableOverlay, rowId: boolean): DeltaBatch {
  const ids = batch.columns.at(-1)
  if (ids?.layout !== 'int64') throw new TypeError('row ids are int8')
  const kept = rowId ? batch : deltaBatch(batch.columns.slice(0, -1), batch.length)
  const areDeleted = overlay.areDeleted(ids.values.subarray(0, batch.length))
  if (areDeleted === undefined) return kept
  const rows = new Int32Array(batch.length)
  let count = 0
  for (let row = 0; row < batch.length; row++) {
    if (areDeleted[row] === 0) rows[count++] = row
  }
  return count === batch.length ? kept : gatherBatch(kept, rows, count)
}
