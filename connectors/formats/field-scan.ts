/**
 * Numbers, dates and times straight from ASCII bytes to binary, for the forms that data comes in. Everything
 * else (more digits, exponents beyond exactness, other date styles) returns INVALID, and the caller takes the
 * general path over text, which gives the same value or the error. Results are left in `out`, since a
 * function returns where the token ends.
 */

import { INVALID } from './json-scan.ts'

/** Scanned values: [0] = integer or mantissa, [1] = decimal exponent of the mantissa (0 or negative). */
export type ScanOutput = Float64Array

/** Integers up to this many digits are exact as numbers. */
const DIGITS_MAX = 15
/** Digits that fit int32 arithmetic. */
const HEAD_DIGITS = 9

/** Bytes as distances from '0', as the digit loops see them. */
const POINT = 0x2e - 0x30
const LOWER_E = 0x65 - 0x30
const UPPER_E = 0x45 - 0x30

const powersOfTen = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`))

/** 10^exponent for 0 … 22, where it is exact. */
export function powerOfTen(exponent: number): number {
  return powersOfTen[exponent]!
}

/**
 * A JSON number without exponent part and with at most 15 digits: value = out[0] × 10^out[1]. The mantissa of
 * -0 is -0. int32 arithmetic for the first nine digits is twice as fast as doubles all the way.
 */
export function scanNumber(bytes: Uint8Array, position: number, out: ScanOutput): number {
  const negative = bytes[position] === 0x2d
  const start = negative ? position + 1 : position
  const headEnd = start + HEAD_DIGITS
  let at = start
  let digit = bytes[at]! - 0x30
  let head = 0
  while (digit >= 0 && digit <= 9 && at < headEnd) {
    head = (head * 10 + digit) | 0
    digit = bytes[++at]! - 0x30
  }
  let mantissa = head
  while (digit >= 0 && digit <= 9) {
    mantissa = mantissa * 10 + digit
    digit = bytes[++at]! - 0x30
  }
  let digits = at - start
  if (digits === 0 || (digits > 1 && bytes[start] === 0x30)) return INVALID
  if (digit === POINT) {
    const fraction = at + 1
    digit = bytes[++at]! - 0x30
    while (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit
      digit = bytes[++at]! - 0x30
    }
    if (at === fraction) return INVALID
    digits += at - fraction
    out[1] = fraction - at
  } else {
    out[1] = 0
  }
  if (digits > DIGITS_MAX || digit === LOWER_E || digit === UPPER_E) return INVALID
  out[0] = negative ? -mantissa : mantissa
  return at
}

/**
 * `YYYY-MM-DD` with a real date at `start`: out[0] = days since 1970; returns its end, INVALID when it is
 * something else.
 */
export function scanDate(bytes: Uint8Array, start: number, out: ScanOutput): number {
  const century = digits2(bytes, start)
  const yearOfCentury = digits2(bytes, start + 2)
  const year = century * 100 + yearOfCentury
  const month = digits2(bytes, start + 5)
  const day = digits2(bytes, start + 8)
  if (bytes[start + 4] !== 0x2d || bytes[start + 7] !== 0x2d) return INVALID
  if ((century | yearOfCentury) < 0 || year < 1) return INVALID
  if (month < 1 || month > 12 || day < 1 || (day > 28 && day > daysInMonth(year, month))) return INVALID
  out[0] = daysSinceEpoch(year, month, day)
  return start + 10
}

/**
 * `HH:MM:SS` with up to six fractional digits at `start`: out[0] = microseconds since midnight; returns its
 * end, INVALID when it is something else.
 */
export function scanTime(bytes: Uint8Array, start: number, out: ScanOutput): number {
  const hour = digits2(bytes, start)
  const minute = digits2(bytes, start + 3)
  const second = digits2(bytes, start + 6)
  if (bytes[start + 2] !== 0x3a || bytes[start + 5] !== 0x3a) return INVALID
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return INVALID
  const seconds = hour * 3600 + minute * 60 + second
  let at = start + 8
  let fraction = 0
  if (bytes[at] === 0x2e) {
    const first = ++at
    let digit = bytes[at]! - 0x30
    while (digit >= 0 && digit <= 9 && at < first + 7) {
      fraction = fraction * 10 + digit
      digit = bytes[++at]! - 0x30
    }
    if (at === first || at > first + 6) return INVALID
    fraction *= powersOfTen[first + 6 - at]!
  }
  out[0] = seconds * 1e6 + fraction
  return at
}

/**
 * `YYYY-MM-DD`, `YYYY-MM-DD HH:MM:SS[.ffffff]` or ISO 8601 with T, followed by nothing, Z, or ±HH[:MM].
 * out[0] = microseconds since 1970 of the wall clock; out[1] = the offset in microseconds, NaN when none is
 * given. Returns the end, INVALID when it is something else.
 */
export function scanTimestamp(bytes: Uint8Array, start: number, out: ScanOutput): number {
  let end = scanDate(bytes, start, out)
  if (end === INVALID) return INVALID
  const midnight = out[0]! * 86400e6
  const separator = bytes[end]
  out[1] = Number.NaN
  if (separator !== 0x20 && separator !== 0x54) {
    out[0] = midnight
    return end
  }
  end = scanTime(bytes, end + 1, out)
  if (end === INVALID) return INVALID
  out[0] = midnight + out[0]!
  const zone = bytes[end]
  if (zone === 0x5a) {
    out[1] = 0
    return end + 1
  }
  return zone === 0x2b || zone === 0x2d ? scanOffset(bytes, end, out) : end
}

/** ±HH, ±HHMM or ±HH:MM. */
function scanOffset(bytes: Uint8Array, start: number, out: ScanOutput): number {
  const hours = digits2(bytes, start + 1)
  const minutesAt = bytes[start + 3] === 0x3a ? start + 4 : start + 3
  const next = bytes[minutesAt]!
  const hasMinutes = next >= 0x30 && next <= 0x39
  const minutes = hasMinutes ? digits2(bytes, minutesAt) : 0
  if (hours < 0 || hours > 15 || minutes < 0 || minutes > 59 || (!hasMinutes && minutesAt === start + 4))
    return INVALID
  out[1] = (bytes[start] === 0x2d ? -1 : 1) * (hours * 60 + minutes) * 60e6
  return hasMinutes ? minutesAt + 2 : start + 3
}

/**
 * Two digits as a number, negative when they are not digits; without branches. Past the end of the array it
 * may return anything: what must follow the token is missing then too.
 */
function digits2(bytes: Uint8Array, position: number): number {
  const tens = bytes[position]! - 0x30
  const ones = bytes[position + 1]! - 0x30
  return ((tens | ones | (9 - tens) | (9 - ones)) >> 31) | (tens * 10 + ones)
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return 30 + ((month + (month >> 3)) & 1)
}

/**
 * Days since 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant, "days_from_civil"), years 1 …
 * 9999.
 */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year
  const era = (shifted / 400) | 0
  const yearOfEra = shifted - era * 400
  const dayOfYear = (((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) | 0) + day - 1
  const dayOfEra = yearOfEra * 365 + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0) + dayOfYear
  return era * 146097 + dayOfEra - 719468
}
