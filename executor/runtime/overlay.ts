/**
 * A transaction's own writes over the snapshot that its queries read: deleted rows are left out, inserted
 * ones come last. Only tables have them; views show a write when it is committed.
 */

import { columnFromValues } from '../batch/column-builder.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import { deltaBatch } from '../batch/delta-batch.ts'
import { gatherBatch } from '../batch/gather.ts'
import { compileRowsEqual } from '../batch/row-hash.ts'
import type { SqlValue } from '../expression/evaluation-context.ts'
import { pickColumns } from './batches.ts'
import type { TableOverlay } from './engine-contract.ts'

/**
 * The batch without the rows that are deleted. Its last column is the row id, which stays only when `rowId`.
 */
export function withoutDeleted(batch: DeltaBatch, overlay: TableOverlay, rowId: boolean): DeltaBatch {
  const ids = batch.columns.at(-1)
  if (ids?.layout !== 'int64') throw new TypeError('row ids are int8')
  const kept = rowId ? batch : deltaBatch(batch.columns.slice(0, -1), batch.length)
  if (overlay.deleted.size === 0) return kept
  const rows = new Int32Array(batch.length)
  let count = 0
  for (let row = 0; row < batch.length; row++) {
    if (!overlay.deleted.has(ids.values[row]!)) rows[count++] = row
  }
  return count === batch.length ? kept : gatherBatch(kept, rows, count)
}

/** The rows that were inserted, with the wanted columns and, when `rowId`, their ids. */
export function insertedRows(
  overlay: TableOverlay,
  columns: readonly number[],
  rowId: boolean,
): DeltaBatch[] {
  return overlay.inserted.map(batch =>
    pickColumns(batch, rowId ? [...columns, batch.columns.length - 1] : columns),
  )
}

/** Those of `insertedRows` with this key. */
export function insertedWithKey(
  overlay: TableOverlay,
  keyColumns: readonly number[],
  key: readonly SqlValue[],
  columns: readonly number[],
  rowId: boolean,
): DeltaBatch[] {
  if (key.includes(null)) return []
  return insertedRows(overlay, columns, rowId).flatMap((shown, index) => {
    const batch = overlay.inserted[index]!
    const own = keyColumns.map(column => batch.columns[column]!)
    const types = own.map(column => column.type)
    const wanted = types.map((type, part) => columnFromValues(type, [key[part]!]))
    const equal = compileRowsEqual(types)
    const rows = Int32Array.from({ length: batch.length }, (_, row) => row).filter(row =>
      equal(own, row, wanted, 0),
    )
    return rows.length === 0 ? [] : [gatherBatch(shown, rows, rows.length)]
  })
}
