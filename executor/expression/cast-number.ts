/** Casts among bool, integers, oid, floats and numeric: rounding and range errors are PostgreSQL's. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { TypeKind } from '../../planner/types.ts'
import type { Numeric } from '../batch/numeric.ts'
import {
  bigintOutOfRange,
  floatOverflow,
  floatUnderflow,
  integerOutOfRange,
  smallintOutOfRange,
} from '../functions/number-errors.ts'
import {
  type IntegerKind,
  numericFromBigint,
  numericFromFloat4,
  numericFromFloat8,
  numericFromInteger,
  numericToBigint,
  numericToNumber,
} from '../functions/numeric-convert.ts'
import type { CastFunction } from './cast-function.ts'

const INT8_BOUND = 2 ** 63

const oidKinds: readonly TypeKind[] = ['oid', 'regclass', 'regtype', 'regproc', 'regnamespace']

export const numberCasts: readonly CastFunction[] = [
  { from: 'int2', to: 'int4', inline: v => v },
  { from: 'int4', to: 'int2', ...checked('int2', v => v) },
  ...(['int2', 'int4'] as const).flatMap(kind => smallIntegerCasts(kind)),
  { from: 'int8', to: 'int2', ...narrowBigint('int2') },
  { from: 'int8', to: 'int4', ...narrowBigint('int4') },
  { from: 'int8', to: 'float4', inline: v => `Math.fround(Number(${v}))` },
  { from: 'int8', to: 'float8', inline: v => `Number(${v})` },
  { from: 'int8', to: 'numeric', coefficient: v => v, call: numericFromBigint },
  { from: 'float4', to: 'float8', inline: v => v },
  {
    from: 'float8',
    to: 'float4',
    statements: (result, v) =>
      `${result} = Math.fround(${v}); ` +
      `if (${result} - ${result} !== 0 && ${v} - ${v} === 0) throw floatOverflow(); ` +
      `if (${result} === 0 && ${v} !== 0) throw floatUnderflow()`,
    helpers: { floatOverflow, floatUnderflow },
  },
  ...(['float4', 'float8'] as const).flatMap(kind => floatCasts(kind)),
  ...numericCasts(),
  { from: 'bool', to: 'int4', inline: v => `(${v} ? 1 : 0)` },
  { from: 'int4', to: 'bool', inline: v => `${v} !== 0` },
  ...oidKinds.flatMap(kind => oidCasts(kind)),
]

/** From int2 and int4, which every wider type holds. */
function smallIntegerCasts(from: 'int2' | 'int4'): CastFunction[] {
  return [
    { from, to: 'int8', inline: v => `BigInt.asIntN(64, BigInt(${v}))` },
    { from, to: 'float4', inline: v => `Math.fround(${v})` },
    { from, to: 'float8', inline: v => v },
    { from, to: 'numeric', coefficient: v => `BigInt.asIntN(64, BigInt(${v}))`, call: numericFromInteger },
  ]
}

/** Half to even, like the hardware; NaN and infinities are out of range. */
function floatCasts(from: 'float4' | 'float8'): CastFunction[] {
  return [
    { from, to: 'int2', ...checked('int2', roundSource) },
    { from, to: 'int4', ...checked('int4', roundSource) },
    { from, to: 'int8', call: floatToBigint },
    { from, to: 'numeric', call: from === 'float4' ? numericFromFloat4 : numericFromFloat8 },
  ]
}

function numericCasts(): CastFunction[] {
  const integers: readonly IntegerKind[] = ['int2', 'int4']
  return [
    ...integers.map(to => ({
      from: 'numeric' as const,
      to,
      call: (value: Numeric) => Number(numericToBigint(value, to)),
    })),
    { from: 'numeric', to: 'int8', call: (value: Numeric) => numericToBigint(value, 'int8') },
    { from: 'numeric', to: 'float4', call: numericToFloat4 },
    { from: 'numeric', to: 'float8', call: numericToFloat8 },
  ]
}

/** oid is unsigned where integers are signed; int8 → oid checks the range. */
function oidCasts(kind: TypeKind): CastFunction[] {
  return [
    { from: kind, to: 'int4', inline: v => `${v} | 0` },
    { from: kind, to: 'int8', inline: v => `BigInt.asIntN(64, BigInt(${v}))` },
    { from: 'int2', to: kind, inline: v => `${v} >>> 0` },
    { from: 'int4', to: kind, inline: v => `${v} >>> 0` },
    { from: 'int8', to: kind, call: bigintToOid },
  ]
}

type Body = Pick<CastFunction, 'statements' | 'helpers'>

function checked(kind: 'int2' | 'int4', convert: (value: string) => string): Body {
  const test = kind === 'int4' ? (r: string) => `${r} | 0` : (r: string) => `(${r} << 16) >> 16`
  const error = kind === 'int4' ? 'integerOutOfRange' : 'smallintOutOfRange'
  return {
    statements: (result, v) =>
      `${result} = ${convert(v)}; if (${result} !== (${test(result)})) throw ${error}(); ${result} |= 0`,
    helpers: { roundHalfEven, [error]: kind === 'int4' ? integerOutOfRange : smallintOutOfRange },
  }
}

function roundSource(value: string): string {
  return `roundHalfEven(${value})`
}

function narrowBigint(kind: 'int2' | 'int4'): Body {
  const error = kind === 'int4' ? 'integerOutOfRange' : 'smallintOutOfRange'
  const bits = kind === 'int4' ? 32 : 16
  return {
    statements: (result, v) =>
      `if (BigInt.asIntN(${bits}, ${v}) !== ${v}) throw ${error}(); ${result} = Number(${v})`,
    helpers: { [error]: kind === 'int4' ? integerOutOfRange : smallintOutOfRange },
  }
}

/** C's rint. */
export function roundHalfEven(value: number): number {
  const rounded = Math.round(value)
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded
}

function floatToBigint(value: number): bigint {
  const rounded = roundHalfEven(value)
  if (!(rounded >= -INT8_BOUND && rounded < INT8_BOUND)) throw bigintOutOfRange()
  return BigInt(rounded)
}

function numericToFloat8(value: Numeric): number {
  const number = numericToNumber(value)
  if (value.special === undefined && !Number.isFinite(number)) throw rangeOf(value, 'double precision')
  return number
}

function numericToFloat4(value: Numeric): number {
  const number = Math.fround(numericToNumber(value))
  if (value.special === undefined && !Number.isFinite(number)) throw rangeOf(value, 'real')
  return number
}

function bigintToOid(value: bigint): number {
  if (value < 0n || value > 0xffffffffn) {
    throw new SqlError(SqlState.numericValueOutOfRange, 'OID out of range')
  }
  return Number(value)
}

function rangeOf(value: Numeric, typeName: string): SqlError {
  return new SqlError(SqlState.numericValueOutOfRange, `"${value}" is out of range for type ${typeName}`)
}
