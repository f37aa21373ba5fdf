/** What the modifiers of time types leave of a value: rounded seconds, and the named fields of intervals. */

import { ALL_FIELDS, type IntervalField, smallestField } from '../../planner/interval-fields.ts'
import { Interval } from '../batch/interval.ts'
import { isFiniteTimestamp } from './datetime-arithmetic.ts'

/** 2000-01-01: PostgreSQL counts from it, so halves are rounded away from it. */
const EPOCH_MICROS = 946_684_800_000_000n

/** A timestamp with `digits` digits of the second. */
export function roundTimestamp(micros: bigint, digits: number): bigint {
  return isFiniteTimestamp(micros) ? roundMicros(micros - EPOCH_MICROS, digits) + EPOCH_MICROS : micros
}

/** To `digits` digits of a second; halves away from zero. */
export function roundMicros(micros: bigint, digits: number): bigint {
  if (digits >= 6) return micros
  const unit = 10n ** BigInt(6 - digits)
  const half = micros < 0n ? -unit / 2n : unit / 2n
  return ((micros + half) / unit) * unit
}

const microsOf: Partial<Record<IntervalField, bigint>> = { hour: 3_600_000_000n, minute: 60_000_000n }

/** Without what is below the last field, and with `digits` digits of the second. */
export function fitInterval({ months, days, micros }: Interval, fields = ALL_FIELDS, digits = 6): Interval {
  const smallest = smallestField(fields)
  if (smallest === 'year') return new Interval(months - (months % 12), 0, 0n)
  if (smallest === 'month') return new Interval(months, 0, 0n)
  if (smallest === 'day') return new Interval(months, days, 0n)
  const unit = smallest === undefined ? undefined : microsOf[smallest]
  return new Interval(
    months,
    days,
    unit === undefined ? roundMicros(micros, digits) : micros - (micros % unit),
  )
}
