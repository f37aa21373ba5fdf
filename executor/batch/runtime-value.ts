/**
 * A SQL value as functions and generated code see it: like SqlValue, but interval → Interval, arrays and
 * records → JS arrays. value-codec.ts converts between the two.
 */

import type { Interval } from './interval.ts'
import type { Numeric } from './numeric.ts'

export type RuntimeValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Numeric
  | Uint8Array
  | Interval
  | readonly RuntimeValue[]
