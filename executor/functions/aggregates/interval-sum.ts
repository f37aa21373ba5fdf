/**
 * sum and avg of interval: months, days and microseconds are summed apart, each exactly, so they can be
 * retracted.
 */

import { intervalType } from '../../../planner/types.ts'
import type { BytesColumn } from '../../batch/column.ts'
import { columnFromValues } from '../../batch/column-builder.ts'
import { encodeInterval } from '../../batch/value-codec.ts'
import type { SqlValue } from '../../expression/evaluation-context.ts'
import { checkedInterval, divideInterval } from '../interval-arithmetic.ts'
import type {
  AggregateFunction,
  AggregateSite,
  GroupWords,
  MergeCode,
  UpdateCode,
  WordAccumulator,
} from './aggregate-function.ts'
import { addToLimbs, mergeLimbs, readLimbs, SUM_CELLS, SUM_COUNT } from './integer-sum.ts'

const DAYS_CELL = SUM_CELLS
const MONTHS_CELL = SUM_CELLS + 1

class IntervalSum implements WordAccumulator {
  readonly kind = 'words'
  readonly cells = SUM_CELLS + 2
  readonly #site: AggregateSite
  readonly #averages: boolean

  constructor(site: AggregateSite, averages: boolean) {
    this.#site = site
    this.#averages = averages
  }

  /** Reads PostgreSQL's interval_send: int64 microseconds, int32 days, int32 months. */
  update(code: UpdateCode): string {
    const arg = code.arg(0)
    const low = `${arg}v.getUint32(at + 4) * ${code.weight}`
    const high = `${arg}v.getInt32(at) * ${code.weight}`
    return `const at = ${arg}s[${code.row}]
${addToLimbs(code.cell, low, high)}
f[${code.cell(SUM_COUNT)}] += ${code.weight}
f[${code.cell(DAYS_CELL)}] += ${arg}v.getInt32(at + 8) * ${code.weight}
f[${code.cell(MONTHS_CELL)}] += ${arg}v.getInt32(at + 12) * ${code.weight}`
  }

  merge(code: MergeCode): string {
    const add = (cell: number) => `f[${code.cell(cell)}] += sf[${code.from(cell)}]`
    return [mergeLimbs(code, 0), add(SUM_COUNT), add(DAYS_CELL), add(MONTHS_CELL)].join('\n')
  }

  finish(words: GroupWords, cell: number, groups: Int32Array, count: number): BytesColumn {
    const values: SqlValue[] = []
    for (let index = 0; index < count; index++)
      values.push(this.#value(words.f, groups[index]! * words.stride + cell))
    return columnFromValues(intervalType, values) as BytesColumn
  }

  #value(f: Float64Array, base: number): SqlValue {
    const count = f[base + SUM_COUNT]!
    if (!(count > 0)) return null
    try {
      const sum = checkedInterval(f[base + MONTHS_CELL]!, f[base + DAYS_CELL]!, readLimbs(f, base))
      return encodeInterval(this.#averages ? divideInterval(sum, count) : sum)
    } catch (error) {
      if (this.#site.context.onError === 'throw') throw error
      this.#site.context.onError(error as Error)
      return null
    }
  }
}

export const intervalSumFunctions: readonly AggregateFunction[] = [
  {
    id: 'sum(interval)',
    name: 'sum',
    kind: 'aggregate',
    args: [intervalType],
    returns: intervalType,
    create: site => new IntervalSum(site, false),
  },
  {
    id: 'avg(interval)',
    name: 'avg',
    kind: 'aggregate',
    args: [intervalType],
    returns: intervalType,
    create: site => new IntervalSum(site, true),
  },
]
