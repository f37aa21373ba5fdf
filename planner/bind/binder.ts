/** What the parts of the expression binder see of each other. */

import type { AggregateCall, Expression } from '../expression.ts'
import type { Expression as SyntaxExpression } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import { endsStep } from '../steps.ts'
import type { Scope } from './scope.ts'
import type { StatementContext } from './statement-context.ts'

export interface ExpressionBinder {
  readonly statement: StatementContext
  readonly scope: Scope
  /** Where aggregates go; the message of the error where there can be none. */
  readonly aggregates: AggregateSink | string
  /** The bound expression; its type is unknown when it is an untyped literal or parameter. */
  bind(expression: SyntaxExpression): Steps<Expression>
  /** As bind, of what has no expressions in it; undefined for all others. Saves the steps. */
  bindLeaf(expression: SyntaxExpression): Expression | undefined
  /** Over the same rows, where aggregates are an error of this message. */
  withoutAggregates(message: string): ExpressionBinder
}

/** Collects the aggregates of one SELECT. */
export interface AggregateSink {
  /** Returns the placeholder that stands for the aggregate's result; see aggregate.ts. */
  add(call: AggregateCall): Expression
}

/** The bound expressions of a list, which may be long. */
export function* bindAll(
  binder: ExpressionBinder,
  expressions: readonly SyntaxExpression[],
): Steps<Expression[]> {
  const bound: Expression[] = []
  for (const [index, expression] of expressions.entries()) {
    bound.push(binder.bindLeaf(expression) ?? (yield* binder.bind(expression)))
    if (endsStep(index)) yield
  }
  return bound
}
