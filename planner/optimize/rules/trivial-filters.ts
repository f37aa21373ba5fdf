/** Filters that keep every row disappear; filters that keep none become no rows. */

import type { LogicalPlan } from '../../logical-plan.ts'
import { conjunction, constantTruth, splitConjunction } from '../predicate.ts'

export function removeTrivialFilters(plan: LogicalPlan): LogicalPlan {
  if (plan.kind !== 'filter') return plan
  const conditions = splitConjunction(plan.predicate)
  if (conditions.some(condition => constantTruth(condition) === 'false')) {
    return { kind: 'values', rows: [], schema: plan.schema }
  }
  const left = conditions.filter(condition => constantTruth(condition) !== 'true')
  const predicate = conjunction(left)
  if (predicate === undefined) return plan.input
  return left.length === conditions.length ? plan : { ...plan, predicate }
}
