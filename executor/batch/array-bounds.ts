/**
 * Lower bounds of arrays. An array is a JS array, nested for further dimensions, whose subscripts begin at 1;
 * one that begins elsewhere, as in `[0:1]={a,b}`, is a BoundedArray, which says where. What makes a new array
 * of one (map, filter, slice, spread) gets a plain JS array: who keeps bounds says so.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { RuntimeValue } from './runtime-value.ts'

export const DIMENSIONS_MAX = 6
/** PostgreSQL's MaxArraySize: what fits into 1 GB of pointers. */
const ELEMENTS_MAX = 134_217_727
const BOUND_MAX = 2_147_483_647

type List = readonly RuntimeValue[]

export class BoundedArray extends Array<RuntimeValue> {
  /** Subscript of the first item. */
  lowerBound = 1

  static override get [Symbol.species](): ArrayConstructor {
    return Array
  }
}

/** Of the outermost dimension. */
export function lowerBound(list: List): number {
  return list instanceof BoundedArray ? list.lowerBound : 1
}

/** Of every dimension that has items. */
export function lowerBounds(list: List): number[] {
  const bounds = [lowerBound(list)]
  for (let level = list; Array.isArray(level[0]); ) {
    level = level[0] as List
    bounds.push(lowerBound(level))
  }
  return bounds
}

/** `list` with its dimensions, outermost first, beginning at `bounds`, or at 1 where there is none. */
export function withLowerBounds(list: List, bounds: readonly number[]): List {
  if (list.length === 0 || bounds.every(bound => bound === 1)) return list
  const inner = bounds.slice(1)
  const items = Array.isArray(list[0]) ? list.map(item => withLowerBounds(item as List, inner)) : list
  if (bounds[0] === 1) return items
  const bounded = BoundedArray.from(items) as BoundedArray
  bounded.lowerBound = bounds[0]!
  return bounded
}

/** `made` of the items of `list`, with its bounds. */
export function withBoundsOf(list: List, made: List): List {
  return list instanceof BoundedArray || Array.isArray(list[0])
    ? withLowerBounds(made, lowerBounds(list))
    : made
}

/** list[subscript] of the outermost dimension; undefined outside the bounds. */
export function subscripted(list: List, subscript: number): RuntimeValue | undefined {
  return list[subscript - lowerBound(list)]
}

/** How many elements there are; 54000 for too many, and for bounds that no subscript reaches. */
export function checkDimensions(lengths: readonly number[], bounds: readonly number[]): number {
  if (lengths.length === 0) return 0
  let count = 1
  for (const length of lengths) {
    count *= length
    if (length < 0 || count > ELEMENTS_MAX) throw tooManyElements()
  }
  for (const [dimension, bound] of bounds.entries()) {
    if (bound + lengths[dimension]! <= BOUND_MAX) continue
    throw new SqlError(SqlState.programLimitExceeded, `array lower bound is too large: ${bound}`)
  }
  return count
}

export function checkDimensionCount(dimensions: number): void {
  if (dimensions <= DIMENSIONS_MAX) return
  const message = `number of array dimensions (${dimensions}) exceeds the maximum allowed (${DIMENSIONS_MAX})`
  throw new SqlError(SqlState.programLimitExceeded, message)
}

function tooManyElements(): SqlError {
  const message = `array size exceeds the maximum allowed (${ELEMENTS_MAX})`
  return new SqlError(SqlState.programLimitExceeded, message)
}
