/**
 * Values of results as JavaScript's: int2, int4, float → number; int8 → number when exact, else bigint;
 * numeric → string; date, timestamp, timestamptz → Date (in UTC, cut to milliseconds; infinity → ±Infinity);
 * bool, text, uuid as they are; json, jsonb parsed; bytea → Uint8Array; arrays → arrays; composites →
 * objects; all other types → PostgreSQL's text.
 */

import type { Column } from '../../executor/batch/column.ts'
import { readValue } from '../../executor/batch/column-reader.ts'
import type { RuntimeValue } from '../../executor/batch/runtime-value.ts'
import { toRuntimeValue } from '../../executor/batch/value-codec.ts'
import type { EvaluationContext } from '../../executor/expression/evaluation-context.ts'
import { formatRuntime } from '../../executor/expression/text-format.ts'
import type { DataType } from '../../planner/types.ts'
import { typeOid } from '../../planner/types.ts'

/** By type OID: makes a value from PostgreSQL's text form, in place of the conversion above. */
export type Parsers = Readonly<Record<number, (text: string) => unknown>>

const MILLIS_PER_DAY = 86_400_000
const INT32_MAX = 2 ** 31 - 1
const INT32_MIN = -(2 ** 31)
const INT64_MAX = 2n ** 63n - 1n
const INT64_MIN = -(2n ** 63n)

/** Reads a column's rows as JavaScript values; NULL is null. */
export function jsReader(
  column: Column,
  context: EvaluationContext,
  parsers: Parsers,
): (row: number) => unknown {
  const { type } = column
  const convert = converterOf(type, context, parsers)
  return row => {
    const value = readValue(column, row)
    return value === null ? null : convert(toRuntimeValue(type, value))
  }
}

type Converter = (value: RuntimeValue) => unknown

function converterOf(type: DataType, context: EvaluationContext, parsers: Parsers): Converter {
  const parser = parsers[typeOid(type)]
  if (parser !== undefined) return value => parser(formatRuntime(type, value, context))
  switch (type.kind) {
    case 'bool':
    case 'int2':
    case 'int4':
    case 'oid':
    case 'float4':
    case 'float8':
    case 'text':
    case 'varchar':
    case 'bpchar':
    case 'name':
    case 'char':
      return value => value
    case 'bytea':
      // Columns share buffers with others; what leaves the engine is the caller's own.
      return value => Uint8Array.from(value as Uint8Array)
    case 'int8':
      return value => exactNumber(value as bigint)
    case 'numeric':
      return value => String(value)
    case 'json':
    case 'jsonb':
      return value => JSON.parse(value as string) as unknown
    case 'date':
      return value => dateOf(value as number)
    case 'timestamp':
    case 'timestamptz':
      return value => timestampOf(value as bigint)
    case 'array': {
      const element = converterOf(type.element, context, parsers)
      return value => convertArray(value as readonly RuntimeValue[], element, type.element.kind === 'record')
    }
    case 'record': {
      const fields = type.fields.map(field => converterOf(field.type, context, parsers))
      return value => convertRecord(type.fields, value as readonly RuntimeValue[], fields)
    }
    default:
      return value => formatRuntime(type, value, context)
  }
}

function exactNumber(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

function dateOf(days: number): Date | number {
  if (days === INT32_MAX) return Number.POSITIVE_INFINITY
  return days === INT32_MIN ? Number.NEGATIVE_INFINITY : new Date(days * MILLIS_PER_DAY)
}

function timestampOf(micros: bigint): Date | number {
  if (micros === INT64_MAX) return Number.POSITIVE_INFINITY
  return micros === INT64_MIN ? Number.NEGATIVE_INFINITY : new Date(Math.floor(Number(micros) / 1000))
}

/** Inner arrays are further dimensions, unless the elements are records, which are arrays too. */
function convertArray(values: readonly RuntimeValue[], element: Converter, ofRecords: boolean): unknown[] {
  return values.map(value => {
    if (value === null) return null
    return Array.isArray(value) && !ofRecords ? convertArray(value, element, false) : element(value)
  })
}

function convertRecord(
  fields: readonly { readonly name: string }[],
  values: readonly RuntimeValue[],
  converters: readonly Converter[],
): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  fields.forEach(({ name }, index) => {
    const value = values[index] ?? null
    object[name] = value === null ? null : converters[index]!(value)
  })
  return object
}
