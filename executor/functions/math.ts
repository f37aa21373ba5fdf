/** Mathematical functions of integers and double precision; numeric's are in numeric-functions.ts. */

import { type DataType, float4Type, float8Type, int2Type, int4Type, int8Type } from '../../planner/types.ts'
import { roundHalfEven } from '../expression/cast-number.ts'
import { bigintAbs, smallAbs } from './arithmetic.ts'
import { defineFunction } from './define.ts'
import {
  acosDegrees,
  acosh,
  asinDegrees,
  atan2Degrees,
  atanDegrees,
  cbrt,
  cosDegrees,
  cotDegrees,
  degrees,
  expFloat,
  lnFloat,
  log10Float,
  ofAngle,
  ofRatio,
  powerFloat,
  radians,
  sinDegrees,
  squareRoot,
  tanDegrees,
} from './math-float.ts'
import {
  bigintOutOfRange,
  divisionByZero,
  integerOutOfRange,
  outOfRange,
  smallintOutOfRange,
} from './number-errors.ts'
import { greatestCommonDivisor } from './numeric-functions.ts'
import type { ScalarFunction } from './scalar-function.ts'

const never = { neverNull: true } as const

const floatCalls: Readonly<Record<string, (value: number) => number>> = {
  sqrt: squareRoot,
  cbrt,
  exp: expFloat,
  ln: lnFloat,
  log: log10Float,
  log10: log10Float,
  sin: ofAngle(Math.sin),
  cos: ofAngle(Math.cos),
  tan: ofAngle(Math.tan),
  cot: ofAngle(angle => 1 / Math.tan(angle)),
  asin: ofRatio(Math.asin),
  acos: ofRatio(Math.acos),
  atan: Math.atan,
  sind: ofAngle(sinDegrees),
  cosd: ofAngle(cosDegrees),
  tand: ofAngle(tanDegrees),
  cotd: ofAngle(cotDegrees),
  asind: ofRatio(asinDegrees),
  acosd: ofRatio(acosDegrees),
  atand: atanDegrees,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh,
  atanh: ofRatio(Math.atanh),
  degrees,
  radians,
}

/** Total functions, written into the loop. */
const floatSources: Readonly<Record<string, (value: string) => string>> = {
  abs: value => `Math.abs(${value})`,
  ceil: value => `Math.ceil(${value})`,
  ceiling: value => `Math.ceil(${value})`,
  floor: value => `Math.floor(${value})`,
  round: value => `roundHalfEven(${value})`,
  trunc: value => `Math.trunc(${value})`,
  sign: value => `(${value} > 0 ? 1 : ${value} < 0 ? -1 : 0)`,
}

const binaryCalls: Readonly<Record<string, (left: number, right: number) => number>> = {
  power: powerFloat,
  pow: powerFloat,
  atan2: Math.atan2,
  atan2d: atan2Degrees,
}

export const mathFunctions: readonly ScalarFunction[] = [
  ...Object.entries(floatCalls).map(([name, call]) =>
    defineFunction(name, [float8Type], float8Type, { call }, never),
  ),
  ...Object.entries(floatSources).map(([name, inline]) =>
    defineFunction(name, [float8Type], float8Type, {
      inline,
      ...(name === 'round' && { helpers: { roundHalfEven } }),
    }),
  ),
  ...Object.entries(binaryCalls).map(([name, call]) =>
    defineFunction(name, [float8Type, float8Type], float8Type, { call }, never),
  ),
  defineFunction('abs', [float4Type], float4Type, { inline: value => `Math.abs(${value})` }),
  ...[int2Type, int4Type].map(type =>
    defineFunction('abs', [type], type, {
      statements: smallAbs(type) as (...names: string[]) => string,
      helpers: type === int2Type ? { smallintOutOfRange } : { integerOutOfRange },
    }),
  ),
  defineFunction('abs', [int8Type], int8Type, {
    statements: bigintAbs as (...names: string[]) => string,
    helpers: { bigintOutOfRange },
  }),
  ...[int2Type, int4Type, int8Type].map(modulo),
  ...[int4Type, int8Type].flatMap(divisorFunctions),
  defineFunction('pi', [], float8Type, { inline: () => 'Math.PI' }),
  defineFunction(
    'random',
    [],
    float8Type,
    { call: () => Math.random() },
    { neverNull: true, volatility: 'volatile' },
  ),
]

function modulo(type: DataType): ScalarFunction {
  const [zero, finish] = type === int8Type ? ['0n', ''] : ['0', '; $r |= 0']
  return defineFunction('mod', [type, type], type, {
    statements: (r, a, b) =>
      `if (${b} === ${zero}) throw divisionByZero(); ${r} = ${a} % ${b}${finish!.replace('$r', r!)}`,
    helpers: { divisionByZero },
  })
}

/** gcd and lcm; only lcm of large numbers and gcd of the lowest can overflow. */
function divisorFunctions(type: DataType): ScalarFunction[] {
  const kind = type === int8Type ? 'int8' : 'int4'
  const bits = type === int8Type ? 64 : 32
  const finish = (value: bigint): number | bigint => {
    if (BigInt.asIntN(bits, value) !== value) throw outOfRange(kind)
    return kind === 'int8' ? value : Number(value)
  }
  const gcd = (a: number | bigint, b: number | bigint): number | bigint =>
    finish(greatestCommonDivisor(BigInt(a), BigInt(b)))
  const lcm = (a: number | bigint, b: number | bigint): number | bigint => {
    const [left, right] = [BigInt(a), BigInt(b)]
    if (left === 0n || right === 0n) return finish(0n)
    const multiple = (left / greatestCommonDivisor(left, right)) * right
    return finish(multiple < 0n ? -multiple : multiple)
  }
  return [
    defineFunction('gcd', [type, type], type, { call: gcd }, never),
    defineFunction('lcm', [type, type], type, { call: lcm }, never),
  ]
}
