/**
 * Columns to PostgreSQL's text format. One writer per column of a batch; the common types write bytes
 * directly, the rest
 * goes through the executor's formatValue.
 */

import type { Column, Int64Column, NumericColumn } from '../../executor/batch/column.ts'
import { WIDE } from '../../executor/batch/column.ts'
import { readValue } from '../../executor/batch/column-reader.ts'
import type { EvaluationContext } from '../../executor/expression/evaluation-context.ts'
import { formatValue } from '../../executor/expression/text-format.ts'
import { writeInt32, writeInt64, writePadded } from './digits.ts'
import type { OutputBuffer } from './output-buffer.ts'

/** Appends the value of a row that is not NULL, without a length. */
export type ValueWriter = (row: number) => void

/**
 * A writer of `column` into `output`. Dates and times follow `context` (DateStyle, TimeZone, IntervalStyle).
 */
export function textWriter(column: Column, output: OutputBuffer, context: EvaluationContext): ValueWriter {
  const iso = context.settings.get('DateStyle')?.startsWith('ISO') ?? true
  switch (column.type.kind) {
    case 'bool':
      return boolWriter(column, output)
    case 'int2':
    case 'int4':
      return int32Writer(column, output)
    case 'int8':
      return int64Writer(column, output)
    case 'float4':
    case 'float8':
      return floatWriter(column, output, context)
    case 'numeric':
      return column.layout === 'numeric'
        ? numericWriter(column, output)
        : formattedWriter(column, output, context)
    case 'text':
    case 'varchar':
    case 'bpchar':
    case 'name':
    case 'json':
    case 'jsonb':
    case 'unknown':
      return bytesWriter(column, output)
    case 'timestamp':
      return iso && column.layout === 'int64'
        ? timestampWriter(column, output, context, '')
        : formattedWriter(column, output, context)
    case 'timestamptz':
      return iso && column.layout === 'int64' && isUtc(context.timeZone)
        ? timestampWriter(column, output, context, '+00')
        : formattedWriter(column, output, context)
    default:
      return formattedWriter(column, output, context)
  }
}

function isUtc(timeZone: string): boolean {
  return timeZone === 'UTC' || timeZone === 'Etc/UTC' || timeZone === 'GMT'
}

function formattedWriter(column: Column, output: OutputBuffer, context: EvaluationContext): ValueWriter {
  return row => output.text(formatValue(column.type, readValue(column, row), context))
}

function boolWriter(column: Column, output: OutputBuffer): ValueWriter {
  const values = column.layout === 'bool' ? column.values : new Uint8Array(0)
  return row => {
    output.reserve(1)
    output.bytes[output.position++] = values[row] === 1 ? 0x74 : 0x66
  }
}

function int32Writer(column: Column, output: OutputBuffer): ValueWriter {
  const values = column.layout === 'int16' || column.layout === 'int32' ? column.values : new Int32Array(0)
  return row => {
    output.reserve(11)
    output.position = writeInt32(output.bytes, output.position, values[row]!)
  }
}

function int64Writer(column: Column, output: OutputBuffer): ValueWriter {
  const values = column.layout === 'int64' ? column.values : new BigInt64Array(0)
  return row => {
    output.reserve(20)
    output.position = writeInt64(output.bytes, output.position, values[row]!)
  }
}

/**
 * Between 1e-4 and 1e15 JavaScript prints a double as PostgreSQL does; float4 and the rest need formatValue.
 */
function floatWriter(column: Column, output: OutputBuffer, context: EvaluationContext): ValueWriter {
  const shortest = Number(context.settings.get('extra_float_digits') ?? '1') >= 1
  if (column.layout !== 'float64' || !shortest) return formattedWriter(column, output, context)
  const values = column.values
  return row => {
    const value = values[row]!
    const size = Math.abs(value)
    if (size >= 1e-4 && size < 1e15) output.ascii(String(value))
    else output.ascii(formatValue(column.type, value, context))
  }
}

function numericWriter(column: NumericColumn, output: OutputBuffer): ValueWriter {
  const { values, scales, wide } = column
  return row => {
    const scale = scales[row]!
    const value = values[row]!
    if (scale === WIDE) {
      output.ascii(wide[Number(value)]!.toString())
      return
    }
    output.reserve(24 + scale)
    if (scale === 0) {
      output.position = writeInt64(output.bytes, output.position, value)
      return
    }
    const negative = value < 0n
    const digits = (negative ? -value : value).toString().padStart(scale + 1, '0')
    if (negative) output.bytes[output.position++] = 45
    output.ascii(digits.slice(0, -scale))
    output.bytes[output.position++] = 46
    output.ascii(digits.slice(-scale))
  }
}

function bytesWriter(column: Column, output: OutputBuffer): ValueWriter {
  if (column.layout !== 'bytes') throw new TypeError('a text column has byte ranges')
  const { starts, ends, bytes } = column
  return row => {
    const start = starts[row]!
    const length = ends[row]! - start
    output.reserve(length)
    const target = output.bytes
    const position = output.position
    if (length < 24) {
      for (let index = 0; index < length; index++) target[position + index] = bytes[start + index]!
    } else {
      target.set(bytes.subarray(start, start + length), position)
    }
    output.position = position + length
  }
}

const DAY_MICROS = 86_400_000_000n
/** 0001-01-01 and 10000-01-01: between them the year has four digits and no BC. */
const FIRST_PLAIN = -62_135_596_800_000_000n
const LAST_PLAIN = 253_402_300_800_000_000n

/** ISO `2026-01-31 23:59:59.5` with `suffix`; years outside 1–9999 and infinities go through formatValue. */
function timestampWriter(
  column: Int64Column,
  output: OutputBuffer,
  context: EvaluationContext,
  suffix: string,
): ValueWriter {
  const values = column.values
  let knownDay = Number.NaN
  const date = Buffer.alloc(10)
  return row => {
    const value = values[row]!
    if (value < FIRST_PLAIN || value >= LAST_PLAIN) {
      output.text(formatValue(column.type, value, context))
      return
    }
    const micros = Number(value)
    const day = Math.floor(micros / Number(DAY_MICROS))
    if (day !== knownDay) {
      knownDay = day
      writeDate(date, day)
    }
    output.reserve(32)
    const bytes = output.bytes
    bytes.set(date, output.position)
    output.position = writeTime(bytes, output.position + 10, micros - day * Number(DAY_MICROS))
    if (suffix !== '') output.ascii(suffix)
  }
}

function writeDate(bytes: Uint8Array, day: number): void {
  const civil = new Date(day * 86_400_000)
  let at = writePadded(bytes, 0, civil.getUTCFullYear(), 4)
  bytes[at++] = 45
  at = writePadded(bytes, at, civil.getUTCMonth() + 1, 2)
  bytes[at++] = 45
  writePadded(bytes, at, civil.getUTCDate(), 2)
}

/** ` HH:MM:SS[.ffffff]` without trailing zeros. */
function writeTime(bytes: Uint8Array, position: number, micros: number): number {
  const seconds = Math.floor(micros / 1_000_000)
  let at = position
  bytes[at++] = 32
  at = writePadded(bytes, at, Math.floor(seconds / 3600), 2)
  bytes[at++] = 58
  at = writePadded(bytes, at, Math.floor(seconds / 60) % 60, 2)
  bytes[at++] = 58
  at = writePadded(bytes, at, seconds % 60, 2)
  const fraction = micros - seconds * 1_000_000
  if (fraction === 0) return at
  bytes[at++] = 46
  at = writePadded(bytes, at, fraction, 6)
  while (bytes[at - 1] === 48) at--
  return at
}
