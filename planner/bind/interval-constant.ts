/** Constant intervals that a plan itself needs to know (window sizes, delays), in microseconds. */

import { notSupported, SqlError, SqlState } from '../errors.ts'
import { ALL_FIELDS, FULL_PRECISION, smallestField, withIntervalUnit } from '../interval-fields.ts'
import type { Expression } from '../sql/ast.ts'

/**
 * A constant of fixed length (no months or years) in microseconds; a day is 24 hours. `what` names it in
 * errors.
 */
export function intervalMicros(expression: Expression, what: string): bigint {
  const position = expression.position || undefined
  const text = constantText(expression)
  if (text === undefined) {
    throw new SqlError(SqlState.invalidParameterValue, `${what} must be an INTERVAL constant`, { position })
  }
  const micros = parseMicros(text.toLowerCase())
  if (micros === 'calendar') {
    throw notSupported(`${what} in months or years`, { position })
  }
  if (micros === undefined) {
    throw new SqlError(SqlState.invalidDatetimeFormat, `invalid input syntax for type interval: "${text}"`, {
      position,
    })
  }
  return micros
}

function constantText(expression: Expression): string | undefined {
  if (expression.kind === 'literal' && expression.literal === 'string') return expression.text
  if (expression.kind !== 'cast') return undefined
  const { input, type } = expression
  if (type.names[type.names.length - 1] !== 'interval' || type.arrayDimensions > 0) return undefined
  if (input.kind !== 'literal' || input.literal !== 'string') return undefined
  const [fields = ALL_FIELDS, precision = FULL_PRECISION] = type.modifiers
  const unit = smallestField(fields)
  const isWhole = unit === undefined || unit === 'second' || /^\s*[-+]?\d+\s*$/.test(input.text)
  return isWhole && precision >= 6 ? withIntervalUnit(input.text, fields) : undefined
}

const unitMicros: Readonly<Record<string, bigint>> = unitTable([
  [1n, 'microsecond microseconds us usec usecs'],
  [1_000n, 'millisecond milliseconds ms msec msecs'],
  [1_000_000n, 'second seconds s sec secs'],
  [60_000_000n, 'minute minutes m min mins'],
  [3_600_000_000n, 'hour hours h hr hrs'],
  [86_400_000_000n, 'day days d'],
  [604_800_000_000n, 'week weeks w'],
])

function unitTable(rows: readonly (readonly [bigint, string])[]): Record<string, bigint> {
  return Object.fromEntries(rows.flatMap(([micros, names]) => names.split(' ').map(name => [name, micros])))
}

const part = /\s*(?:([-+]?)(\d+):(\d\d?)(?::(\d\d?)(\.\d*)?)?|([-+]?)(\d+)(\.\d*)?\s*([a-z]+)?)\s*/y

function parseMicros(text: string): bigint | 'calendar' | undefined {
  const iso = /^p(?:(\d+)d)?(?:t(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?)?$/.exec(text.trim())
  if (iso !== null && text.trim().length > 1) {
    const [days, hours, minutes, seconds] = iso.slice(1).map(digits => BigInt(digits ?? 0))
    return (
      (((days ?? 0n) * 24n + (hours ?? 0n)) * 60n + (minutes ?? 0n)) * 60_000_000n +
      (seconds ?? 0n) * 1_000_000n
    )
  }
  let total = 0n
  part.lastIndex = 0
  while (part.lastIndex < text.length) {
    const match = part.exec(text)
    if (match === null) return undefined
    const micros = match[2] === undefined ? quantityMicros(match) : clockMicros(match)
    if (typeof micros !== 'bigint') return micros
    total += micros
  }
  return text.trim() === '' ? undefined : total
}

function clockMicros(match: RegExpExecArray): bigint {
  const [, sign, hours = '0', minutes = '0', seconds = '0', fraction] = match
  const micros =
    (BigInt(hours) * 60n + BigInt(minutes)) * 60_000_000n +
    BigInt(seconds) * 1_000_000n +
    fractionOf(fraction, 1_000_000n)
  return sign === '-' ? -micros : micros
}

function quantityMicros(match: RegExpExecArray): bigint | 'calendar' | undefined {
  const [, , , , , , sign, whole = '0', fraction, unit = 'second'] = match
  if (/^(mon|mons|months?|y|yrs?|years?|decades?|century|centuries|millenniums?)$/.test(unit))
    return 'calendar'
  const micros = unitMicros[unit]
  if (micros === undefined) return undefined
  const value = BigInt(whole) * micros + fractionOf(fraction, micros)
  return sign === '-' ? -value : value
}

function fractionOf(fraction: string | undefined, unit: bigint): bigint {
  return fraction === undefined || fraction === '.'
    ? 0n
    : BigInt(Math.round(Number(`0${fraction}`) * Number(unit)))
}
