/**
 * Fields of COPY's text and csv formats into columns: one loop per type over the common spellings, anything
 * else by way of the type's input function. Guarded by test/bench/copy.bench.ts.
 */

import { storeInt64 } from '../../connectors/int64.ts'
import type { EvaluationContext } from '../../executor/expression/evaluation-context.ts'
import { parseValue } from '../../executor/expression/text-format.ts'
import { type DataType, typeModifier } from '../../planner/types.ts'
import { ColumnReader, type FieldLoop } from './column-reader.ts'
import { readDates, readTimestamps } from './text-times.ts'

export function textColumn(name: string, type: DataType, context: EvaluationContext): ColumnReader {
  const parse = (bytes: Buffer, start: number, end: number) =>
    parseValue(type, bytes.toString('utf8', start, end), context)
  return new ColumnReader(name, type, textLoop(type, context), parse)
}

function textLoop(type: DataType, context: EvaluationContext): FieldLoop | undefined {
  switch (type.kind) {
    case 'int2':
      return (reader, bytes, from, to) =>
        readIntegers(reader, bytes, from, to, reader.target.int16, -32_768, 32_767)
    case 'int4':
      return (reader, bytes, from, to) =>
        readIntegers(reader, bytes, from, to, reader.target.int32, -2_147_483_648, 2_147_483_647)
    case 'int8':
      return readBigints
    case 'float4':
      return (reader, bytes, from, to) => readFloats(reader, bytes, from, to, reader.target.float32, 2 ** 24)
    case 'float8':
      return (reader, bytes, from, to) => readFloats(reader, bytes, from, to, reader.target.float64, 2 ** 53)
    case 'numeric':
      return (reader, bytes, from, to) =>
        readNumerics(
          reader,
          bytes,
          from,
          to,
          type.precision ?? 15,
          type.precision === undefined ? -1 : (type.scale ?? 0),
        )
    case 'bool':
      return readBools
    case 'text':
      return (reader, bytes, from, to) => readTexts(reader, bytes, from, to, Number.POSITIVE_INFINITY)
    case 'varchar':
      return (reader, bytes, from, to) =>
        readTexts(reader, bytes, from, to, type.length ?? Number.POSITIVE_INFINITY)
    case 'date':
      return readDates
    case 'timestamp':
      if (typeModifier(type) >= 0) return undefined
      return (reader, bytes, from, to) => readTimestamps(reader, bytes, from, to, 'none')
    case 'timestamptz': {
      if (typeModifier(type) >= 0) return undefined
      const zones = ['UTC', 'Etc/UTC', 'GMT'].includes(context.timeZone) ? 'optional' : 'given'
      return (reader, bytes, from, to) => readTimestamps(reader, bytes, from, to, zones)
    }
    default:
      return undefined
  }
}

const MINUS = 0x2d
const PLUS = 0x2b
const POINT = 0x2e
const ZERO = 0x30
/** Digits that a double always holds exactly. */
const DIGITS_MAX = 15

/** The integer in bytes [start, end); NaN for other spellings and for more than 15 digits. */
function integerAt(bytes: Buffer, start: number, end: number): number {
  const first = bytes[start]!
  let at = first === MINUS || first === PLUS ? start + 1 : start
  if (at >= end || end - at > DIGITS_MAX) return Number.NaN
  let value = 0
  for (; at < end; at++) {
    const digit = bytes[at]! - ZERO
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return first === MINUS ? -value : value
}

function readIntegers(
  reader: ColumnReader,
  bytes: Buffer,
  from: number,
  to: number,
  values: Int16Array | Int32Array,
  least: number,
  most: number,
): void {
  const { starts, ends, base, offset } = reader
  for (let row = from; row < to; row++) {
    const start = starts[base + row]!
    if (start >= 0) {
      const value = integerAt(bytes, start, ends[base + row]!)
      if (value >= least && value <= most) {
        values[offset + row] = value
        continue
      }
    }
    reader.readOther(bytes, row)
  }
}

function readBigints(reader: ColumnReader, bytes: Buffer, from: number, to: number): void {
  const { starts, ends, base, offset } = reader
  const { halves } = reader.target
  for (let row = from; row < to; row++) {
    const start = starts[base + row]!
    if (start >= 0) {
      const value = integerAt(bytes, start, ends[base + row]!)
      if (!Number.isNaN(value)) {
        storeInt64(halves, offset + row, value)
        continue
      }
    }
    reader.readOther(bytes, row)
  }
}

const powersOfTen = Array.from({ length: DIGITS_MAX + 1 }, (_, power) => 10 ** power)

/**
 * Digits with at most one point among them: their number without the point, and how many are behind it. The
 * quotient of two numbers that the type holds exactly is the closest value to the decimal.
 */
class Decimal {
  digits = 0
  scale = 0
  isNegative = false

  /** False for other spellings and for more than 15 digits. */
  read(bytes: Buffer, start: number, end: number): boolean {
    const first = bytes[start]!
    let at = first === MINUS || first === PLUS ? start + 1 : start
    if (at >= end || end - at > DIGITS_MAX + 1) return false
    let value = 0
    let pointAt = -1
    const digitsFrom = at
    for (; at < end; at++) {
      const byte = bytes[at]!
      const digit = byte - ZERO
      if (digit >= 0 && digit <= 9) value = value * 10 + digit
      else if (byte === POINT && pointAt < 0) pointAt = at
      else return false
    }
    const count = end - digitsFrom - (pointAt < 0 ? 0 : 1)
    if (count === 0 || count > DIGITS_MAX) return false
    this.digits = value
    this.scale = pointAt < 0 ? 0 : end - pointAt - 1
    this.isNegative = first === MINUS
    return true
  }
}

const decimal = new Decimal()

/** `exactMax`: integers up to it are exact in the column's type. */
function readFloats(
  reader: ColumnReader,
  bytes: Buffer,
  from: number,
  to: number,
  values: Float32Array | Float64Array,
  exactMax: number,
): void {
  const { starts, ends, base, offset } = reader
  const scaleMax = exactMax > 2 ** 24 ? DIGITS_MAX : 10
  for (let row = from; row < to; row++) {
    const start = starts[base + row]!
    if (
      start >= 0 &&
      decimal.read(bytes, start, ends[base + row]!) &&
      decimal.digits <= exactMax &&
      decimal.scale <= scaleMax
    ) {
      const size = decimal.digits / powersOfTen[decimal.scale]!
      values[offset + row] = decimal.isNegative ? -size : size
    } else {
      reader.readOther(bytes, row)
    }
  }
}

/** `scale` -1: as written. */
function readNumerics(
  reader: ColumnReader,
  bytes: Buffer,
  from: number,
  to: number,
  precision: number,
  scale: number,
): void {
  const { starts, ends, base, offset } = reader
  const { halves, scales } = reader.target
  const sizeMax = powersOfTen[Math.min(precision, DIGITS_MAX)]!
  for (let row = from; row < to; row++) {
    const start = starts[base + row]!
    if (start >= 0 && decimal.read(bytes, start, ends[base + row]!)) {
      const stored = scale < 0 ? decimal.scale : scale
      const missing = stored - decimal.scale
      // Digits that the column's scale cuts off are rounded by the type's own input.
      if (missing >= 0 && missing <= DIGITS_MAX) {
        const size = decimal.digits * powersOfTen[missing]!
        if (size < sizeMax) {
          storeInt64(halves, offset + row, decimal.isNegative ? -size : size)
          scales[offset + row] = stored
          continue
        }
      }
    }
    reader.readOther(bytes, row)
  }
}

function readBools(reader: ColumnReader, bytes: Buffer, from: number, to: number): void {
  const { starts, ends, base, offset } = reader
  const { bools } = reader.target
  for (let row = from; row < to; row++) {
    const start = starts[base + row]!
    const letter = start >= 0 && ends[base + row] === start + 1 ? bytes[start]! : 0
    if (letter === 0x74) bools[offset + row] = 1
    else if (letter === 0x66) bools[offset + row] = 0
    else reader.readOther(bytes, row)
  }
}

/** Bytes up to `length` are at most as many characters. */
function readTexts(reader: ColumnReader, bytes: Buffer, from: number, to: number, length: number): void {
  const { starts, ends, base, offset, target } = reader
  let total = 0
  for (let row = from; row < to; row++) {
    if (starts[base + row]! >= 0) total += ends[base + row]! - starts[base + row]!
  }
  target.reserveSide(total)
  for (let row = from; row < to; row++) {
    const start = starts[base + row]!
    const end = ends[base + row]!
    if (start >= 0 && end - start <= length) reader.storeBytes(bytes, start, end, offset + row)
    else reader.readOther(bytes, row)
  }
}
