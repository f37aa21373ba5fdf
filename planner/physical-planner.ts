/**
 * Logical -> physical: chooses an operator for each node from what is known of its inputs
 * (stream-properties.ts).
 *
 * A streaming plan has no order: ORDER BY is dropped, LIMIT rejected. EMIT ON WINDOW CLOSE belongs to the
 * topmost aggregation; without one, rows are held back below the last projections.
 */

import { must, unreachable } from './assert.ts'
import { notSupported, SqlError, SqlState } from './errors.ts'
import type { Expression } from './expression.ts'
import type { EmitMode, LogicalPlan, LogicalQuery } from './logical-plan.ts'
import { isNarrowedScan } from './optimize/plan-tree.ts'
import { hasModel } from './optimize/predicate.ts'
import { cannotClose, planAggregate } from './physical/aggregate.ts'
import { emitOnUpdate, type PlanContext, updating } from './physical/context.ts'
import { closeFor } from './physical/early-close.ts'
import { columnsOfSchema, planFilterProject } from './physical/filter-project.ts'
import { planJoin } from './physical/join.ts'
import { narrowLookup, planKeyLookup } from './physical/key-lookup.ts'
import { ModelLift } from './physical/model-lift.ts'
import { checkStreaming } from './physical/streaming-check.ts'
import type { PhysicalPlan } from './physical-plan.ts'
import {
  constantProperties,
  emitOnCloseProperties,
  type PlanMode,
  scanProperties,
  unionProperties,
  windowExpandProperties,
} from './stream-properties.ts'

type Plan<K extends LogicalPlan['kind']> = Extract<LogicalPlan, { kind: K }>

/** The operators for an optimized query. Throws 0A000 for what the mode cannot do. */
export function planQuery(query: LogicalQuery, mode: PlanMode): PhysicalPlan {
  if (mode === 'streaming') checkStreaming(query.plan)
  const emit = mode === 'streaming' ? query.emit : emitOnUpdate
  const plan = planNode(query.plan, { mode, emit, plan: planNode })
  // Only the root's names are seen.
  return { ...plan, schema: query.plan.schema }
}

function planNode(plan: LogicalPlan, context: PlanContext): PhysicalPlan {
  switch (plan.kind) {
    case 'project':
      return planProject(plan, context)
    case 'filter':
      return planFilter(plan, undefined, plan.schema, context)
    case 'aggregate':
      return planAggregate(plan, context)
    case 'distinct': {
      const groupBy = columnsOfSchema(plan.schema)
      return planAggregate(
        { kind: 'aggregate', input: plan.input, groupBy, aggregates: [], schema: plan.schema },
        context,
      )
    }
    case 'sort':
      return context.mode === 'streaming' ? planNode(plan.input, context) : planSort(plan, undefined, context)
    default:
      return closing(planOther(plan, updating(context)), context.emit)
  }
}

/** Nodes that change more than one row at a time or none: EMIT ON WINDOW CLOSE holds their rows back. */
function planOther(
  plan: Plan<'scan' | 'values' | 'table_function' | 'union_all' | 'join' | 'window' | 'limit'>,
  context: PlanContext,
): PhysicalPlan {
  switch (plan.kind) {
    case 'scan':
      return planScan(
        plan,
        plan.relation.schema.map((_, index) => index),
        plan.rowId,
        context,
      )
    case 'values':
      return planValues(plan)
    case 'table_function': {
      if (plan.args.some(hasModel)) throw notSupported('a model call as the argument of a table function')
      const { signature, args, schema } = plan
      return { kind: 'table_function', signature, args, schema, properties: constantProperties(undefined) }
    }
    case 'union_all': {
      const inputs = plan.inputs.map(input => planNode(input, context))
      const properties = unionProperties(inputs.map(input => input.properties))
      return { kind: 'union_all', inputs, schema: plan.schema, properties }
    }
    case 'join':
      return planJoin(plan, context)
    case 'window': {
      const input = planNode(plan.input, context)
      const properties = windowExpandProperties(input.properties, plan.window, input.schema.length)
      return { kind: 'window_expand', input, window: plan.window, schema: plan.schema, properties }
    }
    case 'limit':
      return planLimit(plan, context)
    default:
      return unreachable(plan)
  }
}

/** Holds rows until their time has passed; a window's end before the event time itself. */
function closing(plan: PhysicalPlan, emit: EmitMode): PhysicalPlan {
  if (emit.kind === 'update') return plan
  const { timeColumns } = plan.properties
  const time = timeColumns.find(({ inclusive }) => inclusive) ?? timeColumns[0]
  if (time === undefined) throw cannotClose()
  const input = closeFor(plan, time) ?? plan
  const properties = emitOnCloseProperties(input.properties, emit.delayMicros)
  return {
    kind: 'emit_on_close',
    input,
    time,
    delayMicros: emit.delayMicros,
    schema: input.schema,
    properties,
  }
}

function planScan(
  plan: Plan<'scan'>,
  columns: readonly number[],
  rowId: boolean,
  context: PlanContext,
): PhysicalPlan {
  const { relation } = plan
  const names = columns.map(column => must(relation.schema[column], 'a column of the relation'))
  const schema = rowId
    ? [...names, must(plan.schema[relation.schema.length], 'the row id is the last column')]
    : names
  const properties = scanProperties(relation, columns, rowId, context.mode)
  return { kind: 'scan', relation, columns, rowId, schema, properties }
}

function planProject(plan: Plan<'project'>, context: PlanContext): PhysicalPlan {
  const { input } = plan
  if (input.kind === 'scan' && isNarrowedScan(plan)) {
    const columns = plan.expressions.flatMap(expression =>
      expression.kind === 'column' ? [expression.index] : [],
    )
    const width = input.relation.schema.length
    const kept = columns.filter(column => column < width)
    const scan = planScan(input, kept, kept.length < columns.length, updating(context))
    return closing(scan, context.emit)
  }
  if (input.kind === 'filter') return planFilter(input, plan.expressions, plan.schema, context)
  return planFilterProject(planNode(input, context), undefined, plan.expressions, plan.schema)
}

function planFilter(
  plan: Plan<'filter'>,
  expressions: readonly Expression[] | undefined,
  schema: Plan<'filter'>['schema'],
  context: PlanContext,
): PhysicalPlan {
  const input = planNode(plan.input, context)
  const lookup = context.mode === 'one_shot' ? planKeyLookup(input, plan.predicate) : undefined
  if (lookup === undefined) return planFilterProject(input, plan.predicate, expressions, schema)
  return (
    narrowLookup(lookup, expressions, schema) ?? planFilterProject(lookup, undefined, expressions, schema)
  )
}

/** Rows that ask a model become projections over one empty row. */
function planValues(plan: Plan<'values'>): PhysicalPlan {
  const { rows, schema } = plan
  if (!rows.some(row => row.some(hasModel))) {
    return { kind: 'values', rows, schema, properties: constantProperties(rows.length) }
  }
  const inputs = rows.map(row => {
    const empty: PhysicalPlan = { kind: 'values', rows: [[]], schema: [], properties: constantProperties(1) }
    return planFilterProject(empty, undefined, row, schema)
  })
  const properties = unionProperties(inputs.map(input => input.properties))
  return inputs.length === 1 ? must(inputs[0], 'one row') : { kind: 'union_all', inputs, schema, properties }
}

interface Slice {
  readonly count: Expression | undefined
  readonly offset: Expression | undefined
}

function planLimit(plan: Plan<'limit'>, context: PlanContext): PhysicalPlan {
  const { input, count, offset, schema } = plan
  if (count === undefined && offset === undefined) return planNode(input, context)
  if (context.mode === 'streaming') {
    const clause = count === undefined ? 'OFFSET' : 'LIMIT'
    throw new SqlError(SqlState.featureNotSupported, `${clause} in a streaming query is not supported`, {
      hint: `Rows of a view have no order; put ORDER BY and ${clause} into the query that reads the view.`,
    })
  }
  if (input.kind === 'sort') return planSort(input, { count, offset }, context)
  const limited = planNode(input, context)
  return { kind: 'limit', input: limited, count, offset, schema, properties: limited.properties }
}

/** Sort keys that ask a model are scored first; the scores go again afterwards. */
function planSort(plan: Plan<'sort'>, slice: Slice | undefined, context: PlanContext): PhysicalPlan {
  const lift = new ModelLift(planNode(plan.input, context))
  const keys = plan.keys.map(key => ({ ...key, expression: lift.lift(key.expression) }))
  const input = lift.plan
  const sorted: PhysicalPlan = {
    kind: 'sort',
    input,
    keys,
    count: slice?.count,
    offset: slice?.offset,
    schema: input.schema,
    properties: input.properties,
  }
  if (input.schema.length === plan.schema.length) return sorted
  return planFilterProject(sorted, undefined, columnsOfSchema(plan.schema), plan.schema)
}
