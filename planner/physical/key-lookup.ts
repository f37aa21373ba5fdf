/** One-shot queries that give the whole primary key, or a list of keys, read those rows instead of all. */

import { must } from '../assert.ts'
import type { Expression } from '../expression.ts'
import { isVolatile, readsNoColumn } from '../expression-tree.ts'
import { conjunction, hasModel, splitConjunction } from '../optimize/predicate.ts'
import type { PhysicalPlan } from '../physical-plan.ts'
import type { Schema } from '../schema.ts'
import { constantProperties, projectProperties } from '../stream-properties.ts'
import { arrayOf, type DataType, sameBaseType, type TypeKind } from '../types.ts'
import { planFilterProject } from './filter-project.ts'

/** The filtered scan as a key lookup; undefined when the predicate does not give every key column a value. */
export function planKeyLookup(input: PhysicalPlan, predicate: Expression): PhysicalPlan | undefined {
  if (input.kind !== 'scan') return undefined
  const { relation, columns, rowId, schema } = input
  if (
    (relation.kind !== 'table' && relation.kind !== 'materialized_view') ||
    relation.primaryKey.length === 0
  ) {
    return undefined
  }
  const conditions = [...splitConjunction(predicate)]
  const key: Expression[] = []
  let list: number | undefined
  for (const column of relation.primaryKey) {
    const { type } = must(relation.schema[column], 'a key column of the relation')
    const place = columns.indexOf(column)
    let part = takeValue(conditions, condition => keyValue(condition, place, type))
    if (part === undefined && list === undefined) {
      part = takeValue(conditions, condition => keyList(condition, place, type))
      list = key.length
    }
    if (part === undefined) return undefined
    key.push(part)
  }
  const properties = constantProperties(list === undefined ? 1 : undefined)
  const lookup: PhysicalPlan = { kind: 'key_lookup', relation, columns, rowId, key, list, schema, properties }
  return planFilterProject(lookup, conjunction(conditions), undefined, schema)
}

/** The lookup reading just the columns that are asked for; undefined where more than that is asked. */
export function narrowLookup(
  lookup: PhysicalPlan,
  expressions: readonly Expression[] | undefined,
  schema: Schema,
): PhysicalPlan | undefined {
  if (lookup.kind !== 'key_lookup' || lookup.rowId || expressions === undefined) return undefined
  const columns: number[] = []
  for (const expression of expressions) {
    if (expression.kind !== 'column') return undefined
    if (expression.type !== lookup.schema[expression.index]?.type) return undefined
    columns.push(must(lookup.columns[expression.index], 'without row id a column for each field'))
  }
  const properties = projectProperties(lookup.properties, expressions)
  return { ...lookup, columns, schema, properties }
}

/** The first value that a condition gives; that condition is left out from now on. */
function takeValue(
  conditions: Expression[],
  giveValue: (condition: Expression) => Expression | undefined,
): Expression | undefined {
  for (const [index, condition] of conditions.entries()) {
    const value = giveValue(condition)
    if (value === undefined) continue
    conditions.splice(index, 1)
    return value
  }
  return undefined
}

/** The array of `column = ANY (array)`, which IN is too, with elements of the column's type. */
function keyList(condition: Expression, column: number, type: DataType): Expression | undefined {
  if (condition.kind !== 'quantified' || condition.quantifier !== 'any') return undefined
  const { operator, left, array } = condition
  if (operator.name !== '=' || !isColumn(left, column) || !isConstant(array)) return undefined
  if (array.type.kind !== 'array' || array.type.element.kind === 'array') return undefined
  if (array.kind === 'array') {
    const elements = array.elements.map(element => toKeyType(element, type))
    if (elements.includes(undefined)) return undefined
    return { ...array, type: arrayOf(type), elements: elements as Expression[] }
  }
  const { element } = array.type
  const fits = sameBaseType(element, type) ? type.kind !== 'bpchar' : sameBytes(element.kind, type.kind)
  return fits ? array : undefined
}

/** The value that `column = value` (in either order) gives the column, converted to its type. */
function keyValue(condition: Expression, column: number, type: DataType): Expression | undefined {
  if (
    condition.kind !== 'call' ||
    condition.signature.kind !== 'operator' ||
    condition.signature.name !== '='
  ) {
    return undefined
  }
  const [first, second] = condition.args
  if (first === undefined || second === undefined) return undefined
  if (isColumn(first, column) && isConstant(second)) return toKeyType(second, type)
  return isColumn(second, column) && isConstant(first) ? toKeyType(first, type) : undefined
}

/** Text types have the same bytes: a cast between them changes nothing. */
function isColumn(expression: Expression, column: number): boolean {
  if (expression.kind === 'column') return expression.index === column
  return (
    expression.kind === 'cast' &&
    sameBytes(expression.input.type.kind, expression.type.kind) &&
    isColumn(expression.input, column)
  )
}

function isConstant(expression: Expression): boolean {
  return readsNoColumn(expression) && !isVolatile(expression) && !hasModel(expression)
}

const integers: readonly TypeKind[] = ['int2', 'int4', 'int8']

/** undefined when the value may not fit the column's type. */
function toKeyType(value: Expression, type: DataType): Expression | undefined {
  if (sameBaseType(value.type, type)) return type.kind === 'bpchar' ? undefined : value
  if (sameBytes(value.type.kind, type.kind)) return value
  const widens =
    integers.includes(value.type.kind) && integers.indexOf(value.type.kind) < integers.indexOf(type.kind)
  if (!widens) return undefined
  if (value.kind === 'literal') return { ...value, type }
  return { kind: 'cast', input: value, type, context: 'implicit', position: undefined }
}

function sameBytes(from: TypeKind, to: TypeKind): boolean {
  const text: readonly TypeKind[] = ['text', 'varchar']
  return text.includes(from) && text.includes(to)
}
