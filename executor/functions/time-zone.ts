/**
 * Time zones: IANA names through Intl, fixed offsets in the POSIX convention (positive is west of
 * Greenwich, as in `UTC+3` and `<+03>-03`), and abbreviations.
 *
 * Intl answers "which local time is it at this instant" in 2 µs. We ask it in steps of some days, once per
 * zone and year, find the transitions between by bisection and keep them; a lookup is then a comparison
 * with the segment of the last one. The Gregorian calendar repeats every 400 years, and so do today's
 * rules: years beyond 2400 are looked up 400 · n years earlier. Before 1800 every zone has its first
 * offset.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'
import {
  civilFromDays,
  civilYear,
  daysFromCivil,
  floorDivide,
  MICROS_PER_SECOND,
  SECONDS_PER_DAY,
  TIMESTAMP_NEGATIVE_INFINITY,
} from './datetime-calendar.ts'
import { zoneAbbreviation } from './time-zone-abbreviations.ts'

export interface TimeZone {
  readonly name: string
  /** Its offset never changes. */
  readonly fixed: boolean
  /** Microseconds east of UTC at an instant. */
  offsetAt(utcMicros: bigint): bigint
  /**
   * The instant at which clocks show `localMicros`. As PostgreSQL: a time that the clock skips is read with
   * the offset before the transition, one that it shows twice with the offset after it (standard time).
   */
  toUtc(localMicros: bigint): bigint
  /** `CET`; `+03` for zones without a usual abbreviation. */
  abbreviationAt(utcMicros: bigint): string
}

/** The zone of timestamptz input and output in this context. */
export function sessionZone(context: EvaluationContext): TimeZone {
  return namedZone(context.timeZone)
}

let lastName = 'UTC'
let lastZone: TimeZone | undefined

/** A zone by IANA name or POSIX offset; 22023 when there is none. */
export function namedZone(name: string): TimeZone {
  if (lastZone !== undefined && name === lastName) return lastZone
  const zone = findZone(name)
  if (zone === undefined) throw unknownZone(name)
  lastName = name
  lastZone = zone
  return zone
}

/** The zone of AT TIME ZONE 'name': abbreviations (EST), then IANA names, then POSIX offsets. */
export function zoneOfText(name: string): TimeZone {
  const meaning = zoneAbbreviation(name)
  if (typeof meaning === 'number') return fixedZone(meaning * 60, name.toUpperCase())
  return namedZone(meaning ?? name)
}

function unknownZone(name: string): SqlError {
  return new SqlError(SqlState.invalidParameterValue, `time zone "${name}" not recognized`)
}

const zones = new Map<string, TimeZone>()
const ZONES_MAX = 2048

/** A zone by IANA name (any case) or POSIX offset; undefined when there is none. */
export function findZone(name: string): TimeZone | undefined {
  const known = zones.get(name)
  if (known !== undefined) return known
  const zone = ianaZone(name) ?? posixZone(name)
  if (zone !== undefined) {
    if (zones.size >= ZONES_MAX) zones.delete(zones.keys().next().value as string)
    zones.set(name, zone)
  }
  return zone
}

/** A zone that is always `secondsEast` of UTC. */
export function fixedZone(secondsEast: number, name = numericAbbreviation(secondsEast)): TimeZone {
  return new FixedZone(name, name, secondsEast)
}

class FixedZone implements TimeZone {
  readonly name: string
  readonly fixed = true
  readonly #abbreviation: string
  readonly #offset: bigint

  constructor(name: string, abbreviation: string, secondsEast: number) {
    this.name = name
    this.#abbreviation = abbreviation
    this.#offset = BigInt(secondsEast) * MICROS_PER_SECOND
  }

  offsetAt(_utcMicros: bigint): bigint {
    return this.#offset
  }

  toUtc(localMicros: bigint): bigint {
    return localMicros - this.#offset
  }

  abbreviationAt(_utcMicros: bigint): string {
    return this.#abbreviation
  }
}

/** `+3`, `UTC+3`, `<+03>-03`, `EST5:30`: west is positive. */
function posixZone(name: string): TimeZone | undefined {
  const match = /^(?:([A-Za-z]{3,})|<([^<>]*)>)?([+-]?)(\d{1,3})(?::(\d{1,2})(?::(\d{1,2}))?)?$/.exec(name)
  if (match === null) return undefined
  const [hours, minutes, seconds] = [Number(match[4]), Number(match[5] ?? 0), Number(match[6] ?? 0)]
  if (hours > 167 || minutes > 59 || seconds > 60) return undefined
  const west = (hours * 60 + minutes) * 60 + seconds
  return new FixedZone(name, match[1] ?? match[2] ?? '', match[3] === '-' ? west : -west)
}

/**
 * Three-letter names that are in the IANA database; Intl knows more (ICU's old ones), PostgreSQL does not.
 */
const shortNames = new Set([
  'CET',
  'EET',
  'EST',
  'GMT',
  'HST',
  'MET',
  'MST',
  'PRC',
  'ROC',
  'ROK',
  'UCT',
  'UTC',
  'WET',
])

function ianaZone(name: string): TimeZone | undefined {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name)) return undefined
  const upper = name.toUpperCase()
  if (upper === 'UTC' || upper === 'ETC/UTC' || upper === 'UCT' || upper === 'ZULU') {
    return new FixedZone(name, 'UTC', 0)
  }
  if (name.length === 3 && !shortNames.has(upper)) return undefined
  try {
    return new IanaZone(name)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

const PROBE_SECONDS = 5 * SECONDS_PER_DAY
const YEAR_MIN = 1800
const YEAR_MAX = 2400
const CYCLE_YEARS = 400
const CYCLE_SECONDS = 146097 * SECONDS_PER_DAY
const YEAR_SECONDS = 365 * SECONDS_PER_DAY
/** Standard time came with the railways; before it every town had local mean time. */
const FIRST_NAMED_SECOND = daysFromCivil(1884, 1, 1) * SECONDS_PER_DAY
const FIRST_SECOND = daysFromCivil(YEAR_MIN, 1, 1) * SECONDS_PER_DAY

/** The offsets of one year: from starts[n] (seconds since 1970) on it is offsets[n] seconds. */
interface YearOffsets {
  readonly starts: number[]
  readonly offsets: number[]
}

class IanaZone implements TimeZone {
  readonly name: string
  readonly fixed = false
  readonly #format: Intl.DateTimeFormat
  readonly #years = new Map<number, YearOffsets>()
  /** The segment of the last lookup: [start, end) in UTC microseconds. */
  #start = 0n
  #end = 0n
  #offset = 0n

  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    this.name = name
  }

  offsetAt(utcMicros: bigint): bigint {
    if (utcMicros >= this.#start && utcMicros < this.#end) return this.#offset
    return this.#seek(utcMicros)
  }

  toUtc(localMicros: bigint): bigint {
    const before = this.offsetAt(localMicros - 86_400_000_000n)
    const segmentEnd = this.#end
    // Far from a transition (the usual case): the segment reaches two days further.
    if (localMicros + 86_400_000_000n < segmentEnd) return localMicros - before
    return localMicros - this.#resolveLocal(localMicros)
  }

  abbreviationAt(utcMicros: bigint): string {
    const offset = this.offsetAt(utcMicros)
    let seconds = mapYear(Number(floorDivide(utcMicros, MICROS_PER_SECOND))).seconds
    if (seconds < FIRST_NAMED_SECOND || (seconds < 0 && this.#isFirstOffset(offset))) return 'LMT'
    // Intl has names since 1970; before, those of the same season count if the offset is the same.
    while (seconds < SECONDS_PER_DAY) seconds += YEAR_SECONDS
    const sameOffset = this.offsetAt(BigInt(seconds) * MICROS_PER_SECOND) === offset
    const name = sameOffset ? abbreviation(this.name, seconds) : undefined
    return name ?? numericAbbreviation(Number(offset / MICROS_PER_SECOND))
  }

  #isFirstOffset(offset: bigint): boolean {
    return (
      offset === BigInt(this.#year(YEAR_MIN).offsets[0]!) * MICROS_PER_SECOND && offset % 60_000_000n !== 0n
    )
  }

  /**
   * PostgreSQL's DetermineTimeZoneOffset: the first transition after local time minus a day decides.
   * Returns the offset to use at `localMicros`.
   */
  #resolveLocal(localMicros: bigint): bigint {
    const before = this.offsetAt(localMicros - 86_400_000_000n)
    const [boundary, after] = this.#nextTransition(localMicros - 86_400_000_000n, before)
    const beforeTime = localMicros - before
    const afterTime = localMicros - after
    if (beforeTime < boundary && afterTime < boundary) return before
    if (beforeTime > boundary && afterTime >= boundary) return after
    return beforeTime > afterTime ? before : after
  }

  /** The next change of the offset after an instant and the offset from then on; at most four days ahead. */
  #nextTransition(utcMicros: bigint, offset: bigint): readonly [bigint, bigint] {
    let from = utcMicros
    for (let step = 0; step < 4; step++) {
      this.offsetAt(from)
      from = this.#end
      const next = this.offsetAt(from)
      if (next !== offset) return [from, next]
    }
    return [from, offset]
  }

  #seek(utcMicros: bigint): bigint {
    const seconds = Number(floorDivide(utcMicros, MICROS_PER_SECOND))
    if (seconds < FIRST_SECOND) {
      this.#start = TIMESTAMP_NEGATIVE_INFINITY * 2n
      this.#end = BigInt(FIRST_SECOND) * MICROS_PER_SECOND
      this.#offset = BigInt(this.#year(YEAR_MIN).offsets[0]!) * MICROS_PER_SECOND
      return this.#offset
    }
    const mapped = mapYear(seconds)
    const shift = seconds - mapped.seconds
    const year = this.#year(mapped.year)
    let segment = 0
    while (segment + 1 < year.starts.length && year.starts[segment + 1]! <= mapped.seconds) segment++
    const yearEnd = daysFromCivil(mapped.year + 1, 1, 1) * SECONDS_PER_DAY
    this.#start = BigInt(year.starts[segment]! + shift) * MICROS_PER_SECOND
    this.#end = BigInt((year.starts[segment + 1] ?? yearEnd) + shift) * MICROS_PER_SECOND
    this.#offset = BigInt(year.offsets[segment]!) * MICROS_PER_SECOND
    return this.#offset
  }

  #year(year: number): YearOffsets {
    const known = this.#years.get(year)
    if (known !== undefined) return known
    const made = this.#probeYear(year)
    this.#years.set(year, made)
    return made
  }

  #probeYear(year: number): YearOffsets {
    const start = daysFromCivil(year, 1, 1) * SECONDS_PER_DAY
    const end = daysFromCivil(year + 1, 1, 1) * SECONDS_PER_DAY
    const starts = [start]
    const offsets = [this.#probe(start)]
    for (let from = start; from < end; from += PROBE_SECONDS) {
      const to = Math.min(from + PROBE_SECONDS, end - 1)
      const offset = this.#probe(to)
      if (offset === offsets[offsets.length - 1]) continue
      let low = from
      let high = to
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2)
        if (this.#probe(middle) === offset) high = middle
        else low = middle
      }
      starts.push(high)
      offsets.push(offset)
    }
    return { starts, offsets }
  }

  /** Asks Intl: seconds east of UTC at `seconds` since 1970. */
  #probe(seconds: number): number {
    const match = /^(\d+)\/(\d+)\/(\d+), (\d+):(\d+):(\d+)$/.exec(this.#format.format(seconds * 1000))!
    const days = daysFromCivil(Number(match[3]), Number(match[1]), Number(match[2]))
    const local = days * SECONDS_PER_DAY + Number(match[4]) * 3600 + Number(match[5]) * 60 + Number(match[6])
    return local - seconds
  }
}

/** The instant with the same rules in the years that are looked up, and its (UTC) year. */
function mapYear(seconds: number): { readonly seconds: number; readonly year: number } {
  const year = civilYear(civilFromDays(Math.floor(seconds / SECONDS_PER_DAY)))
  if (year < YEAR_MAX) return { seconds, year }
  const cycles = Math.floor((year - (YEAR_MAX - CYCLE_YEARS)) / CYCLE_YEARS)
  return { seconds: seconds - cycles * CYCLE_SECONDS, year: year - cycles * CYCLE_YEARS }
}

/** `+03`, `-0330`: what the IANA database uses where there is no abbreviation. */
export function numericAbbreviation(secondsEast: number): string {
  const size = Math.abs(secondsEast)
  const pad = (value: number) => String(value).padStart(2, '0')
  const minutes = Math.floor(size / 60) % 60
  const seconds = size % 60
  const tail = seconds !== 0 ? pad(minutes) + pad(seconds) : minutes !== 0 ? pad(minutes) : ''
  return (secondsEast < 0 ? '-' : '+') + pad(Math.floor(size / 3600)) + tail
}

/** The alphabetic abbreviations that the IANA database uses; elsewhere it has numbers. */
const ianaAbbreviations = new Set(
  (
    'ACDT ACST ADT AEDT AEST AKDT AKST AST AWST BST CAT CDT CEST CET CST EAT EDT EEST EET EST GMT HDT HKT ' +
    'HST IDT IST JST KST MDT MSK MST NDT NST NZDT NZST PDT PKT PST SAST SST UTC WAT WEST WET WIB WIT WITA'
  ).split(' '),
)

/** Locales whose zone names between them cover the usual abbreviations. */
const locales = [
  'en-US',
  'en-GB',
  'en-AU',
  'en-NZ',
  'en-IN',
  'en-ZA',
  'ja-JP',
  'ko-KR',
  'en-IL',
  'en-PK',
  'en-PH',
]
const nameFormats = new Map<string, Intl.DateTimeFormat>()

function abbreviation(zone: string, seconds: number): string | undefined {
  for (const locale of locales) {
    const key = `${locale} ${zone}`
    let format = nameFormats.get(key)
    if (format === undefined) {
      format = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: 'short' })
      nameFormats.set(key, format)
    }
    const part = format.formatToParts(seconds * 1000).find(candidate => candidate.type === 'timeZoneName')
    if (part !== undefined && ianaAbbreviations.has(part.value)) return part.value
  }
  return undefined
}
