/**
 * Gathering rows of columns and batches by index. Text moves only its two positions per value; the result
 * shares the bytes of the source, and so does a gathered numeric its list of wide values.
 */

import { gatherBitmap } from './bitmap.ts'
import type { Column, FixedColumn } from './column.ts'
import { bitmapBytes } from './column.ts'
import type { DeltaBatch } from './delta-batch.ts'
import { allocateFixed, gatherLoops } from './layout-loops.ts'

/** The rows `rows[0 .. count)` of a column, in that order; a row may occur more than once. */
export function gatherColumn(column: Column, rows: Int32Array, count: number): Column {
  const validity = gatherBitmap(column.validity, rows, count)
  switch (column.layout) {
    case 'numeric': {
      const values = new BigInt64Array(count)
      const scales = new Int16Array(count)
      gatherLoops.int64(column.values, rows, count, values)
      gatherLoops.int16(column.scales, rows, count, scales)
      return { ...column, length: count, validity, values, scales }
    }
    case 'bytes': {
      const starts = new Int32Array(count)
      const ends = new Int32Array(count)
      gatherLoops.int32(column.starts, rows, count, starts)
      gatherLoops.int32(column.ends, rows, count, ends)
      return { ...column, length: count, validity, starts, ends }
    }
    default: {
      const values = allocateFixed(column.layout, count)
      gatherLoops[column.layout](column.values, rows, count, values)
      return { type: column.type, layout: column.layout, length: count, validity, values } as FixedColumn
    }
  }
}

/** As gatherColumn, for several columns of equal length. */
export function gatherColumns(columns: readonly Column[], rows: Int32Array, count: number): Column[] {
  return columns.map(column => gatherColumn(column, rows, count))
}

/** The rows `rows[0 .. count)` of a batch with their weights. */
export function gatherBatch(batch: DeltaBatch, rows: Int32Array, count: number): DeltaBatch {
  const columns = gatherColumns(batch.columns, rows, count)
  if (batch.weights === undefined) return { columns, length: count, weights: undefined }
  const weights = new Int32Array(count)
  gatherLoops.int32(batch.weights, rows, count, weights)
  return { columns, length: count, weights }
}

/** Rows `[start, end)` of a column, without copying where the layout allows it. */
export function sliceColumn(column: Column, start: number, end: number): Column {
  const length = end - start
  const validity = sliceBitmap(column.validity, start, length)
  switch (column.layout) {
    case 'numeric':
      return {
        ...column,
        length,
        validity,
        values: column.values.subarray(start, end),
        scales: column.scales.subarray(start, end),
      }
    case 'bytes':
      return {
        ...column,
        length,
        validity,
        starts: column.starts.subarray(start, end),
        ends: column.ends.subarray(start, end),
      }
    default:
      return { ...column, length, validity, values: column.values.subarray(start, end) } as FixedColumn
  }
}

/** Rows `[start, end)` of a batch; the same batch when that is all of it. */
export function sliceBatch(batch: DeltaBatch, start: number, end: number): DeltaBatch {
  if (start === 0 && end === batch.length) return batch
  return {
    columns: batch.columns.map(column => sliceColumn(column, start, end)),
    length: end - start,
    weights: batch.weights?.subarray(start, end),
  }
}

function sliceBitmap(bitmap: Uint8Array | undefined, start: number, length: number): Uint8Array | undefined {
  if (bitmap === undefined) return undefined
  if ((start & 7) === 0) return bitmap.subarray(start >> 3, (start >> 3) + bitmapBytes(length))
  const sliced = new Uint8Array(bitmapBytes(length))
  const shift = start & 7
  for (let index = 0; index < sliced.length; index++) {
    const at = (start >> 3) + index
    sliced[index] = (bitmap[at]! >> shift) | ((bitmap[at + 1] ?? 0) << (8 - shift))
  }
  return sliced
}
