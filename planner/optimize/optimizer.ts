/**
 * Rewrites a logical plan into an equal, cheaper one. Rules are pure functions of a plan, one per file in
 * rules/; the order matters only for how much one opens up for the next, and the whole is idempotent.
 */

import type { LogicalPlan } from '../logical-plan.ts'
import type { Steps } from '../steps.ts'
import { rewriteBottomUp } from './plan-tree.ts'
import { distinctToAggregate } from './rules/distinct-to-aggregate.ts'
import { leftJoinToInner } from './rules/left-join-to-inner.ts'
import { listEqualities } from './rules/list-equalities.ts'
import { mergeConstantRows } from './rules/merge-constant-rows.ts'
import { mergeProjectIntoAggregate } from './rules/merge-project-into-aggregate.ts'
import { mergeProjects } from './rules/merge-projects.ts'
import { pruneColumns } from './rules/prune-columns.ts'
import { pushFilters } from './rules/push-filters.ts'
import { removeTrivialFilters } from './rules/trivial-filters.ts'

/** In steps of one rule each. */
export function* optimize(plan: LogicalPlan): Steps<LogicalPlan> {
  const { schema } = plan
  let result = plan
  for (const rule of rules) {
    result = rule(result)
    yield
  }
  return result.schema === schema ? result : { ...result, schema }
}

const rules: readonly ((plan: LogicalPlan) => LogicalPlan)[] = [
  plan => rewriteBottomUp(plan, distinctToAggregate),
  pushFilters,
  plan => rewriteBottomUp(plan, leftJoinToInner),
  // An inner join takes conditions that the left join had to leave above.
  pushFilters,
  plan => rewriteBottomUp(plan, removeTrivialFilters),
  plan => rewriteBottomUp(plan, listEqualities),
  plan => rewriteBottomUp(plan, simplifyProjects),
  pruneColumns,
  plan => rewriteBottomUp(plan, simplifyProjects),
  plan => rewriteBottomUp(plan, mergeConstantRows),
]

function simplifyProjects(plan: LogicalPlan): LogicalPlan {
  return mergeProjectIntoAggregate(mergeProjects(plan))
}
