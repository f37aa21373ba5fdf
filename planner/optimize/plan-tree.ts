/** Walking and rewriting logical plans. Rewrites share every subtree that did not change. */

import { unreachable } from '../assert.ts'
import type { LogicalPlan } from '../logical-plan.ts'

/** The inputs of a node, left to right. */
export function inputsOf(plan: LogicalPlan): readonly LogicalPlan[] {
  switch (plan.kind) {
    case 'scan':
    case 'values':
    case 'table_function':
      return []
    case 'filter':
    case 'project':
    case 'aggregate':
    case 'distinct':
    case 'window':
    case 'sort':
    case 'limit':
      return [plan.input]
    case 'union_all':
      return plan.inputs
    case 'join':
      return [plan.left, plan.right]
    default:
      return unreachable(plan)
  }
}

/** The node with each input replaced by `rewrite` of it. */
export function mapInputs(plan: LogicalPlan, rewrite: (input: LogicalPlan) => LogicalPlan): LogicalPlan {
  const before = inputsOf(plan)
  const after = before.map(rewrite)
  return after.every((input, index) => input === before[index]) ? plan : withInputs(plan, after)
}

function withInputs(plan: LogicalPlan, inputs: readonly LogicalPlan[]): LogicalPlan {
  const input = (index: number) => inputs[index] as LogicalPlan
  switch (plan.kind) {
    case 'scan':
    case 'values':
    case 'table_function':
      return plan
    case 'filter':
    case 'project':
    case 'aggregate':
    case 'distinct':
    case 'window':
    case 'sort':
    case 'limit':
      return { ...plan, input: input(0) }
    case 'union_all':
      return { ...plan, inputs }
    case 'join':
      return { ...plan, left: input(0), right: input(1) }
    default:
      return unreachable(plan)
  }
}

/** Rewrites every node, inputs first. */
export function rewriteBottomUp(plan: LogicalPlan, rule: (plan: LogicalPlan) => LogicalPlan): LogicalPlan {
  return rule(mapInputs(plan, input => rewriteBottomUp(input, rule)))
}

/** The columns that a scan is narrowed to: the physical planner folds such a projection into the scan. */
export function isNarrowedScan(plan: LogicalPlan): boolean {
  return (
    plan.kind === 'project' &&
    plan.input.kind === 'scan' &&
    plan.expressions.every((expression, index) => {
      const before = index === 0 ? undefined : plan.expressions[index - 1]
      return expression.kind === 'column' && (before?.kind !== 'column' || before.index < expression.index)
    })
  )
}
