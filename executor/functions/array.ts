/** Operators and functions of arrays. Values are JS arrays, nested for further dimensions. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { SignatureType } from '../../planner/function-signature.ts'
import { arrayOf, boolType, int4Type, textType } from '../../planner/types.ts'
import { lowerBound, lowerBounds, withBoundsOf } from '../batch/array-bounds.ts'
import type { RuntimeValue } from '../batch/runtime-value.ts'
import { arrayDimensions } from '../batch/value-codec.ts'
import { formatRuntime } from '../expression/text-format.ts'
import { defineFunction, defineOperator } from './define.ts'
import type { CallSite, ScalarFunction } from './scalar-function.ts'
import { compareArrays, compareValues, leavesOf } from './value-compare.ts'

const anyArray: SignatureType = { kind: 'anyarray' }
const compatible: SignatureType = { kind: 'anycompatible' }
const compatibleArray: SignatureType = { kind: 'anycompatiblearray' }
const never = { neverNull: true } as const
const lax = { strict: false } as const
const int4 = int4Type

type List = readonly RuntimeValue[]

const comparisons: readonly (readonly [string, string, string, (order: number) => boolean])[] = [
  ['=', '<>', '=', order => order === 0],
  ['<>', '=', '<>', order => order !== 0],
  ['<', '>=', '>', order => order < 0],
  ['<=', '>', '>=', order => order <= 0],
  ['>', '<=', '<', order => order > 0],
  ['>=', '<', '<=', order => order >= 0],
]

export const arrayFunctions: readonly ScalarFunction[] = [
  ...comparisons.map(([name, negator, commutator, test]) => {
    const call = (left: List, right: List): boolean => test(compareArrays(left, right))
    return defineOperator(name, [anyArray, anyArray], boolType, { call }, { negator, commutator, ...never })
  }),
  defineOperator('@>', [anyArray, anyArray], boolType, { call: contains }, never),
  defineOperator('<@', [anyArray, anyArray], boolType, { call: (a: List, b: List) => contains(b, a) }, never),
  defineOperator('&&', [anyArray, anyArray], boolType, { call: overlaps }, never),
  defineOperator('||', [compatibleArray, compatibleArray], compatibleArray, { call: concatenate }, lax),
  defineOperator('||', [compatibleArray, compatible], compatibleArray, { call: append }, lax),
  defineOperator('||', [compatible, compatibleArray], compatibleArray, { call: prepend }, lax),
  defineFunction(
    'array_cat',
    [compatibleArray, compatibleArray],
    compatibleArray,
    { call: concatenate },
    lax,
  ),
  defineFunction('array_append', [compatibleArray, compatible], compatibleArray, { call: append }, lax),
  defineFunction('array_prepend', [compatible, compatibleArray], compatibleArray, { call: prepend }, lax),
  defineFunction('array_remove', [compatibleArray, compatible], compatibleArray, { call: remove }, lax),
  defineFunction(
    'array_replace',
    [compatibleArray, compatible, compatible],
    compatibleArray,
    { call: replace },
    lax,
  ),
  defineFunction('array_position', [compatibleArray, compatible], int4, { call: position }, lax),
  defineFunction('array_position', [compatibleArray, compatible, int4], int4, { call: position }, lax),
  defineFunction('array_positions', [compatibleArray, compatible], arrayOf(int4), { call: positions }, lax),
  defineFunction('array_length', [anyArray, int4], int4, { call: lengthOf }),
  defineFunction('array_upper', [anyArray, int4], int4, { call: upperBoundOf }),
  defineFunction('array_lower', [anyArray, int4], int4, { call: lowerBoundOf }),
  defineFunction('array_ndims', [anyArray], int4, {
    call: (list: List) => (list.length === 0 ? null : arrayDimensions(list).length),
  }),
  defineFunction('array_dims', [anyArray], textType, { call: dimensionsText }),
  defineFunction('cardinality', [anyArray], int4, { call: cardinality }, never),
  defineFunction('trim_array', [anyArray, int4], anyArray, { call: trimArray }, never),
  defineFunction(
    'array_to_string',
    [anyArray, textType],
    textType,
    { prepare: toText },
    { volatility: 'stable' },
  ),
  defineFunction(
    'array_to_string',
    [anyArray, textType, textType],
    textType,
    { prepare: toText },
    { volatility: 'stable', ...lax },
  ),
  defineFunction('string_to_array', [textType, textType], arrayOf(textType), { call: split }, lax),
  defineFunction('string_to_array', [textType, textType, textType], arrayOf(textType), { call: split }, lax),
]

/** Every element of `right` (none of which may be NULL) occurs in `left`. */
function contains(left: List, right: List): boolean {
  const leaves = leavesOf(left)
  return leavesOf(right).every(item => item !== null && leaves.some(other => equal(item, other)))
}

function overlaps(left: List, right: List): boolean {
  const leaves = leavesOf(left)
  return leavesOf(right).some(item => item !== null && leaves.some(other => equal(item, other)))
}

function equal(left: RuntimeValue, right: RuntimeValue): boolean {
  return compareValues(left, right) === 0
}

/** A NULL array counts as empty; an array of one dimension less becomes an element. */
function concatenate(left: List | null, right: List | null): List | null {
  if (left === null || right === null) return left ?? right
  if (left.length === 0) return right
  if (right.length === 0) return left
  const [leftLengths, rightLengths] = [arrayDimensions(left), arrayDimensions(right)]
  const difference = leftLengths.length - rightLengths.length
  if (Math.abs(difference) > 1) throw incompatible(leftLengths.length, rightLengths.length)
  const [inner, outer] = difference > 0 ? [rightLengths, leftLengths] : [leftLengths, rightLengths]
  const skip = difference === 0 ? 1 : 0
  const [innerBounds, outerBounds] = [
    lowerBounds(difference > 0 ? right : left),
    lowerBounds(difference > 0 ? left : right),
  ]
  const isOther = (length: number, index: number) =>
    length !== outer[index + 1] || innerBounds[index + skip] !== outerBounds[index + 1]
  if (inner.slice(skip).some(isOther)) throw incompatible(leftLengths.length, rightLengths.length)
  if (difference > 0) return withBoundsOf(left, [...left, right])
  return difference < 0 ? withBoundsOf(right, [left, ...right]) : withBoundsOf(left, [...left, ...right])
}

function incompatible(left: number, right: number): SqlError {
  const difference = Math.abs(left - right)
  const what =
    difference > 1
      ? `of ${left} and ${right} dimensions`
      : `with differing ${difference === 0 ? 'element ' : ''}dimensions`
  const detail = `Arrays ${what} are not compatible for concatenation.`
  return new SqlError(SqlState.arraySubscriptError, 'cannot concatenate incompatible arrays', { detail })
}

function append(list: List | null, item: RuntimeValue): List {
  checkOneDimension(list, 'argument must be empty or one-dimensional array')
  return withBoundsOf(list ?? [], [...(list ?? []), item])
}

function prepend(item: RuntimeValue, list: List | null): List {
  checkOneDimension(list, 'argument must be empty or one-dimensional array')
  return withBoundsOf(list ?? [], [item, ...(list ?? [])])
}

function checkOneDimension(list: List | null, message: string): void {
  if (list?.some(Array.isArray) === true) throw new SqlError(SqlState.dataException, message)
}

function remove(list: List | null, item: RuntimeValue): List | null {
  if (list === null) return null
  if (list.some(Array.isArray)) {
    const message = 'removing elements from multidimensional arrays is not supported'
    throw new SqlError(SqlState.featureNotSupported, message)
  }
  const kept = list.filter(other => !equal(item, other))
  return withBoundsOf(list, kept)
}

function replace(list: List | null, from: RuntimeValue, to: RuntimeValue): List | null {
  if (list === null) return null
  const replaced = list.map(item => {
    if (Array.isArray(item)) return replace(item as List, from, to)
    return equal(item, from) ? to : item
  })
  return withBoundsOf(list, replaced)
}

/** Without a position to begin at, the array's own. */
function position(list: List | null, item: RuntimeValue, ...start: (number | null)[]): number | null {
  if (list === null) return null
  const bound = lowerBound(list)
  const from = start.length === 0 ? bound : start[0]!
  if (from === null) throw new SqlError(SqlState.nullValueNotAllowed, 'initial position must not be null')
  checkSearchable(list)
  const index = list.findIndex((other, at) => at + bound >= from && equal(item, other))
  return index < 0 ? null : index + bound
}

function positions(list: List | null, item: RuntimeValue): readonly number[] | null {
  if (list === null) return null
  checkSearchable(list)
  return list.flatMap((other, index) => (equal(item, other) ? [index + lowerBound(list)] : []))
}

function checkSearchable(list: List): void {
  if (!list.some(Array.isArray)) return
  const message = 'searching for elements in multidimensional arrays is not supported'
  throw new SqlError(SqlState.featureNotSupported, message)
}

/** NULL where there is no such dimension, so also for an empty array. */
function lengthOf(list: List, dimension: number): number | null {
  if (list.length === 0) return null
  return arrayDimensions(list)[dimension - 1] ?? null
}

function lowerBoundOf(list: List, dimension: number): number | null {
  return list.length === 0 ? null : (lowerBounds(list)[dimension - 1] ?? null)
}

function upperBoundOf(list: List, dimension: number): number | null {
  const length = lengthOf(list, dimension)
  return length === null ? null : lowerBoundOf(list, dimension)! + length - 1
}

function dimensionsText(list: List): string | null {
  if (list.length === 0) return null
  const bounds = lowerBounds(list)
  return arrayDimensions(list)
    .map((length, dimension) => `[${bounds[dimension]}:${bounds[dimension]! + length - 1}]`)
    .join('')
}

function cardinality(list: List): number {
  return arrayDimensions(list).reduce((product, length) => product * length, 1)
}

function trimArray(list: List, count: number): List {
  if (count < 0 || count > list.length) {
    const message = `number of elements to trim must be between 0 and ${list.length}`
    throw new SqlError(SqlState.arraySubscriptError, message)
  }
  return list.slice(0, list.length - count)
}

/** NULLs are left out, or shown as the third argument. */
function toText(
  site: CallSite,
): (list: List | null, delimiter: string | null, forNull?: string | null) => string | null {
  let type = site.types[0]!
  while (type.kind === 'array') type = type.element
  const elementType = type
  return (list, delimiter, forNull = null) => {
    if (list === null || delimiter === null) return null
    const texts = leavesOf(list).map(item =>
      item === null ? forNull : formatRuntime(elementType, item, site.context),
    )
    return texts.filter(text => text !== null).join(delimiter)
  }
}

/** A NULL delimiter splits into characters; pieces equal to the third argument become NULL. */
function split(text: string | null, delimiter: string | null, forNull: string | null = null): List | null {
  if (text === null) return null
  if (text === '') return []
  const pieces = delimiter === null ? [...text] : delimiter === '' ? [text] : text.split(delimiter)
  return pieces.map(piece => (piece === forNull ? null : piece))
}
