/**
 * PostgreSQL's text input and output of every type: what literals, casts to and from text, COPY and the
 * wire's text format use. Runtime values are those of generated code; SqlValues the ones outside.
 */

import { unreachable } from '../../planner/assert.ts'
import { anonymousRecord, SqlError, SqlState } from '../../planner/errors.ts'
import type { Expression } from '../../planner/expression.ts'
import type { DataType } from '../../planner/types.ts'
import { lowerBounds, withLowerBounds } from '../batch/array-bounds.ts'
import type { Interval } from '../batch/interval.ts'
import type { RuntimeValue } from '../batch/runtime-value.ts'
import type { TimeTz } from '../batch/time-tz.ts'
import { nested, toRuntimeValue, toSqlValue } from '../batch/value-codec.ts'
import { type ArrayLiteral, readArrayLiteral } from '../functions/array-literal.ts'
import {
  type ArrayItem,
  formatArrayText,
  formatRecordText,
  parseRecordText,
} from '../functions/array-text.ts'
import { formatChar, parseChar } from '../functions/char-text.ts'
import { byteaOutput, extraFloatDigits } from '../functions/datetime-settings.ts'
import {
  formatDate,
  formatTime,
  formatTimestamp,
  formatTimestamptz,
  parseDate,
  parseTime,
  parseTimestamp,
  parseTimestamptz,
} from '../functions/datetime-text.ts'
import { formatFloat4, formatFloat8, parseFloat4, parseFloat8 } from '../functions/float-text.ts'
import {
  formatBytea,
  formatUuid,
  parseBool,
  parseBytea,
  parseInt8,
  parseInteger,
  parseOid,
  parseUuid,
} from '../functions/integer-text.ts'
import { formatInterval, parseInterval } from '../functions/interval-text.ts'
import { normalizeJsonb, validateJson } from '../functions/json-text.ts'
import { parseNumeric } from '../functions/numeric-text.ts'
import { formatRegproc, parseRegproc } from '../functions/regproc-text.ts'
import { formatRegtype, parseRegtype } from '../functions/regtype-text.ts'
import { formatTimetz, parseTimetz } from '../functions/time-tz.ts'
import { applyTypeLength, truncateName } from './cast-length.ts'
import type { EvaluationContext, SqlValue } from './evaluation-context.ts'

/** A value from its text form. 22P02, 22003, 22007 … when it is not one; the type's modifier is applied. */
export function parseValue(type: DataType, text: string, context: EvaluationContext): SqlValue {
  return toSqlValue(type, parseRuntime(type, text, context))
}

/** The text form of a value that is not NULL. */
export function formatValue(type: DataType, value: SqlValue, context: EvaluationContext): string {
  return formatRuntime(type, toRuntimeValue(type, value), context)
}

/** The value of a literal; its errors carry its position. */
export function parseLiteral(
  literal: Extract<Expression, { kind: 'literal' }>,
  context: EvaluationContext,
): RuntimeValue {
  if (literal.text === null) return null
  try {
    return parseRuntime(literal.type, literal.text, context)
  } catch (error) {
    if (!(error instanceof SqlError) || literal.position === undefined) throw error
    throw new SqlError(error.code, error.message, { ...error.fields, position: literal.position })
  }
}

/** As parseValue, for values inside generated code. */
export function parseRuntime(type: DataType, text: string, context: EvaluationContext): RuntimeValue {
  return applyTypeLength(type, parseUnmodified(type, text, context))
}

function parseUnmodified(type: DataType, text: string, context: EvaluationContext): RuntimeValue {
  switch (type.kind) {
    case 'bool':
      return parseBool(text)
    case 'int2':
      return parseInteger(text, 'smallint')
    case 'int4':
      return parseInteger(text, 'integer')
    case 'int8':
      return parseInt8(text)
    case 'oid':
    case 'regclass':
    case 'regnamespace':
      return parseOid(text)
    case 'regproc':
      return parseRegproc(text)
    case 'regtype':
      return parseRegtype(text)
    case 'float4':
      return parseFloat4(text)
    case 'float8':
      return parseFloat8(text)
    case 'numeric':
      return parseNumeric(text)
    case 'name':
      return truncateName(text)
    case 'char':
      return parseChar(text)
    case 'text':
    case 'varchar':
    case 'bpchar':
    case 'unknown':
    case 'void':
      return text
    case 'bytea':
      return parseBytea(text)
    case 'uuid':
      return parseUuid(text)
    case 'array':
      return parseArray(leafType(type), readArrayLiteral(text), context)
    case 'record':
      return parseRecord(type, text, context)
    case 'date':
      return parseDate(text, context)
    case 'time':
      return parseTime(text, context)
    case 'timetz':
      return parseTimetz(text, context)
    case 'timestamp':
      return parseTimestamp(text, context)
    case 'timestamptz':
      return parseTimestamptz(text, context)
    case 'interval':
      return parseInterval(text, context, type.fields)
    case 'json':
      return validateJson(text)
    case 'jsonb':
      return normalizeJsonb(text)
    default:
      return unreachable(type)
  }
}

/** As formatValue, for values inside generated code. */
export function formatRuntime(type: DataType, value: RuntimeValue, context: EvaluationContext): string {
  switch (type.kind) {
    case 'bool':
      return value === true ? 't' : 'f'
    case 'regtype':
      return formatRegtype(value as number)
    case 'regproc':
      return formatRegproc(value as number)
    case 'float4':
      return formatFloat4(value as number, extraFloatDigits(context))
    case 'float8':
      return formatFloat8(value as number, extraFloatDigits(context))
    case 'char':
      return formatChar(value as string)
    case 'bytea':
      return formatBytea(value as Uint8Array, byteaOutput(context))
    case 'uuid':
      return formatUuid(value as Uint8Array)
    case 'date':
      return formatDate(value as number, context)
    case 'time':
      return formatTime(value as bigint)
    case 'timetz':
      return formatTimetz(value as TimeTz)
    case 'timestamp':
      return formatTimestamp(value as bigint, context)
    case 'timestamptz':
      return formatTimestamptz(value as bigint, context)
    case 'interval':
      return formatInterval(value as Interval, context)
    case 'array': {
      const list = value as readonly RuntimeValue[]
      return formatArrayText(formatItems(type.element, list, context), lowerBounds(list))
    }
    case 'record': {
      const fields = value as readonly RuntimeValue[]
      return formatRecordText(
        type.fields.map((field, index) => {
          const item = fields[index] ?? null
          return item === null ? null : formatRuntime(field.type, item, context)
        }),
      )
    }
    default:
      return String(value)
  }
}

function formatItems(
  type: DataType,
  values: readonly RuntimeValue[],
  context: EvaluationContext,
): readonly ArrayItem[] {
  return values.map(value => {
    if (value === null) return null
    if (Array.isArray(value) && type.kind !== 'record') return formatItems(type, value, context)
    return formatRuntime(leafType(type), value, context)
  })
}

function parseArray(
  type: DataType,
  { items, lengths, bounds }: ArrayLiteral,
  context: EvaluationContext,
): readonly RuntimeValue[] {
  const leaves = items.map(item => (item === null ? null : parseRuntime(type, item, context)))
  return withLowerBounds(nested(leaves, lengths), bounds)
}

function parseRecord(
  type: Extract<DataType, { kind: 'record' }>,
  text: string,
  context: EvaluationContext,
): readonly RuntimeValue[] {
  if (type.fields.length === 0) throw anonymousRecord()
  const fields = parseRecordText(text)
  if (fields.length !== type.fields.length) {
    const detail = fields.length < type.fields.length ? 'Too few columns.' : 'Too many columns.'
    throw new SqlError(SqlState.invalidTextRepresentation, `malformed record literal: "${text}"`, { detail })
  }
  return fields.map((field, index) =>
    field === null ? null : parseRuntime(type.fields[index]!.type, field, context),
  )
}

function leafType(type: DataType): DataType {
  return type.kind === 'array' ? leafType(type.element) : type
}
