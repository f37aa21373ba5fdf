/** to_char of timestamps and intervals: DCH_to_char of formatting.c, one function per keyword. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { Interval } from '../batch/interval.ts'
import {
  civilDay,
  civilFromDays,
  civilMonth,
  civilYear,
  dayOfWeek,
  dayOfYear,
  floorDivide,
  isoWeek,
  isoWeekStart,
  isoYear,
  MICROS_PER_DAY,
  MICROS_PER_SECOND,
  UNIX_EPOCH_JULIAN_DAY,
} from './datetime-calendar.ts'
import { dayNames, monthNames } from './datetime-tokens.ts'
import { intervalParts } from './interval-text.ts'
import type { TimeZone } from './time-zone.ts'
import type { Template } from './to-char-template.ts'
import { ordinalSuffix, romanMonths } from './to-char-template.ts'

/**
 * What the keywords read. Of an interval the calendar facts mean nothing; years are then as they are, else
 * astronomical.
 */
export interface Moment {
  readonly interval: boolean
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly micros: number
  /** Days since 1970; of an interval its length in days of its months and days. */
  readonly days: number
  /** Of a timestamptz. */
  readonly offsetSeconds: number
  readonly zone: string
}

/** A local timestamp; `zone` and its instant for timestamptz. */
export function momentOfTimestamp(local: bigint, zone: TimeZone | undefined, instant: bigint): Moment {
  const dayNumber = floorDivide(local, MICROS_PER_DAY)
  const time = Number(local - dayNumber * MICROS_PER_DAY)
  const days = Number(dayNumber)
  const civil = civilFromDays(days)
  const seconds = Math.floor(time / 1_000_000)
  return {
    interval: false,
    year: civilYear(civil),
    month: civilMonth(civil),
    day: civilDay(civil),
    hour: Math.floor(seconds / 3600),
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
    micros: time - seconds * 1_000_000,
    days,
    offsetSeconds: zone === undefined ? 0 : Number(zone.offsetAt(instant) / MICROS_PER_SECOND),
    zone: zone === undefined ? '' : zone.abbreviationAt(instant),
  }
}

export function momentOfInterval(value: Interval): Moment {
  const parts = intervalParts(value)
  return {
    interval: true,
    year: parts.years,
    month: parts.months,
    day: parts.days,
    hour: parts.hours,
    minute: parts.minutes,
    second: parts.seconds,
    micros: parts.micros,
    days: (parts.years * 12 + parts.months) * 30 + parts.days,
    offsetSeconds: 0,
    zone: '',
  }
}

/** The text of a moment. */
export function formatMoment(template: Template, moment: Moment): string {
  let result = ''
  for (const node of template) {
    if (node.kind !== 'keyword') {
      result += node.text
      continue
    }
    const text = writers[node.keyword]!(moment, node.fill)
    result += text
    if (node.ordinal !== '' && text !== '' && numericKeywords.test(node.keyword))
      result += ordinalSuffix(text, node.ordinal)
  }
  return result
}

const numericKeywords = /^(?:[CDHIJQWY]|MI|MM|MS|US|S|F)(?!AY|Y$)/i

type Writer = (moment: Moment, fill: boolean) => string

/** At least `width` digits, one more character for a sign; as it is in fill mode. */
function padded(value: number, width: number, fill: boolean): string {
  if (fill) return String(value)
  const digits = String(Math.abs(value)).padStart(width, '0')
  return value < 0 ? '-' + digits : digits
}

/** C's %0*d: the sign counts. */
function zeroPadded(value: number, width: number, fill: boolean): string {
  return value < 0 ? padded(value, width - 1, fill) : padded(value, width, fill)
}

function numeric(width: number, read: (moment: Moment) => number): Writer {
  return (moment, fill) => padded(read(moment), width, fill)
}

function numericInWidth(width: number, read: (moment: Moment) => number): Writer {
  return (moment, fill) => zeroPadded(read(moment), width, fill)
}

/** Keywords that need a calendar date. */
function ofDate(write: Writer): Writer {
  return (moment, fill) => {
    if (moment.interval) {
      const message = 'invalid format specification for an interval value'
      throw new SqlError(SqlState.invalidDatetimeFormat, message, {
        hint: 'Intervals are not tied to specific calendar dates.',
      })
    }
    return write(moment, fill)
  }
}

/** A name padded to `width`. */
function named(width: number, read: (moment: Moment) => string): Writer {
  return ofDate((moment, fill) => (fill ? read(moment) : read(moment).padEnd(width)))
}

function shownYear(moment: Moment): number {
  return moment.interval || moment.year > 0 ? moment.year : 1 - moment.year
}

function shownIsoYear(moment: Moment): number {
  if (moment.interval) return moment.year
  const year = isoYear(moment.days)
  return year > 0 ? year : 1 - year
}

function century(moment: Moment): number {
  if (moment.interval) return Math.trunc(moment.year / 100)
  return moment.year > 0 ? Math.trunc((moment.year - 1) / 100) + 1 : Math.trunc(moment.year / 100) - 1
}

function thousands(moment: Moment): string {
  const year = shownYear(moment)
  const high = Math.trunc(year / 1000)
  return `${high},${zeroPadded(year - high * 1000, 3, false)}`
}

function roman(moment: Moment, fill: boolean): string {
  if (moment.month === 0 && moment.year === 0) return ''
  const index =
    moment.month === 0 ? (moment.year >= 0 ? 11 : 0) : moment.month < 0 ? 12 + moment.month : moment.month - 1
  const text = romanMonths[index]!
  return fill ? text : text.padEnd(4)
}

function offset(moment: Moment, fill: boolean): string {
  const size = Math.abs(moment.offsetSeconds)
  const hours = (moment.offsetSeconds < 0 ? '-' : '+') + padded(Math.floor(size / 3600), 2, fill)
  return size % 3600 === 0 ? hours : `${hours}:${padded(Math.floor(size / 60) % 60, 2, false)}`
}

const monthName = (moment: Moment) => monthNames[moment.month - 1]!
const dayName = (moment: Moment) => dayNames[dayOfWeek(moment.days)]!
const short = (read: (moment: Moment) => string) => (moment: Moment) => read(moment).slice(0, 3)
const meridiem = (moment: Moment) => (moment.hour % 24 >= 12 ? 'PM' : 'AM')
const era = (moment: Moment) => (moment.year <= 0 ? 'BC' : 'AD')
const dotted = (text: string) => `${text[0]}.${text[1]}.`
const hour12 = (moment: Moment) => (moment.hour % 12 === 0 ? 12 : moment.hour % 12)

/** Keywords in upper case, and those with a spelling of their own. */
const spelled: Readonly<Record<string, Writer>> = {
  AM: meridiem,
  PM: meridiem,
  'A.M.': moment => dotted(meridiem(moment)),
  'P.M.': moment => dotted(meridiem(moment)),
  AD: ofDate(era),
  BC: ofDate(era),
  'A.D.': ofDate(moment => dotted(era(moment))),
  'B.C.': ofDate(moment => dotted(era(moment))),
  HH: numeric(2, hour12),
  HH12: numeric(2, hour12),
  HH24: numeric(2, moment => moment.hour),
  MI: numeric(2, moment => moment.minute),
  SS: numeric(2, moment => moment.second),
  MS: moment => padded(Math.trunc(moment.micros / 1000), 3, false),
  US: moment => padded(moment.micros, 6, false),
  SSSS: moment => String(moment.hour * 3600 + moment.minute * 60 + moment.second),
  MONTH: named(9, moment => monthName(moment).toUpperCase()),
  Month: named(9, monthName),
  MON: named(3, moment => short(monthName)(moment).toUpperCase()),
  Mon: named(3, short(monthName)),
  MM: numeric(2, moment => moment.month),
  DAY: named(9, moment => dayName(moment).toUpperCase()),
  Day: named(9, dayName),
  DY: named(3, moment => short(dayName)(moment).toUpperCase()),
  Dy: named(3, short(dayName)),
  DDD: numericInWidth(3, moment => (moment.interval ? moment.days : dayOfYear(moment.days))),
  IDDD: numericInWidth(3, moment => moment.days - isoWeekStart(isoYear(moment.days), 1) + 1),
  DD: numericInWidth(2, moment => moment.day),
  D: ofDate(moment => String(dayOfWeek(moment.days) + 1)),
  ID: ofDate(moment => String(dayOfWeek(moment.days) === 0 ? 7 : dayOfWeek(moment.days))),
  WW: numericInWidth(
    2,
    moment => Math.trunc(((moment.interval ? moment.days : dayOfYear(moment.days)) - 1) / 7) + 1,
  ),
  IW: numericInWidth(2, moment => isoWeek(moment.days)),
  Q: moment => (moment.month === 0 ? '' : String(Math.trunc((moment.month - 1) / 3) + 1)),
  CC: (moment, fill) =>
    Math.abs(century(moment)) > 99 ? String(century(moment)) : padded(century(moment), 2, fill),
  'Y,YYY': thousands,
  YYYY: numeric(4, shownYear),
  YYY: numeric(3, moment => shownYear(moment) % 1000),
  YY: numeric(2, moment => shownYear(moment) % 100),
  Y: moment => String(shownYear(moment) % 10),
  IYYY: numeric(4, shownIsoYear),
  IYY: numeric(3, moment => shownIsoYear(moment) % 1000),
  IY: numeric(2, moment => shownIsoYear(moment) % 100),
  I: moment => String(shownIsoYear(moment) % 10),
  RM: roman,
  W: moment => String(Math.trunc((moment.day - 1) / 7) + 1),
  J: moment => String(moment.days + UNIX_EPOCH_JULIAN_DAY),
  TZ: ofDate(moment => moment.zone),
  OF: ofDate(offset),
  TZH: ofDate(
    moment =>
      (moment.offsetSeconds < 0 ? '-' : '+') +
      padded(Math.floor(Math.abs(moment.offsetSeconds) / 3600), 2, false),
  ),
  TZM: ofDate(moment => padded(Math.floor(Math.abs(moment.offsetSeconds) / 60) % 60, 2, false)),
  FX: () => '',
}

const textKeywords = /^(?:A\.?[DM]\.?|[BP]\.?[CM]\.?|MONTH|MON|DAY|DY|RM|TZ)$/

/** Writers by keyword as it is spelled in the template. */
const writers: Record<string, Writer> = { ...spelled, SSSSS: spelled['SSSS']! }
for (let digits = 1; digits <= 6; digits++) {
  writers[`FF${digits}`] = moment => padded(Math.trunc(moment.micros / 10 ** (6 - digits)), digits, false)
}
for (const [keyword, write] of Object.entries(writers)) {
  if (keyword !== keyword.toUpperCase()) continue
  const lower = textKeywords.test(keyword)
  writers[keyword.toLowerCase()] = lower ? (moment, fill) => write(moment, fill).toLowerCase() : write
}

/** The largest part of time whose moments all have the same text; undefined when the text depends on more. */
export function templateUnit(template: Template): bigint | undefined {
  let unit = MICROS_PER_DAY
  for (const node of template) {
    if (node.kind !== 'keyword') continue
    const keyword = node.keyword.toUpperCase()
    if (/^(?:FF|MS|US|TZ|OF)/.test(keyword)) return undefined
    const length = /^SS/.test(keyword)
      ? MICROS_PER_SECOND
      : keyword === 'MI'
        ? 60_000_000n
        : /^(?:HH|[AP]\.?M)/.test(keyword)
          ? 3_600_000_000n
          : MICROS_PER_DAY
    if (length < unit) unit = length
  }
  return unit
}
