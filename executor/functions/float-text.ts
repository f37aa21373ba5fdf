/**
 * PostgreSQL's text form of real and double precision: the shortest decimal that reads back as the same
 * number, in scientific notation below 1e-4 and from 1e15 (real: 1e6) on.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'

const FLOAT8_PLAIN_DIGITS = 15
const FLOAT4_PLAIN_DIGITS = 6
const FLOAT4_DIGITS_MAX = 9
const EXPONENTIAL_DIGITS_MAX = 100
/** Only between these can the middle of two doubles have at most 17 digits. */
const MIDPOINT_MIN = 2 ** 53
const MIDPOINT_MAX = 2 ** 78
const numberPattern = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

/** `extraDigits` is the setting extra_float_digits: up to 0 it says how many digits there are at most. */
export function formatFloat8(value: number, extraDigits = 1): string {
  if (extraDigits <= 0) return formatGeneral(value, FLOAT8_PLAIN_DIGITS + extraDigits)
  return formatDigits(value, shortestFloat8(value), FLOAT8_PLAIN_DIGITS)
}

export function formatFloat4(value: number, extraDigits = 1): string {
  if (extraDigits <= 0) return formatGeneral(value, FLOAT4_PLAIN_DIGITS + extraDigits)
  return formatDigits(value, Number.isFinite(value) ? shortestFloat4(value) : '', FLOAT4_PLAIN_DIGITS)
}

/** C's `%.{digits}g`, of at least one digit. */
function formatGeneral(value: number, digits: number): string {
  if (!Number.isFinite(value)) return formatDigits(value, '', 0)
  const count = Math.max(digits, 1)
  const exponential = roundedExponential(value, count - 1)
  const bare = exponential.replace(/(\.\d*?)0*e/, '$1e').replace('.e', 'e')
  return formatDigits(value, bare, count)
}

/** `value` with `digits` after the first one, ties to even as C's printf does: `1.5e+0`. */
export function roundedExponential(value: number, digits: number): string {
  const rounded = value.toExponential(digits)
  const exact = value.toExponential(EXPONENTIAL_DIGITS_MAX)
  const from = exact.indexOf('.') + 1 + digits
  if (!/^50*e/.test(exact.slice(from))) return rounded
  const kept = exact.slice(0, digits === 0 ? exact.indexOf('.') : from)
  return /[02468]$/.test(kept) ? kept + exact.slice(exact.indexOf('e')) : rounded
}

/**
 * JS's own shortest digits, except where they are those of the exact middle between two doubles: JS takes
 * them for even mantissas, PostgreSQL (its variant of Ryu) takes more digits.
 */
function shortestFloat8(value: number): string {
  const shortest = value.toExponential()
  const magnitude = Math.abs(value)
  if (!(magnitude >= MIDPOINT_MIN && magnitude <= MIDPOINT_MAX)) return shortest
  const unit = 2n ** BigInt(Math.floor(Math.log2(magnitude)) - 52)
  const isMiddle = (digits: string): boolean => {
    const difference = decimalBigint(digits) - BigInt(value)
    return (difference < 0n ? -difference : difference) * 2n >= unit
  }
  let digits = shortest
  for (let count = digitCount(shortest); isMiddle(digits); count++) digits = roundedExponential(value, count)
  return digits
}

/** The fewest digits that lie strictly between the middles to the neighbours. */
function shortestFloat4(value: number): string {
  if (value === 0) return ''
  const bits = new Int32Array(Float32Array.of(Math.abs(value)).buffer)
  const neighbours = Float32Array.of(0, 0)
  const neighbourBits = new Int32Array(neighbours.buffer)
  neighbourBits[0] = bits[0]! - 1
  neighbourBits[1] = bits[0]! + 1
  const magnitude = Math.abs(value)
  const low = (magnitude + neighbours[0]!) / 2
  // Above the largest real comes 2^128, which only overflows.
  const next = Number.isFinite(neighbours[1]!) ? neighbours[1]! : 2 ** 128
  const high = (magnitude + next) / 2
  for (let digits = 0; digits < FLOAT4_DIGITS_MAX; digits++) {
    const text = roundedExponential(value, digits)
    const read = Math.abs(Number(text))
    if (read > low && read < high) return text
  }
  return value.toExponential(FLOAT4_DIGITS_MAX)
}

/** Significant digits of `1.23e+4`. */
function digitCount(exponential: string): number {
  return exponential.replace(/e.*/, '').replaceAll(/[-.]/g, '').length
}

/** `1.23e+4` as an integer; only of numbers that are. */
function decimalBigint(exponential: string): bigint {
  const [mantissa, exponent] = exponential.split('e')
  const fraction = mantissa!.split('.')[1] ?? ''
  return BigInt(mantissa!.replace('.', '')) * 10n ** BigInt(Number(exponent) - fraction.length)
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
