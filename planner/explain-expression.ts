/** Bound expressions as SQL text, for EXPLAIN. Columns are printed by their names in the input. */

import { unreachable } from './assert.ts'
import type { AggregateCall, Expression, SortKey } from './expression.ts'
import type { FunctionSignature } from './function-signature.ts'
import type { Schema } from './schema.ts'
import { formatType } from './types.ts'

/** The names of a schema's columns; a name that occurs twice gets its place: `id#3`. */
export function columnNames(schema: Schema): string[] {
  return schema.map(({ name }, index) => {
    const repeated = schema.some((other, at) => other.name === name && at !== index)
    const quoted =
      /^[a-z_][a-z0-9_$]*$/.test(name) || name === '?column?' ? name : `"${name.replaceAll('"', '""')}"`
    return repeated ? `${quoted}#${index}` : quoted
  })
}

export function expressionText(expression: Expression, columns: readonly string[]): string {
  const text = (part: Expression) => expressionText(part, columns)
  const list = (parts: readonly Expression[]) => parts.map(text).join(', ')
  switch (expression.kind) {
    case 'column':
      return columns[expression.index] ?? `#${expression.index}`
    case 'literal':
      return literalText(expression)
    case 'parameter':
      return `$${expression.index + 1}`
    case 'call':
      return callText(expression.signature, expression.args.map(text))
    case 'cast':
      return `${text(expression.input)}::${formatType(expression.type)}`
    case 'and':
    case 'or':
      return `(${expression.args.map(text).join(expression.kind === 'and' ? ' AND ' : ' OR ')})`
    case 'not':
      return `(NOT ${text(expression.input)})`
    case 'is_null':
      return `(${text(expression.input)} IS ${not(expression.negated)}NULL)`
    case 'is_bool':
      return `(${text(expression.input)} IS ${not(expression.negated)}${expression.test.toUpperCase()})`
    case 'is_distinct':
      return `(${text(expression.left)} IS ${not(expression.negated)}DISTINCT FROM ${text(expression.right)})`
    case 'case': {
      const branches = expression.branches.map(
        branch => `WHEN ${text(branch.when)} THEN ${text(branch.then)}`,
      )
      return `CASE ${branches.join(' ')} ELSE ${text(expression.otherwise)} END`
    }
    case 'coalesce':
      return `COALESCE(${list(expression.args)})`
    case 'nullif':
      return `NULLIF(${text(expression.left)}, ${text(expression.right)})`
    case 'extremum':
      return `${expression.which.toUpperCase()}(${list(expression.args)})`
    case 'quantified': {
      const { operator, quantifier, array } = expression
      return `(${text(expression.left)} ${operator.name} ${quantifier.toUpperCase()} (${text(array)}))`
    }
    case 'array':
      return `ARRAY[${list(expression.elements)}]`
    case 'row':
      return `ROW(${list(expression.elements)})`
    case 'subscript':
      return `${text(expression.input)}[${text(expression.index)}]`
    case 'field':
      return `(${text(expression.input)}).${fieldName(expression)}`
    case 'model':
      return `${expression.model}(${list(expression.args)})`
    default:
      return unreachable(expression)
  }
}

function not(negated: boolean): string {
  return negated ? 'NOT ' : ''
}

function fieldName({ input, index }: Extract<Expression, { kind: 'field' }>): string {
  const name = input.type.kind === 'record' ? input.type.fields[index]?.name : undefined
  return name ?? `f${index + 1}`
}

function literalText({ text, type }: Extract<Expression, { kind: 'literal' }>): string {
  if (text === null) return 'NULL'
  switch (type.kind) {
    case 'int2':
    case 'int4':
    case 'int8':
    case 'numeric':
    case 'float4':
    case 'float8':
      return /^-?[\d.]+(e[+-]?\d+)?$/i.test(text) ? text : `'${text}'::${formatType(type)}`
    case 'bool':
      return text
    case 'text':
    case 'varchar':
    case 'unknown':
      return `'${text.replaceAll("'", "''")}'`
    default:
      return `'${text.replaceAll("'", "''")}'::${formatType(type)}`
  }
}

function callText(signature: FunctionSignature, args: readonly string[]): string {
  if (signature.kind !== 'operator') return `${signature.name}(${args.join(', ')})`
  return args.length === 1 ? `(${signature.name} ${args[0]})` : `(${args.join(` ${signature.name} `)})`
}

export function aggregateText(call: AggregateCall, columns: readonly string[]): string {
  const args = call.args.map(arg => expressionText(arg, columns)).join(', ')
  const order = call.orderBy.length === 0 ? '' : ` ORDER BY ${sortText(call.orderBy, columns)}`
  const filter = call.filter === undefined ? '' : ` FILTER (WHERE ${expressionText(call.filter, columns)})`
  return `${call.signature.name}(${call.distinct ? 'DISTINCT ' : ''}${args || '*'}${order})${filter}`
}

export function sortText(keys: readonly SortKey[], columns: readonly string[]): string {
  return keys
    .map(({ expression, descending, nullsFirst }) => {
      const nulls = nullsFirst === descending ? '' : ` NULLS ${nullsFirst ? 'FIRST' : 'LAST'}`
      return `${expressionText(expression, columns)}${descending ? ' DESC' : ''}${nulls}`
    })
    .join(', ')
}
