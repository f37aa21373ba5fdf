/** Random UUIDs (version 4). Their comparisons are in comparison.ts, their text form in integer-text.ts. */

import { randomBytes } from 'node:crypto'
import { uuidType } from '../../planner/types.ts'
import { defineFunction } from './define.ts'
import type { ScalarFunction } from './scalar-function.ts'

export const uuidFunctions: readonly ScalarFunction[] = [
  defineFunction(
    'gen_random_uuid',
    [],
    uuidType,
    { call: randomUuid },
    { volatility: 'volatile', neverNull: true },
  ),
]

function randomUuid(): Uint8Array {
  const bytes = randomBytes(16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes
}
