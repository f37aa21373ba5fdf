/**
 * Text input and output of intervals: PostgreSQL's DecodeInterval, DecodeISO8601Interval and EncodeInterval
 * (datetime.c), in all four IntervalStyles.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import { ALL_FIELDS, withIntervalUnit } from '../../planner/interval-fields.ts'
import { Interval } from '../batch/interval.ts'
import { DecodeError, decodeFailure } from './datetime-decode-error.ts'
import { intervalStyle, type SettingsContext } from './datetime-settings.ts'
import { fractionText, pad2 } from './datetime-text.ts'
import type { Field } from './datetime-tokens.ts'
import { splitFields } from './datetime-tokens.ts'

export type IntervalUnit =
  | 'microsecond'
  | 'millisecond'
  | 'second'
  | 'minute'
  | 'hour'
  | 'day'
  | 'week'
  | 'month'
  | 'year'
  | 'decade'
  | 'century'
  | 'millennium'

const DAY_MICROS = 86_400_000_000

const microsPerUnit: Partial<Record<IntervalUnit, number>> = {
  microsecond: 1,
  millisecond: 1000,
  second: 1_000_000,
  minute: 60_000_000,
  hour: 3_600_000_000,
}
const yearsPerUnit: Partial<Record<IntervalUnit, number>> = {
  year: 1,
  decade: 10,
  century: 100,
  millennium: 1000,
}

const unitNames: Readonly<Record<IntervalUnit, string>> = {
  microsecond: 'us usec usecs usecond useconds microsecon',
  millisecond: 'ms msec msecs msecond mseconds millisecon',
  second: 's sec secs second seconds',
  minute: 'm min mins minute minutes',
  hour: 'h hr hrs hour hours',
  day: 'd day days',
  week: 'w week weeks',
  month: 'mon mons month months',
  year: 'y yr yrs year years',
  decade: 'dec decs decade decades',
  century: 'c cent century centuries',
  millennium: 'mil mils millennium millennia',
}

const unitsByName = new Map<string, IntervalUnit>()
for (const [unit, names] of Object.entries(unitNames)) {
  for (const name of names.split(' ')) unitsByName.set(name, unit as IntervalUnit)
}

/** interval's input. A number without a unit counts the last of the type's `fields`, or seconds. */
export function parseInterval(text: string, context: SettingsContext, fields = ALL_FIELDS): Interval {
  const qualified = withIntervalUnit(text, fields)
  const sums = new IntervalSums()
  try {
    try {
      decodeFields(qualified, sums, intervalStyle(context) === 'sql_standard')
    } catch (error) {
      if (!(error instanceof DecodeError) || error.reason !== 'format' || !text.startsWith('P')) throw error
      sums.clear()
      decodeIso8601(text, sums)
    }
  } catch (error) {
    const overflow = error instanceof DecodeError && error.reason === 'range'
    throw decodeFailure(overflow ? new DecodeError('interval_range') : error, 'interval', text)
  }
  return sums.interval()
}

const INT64_MAX = 9223372036854775807n
const INT64_MIN = -9223372036854775808n

/** The interval that is being read; every addition is checked. */
class IntervalSums {
  #years = 0
  #months = 0
  #days = 0
  #micros = 0n

  clear(): void {
    this.#years = 0
    this.#months = 0
    this.#days = 0
    this.#micros = 0n
  }

  negate(): void {
    this.#years = -this.#years
    this.#months = 0 - this.#months
    this.#days = 0 - this.#days
    this.#micros = -this.#micros
  }

  /** `whole` and `fraction` of a unit. A fraction of a month spills into days, one of a day into time. */
  add(whole: bigint, fraction: number, unit: IntervalUnit): void {
    const micros = microsPerUnit[unit]
    const years = yearsPerUnit[unit]
    if (micros !== undefined) {
      this.addMicros(whole * BigInt(micros))
      this.#addMicrosFraction(fraction, micros)
    } else if (years !== undefined) {
      this.#addYears(Number(whole) * years)
      this.#addMonths(roundHalfEven(fraction * years * 12))
    } else if (unit === 'month') {
      this.#addMonths(Number(whole))
      this.#addDaysFraction(fraction, 30)
    } else if (unit === 'week') {
      this.#addDays(Number(whole) * 7)
      this.#addDaysFraction(fraction, 7)
    } else {
      this.#addDays(Number(whole))
      this.#addMicrosFraction(fraction, DAY_MICROS)
    }
  }

  addMicros(micros: bigint): void {
    this.#micros += micros
    if (this.#micros > INT64_MAX || this.#micros < INT64_MIN) throw new DecodeError('range')
  }

  interval(): Interval {
    const months = this.#years * 12 + this.#months
    if (months !== (months | 0)) throw new SqlError(SqlState.datetimeFieldOverflow, 'interval out of range')
    return new Interval(months, this.#days, this.#micros)
  }

  #addYears(years: number): void {
    this.#years += years
    if (this.#years !== (this.#years | 0)) throw new DecodeError('range')
  }

  #addMonths(months: number): void {
    this.#months += months
    if (this.#months !== (this.#months | 0)) throw new DecodeError('range')
  }

  #addDays(days: number): void {
    this.#days += days
    if (this.#days !== (this.#days | 0)) throw new DecodeError('range')
  }

  #addDaysFraction(fraction: number, scale: number): void {
    if (fraction === 0) return
    const days = Math.trunc(fraction * scale)
    this.#addDays(days)
    this.#addMicrosFraction(fraction * scale - days, DAY_MICROS)
  }

  #addMicrosFraction(fraction: number, scale: number): void {
    if (fraction === 0) return
    const exact = fraction * scale
    let micros = Math.trunc(exact)
    if (exact - micros > 0.5) micros++
    else if (exact - micros < -0.5) micros--
    this.addMicros(BigInt(micros))
  }
}

/** C's rint. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest < 0.5) return floor
  if (rest > 0.5) return floor + 1
  return floor % 2 === 0 ? floor : floor + 1
}

/** Which parts of an interval were given, as bits: each unit may come once. */
const unitBits: Readonly<Record<IntervalUnit, number>> = {
  microsecond: 1,
  millisecond: 2,
  second: 4,
  minute: 8,
  hour: 16,
  day: 32,
  week: 64,
  month: 128,
  year: 256,
  decade: 512,
  century: 1024,
  millennium: 2048,
}
const ALL_SECONDS = 7
const ALL_TIME = 31

/** DecodeInterval: reads the fields from right to left, so that a unit is known before its number. */
function decodeFields(text: string, sums: IntervalSums, sqlStandard: boolean): void {
  const fields = splitFields(text)
  if (fields === undefined) throw new DecodeError('format')
  const negative =
    sqlStandard && fields[0]?.text[0] === '-' && !fields.slice(1).some(field => /^[+-]/.test(field.text))
  let seen = 0
  let unit: IntervalUnit | undefined
  let pendingUnit = false
  let ago = false
  for (let index = fields.length - 1; index >= 0; index--) {
    const field = fields[index]!
    let given = 0
    if (field.kind === 'word' || field.kind === 'special') {
      if (pendingUnit) throw new DecodeError('format')
      if (field.text === 'ago') {
        ago = true
        continue
      }
      unit = unitsByName.get(field.text.slice(0, 10))
      if (unit === undefined) throw new DecodeError('format')
      pendingUnit = true
    } else {
      const time = timeField(field, negative)
      if (time !== undefined) {
        sums.addMicros(time)
        given = ALL_TIME
        unit = 'day'
      } else {
        const used = unit ?? 'second'
        given = addNumber(field.text, used, negative, sums)
        unit = used === 'hour' ? 'day' : used
      }
      pendingUnit = false
    }
    if ((given & seen) !== 0) throw new DecodeError('format')
    seen |= given
  }
  if (seen === 0 || pendingUnit) throw new DecodeError('format')
  if (ago) sums.negate()
}

/** `hh:mm[:ss[.fff]]`, maybe signed, in microseconds; undefined when the field is not a time. */
function timeField(field: Field, negative: boolean): bigint | undefined {
  if (field.kind !== 'time' && (field.kind !== 'zone' || !field.text.includes(':', 1))) return undefined
  const sign = field.kind === 'zone' ? field.text[0] : '+'
  const match = /^[+-]?(\d+):(\d*)(?::(\d*))?(\.\d*)?$/.exec(field.text)
  if (match === null) {
    if (field.kind === 'zone') return undefined
    throw new DecodeError('format')
  }
  const [first, second] = [BigInt(match[1]!), Number(match[2])]
  const short = match[3] === undefined && match[4] !== undefined
  const hours = short ? 0n : first
  const minutes = short ? first : BigInt(second)
  const seconds = short ? second : Number(match[3] ?? 0)
  const fraction =
    match[4] === undefined || match[4] === '.' ? 0 : roundHalfEven(Number('0' + match[4]) * 1e6)
  if (minutes > 59n || seconds > 60) throw new DecodeError('range')
  const micros =
    hours * 3_600_000_000n + minutes * 60_000_000n + BigInt(seconds) * 1_000_000n + BigInt(fraction)
  if (micros > INT64_MAX) throw new DecodeError('range')
  return sign === '-' || negative ? -micros : micros
}

/** Adds a number (`1`, `-1.5`, or years-months `1-2`) of `unit`s; returns the parts it gave. */
function addNumber(text: string, unit: IntervalUnit, negative: boolean, sums: IntervalSums): number {
  const match = /^([+-]?)(\d*)(?:(-)(\d*)|(\.\d*))?$/.exec(text)
  if (match === null) throw new DecodeError('format')
  const sign = match[1] === '-' || negative ? -1n : 1n
  const whole = BigInt(match[2]!) * sign
  if (whole > INT64_MAX || whole < INT64_MIN) throw new DecodeError('range')
  if (match[3] !== undefined) {
    const months = BigInt(match[4]!)
    if (months > 11n) throw new DecodeError('range')
    sums.add(whole * 12n + months * sign, 0, 'month')
    return unitBits.month
  }
  const fraction = match[5] === undefined || match[5] === '.' ? 0 : Number('0' + match[5]) * Number(sign)
  sums.add(whole, fraction, unit)
  return unit === 'second' && fraction !== 0 ? ALL_SECONDS : unitBits[unit]
}

const isoDateUnits: Readonly<Record<string, IntervalUnit>> = { Y: 'year', M: 'month', W: 'week', D: 'day' }
const isoTimeUnits: Readonly<Record<string, IntervalUnit>> = { H: 'hour', M: 'minute', S: 'second' }

/** DecodeISO8601Interval: `P1Y2M3DT4H5M6S`, `P0001-02-03T04:05:06`, `P00010203T040506`. */
function decodeIso8601(text: string, sums: IntervalSums): void {
  if (text.length < 2) throw new DecodeError('format')
  const time = text.indexOf('T')
  const datePart = text.slice(1, time < 0 ? undefined : time)
  const timePart = time < 0 ? '' : text.slice(time + 1)
  if (
    !isoAlternative(datePart, /^(-?\d{4})(\d{2})(\d{2})(\.\d*)?$/, ['year', 'month', 'day'], sums) &&
    !isoAlternative(datePart, /^([^-]+)(?:-([^-]+))?(?:-([^-]+))?$/, ['year', 'month', 'day'], sums)
  ) {
    isoDesignated(datePart, isoDateUnits, sums)
  }
  if (
    !isoAlternative(timePart, /^(-?\d{2})(\d{2})(\d{2})(\.\d*)?$/, ['hour', 'minute', 'second'], sums) &&
    !isoAlternative(timePart, /^([^:]+)(?::([^:]+))?(?::([^:]+))?$/, ['hour', 'minute', 'second'], sums)
  ) {
    isoDesignated(timePart, isoTimeUnits, sums)
  }
}

const isoNumber = /^-?(?:\d+\.?\d*|\.\d+)$/

/** The forms without designators: numbers in a fixed order. False when the text is not of the form. */
function isoAlternative(
  text: string,
  form: RegExp,
  units: readonly IntervalUnit[],
  sums: IntervalSums,
): boolean {
  const match = form.exec(text)
  if (match === null) return false
  const parts = match.slice(1, 4).filter(part => part !== undefined)
  if (parts.some(part => !isoNumber.test(part))) return false
  if (match[4] !== undefined) parts[2] += match[4]
  for (const [index, part] of parts.entries()) addIsoNumber(part, units[index]!, sums)
  return true
}

function isoDesignated(
  text: string,
  units: Readonly<Record<string, IntervalUnit>>,
  sums: IntervalSums,
): void {
  const pattern = /(-?(?:\d+\.?\d*|\.\d+))([A-Z])/y
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text)
    const unit = match === null ? undefined : units[match[2]!]
    if (match === null || unit === undefined) throw new DecodeError('format')
    addIsoNumber(match[1]!, unit, sums)
  }
}

function addIsoNumber(text: string, unit: IntervalUnit, sums: IntervalSums): void {
  const value = Number(text)
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) throw new DecodeError('range')
  const whole = Math.trunc(value)
  sums.add(BigInt(whole), value - whole, unit)
}

/** interval's output in the context's IntervalStyle. */
export function formatInterval(value: Interval, context: SettingsContext): string {
  const parts = intervalParts(value)
  switch (intervalStyle(context)) {
    case 'sql_standard':
      return formatSqlStandard(parts)
    case 'iso_8601':
      return formatIso8601(parts)
    case 'postgres_verbose':
      return formatVerbose(parts)
    default:
      return formatPostgres(parts)
  }
}

/** An interval in the fields of a calendar; all parts of months, and all of micros, have the same sign. */
export interface IntervalParts {
  readonly years: number
  readonly months: number
  readonly days: number
  readonly hours: number
  readonly minutes: number
  readonly seconds: number
  readonly micros: number
}

export function intervalParts(value: Interval): IntervalParts {
  const hours = value.micros / 3_600_000_000n
  const rest = Number(value.micros - hours * 3_600_000_000n)
  const seconds = Math.trunc(rest / 1_000_000)
  return {
    years: Math.trunc(value.months / 12),
    months: value.months % 12,
    days: value.days,
    hours: Number(hours),
    minutes: Math.trunc(seconds / 60),
    seconds: seconds % 60,
    micros: rest - seconds * 1_000_000,
  }
}

/** `05.5`, or `5.5` when not padded. */
function secondsText(parts: IntervalParts, padded: boolean): string {
  const seconds = Math.abs(parts.seconds)
  return (
    (padded ? pad2(seconds) : String(seconds)) +
    (parts.micros === 0 ? '' : fractionText(Math.abs(parts.micros)))
  )
}

function clockText(parts: IntervalParts): string {
  return `${String(Math.abs(parts.hours))}:${pad2(Math.abs(parts.minutes))}:${secondsText(parts, true)}`
}

function isNegativeTime(parts: IntervalParts): boolean {
  return parts.hours < 0 || parts.minutes < 0 || parts.seconds < 0 || parts.micros < 0
}

function hasTime(parts: IntervalParts): boolean {
  return parts.hours !== 0 || parts.minutes !== 0 || parts.seconds !== 0 || parts.micros !== 0
}

function formatPostgres(parts: IntervalParts): string {
  let text = ''
  let before = false
  for (const [amount, name] of [
    [parts.years, 'year'],
    [parts.months, 'mon'],
    [parts.days, 'day'],
  ] as const) {
    if (amount === 0) continue
    const sign = before && amount > 0 ? '+' : ''
    text += `${text === '' ? '' : ' '}${sign}${amount} ${name}${amount === 1 ? '' : 's'}`
    before = amount < 0
  }
  if (text !== '' && !hasTime(parts)) return text
  const sign = isNegativeTime(parts) ? '-' : before ? '+' : ''
  const hours = String(Math.abs(parts.hours)).padStart(2, '0')
  const clock = `${sign}${hours}:${pad2(Math.abs(parts.minutes))}:${secondsText(parts, true)}`
  return text === '' ? clock : `${text} ${clock}`
}

function formatVerbose(parts: IntervalParts): string {
  let text = '@'
  let before = false
  const amounts = [
    [parts.years, 'year'],
    [parts.months, 'mon'],
    [parts.days, 'day'],
    [parts.hours, 'hour'],
    [parts.minutes, 'min'],
  ] as const
  for (const [amount, name] of amounts) {
    if (amount === 0) continue
    if (text === '@') before = amount < 0
    const shown = before ? -amount : amount
    text += ` ${shown} ${name}${shown === 1 ? '' : 's'}`
  }
  if (parts.seconds !== 0 || parts.micros !== 0) {
    const negative = parts.seconds < 0 || (parts.seconds === 0 && parts.micros < 0)
    if (text === '@') before = negative
    const plural = Math.abs(parts.seconds) !== 1 || parts.micros !== 0 ? 's' : ''
    text += ` ${negative !== before ? '-' : ''}${secondsText(parts, false)} sec${plural}`
  }
  if (text === '@') text += ' 0'
  return before ? text + ' ago' : text
}

function formatIso8601(parts: IntervalParts): string {
  let text = 'P'
  if (parts.years !== 0) text += `${parts.years}Y`
  if (parts.months !== 0) text += `${parts.months}M`
  if (parts.days !== 0) text += `${parts.days}D`
  if (hasTime(parts)) text += 'T'
  if (parts.hours !== 0) text += `${parts.hours}H`
  if (parts.minutes !== 0) text += `${parts.minutes}M`
  if (parts.seconds !== 0 || parts.micros !== 0) {
    text += `${parts.seconds < 0 || parts.micros < 0 ? '-' : ''}${secondsText(parts, false)}S`
  }
  return text === 'P' ? 'PT0S' : text
}

function formatSqlStandard(parts: IntervalParts): string {
  const amounts = [
    parts.years,
    parts.months,
    parts.days,
    parts.hours,
    parts.minutes,
    parts.seconds,
    parts.micros,
  ]
  const negative = amounts.some(amount => amount < 0)
  const positive = amounts.some(amount => amount > 0)
  const yearMonth = parts.years !== 0 || parts.months !== 0
  const dayTime = parts.days !== 0 || hasTime(parts)
  if (!negative && !positive) return '0'
  const { years, months, days } = parts
  if ((negative && positive) || (yearMonth && dayTime)) {
    const yearSign = years < 0 || months < 0 ? '-' : '+'
    const daySign = days < 0 ? '-' : '+'
    const timeSign = isNegativeTime(parts) ? '-' : '+'
    const date = `${yearSign}${Math.abs(years)}-${Math.abs(months)} ${daySign}${Math.abs(days)}`
    return `${date} ${timeSign}${clockText(parts)}`
  }
  const sign = negative ? '-' : ''
  if (yearMonth) return `${sign}${Math.abs(years)}-${Math.abs(months)}`
  return days !== 0 ? `${sign}${Math.abs(days)} ${clockText(parts)}` : sign + clockText(parts)
}
