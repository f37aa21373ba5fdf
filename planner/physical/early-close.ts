/**
 * EMIT ON WINDOW CLOSE for the aggregations below the node that has it.
 *
 * What leaves a query when its windows close needs of the aggregations inside only what they hold when the
 * same windows close: then they may hold their rows back as well. Nothing is retracted any more, joins and
 * aggregates above take append-only input, and windows are put together once instead of every epoch. (Nexmark
 * q5, which joins hopping counts with their maximum, takes half the time.)
 *
 * Rows that were held back leave in the very step in which the watermark passes their time; nodes above see
 * them before they see that watermark. So a node above may rely on any time that is not earlier.
 */

import type { EmitMode } from '../logical-plan.ts'
import { columnsOf } from '../optimize/predicate.ts'
import type { PhysicalPlan, TimeColumn } from '../physical-plan.ts'
import {
  hashAggregateProperties,
  joinProperties,
  projectProperties,
  windowAggregateProperties,
} from '../stream-properties.ts'

/** A plan whose rows leave when they are final. */
export interface ClosedPlan {
  readonly plan: PhysicalPlan
  /** Its output columns by whose time they leave. */
  readonly times: readonly number[]
}

type Plan<K extends PhysicalPlan['kind']> = Extract<PhysicalPlan, { kind: K }>

const onClose: EmitMode = { kind: 'window_close', delayMicros: 0n }

/**
 * The streaming plan with its aggregations closing early. undefined when there is nothing to gain, or when
 * rows would leave by another time than `time`, which decides when they are needed.
 */
export function closeFor(plan: PhysicalPlan, time: TimeColumn): PhysicalPlan | undefined {
  const closed = closeEarly(plan)
  return closed?.times.includes(time.column) === true ? closed.plan : undefined
}

function closeEarly(plan: PhysicalPlan): ClosedPlan | undefined {
  switch (plan.kind) {
    case 'window_aggregate':
      return closeWindows(plan)
    case 'hash_aggregate':
      return closeGroups(plan)
    case 'filter_project':
      return closeBelow(plan)
    case 'hash_join':
      return closeBothSides(plan)
    default:
      return undefined
  }
}

function closeWindows(plan: Plan<'window_aggregate'>): ClosedPlan | undefined {
  if (!plan.closes || plan.emit.kind !== 'update') return undefined
  const { input, window, keys } = plan
  const { properties } = windowAggregateProperties(input.properties, window, keys, onClose, 'streaming')
  const times = [...keys.keys()].filter(key => keys[key]!.kind !== 'expression')
  return { plan: { ...plan, emit: onClose, properties }, times }
}

function closeGroups(plan: Plan<'hash_aggregate'>): ClosedPlan | undefined {
  if (plan.expiry === undefined || plan.emit.kind !== 'update') return undefined
  return { plan: closeInput({ ...plan, emit: onClose }), times: [plan.expiry.column] }
}

/** A group that is written when it closes, over aggregations that close no later. */
export function closeInput(plan: Plan<'hash_aggregate'>): Plan<'hash_aggregate'> {
  const { groupBy, aggregates, emit, expiry } = plan
  const read = expiry === undefined ? [] : [...columnsOf(groupBy[expiry.column]!)]
  const closed = closeEarly(plan.input)
  const input =
    closed !== undefined && read.every(column => closed.times.includes(column)) ? closed.plan : plan.input
  const { properties } = hashAggregateProperties(input.properties, groupBy, aggregates, emit, 'streaming')
  return { ...plan, input, inputAppendOnly: input.properties.appendOnly, properties }
}

function closeBelow(plan: Plan<'filter_project'>): ClosedPlan | undefined {
  const closed = closeEarly(plan.input)
  if (closed === undefined) return undefined
  const { expressions } = plan
  const input = closed.plan
  if (expressions === undefined) {
    return { plan: { ...plan, input, properties: input.properties }, times: closed.times }
  }
  const times = [...expressions.keys()].filter(index => {
    const expression = expressions[index]!
    return expression.kind === 'column' && closed.times.includes(expression.index)
  })
  const properties = projectProperties(input.properties, expressions)
  return times.length === 0 ? undefined : { plan: { ...plan, input, properties }, times }
}

/**
 * Both sides leave at the same time: that by which they are joined. A LEFT JOIN would see its left rows
 * without a match in between.
 */
function closeBothSides(plan: Plan<'hash_join'>): ClosedPlan | undefined {
  const { expiry } = plan
  if (plan.joinType !== 'inner' || expiry === undefined) return undefined
  const leftTime = timeOf(plan.left, expiry.left.column)
  const rightTime = timeOf(plan.right, expiry.right.column)
  if (leftTime?.plusMicros !== rightTime?.plusMicros || leftTime?.inclusive !== rightTime?.inclusive) {
    return undefined
  }
  const left = closeFor(plan.left, expiry.left)
  const right = closeFor(plan.right, expiry.right)
  if (left === undefined || right === undefined) return undefined
  const { properties } = joinProperties(
    'inner',
    { properties: left.properties, width: left.schema.length, keys: plan.leftKeys },
    { properties: right.properties, width: right.schema.length, keys: plan.rightKeys },
    'streaming',
  )
  const leftAppendOnly = left.properties.appendOnly
  const rightAppendOnly = right.properties.appendOnly
  return {
    plan: { ...plan, left, right, leftAppendOnly, rightAppendOnly, properties },
    times: [expiry.left.column, left.schema.length + expiry.right.column],
  }
}

function timeOf({ properties }: PhysicalPlan, column: number): TimeColumn | undefined {
  return properties.timeColumns.find(time => time.column === column)
}
