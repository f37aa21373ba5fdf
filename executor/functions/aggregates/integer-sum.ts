/**
 * sum and avg of smallint, integer and bigint, exact under insertion and retraction.
 *
 * The sum is three Float64 limbs, low + high × 2^32 + top × 2^64. A limb takes products of a 32-bit value
 * with a weight of at most 2^20 and is carried into the next when it passes 2^52, so no addition is ever
 * rounded.
 */

import { SqlError, SqlState } from '../../../planner/errors.ts'
import type { DataType } from '../../../planner/types.ts'
import { int2Type, int4Type, int8Type, numericType } from '../../../planner/types.ts'
import type { Column } from '../../batch/column.ts'
import { wordsOf } from '../../batch/key-library.ts'
import { Numeric } from '../../batch/numeric.ts'
import { divideNumeric } from '../numeric-arithmetic.ts'
import type {
  AggregateFunction,
  AggregateSite,
  GroupWords,
  MergeCode,
  UpdateCode,
  WordAccumulator,
} from './aggregate-function.ts'
import { numericColumn, presence } from './result-columns.ts'

export const LIMB = 4294967296
const CARRY_MIN = 2 ** 52
/** Cells of a sum: the three limbs, then how many rows it has. */
export const SUM_CELLS = 4
export const SUM_COUNT = 3

/** Statements that add low + high × 2^32 (expressions below 2^53 in size) to the limbs at `cell`. */
export function addToLimbs(cell: (cell: number) => string, low: string, high: string | undefined): string {
  return `${addWithCarry(cell(0), cell(1), low)}
${high === undefined ? '' : addWithCarry(cell(1), cell(2), high)}`
}

/**
 * Statements that add the int64 whose 32-bit halves are the locals `low` and `high`, `times` a weight. Most
 * are small: their high half only repeats the sign, and one limb changes.
 */
export function addWordsToLimbs(cell: (cell: number) => string, times: string): string {
  return `if (high === low >> 31) {
  ${addWithCarry(cell(0), cell(1), `low${times}`)}
} else {
  ${addToLimbs(cell, `(low >>> 0)${times}`, `high${times}`)}
}`
}

/** The sum at `base` as a bigint. */
export function readLimbs(f: Float64Array, base: number): bigint {
  return BigInt(f[base]!) + (BigInt(f[base + 1]!) << 32n) + (BigInt(f[base + 2]!) << 64n)
}

export function mergeLimbs(code: MergeCode, first: number): string {
  const cell = (index: number) => code.cell(first + index)
  return `${addToLimbs(cell, `sf[${code.from(first)}]`, `sf[${code.from(first + 1)}]`)}
f[${cell(2)}] += sf[${code.from(first + 2)}]`
}

/** Statements that add the row's argument, an integer, with its weight. */
export function addInteger(code: UpdateCode, type: DataType): string {
  const arg = code.arg(0)
  const { row, weight } = code
  const times = weight === '1' ? '' : ` * ${weight}`
  const halves = `const low = ${arg}w[${row} << 1], high = ${arg}w[${row} << 1 | 1]`
  const sum =
    type.kind === 'int8'
      ? `${halves}\n${addWordsToLimbs(code.cell, times)}`
      : addToLimbs(code.cell, `${arg}v[${row}]${times}`, undefined)
  return `${sum}
f[${code.cell(SUM_COUNT)}] += ${weight}`
}

/** Statements that add to a limb, and carry into the next when it gets too large. */
function addWithCarry(limb: string, next: string, value: string): string {
  return `{
  const sum = f[${limb}] + ${value}
  f[${limb}] = sum
  if (sum > ${CARRY_MIN} || sum < -${CARRY_MIN}) {
    const carry = Math.floor(sum / ${LIMB})
    f[${limb}] = sum - carry * ${LIMB}
    f[${next}] += carry
  }
}`
}

function integerAccumulator(site: AggregateSite, finish: WordAccumulator['finish']): WordAccumulator {
  return {
    kind: 'words',
    cells: SUM_CELLS,
    update: code => addInteger(code, site.args[0]!),
    merge: code => `${mergeLimbs(code, 0)}
f[${code.cell(SUM_COUNT)}] += sf[${code.from(SUM_COUNT)}]`,
    finish,
  }
}

/** sum to bigint: out of range raises 22003, in a streaming job it is NULL. */
function sumToInt8(site: AggregateSite): WordAccumulator {
  return integerAccumulator(site, (words, cell, groups, count) => {
    const values = new BigInt64Array(count)
    const halves = wordsOf(values)
    let validity = presence(words, cell + SUM_COUNT, groups, count)
    for (let index = 0; index < count; index++) {
      if (writeLimbs(words, groups[index]! * words.stride + cell, halves, index)) continue
      const error = new SqlError(SqlState.numericValueOutOfRange, 'bigint out of range')
      if (site.context.onError === 'throw') throw error
      site.context.onError(error)
      validity ??= new Uint8Array((count + 7) >> 3).fill(0xff)
      validity[index >> 3]! &= ~(1 << (index & 7))
    }
    return { type: int8Type, layout: 'int64', length: count, validity, values }
  })
}

/** Writes the sum as an int64; false when it does not fit. */
export function writeLimbs(words: GroupWords, base: number, halves: Int32Array, row: number): boolean {
  const low = words.f[base]!
  const carry = Math.floor(low / LIMB)
  const high = words.f[base + 1]! + carry + words.f[base + 2]! * LIMB
  halves[2 * row] = low | 0
  halves[2 * row + 1] = high
  return high >= -2147483648 && high <= 2147483647
}

/** sum of bigint: numeric of scale 0. */
function sumToNumeric(site: AggregateSite): WordAccumulator {
  return integerAccumulator(site, (words, cell, groups, count): Column => {
    const values = new BigInt64Array(count)
    const halves = wordsOf(values)
    let fits = true
    for (let index = 0; index < count; index++) {
      if (!writeLimbs(words, groups[index]! * words.stride + cell, halves, index)) fits = false
    }
    if (!fits) return wideSums(words, cell, groups, count)
    const validity = presence(words, cell + SUM_COUNT, groups, count)
    return {
      type: numericType,
      layout: 'numeric',
      length: count,
      validity,
      values,
      scales: new Int16Array(count),
      wide: [],
    }
  })
}

function wideSums(words: GroupWords, cell: number, groups: Int32Array, count: number): Column {
  return numericColumn(numericType, count, index => {
    const base = groups[index]! * words.stride + cell
    return words.f[base + SUM_COUNT]! > 0 ? new Numeric(readLimbs(words.f, base), 0) : undefined
  })
}

function average(site: AggregateSite): WordAccumulator {
  return integerAccumulator(site, (words, cell, groups, count) =>
    numericColumn(numericType, count, index => {
      const base = groups[index]! * words.stride + cell
      const rows = words.f[base + SUM_COUNT]!
      if (!(rows > 0)) return undefined
      return divideNumeric(new Numeric(readLimbs(words.f, base), 0), new Numeric(BigInt(rows), 0))
    }),
  )
}

export const integerSumFunctions: readonly AggregateFunction[] = [
  ...[int2Type, int4Type, int8Type].flatMap((type): AggregateFunction[] => [
    {
      id: `sum(${type.kind})`,
      name: 'sum',
      kind: 'aggregate',
      args: [type],
      returns: type === int8Type ? numericType : int8Type,
      create: type === int8Type ? sumToNumeric : sumToInt8,
    },
    {
      id: `avg(${type.kind})`,
      name: 'avg',
      kind: 'aggregate',
      args: [type],
      returns: numericType,
      create: average,
    },
  ]),
]
