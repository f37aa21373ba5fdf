/**
 * Arithmetic on dates, times and timestamps as PostgreSQL's timestamp.c and date.c do it: months and days
 * of an interval move the calendar (and, for timestamptz, local clocks), its microseconds move the instant.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import { Interval } from '../batch/interval.ts'
import {
  checkTimestamp,
  civilDay,
  civilFromDays,
  civilMonth,
  civilYear,
  DATE_INFINITY,
  DATE_NEGATIVE_INFINITY,
  DAY_END,
  DAY_MIN,
  dateOutOfRange,
  dayOfTimestamp,
  daysFromCivil,
  daysInMonth,
  floorDivide,
  floorModulo,
  isValidTimestamp,
  MICROS_PER_DAY,
  TIMESTAMP_INFINITY,
  TIMESTAMP_NEGATIVE_INFINITY,
  timestampOutOfRange,
} from './datetime-calendar.ts'
import { checkedInterval, justifyHours } from './interval-arithmetic.ts'
import type { TimeZone } from './time-zone.ts'

export function isFiniteTimestamp(micros: bigint): boolean {
  return micros !== TIMESTAMP_INFINITY && micros !== TIMESTAMP_NEGATIVE_INFINITY
}

export function isFiniteDate(days: number): boolean {
  return days !== DATE_INFINITY && days !== DATE_NEGATIVE_INFINITY
}

/** date → timestamp. 22008 beyond timestamp's range. */
export function timestampOfDate(days: number): bigint {
  if (!isFiniteDate(days)) return days === DATE_INFINITY ? TIMESTAMP_INFINITY : TIMESTAMP_NEGATIVE_INFINITY
  const micros = BigInt(days) * MICROS_PER_DAY
  if (!isValidTimestamp(micros)) {
    throw new SqlError(SqlState.datetimeFieldOverflow, 'date out of range for timestamp')
  }
  return micros
}

/** timestamp → date. */
export function dateOfTimestamp(micros: bigint): number {
  if (!isFiniteTimestamp(micros))
    return micros === TIMESTAMP_INFINITY ? DATE_INFINITY : DATE_NEGATIVE_INFINITY
  return dayOfTimestamp(micros)
}

/** timestamp → timestamptz: local time in a zone to an instant. */
export function instantOfLocal(local: bigint, zone: TimeZone): bigint {
  return isFiniteTimestamp(local) ? checkTimestamp(zone.toUtc(local)) : local
}

/** timestamptz → timestamp: what clocks in a zone show. */
export function localOfInstant(micros: bigint, zone: TimeZone): bigint {
  return isFiniteTimestamp(micros) ? checkTimestamp(micros + zone.offsetAt(micros)) : micros
}

/** date → timestamptz: midnight in a zone. */
export function instantOfDate(days: number, zone: TimeZone): bigint {
  if (!isFiniteDate(days)) return timestampOfDate(days)
  const micros = zone.toUtc(BigInt(days) * MICROS_PER_DAY)
  if (!isValidTimestamp(micros)) {
    throw new SqlError(SqlState.datetimeFieldOverflow, 'date out of range for timestamp')
  }
  return micros
}

/** date vs timestamp, without the error that the cast would raise. */
export function compareDateTimestamp(days: number, micros: bigint): number {
  if (!isFiniteDate(days)) return compareInt64(timestampOfDate(days), micros)
  return compareFinite(BigInt(days) * MICROS_PER_DAY, micros)
}

export function compareDateTimestamptz(days: number, micros: bigint, zone: TimeZone): number {
  if (!isFiniteDate(days)) return compareInt64(timestampOfDate(days), micros)
  return compareFinite(zone.toUtc(BigInt(days) * MICROS_PER_DAY), micros)
}

/** A finite time, perhaps beyond timestamp's range, with a timestamp: infinity is beyond it all the same. */
function compareFinite(finite: bigint, micros: bigint): number {
  return isFiniteTimestamp(micros) ? compareInt64(finite, micros) : micros === TIMESTAMP_INFINITY ? -1 : 1
}

export function compareInt64(left: bigint, right: bigint): number {
  return left < right ? -1 : left > right ? 1 : 0
}

/** date + integer. */
export function addDays(days: number, count: number): number {
  if (!isFiniteDate(days)) return days
  const sum = days + count
  if (sum < DAY_MIN || sum >= DAY_END) throw dateOutOfRange()
  return sum
}

/** date - date, in days. */
export function subtractDates(left: number, right: number): number {
  if (!isFiniteDate(left) || !isFiniteDate(right)) {
    throw new SqlError(SqlState.datetimeFieldOverflow, 'cannot subtract infinite dates')
  }
  return left - right
}

/** timestamp + interval. */
export function addInterval(micros: bigint, interval: Interval): bigint {
  if (!isFiniteTimestamp(micros)) return micros
  let result = micros
  if (interval.months !== 0) result = addMonths(result, interval.months)
  return checkTimestamp(result + BigInt(interval.days) * MICROS_PER_DAY + interval.micros)
}

/** timestamp - interval. */
export function subtractInterval(micros: bigint, interval: Interval): bigint {
  return addInterval(micros, negated(interval))
}

/** timestamptz + interval: months and days move the local clock of `zone`. */
export function addIntervalInZone(micros: bigint, interval: Interval, zone: TimeZone): bigint {
  if (!isFiniteTimestamp(micros)) return micros
  let result = micros
  if (interval.months !== 0) {
    result = zone.toUtc(addMonths(result + zone.offsetAt(result), interval.months))
  }
  if (interval.days !== 0) {
    result = zone.toUtc(result + zone.offsetAt(result) + BigInt(interval.days) * MICROS_PER_DAY)
  }
  return checkTimestamp(result + interval.micros)
}

/** timestamptz - interval. */
export function subtractIntervalInZone(micros: bigint, interval: Interval, zone: TimeZone): bigint {
  return addIntervalInZone(micros, negated(interval), zone)
}

/** The negative, unchecked: only for use within an addition. */
function negated(interval: Interval): Interval {
  return new Interval(-interval.months, -interval.days, -interval.micros)
}

/** Moves a local timestamp by months; the day is clamped to the length of the new month. */
function addMonths(micros: bigint, months: number): bigint {
  const days = dayOfTimestamp(micros)
  const civil = civilFromDays(days)
  const month = civilYear(civil) * 12 + civilMonth(civil) - 1 + months
  const year = Math.floor(month / 12)
  const monthOfYear = month - year * 12 + 1
  const day = Math.min(civilDay(civil), daysInMonth(year, monthOfYear))
  const moved = daysFromCivil(year, monthOfYear, day)
  if (moved < DAY_MIN || moved >= DAY_END) throw timestampOutOfRange()
  return micros + BigInt(moved - days) * MICROS_PER_DAY
}

/** timestamp - timestamp: days and time. */
export function subtractTimestamps(left: bigint, right: bigint): Interval {
  if (!isFiniteTimestamp(left) || !isFiniteTimestamp(right)) {
    throw new SqlError(SqlState.datetimeFieldOverflow, 'cannot subtract infinite timestamps')
  }
  return justifyHours(checkedInterval(0, 0, left - right))
}

/** time + interval: around the clock; months and days do not count. */
export function addTime(time: bigint, interval: Interval): bigint {
  return floorModulo(time + interval.micros, MICROS_PER_DAY)
}

/** time - interval. */
export function subtractTime(time: bigint, interval: Interval): bigint {
  return floorModulo(time - interval.micros, MICROS_PER_DAY)
}

/** age(left, right) of two local timestamps: years, months, days and time between, as a calendar counts. */
export function age(left: bigint, right: bigint): Interval {
  if (!isFiniteTimestamp(left) || !isFiniteTimestamp(right)) throw timestampOutOfRange()
  return left < right ? negated(calendarDistance(left, right, left)) : calendarDistance(left, right, right)
}

/** The distance of two timestamps without sign; days are borrowed from the month of `borrow`. */
function calendarDistance(left: bigint, right: bigint, borrow: bigint): Interval {
  const [leftDay, rightDay] = [floorDivide(left, MICROS_PER_DAY), floorDivide(right, MICROS_PER_DAY)]
  const [leftCivil, rightCivil] = [civilFromDays(Number(leftDay)), civilFromDays(Number(rightDay))]
  const sign = left < right ? -1 : 1
  let months =
    sign *
    ((civilYear(leftCivil) - civilYear(rightCivil)) * 12 + civilMonth(leftCivil) - civilMonth(rightCivil))
  let days = sign * (civilDay(leftCivil) - civilDay(rightCivil))
  let micros = BigInt(sign) * (left - leftDay * MICROS_PER_DAY - (right - rightDay * MICROS_PER_DAY))
  if (micros < 0n) {
    micros += MICROS_PER_DAY
    days--
  }
  const borrowed = civilFromDays(dayOfTimestamp(borrow))
  while (days < 0) {
    days += daysInMonth(civilYear(borrowed), civilMonth(borrowed))
    months--
  }
  return new Interval(months, days, micros)
}

/**
 * `(start1, end1) OVERLAPS (start2, end2)`: half-open ranges in either direction; NULL where the answer is
 * unknown.
 */
export function overlaps<T extends number | bigint>(
  start1: T | null,
  end1: T | null,
  start2: T | null,
  end2: T | null,
): boolean | null {
  const [from1, to1] = ordered(start1, end1)
  const [from2, to2] = ordered(start2, end2)
  if (from1 === null || from2 === null) return null
  if (from1 > from2) return startsWithin(from1, to1, to2)
  if (from1 < from2) return startsWithin(from2, to2, to1)
  return to1 === null || to2 === null ? null : true
}

/** One range starts at `from` after the other, which ends at `otherEnd`: do they overlap? */
function startsWithin<T extends number | bigint>(from: T, to: T | null, otherEnd: T | null): boolean | null {
  if (otherEnd === null) return null
  if (from < otherEnd) return true
  return to === null ? null : false
}

function ordered<T extends number | bigint>(start: T | null, end: T | null): readonly [T | null, T | null] {
  if (start === null) return [end, null]
  if (end === null) return [start, null]
  return start > end ? [end, start] : [start, end]
}
