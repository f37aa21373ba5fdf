/**
 * Table functions: generate_series and unnest. A record's `open` gets the arguments' values and returns a
 * function that makes the next rows, so that a long series costs memory for one batch.
 */

import { must } from '../../planner/assert.ts'
import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import type { FunctionSignature } from '../../planner/function-signature.ts'
import type { DataType } from '../../planner/types.ts'
import {
  int4Type,
  int8Type,
  intervalType,
  numericType,
  textType,
  timestampType,
  timestamptzType,
} from '../../planner/types.ts'
import { ArrayRows } from '../batch/array-rows.ts'
import type { Column } from '../batch/column.ts'
import { columnFromValues } from '../batch/column-builder.ts'
import { BATCH_ROWS } from '../batch/delta-batch.ts'
import type { Interval } from '../batch/interval.ts'
import { Numeric } from '../batch/numeric.ts'
import { decodeInterval } from '../batch/value-codec.ts'
import type { EvaluationContext, SqlValue } from '../expression/evaluation-context.ts'
import { addInterval, addIntervalInZone } from './datetime-arithmetic.ts'
import { intervalSpan } from './interval-arithmetic.ts'
import { addNumeric, compareNumeric, signOf } from './numeric-arithmetic.ts'
import { sessionZone } from './time-zone.ts'

/** The next rows of one column; undefined at the end. */
export type NextRows = () => Column | undefined

export type TableFunction = FunctionSignature & {
  readonly kind: 'table'
  /** `type` is that of the result column. */
  readonly open: (args: readonly SqlValue[], type: DataType, context: EvaluationContext) => NextRows
}

/** How a type's series runs. */
interface SeriesSteps<T extends SqlValue> {
  /** Negative, zero or positive. */
  readonly direction: (step: T | Interval) => number
  readonly add: (value: T, step: T | Interval) => T | undefined
  readonly compare: (left: T, right: T) => number
}

/** start, start + step, … as long as it is not past stop. No rows when an argument is NULL. */
function openSeries<T extends SqlValue>(
  type: DataType,
  start: T,
  stop: T,
  step: T | Interval,
  steps: SeriesSteps<T>,
): NextRows {
  const direction = steps.direction(step)
  if (direction === 0) throw new SqlError(SqlState.invalidParameterValue, 'step size cannot equal zero')
  let next: T | undefined = start
  return () => {
    const values: T[] = []
    while (next !== undefined && values.length < BATCH_ROWS && steps.compare(next, stop) * direction <= 0) {
      values.push(next)
      next = steps.add(next, step)
    }
    return values.length === 0 ? undefined : columnFromValues(type, values)
  }
}

function compareOrdered<T extends number | bigint>(left: T, right: T): number {
  return left < right ? -1 : left > right ? 1 : 0
}

/** The series ends where the type does. */
const int4Steps: SeriesSteps<number> = {
  direction: step => Math.sign(step as number),
  add: (value, step) => {
    const next = value + (step as number)
    return next === (next | 0) ? next : undefined
  },
  compare: compareOrdered,
}

const int8Steps: SeriesSteps<bigint> = {
  direction: step => compareOrdered(step as bigint, 0n),
  add: (value, step) => {
    const next = value + (step as bigint)
    return BigInt.asIntN(64, next) === next ? next : undefined
  },
  compare: compareOrdered,
}

const numericSteps: SeriesSteps<Numeric> = {
  direction: step => signOf(step as Numeric) ?? 0,
  add: (value, step) => addNumeric(value, step as Numeric),
  compare: compareNumeric,
}

/** PostgreSQL's messages for the arguments it refuses. */
function checkNumericArguments(args: readonly Numeric[]): void {
  for (const [index, name] of ['start', 'stop', 'step'].entries()) {
    const special = args[index]?.special
    if (special === undefined) continue
    const subject = name === 'step' ? 'step size' : `${name} value`
    const what = special === 'NaN' ? 'NaN' : 'infinity'
    throw new SqlError(SqlState.invalidParameterValue, `${subject} cannot be ${what}`)
  }
}

function timestampSteps(add: (value: bigint, step: Interval) => bigint): SeriesSteps<bigint> {
  return {
    direction: step => compareOrdered(intervalSpan(step as Interval), 0n),
    add: (value, step) => add(value, step as Interval),
    compare: compareOrdered,
  }
}

function openTimestamps(
  args: readonly SqlValue[],
  type: DataType,
  add: (value: bigint, step: Interval) => bigint,
): NextRows {
  const step = decodeInterval(args[2] as Uint8Array, 0)
  return openSeries(type, args[0] as bigint, args[1] as bigint, step, timestampSteps(add))
}

function series(args: readonly DataType[], optionalArgs: number, open: TableFunction['open']): TableFunction {
  return {
    id: `generate_series(${args.map(arg => arg.kind).join(',')})`,
    name: 'generate_series',
    kind: 'table',
    args,
    optionalArgs,
    returns: must(args[0], 'a series has a start'),
    volatility: args[0]!.kind === 'timestamptz' ? 'stable' : 'immutable',
    open: (values, type, context) => (values.includes(null) ? () => undefined : open(values, type, context)),
  }
}

/** The elements of an array, those of inner arrays one after another. */
function openUnnest(array: SqlValue, type: DataType): NextRows {
  if (array === null) return () => undefined
  const rows = new ArrayRows(array as Uint8Array, type)
  return () => rows.next(BATCH_ROWS)
}

function openChannels(type: DataType, { effects }: EvaluationContext): NextRows {
  if (effects === undefined) throw notSupported('pg_listening_channels() in a streaming query')
  let channels = effects.listeningChannels()
  return () => {
    if (channels.length === 0) return undefined
    const values = channels
    channels = []
    return columnFromValues(type, values)
  }
}

const one = new Numeric(1n, 0)

/** All table functions. */
export const tableFunctions: readonly TableFunction[] = [
  series([int4Type, int4Type, int4Type], 1, (args, type) =>
    openSeries(type, args[0] as number, args[1] as number, (args[2] ?? 1) as number, int4Steps),
  ),
  series([int8Type, int8Type, int8Type], 1, (args, type) =>
    openSeries(type, args[0] as bigint, args[1] as bigint, (args[2] ?? 1n) as bigint, int8Steps),
  ),
  series([numericType, numericType, numericType], 1, (args, type) => {
    checkNumericArguments(args as readonly Numeric[])
    return openSeries(type, args[0] as Numeric, args[1] as Numeric, (args[2] ?? one) as Numeric, numericSteps)
  }),
  series([timestampType, timestampType, intervalType], 0, (args, type) =>
    openTimestamps(args, type, addInterval),
  ),
  series([timestamptzType, timestamptzType, intervalType], 0, (args, type, context) => {
    const zone = sessionZone(context)
    return openTimestamps(args, type, (value, step) => addIntervalInZone(value, step, zone))
  }),
  {
    id: 'unnest(anyarray)',
    name: 'unnest',
    kind: 'table',
    args: [{ kind: 'anyarray' }],
    returns: { kind: 'anyelement' },
    open: (args, type) => openUnnest(args[0]!, type),
  },
  {
    id: 'pg_listening_channels()',
    name: 'pg_listening_channels',
    kind: 'table',
    args: [],
    returns: textType,
    volatility: 'stable',
    open: (_args, type, context) => openChannels(type, context),
  },
]

const byId = new Map(tableFunctions.map(record => [record.id, record]))

/** The record of a table function. The binder hands out only ids that exist. */
export function findTableFunction(id: string): TableFunction {
  return must(byId.get(id), `table function ${id} is registered`)
}
