/**
 * Operators of integers and floats, every pair of pg_operator: checked + − * / %, bits and shifts, abs,
 * roots, powers. Integers fail with 22003 on overflow, floats too when finite operands give an infinity or
 * lose everything.
 */

import type { DataType } from '../../planner/types.ts'
import { float4Type, float8Type, int2Type, int4Type, int8Type } from '../../planner/types.ts'
import { defineOperator } from './define.ts'
import { cbrt, powerFloat, squareRoot } from './math-float.ts'
import {
  bigintOutOfRange,
  divisionByZero,
  floatOverflow,
  floatUnderflow,
  integerOutOfRange,
  smallintOutOfRange,
} from './number-errors.ts'
import type { ScalarFunction, StatementsBody } from './scalar-function.ts'

type Source = (...names: string[]) => string

const helpers = {
  smallintOutOfRange,
  integerOutOfRange,
  bigintOutOfRange,
  divisionByZero,
  floatOverflow,
  floatUnderflow,
  multiplyBigint,
}

const integers: readonly DataType[] = [int2Type, int4Type, int8Type]

export const arithmeticFunctions: readonly ScalarFunction[] = [
  ...integers.flatMap(left => integers.flatMap(right => integerOperators(left, right))),
  ...integers.flatMap(type => [...sameTypeOperators(type), ...unaryOperators(type), ...shiftOperators(type)]),
  ...[float4Type, float8Type].flatMap(left =>
    [float4Type, float8Type].flatMap(right => floatOperators(left, right)),
  ),
  ...[float4Type, float8Type].flatMap(floatUnaryOperators),
  defineOperator('^', [float8Type, float8Type], float8Type, { call: powerFloat }, { neverNull: true }),
  defineOperator('|/', [float8Type], float8Type, { call: squareRoot }, { neverNull: true }),
  defineOperator('||/', [float8Type], float8Type, { call: cbrt }, { neverNull: true }),
]

/** The result is of the wider type. */
function integerOperators(left: DataType, right: DataType): ScalarFunction[] {
  const type = integers[Math.max(integers.indexOf(left), integers.indexOf(right))]!
  const bodies = type === int8Type ? bigintBodies() : smallBodies(type)
  const widen = type === int8Type && left !== right
  return Object.entries(bodies).map(([name, statements]) =>
    define(name, [left, right], type, { statements, helpers, ...(widen && { widen }) }),
  )
}

function define(
  name: string,
  args: readonly DataType[],
  type: DataType,
  body: Omit<StatementsBody, 'helpers'> & { helpers: Readonly<Record<string, unknown>> },
): ScalarFunction {
  const used = Object.entries(body.helpers).filter(([helper]) =>
    body.statements('r', 'a', 'b').includes(`${helper}(`),
  )
  const commutator = name === '+' || name === '*' ? { commutator: name } : {}
  return defineOperator(name, args, type, { ...body, helpers: Object.fromEntries(used) }, commutator)
}

/** int2 and int4: doubles hold every intermediate result, or one far enough outside. */
function smallBodies(type: DataType): Readonly<Record<string, Source>> {
  const check = smallCheck(type)
  return {
    '+': (r, a, b) => `${r} = ${a} + ${b}; ${check(r!)}`,
    '-': (r, a, b) => `${r} = ${a} - ${b}; ${check(r!)}`,
    '*': (r, a, b) => `${r} = ${a} * ${b}; ${check(r!)}; ${r} |= 0`,
    '/': (r, a, b) =>
      `if (${b} === 0) throw divisionByZero(); ${r} = Math.trunc(${a} / ${b}); ${check(r!)}; ${r} |= 0`,
  }
}

function smallCheck(type: DataType): (result: string) => string {
  return type === int2Type
    ? r => `if (${r} !== ((${r} << 16) >> 16)) throw smallintOutOfRange()`
    : r => `if (${r} !== (${r} | 0)) throw integerOutOfRange()`
}

/**
 * int8 wraps around in 64 bits, which the JIT keeps unboxed; a sum overflowed when its sign differs from both
 * operands'. Factors of 32 bits cannot overflow; others are multiplied exactly.
 */
function bigintBodies(): Readonly<Record<string, Source>> {
  return {
    '+': (r, a, b) =>
      `${r} = BigInt.asIntN(64, ${a} + ${b}); ` +
      `if (BigInt.asIntN(64, (${a} ^ ${r}) & (${b} ^ ${r})) < 0n) throw bigintOutOfRange()`,
    '-': (r, a, b) =>
      `${r} = BigInt.asIntN(64, ${a} - ${b}); ` +
      `if (BigInt.asIntN(64, (${a} ^ ${b}) & (${a} ^ ${r})) < 0n) throw bigintOutOfRange()`,
    '*': (r, a, b) =>
      `if (BigInt.asIntN(32, ${a}) === ${a} && BigInt.asIntN(32, ${b}) === ${b}) ` +
      `${r} = BigInt.asIntN(64, ${a} * ${b}); else ${r} = BigInt.asIntN(64, multiplyBigint(${a}, ${b}))`,
    '/': (r, a, b) =>
      `if (${b} === 0n) throw divisionByZero(); ` +
      `${r} = BigInt.asIntN(64, ${a} / ${b}); ` +
      `if (${b} === -1n && ${a} < 0n && ${r} < 0n) throw bigintOutOfRange()`,
  }
}

function multiplyBigint(left: bigint, right: bigint): bigint {
  const product = left * right
  if (BigInt.asIntN(64, product) !== product) throw bigintOutOfRange()
  return product
}

/** % and the bit operators are only of one type. */
function sameTypeOperators(type: DataType): ScalarFunction[] {
  const zero = type === int8Type ? '0n' : '0'
  const finish =
    type === int8Type
      ? (source: string) => `BigInt.asIntN(64, ${source})`
      : (source: string) => `(${source}) | 0`
  const modulo: Source = (r, a, b) =>
    `if (${b} === ${zero}) throw divisionByZero(); ${r} = ${finish(`${a} % ${b}`)}`
  const bits = ['&', '|', '#'].map(name =>
    defineOperator(
      name,
      [type, type],
      type,
      { inline: (a, b) => finish(`${a} ${name === '#' ? '^' : name} ${b}`) },
      { commutator: name },
    ),
  )
  return [define('%', [type, type], type, { statements: modulo, helpers }), ...bits]
}

function unaryOperators(type: DataType): ScalarFunction[] {
  if (type === int8Type) {
    const check = (r: string): string => `if (${r} === -9223372036854775808n) throw bigintOutOfRange()`
    return [
      define('-', [type], type, {
        statements: (r, a) => `${check(a!)}; ${r} = BigInt.asIntN(64, -${a})`,
        helpers,
      }),
      defineOperator('+', [type], type, { inline: a => a }),
      defineOperator('~', [type], type, { inline: a => `BigInt.asIntN(64, ~${a})` }),
      define('@', [type], type, { statements: bigintAbs, helpers }),
    ]
  }
  const check = smallCheck(type)
  return [
    define('-', [type], type, { statements: (r, a) => `${r} = 0 - ${a}; ${check(r!)}`, helpers }),
    defineOperator('+', [type], type, { inline: a => a }),
    defineOperator('~', [type], type, { inline: a => `~${a}` }),
    define('@', [type], type, { statements: smallAbs(type), helpers }),
  ]
}

/** Statements of |a| for int8. */
export function bigintAbs(result: string, value: string): string {
  return (
    `if (${value} === -9223372036854775808n) throw bigintOutOfRange(); ` +
    `${result} = ${value} < 0n ? BigInt.asIntN(64, -${value}) : ${value}`
  )
}

/** Statements of |a| for int2 and int4. */
export function smallAbs(type: DataType): (result: string, value: string) => string {
  return (result, value) => `${result} = Math.abs(${value}); ${smallCheck(type)(result)}`
}

/** The count is taken modulo the width, as C compilers for today's machines do. */
function shiftOperators(type: DataType): ScalarFunction[] {
  const args = [type, int4Type]
  if (type === int8Type) {
    const count = (b: string): string => `BigInt(${b} & 63)`
    return [
      defineOperator('<<', args, type, { inline: (a, b) => `BigInt.asIntN(64, ${a} << ${count(b)})` }),
      defineOperator('>>', args, type, { inline: (a, b) => `BigInt.asIntN(64, ${a} >> ${count(b)})` }),
    ]
  }
  const narrow =
    type === int2Type ? (source: string) => `((${source}) << 16) >> 16` : (source: string) => source
  return [
    defineOperator('<<', args, type, { inline: (a, b) => narrow(`${a} << ${b}`) }),
    defineOperator('>>', args, type, { inline: (a, b) => narrow(`${a} >> ${b}`) }),
  ]
}

/** real with real stays real; with double precision it becomes double precision. */
function floatOperators(left: DataType, right: DataType): ScalarFunction[] {
  const type = left === float4Type && right === float4Type ? float4Type : float8Type
  const round =
    type === float4Type ? (source: string) => `Math.fround(${source})` : (source: string) => source
  // x - x is 0 for finite x only.
  const overflow: Source = (r, a, b) =>
    `if (${r} - ${r} !== 0 && ${a} - ${a} === 0 && ${b} - ${b} === 0) throw floatOverflow()`
  const bodies: Readonly<Record<string, Source>> = {
    '+': (r, a, b) => `${r} = ${round(`${a} + ${b}`)}; ${overflow(r!, a!, b!)}`,
    '-': (r, a, b) => `${r} = ${round(`${a} - ${b}`)}; ${overflow(r!, a!, b!)}`,
    '*': (r, a, b) =>
      `${r} = ${round(`${a} * ${b}`)}; ${overflow(r!, a!, b!)}; ` +
      `if (${r} === 0 && ${a} !== 0 && ${b} !== 0) throw floatUnderflow()`,
    '/': (r, a, b) =>
      `if (${b} === 0 && ${a} === ${a}) throw divisionByZero(); ` +
      `${r} = ${round(`${a} / ${b}`)}; ${overflow(r!, a!, b!)}; ` +
      `if (${r} === 0 && ${a} !== 0 && ${b} - ${b} === 0) throw floatUnderflow()`,
  }
  return Object.entries(bodies).map(([name, statements]) =>
    define(name, [left, right], type, { statements, helpers }),
  )
}

function floatUnaryOperators(type: DataType): ScalarFunction[] {
  return [
    defineOperator('-', [type], type, { inline: a => `-${a}` }),
    defineOperator('+', [type], type, { inline: a => a }),
    defineOperator('@', [type], type, { inline: a => `Math.abs(${a})` }),
  ]
}
