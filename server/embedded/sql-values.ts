/**
 * JavaScript values as SQL values of a type: parameters of queries and rows to insert. The other way is
 * js-values.ts.
 */

import type { RuntimeValue } from '../../executor/batch/runtime-value.ts'
import { toRuntimeValue, toSqlValue } from '../../executor/batch/value-codec.ts'
import type { EvaluationContext, SqlValue } from '../../executor/expression/evaluation-context.ts'
import { parseValue } from '../../executor/expression/text-format.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { DataType } from '../../planner/types.ts'
import { formatType } from '../../planner/types.ts'

/**
 * `value` as `type`. null and undefined are NULL; a Date is an instant (its UTC date or time for date and
 * timestamp); a string is read as PostgreSQL reads the type's text; anything is written as JSON for json and
 * jsonb, as an element list for arrays, by field name for composites. 22P02, 22003 and the like when it does
 * not fit.
 */
export function toSql(type: DataType, value: unknown, context: EvaluationContext): SqlValue {
  if (value === null || value === undefined) return null
  switch (type.kind) {
    case 'json':
    case 'jsonb':
      return parseValue(type, typeof value === 'string' ? value : JSON.stringify(value), context)
    case 'array':
      if (Array.isArray(value)) return toSqlValue(type, arrayItems(type.element, value, context))
      break
    case 'record':
      if (typeof value === 'object' && !(value instanceof Date)) {
        const fields = value as Readonly<Record<string, unknown>>
        const items = type.fields.map(field => toRuntime(field.type, fields[field.name], context))
        return toSqlValue(type, items)
      }
      break
    case 'bytea':
      if (value instanceof Uint8Array) return Uint8Array.from(value)
      break
    default:
      break
  }
  return parseValue(type, textOf(type, value), context)
}

function arrayItems(
  element: DataType,
  values: readonly unknown[],
  context: EvaluationContext,
): RuntimeValue[] {
  return values.map(value => {
    return Array.isArray(value) ? arrayItems(element, value, context) : toRuntime(element, value, context)
  })
}

function toRuntime(type: DataType, value: unknown, context: EvaluationContext): RuntimeValue {
  return toRuntimeValue(type, toSql(type, value, context))
}

/** PostgreSQL's input text of a JavaScript value. */
function textOf(type: DataType, value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value)
    default:
      if (value instanceof Date) return dateText(type, value)
      throw notAValue(type, value)
  }
}

function notAValue(type: DataType, value: unknown): SqlError {
  const given = Array.isArray(value) ? 'array' : typeof value
  const message = `a JavaScript ${given} is no value of type ${formatType(type)}`
  return new SqlError(SqlState.invalidParameterValue, message)
}

function dateText(type: DataType, value: Date): string {
  if (Number.isNaN(value.getTime())) {
    throw new SqlError(SqlState.invalidDatetimeFormat, 'an invalid Date is no SQL value')
  }
  const text = value.toISOString()
  if (type.kind === 'date') return text.slice(0, 10)
  return type.kind === 'timestamp' ? text.slice(0, -1) : text
}
