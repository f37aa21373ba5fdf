/**
 * PostgreSQL's text form of real and double precision: the shortest decimal that reads back as the same
 * number, in scientific notation below 1e-4 and from 1e15 (real: 1e6) on.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'

const FLOAT8_PLAIN_DIGITS = 15
const FLOAT4_PLAIN_DIGITS = 6
const FLOAT4_DIGITS_MAX = 9
const numberPattern = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

export function formatFloat8(value: number): string {
  return formatDigits(value, value.toExponential(), FLOAT8_PLAIN_DIGITS)
}

export function formatFloat4(value: number): string {
  if (!Number.isFinite(value)) return formatDigits(value, '', FLOAT4_PLAIN_DIGITS)
  let shortest = value.toExponential(0)
  for (let digits = 1; digits < FLOAT4_DIGITS_MAX && Math.fround(Number(shortest)) !== value; digits++) {
    shortest = value.toExponential(digits)
  }
  return formatDigits(value, shortest, FLOAT4_PLAIN_DIGITS)
}

export function parseFloat8(text: string): number {
  const value = parseNumber(text, 'double precision')
  if (isOutOfRange(value, text)) throw outOfRange(text, 'double precision')
  return value
}

export function parseFloat4(text: string): number {
  const value = Math.fround(parseNumber(text, 'real'))
  if (isOutOfRange(value, text)) throw outOfRange(text, 'real')
  return value
}

/** `exponential` is like 1.234e+5. */
function formatDigits(value: number, exponential: string, plainDigits: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Infinity) return 'Infinity'
  if (value === -Infinity) return '-Infinity'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const at = exponential.indexOf('e')
  const exponent = Number(exponential.slice(at + 1))
  const mantissa = exponential.slice(0, at)
  if (exponent < -4 || exponent >= plainDigits) {
    const magnitude = String(Math.abs(exponent)).padStart(2, '0')
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${magnitude}`
  }
  const sign = value < 0 ? '-' : ''
  const digits = mantissa.replace('-', '').replace('.', '')
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  if (digits.length <= exponent + 1) return sign + digits.padEnd(exponent + 1, '0')
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`
}

function parseNumber(text: string, typeName: string): number {
  const trimmed = text.trim()
  if (numberPattern.test(trimmed)) return Number(trimmed)
  switch (trimmed.toLowerCase()) {
    case 'nan':
      return Number.NaN
    case 'infinity':
    case '+infinity':
    case 'inf':
    case '+inf':
      return Infinity
    case '-infinity':
    case '-inf':
      return -Infinity
    default:
      throw new SqlError(
        SqlState.invalidTextRepresentation,
        `invalid input syntax for type ${typeName}: "${text}"`,
      )
  }
}

/** Digits that became infinite or zero. */
function isOutOfRange(value: number, text: string): boolean {
  if (value === 0) return /[1-9]/.test(text.replace(/e.*/i, ''))
  return !Number.isFinite(value) && /\d/.test(text)
}

function outOfRange(text: string, typeName: string): SqlError {
  return new SqlError(
    SqlState.numericValueOutOfRange,
    `"${text.trim()}" is out of range for type ${typeName}`,
  )
}
