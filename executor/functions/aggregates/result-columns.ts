/** Result columns of aggregates from per-group numbers and values. */

import type { DataType } from '../../../planner/types.ts'
import { int8Type } from '../../../planner/types.ts'
import type { Column, Float32Column, Float64Column, Int64Column, NumericColumn } from '../../batch/column.ts'
import { bitmapBytes } from '../../batch/column.ts'
import { wordsOf } from '../../batch/key-library.ts'
import type { Numeric } from '../../batch/numeric.ts'
import { NumericWriter } from '../../batch/numeric-writer.ts'
import type { GroupWords } from './aggregate-function.ts'

const TWO_32 = 4294967296

/** Writes an integer below 2^53 as int64 words. */
export function writeInteger(words: Int32Array, row: number, value: number): void {
  words[2 * row] = value | 0
  words[2 * row + 1] = Math.floor(value / TWO_32)
}

/** int8 values of a cell that counts. */
export function countColumn(words: GroupWords, cell: number, groups: Int32Array, count: number): Int64Column {
  const values = new BigInt64Array(count)
  const halves = wordsOf(values)
  const { f, stride } = words
  for (let index = 0; index < count; index++) writeInteger(halves, index, f[groups[index]! * stride + cell]!)
  return { type: int8Type, layout: 'int64', length: count, validity: undefined, values }
}

/** A bitmap with NULL where the counting cell is not positive; undefined when there is no such group. */
export function presence(
  words: GroupWords,
  cell: number,
  groups: Int32Array,
  count: number,
): Uint8Array | undefined {
  const { f, stride } = words
  const validity = new Uint8Array(bitmapBytes(count))
  let present = 0
  for (let index = 0; index < count; index++) {
    if (!(f[groups[index]! * stride + cell]! > 0)) continue
    validity[index >> 3]! |= 1 << (index & 7)
    present++
  }
  return present === count ? undefined : validity
}

/** A numeric column of one value per group; undefined = NULL. */
export function numericColumn(
  type: DataType,
  count: number,
  valueAt: (index: number) => Numeric | undefined,
): NumericColumn {
  const writer = new NumericWriter(count)
  const validity = new Uint8Array(bitmapBytes(count))
  let nulls = 0
  for (let index = 0; index < count; index++) {
    const value = valueAt(index)
    if (value === undefined) {
      nulls++
      continue
    }
    validity[index >> 3]! |= 1 << (index & 7)
    writer.write(index, value)
  }
  return {
    type,
    layout: 'numeric',
    length: count,
    validity: nulls === 0 ? undefined : validity,
    values: writer.values,
    scales: writer.scales,
    wide: writer.wide,
  }
}

/** A float4 or float8 column of one value per group; undefined = NULL. */
export function floatColumn(
  type: DataType,
  count: number,
  valueAt: (index: number) => number | undefined,
): Column {
  const values = type.kind === 'float4' ? new Float32Array(count) : new Float64Array(count)
  const validity = new Uint8Array(bitmapBytes(count))
  let nulls = 0
  for (let index = 0; index < count; index++) {
    const value = valueAt(index)
    if (value === undefined) {
      nulls++
      continue
    }
    validity[index >> 3]! |= 1 << (index & 7)
    values[index] = value
  }
  const layout = type.kind === 'float4' ? 'float32' : 'float64'
  const column = { type, layout, length: count, validity: nulls === 0 ? undefined : validity, values }
  return column as Float32Column | Float64Column
}
