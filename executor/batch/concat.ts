/**
 * Concatenation of batches. Fixed-width values are copied; text keeps its positions when all parts share
 * one buffer (slices and gathers of one batch do) and copies its bytes into a new one otherwise, in runs of
 * neighbouring values.
 */

import { assert, must } from '../../planner/assert.ts'
import type { DataType } from '../../planner/types.ts'
import { copyBits } from './bitmap.ts'
import type { BytesColumn, Column, FixedColumn, NumericColumn } from './column.ts'
import { bitmapBytes, WIDE } from './column.ts'
import { copyBytes, viewOf } from './copy-bytes.ts'
import type { DeltaBatch } from './delta-batch.ts'
import { allocateFixed } from './layout-loops.ts'
import type { Numeric } from './numeric.ts'

/** All rows of the batches in order. At least one batch; equal column types. */
export function concatBatches(batches: readonly DeltaBatch[]): DeltaBatch {
  const first = must(batches[0], 'concatenation has at least one batch')
  if (batches.length === 1) return first
  let length = 0
  for (const batch of batches) length += batch.length
  const columns = first.columns.map((_, index) =>
    concatColumns(batches.map(batch => must(batch.columns[index], 'batches have equal columns'))),
  )
  if (batches.every(batch => batch.weights === undefined)) return { columns, length, weights: undefined }
  const weights = new Int32Array(length)
  let at = 0
  for (const batch of batches) {
    if (batch.weights === undefined) weights.fill(1, at, at + batch.length)
    else weights.set(batch.weights.subarray(0, batch.length), at)
    at += batch.length
  }
  return { columns, length, weights }
}

/** All rows of the columns in order. At least one column; equal types. */
export function concatColumns(parts: readonly Column[]): Column {
  const first = must(parts[0], 'concatenation has at least one column')
  if (parts.length === 1) return first
  let length = 0
  for (const part of parts) {
    assert(part.layout === first.layout, 'concatenated columns have one layout')
    length += part.length
  }
  const validity = concatValidity(parts, length)
  switch (first.layout) {
    case 'bytes':
      return concatBytes(parts as readonly BytesColumn[], first.type, length, validity)
    case 'numeric':
      return concatNumeric(parts as readonly NumericColumn[], first.type, length, validity)
    default: {
      const values = allocateFixed(first.layout, length)
      let at = 0
      for (const part of parts as readonly FixedColumn[]) {
        values.set(part.values.subarray(0, part.length) as never, at)
        at += part.length
      }
      return { type: first.type, layout: first.layout, length, validity, values } as FixedColumn
    }
  }
}

function concatValidity(parts: readonly Column[], length: number): Uint8Array | undefined {
  if (parts.every(part => part.validity === undefined)) return undefined
  const validity = new Uint8Array(bitmapBytes(length))
  let at = 0
  for (const part of parts) {
    copyBits(part.validity, 0, validity, at, part.length)
    at += part.length
  }
  return validity
}

function concatNumeric(
  parts: readonly NumericColumn[],
  type: DataType,
  length: number,
  validity: Uint8Array | undefined,
): NumericColumn {
  const values = new BigInt64Array(length)
  const scales = new Int16Array(length)
  const wide: Numeric[] = []
  let at = 0
  for (const part of parts) {
    values.set(part.values.subarray(0, part.length), at)
    scales.set(part.scales.subarray(0, part.length), at)
    if (part.wide.length > 0) {
      for (let row = 0; row < part.length; row++) {
        if (part.scales[row] !== WIDE) continue
        values[at + row] = BigInt(wide.length)
        wide.push(must(part.wide[Number(part.values[row])], 'a wide row has its value'))
      }
    }
    at += part.length
  }
  return { type, layout: 'numeric', length, validity, values, scales, wide }
}

function concatBytes(
  parts: readonly BytesColumn[],
  type: DataType,
  length: number,
  validity: Uint8Array | undefined,
): BytesColumn {
  const starts = new Int32Array(length)
  const ends = new Int32Array(length)
  const shared = must(parts[0], 'there is a part').bytes
  if (parts.every(part => part.bytes === shared)) {
    let at = 0
    for (const part of parts) {
      starts.set(part.starts.subarray(0, part.length), at)
      ends.set(part.ends.subarray(0, part.length), at)
      at += part.length
    }
    return { type, layout: 'bytes', length, validity, starts, ends, bytes: shared }
  }
  let size = 0
  for (const part of parts) size += byteSize(part)
  const bytes = new Uint8Array(size)
  let row = 0
  let at = 0
  for (const part of parts) {
    at = copyValues(part, bytes, at, starts, ends, row)
    row += part.length
  }
  return { type, layout: 'bytes', length, validity, starts, ends, bytes }
}

/** Sum of the lengths of the column's values. */
export function byteSize(column: BytesColumn): number {
  const { starts, ends, length } = column
  let size = 0
  for (let row = 0; row < length; row++) size += ends[row]! - starts[row]!
  return size
}

/**
 * Copies all values of `source` behind each other from `at` on and notes their positions; returns the end.
 */
function copyValues(
  source: BytesColumn,
  target: Uint8Array,
  at: number,
  starts: Int32Array,
  ends: Int32Array,
  firstRow: number,
): number {
  const sourceView = viewOf(source.bytes)
  const targetView = viewOf(target)
  let position = at
  let row = 0
  while (row < source.length) {
    const runStart = source.starts[row]!
    let runEnd = runStart
    while (row < source.length && source.starts[row]! === runEnd) {
      starts[firstRow + row] = position + (runEnd - runStart)
      runEnd = source.ends[row]!
      ends[firstRow + row] = position + (runEnd - runStart)
      row++
    }
    copyBytes(source.bytes, sourceView, runStart, runEnd, target, targetView, position)
    position += runEnd - runStart
  }
  return position
}
