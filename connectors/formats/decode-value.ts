/**
 * The general way from a JSON token or a text to a value of a SQL type: exact for every input, used where the
 * byte scanners of field-scan.ts give up. Errors are SqlErrors with PostgreSQL's texts.
 *
 * Conversions are as lenient as they are unambiguous: numbers and booleans are accepted as strings; text
 * takes the source text of any value; a timestamp may be a number whose unit `timestamps` says.
 */

import type { Numeric } from '../../executor/batch/numeric.ts'
import type { RuntimeValue } from '../../executor/batch/runtime-value.ts'
import { encodeArray, encodeRecord, toRuntimeValue } from '../../executor/batch/value-codec.ts'
import type { EvaluationContext, SqlValue } from '../../executor/expression/evaluation-context.ts'
import { parseValue } from '../../executor/expression/text-format.ts'
import { parseJson } from '../../executor/functions/json-parse.ts'
import { normalizeJsonb } from '../../executor/functions/json-text.ts'
import { formatJson, type Json, JsonNumber } from '../../executor/functions/json-value.ts'
import type { RecordRanges } from '../../executor/io/record-ranges.ts'
import type { BadRecord } from '../../executor/io/source.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import { type DataType, formatType } from '../../planner/types.ts'

/**
 * Unit of timestamps given as numbers: RisingWave's timestamptz.handling.mode. guess: by magnitude, from
 * seconds to nanos.
 */
export type TimestampUnit = 'guess' | 'milli' | 'micro'

/** What value conversion may read: input is decoded as UTC, outside any session. */
export const decodeContext: EvaluationContext = {
  timeZone: 'UTC',
  transactionTimestamp: 0n,
  statementTimestamp: 0n,
  parameters: [],
  settings: new Map([
    ['TimeZone', 'UTC'],
    ['DateStyle', 'ISO, MDY'],
    ['IntervalStyle', 'postgres'],
  ]),
  onError: 'throw',
}

/** The value of a JSON token (its exact source text). */
export function valueOfJsonToken(type: DataType, token: string, unit: TimestampUnit): SqlValue {
  if (token === 'null') return null
  if (type.kind === 'jsonb') return normalizeJsonb(token)
  if (type.kind === 'json') return token
  const first = token[0]
  if ((first === '{' || first === '[') && isText(type)) return valueOfText(type, token)
  if (first === '"' || first === '{' || first === '[') return valueOfJson(type, parseJson(token), unit)
  if (first === 't' || first === 'f') return valueOfJson(type, first === 't', unit)
  return valueOfNumber(type, token, unit)
}

/** A bad record with a copy of its bytes, since the network buffer moves on. */
export function badRecord(records: RecordRanges, record: number, error: string): BadRecord {
  const start = records.valueStarts[record]!
  return {
    topic: records.topic,
    partition: records.partition,
    offset: records.offsets[record]!,
    bytes:
      start < 0
        ? new Uint8Array(0)
        : Uint8Array.from(records.bytes.subarray(start, records.valueEnds[record]!)),
    error,
  }
}

/** The value of PostgreSQL's text form of the type. */
export function valueOfText(type: DataType, text: string): SqlValue {
  return parseValue(type, text, decodeContext)
}

/** A number as a timestamp, in microseconds since 1970. */
export function microsOfNumber(value: number, unit: TimestampUnit): number {
  if (unit === 'micro') return value
  if (unit === 'milli') return value * 1000
  const magnitude = Math.abs(value)
  if (magnitude < 1e11) return value * 1e6
  if (magnitude < 1e14) return value * 1000
  return magnitude < 1e17 ? value : Math.floor(value / 1000)
}

function valueOfJson(type: DataType, value: Json, unit: TimestampUnit): SqlValue {
  if (value === null) return null
  if (type.kind === 'jsonb' || type.kind === 'json') return formatJson(value)
  if (typeof value === 'string') return type.kind === 'bytea' ? base64(value) : valueOfText(type, value)
  if (typeof value === 'boolean') {
    if (type.kind === 'bool') return value
    if (isText(type)) return valueOfText(type, String(value))
    throw mismatch(type, 'a boolean')
  }
  if (value instanceof JsonNumber) return valueOfNumber(type, value.text, unit)
  if (isList(value)) {
    if (type.kind !== 'array') throw mismatch(type, 'an array')
    return encodeArray(type.element, arrayItems(type.element, value, unit))
  }
  if (isText(type)) return valueOfText(type, formatJson(value))
  if (type.kind !== 'record') throw mismatch(type, 'an object')
  const types = type.fields.map(field => field.type)
  return encodeRecord(
    types,
    type.fields.map(field => runtimeValue(field.type, value.get(field.name) ?? null, unit)),
  )
}

/**
 * The items of an array; a list inside a list is a further dimension, since arrays of arrays are no type of
 * their own.
 */
function arrayItems(element: DataType, items: readonly Json[], unit: TimestampUnit): RuntimeValue[] {
  return items.map(item =>
    isList(item) && element.kind !== 'array'
      ? arrayItems(element, item, unit)
      : runtimeValue(element, item, unit),
  )
}

function runtimeValue(type: DataType, value: Json, unit: TimestampUnit): RuntimeValue {
  return toRuntimeValue(type, valueOfJson(type, value, unit))
}

function valueOfNumber(type: DataType, text: string, unit: TimestampUnit): SqlValue {
  switch (type.kind) {
    case 'int2':
    case 'int4':
    case 'int8':
    case 'oid':
      return valueOfText(type, integerText(type, text))
    case 'float4':
    case 'float8':
    case 'numeric':
    case 'text':
    case 'varchar':
    case 'bpchar':
    case 'name':
    case 'char':
      return valueOfText(type, text)
    case 'timestamp':
    case 'timestamptz':
      return BigInt(Math.round(microsOfNumber(Number(text), unit)))
    case 'date':
      return Number(integerText(type, text))
    default:
      throw mismatch(type, 'a number')
  }
}

/** 1.0 and 1e3 are integers too; 1.5 is not. */
function integerText(type: DataType, text: string): string {
  if (/^-?\d+$/.test(text)) return text
  const value = parseValue({ kind: 'numeric' }, text, decodeContext) as Numeric
  const divisor = 10n ** BigInt(value.scale)
  if (value.coefficient % divisor !== 0n) {
    throw new SqlError(
      SqlState.invalidTextRepresentation,
      `invalid input syntax for type ${formatType(type)}: "${text}"`,
    )
  }
  return String(value.coefficient / divisor)
}

function base64(text: string): Uint8Array {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) {
    throw new SqlError(SqlState.invalidTextRepresentation, 'invalid base64 for type bytea')
  }
  return Buffer.from(text, 'base64')
}

function isText(type: DataType): boolean {
  return type.kind === 'text' || type.kind === 'varchar' || type.kind === 'bpchar' || type.kind === 'name'
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function mismatch(type: DataType, what: string): SqlError {
  return new SqlError(SqlState.datatypeMismatch, `${what} is not a value of type ${formatType(type)}`)
}
