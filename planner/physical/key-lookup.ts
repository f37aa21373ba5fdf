/** One-shot queries with the whole primary key given read one row instead of all. */

import { must } from '../assert.ts'
import type { Expression } from '../expression.ts'
import { isVolatile, readsNoColumn } from '../expression-tree.ts'
import { conjunction, hasModel, splitConjunction } from '../optimize/predicate.ts'
import type { PhysicalPlan } from '../physical-plan.ts'
import type { Schema } from '../schema.ts'
import { constantProperties, projectProperties } from '../stream-properties.ts'
import { type DataType, sameBaseType, type TypeKind } from '../types.ts'
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
  for (const column of relation.primaryKey) {
    const type = must(relation.schema[column], 'a key column of the relation').type
    const at = conditions.findIndex(
      condition => keyValue(condition, columns.indexOf(column), type) !== undefined,
    )
    const condition = conditions[at]
    if (condition === undefined) return undefined
    key.push(must(keyValue(condition, columns.indexOf(column), type), 'just found'))
    conditions.splice(at, 1)
  }
  const lookup: PhysicalPlan = {
    kind: 'key_lookup',
    relation,
    columns,
    rowId,
    key,
    schema,
    properties: constantProperties(1),
  }
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
