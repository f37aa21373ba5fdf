/** Conversion of a query's result columns to the types that the query or statement around it wants. */

import { assert } from '../assert.ts'
import type { Expression } from '../expression.ts'
import type { LogicalPlan } from '../logical-plan.ts'
import type { Schema } from '../schema.ts'
import { sameType } from '../types.ts'
import { isNullable } from './aggregate.ts'
import type { BoundQuery } from './bound-query.ts'
import type { StatementContext } from './statement-context.ts'

export type ConvertColumn = (expression: Expression, column: number) => Expression

/**
 * The plan with every column converted. Literals and parameters of unknown type are converted where they
 * stand; other columns get a projection on top where needed. `convert` may return an expression of the same
 * type unchanged.
 */
export function convertOutputs(
  query: BoundQuery,
  convert: ConvertColumn,
  statement: StatementContext,
): LogicalPlan {
  const typed = query.plan.schema.some(column => column.type.kind === 'unknown')
    ? convertUnknown(query.plan, convert)
    : query.plan
  const expressions = typed.schema.map((column, index): Expression => {
    const expression: Expression = { kind: 'column', index, type: column.type, nullable: column.nullable }
    statement.noteLocation(expression, query.locations[index])
    return convert(expression, index)
  })
  const isSame = expressions.every(
    (expression, index) =>
      expression.kind === 'column' && sameType(expression.type, typed.schema[index]?.type ?? expression.type),
  )
  if (isSame) return typed
  return { kind: 'project', input: typed, expressions, schema: schemaOf(typed.schema, expressions) }
}

function convertUnknown(plan: LogicalPlan, convert: ConvertColumn): LogicalPlan {
  if (plan.kind === 'sort' || plan.kind === 'limit') {
    const input = convertUnknown(plan.input, convert)
    return { ...plan, input, schema: input.schema }
  }
  assert(plan.kind === 'project', 'only a select list has columns of unknown type')
  const expressions = plan.expressions.map((expression, index) =>
    expression.type.kind === 'unknown' ? convert(expression, index) : expression,
  )
  return { ...plan, expressions, schema: schemaOf(plan.schema, expressions) }
}

function schemaOf(schema: Schema, expressions: readonly Expression[]): Schema {
  return schema.map(({ name }, index) => {
    const expression = expressions[index] as Expression
    return { name, type: expression.type, nullable: isNullable(expression) }
  })
}
