/**
 * A SQL value as functions and generated code see it: like SqlValue, but interval → Interval, timetz →
 * TimeTz, arrays and records → JS arrays. value-codec.ts converts between the two.
 */

import type { Interval } from './interval.ts'
import type { Numeric } from './numeric.ts'
import type { TimeTz } from './time-tz.ts'

export type RuntimeValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Numeric
  | Uint8Array
  | Interval
  | TimeTz
  | readonly RuntimeValue[]
