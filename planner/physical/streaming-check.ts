/**
 * What a streaming query cannot have: values that differ when a row is computed again, because it must be
 * computed again, to the same result, when it is retracted or replayed.
 */

import { SqlError, SqlState } from '../errors.ts'
import type { Expression } from '../expression.ts'
import { childrenOf } from '../expression-tree.ts'
import type { LogicalPlan } from '../logical-plan.ts'
import { inputsOf } from '../optimize/plan-tree.ts'
import { aggregateExpressions } from '../optimize/predicate.ts'
import { formatType } from '../types.ts'

/** Throws 0A000 for volatile functions, the clock and relations without changes. */
export function checkStreaming(plan: LogicalPlan): void {
  if (plan.kind === 'scan' && plan.relation.kind === 'system') {
    throw new SqlError(
      SqlState.featureNotSupported,
      `system relation "${plan.relation.name}" cannot be read by a streaming query`,
    )
  }
  for (const expression of expressionsOf(plan)) checkExpression(expression)
  for (const input of inputsOf(plan)) checkStreaming(input)
}

function expressionsOf(plan: LogicalPlan): readonly Expression[] {
  switch (plan.kind) {
    case 'values':
      return plan.rows.flat()
    case 'table_function':
      return plan.args
    case 'filter':
      return [plan.predicate]
    case 'project':
      return plan.expressions
    case 'aggregate':
      return [...plan.groupBy, ...plan.aggregates.flatMap(aggregateExpressions)]
    case 'join':
      return [plan.condition]
    // The order of a view's rows means nothing, and LIMIT is rejected by name.
    default:
      return []
  }
}

const clocks = new Set([
  'now',
  'current_timestamp',
  'transaction_timestamp',
  'statement_timestamp',
  'clock_timestamp',
  'timeofday',
  'current_date',
  'current_time',
  'localtime',
  'localtimestamp',
  'proctime',
])

function checkExpression(expression: Expression): void {
  if (expression.kind === 'call') {
    const { name, volatility, args } = expression.signature
    if (clocks.has(name) || (name === 'age' && args.length === 1))
      throw clock(`${name}()`, expression.position)
    if (volatility === 'volatile') {
      throw new SqlError(SqlState.featureNotSupported, `volatile function ${name}() in a streaming query`, {
        position: expression.position,
        hint: 'A row that changes is computed again and must give the same result.',
      })
    }
  }
  if (expression.kind === 'literal' && isClockText(expression)) {
    throw clock(`${formatType(expression.type)} '${expression.text}'`, expression.position)
  }
  for (const child of childrenOf(expression)) checkExpression(child)
}

function isClockText({ text, type }: Extract<Expression, { kind: 'literal' }>): boolean {
  const timed = ['date', 'time', 'timestamp', 'timestamptz'].includes(type.kind)
  return timed && /\b(now|today|tomorrow|yesterday)\b/i.test(text ?? '')
}

function clock(what: string, position: number | undefined): SqlError {
  return new SqlError(SqlState.featureNotSupported, `${what} in a streaming query is not supported`, {
    position,
    hint: 'Use the event time of the rows, or compare with the clock in the query that reads the view.',
  })
}
