/** Parsing and printing of setting values by PostgreSQL's rules (its guc.c). Invalid values are 22023. */

import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'

/** Turns what the user wrote into the form SHOW prints, or throws 22023. `name` is for messages. */
export type SettingParser = (name: string, text: string) => string

export function invalidValue(name: string, text: string, hint?: string): SqlError {
  return new SqlError(SqlState.invalidParameterValue, `invalid value for parameter "${name}": "${text}"`, {
    hint,
  })
}

/** Any text. */
export const anyText: SettingParser = (_name, text) => text

/** PostgreSQL's parse_bool: on/off, true/false, yes/no, 1/0, and their unique prefixes. */
export const bool: SettingParser = (name, text) => {
  const value = parseBool(text)
  if (value === undefined) {
    throw new SqlError(SqlState.invalidParameterValue, `parameter "${name}" requires a Boolean value`)
  }
  return value ? 'on' : 'off'
}

/** undefined when `text` is no Boolean. */
export function parseBool(text: string): boolean | undefined {
  const word = text.trim().toLowerCase()
  if (word === '') return undefined
  if (word === '1' || word === 'on' || 'true'.startsWith(word) || 'yes'.startsWith(word)) return true
  if (word === '0' || 'false'.startsWith(word) || 'no'.startsWith(word)) return false
  return word === 'of' || word === 'off' ? false : undefined
}

/** One of `values`, in any case. */
export function oneOf(...values: readonly string[]): SettingParser {
  return (name, text) => {
    const found = values.find(value => value === text.trim().toLowerCase())
    if (found === undefined) {
      throw invalidValue(name, text, `Available values: ${values.join(', ')}.`)
    }
    return found
  }
}

/** Values that the parser knows and the server does not heed: 0A000 instead of a setting without effect. */
export function only(parser: SettingParser, isHeeded: (value: string) => boolean): SettingParser {
  return (name, text) => {
    const value = parser(name, text)
    if (!isHeeded(value)) throw notSupported(`${name} = ${value}`)
    return value
  }
}

/** An integer without unit. */
export function integer(least: number, most: number): SettingParser {
  return (name, text) => {
    const value = /^\s*[+-]?\d+\s*$/.test(text) ? Number(text) : Number.NaN
    if (Number.isNaN(value)) throw invalidValue(name, text)
    checkRange(name, value, least, most, '')
    return String(value)
  }
}

const unitMillis: ReadonlyMap<string, number> = new Map([
  ['us', 0.001],
  ['ms', 1],
  ['s', 1000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
])

/** A duration: a number of milliseconds, or with a unit; printed in the largest unit that divides it. */
export const duration: SettingParser = (name, text) => {
  const millis = parseDurationMs(text)
  if (millis === undefined) {
    const hint = 'Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".'
    throw invalidValue(name, text, /\d\s*[a-z]/i.test(text) ? hint : undefined)
  }
  checkRange(name, millis, 0, 2_147_483_647, ' ms')
  return formatDuration(millis)
}

/** Whole milliseconds of `5s`, `250`, `1min`; undefined when it is no duration. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^\s*([+-]?\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text)
  if (match === null) return undefined
  const unit = match[2] === '' ? 1 : unitMillis.get(match[2]!)
  return unit === undefined ? undefined : Math.round(Number(match[1]) * unit)
}

function formatDuration(millis: number): string {
  if (millis === 0) return '0'
  const units = [...unitMillis].reverse()
  const [unit, size] = units.find(([, size]) => millis % size === 0) ?? ['ms', 1]
  return `${millis / size}${unit}`
}

function checkRange(name: string, value: number, least: number, most: number, unit: string): void {
  if (value >= least && value <= most) return
  const range = `(${least}${unit} .. ${most}${unit})`
  throw new SqlError(
    SqlState.invalidParameterValue,
    `${value}${unit} is outside the valid range for parameter "${name}" ${range}`,
  )
}

/** UTF8 is the only encoding; the spellings that clients send for it are accepted. */
export const clientEncoding: SettingParser = (name, text) => {
  const plain = text.replaceAll(/['"\s_-]/g, '').toUpperCase()
  if (plain === 'UTF8' || plain === 'UNICODE') return 'UTF8'
  if (plain === 'SQLASCII') return 'SQL_ASCII'
  throw invalidValue(name, text)
}

/** Output is always ISO; the order of day and month is kept as it was set. */
export const dateStyle: SettingParser = (name, text) => {
  let order = 'MDY'
  for (const part of text.split(',').map(word => word.trim().toUpperCase())) {
    if (part === 'ISO' || part === 'DEFAULT') continue
    if (part === 'MDY' || part === 'US' || part.startsWith('NONEURO')) order = 'MDY'
    else if (part === 'DMY' || part.startsWith('EURO')) order = 'DMY'
    else if (part === 'YMD') order = 'YMD'
    else if (part === 'SQL' || part === 'GERMAN' || part.startsWith('POSTGRES')) {
      throw notSupported(`DateStyle "${part}"`)
    } else throw invalidValue(name, text)
  }
  return `ISO, ${order}`
}

/** IANA names in any case, and fixed offsets in hours as PostgreSQL writes them. */
export const timeZone: SettingParser = (name, text) => {
  const zone = text.trim()
  const offset = /^([+-]?)(\d{1,2})(?::?(\d{2}))?$/.exec(zone)
  if (offset !== null && Number(offset[2]) <= 15) return offsetZone(offset[1]!, offset[2]!, offset[3])
  if (/^<[+-]\d{2}(:\d{2})?>[+-]\d{2}(:\d{2})?$/.test(zone)) return zone
  const known = zoneNames().get(zone.toLowerCase())
  if (known !== undefined) return known
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(zone)) throw invalidValue(name, text)
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return zone
  } catch (error) {
    if (error instanceof RangeError) throw invalidValue(name, text)
    throw error
  }
}

/** SET TIME ZONE -8 is eight hours west: `<-08>+08`, in POSIX notation with its reversed sign. */
function offsetZone(sign: string, hours: string, minutes: string | undefined): string {
  const west = sign === '-'
  const digits = hours.padStart(2, '0') + (minutes === undefined || minutes === '00' ? '' : `:${minutes}`)
  return `<${west ? '-' : '+'}${digits}>${west ? '+' : '-'}${digits}`
}

let zones: Map<string, string> | undefined

function zoneNames(): ReadonlyMap<string, string> {
  if (zones === undefined) {
    zones = new Map(
      [...Intl.supportedValuesOf('timeZone'), 'UTC', 'GMT'].map(zone => [zone.toLowerCase(), zone]),
    )
  }
  return zones
}
