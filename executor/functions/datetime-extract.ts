/**
 * extract (numeric, exact) and date_part (double precision) of dates, times, timestamps and intervals. A
 * field's getter is chosen once per call site, so that a row costs the arithmetic alone.
 */

import type { DataType } from '../../planner/types.ts'
import {
  dateType,
  float8Type,
  intervalType,
  numericType,
  textType,
  timestampType,
  timestamptzType,
  timeType,
  timetzType,
} from '../../planner/types.ts'
import type { Interval } from '../batch/interval.ts'
import { Numeric, numericInfinity, numericNegativeInfinity } from '../batch/numeric.ts'
import type { TimeTz } from '../batch/time-tz.ts'
import { isFiniteDate, isFiniteTimestamp, timestampOfDate } from './datetime-arithmetic.ts'
import {
  civilDay,
  civilFromDays,
  civilMonth,
  civilYear,
  DATE_INFINITY,
  dayOfTimestamp,
  dayOfWeek,
  dayOfYear,
  floorDivide,
  floorModulo,
  isoWeek,
  isoYear,
  MICROS_PER_DAY,
  MICROS_PER_SECOND,
  TIMESTAMP_INFINITY,
  UNIX_EPOCH_JULIAN_DAY,
} from './datetime-calendar.ts'
import type { TimeUnit } from './datetime-units.ts'
import { findUnit, unitError } from './datetime-units.ts'
import { defineFunction } from './define.ts'
import { addNumeric, divideNumeric } from './numeric-arithmetic.ts'
import type { CallSite, ScalarFunction } from './scalar-function.ts'
import type { TimeZone } from './time-zone.ts'
import { sessionZone } from './time-zone.ts'

/** What a field is, exactly: a decimal with this many digits after the point. */
interface Getter<Value> {
  readonly scale: number
  readonly get: (value: Value) => bigint
}

/** Getters of the fields that are calendar facts of a day. */
const dayFields: Partial<Record<TimeUnit, (days: number) => number>> = {
  day: days => civilDay(civilFromDays(days)),
  month: days => civilMonth(civilFromDays(days)),
  quarter: days => Math.floor((civilMonth(civilFromDays(days)) + 2) / 3),
  week: isoWeek,
  year: days => shownYear(civilYear(civilFromDays(days))),
  decade: days => Math.floor(civilYear(civilFromDays(days)) / 10),
  century: days => eraOf(civilYear(civilFromDays(days)), 100),
  millennium: days => eraOf(civilYear(civilFromDays(days)), 1000),
  isoyear: days => shownYear(isoYear(days)),
  dow: dayOfWeek,
  isodow: days => ((dayOfWeek(days) + 6) % 7) + 1,
  doy: dayOfYear,
}

/** There is no year zero: 1 BC is -1. */
function shownYear(year: number): number {
  return year > 0 ? year : year - 1
}

/** Century or millennium: the first begins with year 1, the one before it is -1. */
function eraOf(year: number, length: number): number {
  if (year > 0) return Math.floor((year + length - 1) / length)
  return -Math.floor((length - 1 - (year - 1)) / length)
}

/** Getters of the fields that are facts of microseconds since midnight. */
const timeFields: Partial<Record<TimeUnit, Getter<bigint>>> = {
  microsecond: { scale: 0, get: micros => micros % 60_000_000n },
  millisecond: { scale: 3, get: micros => micros % 60_000_000n },
  second: { scale: 6, get: micros => micros % 60_000_000n },
  minute: { scale: 0, get: micros => (micros / 60_000_000n) % 60n },
  hour: { scale: 0, get: micros => micros / 3_600_000_000n },
}

function dateGetter(unit: TimeUnit): Getter<number> | undefined {
  const field = dayFields[unit]
  if (field !== undefined) return { scale: 0, get: days => BigInt(field(days)) }
  if (unit === 'epoch') return { scale: 0, get: days => BigInt(days) * 86_400n }
  if (unit === 'julian') return { scale: 0, get: days => BigInt(days + UNIX_EPOCH_JULIAN_DAY) }
  return undefined
}

function timestampGetter(unit: TimeUnit): Getter<bigint> | undefined {
  const day = dayFields[unit]
  if (day !== undefined) return { scale: 0, get: micros => BigInt(day(dayOfTimestamp(micros))) }
  const time = timeFields[unit]
  if (time !== undefined) {
    return { scale: time.scale, get: micros => time.get(floorModulo(micros, MICROS_PER_DAY)) }
  }
  if (unit === 'epoch') return { scale: 6, get: micros => micros }
  return undefined
}

/** Julian day with the fraction that numeric division gives. */
function numericJulian(micros: bigint): Numeric {
  const days = floorDivide(micros, MICROS_PER_DAY)
  const fraction = divideNumeric(
    new Numeric(micros - days * MICROS_PER_DAY, 0),
    new Numeric(MICROS_PER_DAY, 0),
  )
  return addNumeric(new Numeric(days + BigInt(UNIX_EPOCH_JULIAN_DAY), 0), fraction)
}

function timeGetter(unit: TimeUnit): Getter<bigint> | undefined {
  return unit === 'epoch' ? { scale: 6, get: micros => micros } : timeFields[unit]
}

function timetzGetter(unit: TimeUnit): Getter<TimeTz> | undefined {
  const field = timeFields[unit]
  if (field !== undefined) return { scale: field.scale, get: ({ micros }) => field.get(micros) }
  switch (unit) {
    case 'epoch':
      return { scale: 6, get: ({ micros, zone }) => micros + BigInt(zone) * MICROS_PER_SECOND }
    case 'timezone':
      return { scale: 0, get: ({ zone }) => BigInt(-zone) }
    case 'timezone_hour':
      return { scale: 0, get: ({ zone }) => BigInt(-zone) / 3600n }
    case 'timezone_minute':
      return { scale: 0, get: ({ zone }) => (BigInt(-zone) % 3600n) / 60n }
    default:
      return undefined
  }
}

const secondsPerYear = 31_557_600n
const secondsPerMonth = 2_592_000n

function intervalGetter(unit: TimeUnit): Getter<Interval> | undefined {
  const time = timeFields[unit]
  if (time !== undefined) return { scale: time.scale, get: interval => time.get(interval.micros) }
  const ofMonths = (get: (months: number) => number): Getter<Interval> => ({
    scale: 0,
    get: interval => BigInt(get(interval.months)),
  })
  switch (unit) {
    case 'day':
      return { scale: 0, get: interval => BigInt(interval.days) }
    case 'month':
      return ofMonths(months => months % 12)
    case 'quarter':
      return ofMonths(months => Math.trunc((months % 12) / 3) + 1)
    case 'year':
      return ofMonths(months => Math.trunc(months / 12))
    case 'decade':
      return ofMonths(months => Math.trunc(months / 120))
    case 'century':
      return ofMonths(months => Math.trunc(months / 1200))
    case 'millennium':
      return ofMonths(months => Math.trunc(months / 12_000))
    case 'epoch':
      return {
        scale: 6,
        get: ({ months, days, micros }) => {
          const years = BigInt(Math.trunc(months / 12))
          const seconds =
            years * secondsPerYear + BigInt(months % 12) * secondsPerMonth + BigInt(days) * 86_400n
          return seconds * MICROS_PER_SECOND + micros
        },
      }
    default:
      return undefined
  }
}

/** Fields of the zone's offset; the others are those of local time, but for epoch. */
function timestamptzGetter(unit: TimeUnit, zone: TimeZone): Getter<bigint> | undefined {
  if (unit === 'epoch') return { scale: 6, get: micros => micros }
  const offset = (micros: bigint) => zone.offsetAt(micros) / MICROS_PER_SECOND
  switch (unit) {
    case 'timezone':
      return { scale: 0, get: offset }
    case 'timezone_hour':
      return { scale: 0, get: micros => offset(micros) / 3600n }
    case 'timezone_minute':
      return { scale: 0, get: micros => (offset(micros) % 3600n) / 60n }
    default: {
      const local = timestampGetter(unit)
      return local && { scale: local.scale, get: micros => local.get(micros + zone.offsetAt(micros)) }
    }
  }
}

/** Of an infinite value, fields that only grow with time are infinite, the others NULL. */
const growing = new Set<TimeUnit>(['year', 'decade', 'century', 'millennium', 'julian', 'isoyear', 'epoch'])

type Extractor = (value: never) => unknown

/** Makes the function from a value to its field: numeric, or a double for date_part. */
type Finish = <Value>(getter: Getter<Value>) => (value: Value) => unknown

const toNumeric: Finish =
  ({ scale, get }) =>
  value =>
    new Numeric(get(value), scale)

const toDouble: Finish = ({ scale, get }) => {
  const divisor = 10 ** scale
  return value => Number(get(value)) / divisor
}

/** date_part's julian and an interval's epoch are computed in doubles. */
function doubleJulian(micros: bigint): number {
  const days = floorDivide(micros, MICROS_PER_DAY)
  return Number(days) + UNIX_EPOCH_JULIAN_DAY + Number(micros - days * MICROS_PER_DAY) / 1e6 / 86_400
}

function doubleEpoch({ months, days, micros }: Interval): number {
  const years = 365.25 * 86_400 * Math.trunc(months / 12)
  return Number(micros) / 1e6 + years + 30 * 86_400 * (months % 12) + 86_400 * days
}

/** The extractor of field `name` of `type`; one that throws when the type has no such field. */
function makeExtractor(name: string, type: DataType, site: CallSite, double: boolean): Extractor {
  const unit = findUnit(name)
  const finish = double ? toDouble : toNumeric
  const fail = () => {
    throw unitError(name, type)
  }
  if (unit === undefined) return fail
  switch (type.kind) {
    case 'date': {
      const getter = dateGetter(unit)
      return getter === undefined ? fail : finiteDates(unit, finish(getter), double)
    }
    case 'time': {
      const getter = timeGetter(unit)
      return getter === undefined ? fail : finish(getter)
    }
    case 'timetz': {
      const getter = timetzGetter(unit)
      return getter === undefined ? fail : finish(getter)
    }
    case 'interval': {
      if (double && unit === 'epoch') return doubleEpoch
      const getter = intervalGetter(unit)
      return getter === undefined ? fail : finish(getter)
    }
    default:
      return timestampExtractor(unit, type, site, double) ?? fail
  }
}

function timestampExtractor(
  unit: TimeUnit,
  type: DataType,
  site: CallSite,
  double: boolean,
): Extractor | undefined {
  const zone = type.kind === 'timestamptz' ? sessionZone(site.context) : undefined
  if (unit === 'julian') {
    const julian = double ? doubleJulian : numericJulian
    return finiteTimestamps(unit, micros => julian(micros + (zone?.offsetAt(micros) ?? 0n)), double)
  }
  const getter = zone === undefined ? timestampGetter(unit) : timestamptzGetter(unit, zone)
  if (getter !== undefined) return finiteTimestamps(unit, (double ? toDouble : toNumeric)(getter), double)
  if (!unit.startsWith('timezone')) return undefined
  return finiteTimestamps(
    unit,
    () => {
      throw unitError(unit, type)
    },
    double,
  )
}

function infinity(unit: TimeUnit, positive: boolean, double: boolean): unknown {
  if (!growing.has(unit)) return null
  if (double) return positive ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
  return positive ? numericInfinity : numericNegativeInfinity
}

function finiteDates(unit: TimeUnit, extract: (days: number) => unknown, double: boolean): Extractor {
  return (days: number) =>
    isFiniteDate(days) ? extract(days) : infinity(unit, days === DATE_INFINITY, double)
}

function finiteTimestamps(unit: TimeUnit, extract: (micros: bigint) => unknown, double: boolean): Extractor {
  return (micros: bigint) =>
    isFiniteTimestamp(micros) ? extract(micros) : infinity(unit, micros === TIMESTAMP_INFINITY, double)
}

/**
 * A function of (field, value): the extractor is made once for a constant field, else kept for the last
 * one.
 */
function preparedExtractor(
  type: DataType,
  double: boolean,
): (site: CallSite) => (...args: never[]) => unknown {
  return site => {
    const constant = site.constants[0]
    if (typeof constant === 'string') {
      const extract = makeExtractor(constant, type, site, double)
      return (_field: string, value: never) => extract(value)
    }
    const made = new Map<string, Extractor>()
    return (field: string, value: never) => {
      let extract = made.get(field)
      if (extract === undefined) {
        extract = makeExtractor(field, type, site, double)
        if (made.size < 64) made.set(field, extract)
      }
      return extract(value)
    }
  }
}

function records(type: DataType): ScalarFunction[] {
  const traits = type.kind === 'timestamptz' ? { volatility: 'stable' as const } : {}
  const numeric = { prepare: preparedExtractor(type, false) }
  const extract = defineFunction('extract', [textType, type], numericType, numeric, traits)
  // date_part of a date goes by way of timestamp, so that it knows hours.
  const double = type.kind === 'date' ? datePartOfDate() : { prepare: preparedExtractor(type, true) }
  return [extract, defineFunction('date_part', [textType, type], float8Type, double, traits)]
}

function datePartOfDate(): { readonly prepare: (site: CallSite) => (...args: never[]) => unknown } {
  return {
    prepare: site => {
      const part = preparedExtractor(timestampType, true)(site) as (field: string, micros: bigint) => unknown
      return (field: string, days: number) => part(field, timestampOfDate(days))
    },
  }
}

export const extractFunctions: readonly ScalarFunction[] = [
  dateType,
  timeType,
  timetzType,
  timestampType,
  timestamptzType,
  intervalType,
].flatMap(records)
