/**
 * Text input and output of date, time, timestamp and timestamptz. ISO text takes a short path of its own;
 * everything else goes through the general decoder (datetime-decode.ts).
 *
 * Runtime values: date is days since 1970-01-01; time is microseconds since midnight (24:00 included);
 * timestamp and timestamptz are microseconds since 1970-01-01 (UTC). Infinities: datetime-calendar.ts.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'
import {
  civilDay,
  civilFromDays,
  civilMonth,
  civilYear,
  DATE_INFINITY,
  DATE_NEGATIVE_INFINITY,
  DAY_END,
  DAY_MIN,
  dayOfWeek,
  daysFromCivil,
  daysInMonth,
  floorDivide,
  isValidTimestamp,
  MICROS_PER_DAY,
  MICROS_PER_SECOND,
  TIMESTAMP_INFINITY,
  TIMESTAMP_NEGATIVE_INFINITY,
} from './datetime-calendar.ts'
import type { Decoded } from './datetime-decode.ts'
import { decodeDateTime, decodeTime } from './datetime-decode.ts'
import { decodeFailure } from './datetime-decode-error.ts'
import { dateFormat, dateOrder } from './datetime-settings.ts'
import { dayNames, monthNames } from './datetime-tokens.ts'
import { sessionZone } from './time-zone.ts'

/** date's input. 22007 and 22008 with PostgreSQL's texts. */
export function parseDate(text: string, context: EvaluationContext): number {
  const iso = text.length === 10 ? isoDate(text) : NOT_ISO
  if (iso !== NOT_ISO) return iso
  try {
    const decoded = decodeDateTime(text, context)
    if (decoded.special === 'infinity') return DATE_INFINITY
    if (decoded.special === '-infinity') return DATE_NEGATIVE_INFINITY
    if (decoded.special === 'epoch') return 0
    const days = daysFromCivil(decoded.year, decoded.month, decoded.day)
    if (days < DAY_MIN || days >= DAY_END) {
      throw new SqlError(SqlState.datetimeFieldOverflow, `date out of range: "${text}"`)
    }
    return days
  } catch (error) {
    throw error instanceof SqlError ? error : decodeFailure(error, 'date', text)
  }
}

/** time's input; a date or zone in the text is read and ignored. */
export function parseTime(text: string, context: EvaluationContext): bigint {
  const iso = isoTime(text, 0)
  if (iso >= 0 && isoEnd === text.length) return BigInt(iso)
  try {
    return decodeTime(text, context).micros
  } catch (error) {
    throw error instanceof SqlError ? error : decodeFailure(error, 'time', text)
  }
}

/** timestamp's input; a zone in the text is ignored, as in PostgreSQL. */
export function parseTimestamp(text: string, context: EvaluationContext): bigint {
  const iso = isoTimestamp(text)
  if (iso !== undefined && isoEnd === text.length) return iso
  return parseGeneral(text, context, 'timestamp')
}

/** timestamptz's input; without a zone in the text the context's zone applies. */
export function parseTimestamptz(text: string, context: EvaluationContext): bigint {
  const iso = isoTimestamp(text)
  if (iso !== undefined && isoEnd === text.length) {
    if (isoZone === NO_ZONE) return sessionZone(context).toUtc(iso)
    return iso - BigInt(isoZone) * MICROS_PER_SECOND
  }
  return parseGeneral(text, context, 'timestamp with time zone')
}

function parseGeneral(text: string, context: EvaluationContext, type: string): bigint {
  let decoded: Decoded
  try {
    decoded = decodeDateTime(text, context)
  } catch (error) {
    throw error instanceof SqlError ? error : decodeFailure(error, type, text)
  }
  if (decoded.special === 'infinity') return TIMESTAMP_INFINITY
  if (decoded.special === '-infinity') return TIMESTAMP_NEGATIVE_INFINITY
  if (decoded.special === 'epoch') return 0n
  const days = daysFromCivil(decoded.year, decoded.month, decoded.day)
  const local = BigInt(days) * MICROS_PER_DAY + decoded.micros
  const micros = type === 'timestamp' ? local : (decoded.zone ?? sessionZone(context)).toUtc(local)
  if (!isValidTimestamp(micros)) {
    throw new SqlError(SqlState.datetimeFieldOverflow, `timestamp out of range: "${text}"`)
  }
  return micros
}

const NOT_ISO = Number.NEGATIVE_INFINITY
const NO_ZONE = 1_000_000
/** Where isoTime and isoTimestamp stopped, and the zone (seconds east) that isoTimestamp read. */
let isoEnd = 0
let isoZone = NO_ZONE

/** Two digits at `index` as a number; -1 when they are none. */
function twoDigits(text: string, index: number): number {
  const tens = text.charCodeAt(index) - 48
  const ones = text.charCodeAt(index + 1) - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1
}

/** `YYYY-MM-DD` at the start of the text; NOT_ISO when it is not that, or no valid date. */
function isoDate(text: string): number {
  const century = twoDigits(text, 0)
  const yearOfCentury = twoDigits(text, 2)
  const month = twoDigits(text, 5)
  const day = twoDigits(text, 8)
  if (century < 0 || yearOfCentury < 0 || text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45)
    return NOT_ISO
  const year = century * 100 + yearOfCentury
  if (year === 0 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return NOT_ISO
  return daysFromCivil(year, month, day)
}

/** `HH:MM[:SS[.ffffff]]` at `start` in microseconds, -1 when it is not that; sets isoEnd. */
function isoTime(text: string, start: number): number {
  const hour = twoDigits(text, start)
  const minute = twoDigits(text, start + 3)
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || text.charCodeAt(start + 2) !== 58) return -1
  isoEnd = start + 5
  let micros = (hour * 60 + minute) * 60_000_000
  if (text.charCodeAt(isoEnd) !== 58) return text.charCodeAt(isoEnd) === 46 ? -1 : micros
  const second = twoDigits(text, isoEnd + 1)
  if (second < 0 || second > 59) return -1
  micros += second * 1_000_000
  isoEnd += 3
  if (text.charCodeAt(isoEnd) !== 46) return micros
  let unit = 100_000
  for (isoEnd++; ; isoEnd++) {
    const digit = text.charCodeAt(isoEnd) - 48
    if (!(digit >= 0 && digit <= 9)) return micros
    if (unit < 1) return -1
    micros += digit * unit
    unit = Math.floor(unit / 10)
  }
}

/** An ISO date with or without a time and offset; undefined when the general decoder must look at it. */
function isoTimestamp(text: string): bigint | undefined {
  const days = isoDate(text)
  if (days === NOT_ISO) return undefined
  isoZone = NO_ZONE
  isoEnd = 10
  const midnight = BigInt(days) * MICROS_PER_DAY
  if (text.length === 10) return midnight
  const separator = text.charCodeAt(10)
  if (separator !== 32 && separator !== 84) return undefined
  const time = isoTime(text, 11)
  if (time < 0) return undefined
  if (isoEnd < text.length) readIsoZone(text)
  return midnight + BigInt(time)
}

/** `Z`, `+HH`, `+HH:MM` at isoEnd. */
function readIsoZone(text: string): void {
  const sign = text.charCodeAt(isoEnd)
  if (sign === 90 && text.length === isoEnd + 1) {
    isoZone = 0
    isoEnd++
    return
  }
  const hours = twoDigits(text, isoEnd + 1)
  const length = text.length - isoEnd
  if ((sign !== 43 && sign !== 45) || hours < 0 || hours > 15 || (length !== 3 && length !== 6)) return
  const minutes =
    length === 6 && text.charCodeAt(isoEnd + 3) === 58 ? twoDigits(text, isoEnd + 4) : length === 3 ? 0 : -1
  if (minutes < 0 || minutes > 59) return
  const seconds = (hours * 60 + minutes) * 60
  isoZone = sign === 45 ? -seconds : seconds
  isoEnd = text.length
}

/** date's output in the context's DateStyle. */
export function formatDate(days: number, context: EvaluationContext): string {
  if (days === DATE_INFINITY) return 'infinity'
  if (days === DATE_NEGATIVE_INFINITY) return '-infinity'
  const civil = civilFromDays(days)
  const year = civilYear(civil)
  return styledDate(days, context) + (year <= 0 ? ' BC' : '')
}

/** time's output: `HH:MM:SS[.ffffff]`. */
export function formatTime(micros: bigint): string {
  return timeText(Number(micros))
}

/** timestamp's output in the context's DateStyle. */
export function formatTimestamp(micros: bigint, context: EvaluationContext): string {
  return styledTimestamp(micros, context, '', '')
}

/** timestamptz's output in the context's zone and DateStyle. */
export function formatTimestamptz(micros: bigint, context: EvaluationContext): string {
  if (micros === TIMESTAMP_INFINITY || micros === TIMESTAMP_NEGATIVE_INFINITY)
    return formatTimestamp(micros, context)
  const zone = sessionZone(context)
  const offset = zone.offsetAt(micros)
  const seconds = Number(offset / MICROS_PER_SECOND)
  const iso = dateFormat(context) === 'ISO'
  const abbreviation = iso ? '' : zone.abbreviationAt(micros)
  const suffix = abbreviation === '' ? '' : ' ' + abbreviation
  return styledTimestamp(micros + offset, context, suffix === '' ? offsetText(seconds) : '', suffix)
}

/** `+HH[:MM[:SS]]`. */
export function offsetText(seconds: number): string {
  const size = Math.abs(seconds)
  const hours = (seconds < 0 ? '-' : '+') + pad2(Math.floor(size / 3600))
  if (size % 3600 === 0) return hours
  const minutes = `${hours}:${pad2(Math.floor(size / 60) % 60)}`
  return size % 60 === 0 ? minutes : `${minutes}:${pad2(size % 60)}`
}

/** The text of a local timestamp; `offset` or `zone` (with its space) follow the time. */
function styledTimestamp(micros: bigint, context: EvaluationContext, offset: string, zone: string): string {
  if (micros === TIMESTAMP_INFINITY) return 'infinity'
  if (micros === TIMESTAMP_NEGATIVE_INFINITY) return '-infinity'
  const dayNumber = floorDivide(micros, MICROS_PER_DAY)
  const days = Number(dayNumber)
  const time = timeText(Number(micros - dayNumber * MICROS_PER_DAY))
  const format = dateFormat(context)
  if (format === 'ISO') return `${isoDateText(days)} ${time}${offset}${days < YEAR_ONE ? ' BC' : ''}`
  const civil = civilFromDays(days)
  const year = civilYear(civil)
  const era = year <= 0 ? ' BC' : ''
  if (format !== 'Postgres') return `${styledDate(days, context)} ${time}${offset}${zone}${era}`
  const weekday = dayNames[dayOfWeek(days)]!.slice(0, 3)
  const month = monthNames[civilMonth(civil) - 1]!.slice(0, 3)
  const day = pad2(civilDay(civil))
  const date = dateOrder(context) === 'DMY' ? `${day} ${month}` : `${month} ${day}`
  const gap = offset === '' ? '' : ' '
  return `${weekday} ${date} ${time} ${yearText(year)}${gap}${offset}${zone}${era}`
}

/** 0001-01-01 AD. */
const YEAR_ONE = daysFromCivil(1, 1, 1)
let lastDay = Number.NaN
let lastDayText = ''

/** `YYYY-MM-DD`; the last one is kept, since neighbouring rows tend to be of the same day. */
function isoDateText(days: number): string {
  if (days !== lastDay) {
    const civil = civilFromDays(days)
    lastDayText = `${yearText(civilYear(civil))}-${pad2(civilMonth(civil))}-${pad2(civilDay(civil))}`
    lastDay = days
  }
  return lastDayText
}

function styledDate(days: number, context: EvaluationContext): string {
  const civil = civilFromDays(days)
  const year = yearText(civilYear(civil))
  const month = pad2(civilMonth(civil))
  const day = pad2(civilDay(civil))
  const dayFirst = dateOrder(context) === 'DMY'
  switch (dateFormat(context)) {
    case 'ISO':
      return isoDateText(days)
    case 'SQL':
      return dayFirst ? `${day}/${month}/${year}` : `${month}/${day}/${year}`
    case 'German':
      return `${day}.${month}.${year}`
    case 'Postgres':
      return dayFirst ? `${day}-${month}-${year}` : `${month}-${day}-${year}`
  }
}

/** The year as PostgreSQL counts: 1 BC is year 1 (the era is written elsewhere). */
function yearText(year: number): string {
  const shown = year <= 0 ? 1 - year : year
  return shown >= 1000 ? String(shown) : String(shown).padStart(4, '0')
}

function timeText(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000)
  const fraction = micros - seconds * 1_000_000
  const minutes = Math.floor(seconds / 60)
  const clock = `${pad2(Math.floor(minutes / 60))}:${pad2(minutes % 60)}:${pad2(seconds % 60)}`
  return fraction === 0 ? clock : clock + fractionText(fraction)
}

/** `.5` for 500000 microseconds: no trailing zeros. */
export function fractionText(micros: number): string {
  let digits = micros
  let width = 6
  while (digits % 10 === 0) {
    digits /= 10
    width--
  }
  const text = String(digits)
  return '.' + '00000'.slice(0, width - text.length) + text
}

const twoDigitTexts = Array.from({ length: 100 }, (_, value) => String(value).padStart(2, '0'))

export function pad2(value: number): string {
  return twoDigitTexts[value] ?? String(value)
}
