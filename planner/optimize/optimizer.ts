/**
 * Rewrites a logical plan into an equal, cheaper one. Rules are pure functions of a plan, one per file in
 * rules/; the order matters only for how much one opens up for the next, and the whole is idempotent.
 */

import type { LogicalPlan } from '../logical-plan.ts'
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

export function optimize(plan: LogicalPlan): LogicalPlan {
  const { schema } = plan
  let result = rewriteBottomUp(plan, distinctToAggregate)
  result = pushFilters(result)
  result = rewriteBottomUp(result, leftJoinToInner)
  // An inner join takes conditions that the left join had to leave above.
  result = pushFilters(result)
  result = rewriteBottomUp(result, removeTrivialFilters)
  result = rewriteBottomUp(result, listEqualities)
  result = rewriteBottomUp(result, simplifyProjects)
  result = pruneColumns(result)
  result = rewriteBottomUp(result, simplifyProjects)
  result = rewriteBottomUp(result, mergeConstantRows)
  return result.schema === schema ? result : { ...result, schema }
}

function simplifyProjects(plan: LogicalPlan): LogicalPlan {
  return mergeProjectIntoAggregate(mergeProjects(plan))
}
