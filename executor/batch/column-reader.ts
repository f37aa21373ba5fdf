/**
 * Values out of columns, one at a time: for edges (wire, embedded API, errors) and tests. Kernels read the
 * arrays.
 */

import { must } from '../../planner/assert.ts'
import { type DataType, physicalKind } from '../../planner/types.ts'
import type { SqlValue } from '../expression/evaluation-context.ts'
import type { BytesColumn, Column, NumericColumn } from './column.ts'
import { isNull, WIDE } from './column.ts'
import type { DeltaBatch } from './delta-batch.ts'
import { Numeric } from './numeric.ts'

/** The value at `row` as a SqlValue; null for NULL. Byte values are copies. */
export function readValue(column: Column, row: number): SqlValue {
  if (isNull(column, row)) return null
  switch (column.layout) {
    case 'bool':
      return column.values[row] === 1
    case 'int32':
      return isUnsigned(column.type) ? column.values[row]! >>> 0 : column.values[row]!
    case 'numeric':
      return readNumeric(column, row)
    case 'bytes':
      return readBytes(column, row)
    default:
      return column.values[row]!
  }
}

/** All rows as arrays of values; weights are left out. */
export function batchRows(batch: DeltaBatch): SqlValue[][] {
  const rows: SqlValue[][] = []
  for (let row = 0; row < batch.length; row++) rows.push(batch.columns.map(column => readValue(column, row)))
  return rows
}

/** The Numeric at a row that is not NULL. */
export function readNumeric(column: NumericColumn, row: number): Numeric {
  const scale = column.scales[row]!
  if (scale !== WIDE) return new Numeric(column.values[row]!, scale)
  return must(column.wide[Number(column.values[row]!)], 'a WIDE row points into the side list')
}

/** True for bytes columns whose bytes are UTF-8 text, which JS sees as strings. */
export function isTextLike(type: DataType): boolean {
  switch (type.kind) {
    case 'text':
    case 'varchar':
    case 'bpchar':
    case 'name':
    case 'char':
    case 'json':
    case 'jsonb':
    case 'unknown':
    case 'void':
      return true
    default:
      return false
  }
}

/** True for the types whose int32 bits are unsigned. */
export function isUnsigned(type: DataType): boolean {
  return physicalKind(type) === 'int32' && type.kind !== 'int4' && type.kind !== 'date'
}

function readBytes(column: BytesColumn, row: number): string | Uint8Array {
  const start = column.starts[row]!
  const end = column.ends[row]!
  return isTextLike(column.type) ? decodeText(column.bytes, start, end) : column.bytes.slice(start, end)
}

/**
 * Buffer's own UTF-8 decoder without the Buffer around it: works on any Uint8Array, and is three times faster
 * than making a view first. Node has it on the prototype since its beginnings, but not in its types.
 */
const utf8Slice = (
  Buffer.prototype as unknown as { utf8Slice: (this: Uint8Array, start: number, end: number) => string }
).utf8Slice

/** The string of a UTF-8 range. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  return utf8Slice.call(bytes, start, end)
}
