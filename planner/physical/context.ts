/** What the parts of the physical planner see of each other. */

import type { EmitMode, LogicalPlan } from '../logical-plan.ts'
import type { PhysicalPlan } from '../physical-plan.ts'
import type { PlanMode } from '../stream-properties.ts'

export interface PlanContext {
  readonly mode: PlanMode
  /** When changes leave the node that is being planned; every node above it keeps nothing back. */
  readonly emit: EmitMode
  plan(plan: LogicalPlan, context: PlanContext): PhysicalPlan
}

export const emitOnUpdate: EmitMode = { kind: 'update' }

/** The same, for a node whose changes leave as they come. */
export function updating(context: PlanContext): PlanContext {
  return context.emit.kind === 'update' ? context : { ...context, emit: emitOnUpdate }
}
