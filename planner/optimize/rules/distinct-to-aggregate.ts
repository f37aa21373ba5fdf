/** DISTINCT is GROUP BY all columns, without aggregates. */

import type { LogicalPlan } from '../../logical-plan.ts'

export function distinctToAggregate(plan: LogicalPlan): LogicalPlan {
  if (plan.kind !== 'distinct') return plan
  const { input, schema } = plan
  return {
    kind: 'aggregate',
    input,
    groupBy: schema.map(({ type, nullable }, index) => ({ kind: 'column', index, type, nullable })),
    aggregates: [],
    schema,
  }
}
