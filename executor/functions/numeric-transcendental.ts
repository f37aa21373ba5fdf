/**
 * Roots, exponentials, logarithms and powers of numeric, in fixed-point integers with guard digits, rounded
 * to the result scales that PostgreSQL chooses (numeric.c: about 16 significant digits, at least the
 * arguments' scales).
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import { Numeric, numericInfinity, numericNaN } from '../batch/numeric.ts'
import { divisionByZero, numericOverflow } from './number-errors.ts'
import {
  clampScale,
  divideAtScale,
  infinity,
  leadingDigit,
  MIN_SIGNIFICANT_DIGITS,
  multiplyNumeric,
  negateNumeric,
  powerOfTen,
  RESULT_SCALE_MAX,
  roundedQuotient,
  roundNumeric,
  signOf,
} from './numeric-arithmetic.ts'
import { numericToNumber } from './numeric-convert.ts'
import { checkNumericRange } from './numeric-text.ts'

const DIGIT_WIDTH = 4
/** Digits computed beyond those that are kept. */
const GUARD_DIGITS = 10
const EXPONENT_MAX = 6000
const one = new Numeric(1n, 0)

export function sqrtNumeric(value: Numeric): Numeric {
  if (value.special === 'NaN') return value
  if (signOf(value) === -1) throw powerError('cannot take square root of a negative number')
  if (value.special !== undefined) return value
  const weight = (leadingDigit(value).weight * DIGIT_WIDTH) / 2 + 1
  const scale = clampScale(MIN_SIGNIFICANT_DIGITS - weight, value.scale)
  const root = integerRoot(value.coefficient * powerOfTen((scale + 1) * 2 - value.scale))
  return new Numeric(roundedQuotient(root, 10n), scale)
}

export function expNumeric(value: Numeric): Numeric {
  if (value.special !== undefined) return value.special === '-Infinity' ? new Numeric(0n, 0) : value
  const number = numericToNumber(value)
  if (number > EXPONENT_MAX) throw numericOverflow()
  const digits = Math.trunc(Math.min(Math.max(number * Math.LOG10E, -2000), 2000))
  const scale = clampScale(MIN_SIGNIFICANT_DIGITS - digits, value.scale)
  if (number < -EXPONENT_MAX) return new Numeric(0n, scale)
  return expAtScale(value, scale)
}

export function lnNumeric(value: Numeric): Numeric {
  if (value.special === 'NaN') return value
  checkLogarithm(value)
  if (value.special !== undefined) return value
  const scale = clampScale(MIN_SIGNIFICANT_DIGITS - logarithmWeight(value), value.scale)
  const precision = scale + GUARD_DIGITS
  return new Numeric(roundedQuotient(lnFixed(value, precision), powerOfTen(GUARD_DIGITS)), scale)
}

/** The logarithm of `value` to `base`. */
export function logNumeric(base: Numeric, value: Numeric): Numeric {
  if (base.special === 'NaN' || value.special === 'NaN') return numericNaN
  const areFinite = base.special === undefined && value.special === undefined
  // As PostgreSQL: beside an infinity a negative number is refused before a zero.
  if (!areFinite && signOf(value) === -1) checkLogarithm(value)
  checkLogarithm(base)
  checkLogarithm(value)
  if (base.special !== undefined) return value.special === undefined ? new Numeric(0n, 0) : numericNaN
  if (value.special !== undefined) return value
  const weight = logarithmWeight(value) - logarithmWeight(base)
  const scale = clampScale(MIN_SIGNIFICANT_DIGITS - weight, base.scale, value.scale)
  const precision = scale + GUARD_DIGITS + Math.max(0, -logarithmWeight(base)) * 2
  const denominator = lnFixed(base, precision)
  if (denominator === 0n) throw divisionByZero()
  return new Numeric(roundedQuotient(lnFixed(value, precision) * powerOfTen(scale), denominator), scale)
}

export function powerNumeric(base: Numeric, exponent: Numeric): Numeric {
  if (base.special !== undefined || exponent.special !== undefined) return powerSpecial(base, exponent)
  if (base.coefficient === 0n && exponent.coefficient < 0n) {
    throw powerError('zero raised to a negative power is undefined')
  }
  const whole = wholePart(exponent)
  if (whole !== undefined && BigInt.asIntN(32, whole) === whole)
    return powerInteger(base, Number(whole), exponent.scale)
  if (base.coefficient === 0n) return new Numeric(0n, MIN_SIGNIFICANT_DIGITS)
  if (base.coefficient < 0n) {
    if (whole === undefined)
      throw powerError('a negative number raised to a non-integer power yields a complex result')
    const magnitude = powerReal(negateNumeric(base), exponent)
    return whole % 2n === 0n ? magnitude : negateNumeric(magnitude)
  }
  return powerReal(base, exponent)
}

/** power_var_int: repeated squaring, keeping the digits that the result shows and some more. */
function powerInteger(base: Numeric, exponent: number, exponentScale: number): Numeric {
  const weight = exponent * decimalLogarithm(base)
  if (weight > 32768 * DIGIT_WIDTH) throw numericOverflow()
  if (weight + 1 < -RESULT_SCALE_MAX) return new Numeric(0n, RESULT_SCALE_MAX)
  const scale = clampScale(MIN_SIGNIFICANT_DIGITS - Math.trunc(weight), base.scale, exponentScale)
  if (exponent === 0) return new Numeric(powerOfTen(scale), scale)
  if (exponent === 1) return roundNumeric(base, scale)
  if (exponent === -1) return divideAtScale(one, base, scale)
  if (base.coefficient === 0n) return new Numeric(0n, scale)
  const digits = Math.max(Math.ceil(Math.abs(weight)) + scale, MIN_SIGNIFICANT_DIGITS) + GUARD_DIGITS + 10
  const raised = raise(base, Math.abs(exponent), digits)
  return exponent < 0 ? invert(raised, scale) : checkNumericRange(roundScaled(raised, scale))
}

interface Scaled {
  readonly coefficient: bigint
  /** May be negative. */
  readonly scale: number
}

function raise(base: Numeric, exponent: number, digits: number): Scaled {
  let result: Scaled = one
  let square: Scaled = base
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = shorten(multiplyScaled(result, square), digits)
    if (rest > 1) square = shorten(multiplyScaled(square, square), digits)
  }
  return result
}

function multiplyScaled(left: Scaled, right: Scaled): Scaled {
  return { coefficient: left.coefficient * right.coefficient, scale: left.scale + right.scale }
}

/** At most about `digits` significant digits. */
function shorten(value: Scaled, digits: number): Scaled {
  // A hexadecimal digit is worth 1.2 decimal ones; exactness does not matter here.
  const excess = Math.floor(value.coefficient.toString(16).length * 1.2) - digits
  if (excess <= 0) return value
  return { coefficient: value.coefficient / powerOfTen(excess), scale: value.scale - excess }
}

function roundScaled(value: Scaled, scale: number): Numeric {
  if (value.scale <= scale) return new Numeric(value.coefficient * powerOfTen(scale - value.scale), scale)
  return new Numeric(roundedQuotient(value.coefficient, powerOfTen(value.scale - scale)), scale)
}

function invert(value: Scaled, scale: number): Numeric {
  const shift = scale + value.scale
  if (shift < 0) return new Numeric(roundedQuotient(1n, value.coefficient * powerOfTen(-shift)), scale)
  return new Numeric(roundedQuotient(powerOfTen(shift), value.coefficient), scale)
}

/** exp(exponent × ln(base)) for base > 0. */
function powerReal(base: Numeric, exponent: Numeric): Numeric {
  const localScale = Math.max(8 - logarithmWeight(base), 0)
  const logarithm = new Numeric(lnFixed(base, localScale + 2), localScale + 2)
  const estimate = numericToNumber(multiplyNumeric(logarithm, exponent))
  if (Math.abs(estimate) > 6020) {
    if (estimate > 0) throw numericOverflow()
    return new Numeric(0n, RESULT_SCALE_MAX)
  }
  const weight = Math.trunc(estimate * Math.LOG10E)
  const scale = clampScale(MIN_SIGNIFICANT_DIGITS - weight, base.scale, exponent.scale)
  const precision = Math.max(scale + weight, 0) + exponent.coefficient.toString().length + GUARD_DIGITS * 2
  const product = multiplyNumeric(new Numeric(lnFixed(base, precision), precision), exponent)
  return expAtScale(product, scale)
}

function powerSpecial(base: Numeric, exponent: Numeric): Numeric {
  const exponentSign = signOf(exponent)
  if (exponent.special === undefined && exponentSign === 0) return one
  if (base.special === undefined && isOne(base)) return one
  if (base.special === 'NaN' || exponent.special === 'NaN') return numericNaN
  if (exponent.special !== undefined) return powerOfInfiniteExponent(base, exponentSign ?? 0)
  const zero = new Numeric(0n, 0)
  if (base.special === 'Infinity') return exponentSign === 1 ? numericInfinity : zero
  const whole = wholePart(exponent)
  if (whole === undefined) {
    throw powerError('a negative number raised to a non-integer power yields a complex result')
  }
  if (exponentSign === -1) return zero
  return infinity(whole % 2n === 0n ? 1 : -1)
}

function powerOfInfiniteExponent(base: Numeric, exponentSign: number): Numeric {
  if (signOf(base) === 0) {
    if (exponentSign < 0) throw powerError('zero raised to a negative power is undefined')
    return new Numeric(0n, 0)
  }
  if (base.special === undefined && isOne(negateNumeric(base))) return one
  const isLarge = base.special !== undefined || Math.abs(numericToNumber(base)) > 1
  return isLarge === exponentSign > 0 ? numericInfinity : new Numeric(0n, 0)
}

/** The exponent as an integer; undefined when it has a fraction. */
function wholePart(value: Numeric): bigint | undefined {
  const unit = powerOfTen(value.scale)
  return value.coefficient % unit === 0n ? value.coefficient / unit : undefined
}

function isOne(value: Numeric): boolean {
  return value.coefficient === powerOfTen(value.scale)
}

/** log10 of the magnitude, from the first 17 digits; 0 for 0. */
function decimalLogarithm(value: Numeric): number {
  if (value.coefficient === 0n) return 0
  const digits = value.coefficient.toString().replace('-', '')
  const head = digits.slice(0, 17)
  return Math.log10(Number(head)) + digits.length - head.length - value.scale
}

/** numeric.c, estimate_ln_dweight: the decimal weight of ln(value). */
function logarithmWeight(value: Numeric): number {
  const number = numericToNumber(value)
  if (number >= 0.9 && number <= 1.1) {
    const rest = new Numeric(value.coefficient - powerOfTen(value.scale), value.scale)
    if (rest.coefficient === 0n) return 0
    const { weight, digit } = leadingDigit(rest)
    return weight * DIGIT_WIDTH + Math.trunc(Math.log10(digit))
  }
  return Math.trunc(Math.log10(Math.abs(decimalLogarithm(value) * Math.LN10)))
}

/** e^value rounded at `scale`. */
function expAtScale(value: Numeric, scale: number): Numeric {
  const magnitude = Math.max(Math.ceil(numericToNumber(value) * Math.LOG10E), 0)
  const precision = scale + magnitude + GUARD_DIGITS
  const unit = powerOfTen(precision)
  const fixed = toFixed(value, precision)
  const ln2 = naturalLog2(precision)
  const twos = fixed / ln2
  const rest = fixed - twos * ln2
  const result = expSeries(rest, unit)
  const scaled = twos >= 0n ? result << twos : result >> -twos
  return new Numeric(roundedQuotient(scaled, powerOfTen(precision - scale)), scale)
}

/**
 * e^x for a fixed-point |x| < ln 2: x is halved eight times before the series and the result squared as
 * often.
 */
function expSeries(value: bigint, unit: bigint): bigint {
  const halvings = 8n
  const guard = 1n << 32n
  const fine = unit * guard
  const x = (value * guard) >> halvings
  let term = fine
  let sum = fine
  for (let n = 1n; term !== 0n; n++) {
    term = (term * x) / (fine * n)
    sum += term
  }
  for (let n = 0n; n < halvings; n++) sum = (sum * sum) / fine
  return sum / guard
}

/** ln(value) × 10^precision, for value > 0. */
function lnFixed(value: Numeric, precision: number): bigint {
  // value = mantissa × 2^twos with a mantissa around 1
  const shift = value.coefficient.toString(2).length - powerOfTen(value.scale).toString(2).length
  const working = precision + GUARD_DIGITS
  const unit = powerOfTen(working)
  const twos = BigInt(shift)
  const numerator = (shift < 0 ? value.coefficient << -twos : value.coefficient) * unit
  const mantissa = numerator / (shift > 0 ? powerOfTen(value.scale) << twos : powerOfTen(value.scale))
  const result = lnNearOne(mantissa, unit) + twos * naturalLog2(working)
  return roundedQuotient(result, powerOfTen(GUARD_DIGITS))
}

/** ln m = 2 artanh((m − 1) / (m + 1)), after square roots have brought m close to 1. */
function lnNearOne(mantissa: bigint, unit: bigint): bigint {
  let value = mantissa
  let factor = 2n
  for (let roots = 0; roots < 6; roots++) {
    value = integerRoot(value * unit)
    factor *= 2n
  }
  // The roots lose digits where m − 1 is small; then none is needed.
  if (mantissa - unit < unit / 1000n && unit - mantissa < unit / 1000n) {
    value = mantissa
    factor = 2n
  }
  return factor * artanh(((value - unit) * unit) / (value + unit), unit)
}

function artanh(ratio: bigint, unit: bigint): bigint {
  const square = (ratio * ratio) / unit
  let power = ratio
  let sum = ratio
  for (let n = 3n; power !== 0n; n += 2n) {
    power = (power * square) / unit
    sum += power / n
  }
  return sum
}

let log2 = { precision: 0, value: 0n }

/** ln 2 × 10^precision. */
function naturalLog2(precision: number): bigint {
  if (log2.precision < precision) {
    const digits = precision + GUARD_DIGITS
    const unit = powerOfTen(digits)
    log2 = { precision: digits, value: 2n * artanh(unit / 3n, unit) }
  }
  return log2.value / powerOfTen(log2.precision - precision)
}

function toFixed(value: Numeric, precision: number): bigint {
  const shift = precision - value.scale
  return shift >= 0 ? value.coefficient * powerOfTen(shift) : value.coefficient / powerOfTen(-shift)
}

/** The integer part of the square root, by Newton's iteration. */
function integerRoot(value: bigint): bigint {
  if (value < 2n) return value
  let root = 1n << BigInt((value.toString(16).length * 4) / 2 + 1)
  for (;;) {
    const next = (root + value / root) >> 1n
    if (next >= root) return root
    root = next
  }
}

function checkLogarithm(value: Numeric): void {
  const sign = signOf(value)
  if (sign === 0) throw new SqlError(SqlState.invalidArgumentForLogarithm, 'cannot take logarithm of zero')
  if (sign === -1) {
    throw new SqlError(SqlState.invalidArgumentForLogarithm, 'cannot take logarithm of a negative number')
  }
}

function powerError(message: string): SqlError {
  return new SqlError(SqlState.invalidArgumentForPowerFunction, message)
}
