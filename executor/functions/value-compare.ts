/**
 * Order and equality of runtime values of one type, whatever the type: what arrays and records compare their
 * elements by. As in PostgreSQL's btree operators, NULLs are equal to each other and greater than everything
 * else.
 */

import { lowerBounds } from '../batch/array-bounds.ts'
import { Interval } from '../batch/interval.ts'
import { Numeric } from '../batch/numeric.ts'
import type { RuntimeValue } from '../batch/runtime-value.ts'
import { compareTimeTz, TimeTz } from '../batch/time-tz.ts'
import { arrayDimensions } from '../batch/value-codec.ts'
import { compareIntervals } from './interval-arithmetic.ts'
import { compareNumeric } from './numeric-arithmetic.ts'
import { compareByteArrays, compareText } from './text-compare.ts'

/** Negative, 0 or positive. Both values are of the same type. */
export function compareValues(left: RuntimeValue, right: RuntimeValue): number {
  if (left === null || right === null) return Number(left === null) - Number(right === null)
  if (typeof left === 'string') return compareText(left, right as string)
  if (typeof left === 'number') return compareNumbers(left, right as number)
  if (left instanceof Numeric) return compareNumeric(left, right as Numeric)
  if (left instanceof Interval) return compareIntervals(left, right as Interval)
  if (left instanceof TimeTz) return compareTimeTz(left, right as TimeTz)
  if (left instanceof Uint8Array) return compareByteArrays(left, right as Uint8Array)
  if (Array.isArray(left)) return compareArrays(left, right as readonly RuntimeValue[])
  if (left === right) return 0
  return left < right ? -1 : 1
}

/**
 * By the elements of all dimensions in turn, then by their number, then by dimensions and lower bounds, as
 * PostgreSQL's array_cmp.
 */
export function compareArrays(left: readonly RuntimeValue[], right: readonly RuntimeValue[]): number {
  const [leftItems, rightItems] = [leavesOf(left), leavesOf(right)]
  const length = Math.min(leftItems.length, rightItems.length)
  for (let index = 0; index < length; index++) {
    const order = compareValues(leftItems[index]!, rightItems[index]!)
    if (order !== 0) return order
  }
  if (leftItems.length !== rightItems.length) return leftItems.length - rightItems.length
  if (leftItems !== left || rightItems !== right) {
    const order = compareDimensions(left, right)
    if (order !== 0) return order
  }
  return left.length === 0 ? 0 : compareBounds(left, right)
}

function compareDimensions(left: readonly RuntimeValue[], right: readonly RuntimeValue[]): number {
  const [leftLengths, rightLengths] = [arrayDimensions(left), arrayDimensions(right)]
  const difference = leftLengths.length - rightLengths.length
  if (difference !== 0) return difference
  const index = leftLengths.findIndex((length, dimension) => length !== rightLengths[dimension])
  return index < 0 ? 0 : leftLengths[index]! - rightLengths[index]!
}

function compareBounds(left: readonly RuntimeValue[], right: readonly RuntimeValue[]): number {
  const rightBounds = lowerBounds(right)
  for (const [dimension, bound] of lowerBounds(left).entries()) {
    if (bound !== rightBounds[dimension]) return bound - rightBounds[dimension]!
  }
  return 0
}

/** The elements of all dimensions; the array itself when it has one. */
export function leavesOf(list: readonly RuntimeValue[]): readonly RuntimeValue[] {
  if (!list.some(Array.isArray)) return list
  return list.flatMap(item => (Array.isArray(item) ? leavesOf(item as readonly RuntimeValue[]) : [item]))
}

/** NaN equals itself and is greater than every number. */
function compareNumbers(left: number, right: number): number {
  if (left < right) return -1
  if (left > right) return 1
  return Number(Number.isNaN(left)) - Number(Number.isNaN(right))
}
