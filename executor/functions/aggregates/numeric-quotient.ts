/**
 * Quotients and square roots of exact numbers at the display scale that PostgreSQL chooses (numeric.c:
 * select_div_scale, div_var, sqrt_var).
 */

import { Numeric } from '../../batch/numeric.ts'

/** NUMERIC_MIN_SIG_DIGITS, DEC_DIGITS and NUMERIC_MAX_DISPLAY_SCALE of PostgreSQL. */
const SIGNIFICANT_DIGITS_MIN = 16
const DIGIT_DECIMALS = 4
const SCALE_MAX = 1000

/** dividend / divisor as numeric's `/` gives it. Both finite, the divisor not zero. */
export function quotient(dividend: Numeric, divisor: Numeric): Numeric {
  const scale = quotientScale(dividend, divisor)
  return new Numeric(divideAtScale(dividend, divisor, scale), scale)
}

/** The display scale of a quotient. */
export function quotientScale(dividend: Numeric, divisor: Numeric): number {
  const first = leadingDigit(dividend)
  const second = leadingDigit(divisor)
  let weight = first.weight - second.weight
  if (first.digit <= second.digit) weight--
  const scale = SIGNIFICANT_DIGITS_MIN - weight * DIGIT_DECIMALS
  return Math.min(Math.max(scale, dividend.scale, divisor.scale, 0), SCALE_MAX)
}

/** Coefficient of the quotient at `scale`, rounded half away from zero. */
function divideAtScale(dividend: Numeric, divisor: Numeric, scale: number): bigint {
  const shift = scale + divisor.scale - dividend.scale
  const top = shift >= 0 ? dividend.coefficient * 10n ** BigInt(shift) : dividend.coefficient
  const bottom = shift >= 0 ? divisor.coefficient : divisor.coefficient * 10n ** BigInt(-shift)
  const negative = top < 0n !== bottom < 0n
  const dividendSize = top < 0n ? -top : top
  const divisorSize = bottom < 0n ? -bottom : bottom
  const rounded = (dividendSize * 2n + divisorSize) / (divisorSize * 2n)
  return negative ? -rounded : rounded
}

/** The square root of a value that is not negative, at `scale`, rounded. */
export function squareRoot(value: Numeric, scale: number): Numeric {
  const shift = 2 * scale + 2 - value.scale
  const radicand =
    shift >= 0 ? value.coefficient * 10n ** BigInt(shift) : value.coefficient / 10n ** BigInt(-shift)
  return new Numeric((integerRoot(radicand) + 5n) / 10n, scale)
}

/** The integer part of the square root (Newton). */
function integerRoot(value: bigint): bigint {
  if (value < 2n) return value
  let root = 1n << BigInt((value.toString(2).length + 1) >> 1)
  for (;;) {
    const next = (root + value / root) >> 1n
    if (next >= root) return root
    root = next
  }
}

/** The first digit of the value in base 10000, and its exponent. */
function leadingDigit(value: Numeric): { readonly digit: number; readonly weight: number } {
  const { coefficient } = value
  if (coefficient === 0n) return { digit: 0, weight: 0 }
  const digits = (coefficient < 0n ? -coefficient : coefficient).toString()
  const exponent = digits.length - 1 - value.scale
  const weight = Math.floor(exponent / DIGIT_DECIMALS)
  const length = exponent - weight * DIGIT_DECIMALS + 1
  return { digit: Number(digits.slice(0, length).padEnd(length, '0')), weight }
}
