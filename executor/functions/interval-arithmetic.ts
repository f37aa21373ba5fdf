/** Arithmetic on intervals as PostgreSQL's timestamp.c does it. Results out of range raise 22008. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import { Interval } from '../batch/interval.ts'
import { MICROS_PER_DAY } from './datetime-calendar.ts'
import { roundHalfEven } from './interval-text.ts'

const INT32_MAX = 2147483647
const INT64_LIMIT = 9223372036854775808n

/** An interval of checked parts. */
export function checkedInterval(months: number, days: number, micros: bigint): Interval {
  const fits =
    months === (months | 0) && days === (days | 0) && micros < INT64_LIMIT && micros >= -INT64_LIMIT
  if (!fits) throw intervalOutOfRange()
  return new Interval(months, days, micros)
}

export function intervalOutOfRange(): SqlError {
  return new SqlError(SqlState.datetimeFieldOverflow, 'interval out of range')
}

/**
 * What intervals compare by: microseconds with days of 24 hours and months of 30 days. May exceed an int64.
 */
export function intervalSpan(interval: Interval): bigint {
  return interval.micros + BigInt(interval.days + interval.months * 30) * MICROS_PER_DAY
}

export function compareIntervals(left: Interval, right: Interval): number {
  const leftSpan = intervalSpan(left)
  const rightSpan = intervalSpan(right)
  return leftSpan < rightSpan ? -1 : leftSpan > rightSpan ? 1 : 0
}

export function addIntervals(left: Interval, right: Interval): Interval {
  return checkedInterval(left.months + right.months, left.days + right.days, left.micros + right.micros)
}

export function subtractIntervals(left: Interval, right: Interval): Interval {
  return checkedInterval(left.months - right.months, left.days - right.days, left.micros - right.micros)
}

export function negateInterval(interval: Interval): Interval {
  return checkedInterval(-interval.months, -interval.days, -interval.micros)
}

/** interval * double precision. Fractions of months become days, those of days time. */
export function multiplyInterval(interval: Interval, factor: number): Interval {
  return scaled(interval.months * factor, interval.days * factor, Number(interval.micros) * factor)
}

/** interval / double precision. */
export function divideInterval(interval: Interval, divisor: number): Interval {
  if (divisor === 0) throw new SqlError(SqlState.divisionByZero, 'division by zero')
  return scaled(interval.months / divisor, interval.days / divisor, Number(interval.micros) / divisor)
}

/** The interval of fractional parts: interval_mul's cascade, with its roundings. */
function scaled(exactMonths: number, exactDays: number, exactMicros: number): Interval {
  if (!(Math.abs(exactMonths) <= INT32_MAX && Math.abs(exactDays) <= INT32_MAX)) throw intervalOutOfRange()
  const months = Math.trunc(exactMonths)
  let days = Math.trunc(exactDays)
  const monthDays = roundMicros((exactMonths - months) * 30)
  const wholeMonthDays = Math.trunc(monthDays)
  let seconds = roundMicros((exactDays - days + monthDays - wholeMonthDays) * 86_400)
  if (Math.abs(seconds) >= 86_400) {
    const extra = Math.trunc(seconds / 86_400)
    days += extra
    seconds -= extra * 86_400
  }
  days += wholeMonthDays
  const micros = roundHalfEven(exactMicros + seconds * 1e6)
  if (!(Math.abs(micros) < 9.223372036854775e18)) throw intervalOutOfRange()
  return checkedInterval(months + 0, days + 0, BigInt(micros))
}

/** TSROUND: to a millionth. */
function roundMicros(value: number): number {
  return roundHalfEven(value * 1e6) / 1e6
}

/** Whole days out of the time; days and time get the same sign. */
export function justifyHours(interval: Interval): Interval {
  let whole = interval.micros / MICROS_PER_DAY
  let micros = interval.micros - whole * MICROS_PER_DAY
  const days = BigInt(interval.days) + whole
  if (days > 0n && micros < 0n) {
    micros += MICROS_PER_DAY
    whole--
  } else if (days < 0n && micros > 0n) {
    micros -= MICROS_PER_DAY
    whole++
  }
  return checkedInterval(interval.months, interval.days + Number(whole), micros)
}

/** Months of 30 days out of the days; months and days get the same sign. */
export function justifyDays(interval: Interval): Interval {
  const whole = Math.trunc(interval.days / 30)
  let days = interval.days - whole * 30
  let months = interval.months + whole
  if (months > 0 && days < 0) {
    days += 30
    months--
  } else if (months < 0 && days > 0) {
    days -= 30
    months++
  }
  return checkedInterval(months, days, interval.micros)
}

/** Both, and one sign for all three parts. */
export function justifyInterval(interval: Interval): Interval {
  const wholeDays = interval.micros / MICROS_PER_DAY
  let micros = interval.micros - wholeDays * MICROS_PER_DAY
  let days = interval.days + Number(wholeDays)
  const wholeMonths = Math.trunc(days / 30)
  days -= wholeMonths * 30
  let months = interval.months + wholeMonths
  if (months > 0 && (days < 0 || (days === 0 && micros < 0n))) {
    days += 30
    months--
  } else if (months < 0 && (days > 0 || (days === 0 && micros > 0n))) {
    days -= 30
    months++
  }
  if (days > 0 && micros < 0n) {
    micros += MICROS_PER_DAY
    days--
  } else if (days < 0 && micros > 0n) {
    micros -= MICROS_PER_DAY
    days++
  }
  return checkedInterval(months, days, micros)
}
