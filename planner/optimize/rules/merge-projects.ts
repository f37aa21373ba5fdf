/**
 * Two projections in a row become one, and a projection that changes nothing disappears.
 *
 * An expression of the inner one is computed where it is used, so it must not be used twice, unless it is a
 * column or a constant. Volatile expressions stay where they are.
 */

import type { Expression } from '../../expression.ts'
import { childrenOf, isVolatile } from '../../expression-tree.ts'
import type { LogicalPlan } from '../../logical-plan.ts'
import { isNarrowedScan } from '../plan-tree.ts'
import { substituteColumns } from '../predicate.ts'

export function mergeProjects(plan: LogicalPlan): LogicalPlan {
  if (plan.kind !== 'project') return plan
  const inner = plan.input
  if (
    inner.kind === 'project' &&
    !isNarrowedScan(inner) &&
    isMergeable(inner.expressions, plan.expressions)
  ) {
    const expressions = plan.expressions.map(expression => substituteColumns(expression, inner.expressions))
    return mergeProjects({ ...plan, input: inner.input, expressions })
  }
  return isIdentity(plan.expressions, inner) ? { ...inner, schema: plan.schema } : plan
}

/** Whether the expressions over a projection may be computed over its input instead. */
export function isMergeable(inner: readonly Expression[], outer: readonly Expression[]): boolean {
  const uses = new Array<number>(inner.length).fill(0)
  for (const expression of outer) countUses(expression, uses)
  return inner.every((expression, index) => {
    const used = uses[index] as number
    if (isVolatile(expression)) return false
    return (
      used <= 1 ||
      expression.kind === 'column' ||
      expression.kind === 'literal' ||
      expression.kind === 'parameter'
    )
  })
}

function countUses(expression: Expression, uses: number[]): void {
  if (expression.kind === 'column') uses[expression.index] = (uses[expression.index] ?? 0) + 1
  else for (const child of childrenOf(expression)) countUses(child, uses)
}

function isIdentity(expressions: readonly Expression[], input: LogicalPlan): boolean {
  return (
    expressions.length === input.schema.length &&
    expressions.every((expression, index) => expression.kind === 'column' && expression.index === index)
  )
}
