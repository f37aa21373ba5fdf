/** bool_and, bool_or, every: counts of true and false, so they can be retracted. */

import { boolType } from '../../../planner/types.ts'
import { bitmapBytes } from '../../batch/column.ts'
import type { AggregateFunction, WordAccumulator } from './aggregate-function.ts'

function booleanAccumulator(all: boolean): WordAccumulator {
  return {
    kind: 'words',
    cells: 2,
    update: code =>
      `f[${code.arg(0)}v[${code.row}] === 1 ? ${code.cell(0)} : ${code.cell(1)}] += ${code.weight}`,
    merge: code => `f[${code.cell(0)}] += sf[${code.from(0)}]
f[${code.cell(1)}] += sf[${code.from(1)}]`,
    finish: (words, cell, groups, count) => {
      const values = new Uint8Array(count)
      const validity = new Uint8Array(bitmapBytes(count))
      for (let index = 0; index < count; index++) {
        const base = groups[index]! * words.stride + cell
        const trues = words.f[base]!
        const falses = words.f[base + 1]!
        if (trues > 0 || falses > 0) validity[index >> 3]! |= 1 << (index & 7)
        values[index] = Number(all ? !(falses > 0) : trues > 0)
      }
      return { type: boolType, layout: 'bool', length: count, validity, values }
    },
  }
}

export const booleanFunctions: readonly AggregateFunction[] = ['bool_and', 'every', 'bool_or'].map(name => ({
  id: `${name}(bool)`,
  name,
  kind: 'aggregate',
  args: [boolType],
  returns: boolType,
  create: () => booleanAccumulator(name !== 'bool_or'),
}))
