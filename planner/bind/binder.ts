/** What the parts of the expression binder see of each other. */

import type { AggregateCall, Expression } from '../expression.ts'
import type { Expression as SyntaxExpression } from '../sql/ast.ts'
import type { Scope } from './scope.ts'
import type { StatementContext } from './statement-context.ts'

export interface ExpressionBinder {
  readonly statement: StatementContext
  readonly scope: Scope
  /** Where aggregates go; the message of the error where there can be none. */
  readonly aggregates: AggregateSink | string
  /** The bound expression; its type is unknown when it is an untyped literal or parameter. */
  bind(expression: SyntaxExpression): Expression
  /** Over the same rows, where aggregates are an error of this message. */
  withoutAggregates(message: string): ExpressionBinder
}

/** Collects the aggregates of one SELECT. */
export interface AggregateSink {
  /** Returns the placeholder that stands for the aggregate's result; see aggregate.ts. */
  add(call: AggregateCall): Expression
}
