/** count(*) and count(x). */

import { int8Type } from '../../../planner/types.ts'
import type { AggregateFunction, WordAccumulator } from './aggregate-function.ts'
import { countColumn } from './result-columns.ts'

/** Counts rows whose arguments are not NULL; exact up to 2^53. */
const countAccumulator: WordAccumulator = {
  kind: 'words',
  cells: 1,
  update: code => `f[${code.cell(0)}] += ${code.weight}`,
  merge: code => `f[${code.cell(0)}] += sf[${code.from(0)}]`,
  finish: countColumn,
}

const rowCounter: WordAccumulator = { ...countAccumulator, countsRows: true }

export const countFunctions: readonly AggregateFunction[] = [
  {
    id: 'count()',
    name: 'count',
    kind: 'aggregate',
    args: [],
    returns: int8Type,
    create: () => rowCounter,
  },
  {
    id: 'count(any)',
    name: 'count',
    kind: 'aggregate',
    args: [{ kind: 'any' }],
    returns: int8Type,
    create: () => countAccumulator,
  },
]
