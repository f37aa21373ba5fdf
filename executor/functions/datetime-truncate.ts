/**
 * date_trunc and date_bin. A truncation is chosen once per call site; a row costs integer arithmetic alone.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { DataType } from '../../planner/types.ts'
import { intervalType, textType, timestampType, timestamptzType } from '../../planner/types.ts'
import { Interval } from '../batch/interval.ts'
import { isFiniteTimestamp } from './datetime-arithmetic.ts'
import {
  checkTimestamp,
  civilFromDays,
  civilMonth,
  civilYear,
  dayOfTimestamp,
  dayOfWeek,
  daysFromCivil,
  floorModulo,
  MICROS_PER_DAY,
  timestampOutOfRange,
} from './datetime-calendar.ts'
import type { TimeUnit } from './datetime-units.ts'
import { findUnit, truncationError } from './datetime-units.ts'
import { defineFunction } from './define.ts'
import type { CallSite, ScalarFunction } from './scalar-function.ts'
import type { TimeZone } from './time-zone.ts'
import { sessionZone, zoneOfText } from './time-zone.ts'

/** Units of a fixed length within a day. */
const unitMicros: Partial<Record<TimeUnit, bigint>> = {
  microsecond: 1n,
  millisecond: 1000n,
  second: 1_000_000n,
  minute: 60_000_000n,
  hour: 3_600_000_000n,
  day: MICROS_PER_DAY,
}

/** The first day of the unit that a day is in. */
const unitStart: Partial<Record<TimeUnit, (days: number) => number>> = {
  week: days => days - ((dayOfWeek(days) + 6) % 7),
  month: days => days - (civilFromDays(days) & 31) + 1,
  quarter: days => {
    const civil = civilFromDays(days)
    return daysFromCivil(civilYear(civil), civilMonth(civil) - ((civilMonth(civil) - 1) % 3), 1)
  },
  year: days => daysFromCivil(civilYear(civilFromDays(days)), 1, 1),
  decade: days => daysFromCivil(Math.floor(civilYear(civilFromDays(days)) / 10) * 10, 1, 1),
  century: days => daysFromCivil(eraStart(civilYear(civilFromDays(days)), 100), 1, 1),
  millennium: days => daysFromCivil(eraStart(civilYear(civilFromDays(days)), 1000), 1, 1),
}

/**
 * The first year of a century or millennium: these begin with years 1, 101 …; 0 (1 BC) ends the one before.
 */
function eraStart(year: number, length: number): number {
  return Math.floor((year - 1) / length) * length + 1
}

type Truncate = (micros: bigint) => bigint

/** Truncation of local time; undefined when the unit cannot be truncated to. */
function localTruncation(unit: TimeUnit): Truncate | undefined {
  const length = unitMicros[unit]
  if (length !== undefined) {
    return micros => (isFiniteTimestamp(micros) ? micros - floorModulo(micros, length) : micros)
  }
  const start = unitStart[unit]
  if (start === undefined) return undefined
  // Rows come in the order of time more often than not: the last unit's bounds answer most of them.
  let lastDay = Number.NaN
  let lastStart = 0n
  return micros => {
    if (!isFiniteTimestamp(micros)) return micros
    const day = dayOfTimestamp(micros)
    if (day !== lastDay) {
      lastStart = BigInt(start(day)) * MICROS_PER_DAY
      lastDay = day
    }
    return checkTimestamp(lastStart)
  }
}

/**
 * Truncation in a zone. Hours and below keep their offset; days and above find that of the new local time.
 */
function zonedTruncation(unit: TimeUnit, zone: TimeZone): Truncate | undefined {
  const truncate = localTruncation(unit)
  if (truncate === undefined) return undefined
  const length = unitMicros[unit]
  if (length !== undefined && length < MICROS_PER_DAY) {
    return micros => {
      if (!isFiniteTimestamp(micros)) return micros
      const offset = zone.offsetAt(micros)
      return truncate(micros + offset) - offset
    }
  }
  return micros =>
    isFiniteTimestamp(micros) ? checkTimestamp(zone.toUtc(truncate(micros + zone.offsetAt(micros)))) : micros
}

const monthsPerUnit: Partial<Record<TimeUnit, number>> = {
  month: 1,
  quarter: 3,
  year: 12,
  decade: 120,
  century: 1200,
  millennium: 12_000,
}

function truncateInterval(name: string, interval: Interval): Interval {
  const unit = findUnit(name)
  const months = unit === undefined ? undefined : monthsPerUnit[unit]
  if (months !== undefined) return new Interval(interval.months - (interval.months % months), 0, 0n)
  if (unit === 'day') return new Interval(interval.months, interval.days, 0n)
  const length = unit === undefined ? undefined : unitMicros[unit]
  if (length !== undefined)
    return new Interval(interval.months, interval.days, interval.micros - (interval.micros % length))
  throw truncationError(
    name,
    intervalType,
    unit === 'week' ? 'Months usually have fractional weeks.' : undefined,
  )
}

/** The truncation of a (unit, zone) pair that may be constant; the last pair is kept where it is not. */
class Truncations {
  readonly #type: DataType
  readonly #site: CallSite
  #unitName = ''
  #zoneName: string | undefined
  #truncate: Truncate | undefined

  constructor(type: DataType, site: CallSite) {
    this.#type = type
    this.#site = site
  }

  truncate(unitName: string, zoneName: string | undefined, micros: bigint): bigint {
    if (this.#truncate === undefined || unitName !== this.#unitName || zoneName !== this.#zoneName) {
      this.#truncate = this.#make(unitName, zoneName)
      this.#unitName = unitName
      this.#zoneName = zoneName
    }
    return this.#truncate(micros)
  }

  #make(unitName: string, zoneName: string | undefined): Truncate {
    const unit = findUnit(unitName)
    let made: Truncate | undefined
    if (unit !== undefined && this.#type.kind === 'timestamp') {
      made = localTruncation(unit)
    } else if (unit !== undefined) {
      const zone = zoneName === undefined ? sessionZone(this.#site.context) : zoneOfText(zoneName)
      made = zonedTruncation(unit, zone)
    }
    if (made === undefined) throw truncationError(unitName, this.#type)
    return made
  }
}

const truncateTimestamp = {
  prepare: (site: CallSite) => {
    const truncations = new Truncations(timestampType, site)
    return (unit: string, micros: bigint) => truncations.truncate(unit, undefined, micros)
  },
}

const truncateTimestamptz = {
  prepare: (site: CallSite) => {
    const truncations = new Truncations(timestamptzType, site)
    return (unit: string, micros: bigint, zone?: string) => truncations.truncate(unit, zone, micros)
  },
}

/** date_bin: the start of the stride that `micros` is in, strides being counted from `origin`. */
export function dateBin(stride: Interval, micros: bigint, origin: bigint): bigint {
  if (!isFiniteTimestamp(micros)) return micros
  if (!isFiniteTimestamp(origin)) throw new SqlError(SqlState.datetimeFieldOverflow, 'origin out of range')
  if (stride.months !== 0) {
    const message = 'timestamps cannot be binned into intervals containing months or years'
    throw new SqlError(SqlState.featureNotSupported, message)
  }
  const length = BigInt(stride.days) * MICROS_PER_DAY + stride.micros
  if (length <= 0n) throw new SqlError(SqlState.datetimeFieldOverflow, 'stride must be greater than zero')
  const result = micros - floorModulo(micros - origin, length)
  if (result === -9223372036854775808n) throw timestampOutOfRange()
  return checkTimestamp(result)
}

const unchanging = { neverNull: true } as const
const stable = { neverNull: true, volatility: 'stable' } as const

export const truncateFunctions: readonly ScalarFunction[] = [
  defineFunction('date_trunc', [textType, timestampType], timestampType, truncateTimestamp, unchanging),
  defineFunction('date_trunc', [textType, timestamptzType], timestamptzType, truncateTimestamptz, stable),
  defineFunction(
    'date_trunc',
    [textType, timestamptzType, textType],
    timestamptzType,
    truncateTimestamptz,
    stable,
  ),
  defineFunction(
    'date_trunc',
    [textType, intervalType],
    intervalType,
    { call: truncateInterval },
    unchanging,
  ),
  defineFunction(
    'date_bin',
    [intervalType, timestampType, timestampType],
    timestampType,
    { call: dateBin },
    unchanging,
  ),
  defineFunction(
    'date_bin',
    [intervalType, timestamptzType, timestamptzType],
    timestamptzType,
    { call: dateBin },
    unchanging,
  ),
]
