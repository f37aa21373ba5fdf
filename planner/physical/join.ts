/** Joins: by hash of the equality keys; without any, every row meets every row. */

import { notSupported } from '../errors.ts'
import type { LogicalPlan } from '../logical-plan.ts'
import { conjunction, hasModel, splitConjunction } from '../optimize/predicate.ts'
import type { PhysicalPlan } from '../physical-plan.ts'
import { joinProperties } from '../stream-properties.ts'
import { type PlanContext, updating } from './context.ts'
import { planFilterProject } from './filter-project.ts'
import { splitJoinCondition } from './join-keys.ts'

type Join = Extract<LogicalPlan, { kind: 'join' }>

export function planJoin(plan: Join, context: PlanContext): PhysicalPlan {
  const left = context.plan(plan.left, updating(context))
  const right = context.plan(plan.right, updating(context))
  const keys = splitJoinCondition(plan.condition, left.schema.length)
  const rest = keys.residual === undefined ? [] : splitConjunction(keys.residual)
  const asking = conjunction(rest.filter(hasModel))
  if (asking !== undefined && plan.joinType === 'left') {
    throw notSupported('a model call in the condition of a LEFT JOIN')
  }
  const { expiry, properties } = joinProperties(
    plan.joinType,
    { properties: left.properties, width: left.schema.length, keys: keys.left },
    { properties: right.properties, width: right.schema.length, keys: keys.right },
    context.mode,
  )
  const join: PhysicalPlan = {
    kind: 'hash_join',
    joinType: plan.joinType,
    left,
    right,
    leftKeys: keys.left,
    rightKeys: keys.right,
    residual: conjunction(rest.filter(condition => !hasModel(condition))),
    leftAppendOnly: left.properties.appendOnly,
    rightAppendOnly: right.properties.appendOnly,
    expiry,
    schema: plan.schema,
    properties,
  }
  return asking === undefined ? join : planFilterProject(join, asking, undefined, plan.schema)
}
