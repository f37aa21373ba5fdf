/**
 * The order of values of one type, as ORDER BY, min and max use it: PostgreSQL's, with text bytewise (the C
 * collation), NaN above all floats, numerics and intervals by value, arrays element by element.
 */

import { unreachable } from '../../planner/assert.ts'
import { notSupported } from '../../planner/errors.ts'
import type { DataType } from '../../planner/types.ts'
import { formatType, physicalKind } from '../../planner/types.ts'
import { compareJson } from '../functions/json-compare.ts'
import { parseJson } from '../functions/json-parse.ts'
import { compareNumeric } from '../functions/numeric-arithmetic.ts'
import { compareValues } from '../functions/value-compare.ts'
import type {
  BoolColumn,
  BytesColumn,
  Column,
  Float64Column,
  Int16Column,
  Int32Column,
  Int64Column,
  NumericColumn,
} from './column.ts'
import { isUnsigned, readNumeric, readValue } from './column-reader.ts'
import { viewOf } from './copy-bytes.ts'
import { compareIntervals } from './key-library.ts'
import { compareTimeTz } from './time-tz.ts'
import { decodeTimeTz, toRuntimeValue } from './value-codec.ts'

/** Negative, zero or positive as left's row is before, equal to or after right's. Neither row is NULL. */
export type CompareValues = (left: Column, leftRow: number, right: Column, rightRow: number) => number

/** The order of a type's values; 0A000 for a type without one. */
export function valueOrder(type: DataType): CompareValues {
  const layout = physicalKind(type)
  switch (layout) {
    case 'bool':
      return compareBools as CompareValues
    case 'int16':
      return compareInt16 as CompareValues
    case 'int32':
      return (isUnsigned(type) ? compareUint32 : compareInt32) as CompareValues
    case 'int64':
      return compareInt64 as CompareValues
    case 'float32':
    case 'float64':
      return compareFloats as CompareValues
    case 'numeric':
      return compareNumericRows as CompareValues
    case 'bytes':
      return bytesOrder(type)
    default:
      return unreachable(layout)
  }
}

/**
 * The order of values with ties broken by how they look: 1.0 before 1.00. Zero only for identical values.
 */
export function totalOrder(type: DataType): CompareValues {
  const compare = valueOrder(type)
  if (type.kind === 'numeric') {
    return (left, leftRow, right, rightRow) =>
      compare(left, leftRow, right, rightRow) || compareScales(left, leftRow, right, rightRow)
  }
  if (type.kind !== 'interval' && type.kind !== 'bpchar') return compare
  return (left, leftRow, right, rightRow) =>
    compare(left, leftRow, right, rightRow) ||
    compareBytes(left as BytesColumn, leftRow, right as BytesColumn, rightRow)
}

function compareScales(left: Column, leftRow: number, right: Column, rightRow: number): number {
  return (
    readNumeric(left as NumericColumn, leftRow).scale - readNumeric(right as NumericColumn, rightRow).scale
  )
}

function compareBools(left: BoolColumn, leftRow: number, right: BoolColumn, rightRow: number): number {
  return left.values[leftRow]! - right.values[rightRow]!
}

function compareInt16(left: Int16Column, leftRow: number, right: Int16Column, rightRow: number): number {
  return left.values[leftRow]! - right.values[rightRow]!
}

function compareInt32(left: Int32Column, leftRow: number, right: Int32Column, rightRow: number): number {
  return left.values[leftRow]! - right.values[rightRow]!
}

function compareUint32(left: Int32Column, leftRow: number, right: Int32Column, rightRow: number): number {
  return (left.values[leftRow]! >>> 0) - (right.values[rightRow]! >>> 0)
}

function compareInt64(left: Int64Column, leftRow: number, right: Int64Column, rightRow: number): number {
  const a = left.values[leftRow]!
  const b = right.values[rightRow]!
  return a < b ? -1 : a > b ? 1 : 0
}

function compareFloats(left: Float64Column, leftRow: number, right: Float64Column, rightRow: number): number {
  const a = left.values[leftRow]!
  const b = right.values[rightRow]!
  if (a < b) return -1
  if (a > b) return 1
  return a === b ? 0 : Number(Number.isNaN(a)) - Number(Number.isNaN(b))
}

function compareNumericRows(
  left: NumericColumn,
  leftRow: number,
  right: NumericColumn,
  rightRow: number,
): number {
  if (left.scales[leftRow]! >= 0 && left.scales[leftRow]! === right.scales[rightRow]!) {
    const a = left.values[leftRow]!
    const b = right.values[rightRow]!
    return a < b ? -1 : a > b ? 1 : 0
  }
  return compareNumeric(readNumeric(left, leftRow), readNumeric(right, rightRow))
}

function bytesOrder(type: DataType): CompareValues {
  switch (type.kind) {
    case 'interval':
      return compareIntervalRows as CompareValues
    case 'timetz':
      return compareTimeTzRows as CompareValues
    case 'bpchar':
      return compareTrimmed as CompareValues
    case 'array':
    case 'record':
      return nestedOrder(type)
    case 'jsonb':
      return compareJsonRows
    case 'json':
      throw notSupported(`ordering values of type ${formatType(type)}`)
    default:
      return compareBytes as CompareValues
  }
}

function compareIntervalRows(
  left: BytesColumn,
  leftRow: number,
  right: BytesColumn,
  rightRow: number,
): number {
  return compareIntervals(
    viewOf(left.bytes),
    left.starts[leftRow]!,
    viewOf(right.bytes),
    right.starts[rightRow]!,
  )
}

function compareTimeTzRows(left: BytesColumn, leftRow: number, right: BytesColumn, rightRow: number): number {
  return compareTimeTz(
    decodeTimeTz(left.bytes, left.starts[leftRow]!),
    decodeTimeTz(right.bytes, right.starts[rightRow]!),
  )
}

function compareBytes(left: BytesColumn, leftRow: number, right: BytesColumn, rightRow: number): number {
  return compareRanges(
    left.bytes,
    left.starts[leftRow]!,
    left.ends[leftRow]!,
    right.bytes,
    right.starts[rightRow]!,
    right.ends[rightRow]!,
  )
}

function compareTrimmed(left: BytesColumn, leftRow: number, right: BytesColumn, rightRow: number): number {
  return compareRanges(
    left.bytes,
    left.starts[leftRow]!,
    withoutBlanks(left.bytes, left.starts[leftRow]!, left.ends[leftRow]!),
    right.bytes,
    right.starts[rightRow]!,
    withoutBlanks(right.bytes, right.starts[rightRow]!, right.ends[rightRow]!),
  )
}

function withoutBlanks(bytes: Uint8Array, start: number, end: number): number {
  let trimmed = end
  while (trimmed > start && bytes[trimmed - 1] === 0x20) trimmed--
  return trimmed
}

function compareRanges(
  left: Uint8Array,
  leftStart: number,
  leftEnd: number,
  right: Uint8Array,
  rightStart: number,
  rightEnd: number,
): number {
  const common = Math.min(leftEnd - leftStart, rightEnd - rightStart)
  for (let index = 0; index < common; index++) {
    const difference = left[leftStart + index]! - right[rightStart + index]!
    if (difference !== 0) return difference
  }
  return leftEnd - leftStart - (rightEnd - rightStart)
}

/** Nested values, decoded: element by element, NULLs last, then the shorter first. */
function nestedOrder(type: DataType): CompareValues {
  return (left, leftRow, right, rightRow) =>
    compareValues(
      toRuntimeValue(type, readValue(left, leftRow)),
      toRuntimeValue(type, readValue(right, rightRow)),
    )
}

function compareJsonRows(left: Column, leftRow: number, right: Column, rightRow: number): number {
  return compareJson(
    parseJson(readValue(left, leftRow) as string),
    parseJson(readValue(right, rightRow) as string),
  )
}
