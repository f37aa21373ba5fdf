/** Between numeric and the other number types, with PostgreSQL's rounding and errors. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import { Numeric, numericInfinity, numericNaN, numericNegativeInfinity } from '../batch/numeric.ts'
import { roundedExponential } from './float-text.ts'
import { outOfRange } from './number-errors.ts'
import { powerOfTen, roundNumeric } from './numeric-arithmetic.ts'
import { parseNumeric } from './numeric-text.ts'

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER)
/** 10^22 is the largest power of ten that a double holds exactly. */
const EXACT_POWER_MAX = 22
const bounds = { int2: 2n ** 15n, int4: 2n ** 31n, int8: 2n ** 63n } as const
const typeNames = { int2: 'smallint', int4: 'integer', int8: 'bigint' } as const

export type IntegerKind = keyof typeof bounds

export function numericFromBigint(value: bigint): Numeric {
  return new Numeric(value, 0)
}

export function numericFromInteger(value: number): Numeric {
  return new Numeric(BigInt(value), 0)
}

/** 15 significant digits, as PostgreSQL prints the double for it. */
export function numericFromFloat8(value: number): Numeric {
  return numericFromFloat(value, 15)
}

/** 6 significant digits. */
export function numericFromFloat4(value: number): Numeric {
  return numericFromFloat(value, 6)
}

/** Rounded half away from zero. */
export function numericToBigint(value: Numeric, kind: IntegerKind): bigint {
  if (value.special !== undefined) {
    const what = value.special === 'NaN' ? 'NaN' : 'infinity'
    throw new SqlError(SqlState.featureNotSupported, `cannot convert ${what} to ${typeNames[kind]}`)
  }
  const { coefficient } = roundNumeric(value, 0)
  if (coefficient >= bounds[kind] || coefficient < -bounds[kind]) throw outOfRange(kind)
  return coefficient
}

/** The nearest double; correctly rounded. */
export function numericToNumber(value: Numeric): number {
  if (value.special !== undefined) return Number(value.special)
  const { coefficient, scale } = value
  if (scale <= EXACT_POWER_MAX && coefficient <= MAX_SAFE && coefficient >= -MAX_SAFE) {
    return Number(coefficient) / Number(powerOfTen(scale))
  }
  return Number(value.toString())
}

function numericFromFloat(value: number, digits: number): Numeric {
  if (Number.isNaN(value)) return numericNaN
  if (!Number.isFinite(value)) return value > 0 ? numericInfinity : numericNegativeInfinity
  const [mantissa, exponent] = roundedExponential(value, digits - 1).split('e')
  const trimmed = mantissa!.includes('.') ? mantissa!.replace(/\.?0+$/, '') : mantissa!
  return parseNumeric(`${trimmed}e${exponent}`)
}
