/** Columns to PostgreSQL's binary format, as each type's send function writes it. */

import type { BytesColumn, Column, Int64Column, NumericColumn } from '../../executor/batch/column.ts'
import { isNull } from '../../executor/batch/column.ts'
import { readNumeric } from '../../executor/batch/column-reader.ts'
import { copyBytes, viewOf } from '../../executor/batch/copy-bytes.ts'
import { encodeBinary } from '../../executor/batch/value-codec.ts'
import { safeInt64, setSafeInt64, wordsOf } from './int64-words.ts'
import { aliasRenderer } from './text-values.ts'
import { isScratchFull, type Renderer, type ValueBytes } from './value-bytes.ts'

/** Microseconds from 1970-01-01 to PostgreSQL's epoch, 2000-01-01, and days likewise. */
export const EPOCH_MICROS = 946_684_800_000_000n
export const EPOCH_DAYS = 10_957
/** 'infinity' of dates is the end of int32, of timestamps that of int64, in both epochs. */
export const INT32_MAX = 2_147_483_647
export const INT32_MIN = -2_147_483_648
export const INT64_MAX = 9_223_372_036_854_775_807n
export const INT64_MIN = -9_223_372_036_854_775_808n

const JSONB_VERSION = 1

export function binaryRenderer(column: Column): Renderer {
  switch (column.layout) {
    case 'bool':
      return (into, from, to) => renderBool(column.values, into, from, to)
    case 'int16':
      return (into, from, to) => renderInt16(column.values, into, from, to)
    case 'int32':
      return column.type.kind === 'date'
        ? (into, from, to) => renderDate(column.values, into, from, to)
        : (into, from, to) => renderInt32(column.values, into, from, to)
    case 'int64':
      return (into, from, to) => renderInt64(column, into, from, to)
    case 'float32':
      return (into, from, to) => renderFloat32(column.values, into, from, to)
    case 'float64':
      return (into, from, to) => renderFloat64(column.values, into, from, to)
    case 'numeric':
      return (into, from, to) => renderNumeric(column, into, from, to)
    case 'bytes':
      if (column.type.kind === 'char') return (into, from, to) => renderChar(column, into, from, to)
      // The bytes of the other types are their binary form already.
      return column.type.kind === 'jsonb'
        ? (into, from, to) => renderJsonb(column, into, from, to)
        : aliasRenderer(column)
  }
}

/** Makes room for rows of `width` bytes each and says where they are. */
function beginFixed(into: ValueBytes, from: number, to: number, width: number): void {
  into.begin(from, to, width)
  const { starts, ends } = into
  for (let row = 0; row < to - from; row++) {
    starts[row] = row * width
    ends[row] = row * width + width
  }
}

function renderBool(values: Uint8Array, into: ValueBytes, from: number, to: number): number {
  beginFixed(into, from, to, 1)
  const { bytes } = into
  for (let row = from; row < to; row++) bytes[row - from] = values[row]!
  return to
}

function renderInt16(values: Int16Array, into: ValueBytes, from: number, to: number): number {
  beginFixed(into, from, to, 2)
  const { view } = into
  for (let row = from; row < to; row++) view.setInt16((row - from) * 2, values[row]!)
  return to
}

function renderInt32(values: Int32Array, into: ValueBytes, from: number, to: number): number {
  beginFixed(into, from, to, 4)
  const { view } = into
  for (let row = from; row < to; row++) view.setInt32((row - from) * 4, values[row]!)
  return to
}

function renderDate(values: Int32Array, into: ValueBytes, from: number, to: number): number {
  beginFixed(into, from, to, 4)
  const { view } = into
  for (let row = from; row < to; row++) {
    const day = values[row]!
    view.setInt32((row - from) * 4, day === INT32_MAX || day === INT32_MIN ? day : day - EPOCH_DAYS)
  }
  return to
}

function renderInt64(column: Int64Column, into: ValueBytes, from: number, to: number): number {
  beginFixed(into, from, to, 8)
  const { view } = into
  const { values, type } = column
  const words = wordsOf(values)
  const shift = type.kind === 'timestamp' || type.kind === 'timestamptz' ? EPOCH_MICROS : 0n
  const safeShift = Number(shift)
  for (let row = from; row < to; row++) {
    const at = (row - from) * 8
    const shifted = safeInt64(words, row) - safeShift
    if (shifted >= Number.MIN_SAFE_INTEGER) {
      setSafeInt64(view, at, shifted)
    } else {
      const value = values[row]!
      view.setBigInt64(at, value === INT64_MAX || value === INT64_MIN ? value : value - shift)
    }
  }
  return to
}

function renderFloat32(values: Float32Array, into: ValueBytes, from: number, to: number): number {
  beginFixed(into, from, to, 4)
  const { view } = into
  for (let row = from; row < to; row++) view.setFloat32((row - from) * 4, values[row]!)
  return to
}

function renderFloat64(values: Float64Array, into: ValueBytes, from: number, to: number): number {
  beginFixed(into, from, to, 8)
  const { view } = into
  for (let row = from; row < to; row++) view.setFloat64((row - from) * 8, values[row]!)
  return to
}

/** Scales whose fraction, filled up to whole groups of four digits, is one that a double holds. */
const SCALE_MAX = 12
/** A header and up to four groups of four digits before and three behind the point. */
const NUMERIC_WIDTH = 8 + 2 * 7

function renderNumeric(column: NumericColumn, into: ValueBytes, from: number, to: number): number {
  into.begin(from, to, NUMERIC_WIDTH)
  const { scales } = column
  const words = wordsOf(column.values)
  let used = 0
  for (let row = from; row < to; row++) {
    into.starts[row - from] = used
    const scale = scales[row]!
    const value = safeInt64(words, row)
    if (scale >= 0 && scale <= SCALE_MAX && !Number.isNaN(value)) {
      into.reserve(used, NUMERIC_WIDTH)
      used = writeNumeric(into.view, used, value, scale)
    } else if (!isNull(column, row)) {
      const encoded = encodeBinary(column.type, readNumeric(column, row))
      into.reserve(used, encoded.length)
      into.bytes.set(encoded, used)
      used += encoded.length
    }
    into.ends[row - from] = used
    if (isScratchFull(used)) return row + 1
  }
  return to
}

const powersOfTen = Array.from({ length: SCALE_MAX + 4 }, (_, power) => 10 ** power)
const NEGATIVE = 0x4000

/** Base-10000 digits without the zeros at either end, after their count, weight, sign and display scale. */
function writeNumeric(view: DataView, position: number, value: number, scale: number): number {
  const size = Math.abs(value)
  const whole = scale === 0 ? size : Math.floor(size / powersOfTen[scale]!)
  const fractionGroups = (scale + 3) >> 2
  let fraction = (size - whole * powersOfTen[scale]!) * powersOfTen[fractionGroups * 4 - scale]!
  const wholeGroups = whole < 1 ? 0 : whole < 1e4 ? 1 : whole < 1e8 ? 2 : whole < 1e12 ? 3 : 4
  const groups = wholeGroups + fractionGroups
  const digitsAt = position + 8
  for (let group = groups - 1; group >= wholeGroups; group--) {
    const next = Math.floor(fraction / 10_000)
    view.setInt16(digitsAt + group * 2, fraction - next * 10_000)
    fraction = next
  }
  let rest = whole
  for (let group = wholeGroups - 1; group >= 0; group--) {
    const next = Math.floor(rest / 10_000)
    view.setInt16(digitsAt + group * 2, rest - next * 10_000)
    rest = next
  }
  let first = 0
  let last = groups
  while (first < last && view.getInt16(digitsAt + first * 2) === 0) first++
  while (last > first && view.getInt16(digitsAt + last * 2 - 2) === 0) last--
  const count = last - first
  if (first > 0) {
    for (let group = 0; group < count; group++) {
      view.setInt16(digitsAt + group * 2, view.getInt16(digitsAt + (first + group) * 2))
    }
  }
  view.setInt16(position, count)
  view.setInt16(position + 2, count === 0 ? 0 : wholeGroups - 1 - first)
  view.setInt16(position + 4, value < 0 ? NEGATIVE : 0)
  view.setInt16(position + 6, scale)
  return digitsAt + count * 2
}

/** The code of the character, which is one or two bytes of UTF-8, or none for zero. */
function renderChar(column: BytesColumn, into: ValueBytes, from: number, to: number): number {
  beginFixed(into, from, to, 1)
  for (let row = from; row < to; row++) {
    const start = column.starts[row]!
    const length = column.ends[row]! - start
    const first = length > 0 ? column.bytes[start]! : 0
    into.bytes[row - from] = length < 2 ? first : ((first & 3) << 6) | (column.bytes[start + 1]! & 0x3f)
  }
  return to
}

/** A version byte in front of the text. */
function renderJsonb(column: BytesColumn, into: ValueBytes, from: number, to: number): number {
  into.begin(from, to, 1)
  const sourceView = viewOf(column.bytes)
  let used = 0
  for (let row = from; row < to; row++) {
    const start = column.starts[row]!
    const end = column.ends[row]!
    into.starts[row - from] = used
    into.reserve(used, end - start + 1)
    into.bytes[used] = JSONB_VERSION
    copyBytes(column.bytes, sourceView, start, end, into.bytes, into.view, used + 1)
    used += end - start + 1
    into.ends[row - from] = used
    if (isScratchFull(used)) return row + 1
  }
  return to
}
