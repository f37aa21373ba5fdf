/** Neighbouring inputs of UNION ALL that are rows of constants become one list of rows, as of VALUES. */

import type { Expression } from '../../expression.ts'
import type { LogicalPlan } from '../../logical-plan.ts'

type Row = readonly Expression[]

export function mergeConstantRows(plan: LogicalPlan): LogicalPlan {
  if (plan.kind !== 'union_all') return plan
  const { schema } = plan
  const inputs: LogicalPlan[] = []
  let rows: Row[] | undefined
  for (const input of plan.inputs) {
    const more = constantRows(input)
    if (more === undefined) {
      inputs.push(input)
      rows = undefined
    } else if (rows === undefined) {
      rows = [...more]
      inputs.push({ kind: 'values', rows, schema })
    } else for (const row of more) rows.push(row)
  }
  if (inputs.length === plan.inputs.length) return plan
  const [only] = inputs
  return inputs.length === 1 && only?.kind === 'values' ? only : { ...plan, inputs }
}

/** The rows of VALUES or of a SELECT without FROM; undefined where something is computed. */
function constantRows(plan: LogicalPlan): readonly Row[] | undefined {
  if (plan.kind === 'values') return plan.rows.every(row => row.every(isConstant)) ? plan.rows : undefined
  if (plan.kind !== 'project' || plan.input.kind !== 'values') return undefined
  const isOneRow = plan.input.rows.length === 1 && plan.expressions.every(isConstant)
  return isOneRow ? [plan.expressions] : undefined
}

function isConstant({ kind }: Expression): boolean {
  return kind === 'literal' || kind === 'parameter'
}
