/** Square roots of numerics at a given display scale (numeric.c, sqrt_var). */

import { Numeric } from '../../batch/numeric.ts'
import { powerOfTen, roundedQuotient } from '../numeric-arithmetic.ts'

/** The square root of a value that is not negative, rounded at `scale`. */
export function squareRoot(value: Numeric, scale: number): Numeric {
  const shift = 2 * scale + 2 - value.scale
  const radicand = shift >= 0 ? value.coefficient * powerOfTen(shift) : value.coefficient / powerOfTen(-shift)
  return new Numeric(roundedQuotient(integerRoot(radicand), 10n), scale)
}

/** The integer part of the square root (Newton, from above). */
function integerRoot(value: bigint): bigint {
  if (value < 2n) return value
  let root = 1n << BigInt(value.toString(16).length * 2)
  for (;;) {
    const next = (root + value / root) >> 1n
    if (next >= root) return root
    root = next
  }
}
