/**
 * Exact arithmetic on Numeric with PostgreSQL's result scales (src/backend/utils/adt/numeric.c): sum and
 * difference keep the larger scale, products add scales, quotients have at least 16 significant digits
 * (select_div_scale).
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import {
  Numeric,
  type NumericSpecial,
  numericInfinity,
  numericNaN,
  numericNegativeInfinity,
} from '../batch/numeric.ts'
import { divisionByZero } from './number-errors.ts'
import { checkNumericRange } from './numeric-text.ts'

export const MIN_SIGNIFICANT_DIGITS = 16
/** Largest scale that division and transcendental functions choose. */
export const RESULT_SCALE_MAX = 1000
const SCALE_MAX = 16383
/** PostgreSQL counts weights in base-10000 digits. */
const DIGIT_WIDTH = 4

const powers: bigint[] = [1n]

/** 10^exponent, cached. */
export function powerOfTen(exponent: number): bigint {
  for (let next = powers.length; next <= exponent && next < 512; next++) powers.push(powers[next - 1]! * 10n)
  return powers[exponent] ?? 10n ** BigInt(exponent)
}

export function addNumeric(left: Numeric, right: Numeric): Numeric {
  if (left.special !== undefined || right.special !== undefined) return addSpecial(left, right)
  const scale = Math.max(left.scale, right.scale)
  return checkNumericRange(new Numeric(atScale(left, scale) + atScale(right, scale), scale))
}

export function subtractNumeric(left: Numeric, right: Numeric): Numeric {
  return addNumeric(left, negateNumeric(right))
}

export function negateNumeric(value: Numeric): Numeric {
  if (value.special === undefined) return new Numeric(-value.coefficient, value.scale)
  if (value.special === 'NaN') return value
  return value.special === 'Infinity' ? numericNegativeInfinity : numericInfinity
}

export function multiplyNumeric(left: Numeric, right: Numeric): Numeric {
  if (left.special !== undefined || right.special !== undefined) return multiplySpecial(left, right)
  const product = new Numeric(left.coefficient * right.coefficient, left.scale + right.scale)
  return checkNumericRange(product.scale > SCALE_MAX ? roundNumeric(product, SCALE_MAX) : product)
}

/** Rounded half away from zero at PostgreSQL's choice of scale. */
export function divideNumeric(left: Numeric, right: Numeric): Numeric {
  if (left.special !== undefined || right.special !== undefined) return divideSpecial(left, right)
  if (right.coefficient === 0n) throw divisionByZero()
  return divideAtScale(left, right, divisionScale(left, right))
}

/** The quotient rounded at `scale`. */
export function divideAtScale(left: Numeric, right: Numeric, scale: number): Numeric {
  const shift = scale + right.scale - left.scale
  const dividend = shift >= 0 ? left.coefficient * powerOfTen(shift) : left.coefficient
  const divisor = shift >= 0 ? right.coefficient : right.coefficient * powerOfTen(-shift)
  return checkNumericRange(new Numeric(roundedQuotient(dividend, divisor), scale))
}

/** div(left, right): the quotient truncated to an integer. */
export function divideTruncated(left: Numeric, right: Numeric): Numeric {
  if (left.special !== undefined || right.special !== undefined) return divideSpecial(left, right)
  if (right.coefficient === 0n) throw divisionByZero()
  const scale = Math.max(left.scale, right.scale)
  return new Numeric(atScale(left, scale) / atScale(right, scale), 0)
}

/** The remainder of truncated division: the sign of the dividend. */
export function moduloNumeric(left: Numeric, right: Numeric): Numeric {
  if (left.special === 'NaN' || right.special === 'NaN') return numericNaN
  if (right.special === undefined && right.coefficient === 0n) throw divisionByZero()
  if (left.special !== undefined) return numericNaN
  if (right.special !== undefined) return left
  const scale = Math.max(left.scale, right.scale)
  return new Numeric(atScale(left, scale) % atScale(right, scale), scale)
}

/** −1, 0 or 1. NaN equals itself and is greater than everything else. */
export function compareNumeric(left: Numeric, right: Numeric): number {
  if (left.special !== undefined || right.special !== undefined) {
    return Math.sign(specialRank(left.special) - specialRank(right.special))
  }
  if (left.scale === right.scale) return compareBigints(left.coefficient, right.coefficient)
  const scale = Math.max(left.scale, right.scale)
  return compareBigints(atScale(left, scale), atScale(right, scale))
}

/** The sign: −1, 0, 1; NaN is undefined. */
export function signOf(value: Numeric): number | undefined {
  if (value.special === 'NaN') return undefined
  if (value.special !== undefined) return value.special === 'Infinity' ? 1 : -1
  return compareBigints(value.coefficient, 0n)
}

/** Rounded half away from zero; a negative scale rounds before the point and gives scale 0. */
export function roundNumeric(value: Numeric, scale: number): Numeric {
  return rescale(value, scale, roundedQuotient)
}

/** Cut off towards zero. */
export function truncateNumeric(value: Numeric, scale: number): Numeric {
  return rescale(value, scale, (dividend, divisor) => dividend / divisor)
}

export function floorNumeric(value: Numeric): Numeric {
  return rescale(value, 0, (dividend, divisor) => {
    const quotient = dividend / divisor
    return dividend < 0n && quotient * divisor !== dividend ? quotient - 1n : quotient
  })
}

export function ceilNumeric(value: Numeric): Numeric {
  return negateNumeric(floorNumeric(negateNumeric(value)))
}

export function absNumeric(value: Numeric): Numeric {
  return signOf(value) === -1 ? negateNumeric(value) : value
}

/** numeric(precision, scale): rounds, and 22003 when the result has too many digits before the point. */
export function fitNumeric(value: Numeric, precision: number, scale: number): Numeric {
  if (value.special === 'NaN') return value
  if (value.special !== undefined) {
    throw fieldOverflow(`A field with precision ${precision}, scale ${scale} cannot hold an infinite value.`)
  }
  const rounded = roundNumeric(value, scale)
  const limit = rescaledLimit(precision, scale)
  if (rounded.coefficient < limit && rounded.coefficient > -limit) return rounded
  const digits = precision - scale
  const bound = digits === 0 ? '1' : `10^${digits}`
  throw fieldOverflow(
    `A field with precision ${precision}, scale ${scale} must round to an absolute value less than ${bound}.`,
  )
}

/** The value without trailing zeros after the point. */
export function trimScale(value: Numeric): Numeric {
  let { coefficient, scale } = value
  while (scale > 0 && coefficient % 10n === 0n) {
    coefficient /= 10n
    scale--
  }
  return value.special === undefined ? new Numeric(coefficient, scale) : value
}

/** The coefficient the value has at a scale that is not smaller than its own. */
export function atScale(value: Numeric, scale: number): bigint {
  return value.scale === scale ? value.coefficient : value.coefficient * powerOfTen(scale - value.scale)
}

/** Half away from zero. */
export function roundedQuotient(dividend: bigint, divisor: bigint): bigint {
  const negative = dividend < 0n !== divisor < 0n
  const top = dividend < 0n ? -dividend : dividend
  const bottom = divisor < 0n ? -divisor : divisor
  const quotient = (top * 2n + bottom) / (bottom * 2n)
  return negative ? -quotient : quotient
}

/** The base-10000 weight and first digit of a value; zero has both 0. */
export function leadingDigit(value: Numeric): { readonly weight: number; readonly digit: number } {
  if (value.coefficient === 0n) return { weight: 0, digit: 0 }
  const digits = (value.coefficient < 0n ? -value.coefficient : value.coefficient).toString()
  const exponent = digits.length - value.scale - 1
  const weight = Math.floor(exponent / DIGIT_WIDTH)
  const width = exponent - weight * DIGIT_WIDTH + 1
  return { weight, digit: Number(digits.slice(0, width).padEnd(width, '0')) }
}

/** numeric.c, select_div_scale: 16 significant digits, at least the operands' scales. */
function divisionScale(left: Numeric, right: Numeric): number {
  const dividend = leadingDigit(left)
  const divisor = leadingDigit(right)
  let weight = dividend.weight - divisor.weight
  if (dividend.digit <= divisor.digit) weight--
  return clampScale(MIN_SIGNIFICANT_DIGITS - weight * DIGIT_WIDTH, left.scale, right.scale)
}

/** At least the given scales and 0, at most 1000. */
export function clampScale(scale: number, ...atLeast: readonly number[]): number {
  return Math.min(Math.max(scale, 0, ...atLeast), RESULT_SCALE_MAX)
}

function rescale(
  value: Numeric,
  scale: number,
  divide: (dividend: bigint, divisor: bigint) => bigint,
): Numeric {
  if (value.special !== undefined || value.scale === scale) return value
  const target = Math.min(scale, SCALE_MAX)
  if (target > value.scale) return new Numeric(atScale(value, target), target)
  const quotient = divide(value.coefficient, powerOfTen(value.scale - target))
  return target >= 0 ? new Numeric(quotient, target) : new Numeric(quotient * powerOfTen(-target), 0)
}

/** Absolute coefficients of numeric(precision, scale) are below this. */
function rescaledLimit(precision: number, scale: number): bigint {
  return scale >= 0 ? powerOfTen(precision) : powerOfTen(precision - scale)
}

function fieldOverflow(detail: string): SqlError {
  return new SqlError(SqlState.numericValueOutOfRange, 'numeric field overflow', { detail })
}

function compareBigints(left: bigint, right: bigint): number {
  if (left < right) return -1
  return left > right ? 1 : 0
}

/** Finite values are 0: −Infinity < finite < Infinity < NaN. */
function specialRank(special: NumericSpecial | undefined): number {
  if (special === undefined) return 0
  return { '-Infinity': -1, Infinity: 1, NaN: 2 }[special]
}

function addSpecial(left: Numeric, right: Numeric): Numeric {
  if (left.special === 'NaN' || right.special === 'NaN') return numericNaN
  if (left.special !== undefined && right.special !== undefined && left.special !== right.special)
    return numericNaN
  return left.special === undefined ? right : left
}

function multiplySpecial(left: Numeric, right: Numeric): Numeric {
  const sign = (signOf(left) ?? 0) * (signOf(right) ?? 0)
  return sign === 0 ? numericNaN : infinity(sign)
}

function divideSpecial(left: Numeric, right: Numeric): Numeric {
  if (left.special === 'NaN' || right.special === 'NaN') return numericNaN
  if (right.special !== undefined) return left.special === undefined ? new Numeric(0n, 0) : numericNaN
  const sign = signOf(right)
  if (sign === 0) throw divisionByZero()
  return infinity((signOf(left) ?? 0) * (sign ?? 0))
}

export function infinity(sign: number): Numeric {
  return sign < 0 ? numericNegativeInfinity : numericInfinity
}
