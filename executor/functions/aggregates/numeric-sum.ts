/**
 * sum and avg of numeric, exact under insertion and retraction, with PostgreSQL's display scale: the
 * largest among the rows that are there.
 *
 * While all rows of a group have one scale and int64 coefficients (a numeric(10,2) column always has), the
 * sum is limbs in the group's cells, as in integer-sum.ts. The first row that differs moves the group to a
 * NumericTotal.
 */

import { numericType } from '../../../planner/types.ts'
import type { NumericColumn } from '../../batch/column.ts'
import { readNumeric } from '../../batch/column-reader.ts'
import { wordsOf } from '../../batch/key-library.ts'
import { Numeric } from '../../batch/numeric.ts'
import { divideNumeric } from '../numeric-arithmetic.ts'
import type {
  AggregateFunction,
  GroupWords,
  MergeCode,
  UpdateCode,
  WordAccumulator,
} from './aggregate-function.ts'
import { addWordsToLimbs, mergeLimbs, readLimbs, SUM_CELLS, SUM_COUNT, writeLimbs } from './integer-sum.ts'
import { NumericTotal } from './numeric-total.ts'
import { numericColumn, presence } from './result-columns.ts'

/** The group's scale + 1; 0 before its first row, OTHER when its sum is a NumericTotal. */
const SCALE_CELL = SUM_CELLS
const OTHER = -1

class NumericSum implements WordAccumulator {
  readonly kind = 'words'
  readonly cells = SUM_CELLS + 1
  readonly #averages: boolean
  readonly #totals = new Map<number, NumericTotal>()

  constructor(averages: boolean) {
    this.#averages = averages
  }

  update(code: UpdateCode): string {
    const arg = code.arg(0)
    const { row, weight } = code
    const times = weight === '1' ? '' : ` * ${weight}`
    return `const scale = ${arg}c.scales[${row}]
if (scale >= 0 && f[${code.cell(SCALE_CELL)}] === scale + 1) {
  const low = ${arg}w[${row} << 1], high = ${arg}w[${row} << 1 | 1]
  ${addWordsToLimbs(code.cell, times)}
  f[${code.cell(SUM_COUNT)}] += ${weight}
} else ${code.self}.addOther(f, ${code.cell(0)}, ${code.group}, ${arg}c, ${row}, ${weight})`
  }

  merge(code: MergeCode): string {
    return (
      `if (sf[${code.from(SCALE_CELL)}] > 0 && sf[${code.from(SCALE_CELL)}] === f[${code.cell(SCALE_CELL)}]) {
  ${mergeLimbs(code, 0)}
  f[${code.cell(SUM_COUNT)}] += sf[${code.from(SUM_COUNT)}]
} else ${code.self}.addGroup(f, ${code.cell(0)}, ${code.group}, ${code.other}, sf, ${code.from(0)}, ` +
      `${code.fromGroup})`
    )
  }

  /** Called by generated code: a row that does not have the group's scale. */
  addOther(
    f: Float64Array,
    at: number,
    group: number,
    column: NumericColumn,
    row: number,
    weight: number,
  ): void {
    const value = readNumeric(column, row)
    const isPlain = column.scales[row]! >= 0
    if (isPlain && isEmpty(f, at)) {
      f[at + SCALE_CELL] = value.scale + 1
      this.#setSum(f, at, value.coefficient * BigInt(weight))
    } else {
      this.#total(f, at, group).add(value, weight)
    }
    f[at + SUM_COUNT]! += weight
  }

  /** Called by generated code: a group of another state that does not have the group's scale. */
  addGroup(
    f: Float64Array,
    at: number,
    group: number,
    other: NumericSum,
    source: Float64Array,
    from: number,
    fromGroup: number,
  ): void {
    const scale = source[from + SCALE_CELL]! - 1
    const count = source[from + SUM_COUNT]!
    if (scale >= 0 && isEmpty(f, at)) {
      f[at + SCALE_CELL] = scale + 1
      this.#setSum(f, at, readLimbs(source, from))
    } else if (scale >= 0) {
      this.#total(f, at, group).addSum(readLimbs(source, from), scale, count)
    } else if (source[from + SCALE_CELL] === OTHER) {
      this.#total(f, at, group).merge(other.#totals.get(fromGroup)!)
    }
    f[at + SUM_COUNT]! += count
  }

  finish(words: GroupWords, cell: number, groups: Int32Array, count: number): NumericColumn {
    return (
      (this.#averages ? undefined : plainSums(words, cell, groups, count)) ??
      numericColumn(numericType, count, index => this.#value(words, cell, groups[index]!))
    )
  }

  clear(groups: Int32Array, count: number): void {
    if (this.#totals.size === 0) return
    for (let index = 0; index < count; index++) this.#totals.delete(groups[index]!)
  }

  #value(words: GroupWords, cell: number, group: number): Numeric | undefined {
    const base = group * words.stride + cell
    const count = words.f[base + SUM_COUNT]!
    if (!(count > 0)) return undefined
    const scale = words.f[base + SCALE_CELL]!
    const sum =
      scale === OTHER ? this.#totals.get(group)!.value() : new Numeric(readLimbs(words.f, base), scale - 1)
    return this.#averages && sum.special === undefined
      ? divideNumeric(sum, new Numeric(BigInt(count), 0))
      : sum
  }

  /** The group's total, made from its cells when it has none yet. */
  #total(f: Float64Array, at: number, group: number): NumericTotal {
    const known = this.#totals.get(group)
    if (known !== undefined) return known
    const total = new NumericTotal()
    if (f[at + SCALE_CELL]! > 0) total.addSum(readLimbs(f, at), f[at + SCALE_CELL]! - 1, f[at + SUM_COUNT]!)
    f[at + SCALE_CELL] = OTHER
    this.#totals.set(group, total)
    return total
  }

  #setSum(f: Float64Array, at: number, sum: bigint): void {
    f[at] = Number(BigInt.asUintN(32, sum))
    f[at + 1] = Number(BigInt.asUintN(32, sum >> 32n))
    f[at + 2] = Number(sum >> 64n)
  }
}

/** The group has no rows, nor any that are still to come for ones already retracted. */
function isEmpty(f: Float64Array, at: number): boolean {
  return f[at + SCALE_CELL] !== OTHER && f[at + SUM_COUNT] === 0 && readLimbs(f, at) === 0n
}

/** The sums when all are plain and fit int64, which is a loop over words; undefined otherwise. */
function plainSums(
  words: GroupWords,
  cell: number,
  groups: Int32Array,
  count: number,
): NumericColumn | undefined {
  const values = new BigInt64Array(count)
  const scales = new Int16Array(count)
  const halves = wordsOf(values)
  for (let index = 0; index < count; index++) {
    const base = groups[index]! * words.stride + cell
    const scale = words.f[base + SCALE_CELL]!
    if (scale === OTHER || !writeLimbs(words, base, halves, index)) return undefined
    scales[index] = Math.max(scale - 1, 0)
  }
  const validity = presence(words, cell + SUM_COUNT, groups, count)
  return { type: numericType, layout: 'numeric', length: count, validity, values, scales, wide: [] }
}

export const numericSumFunctions: readonly AggregateFunction[] = [
  {
    id: 'sum(numeric)',
    name: 'sum',
    kind: 'aggregate',
    args: [numericType],
    returns: numericType,
    create: () => new NumericSum(false),
  },
  {
    id: 'avg(numeric)',
    name: 'avg',
    kind: 'aggregate',
    args: [numericType],
    returns: numericType,
    create: () => new NumericSum(true),
  },
]
