/** time with time zone: its text, how other times become one, and its operators. */

import { SqlError } from '../../planner/errors.ts'
import { dateType, intervalType, textType, timestamptzType, timetzType } from '../../planner/types.ts'
import type { Interval } from '../batch/interval.ts'
import { compareTimeTz, TimeTz } from '../batch/time-tz.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'
import {
  checkTimestamp,
  dayOfTimestamp,
  daysFromCivil,
  floorModulo,
  MICROS_PER_DAY,
  MICROS_PER_SECOND,
} from './datetime-calendar.ts'
import { decodeTime } from './datetime-decode.ts'
import { decodeFailure } from './datetime-decode-error.ts'
import { zoneOfInterval } from './datetime-functions.ts'
import { formatTime, offsetText } from './datetime-text.ts'
import { defineContextComparisons, defineFunction, defineOperator } from './define.ts'
import type { ScalarFunction } from './scalar-function.ts'
import { sessionZone, type TimeZone, zoneOfText } from './time-zone.ts'

/** Without a zone in the text the session's counts, and without a date that of today. */
export function parseTimetz(text: string, context: EvaluationContext): TimeTz {
  try {
    const { micros, zone = sessionZone(context), year, month, day } = decodeTime(text, context)
    const days = month === 0 ? localDay(context) : daysFromCivil(year, month, day)
    return new TimeTz(micros, zoneAt(zone, days, micros))
  } catch (error) {
    throw error instanceof SqlError ? error : decodeFailure(error, 'time with time zone', text)
  }
}

export function formatTimetz(value: TimeTz): string {
  return formatTime(value.micros) + offsetText(-value.zone)
}

/** A time in the session's zone, today. */
export function timetzOfTime(context: EvaluationContext, micros: bigint): TimeTz {
  return new TimeTz(micros, zoneAt(sessionZone(context), localDay(context), micros))
}

/** An instant's time in the session's zone. */
export function timetzOfInstant(context: EvaluationContext, instant: bigint): TimeTz {
  const offset = sessionZone(context).offsetAt(instant)
  return new TimeTz(floorModulo(instant + offset, MICROS_PER_DAY), Number(-offset / MICROS_PER_SECOND))
}

function localDay(context: EvaluationContext): number {
  const now = context.transactionTimestamp
  return dayOfTimestamp(now + sessionZone(context).offsetAt(now))
}

/** Seconds west at a local time. */
function zoneAt(zone: TimeZone, days: number, micros: bigint): number {
  const local = BigInt(days) * MICROS_PER_DAY + micros
  return Number((zone.toUtc(local) - local) / MICROS_PER_SECOND)
}

/** AT TIME ZONE, with the zone's offset of now. */
function inZone(context: EvaluationContext, zone: TimeZone, value: TimeTz): TimeTz {
  const west = Number(-zone.offsetAt(context.transactionTimestamp) / MICROS_PER_SECOND)
  const moved = shifted(value, BigInt(value.zone - west) * MICROS_PER_SECOND)
  return new TimeTz(moved.micros, west)
}

/** The instant of a time on a day. */
function instantOn(days: number, { micros, zone }: TimeTz): bigint {
  return checkTimestamp(BigInt(days) * MICROS_PER_DAY + micros + BigInt(zone) * MICROS_PER_SECOND)
}

function shifted({ micros, zone }: TimeTz, by: bigint): TimeTz {
  return new TimeTz(floorModulo(micros + by, MICROS_PER_DAY), zone)
}

const never = { neverNull: true } as const
const byName = (context: EvaluationContext, name: string, value: TimeTz) =>
  inZone(context, zoneOfText(name), value)
const byInterval = (context: EvaluationContext, interval: Interval, value: TimeTz) =>
  inZone(context, zoneOfInterval(interval), value)
const timeOnDay = (time: TimeTz, days: number) => instantOn(days, time)
const stable = { ...never, volatility: 'stable' } as const
const plus = (time: TimeTz, interval: Interval) => shifted(time, interval.micros)
const minus = (time: TimeTz, interval: Interval) => shifted(time, -interval.micros)

export const timetzFunctions: readonly ScalarFunction[] = [
  ...defineContextComparisons(timetzType, timetzType, (_context, left: TimeTz, right: TimeTz) =>
    compareTimeTz(left, right),
  ),
  defineOperator('+', [timetzType, intervalType], timetzType, { call: plus }, never),
  defineOperator(
    '+',
    [intervalType, timetzType],
    timetzType,
    { call: (by: Interval, time: TimeTz) => plus(time, by) },
    never,
  ),
  defineOperator('-', [timetzType, intervalType], timetzType, { call: minus }, never),
  defineOperator('+', [dateType, timetzType], timestamptzType, { call: instantOn }, never),
  defineOperator('+', [timetzType, dateType], timestamptzType, { call: timeOnDay }, never),
  defineFunction('timezone', [textType, timetzType], timetzType, { contextCall: byName }, stable),
  defineFunction('timezone', [intervalType, timetzType], timetzType, { contextCall: byInterval }, stable),
]
