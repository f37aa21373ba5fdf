/** Order and equality of numerics by value, as PostgreSQL: -Infinity < finite < Infinity < NaN, and 1.0 = 1.00. */

import { Numeric } from './numeric.ts'

/** Negative, zero or positive as left is less than, equal to or greater than right. */
export function compareNumerics(left: Numeric, right: Numeric): number {
  if (left.special !== undefined || right.special !== undefined) return specialRank(left) - specialRank(right)
  let a = left.coefficient
  let b = right.coefficient
  if (left.scale < right.scale) a *= 10n ** BigInt(right.scale - left.scale)
  else if (right.scale < left.scale) b *= 10n ** BigInt(left.scale - right.scale)
  return a < b ? -1 : a > b ? 1 : 0
}

/** The equal value of the smallest scale. */
export function normalizeNumeric(value: Numeric): Numeric {
  if (value.special !== undefined || value.scale === 0) return value
  let { coefficient, scale } = value
  while (scale > 0 && coefficient % 10n === 0n) {
    coefficient /= 10n
    scale--
  }
  return new Numeric(coefficient, scale)
}

function specialRank(value: Numeric): number {
  switch (value.special) {
    case undefined:
      return 0
    case '-Infinity':
      return -1
    case 'Infinity':
      return 1
    case 'NaN':
      return 2
  }
}
