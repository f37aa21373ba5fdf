/**
 * What is known of the changes that leave each physical node: whether rows are ever retracted, which columns
 * identify a row, which are bound to event time, and whether state stays bounded. One function per node kind,
 * from the properties of its inputs. In a one-shot query nothing is retracted and no watermark ever passes.
 */

import type { Relation } from './catalog.ts'
import type { AggregateCall, Expression } from './expression.ts'
import type { EmitMode, JoinType, WindowSpec } from './logical-plan.ts'
import type { GroupExpiry, StreamProperties, TimeColumn, WindowKey } from './physical-plan.ts'

export type PlanMode = 'streaming' | 'one_shot'

/** `columns` of the relation, then its row id when `rowId`. */
export function scanProperties(
  relation: Relation,
  columns: readonly number[],
  rowId: boolean,
  mode: PlanMode,
): StreamProperties {
  return {
    appendOnly: relation.appendOnly || (mode === 'one_shot' && relation.kind !== 'source'),
    uniqueKey: scannedKey(relation, columns) ?? (rowId ? [columns.length] : undefined),
    timeColumns: mode === 'streaming' ? scannedTimes(relation, columns) : [],
    boundedState: true,
  }
}

/** The relation's key by its place in `columns`; undefined when part of it is not read. */
function scannedKey(relation: Relation, columns: readonly number[]): number[] | undefined {
  const { primaryKey } = relation
  // The empty key of a view of one row is a key; a table without one has none.
  const isKey = primaryKey.length > 0 || relation.changes?.uniqueKey?.length === 0
  const key = primaryKey.map(column => columns.indexOf(column))
  return isKey && key.every(index => index >= 0) ? key : undefined
}

function scannedTimes(relation: Relation, columns: readonly number[]): TimeColumn[] {
  const { watermark, changes } = relation
  // A row of a table that is deleted long after its time has passed would not be final.
  const declared = watermark !== undefined && relation.appendOnly
  const times = declared
    ? [{ column: watermark.column, plusMicros: 0n, inclusive: false }]
    : (changes?.timeColumns ?? [])
  return times
    .map(time => ({ ...time, column: columns.indexOf(time.column) }))
    .filter(time => time.column >= 0)
}

/** Rows that come from nowhere: VALUES, table functions, a key lookup. */
export function constantProperties(rowsMax: number | undefined): StreamProperties {
  const uniqueKey = rowsMax !== undefined && rowsMax <= 1 ? [] : undefined
  return { appendOnly: true, uniqueKey, timeColumns: [], boundedState: true }
}

export function projectProperties(
  input: StreamProperties,
  expressions: readonly Expression[],
): StreamProperties {
  const key = input.uniqueKey?.map(column => {
    return expressions.findIndex(expression => expression.kind === 'column' && expression.index === column)
  })
  return {
    ...input,
    uniqueKey: key?.every(index => index >= 0) === true ? key : undefined,
    timeColumns: timeColumnsOf(expressions, input),
  }
}

/** The expressions that are bound to event time, by their place in the list. */
export function timeColumnsOf(expressions: readonly Expression[], input: StreamProperties): TimeColumn[] {
  return expressions.flatMap((expression, column) => {
    const time = timeOf(expression, input)
    return time === undefined ? [] : [{ ...time, column }]
  })
}

/** Microseconds of the units that date_trunc cuts to, where they have one length. */
const unitMicros: Readonly<Record<string, bigint>> = {
  second: 1_000_000n,
  minute: 60_000_000n,
  hour: 3_600_000_000n,
  day: 86_400_000_000n,
  week: 604_800_000_000n,
}

/**
 * A column that is bound to event time, or a truncation of one: when T has passed the end of the unit, every
 * row cut to its beginning is final. Days and weeks of timestamptz are as long as the zone says, so they are
 * not taken.
 */
function timeOf(expression: Expression, input: StreamProperties): Omit<TimeColumn, 'column'> | undefined {
  if (expression.kind === 'column') return input.timeColumns.find(time => time.column === expression.index)
  if (expression.kind !== 'call' || expression.signature.name !== 'date_trunc') return undefined
  const [unit, argument] = expression.args
  if (unit?.kind !== 'literal' || argument === undefined || expression.args.length !== 2) return undefined
  const name = (unit.text ?? '').toLowerCase()
  const length = Object.hasOwn(unitMicros, name) ? unitMicros[name] : undefined
  const time = timeOf(argument, input)
  if (length === undefined || time === undefined) return undefined
  if (argument.type.kind === 'timestamptz' && length > 3_600_000_000n) return undefined
  return argument.type.kind === 'date' ? undefined : { plusMicros: time.plusMicros + length, inclusive: true }
}

/** Aggregates whose state is a few numbers whatever comes in; min and max are such over append-only input. */
const constantState = new Set([
  'count',
  'sum',
  'avg',
  'bool_and',
  'bool_or',
  'every',
  'stddev',
  'stddev_samp',
  'stddev_pop',
  'variance',
  'var_samp',
  'var_pop',
  'bit_xor',
])

function hasConstantState(call: AggregateCall, appendOnly: boolean): boolean {
  if (call.distinct || call.orderBy.length > 0) return false
  const { name } = call.signature
  return constantState.has(name) || (appendOnly && (name === 'min' || name === 'max'))
}

export interface GroupedProperties {
  readonly expiry: GroupExpiry | undefined
  readonly properties: StreamProperties
}

/** GROUP BY without a window: it expires by the first key that is bound to event time. */
export function hashAggregateProperties(
  input: StreamProperties,
  groupBy: readonly Expression[],
  aggregates: readonly AggregateCall[],
  emit: EmitMode,
  mode: PlanMode,
): GroupedProperties {
  const times = timeColumnsOf(groupBy, input)
  const expiry = times[0]
  const small = groupBy.length === 0 && aggregates.every(call => hasConstantState(call, input.appendOnly))
  return {
    expiry,
    properties: {
      appendOnly:
        emit.kind === 'window_close' ||
        (input.appendOnly && (aggregates.length === 0 || mode === 'one_shot')),
      uniqueKey: groupBy.map((_, index) => index),
      timeColumns: times.map(time => delayed(time, emit)),
      boundedState: input.boundedState && (expiry !== undefined || small),
    },
  }
}

export function windowAggregateProperties(
  input: StreamProperties,
  window: WindowSpec,
  keys: readonly WindowKey[],
  emit: EmitMode,
  mode: PlanMode,
): { readonly closes: boolean; readonly properties: StreamProperties } {
  const time = input.timeColumns.find(({ column }) => column === window.timeColumn)
  const times = keys.flatMap((key, column): TimeColumn[] => {
    if (time === undefined || key.kind === 'expression') return []
    return [windowBound(key.kind, column, window, time)]
  })
  return {
    closes: time !== undefined,
    properties: {
      appendOnly: emit.kind === 'window_close' || (input.appendOnly && mode === 'one_shot'),
      uniqueKey: keys.map((_, index) => index),
      timeColumns: times.map(bound => delayed(bound, emit)),
      boundedState: input.boundedState && time !== undefined,
    },
  }
}

/** T >= window_end means T > every event time in the window. */
function windowBound(
  kind: 'window_start' | 'window_end',
  column: number,
  window: WindowSpec,
  time: TimeColumn,
): TimeColumn {
  const plusMicros = time.plusMicros + (kind === 'window_start' ? window.sizeMicros : 0n)
  return { column, plusMicros, inclusive: true }
}

/** What EMIT ON WINDOW CLOSE WITH DELAY sends comes later by the delay. */
function delayed(time: TimeColumn, emit: EmitMode): TimeColumn {
  return emit.kind === 'window_close' ? { ...time, plusMicros: time.plusMicros + emit.delayMicros } : time
}

/** `width` columns come in; window_start and window_end follow them. */
export function windowExpandProperties(
  input: StreamProperties,
  window: WindowSpec,
  width: number,
): StreamProperties {
  const time = input.timeColumns.find(({ column }) => column === window.timeColumn)
  const bounds =
    time === undefined
      ? []
      : [windowBound('window_start', width, window, time), windowBound('window_end', width + 1, window, time)]
  const one = window.sizeMicros === window.slideMicros
  return {
    ...input,
    uniqueKey: input.uniqueKey === undefined || one ? input.uniqueKey : [...input.uniqueKey, width],
    timeColumns: [...input.timeColumns, ...bounds],
  }
}

export interface JoinInput {
  readonly properties: StreamProperties
  readonly width: number
  readonly keys: readonly Expression[]
}

export type JoinExpiry = { readonly left: TimeColumn; readonly right: TimeColumn } | undefined

export function joinProperties(
  joinType: JoinType,
  left: JoinInput,
  right: JoinInput,
  mode: PlanMode,
): { readonly expiry: JoinExpiry; readonly properties: StreamProperties } {
  const expiry = joinExpiry(left, right)
  return {
    expiry,
    properties: {
      appendOnly:
        left.properties.appendOnly &&
        right.properties.appendOnly &&
        (joinType === 'inner' || mode === 'one_shot'),
      uniqueKey: joinKey(left, right, joinType),
      timeColumns: expiry === undefined ? [] : joinTimes(expiry, left.width, joinType),
      boundedState:
        left.properties.boundedState &&
        right.properties.boundedState &&
        (mode === 'one_shot' || expiry !== undefined),
    },
  }
}

/** Rows of both sides are done with when an equality between event times can find no further partner. */
function joinExpiry(left: JoinInput, right: JoinInput): JoinExpiry {
  for (const [index, leftKey] of left.keys.entries()) {
    const rightKey = right.keys[index]
    if (leftKey.kind !== 'column' || rightKey?.kind !== 'column') continue
    const leftTime = left.properties.timeColumns.find(time => time.column === leftKey.index)
    const rightTime = right.properties.timeColumns.find(time => time.column === rightKey.index)
    if (leftTime === undefined || rightTime === undefined) continue
    // Partners of equal time change for as long as either side does.
    const { plusMicros, inclusive } = laterOf(leftTime, rightTime)
    const final = { plusMicros, inclusive }
    return { left: { column: leftTime.column, ...final }, right: { column: rightTime.column, ...final } }
  }
  return undefined
}

/** A joined row is final when both of its parts are. An unmatched row has no right time. */
function joinTimes(expiry: NonNullable<JoinExpiry>, leftWidth: number, joinType: JoinType): TimeColumn[] {
  const { plusMicros, inclusive } = laterOf(expiry.left, expiry.right)
  const left = { column: expiry.left.column, plusMicros, inclusive }
  const right = { column: leftWidth + expiry.right.column, plusMicros, inclusive }
  return joinType === 'inner' ? [left, right] : [left]
}

function laterOf(left: TimeColumn, right: TimeColumn): TimeColumn {
  if (left.plusMicros === right.plusMicros) return { ...left, inclusive: left.inclusive && right.inclusive }
  return left.plusMicros > right.plusMicros ? left : right
}

function joinKey(left: JoinInput, right: JoinInput, joinType: JoinType): readonly number[] | undefined {
  const leftKey = left.properties.uniqueKey
  const rightKey = right.properties.uniqueKey?.map(column => left.width + column)
  if (leftKey === undefined || rightKey === undefined) return undefined
  if (isKeyed(right)) return leftKey
  if (isKeyed(left) && joinType === 'inner') return rightKey
  return [...leftKey, ...rightKey]
}

/** The equality keys contain the side's unique key: a row of the other side meets at most one here. */
function isKeyed(side: JoinInput): boolean {
  return (
    side.properties.uniqueKey?.every(column => {
      return side.keys.some(key => key.kind === 'column' && key.index === column)
    }) === true
  )
}

export function unionProperties(inputs: readonly StreamProperties[]): StreamProperties {
  const [first, ...others] = inputs
  const times = (first?.timeColumns ?? []).flatMap(time => {
    const same = others.map(input => input.timeColumns.find(({ column }) => column === time.column))
    if (same.some(other => other === undefined)) return []
    return [same.reduce((later: TimeColumn, other) => laterOf(later, other ?? later), time)]
  })
  return {
    appendOnly: inputs.every(input => input.appendOnly),
    uniqueKey: undefined,
    timeColumns: times,
    boundedState: inputs.every(input => input.boundedState),
  }
}

/** Scores are kept while their row can still be retracted. */
export function modelProperties(input: StreamProperties): StreamProperties {
  return { ...input, boundedState: input.boundedState && input.appendOnly }
}

export function emitOnCloseProperties(input: StreamProperties, delayMicros: bigint): StreamProperties {
  const timeColumns = input.timeColumns.map(time => ({ ...time, plusMicros: time.plusMicros + delayMicros }))
  return { ...input, appendOnly: true, timeColumns }
}
