/**
 * sum and avg of interval: months, days and microseconds are summed apart, each exactly, so they can be retracted.
 */

import { SqlError, SqlState } from '../../../planner/errors.ts'
import { intervalType } from '../../../planner/types.ts'
import type { BytesColumn } from '../../batch/column.ts'
import { columnFromValues } from '../../batch/column-builder.ts'
import { Interval } from '../../batch/interval.ts'
import { encodeInterval } from '../../batch/value-codec.ts'
import type { SqlValue } from '../../expression/evaluation-context.ts'
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
const DAYS_PER_MONTH = 30
const DAY_MICROS = 86_400_000_000
const INT32_MAX = 2147483647

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
    return `const at = ${arg}s[${code.row}]
${addToLimbs(code.cell, `${arg}v.getUint32(at + 4) * ${code.weight}`, `${arg}v.getInt32(at) * ${code.weight}`)}
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
    const micros = readLimbs(f, base)
    const days = f[base + DAYS_CELL]!
    const months = f[base + MONTHS_CELL]!
    const fits =
      Math.abs(days) <= INT32_MAX && Math.abs(months) <= INT32_MAX && BigInt.asIntN(64, micros) === micros
    if (fits) {
      const sum = new Interval(months, days, micros)
      return encodeInterval(this.#averages ? divideInterval(sum, count) : sum)
    }
    const error = new SqlError(SqlState.datetimeFieldOverflow, 'interval out of range')
    if (this.#site.context.onError === 'throw') throw error
    this.#site.context.onError(error)
    return null
  }
}

/** interval_div of PostgreSQL: the fractions of months and days cascade down, rounded to microseconds. */
function divideInterval(sum: Interval, divisor: number): Interval {
  const months = Math.trunc(sum.months / divisor)
  let days = Math.trunc(sum.days / divisor)
  const monthRest = (sum.months / divisor - months) * DAYS_PER_MONTH
  const monthDays = roundMicros(monthRest)
  let dayMicros = roundMicros(sum.days / divisor - days + (monthDays - Math.trunc(monthDays)))
  days += Math.trunc(monthDays)
  const wholeDays = Math.trunc(dayMicros)
  if (Math.abs(dayMicros) >= 1) {
    days += wholeDays
    dayMicros -= wholeDays
  }
  const micros = Math.round(Number(sum.micros) / divisor + dayMicros * DAY_MICROS)
  return new Interval(months, days, BigInt(micros))
}

/** PostgreSQL's TSROUND: six decimals. */
function roundMicros(value: number): number {
  return Math.round(value * 1e6) / 1e6
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
