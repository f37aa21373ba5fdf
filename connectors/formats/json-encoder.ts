/**
 * Rows to JSON objects, as bytes, without an object or string per row on the common path.
 *
 * smallint … bigint, numeric: numbers with all their digits (bigint and numeric may exceed what JavaScript
 * readers hold exactly; they are still correct JSON). Floats: shortest form that reads back the same. NaN and
 * infinities: strings, as PostgreSQL's to_json. timestamp: "YYYY-MM-DD HH:MM:SS.ffffff"; timestamptz:
 * "YYYY-MM-DDTHH:MM:SS.ffffffZ"; date, time: strings. bytea: base64. json, jsonb: inline. Arrays and records:
 * arrays and objects. NULL: null. All else: PostgreSQL's text. Our own JSON decoder reads every one of these
 * back to the same value. Guarded by test/bench/json-encode.bench.ts.
 */

import type { BytesColumn, Column, NumericColumn } from '../../executor/batch/column.ts'
import { readNumeric, readValue } from '../../executor/batch/column-reader.ts'
import type { DeltaBatch } from '../../executor/batch/delta-batch.ts'
import type { RuntimeValue } from '../../executor/batch/runtime-value.ts'
import { toRuntimeValue, toSqlValue } from '../../executor/batch/value-codec.ts'
import type { SqlValue } from '../../executor/expression/evaluation-context.ts'
import { formatValue } from '../../executor/expression/text-format.ts'
import { unreachable } from '../../planner/assert.ts'
import type { Field } from '../../planner/schema.ts'
import type { DataType } from '../../planner/types.ts'
import { int64Halves, loadInt64 } from '../int64.ts'
import { decodeContext } from './decode-value.ts'
import {
  type ByteOutput,
  writeDate,
  writeDecimal,
  writeInteger,
  writeShortFloat,
  writeString,
  writeTime,
} from './json-write.ts'

/** Digits, signs and quotes of any value that is not text, and a date with time. */
const VALUE_BYTES_MAX = 64
const MICROS_PER_DAY = 86400e6
/** 0001-01-01 and the day after 9999-12-31. */
const DAY_MIN = -719162
const DAY_END = 2932897
const QUOTE = 0x22

/** Writes the value of a row that is not NULL. */
type ValueWriter = (output: ByteOutput, row: number) => void

export class JsonEncoder {
  readonly #columns: readonly number[]
  /** `{"a":`, `,"b":` … */
  readonly #prefixes: readonly Uint8Array[]

  /** `columns`: indexes of the columns that go into the object; all of them when undefined. */
  constructor(schema: readonly Field[], columns?: readonly number[]) {
    this.#columns = columns ?? [...schema.keys()]
    this.#prefixes = this.#columns.map((column, index) =>
      Buffer.from(`${index === 0 ? '{' : ','}${JSON.stringify(schema[column]!.name)}:`),
    )
  }

  /** Encodes all rows of a batch; row r is output[starts[r] … ends[r]). */
  encode(batch: DeltaBatch, output: ByteOutput, starts: Int32Array, ends: Int32Array): void {
    const columns = this.#columns.map(index => batch.columns[index]!)
    const writers = columns.map(valueWriter)
    const validities = columns.map(column => column.validity)
    for (let row = 0; row < batch.length; row++) {
      starts[row] = output.position
      this.#encodeRow(output, row, writers, validities)
      ends[row] = output.position
    }
  }

  #encodeRow(
    output: ByteOutput,
    row: number,
    writers: readonly ValueWriter[],
    validities: readonly (Uint8Array | undefined)[],
  ): void {
    for (let index = 0; index < writers.length; index++) {
      const prefix = this.#prefixes[index]!
      output.reserve(prefix.length + VALUE_BYTES_MAX)
      const { bytes } = output
      let at = output.position
      for (let from = 0; from < prefix.length; from++) bytes[at++] = prefix[from]!
      output.position = at
      const validity = validities[index]
      if (validity !== undefined && (validity[row >> 3]! & (1 << (row & 7))) === 0) output.writeAscii('null')
      else writers[index]!(output, row)
    }
    output.writeAscii(writers.length === 0 ? '{}' : '}')
  }
}

function valueWriter(column: Column): ValueWriter {
  const { layout, type } = column
  switch (layout) {
    case 'bool':
      return (output, row) => output.writeAscii(column.values[row] === 1 ? 'true' : 'false')
    case 'int16':
    case 'int32':
      if (type.kind === 'date') return dateWriter(column.values as Int32Array, type)
      if (type.kind !== 'int2' && type.kind !== 'int4') return generalWriter(column)
      return (output, row) => {
        output.position = writeInteger(output.bytes, output.position, column.values[row]!)
      }
    case 'int64':
      return int64Writer(column.values, type)
    case 'float64':
      return (output, row) => writeFloat(output, column.values[row]!)
    case 'float32':
    case 'numeric':
      return layout === 'numeric' ? numericWriter(column) : generalWriter(column)
    case 'bytes':
      return bytesWriter(column)
    default:
      return unreachable(layout)
  }
}

function writeFloat(output: ByteOutput, value: number): void {
  const end = writeShortFloat(output.bytes, output.position, value)
  if (end >= 0) output.position = end
  else if (Number.isFinite(value)) output.writeAscii(Object.is(value, -0) ? '-0' : String(value))
  else output.writeAscii(`"${value}"`)
}

function dateWriter(days: Int32Array, type: DataType): ValueWriter {
  return (output, row) => {
    const day = days[row]!
    if (day < DAY_MIN || day >= DAY_END) {
      writeGeneral(output, type, day)
      return
    }
    const { bytes } = output
    bytes[output.position] = QUOTE
    const end = writeDate(bytes, output.position + 1, day)
    bytes[end] = QUOTE
    output.position = end + 1
  }
}

function int64Writer(values: BigInt64Array, type: DataType): ValueWriter {
  const halves = int64Halves(values)
  if (type.kind === 'timestamp' || type.kind === 'timestamptz') return timestampWriter(values, halves, type)
  if (type.kind === 'time') {
    return (output, row) => {
      const { bytes } = output
      bytes[output.position] = QUOTE
      const end = writeTime(bytes, output.position + 1, loadInt64(halves, row))
      bytes[end] = QUOTE
      output.position = end + 1
    }
  }
  return (output, row) => {
    const value = loadInt64(halves, row)
    if (Math.abs(value) > Number.MAX_SAFE_INTEGER) output.writeAscii(String(values[row]))
    else output.position = writeInteger(output.bytes, output.position, value)
  }
}

function timestampWriter(values: BigInt64Array, halves: Int32Array, type: DataType): ValueWriter {
  const hasZone = type.kind === 'timestamptz'
  return (output, row) => {
    const micros = loadInt64(halves, row)
    const day = Math.floor(micros / MICROS_PER_DAY)
    if (day < DAY_MIN || day >= DAY_END || Math.abs(micros) > Number.MAX_SAFE_INTEGER) {
      writeGeneral(output, type, values[row]!)
      return
    }
    const { bytes } = output
    let at = output.position
    bytes[at++] = QUOTE
    at = writeDate(bytes, at, day)
    bytes[at++] = hasZone ? 0x54 : 0x20
    at = writeTime(bytes, at, micros - day * MICROS_PER_DAY)
    if (hasZone) bytes[at++] = 0x5a
    bytes[at++] = QUOTE
    output.position = at
  }
}

function numericWriter(column: NumericColumn): ValueWriter {
  const halves = int64Halves(column.values)
  return (output, row) => {
    const scale = column.scales[row]!
    const coefficient = loadInt64(halves, row)
    if (scale < 0 || scale > 30 || Math.abs(coefficient) > Number.MAX_SAFE_INTEGER) {
      writeGeneral(output, column.type, readNumeric(column, row))
    } else {
      output.position = writeDecimal(output.bytes, output.position, coefficient, scale)
    }
  }
}

function bytesWriter(column: BytesColumn): ValueWriter {
  switch (column.type.kind) {
    case 'text':
    case 'varchar':
    case 'bpchar':
    case 'name':
    case 'char':
      return (output, row) => {
        const start = column.starts[row]!
        const end = column.ends[row]!
        output.reserve((end - start) * 6 + 2)
        output.position = writeString(output.bytes, output.position, column.bytes, start, end)
      }
    case 'json':
    case 'jsonb':
      return (output, row) => output.writeBytes(column.bytes, column.starts[row]!, column.ends[row]!)
    default:
      return generalWriter(column)
  }
}

function generalWriter(column: Column): ValueWriter {
  return (output, row) => writeGeneral(output, column.type, readValue(column, row))
}

/** The general path: through a string. */
function writeGeneral(output: ByteOutput, type: DataType, value: SqlValue): void {
  const text = Buffer.from(jsonText(type, toRuntimeValue(type, value)))
  output.writeBytes(text, 0, text.length)
}

/** The JSON text of any value. */
function jsonText(type: DataType, value: RuntimeValue): string {
  if (value === null) return 'null'
  switch (type.kind) {
    case 'array':
      return listText(type.element, value as readonly RuntimeValue[])
    case 'record': {
      const items = value as readonly RuntimeValue[]
      const members = type.fields.map(
        ({ name, type: itemType }, index) => `${JSON.stringify(name)}:${jsonText(itemType, items[index]!)}`,
      )
      return `{${members.join()}}`
    }
    case 'bool':
      return String(value)
    case 'json':
    case 'jsonb':
      return value as string
    case 'bytea':
      return `"${Buffer.from(value as Uint8Array).toString('base64')}"`
    case 'timestamptz':
      return `"${formatValue({ kind: 'timestamp' }, value as bigint, decodeContext).replace(' ', 'T')}Z"`
    default: {
      const text = formatValue(type, toSqlValue(type, value), decodeContext)
      return isNumber(type) && /^[-\d]/.test(text) && !/^-I/.test(text) ? text : JSON.stringify(text)
    }
  }
}

/** A list inside a list is a further dimension of the same array type. */
function listText(element: DataType, items: readonly RuntimeValue[]): string {
  const texts = items.map(item =>
    Array.isArray(item) && element.kind !== 'array' && element.kind !== 'record'
      ? listText(element, item as readonly RuntimeValue[])
      : jsonText(element, item),
  )
  return `[${texts.join()}]`
}

function isNumber(type: DataType): boolean {
  switch (type.kind) {
    case 'int2':
    case 'int4':
    case 'int8':
    case 'oid':
    case 'float4':
    case 'float8':
    case 'numeric':
      return true
    default:
      return false
  }
}
