/** Small operations on whole batches that the runtime needs between pipelines. */

import type { BytesColumn, Column } from '../batch/column.ts'
import { concatBatches, concatColumns } from '../batch/concat.ts'
import { consolidateInPieces } from '../batch/consolidate.ts'
import { copyBytes, viewOf } from '../batch/copy-bytes.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'

/** The batch with the columns at `columns`, in that order. Shares the columns. */
export function pickColumns(batch: DeltaBatch, columns: readonly number[]): DeltaBatch {
  return {
    columns: columns.map(column => batch.columns[column]!),
    length: batch.length,
    weights: batch.weights,
  }
}

/**
 * The net change of several batches of one epoch, a step at a time. Insert-only batches are returned as they
 * are: without a retraction there is nothing to cancel out. `key`: of the relation that changes, if it has
 * one.
 */
export function* consolidateAll(
  batches: readonly DeltaBatch[],
  key: readonly number[] | undefined,
): Generator<void, readonly DeltaBatch[]> {
  if (batches.every(batch => batch.weights === undefined)) return batches
  return yield* consolidateInPieces(yield* concatInSteps(batches), key)
}

function* concatInSteps(batches: readonly DeltaBatch[]): Generator<void, DeltaBatch> {
  const first = batches[0]!
  if (batches.length === 1) return first
  const columns: Column[] = []
  for (const index of first.columns.keys()) {
    columns.push(concatColumns(batches.map(batch => batch.columns[index]!)))
    yield
  }
  const { length, weights } = concatBatches(batches.map(batch => ({ ...batch, columns: [] })))
  return { columns, length, weights }
}

/** Rows of several batches together, retractions counted like insertions. */
export function rowCount(batches: readonly DeltaBatch[]): number {
  return batches.reduce((sum, batch) => sum + batch.length, 0)
}

/**
 * The batch, without keeping buffers alive that are much larger than its values (a network buffer of which
 * few rows passed a filter): for rows that wait in a queue beyond their epoch.
 */
export function ownBytes(batch: DeltaBatch): DeltaBatch {
  const columns = batch.columns.map(column => (column.layout === 'bytes' ? ownColumnBytes(column) : column))
  return { columns, length: batch.length, weights: batch.weights }
}

function ownColumnBytes(column: BytesColumn): Column {
  let size = 0
  for (let row = 0; row < column.length; row++) size += column.ends[row]! - column.starts[row]!
  if (column.bytes.buffer.byteLength <= 2 * size + 4096) return column
  const bytes = new Uint8Array(size)
  const view = viewOf(bytes)
  const sourceView = viewOf(column.bytes)
  const starts = new Int32Array(column.length)
  const ends = new Int32Array(column.length)
  let at = 0
  for (let row = 0; row < column.length; row++) {
    const start = column.starts[row]!
    const end = column.ends[row]!
    copyBytes(column.bytes, sourceView, start, end, bytes, view, at)
    starts[row] = at
    at += end - start
    ends[row] = at
  }
  return { ...column, bytes, starts, ends }
}
