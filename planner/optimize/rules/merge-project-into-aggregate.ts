/** An aggregate over a projection computes its keys and arguments itself, over the projection's input. */

import type { LogicalPlan } from '../../logical-plan.ts'
import { isNarrowedScan } from '../plan-tree.ts'
import { aggregateExpressions, mapAggregate, substituteColumns } from '../predicate.ts'
import { isMergeable } from './merge-projects.ts'

export function mergeProjectIntoAggregate(plan: LogicalPlan): LogicalPlan {
  if (plan.kind !== 'aggregate' || plan.input.kind !== 'project' || isNarrowedScan(plan.input)) return plan
  const { input, expressions } = plan.input
  const outer = [...plan.groupBy, ...plan.aggregates.flatMap(aggregateExpressions)]
  if (!isMergeable(expressions, outer)) return plan
  return {
    ...plan,
    input,
    groupBy: plan.groupBy.map(key => substituteColumns(key, expressions)),
    aggregates: plan.aggregates.map(call => mapAggregate(call, part => substituteColumns(part, expressions))),
  }
}
