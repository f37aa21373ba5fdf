/** Operators and functions of numeric: exact arithmetic, rounding, scales, roots, powers, logarithms. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import { float8Type, int4Type, int8Type, numericType } from '../../planner/types.ts'
import { Numeric, numericNaN } from '../batch/numeric.ts'
import { defineFunction, defineOperator } from './define.ts'
import {
  absNumeric,
  addNumeric,
  ceilNumeric,
  divideNumeric,
  divideTruncated,
  floorNumeric,
  moduloNumeric,
  multiplyNumeric,
  negateNumeric,
  powerOfTen,
  roundNumeric,
  signOf,
  subtractNumeric,
  trimScale,
  truncateNumeric,
} from './numeric-arithmetic.ts'
import { expNumeric, lnNumeric, logNumeric, powerNumeric, sqrtNumeric } from './numeric-transcendental.ts'
import type { NumericPairBody, ScalarFunction } from './scalar-function.ts'

const numeric = numericType
const never = { neverNull: true } as const
const FACTORIAL_MAX = 32177

/** Equal scales, result in int64: the coefficients are added as they are. */
const addPairs: NumericPairBody['pairs'] = (r, scale, c1, c2, d1, d2) =>
  `if (${d1} === ${d2} && ${d1} >= 0) { ${r} = BigInt.asIntN(64, ${c1} + ${c2}); ` +
  `if (BigInt.asIntN(64, (${c1} ^ ${r}) & (${c2} ^ ${r})) >= 0n) ${scale} = ${d1} }`

const subtractPairs: NumericPairBody['pairs'] = (r, scale, c1, c2, d1, d2) =>
  `if (${d1} === ${d2} && ${d1} >= 0) { ${r} = BigInt.asIntN(64, ${c1} - ${c2}); ` +
  `if (BigInt.asIntN(64, (${c1} ^ ${c2}) & (${c1} ^ ${r})) >= 0n) ${scale} = ${d1} }`

/** Factors of 32 bits cannot overflow 64. */
const multiplyPairs: NumericPairBody['pairs'] = (r, scale, c1, c2, d1, d2) =>
  `if (${d1} >= 0 && ${d2} >= 0 && BigInt.asIntN(32, ${c1}) === ${c1} && ` +
  `BigInt.asIntN(32, ${c2}) === ${c2}) { ${r} = BigInt.asIntN(64, ${c1} * ${c2}); ${scale} = ${d1} + ${d2} }`

type Unary = (value: Numeric) => unknown
type Binary = (left: Numeric, right: Numeric) => unknown

export const numericFunctions: readonly ScalarFunction[] = [
  defineOperator(
    '+',
    [numeric, numeric],
    numeric,
    { pairs: addPairs, alignScales: true, call: addNumeric },
    { commutator: '+' },
  ),
  defineOperator('-', [numeric, numeric], numeric, {
    pairs: subtractPairs,
    alignScales: true,
    call: subtractNumeric,
  }),
  defineOperator(
    '*',
    [numeric, numeric],
    numeric,
    { pairs: multiplyPairs, alignScales: false, call: multiplyNumeric },
    { commutator: '*' },
  ),
  ...binary(['/'], divideNumeric, 'operator'),
  ...binary(['%'], moduloNumeric, 'operator'),
  ...binary(['^'], powerNumeric, 'operator'),
  ...unary(['-'], negateNumeric, 'operator'),
  ...unary(['+'], value => value, 'operator'),
  ...unary(['@'], absNumeric, 'operator'),
  ...unary(['abs'], absNumeric),
  ...unary(['ceil', 'ceiling'], ceilNumeric),
  ...unary(['floor'], floorNumeric),
  ...unary(['round'], value => roundNumeric(value, 0)),
  ...unary(['trunc'], value => truncateNumeric(value, 0)),
  ...unary(['sign'], signNumeric),
  ...unary(['sqrt'], sqrtNumeric),
  ...unary(['exp'], expNumeric),
  ...unary(['ln'], lnNumeric),
  ...unary(['log', 'log10'], value => logNumeric(new Numeric(10n, 0), value)),
  ...binary(['log'], logNumeric),
  ...binary(['mod'], moduloNumeric),
  ...binary(['div'], divideTruncated),
  ...binary(['power', 'pow'], powerNumeric),
  ...binary(['gcd'], gcdNumeric),
  ...binary(['lcm'], lcmNumeric),
  ...unary(['trim_scale'], trimScale),
  defineFunction('round', [numeric, int4Type], numeric, { call: roundTo(roundNumeric) }, never),
  defineFunction('trunc', [numeric, int4Type], numeric, { call: roundTo(truncateNumeric) }, never),
  defineFunction('scale', [numeric], int4Type, { call: scaleOf }),
  defineFunction('min_scale', [numeric], int4Type, { call: (value: Numeric) => scaleOf(trimScale(value)) }),
  defineFunction('factorial', [int8Type], numeric, { call: factorial }, never),
  defineFunction(
    'width_bucket',
    [numeric, numeric, numeric, int4Type],
    int4Type,
    { call: widthBucketNumeric },
    never,
  ),
  defineFunction(
    'width_bucket',
    [float8Type, float8Type, float8Type, int4Type],
    int4Type,
    { call: widthBucket },
    never,
  ),
]

function unary(
  names: readonly string[],
  call: Unary,
  kind: 'function' | 'operator' = 'function',
): ScalarFunction[] {
  const define = kind === 'function' ? defineFunction : defineOperator
  return names.map(name => define(name, [numeric], numeric, { call }, never))
}

function binary(
  names: readonly string[],
  call: Binary,
  kind: 'function' | 'operator' = 'function',
): ScalarFunction[] {
  const define = kind === 'function' ? defineFunction : defineOperator
  return names.map(name => define(name, [numeric, numeric], numeric, { call }, never))
}

/** Scales beyond ±2000 are taken as these. */
function roundTo(
  round: (value: Numeric, scale: number) => Numeric,
): (value: Numeric, scale: number) => Numeric {
  return (value, scale) => round(value, Math.min(Math.max(scale, -2000), 2000))
}

function signNumeric(value: Numeric): Numeric {
  const sign = signOf(value)
  return sign === undefined ? numericNaN : new Numeric(BigInt(sign), 0)
}

/** NULL for NaN and infinities. */
function scaleOf(value: Numeric): number | null {
  return value.special === undefined ? value.scale : null
}

function gcdNumeric(left: Numeric, right: Numeric): Numeric {
  if (left.special !== undefined || right.special !== undefined) return numericNaN
  const [a, b, scale] = aligned(left, right)
  return new Numeric(greatestCommonDivisor(a, b), scale)
}

function lcmNumeric(left: Numeric, right: Numeric): Numeric {
  if (left.special !== undefined || right.special !== undefined) return numericNaN
  const [a, b, scale] = aligned(left, right)
  if (a === 0n || b === 0n) return new Numeric(0n, scale)
  const multiple = (a / greatestCommonDivisor(a, b)) * b
  return new Numeric(multiple < 0n ? -multiple : multiple, scale)
}

/** Never negative. */
export function greatestCommonDivisor(left: bigint, right: bigint): bigint {
  let [a, b] = [left < 0n ? -left : left, right < 0n ? -right : right]
  while (b !== 0n) [a, b] = [b, a % b]
  return a
}

function aligned(left: Numeric, right: Numeric): readonly [bigint, bigint, number] {
  const scale = Math.max(left.scale, right.scale)
  return [
    left.coefficient * powerOfTen(scale - left.scale),
    right.coefficient * powerOfTen(scale - right.scale),
    scale,
  ]
}

function factorial(count: bigint): Numeric {
  if (count < 0n) {
    throw new SqlError(SqlState.numericValueOutOfRange, 'factorial of a negative number is undefined')
  }
  if (count > FACTORIAL_MAX)
    throw new SqlError(SqlState.numericValueOutOfRange, 'value overflows numeric format')
  let product = 1n
  for (let factor = 2n; factor <= count; factor++) product *= factor
  return new Numeric(product, 0)
}

function widthBucketNumeric(operand: Numeric, low: Numeric, high: Numeric, count: number): number {
  checkBucketCount(count)
  if (operand.special === 'NaN' || low.special === 'NaN' || high.special === 'NaN') throw bucketNaN()
  if (low.special !== undefined || high.special !== undefined) throw bucketInfinite()
  const ascending = signOf(subtractNumeric(high, low))
  if (ascending === 0) throw bucketBounds()
  const direction = BigInt(ascending ?? 0)
  if (operand.special !== undefined)
    return (operand.special === 'Infinity') === direction > 0n ? bucketAbove(count) : 0
  const scale = Math.max(operand.scale, low.scale, high.scale)
  const at = (value: Numeric): bigint => value.coefficient * powerOfTen(scale - value.scale) * direction
  if (at(operand) < at(low)) return 0
  if (at(operand) >= at(high)) return bucketAbove(count)
  return Number(((at(operand) - at(low)) * BigInt(count)) / (at(high) - at(low))) + 1
}

function widthBucket(operand: number, low: number, high: number, count: number): number {
  checkBucketCount(count)
  if (Number.isNaN(operand) || Number.isNaN(low) || Number.isNaN(high)) throw bucketNaN()
  if (!Number.isFinite(low) || !Number.isFinite(high)) throw bucketInfinite()
  if (low === high) throw bucketBounds()
  const isAscending = low < high
  if (isAscending ? operand < low : operand > low) return 0
  if (isAscending ? operand >= high : operand <= high) return bucketAbove(count)
  return Math.min(Math.floor((count * (operand - low)) / (high - low)), count - 1) + 1
}

function bucketAbove(count: number): number {
  if (count === 2147483647) throw new SqlError(SqlState.numericValueOutOfRange, 'integer out of range')
  return count + 1
}

function checkBucketCount(count: number): void {
  if (count > 0) return
  throw new SqlError(SqlState.invalidArgumentForWidthBucketFunction, 'count must be greater than zero')
}

function bucketNaN(): SqlError {
  const message = 'operand, lower bound, and upper bound cannot be NaN'
  return new SqlError(SqlState.invalidArgumentForWidthBucketFunction, message)
}

function bucketInfinite(): SqlError {
  return new SqlError(SqlState.invalidArgumentForWidthBucketFunction, 'lower and upper bounds must be finite')
}

function bucketBounds(): SqlError {
  const message = 'lower bound cannot equal upper bound'
  return new SqlError(SqlState.invalidArgumentForWidthBucketFunction, message)
}
