/**
 * Moves each condition as far down as it may go: towards the scan, and into the condition of an inner join.
 *
 * A condition stays above: a LIMIT; the columns that a scan is narrowed to; the window bounds it reads; an
 * aggregate whose results it reads, or that has no keys (it makes a row of nothing); the optional side of a
 * LEFT JOIN. Volatile conditions never move, and those that ask a model do not move below a join or an
 * aggregate, where the model would score more rows.
 */

import type { Expression } from '../../expression.ts'
import { isVolatile, mapColumns } from '../../expression-tree.ts'
import type { LogicalPlan } from '../../logical-plan.ts'
import { isNarrowedScan, mapInputs } from '../plan-tree.ts'
import {
  conjunction,
  hasModel,
  readsOnly,
  splitConjunction,
  substituteColumns,
  trueLiteral,
} from '../predicate.ts'

type Plan<K extends LogicalPlan['kind']> = Extract<LogicalPlan, { kind: K }>

export function pushFilters(plan: LogicalPlan): LogicalPlan {
  return push(plan, [])
}

/** The plan with the conditions (over its output) applied, as deep as they may go. */
function push(plan: LogicalPlan, conditions: readonly Expression[]): LogicalPlan {
  switch (plan.kind) {
    case 'filter':
      return pushFilter(plan, conditions)
    case 'project':
      return pushProject(plan, conditions)
    case 'aggregate':
      return pushAggregate(plan, conditions)
    case 'join':
      return pushJoin(plan, conditions)
    case 'window': {
      const width = plan.input.schema.length
      const [below, above] = partition(
        conditions,
        condition => movable(condition) && readsOnly(condition, index => index < width),
      )
      return filtered({ ...plan, input: push(plan.input, below) }, above)
    }
    case 'union_all': {
      const [below, above] = partition(conditions, movable)
      return filtered({ ...plan, inputs: plan.inputs.map(input => push(input, below)) }, above)
    }
    case 'distinct':
    case 'sort': {
      const [below, above] = partition(conditions, movable)
      return filtered({ ...plan, input: push(plan.input, below) }, above)
    }
    default:
      return filtered(
        mapInputs(plan, input => push(input, [])),
        conditions,
      )
  }
}

function pushFilter(plan: Plan<'filter'>, conditions: readonly Expression[]): LogicalPlan {
  // What the inner filter says may guard what the outer one computes: it comes first.
  const [inner, volatile] = partition(splitConjunction(plan.predicate), condition => !isVolatile(condition))
  if (volatile.length === 0) return push(plan.input, [...inner, ...conditions])
  return filtered(filtered(push(plan.input, inner), volatile), conditions)
}

function pushProject(plan: Plan<'project'>, conditions: readonly Expression[]): LogicalPlan {
  if (isNarrowedScan(plan)) return filtered(plan, conditions)
  const [below, above] = partition(conditions, condition => {
    const over = substituteColumns(condition, plan.expressions)
    return movable(condition) && movable(over)
  })
  const input = push(
    plan.input,
    below.map(condition => substituteColumns(condition, plan.expressions)),
  )
  return filtered({ ...plan, input }, above)
}

function pushAggregate(plan: Plan<'aggregate'>, conditions: readonly Expression[]): LogicalPlan {
  const keys = plan.groupBy.length
  const [below, above] = partition(conditions, condition => {
    return (
      keys > 0 &&
      movable(condition) &&
      readsOnly(condition, index => index < keys) &&
      !isVolatile(substituteColumns(condition, plan.groupBy))
    )
  })
  const input = push(
    plan.input,
    below.map(condition => substituteColumns(condition, plan.groupBy)),
  )
  return filtered({ ...plan, input }, above)
}

function pushJoin(plan: Plan<'join'>, conditions: readonly Expression[]): LogicalPlan {
  const width = plan.left.schema.length
  const isLeft = (condition: Expression) => movable(condition) && readsOnly(condition, index => index < width)
  const isRight = (condition: Expression) =>
    movable(condition) && readsOnly(condition, index => index >= width)
  const toRight = (condition: Expression) => mapColumns(condition, index => index - width)
  const own = splitConjunction(plan.condition)
  if (plan.joinType === 'inner') {
    const [mobile, above] = partition([...own, ...conditions], movable)
    const [left, others] = partition(mobile, isLeft)
    const [right, both] = partition(others, isRight)
    return filtered(joined(plan, left, right.map(toRight), both), above)
  }
  const [left, above] = partition(conditions, isLeft)
  const [right, both] = partition(own, isRight)
  return filtered(joined(plan, left, right.map(toRight), both), above)
}

function joined(
  plan: Plan<'join'>,
  left: readonly Expression[],
  right: readonly Expression[],
  both: readonly Expression[],
): LogicalPlan {
  return {
    ...plan,
    left: push(plan.left, left),
    right: push(plan.right, right),
    condition: conjunction(both) ?? trueLiteral,
  }
}

function movable(condition: Expression): boolean {
  return !isVolatile(condition) && !hasModel(condition)
}

function filtered(plan: LogicalPlan, conditions: readonly Expression[]): LogicalPlan {
  const predicate = conjunction(conditions)
  return predicate === undefined ? plan : { kind: 'filter', input: plan, predicate, schema: plan.schema }
}

/** Those that pass the test, and the others. */
function partition<T>(values: readonly T[], test: (value: T) => boolean): [T[], T[]] {
  const passed: T[] = []
  const others: T[] = []
  for (const value of values) (test(value) ? passed : others).push(value)
  return [passed, others]
}
