/** Conditions as lists of what is ANDed, and the columns that expressions read. */

import { must } from '../assert.ts'
import type { AggregateCall, Expression } from '../expression.ts'
import { childrenOf, mapChildren, someExpression } from '../expression-tree.ts'
import { boolType } from '../types.ts'

export const trueLiteral: Expression = { kind: 'literal', text: 'true', type: boolType, position: undefined }

/** What is ANDed, nested ANDs flattened; in the order of evaluation. */
export function splitConjunction(expression: Expression): readonly Expression[] {
  return expression.kind === 'and' ? expression.args.flatMap(splitConjunction) : [expression]
}

/** AND of all; undefined for none. */
export function conjunction(conditions: readonly Expression[]): Expression | undefined {
  return conditions.length < 2 ? conditions[0] : { kind: 'and', args: conditions, type: boolType }
}

/**
 * 'true', 'false' (NULL too: a condition that is NULL drops the row) or undefined when it depends on the row.
 */
export function constantTruth(expression: Expression): 'true' | 'false' | undefined {
  if (expression.kind !== 'literal' || expression.type.kind !== 'bool') return undefined
  if (expression.text === null) return 'false'
  return /^\s*(t|true|y|yes|on|1)\s*$/i.test(expression.text) ? 'true' : 'false'
}

/** Adds the columns that the expression reads. */
export function collectColumns(expression: Expression, columns: Set<number>): void {
  if (expression.kind === 'column') columns.add(expression.index)
  else for (const child of childrenOf(expression)) collectColumns(child, columns)
}

export function columnsOf(expression: Expression): Set<number> {
  const columns = new Set<number>()
  collectColumns(expression, columns)
  return columns
}

export function readsOnly(expression: Expression, test: (index: number) => boolean): boolean {
  return !someExpression(expression, part => part.kind === 'column' && !test(part.index))
}

/** The expression over the input of a projection, given over its output. */
export function substituteColumns(expression: Expression, projected: readonly Expression[]): Expression {
  return expression.kind === 'column'
    ? must(projected[expression.index], 'a column of the projection')
    : mapChildren(expression, child => substituteColumns(child, projected))
}

export function hasModel(expression: Expression): boolean {
  return someExpression(expression, part => part.kind === 'model')
}

/** Everything an aggregate reads of its input row. */
export function aggregateExpressions(call: AggregateCall): readonly Expression[] {
  const keys = call.orderBy.map(key => key.expression)
  return call.filter === undefined ? [...call.args, ...keys] : [...call.args, call.filter, ...keys]
}

/** The aggregate with each expression it reads replaced. */
export function mapAggregate(
  call: AggregateCall,
  rewrite: (expression: Expression) => Expression,
): AggregateCall {
  return {
    ...call,
    args: call.args.map(rewrite),
    filter: call.filter === undefined ? undefined : rewrite(call.filter),
    orderBy: call.orderBy.map(key => ({ ...key, expression: rewrite(key.expression) })),
  }
}
