/**
 * GROUP BY: over TUMBLE and HOP as window_aggregate, which aggregates each slide once; otherwise as
 * hash_aggregate, whose groups expire when a key is bound to event time.
 */

import { SqlError, SqlState } from '../errors.ts'
import type { Expression } from '../expression.ts'
import { mapColumns } from '../expression-tree.ts'
import type { LogicalPlan } from '../logical-plan.ts'
import { aggregateExpressions, columnsOf, mapAggregate, readsOnly } from '../optimize/predicate.ts'
import type { PhysicalPlan, WindowKey } from '../physical-plan.ts'
import { hashAggregateProperties, windowAggregateProperties } from '../stream-properties.ts'
import { type PlanContext, updating } from './context.ts'
import { closeInput } from './early-close.ts'
import { planFilterProject } from './filter-project.ts'
import { ModelLift } from './model-lift.ts'

type Aggregate = Extract<LogicalPlan, { kind: 'aggregate' }>
type Window = Extract<LogicalPlan, { kind: 'window' }>

export function planAggregate(plan: Aggregate, context: PlanContext): PhysicalPlan {
  const { input } = plan
  if (input.kind === 'window') {
    const keys = windowKeys(plan, input)
    if (keys !== undefined) return windowAggregate(plan, input, keys, context)
  }
  if (input.kind === 'filter' && input.input.kind === 'window') {
    const filtered = filteredWindow(plan, input.input, input.predicate, context)
    if (filtered !== undefined) return filtered
  }
  return hashAggregate(plan, context)
}

/** undefined when the aggregation must see each row once per window. */
function windowKeys(plan: Aggregate, window: Window): WindowKey[] | undefined {
  const width = window.input.schema.length
  const { sizeMicros, slideMicros } = window.window
  // Windows with gaps between them leave rows out.
  if (slideMicros > sizeMicros) return undefined
  const isInput = (expression: Expression) => readsOnly(expression, index => index < width)
  const keys: WindowKey[] = []
  for (const key of plan.groupBy) {
    if (key.kind === 'column' && key.index >= width) {
      keys.push({ kind: key.index === width ? 'window_start' : 'window_end' })
    } else if (isInput(key)) keys.push({ kind: 'expression', expression: key })
    else return undefined
  }
  const fits = plan.aggregates.every(call => aggregateExpressions(call).every(isInput))
  return fits && keys.some(key => key.kind !== 'expression') ? keys : undefined
}

function windowAggregate(
  plan: Aggregate,
  window: Window,
  keys: readonly WindowKey[],
  context: PlanContext,
): PhysicalPlan {
  const lift = new ModelLift(context.plan(window.input, updating(context)))
  const lifted = keys.map((key): WindowKey => {
    return key.kind === 'expression' ? { kind: 'expression', expression: lift.lift(key.expression) } : key
  })
  const aggregates = plan.aggregates.map(call => mapAggregate(call, part => lift.lift(part)))
  const input = lift.plan
  const { mode, emit } = context
  const { closes, properties } = windowAggregateProperties(input.properties, window.window, keys, emit, mode)
  if (emit.kind === 'window_close' && !closes) throw cannotClose()
  return {
    kind: 'window_aggregate',
    input,
    window: window.window,
    keys: lifted,
    aggregates,
    inputAppendOnly: input.properties.appendOnly,
    closes,
    emit,
    schema: plan.schema,
    properties,
  }
}

/**
 * A condition on window bounds that are keys keeps or drops whole groups: it may come after the aggregation.
 */
function filteredWindow(
  plan: Aggregate,
  window: Window,
  predicate: Expression,
  context: PlanContext,
): PhysicalPlan | undefined {
  const keys = windowKeys(plan, window)
  const width = window.input.schema.length
  const bounds = [...columnsOf(predicate)]
  const place = (index: number) => plan.groupBy.findIndex(key => key.kind === 'column' && key.index === index)
  if (keys === undefined || bounds.some(index => index < width || place(index) < 0)) return undefined
  const aggregated = windowAggregate(plan, window, keys, context)
  return planFilterProject(aggregated, mapColumns(predicate, place), undefined, plan.schema)
}

function hashAggregate(plan: Aggregate, context: PlanContext): PhysicalPlan {
  const { mode, emit } = context
  const lift = new ModelLift(context.plan(plan.input, updating(context)))
  const groupBy = plan.groupBy.map(key => lift.lift(key))
  const aggregates = plan.aggregates.map(call => mapAggregate(call, part => lift.lift(part)))
  const input = lift.plan
  const { expiry, properties } = hashAggregateProperties(input.properties, groupBy, aggregates, emit, mode)
  if (emit.kind === 'window_close' && expiry === undefined) throw cannotClose()
  const aggregated = {
    kind: 'hash_aggregate',
    input,
    groupBy,
    aggregates,
    inputAppendOnly: input.properties.appendOnly,
    expiry,
    emit,
    schema: plan.schema,
    properties,
  } as const
  return emit.kind === 'window_close' ? closeInput(aggregated) : aggregated
}

/** EMIT ON WINDOW CLOSE without anything that closes. */
export function cannotClose(): SqlError {
  return new SqlError(
    SqlState.featureNotSupported,
    'EMIT ON WINDOW CLOSE needs a column that is bound to event time',
    {
      detail: 'No group key or output column follows the watermark of an append-only source or table.',
      hint: 'Declare WATERMARK FOR on the source; group by window_start, window_end or the watermark column.',
    },
  )
}
