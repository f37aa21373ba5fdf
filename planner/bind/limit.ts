/** LIMIT and OFFSET: bigint constants or parameters. */

import { notSupported, SqlError, SqlState } from '../errors.ts'
import type { Expression } from '../expression.ts'
import { readsNoColumn } from '../expression-tree.ts'
import type { LogicalPlan } from '../logical-plan.ts'
import type { SelectStatement } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import { int8Type } from '../types.ts'
import type { ExpressionBinder } from './binder.ts'
import { coerceArgument } from './coerce.ts'
import { refuseModelCall } from './model-call.ts'

export interface Limit {
  readonly count: Expression | undefined
  readonly offset: Expression | undefined
}

export function* bindLimit(binder: ExpressionBinder, statement: SelectStatement): Steps<Limit> {
  if (statement.withTies) throw notSupported('WITH TIES', { position: statement.position || undefined })
  const offset = yield* bindCount(binder, statement.offset, 'OFFSET')
  const count = yield* bindCount(binder, statement.limit, 'LIMIT')
  return { count, offset }
}

function* bindCount(
  binder: ExpressionBinder,
  expression: SelectStatement['limit'],
  clause: 'LIMIT' | 'OFFSET',
): Steps<Expression | undefined> {
  if (expression === undefined) return undefined
  const { statement } = binder
  const inner = binder.withoutAggregates(`aggregate functions are not allowed in ${clause}`)
  const bound = yield* inner.bind(expression)
  const count = coerceArgument(statement, bound, int8Type, clause)
  refuseModelCall(count, clause)
  if (!readsNoColumn(count)) {
    throw new SqlError(SqlState.invalidColumnReference, `argument of ${clause} must not contain variables`, {
      position: statement.locationOf(bound),
    })
  }
  return count
}

export function limitPlan(input: LogicalPlan, limit: Limit): LogicalPlan {
  const { count, offset } = limit
  if (count === undefined && offset === undefined) return input
  return { kind: 'limit', input, count, offset, schema: input.schema }
}
