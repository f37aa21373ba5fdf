/**
 * Order and equality of runtime values of one type, whatever the type: what arrays and records compare their
 * elements by. As in PostgreSQL's btree operators, NULLs are equal to each other and greater than everything
 * else.
 */

import { Interval } from '../batch/interval.ts'
import { Numeric } from '../batch/numeric.ts'
import type { RuntimeValue } from '../batch/runtime-value.ts'
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
  if (left instanceof Uint8Array) return compareByteArrays(left, right as Uint8Array)
  if (Array.isArray(left)) return compareArrays(left, right as readonly RuntimeValue[])
  if (left === right) return 0
  return left < right ? -1 : 1
}

/** Element by element, then the shorter first, then by dimensions. */
export function compareArrays(left: readonly RuntimeValue[], right: readonly RuntimeValue[]): number {
  const length = Math.min(left.length, right.length)
  for (let index = 0; index < length; index++) {
    const order = compareElements(left[index]!, right[index]!)
    if (order !== 0) return order
  }
  return left.length - right.length
}

/** An element may be an array in one operand and not in the other: fewer dimensions come first. */
function compareElements(left: RuntimeValue, right: RuntimeValue): number {
  const difference = Number(Array.isArray(left)) - Number(Array.isArray(right))
  return difference !== 0 && left !== null && right !== null ? difference : compareValues(left, right)
}

/** NaN equals itself and is greater than every number. */
function compareNumbers(left: number, right: number): number {
  if (left < right) return -1
  if (left > right) return 1
  return Number(Number.isNaN(left)) - Number(Number.isNaN(right))
}
