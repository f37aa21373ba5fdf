/** SQL values to JSON: to_json, to_jsonb, json_build_object and their kin (json.c, jsonb.c). */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { DataType } from '../../planner/types.ts'
import type { RuntimeValue } from '../batch/runtime-value.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'
import { formatRuntime } from '../expression/text-format.ts'
import { isFiniteTimestamp } from './datetime-arithmetic.ts'
import { MICROS_PER_SECOND } from './datetime-calendar.ts'
import { formatDate, formatTimestamp, offsetText } from './datetime-text.ts'
import { normalizeJsonb } from './json-text.ts'
import { quoteJson } from './json-value.ts'
import { sessionZone } from './time-zone.ts'

/** A value as JSON text in the form of type json (arrays and records without spaces). */
export function jsonOf(type: DataType, value: RuntimeValue, context: EvaluationContext): string {
  if (value === null) return 'null'
  switch (type.kind) {
    case 'bool':
      return value === true ? 'true' : 'false'
    case 'json':
    case 'jsonb':
      return value as string
    case 'int2':
    case 'int4':
    case 'int8':
    case 'float4':
    case 'float8':
    case 'numeric': {
      const text = formatRuntime(type, value, context)
      return /^-?\d/.test(text) ? text : quoteJson(text)
    }
    case 'date':
    case 'timestamp':
    case 'timestamptz':
      return quoteJson(isoText(type.kind, value, context))
    case 'array': {
      const elements = value as readonly RuntimeValue[]
      return `[${elements.map(element => jsonOf(nested(type, element), element, context)).join(',')}]`
    }
    case 'record': {
      const fields = value as readonly RuntimeValue[]
      const members = type.fields.map(
        (field, index) => `${quoteJson(field.name)}:${jsonOf(field.type, fields[index]!, context)}`,
      )
      return `{${members.join(',')}}`
    }
    default:
      return quoteJson(formatRuntime(type, value, context))
  }
}

/** The type of an array's element: of an inner array in a multidimensional one, it is the same array type. */
function nested(type: DataType & { kind: 'array' }, element: RuntimeValue): DataType {
  return Array.isArray(element) && type.element.kind !== 'record' ? type : type.element
}

/** A value as canonical jsonb text. */
export function jsonbOf(type: DataType, value: RuntimeValue, context: EvaluationContext): string {
  const json = jsonOf(type, value, context)
  return type.kind === 'jsonb' || type.kind === 'bool' ? json : normalizeJsonb(json)
}

const isoSettings: ReadonlyMap<string, string> = new Map()

/** Dates in JSON are ISO 8601 whatever DateStyle says: `2020-01-31T10:00:00+00:00`. */
function isoText(
  kind: 'date' | 'timestamp' | 'timestamptz',
  value: RuntimeValue,
  context: EvaluationContext,
): string {
  const iso: EvaluationContext = { ...context, settings: isoSettings }
  if (kind === 'date') return formatDate(value as number, iso)
  const micros = value as bigint
  if (kind === 'timestamp' || !isFiniteTimestamp(micros))
    return formatTimestamp(micros, iso).replace(' ', 'T')
  const offset = sessionZone(context).offsetAt(micros)
  const zone = offsetText(Number(offset / MICROS_PER_SECOND))
  const text = formatTimestamp(micros + offset, iso)
  const before = text.endsWith(' BC')
  const local = (before ? text.slice(0, -3) : text).replace(' ', 'T')
  return local + (zone.length === 3 ? `${zone}:00` : zone) + (before ? ' BC' : '')
}

/** The text of json_build_object or jsonb_build_object's arguments as JSON. */
export function buildObject(
  types: readonly DataType[],
  values: readonly RuntimeValue[],
  context: EvaluationContext,
  binary: boolean,
): string {
  const name = binary ? 'jsonb_build_object' : 'json_build_object'
  if (values.length % 2 !== 0) {
    throw new SqlError(SqlState.invalidParameterValue, 'argument list must have even number of elements', {
      hint: `The arguments of ${name}() must consist of alternating keys and values.`,
    })
  }
  const members: string[] = []
  for (let index = 0; index < values.length; index += 2) {
    const key = objectKey(types[index]!, values[index]!, index, context, binary)
    members.push(`${quoteJson(key)} : ${jsonOf(types[index + 1]!, values[index + 1]!, context)}`)
  }
  return `{${members.join(', ')}}`
}

function objectKey(
  type: DataType,
  value: RuntimeValue,
  index: number,
  context: EvaluationContext,
  binary: boolean,
): string {
  if (value === null) {
    const message = binary
      ? `argument ${index + 1}: key must not be null`
      : `argument ${index + 1} cannot be null`
    const fields = binary ? {} : { hint: 'Object keys should be text.' }
    throw new SqlError(SqlState.invalidParameterValue, message, fields)
  }
  if (type.kind === 'array' || type.kind === 'record' || type.kind === 'json' || type.kind === 'jsonb') {
    const message = 'key value must be scalar, not array, composite, or json'
    throw new SqlError(SqlState.invalidParameterValue, message)
  }
  return type.kind === 'bool' ? String(value) : formatRuntime(type, value, context)
}

/** json_build_array's text. */
export function buildArray(
  types: readonly DataType[],
  values: readonly RuntimeValue[],
  context: EvaluationContext,
): string {
  return `[${values.map((value, index) => jsonOf(types[index]!, value, context)).join(', ')}]`
}
