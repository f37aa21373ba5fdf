/**
 * TimeZone's value: IANA names in any case, hours east of Greenwich as a number or an interval, and offsets
 * in POSIX notation, where positive is west.
 */

import type { Interval } from '../../executor/batch/interval.ts'
import { parseInterval } from '../../executor/functions/interval-text.ts'
import { findZone } from '../../executor/functions/time-zone.ts'
import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import { invalidValue, type SettingParser } from './setting-values.ts'

const OFFSET_SECONDS_MAX = 167 * 3600

export const timeZone: SettingParser = (name, text) => {
  const fail = (detail: string) => {
    const message = `invalid value for parameter "${name}": "${text}"`
    return new SqlError(SqlState.invalidParameterValue, message, { detail })
  }
  const interval = /^interval\s+'(.*)'$/is.exec(text.trim())
  const seconds = interval === null ? hoursIn(text) * 3600 : secondsOf(readInterval(interval[1]!), fail)
  if (!Number.isNaN(seconds)) {
    if (Math.abs(seconds) > OFFSET_SECONDS_MAX) throw fail('UTC timezone offset is out of range.')
    return offsetZone(Math.trunc(seconds))
  }
  const known = zoneNames().get(text.toLowerCase())
  if (known !== undefined) return known
  if (
    /^(?:[A-Za-z]{3,}|<[^<>]+>)[+-]?\d[\d:]*(?:[A-Za-z]{3,}|<)/.test(text) &&
    findZone(text) === undefined
  ) {
    throw notSupported('a time zone with rules for daylight saving time', {
      hint: 'Use a name like Europe/Berlin.',
    })
  }
  if (text === '' || findZone(text) === undefined) throw invalidValue(name, text)
  return text
}

/** NaN when the text is no plain number. */
function hoursIn(text: string): number {
  return /^\s*[+-]?(?:\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN
}

function readInterval(text: string): Interval {
  return parseInterval(text, standardContext)
}

/** Signs and units are what the text says. */
const standardContext = { settings: new Map<string, string>() }

function secondsOf({ months, days, micros }: Interval, fail: (detail: string) => SqlError): number {
  if (months !== 0) throw fail('Cannot specify months in time zone interval.')
  if (days !== 0) throw fail('Cannot specify days in time zone interval.')
  return Number(micros / 1_000_000n)
}

/** Eight hours west are `<-08>+08`: POSIX notation with its reversed sign. */
function offsetZone(seconds: number): string {
  const size = Math.abs(seconds)
  const parts = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60]
  while (parts.length > 1 && parts.at(-1) === 0) parts.pop()
  const digits = parts.map(part => String(part).padStart(2, '0')).join(':')
  return seconds < 0 ? `<-${digits}>+${digits}` : `<+${digits}>-${digits}`
}

let zones: Map<string, string> | undefined

/** By lower-case name. */
function zoneNames(): ReadonlyMap<string, string> {
  if (zones === undefined) {
    const names = [
      ...Intl.supportedValuesOf('timeZone'),
      'UTC',
      'GMT',
      'UCT',
      'Zulu',
      'Universal',
      'Greenwich',
    ]
    zones = new Map(names.map(zone => [zone.toLowerCase(), zone]))
  }
  return zones
}
