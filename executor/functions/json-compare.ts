/** The order and containment of jsonb values, as PostgreSQL's jsonb_util.c defines them. */

import type { Json } from './json-value.ts'
import { compareBytes, isArray, isObject, JsonNumber } from './json-value.ts'

/** Object > Array > Boolean > Number > String > Null. */
function typeRank(value: Json): number {
  if (value === null) return 0
  if (typeof value === 'string') return 1
  if (value instanceof JsonNumber) return 2
  if (typeof value === 'boolean') return 3
  return isArray(value) ? 4 : 5
}

/** jsonb's btree order of whole documents. An empty array sorts below everything, as in PostgreSQL. */
export function compareJson(left: Json, right: Json): number {
  const leftEmpty = isArray(left) && left.length === 0
  const rightEmpty = isArray(right) && right.length === 0
  if (leftEmpty || rightEmpty) return Number(rightEmpty) - Number(leftEmpty)
  return compareValues(left, right)
}

function compareValues(left: Json, right: Json): number {
  const ranks = typeRank(left) - typeRank(right)
  if (ranks !== 0) return ranks
  if (typeof left === 'string') return compareBytes(left, right as string)
  if (typeof left === 'boolean') return Number(left) - Number(right)
  if (left instanceof JsonNumber) return compareNumbers(left.text, (right as JsonNumber).text)
  if (left === null) return 0
  return isArray(left)
    ? compareArrays(left, right as readonly Json[])
    : compareObjects(left, right as typeof left)
}

function compareArrays(left: readonly Json[], right: readonly Json[]): number {
  if (left.length !== right.length) return left.length - right.length
  for (let index = 0; index < left.length; index++) {
    const order = compareValues(left[index]!, right[index]!)
    if (order !== 0) return order
  }
  return 0
}

function compareObjects(left: ReadonlyMap<string, Json>, right: ReadonlyMap<string, Json>): number {
  if (left.size !== right.size) return left.size - right.size
  const rightEntries = right.entries()
  for (const [key, value] of left) {
    const [rightKey, rightValue] = rightEntries.next().value as [string, Json]
    const order = compareBytes(key, rightKey) || compareValues(value, rightValue)
    if (order !== 0) return order
  }
  return 0
}

/** Compares two plain decimals exactly. */
export function compareNumbers(left: string, right: string): number {
  if (left === right) return 0
  const leftNegative = left.startsWith('-')
  const rightNegative = right.startsWith('-')
  if (leftNegative !== rightNegative) {
    return isZero(left) && isZero(right) ? 0 : leftNegative ? -1 : 1
  }
  const order = compareSizes(leftNegative ? left.slice(1) : left, rightNegative ? right.slice(1) : right)
  return leftNegative ? -order : order
}

function isZero(text: string): boolean {
  return !/[1-9]/.test(text)
}

function compareSizes(left: string, right: string): number {
  const [leftWhole, leftFraction = ''] = left.split('.') as [string, string?]
  const [rightWhole, rightFraction = ''] = right.split('.') as [string, string?]
  if (leftWhole.length !== rightWhole.length) return leftWhole.length - rightWhole.length
  if (leftWhole !== rightWhole) return leftWhole < rightWhole ? -1 : 1
  const digits = Math.max(leftFraction.length, rightFraction.length)
  const [a, b] = [leftFraction.padEnd(digits, '0'), rightFraction.padEnd(digits, '0')]
  return a === b ? 0 : a < b ? -1 : 1
}

/**
 * `container @> contained`. An array contains a scalar that is one of its elements, at the top level alone.
 */
export function containsJson(container: Json, contained: Json): boolean {
  if (isArray(container) && !isArray(contained) && !isObject(contained)) {
    return container.some(element => equalScalars(element, contained))
  }
  return containsValue(container, contained)
}

function containsValue(container: Json, contained: Json): boolean {
  if (isObject(contained)) {
    if (!isObject(container)) return false
    for (const [key, value] of contained) {
      const own = container.get(key)
      if (own === undefined || !containsValue(own, value)) return false
    }
    return true
  }
  if (isArray(contained)) {
    return (
      isArray(container) && contained.every(element => container.some(own => containsValue(own, element)))
    )
  }
  return equalScalars(container, contained)
}

function equalScalars(left: Json, right: Json): boolean {
  return typeRank(left) === typeRank(right) && typeRank(left) < 4 && compareValues(left, right) === 0
}
