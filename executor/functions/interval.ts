/**
 * Functions on intervals: justify_*. Their operators are in datetime.ts, extract and date_trunc in those
 * files.
 */

import { intervalType } from '../../planner/types.ts'
import { defineFunction } from './define.ts'
import { justifyDays, justifyHours, justifyInterval } from './interval-arithmetic.ts'
import type { ScalarFunction } from './scalar-function.ts'

export const intervalFunctions: readonly ScalarFunction[] = [
  defineFunction('justify_days', [intervalType], intervalType, { call: justifyDays }, { neverNull: true }),
  defineFunction('justify_hours', [intervalType], intervalType, { call: justifyHours }, { neverNull: true }),
  defineFunction(
    'justify_interval',
    [intervalType],
    intervalType,
    { call: justifyInterval },
    { neverNull: true },
  ),
]
