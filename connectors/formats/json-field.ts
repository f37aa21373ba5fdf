/** The common path of one JSON value into one column: from bytes to the typed array, by the column's type. */

import { unreachable } from '../../planner/assert.ts'
import type { DataType } from '../../planner/types.ts'
import { storeInt64 } from '../int64.ts'
import type { ColumnTarget } from './column-target.ts'
import { microsOfNumber, type TimestampUnit } from './decode-value.ts'
import { powerOfTen, type ScanOutput, scanDate, scanNumber, scanTime, scanTimestamp } from './field-scan.ts'
import { INVALID, scanString, unescapeString } from './json-scan.ts'

/** Small integers, so that the row loop's switch is a jump. */
export const ScannerKind = {
  general: 0,
  bool: 1,
  int16: 2,
  int32: 3,
  int64: 4,
  float32: 5,
  float64: 6,
  numeric: 7,
  text: 8,
  date: 9,
  time: 10,
  timestamp: 11,
  timestamptz: 12,
} as const
export type ScannerKind = (typeof ScannerKind)[keyof typeof ScannerKind]

const NUMBER_MAX = Number.MAX_SAFE_INTEGER
const QUOTE = 0x22

/** A wanted column and how its values are scanned. */
export class FieldTarget {
  readonly name: string
  readonly type: DataType
  readonly target: ColumnTarget
  readonly kind: ScannerKind
  readonly timestampUnit: TimestampUnit
  /** Bytes of text that surely fit a varchar(n). */
  readonly bytesMax: number
  /**
   * numeric(p, s): digits after the point, -1 when unconstrained; and the first magnitude that is too large.
   */
  readonly scale: number
  readonly magnitudeEnd: number

  constructor(name: string, target: ColumnTarget, timestampUnit: TimestampUnit) {
    const { type } = target
    this.name = name
    this.type = type
    this.target = target
    this.kind = scannerKind(type)
    this.timestampUnit = timestampUnit
    this.bytesMax = type.kind === 'varchar' ? (type.length ?? NUMBER_MAX) : NUMBER_MAX
    const precision = type.kind === 'numeric' ? type.precision : undefined
    this.scale = type.kind === 'numeric' && precision !== undefined ? (type.scale ?? 0) : -1
    this.magnitudeEnd = precision === undefined || precision > 15 ? NUMBER_MAX : 10 ** precision
  }
}

function scannerKind(type: DataType): ScannerKind {
  switch (type.kind) {
    case 'bool':
      return ScannerKind.bool
    case 'int2':
      return ScannerKind.int16
    case 'int4':
      return ScannerKind.int32
    case 'int8':
      return ScannerKind.int64
    case 'float4':
      return ScannerKind.float32
    case 'float8':
      return ScannerKind.float64
    case 'numeric':
      return type.scale !== undefined && type.scale < 0 ? ScannerKind.general : ScannerKind.numeric
    case 'text':
    case 'varchar':
      return ScannerKind.text
    case 'date':
      return ScannerKind.date
    case 'time':
      return ScannerKind.time
    case 'timestamp':
      return ScannerKind.timestamp
    case 'timestamptz':
      return ScannerKind.timestamptz
    default:
      return ScannerKind.general
  }
}

/**
 * Writes the JSON value at `position` to `row`. Returns the position after it; INVALID when the value is
 * null, malformed or of a form that needs the general path.
 */
export function scanField(
  field: FieldTarget,
  bytes: Uint8Array,
  view: DataView,
  position: number,
  row: number,
  out: ScanOutput,
): number {
  switch (field.kind) {
    case ScannerKind.text:
      return scanTextField(field, bytes, view, position, row)
    case ScannerKind.bool:
      return scanBool(field.target.bools, bytes, position, row)
    case ScannerKind.int64: {
      const end = scanNumber(bytes, position, out)
      if (end === INVALID || out[1] !== 0) return INVALID
      storeInt64(field.target.halves, row, out[0]!)
      return end
    }
    case ScannerKind.int16:
    case ScannerKind.int32:
      return scanSmallInteger(field, bytes, position, row, out)
    case ScannerKind.float64:
    case ScannerKind.float32: {
      const end = scanNumber(bytes, position, out)
      if (end === INVALID) return INVALID
      // Exact mantissa over an exact power of ten: one rounding, as strtod (Clinger's fast path).
      const value = out[0]! / powerOfTen(-out[1]!)
      if (field.kind === ScannerKind.float64) field.target.float64[row] = value
      else field.target.float32[row] = value
      return end
    }
    case ScannerKind.numeric:
      return scanNumeric(field, bytes, position, row, out)
    case ScannerKind.timestamp:
    case ScannerKind.timestamptz:
      return scanTimestampField(field, bytes, position, row, out)
    case ScannerKind.date: {
      if (bytes[position] !== QUOTE) return INVALID
      const end = scanDate(bytes, position + 1, out)
      if (end === INVALID || bytes[end] !== QUOTE) return INVALID
      field.target.int32[row] = out[0]!
      return end + 1
    }
    case ScannerKind.time: {
      if (bytes[position] !== QUOTE) return INVALID
      const end = scanTime(bytes, position + 1, out)
      if (end === INVALID || bytes[end] !== QUOTE) return INVALID
      storeInt64(field.target.halves, row, out[0]!)
      return end + 1
    }
    case ScannerKind.general:
      return INVALID
    default:
      return unreachable(field.kind)
  }
}

function scanTextField(
  field: FieldTarget,
  bytes: Uint8Array,
  view: DataView,
  position: number,
  row: number,
): number {
  if (bytes[position] !== QUOTE) return INVALID
  const start = position + 1
  const end = scanString(bytes, view, start)
  if (end < 0) return end === INVALID ? INVALID : scanEscapedText(field, bytes, start, ~end, row)
  if (end - start > field.bytesMax) return INVALID
  const { target } = field
  target.starts[row] = start
  target.ends[row] = end
  return end + 1
}

function scanEscapedText(
  field: FieldTarget,
  bytes: Uint8Array,
  start: number,
  end: number,
  row: number,
): number {
  if (end - start > field.bytesMax) return INVALID
  const { target } = field
  const sideStart = target.reserveSide(end - start)
  const sideEnd = unescapeString(bytes, start, end, target.side, sideStart)
  if (sideEnd === INVALID) return INVALID
  target.setSideRange(row, sideStart, sideEnd)
  return end + 1
}

function scanBool(values: Uint8Array, bytes: Uint8Array, position: number, row: number): number {
  const isTrue = bytes[position] === 0x74
  const at = isTrue ? position : position + 1
  // "true", or "alse" behind the f.
  if (!isTrue && bytes[position] !== 0x66) return INVALID
  if (isTrue) {
    if (bytes[at + 1] !== 0x72 || bytes[at + 2] !== 0x75 || bytes[at + 3] !== 0x65) return INVALID
  } else if (
    bytes[at] !== 0x61 ||
    bytes[at + 1] !== 0x6c ||
    bytes[at + 2] !== 0x73 ||
    bytes[at + 3] !== 0x65
  ) {
    return INVALID
  }
  values[row] = isTrue ? 1 : 0
  return at + 4
}

function scanSmallInteger(
  field: FieldTarget,
  bytes: Uint8Array,
  position: number,
  row: number,
  out: ScanOutput,
): number {
  const end = scanNumber(bytes, position, out)
  if (end === INVALID || out[1] !== 0) return INVALID
  const value = out[0]!
  if (field.kind === ScannerKind.int32) {
    if (value !== (value | 0)) return INVALID
    field.target.int32[row] = value
  } else {
    if (value !== (value << 16) >> 16) return INVALID
    field.target.int16[row] = value
  }
  return end
}

function scanNumeric(
  field: FieldTarget,
  bytes: Uint8Array,
  position: number,
  row: number,
  out: ScanOutput,
): number {
  const end = scanNumber(bytes, position, out)
  if (end === INVALID) return INVALID
  const digits = -out[1]!
  let scale = digits
  let coefficient = out[0]!
  if (field.scale >= 0) {
    if (digits > field.scale || field.scale - digits > 15) return INVALID
    coefficient *= powerOfTen(field.scale - digits)
    scale = field.scale
    if (Math.abs(coefficient) >= field.magnitudeEnd) return INVALID
  }
  storeInt64(field.target.halves, row, coefficient)
  field.target.scales[row] = scale
  return end
}

function scanTimestampField(
  field: FieldTarget,
  bytes: Uint8Array,
  position: number,
  row: number,
  out: ScanOutput,
): number {
  if (bytes[position] !== QUOTE) {
    const end = scanNumber(bytes, position, out)
    if (end === INVALID || out[1] !== 0) return INVALID
    const micros = microsOfNumber(out[0]!, field.timestampUnit)
    if (Math.abs(micros) > NUMBER_MAX) return INVALID
    storeInt64(field.target.halves, row, micros)
    return end
  }
  const end = scanTimestamp(bytes, position + 1, out)
  if (end === INVALID || bytes[end] !== QUOTE) return INVALID
  const offset = out[1]!
  // timestamp without time zone ignores an offset, as PostgreSQL does; a timestamptz without one is UTC.
  const shift = field.kind === ScannerKind.timestamptz && !Number.isNaN(offset) ? offset : 0
  const micros = out[0]! - shift
  if (Math.abs(micros) > NUMBER_MAX) return INVALID
  storeInt64(field.target.halves, row, micros)
  return end + 1
}
