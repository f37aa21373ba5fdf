/**
 * = <> < <= > >= of numbers, text, bool, bytea, uuid and oid. NaN equals NaN and is greater than every
 * number; text is ordered by its bytes ("C" collation); char(n) ignores trailing spaces.
 */

import type { DataType } from '../../planner/types.ts'
import {
  boolType,
  bpcharType,
  byteaType,
  charType,
  float4Type,
  float8Type,
  int2Type,
  int4Type,
  int8Type,
  nameType,
  numericType,
  oidType,
  textType,
  uuidType,
  varcharType,
} from '../../planner/types.ts'
import type { Numeric } from '../batch/numeric.ts'
import { defineNativeComparisons, defineOperator } from './define.ts'
import { compareNumeric } from './numeric-arithmetic.ts'
import type { ScalarBody, ScalarFunction } from './scalar-function.ts'
import {
  compareByteArrays,
  comparePadded,
  comparePaddedRanges,
  compareRanges,
  compareText,
  rangesEqual,
} from './text-compare.ts'

interface Comparison {
  readonly name: '=' | '<>' | '<' | '<=' | '>' | '>='
  readonly negator: string
  readonly commutator: string
  /** JS operator. */
  readonly symbol: string
  readonly test: (order: number) => boolean
}

const comparisons: readonly Comparison[] = [
  { name: '=', negator: '<>', commutator: '=', symbol: '===', test: order => order === 0 },
  { name: '<>', negator: '=', commutator: '<>', symbol: '!==', test: order => order !== 0 },
  { name: '<', negator: '>=', commutator: '>', symbol: '<', test: order => order < 0 },
  { name: '<=', negator: '>', commutator: '>=', symbol: '<=', test: order => order <= 0 },
  { name: '>', negator: '<=', commutator: '<', symbol: '>', test: order => order > 0 },
  { name: '>=', negator: '<', commutator: '<=', symbol: '>=', test: order => order >= 0 },
]

const integers = [int2Type, int4Type, int8Type]
const floats = [float4Type, float8Type]

export const comparisonFunctions: readonly ScalarFunction[] = [
  ...integers.flatMap(left => integers.flatMap(right => integerComparisons(left, right))),
  ...floats.flatMap(left => floats.flatMap(right => compare(left, right, floatBody))),
  ...compare(numericType, numericType, numericBody),
  ...defineNativeComparisons(boolType, boolType),
  ...defineNativeComparisons(oidType, oidType),
  ...[textType, varcharType, nameType, charType].flatMap(type => compare(type, type, textBody)),
  ...compare(nameType, textType, textBody),
  ...compare(textType, nameType, textBody),
  ...compare(bpcharType, bpcharType, paddedBody),
  ...[byteaType, uuidType].flatMap(type => compare(type, type, bytesBody)),
]

function compare(
  left: DataType,
  right: DataType,
  body: (comparison: Comparison) => ScalarBody,
): ScalarFunction[] {
  return comparisons.map(comparison => {
    const { name, negator, commutator } = comparison
    return defineOperator(name, [left, right], boolType, body(comparison), { negator, commutator })
  })
}

/** Of different widths with int8: both become bigint. */
function integerComparisons(left: DataType, right: DataType): ScalarFunction[] {
  const widen = left !== right && (left === int8Type || right === int8Type)
  return compare(left, right, ({ symbol }) => ({
    inline: (a, b) => `${a} ${symbol} ${b}`,
    ...(widen && { widen }),
  }))
}

/** PostgreSQL's total order of floats, by what JS comparisons answer for NaN (false, but for !==). */
function floatBody({ name }: Comparison): ScalarBody {
  switch (name) {
    case '=':
      return { inline: (a, b) => `(${a} === ${b} || (${a} !== ${a} && ${b} !== ${b}))` }
    case '<>':
      return { inline: (a, b) => `(${a} !== ${b} && (${a} === ${a} || ${b} === ${b}))` }
    case '<':
      return { inline: (a, b) => `(${a} < ${b} || (${b} !== ${b} && ${a} === ${a}))` }
    case '<=':
      return { inline: (a, b) => `(${a} <= ${b} || ${b} !== ${b})` }
    case '>':
      return { inline: (a, b) => `(${a} > ${b} || (${a} !== ${a} && ${b} === ${b}))` }
    case '>=':
      return { inline: (a, b) => `(${a} >= ${b} || ${a} !== ${a})` }
  }
}

function numericBody({ symbol, test }: Comparison): ScalarBody {
  return {
    pairs: (result, _scale, c1, c2) => `${result} = ${c1} ${symbol} ${c2}`,
    alignScales: true,
    call: (left: Numeric, right: Numeric) => test(compareNumeric(left, right)),
  }
}

type Ranges = Parameters<typeof compareRanges>

function textBody({ name, test }: Comparison): ScalarBody {
  const call = (left: string, right: string): boolean => test(compareText(left, right))
  if (name === '=') return { ranges: rangesEqual, call: (left: string, right: string) => left === right }
  if (name === '<>') return { ranges: (...ranges: Ranges) => !rangesEqual(...ranges), call }
  return { ranges: (...ranges: Ranges) => test(compareRanges(...ranges)), call }
}

function paddedBody({ test }: Comparison): ScalarBody {
  return {
    ranges: (...ranges: Ranges) => test(comparePaddedRanges(...ranges)),
    call: (left: string, right: string) => test(comparePadded(left, right)),
  }
}

function bytesBody({ test }: Comparison): ScalarBody {
  return {
    ranges: (...ranges: Ranges) => test(compareRanges(...ranges)),
    call: (left: Uint8Array, right: Uint8Array) => test(compareByteArrays(left, right)),
  }
}
