/**
 * Operators on dates, times, timestamps and intervals: every overload of pg_operator that our types allow.
 */

import type { DataType } from '../../planner/types.ts'
import {
  dateType,
  float8Type,
  int4Type,
  intervalType,
  timestampType,
  timestamptzType,
  timeType,
} from '../../planner/types.ts'
import { Interval } from '../batch/interval.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'
import {
  addDays,
  addInterval,
  addIntervalInZone,
  addTime,
  compareDateTimestamp,
  compareDateTimestamptz,
  compareInt64,
  isFiniteTimestamp,
  subtractDates,
  subtractInterval,
  subtractIntervalInZone,
  subtractTime,
  subtractTimestamps,
  timestampOfDate,
} from './datetime-arithmetic.ts'
import { checkTimestamp } from './datetime-calendar.ts'
import {
  defineComparisons,
  defineContextComparisons,
  defineNativeComparisons,
  defineOperator,
} from './define.ts'
import {
  addIntervals,
  compareIntervals,
  divideInterval,
  multiplyInterval,
  negateInterval,
  subtractIntervals,
} from './interval-arithmetic.ts'
import type { ScalarFunction } from './scalar-function.ts'
import { sessionZone } from './time-zone.ts'

type Call = (...args: never[]) => unknown
type ContextCall = (context: EvaluationContext, ...args: never[]) => unknown

/** An operator from a plain function. */
function plain(name: string, args: readonly DataType[], returns: DataType, call: Call): ScalarFunction {
  return defineOperator(name, args, returns, { call }, { neverNull: true })
}

/** A commutative operator from a plain function, in both orders. */
function commuted<Left, Right>(
  name: string,
  left: DataType,
  right: DataType,
  returns: DataType,
  call: (left: Left, right: Right) => unknown,
): ScalarFunction[] {
  return [
    plain(name, [left, right], returns, call),
    plain(name, [right, left], returns, (b: Right, a: Left) => call(a, b)),
  ]
}

/** An operator that reads the session's time zone. */
function zoned(
  name: string,
  args: readonly DataType[],
  returns: DataType,
  contextCall: ContextCall,
): ScalarFunction {
  return defineOperator(name, args, returns, { contextCall }, { neverNull: true, volatility: 'stable' })
}

function dateTime(days: number, time: bigint): bigint {
  const midnight = timestampOfDate(days)
  return isFiniteTimestamp(midnight) ? checkTimestamp(midnight + time) : midnight
}

const arithmetic: readonly ScalarFunction[] = [
  ...commuted('+', dateType, int4Type, dateType, addDays),
  plain('-', [dateType, int4Type], dateType, (days: number, count: number) => addDays(days, -count)),
  plain('-', [dateType, dateType], int4Type, subtractDates),
  ...commuted('+', dateType, timeType, timestampType, dateTime),
  ...commuted('+', dateType, intervalType, timestampType, (days: number, interval: Interval) =>
    addInterval(timestampOfDate(days), interval),
  ),
  plain('-', [dateType, intervalType], timestampType, (days: number, interval: Interval) =>
    subtractInterval(timestampOfDate(days), interval),
  ),
  ...commuted('+', timestampType, intervalType, timestampType, addInterval),
  plain('-', [timestampType, intervalType], timestampType, subtractInterval),
  plain('-', [timestampType, timestampType], intervalType, subtractTimestamps),
  zoned(
    '+',
    [timestamptzType, intervalType],
    timestamptzType,
    (context, micros: bigint, interval: Interval) =>
      addIntervalInZone(micros, interval, sessionZone(context)),
  ),
  zoned(
    '+',
    [intervalType, timestamptzType],
    timestamptzType,
    (context, interval: Interval, micros: bigint) =>
      addIntervalInZone(micros, interval, sessionZone(context)),
  ),
  zoned(
    '-',
    [timestamptzType, intervalType],
    timestamptzType,
    (context, micros: bigint, interval: Interval) =>
      subtractIntervalInZone(micros, interval, sessionZone(context)),
  ),
  plain('-', [timestamptzType, timestamptzType], intervalType, subtractTimestamps),
  ...commuted('+', timeType, intervalType, timeType, addTime),
  plain('-', [timeType, intervalType], timeType, subtractTime),
  plain(
    '-',
    [timeType, timeType],
    intervalType,
    (left: bigint, right: bigint) => new Interval(0, 0, left - right),
  ),
  plain('+', [intervalType, intervalType], intervalType, addIntervals),
  plain('-', [intervalType, intervalType], intervalType, subtractIntervals),
  plain('-', [intervalType], intervalType, negateInterval),
  ...commuted('*', intervalType, float8Type, intervalType, multiplyInterval),
  plain('/', [intervalType, float8Type], intervalType, divideInterval),
]

const comparison: readonly ScalarFunction[] = [
  ...defineNativeComparisons(dateType, dateType),
  ...defineNativeComparisons(timeType, timeType),
  ...defineNativeComparisons(timestampType, timestampType),
  ...defineNativeComparisons(timestamptzType, timestamptzType),
  ...defineComparisons(intervalType, intervalType, compareIntervals),
  ...defineComparisons(dateType, timestampType, compareDateTimestamp),
  ...defineComparisons(
    timestampType,
    dateType,
    (micros: bigint, days: number) => -compareDateTimestamp(days, micros),
  ),
  ...defineContextComparisons(
    dateType,
    timestamptzType,
    (context: EvaluationContext, days: number, micros: bigint) =>
      compareDateTimestamptz(days, micros, sessionZone(context)),
  ),
  ...defineContextComparisons(
    timestamptzType,
    dateType,
    (context: EvaluationContext, micros: bigint, days: number) =>
      -compareDateTimestamptz(days, micros, sessionZone(context)),
  ),
  ...defineContextComparisons(
    timestampType,
    timestamptzType,
    (context: EvaluationContext, local: bigint, micros: bigint) =>
      compareInt64(instant(local, context), micros),
  ),
  ...defineContextComparisons(
    timestamptzType,
    timestampType,
    (context: EvaluationContext, micros: bigint, local: bigint) =>
      compareInt64(micros, instant(local, context)),
  ),
]

/** The instant of a local timestamp for comparison: beyond the range it still compares. */
function instant(local: bigint, context: EvaluationContext): bigint {
  return isFiniteTimestamp(local) ? sessionZone(context).toUtc(local) : local
}

export const datetimeOperators: readonly ScalarFunction[] = [...arithmetic, ...comparison]
