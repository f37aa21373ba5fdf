/**
 * PostgreSQL's text input of numeric (numeric_in): digits, point, exponent, NaN, infinities. Output is
 * Numeric.toString.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import { Numeric, numericInfinity, numericNaN, numericNegativeInfinity } from '../batch/numeric.ts'

/** PostgreSQL's NUMERIC_MAX_DISPLAY_SCALE-like limits of unconstrained numeric. */
const SCALE_MAX = 16383
const WHOLE_DIGITS_MAX = 131072
const pattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i

export function parseNumeric(text: string): Numeric {
  const trimmed = text.trim()
  const match = pattern.exec(trimmed)
  if (match === null || (match[2] === '' && (match[3] ?? '') === '')) return parseSpecial(trimmed, text)
  const whole = match[2]!
  const fraction = match[3] ?? ''
  const exponent = Number(match[4] ?? 0)
  if (Math.abs(exponent) > WHOLE_DIGITS_MAX * 2) throw overflow()
  let coefficient = BigInt(whole + fraction)
  let scale = fraction.length - exponent
  if (scale < 0) {
    if (coefficient !== 0n && whole.length - scale > WHOLE_DIGITS_MAX * 2) throw overflow()
    coefficient *= 10n ** BigInt(-scale)
    scale = 0
  }
  if (scale > SCALE_MAX) {
    coefficient = roundedQuotient(coefficient, 10n ** BigInt(scale - SCALE_MAX))
    scale = SCALE_MAX
  }
  const value = new Numeric(match[1] === '-' ? -coefficient : coefficient, scale)
  checkNumericRange(value)
  return value
}

/** 22003 when the value has more digits before the point than numeric can hold. */
export function checkNumericRange(value: Numeric): Numeric {
  // 2^434000 has about 130 650 digits; only beyond it are the digits counted.
  if (BigInt.asIntN(434000, value.coefficient) === value.coefficient) return value
  const digits = value.coefficient.toString().replace('-', '').length
  if (digits - value.scale > WHOLE_DIGITS_MAX) throw overflow()
  return value
}

/** Half away from zero, of a value ≥ 0. */
function roundedQuotient(value: bigint, divisor: bigint): bigint {
  return (value + divisor / 2n) / divisor
}

function parseSpecial(trimmed: string, text: string): Numeric {
  switch (trimmed.toLowerCase()) {
    case 'nan':
      return numericNaN
    case 'infinity':
    case '+infinity':
    case 'inf':
    case '+inf':
      return numericInfinity
    case '-infinity':
    case '-inf':
      return numericNegativeInfinity
    default:
      throw new SqlError(
        SqlState.invalidTextRepresentation,
        `invalid input syntax for type numeric: "${text}"`,
      )
  }
}

function overflow(): SqlError {
  return new SqlError(SqlState.numericValueOutOfRange, 'value overflows numeric format')
}
