/**
 * The proleptic Gregorian calendar on integers. Years are astronomical (1 BC is 0); days count from
 * 1970-01-01; timestamps are int64 microseconds since then. JS Date is not used: it ends at 275760 AD and
 * rounds to milliseconds.
 *
 * Day and civil conversions are Howard Hinnant's (days_from_civil, civil_from_days).
 */

import { SqlError, SqlState } from '../../planner/errors.ts'

export const MICROS_PER_SECOND = 1_000_000n
export const MICROS_PER_DAY = 86_400_000_000n
export const SECONDS_PER_DAY = 86_400

/** date 'infinity' and '-infinity': the int32 extremes, as in PostgreSQL. */
export const DATE_INFINITY = 2147483647
export const DATE_NEGATIVE_INFINITY = -2147483648
/** timestamp(tz) 'infinity' and '-infinity': the int64 extremes, as in PostgreSQL. */
export const TIMESTAMP_INFINITY = 9223372036854775807n
export const TIMESTAMP_NEGATIVE_INFINITY = -9223372036854775808n

/** 4714-11-24 BC (Julian day 0), the first valid day of every type. */
export const DAY_MIN = -2440588
/** Past the last valid date, 5874897-12-31. */
export const DAY_END = 2145042906
/** Julian day of 1970-01-01. */
export const UNIX_EPOCH_JULIAN_DAY = 2440588

const TIMESTAMP_MIN = BigInt(DAY_MIN) * MICROS_PER_DAY
/**
 * Microseconds since 1970 fit an int64 until 294247-01-10, 29 years before PostgreSQL's own end (it counts
 * from 2000). The int64 maximum itself is infinity.
 */
const TIMESTAMP_END = TIMESTAMP_INFINITY

/** True for a finite timestamp that the type can hold. */
export function isValidTimestamp(micros: bigint): boolean {
  return micros >= TIMESTAMP_MIN && micros < TIMESTAMP_END
}

/** `micros` if it is a valid finite timestamp; 22008 otherwise. */
export function checkTimestamp(micros: bigint): bigint {
  if (!isValidTimestamp(micros)) throw timestampOutOfRange()
  return micros
}

export function timestampOutOfRange(): SqlError {
  return new SqlError(SqlState.datetimeFieldOverflow, 'timestamp out of range')
}

export function dateOutOfRange(): SqlError {
  return new SqlError(SqlState.datetimeFieldOverflow, 'date out of range')
}

/** Quotient rounded towards minus infinity; divisor > 0. */
export function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor
  return value < 0n && quotient * divisor !== value ? quotient - 1n : quotient
}

/** Remainder of floorDivide: 0 … divisor - 1. */
export function floorModulo(value: bigint, divisor: bigint): bigint {
  const remainder = value % divisor
  return remainder < 0n ? remainder + divisor : remainder
}

/** The day of a finite timestamp. */
export function dayOfTimestamp(micros: bigint): number {
  return Number(floorDivide(micros, MICROS_PER_DAY))
}

/** Days since 1970-01-01 of a civil date. month 1 … 12; day may exceed the month. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const monthFromMarch = month > 2 ? month - 3 : month + 9
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146097 + dayOfEra - 719468
}

/**
 * The civil date of a day, packed into one number so that nothing is allocated: read it with civilYear,
 * civilMonth and civilDay.
 */
export function civilFromDays(days: number): number {
  const shifted = days + 719468
  const era = Math.floor(shifted / 146097)
  const dayOfEra = shifted - era * 146097
  const yearOfEra =
    ((dayOfEra - ((dayOfEra / 1460) | 0) + ((dayOfEra / 36524) | 0) - ((dayOfEra / 146096) | 0)) / 365) | 0
  const dayOfYear = dayOfEra - (365 * yearOfEra + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0))
  const monthFromMarch = ((5 * dayOfYear + 2) / 153) | 0
  const day = dayOfYear - (((153 * monthFromMarch + 2) / 5) | 0) + 1
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return year * 512 + month * 32 + day
}

export function civilYear(civil: number): number {
  return Math.floor(civil / 512)
}

export function civilMonth(civil: number): number {
  return (civil >> 5) & 15
}

export function civilDay(civil: number): number {
  return civil & 31
}

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Days in a month, 1 … 12. */
export function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : monthLengths[month - 1]!
}

/** 0 = Sunday … 6 = Saturday. */
export function dayOfWeek(days: number): number {
  const weekday = (days + 4) % 7
  return weekday < 0 ? weekday + 7 : weekday
}

/** The Monday that starts ISO week `week` of ISO year `year`. */
export function isoWeekStart(year: number, week: number): number {
  const january4 = daysFromCivil(year, 1, 4)
  return january4 - ((dayOfWeek(january4) + 6) % 7) + (week - 1) * 7
}

/** The ISO year a day belongs to. */
export function isoYear(days: number): number {
  const thursday = days - ((dayOfWeek(days) + 6) % 7) + 3
  return civilYear(civilFromDays(thursday))
}

/** The ISO week (1 … 53) a day belongs to. */
export function isoWeek(days: number): number {
  return Math.floor((days - isoWeekStart(isoYear(days), 1)) / 7) + 1
}

/** 1 … 366. */
export function dayOfYear(days: number): number {
  return days - daysFromCivil(civilYear(civilFromDays(days)), 1, 1) + 1
}

/** Microseconds since midnight. */
export function timeOfDay(hour: number, minute: number, second: number, micros: number): bigint {
  return BigInt((hour * 60 + minute) * 60 + second) * MICROS_PER_SECOND + BigInt(micros)
}
