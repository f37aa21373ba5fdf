/** Parsing and printing of setting values by PostgreSQL's rules (its guc.c). Invalid values are 22023. */

import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'

/**
 * Turns what the user wrote into the form SHOW prints, or throws 22023. `name` is for messages; `current` is
 * the value that the new one replaces.
 */
export type SettingParser = (name: string, text: string, current?: string) => string

export function invalidValue(name: string, text: string, hint?: string): SqlError {
  return new SqlError(SqlState.invalidParameterValue, `invalid value for parameter "${name}": "${text}"`, {
    hint,
  })
}

/** Any text. */
export const anyText: SettingParser = (_name, text) => text

/** Text that every client can read: bytes that are not printable ASCII become question marks. */
export const asciiText: SettingParser = (_name, text) => {
  return Buffer.from(text)
    .toString('latin1')
    .replaceAll(/[^\x20-\x7e]/g, '?')
}

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

/** An integer without unit; fractions are rounded, and digits may be hexadecimal. */
export function integer(least: number, most: number): SettingParser {
  return (name, text) => {
    const match = /^\s*([+-]?)(0x[\da-f]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*$/i.exec(text)
    if (match === null) throw invalidValue(name, text)
    const value = Math.round(Number(match[2])) * (match[1] === '-' ? -1 : 1)
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
  const range = `(${least} .. ${most})`
  throw new SqlError(
    SqlState.invalidParameterValue,
    `${value}${unit} is outside the valid range for parameter "${name}" ${range}`,
  )
}
