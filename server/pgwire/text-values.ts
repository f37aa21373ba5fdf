/**
 * Columns to PostgreSQL's text format. Text goes out as it lies in the column, the common types have a loop
 * each, and the rest goes through the executor's formatValue.
 */

import type { BytesColumn, Column, Int64Column, NumericColumn } from '../../executor/batch/column.ts'
import { isNull, WIDE } from '../../executor/batch/column.ts'
import { readNumeric, readValue } from '../../executor/batch/column-reader.ts'
import type { EvaluationContext } from '../../executor/expression/evaluation-context.ts'
import { formatValue } from '../../executor/expression/text-format.ts'
import { dateFormat, extraFloatDigits } from '../../executor/functions/datetime-settings.ts'
import { formatFloat4, formatFloat8 } from '../../executor/functions/float-text.ts'
import { writeAscii, writeDigits, writeFixed, writeInt32, writeSafe } from './digits.ts'
import { safeInt64, wordsOf } from './int64-words.ts'
import { dateRenderer, timeRenderer, timestampRenderer } from './text-times.ts'
import { isScratchFull, type Renderer, type ValueBytes } from './value-bytes.ts'

/**
 * A renderer of `column`. Dates, times and floats follow the settings of `context`.
 */
export function textRenderer(column: Column, context: EvaluationContext): Renderer {
  return fastRenderer(column, context) ?? formattedRenderer(column, context)
}

function fastRenderer(column: Column, context: EvaluationContext): Renderer | undefined {
  const isIso = dateFormat(context) === 'ISO'
  const isShortest = extraFloatDigits(context) > 0
  switch (column.layout) {
    case 'bool':
      return (into, from, to) => renderBool(column.values, into, from, to)
    case 'int16':
      return (into, from, to) => renderInt32(column.values, into, from, to)
    case 'int32':
      if (column.type.kind === 'date') return isIso ? dateRenderer(column, context) : undefined
      return column.type.kind === 'int4'
        ? (into, from, to) => renderInt32(column.values, into, from, to)
        : undefined
    case 'int64':
      return int64Renderer(column, context, isIso)
    case 'float64':
      if (!isShortest) return undefined
      return (into, from, to) => renderFloat64(column.values, into, from, to)
    case 'float32':
      if (!isShortest) return undefined
      return (into, from, to) => renderFloat32(column.values, into, from, to)
    case 'numeric':
      return (into, from, to) => renderNumeric(column, into, from, to)
    case 'bytes':
      return bytesRenderer(column)
  }
}

function int64Renderer(
  column: Int64Column,
  context: EvaluationContext,
  isIso: boolean,
): Renderer | undefined {
  switch (column.type.kind) {
    case 'int8':
      return (into, from, to) => renderInt64(column.values, into, from, to)
    case 'time':
      return timeRenderer(column)
    case 'timestamp':
    case 'timestamptz':
      return isIso ? timestampRenderer(column, context) : undefined
    default:
      return undefined
  }
}

function bytesRenderer(column: BytesColumn): Renderer | undefined {
  switch (column.type.kind) {
    case 'text':
    case 'varchar':
    case 'bpchar':
    case 'name':
    case 'json':
    case 'jsonb':
    case 'unknown':
      return aliasRenderer(column)
    case 'uuid':
      return (into, from, to) => renderUuid(column, into, from, to)
    default:
      return undefined
  }
}

/** The column holds what the client gets. */
export function aliasRenderer(column: BytesColumn): Renderer {
  return (into, _from, to) => {
    into.alias(column)
    return to
  }
}

function formattedRenderer(column: Column, context: EvaluationContext): Renderer {
  return (into, from, to) => {
    into.begin(from, to, 16)
    let used = 0
    for (let row = from; row < to; row++) {
      into.starts[row - from] = used
      if (!isNull(column, row)) {
        used = into.append(used, formatValue(column.type, readValue(column, row), context))
      }
      into.ends[row - from] = used
      if (isScratchFull(used)) return row + 1
    }
    return to
  }
}

function renderBool(values: Uint8Array, into: ValueBytes, from: number, to: number): number {
  into.begin(from, to, 1)
  const { bytes, starts, ends } = into
  for (let row = from; row < to; row++) {
    const at = row - from
    bytes[at] = values[row] === 1 ? 0x74 : 0x66
    starts[at] = at
    ends[at] = at + 1
  }
  return to
}

function renderInt32(values: Int16Array | Int32Array, into: ValueBytes, from: number, to: number): number {
  into.begin(from, to, 11)
  const { bytes, starts, ends } = into
  let used = 0
  for (let row = from; row < to; row++) {
    starts[row - from] = used
    used = writeInt32(bytes, used, values[row]!)
    ends[row - from] = used
  }
  return to
}

function renderInt64(values: BigInt64Array, into: ValueBytes, from: number, to: number): number {
  into.begin(from, to, 20)
  const { bytes, starts, ends } = into
  const words = wordsOf(values)
  let used = 0
  for (let row = from; row < to; row++) {
    starts[row - from] = used
    const value = safeInt64(words, row)
    if (value >= 0) {
      used = writeSafe(bytes, used, value)
    } else if (value < 0) {
      bytes[used] = 45
      used = writeSafe(bytes, used + 1, -value)
    } else {
      used = writeAscii(bytes, used, values[row]!.toString())
    }
    ends[row - from] = used
  }
  return to
}

/** `-1.7976931348623157e+308` */
const FLOAT_WIDTH = 24

function renderFloat64(values: Float64Array, into: ValueBytes, from: number, to: number): number {
  into.begin(from, to, FLOAT_WIDTH)
  const { bytes, starts, ends } = into
  let used = 0
  for (let row = from; row < to; row++) {
    starts[row - from] = used
    used = writeFloat64(bytes, used, values[row]!)
    ends[row - from] = used
  }
  return to
}

const FRACTION_DIGITS = 6
const FRACTION = 1_000_000

/**
 * The shortest decimal that reads back as `value`. Two decimals of at most 15 digits are never the same
 * double, so one with six of them behind the point that is `value` is that decimal, but for zeros at its end.
 * Between 1e-4 and 1e15 JavaScript prints the others as PostgreSQL does.
 */
function writeFloat64(bytes: Uint8Array, position: number, value: number): number {
  const size = Math.abs(value)
  if (!(size >= 1e-4 && size < 1e15)) return writeAscii(bytes, position, formatFloat8(value))
  const scaled = Math.round(size * FRACTION)
  if (scaled >= 1e15 || scaled / FRACTION !== size) return writeAscii(bytes, position, String(value))
  let at = position
  if (value < 0) bytes[at++] = 45
  const whole = Math.floor(scaled / FRACTION)
  at = writeSafe(bytes, at, whole)
  const fraction = scaled - whole * FRACTION
  if (fraction === 0) return at
  bytes[at] = 46
  at = writeFixed(bytes, at + 1, fraction, FRACTION_DIGITS)
  while (bytes[at - 1] === 48) at--
  return at
}

/** Significant digits that no two reals share. */
const REAL_LIMIT = 1_000_000

function renderFloat32(values: Float32Array, into: ValueBytes, from: number, to: number): number {
  into.begin(from, to, FLOAT_WIDTH)
  const { bytes, starts, ends } = into
  let used = 0
  for (let row = from; row < to; row++) {
    starts[row - from] = used
    used = writeFloat32(bytes, used, values[row]!)
    ends[row - from] = used
  }
  return to
}

/** As writeFloat64, with six digits instead of 15. */
function writeFloat32(bytes: Uint8Array, position: number, value: number): number {
  const size = Math.abs(value)
  const factor = size < 1000 ? 1000 : size < 10_000 ? 100 : size < 100_000 ? 10 : 1
  const scaled = Math.round(size * factor)
  if (!(scaled < REAL_LIMIT && scaled > 0) || Math.fround(scaled / factor) !== size) {
    return writeAscii(bytes, position, formatFloat4(value))
  }
  let at = position
  if (value < 0) bytes[at++] = 45
  const whole = Math.floor(scaled / factor)
  at = writeDigits(bytes, at, whole)
  const fraction = scaled - whole * factor
  if (fraction === 0) return at
  bytes[at] = 46
  at = writeFixed(bytes, at + 1, fraction, factor === 1000 ? 3 : factor === 100 ? 2 : 1)
  while (bytes[at - 1] === 48) at--
  return at
}

/** Coefficients that a double holds and scales that powers of ten in a double hold. */
const SCALE_MAX = 15
const powersOfTen = Array.from({ length: SCALE_MAX + 1 }, (_, power) => 10 ** power)
/** A sign, 19 digits, a point and up to SCALE_MAX zeros before them. */
const NUMERIC_WIDTH = 24 + SCALE_MAX

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
      used = writeDecimal(into.bytes, used, value, scale)
    } else if (!isNull(column, row)) {
      used = into.append(used, longNumeric(column, row))
    }
    into.ends[row - from] = used
    if (isScratchFull(used)) return row + 1
  }
  return to
}

function writeDecimal(bytes: Uint8Array, position: number, value: number, scale: number): number {
  let at = position
  if (value < 0) bytes[at++] = 45
  const size = Math.abs(value)
  if (scale === 0) return writeSafe(bytes, at, size)
  const power = powersOfTen[scale]!
  const whole = Math.floor(size / power)
  at = writeSafe(bytes, at, whole)
  bytes[at++] = 46
  const fraction = size - whole * power
  if (scale <= 9) return writeFixed(bytes, at, fraction, scale)
  const high = Math.floor(fraction / 1e9)
  return writeFixed(bytes, writeFixed(bytes, at, high, scale - 9), fraction - high * 1e9, 9)
}

function longNumeric(column: NumericColumn, row: number): string {
  const scale = column.scales[row]!
  if (scale === WIDE) return readNumeric(column, row).toString()
  const value = column.values[row]!
  if (scale === 0) return value.toString()
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

const hexDigits = Buffer.from('0123456789abcdef')
const UUID_TEXT_BYTES = 36

function renderUuid(column: BytesColumn, into: ValueBytes, from: number, to: number): number {
  into.begin(from, to, UUID_TEXT_BYTES)
  const { bytes, starts, ends } = into
  let used = 0
  for (let row = from; row < to; row++) {
    starts[row - from] = used
    const start = column.starts[row]!
    if (column.ends[row] === start + 16) used = writeUuid(bytes, used, column.bytes, start)
    ends[row - from] = used
  }
  return to
}

function writeUuid(bytes: Uint8Array, position: number, source: Uint8Array, start: number): number {
  let at = position
  for (let index = 0; index < 16; index++) {
    if (index === 4 || index === 6 || index === 8 || index === 10) bytes[at++] = 45
    const byte = source[start + index]!
    bytes[at++] = hexDigits[byte >> 4]!
    bytes[at++] = hexDigits[byte & 15]!
  }
  return at
}
