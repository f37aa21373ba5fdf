/** time with time zone: its text, how other times become one, and its operators. */

import { SqlError } from '../../planner/errors.ts'
import { intervalType, timetzType } from '../../planner/types.ts'
import type { Interval } from '../batch/interval.ts'
import { compareTimeTz, TimeTz } from '../batch/time-tz.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'
import { dayOfTimestamp, daysFromCivil, floorModulo, MICROS_PER_DAY } from './datetime-calendar.ts'
import { decodeTime } from './datetime-decode.ts'
import { decodeFailure } from './datetime-decode-error.ts'
import { formatTime, offsetText } from './datetime-text.ts'
import { defineContextComparisons, defineOperator } from './define.ts'
import type { ScalarFunction } from './scalar-function.ts'
import { sessionZone, type TimeZone } from './time-zone.ts'

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
  return new TimeTz(floorModulo(instant + offset, MICROS_PER_DAY), Number(-offset / 1_000_000n))
}

function localDay(context: EvaluationContext): number {
  const now = context.transactionTimestamp
  return dayOfTimestamp(now + sessionZone(context).offsetAt(now))
}

/** Seconds west at a local time. */
function zoneAt(zone: TimeZone, days: number, micros: bigint): number {
  const local = BigInt(days) * MICROS_PER_DAY + micros
  return Number((zone.toUtc(local) - local) / 1_000_000n)
}

function shifted({ micros, zone }: TimeTz, by: bigint): TimeTz {
  return new TimeTz(floorModulo(micros + by, MICROS_PER_DAY), zone)
}

const never = { neverNull: true } as const
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
]
