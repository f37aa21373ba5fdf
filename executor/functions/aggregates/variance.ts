/**
 * variance, var_pop, var_samp, stddev, stddev_pop, stddev_samp.
 *
 * Exact inputs: N, sum(x) and sum(x²) exactly, then PostgreSQL's numeric formula and display scale. Floats
 * over append-only input: the Youngs-Cramer recurrence, operation by operation as PostgreSQL
 * (float8_accum), so that results are the same to the last digit. Floats that can be retracted: exact sums,
 * rounded once.
 */

import { must } from '../../../planner/assert.ts'
import type { DataType } from '../../../planner/types.ts'
import { float4Type, float8Type, int2Type, int4Type, int8Type, numericType } from '../../../planner/types.ts'
import type { Column, FixedColumn, NumericColumn } from '../../batch/column.ts'
import { isNull } from '../../batch/column.ts'
import { readNumeric } from '../../batch/column-reader.ts'
import { Numeric, numericNaN } from '../../batch/numeric.ts'
import { divideNumeric } from '../numeric-arithmetic.ts'
import type {
  Accumulator,
  AggregateFunction,
  AggregateSite,
  GroupAccumulator,
  GroupWords,
  MergeCode,
  UpdateCode,
  WordAccumulator,
} from './aggregate-function.ts'
import { ExactTotal, ratioToNumber, squareOf } from './exact-float.ts'
import { addInteger, addToLimbs, mergeLimbs, readLimbs, SUM_CELLS, SUM_COUNT } from './integer-sum.ts'
import { squareRoot } from './numeric-root.ts'
import { NumericTotal } from './numeric-total.ts'
import { floatColumn, numericColumn } from './result-columns.ts'

interface Statistic {
  readonly name: string
  /** Divides by N - 1. */
  readonly sample: boolean
  readonly root: boolean
}

const statistics: readonly Statistic[] = [
  { name: 'variance', sample: true, root: false },
  { name: 'var_samp', sample: true, root: false },
  { name: 'var_pop', sample: false, root: false },
  { name: 'stddev', sample: true, root: true },
  { name: 'stddev_samp', sample: true, root: true },
  { name: 'stddev_pop', sample: false, root: true },
]

/** numeric_stddev_internal of PostgreSQL; undefined = NULL. */
function numericStatistic(
  statistic: Statistic,
  count: number,
  sum: Numeric,
  squares: Numeric,
): Numeric | undefined {
  if (count <= (statistic.sample ? 1 : 0)) return undefined
  if (sum.special !== undefined || squares.special !== undefined) return numericNaN
  const rows = BigInt(count)
  const scale = sum.scale * 2
  const aligned = squares.coefficient * 10n ** BigInt(scale - squares.scale)
  const spread = new Numeric(rows * aligned - sum.coefficient * sum.coefficient, scale)
  if (spread.coefficient <= 0n) return new Numeric(0n, 0)
  const divisor = new Numeric(rows * (statistic.sample ? rows - 1n : rows), 0)
  const variance = divideNumeric(spread, divisor)
  return statistic.root ? squareRoot(variance, variance.scale) : variance
}

/** Cells: the sum, its count, then the limbs of the sum of squares. */
function smallIntegerVariance(statistic: Statistic, site: AggregateSite): WordAccumulator {
  return {
    kind: 'words',
    cells: SUM_CELLS + 3,
    update: code => `${addInteger(code, site.args[0]!)}
${addSquare(code)}`,
    merge: code => `${mergeLimbs(code, 0)}
f[${code.cell(SUM_COUNT)}] += sf[${code.from(SUM_COUNT)}]
${mergeLimbs(code, SUM_CELLS)}`,
    finish: (words, cell, groups, count) =>
      numericColumn(numericType, count, index => {
        const base = groups[index]! * words.stride + cell
        const sum = new Numeric(readLimbs(words.f, base), 0)
        const squares = new Numeric(readLimbs(words.f, base + SUM_CELLS), 0)
        return numericStatistic(statistic, words.f[base + SUM_COUNT]!, sum, squares)
      }),
  }
}

/**
 * The square of an int32 in two halves: the low one by multiplication modulo 2^32, the high one from the
 * rounded square.
 */
function addSquare(code: UpdateCode): string {
  const x = `${code.arg(0)}v[${code.row}]`
  const limbs = (cell: number) => code.cell(SUM_CELLS + cell)
  return `const squareLow = Math.imul(${x}, ${x}) >>> 0
const squareHigh = Math.round((${x} * ${x} - squareLow) / 4294967296)
${addToLimbs(limbs, `squareLow * ${code.weight}`, `squareHigh * ${code.weight}`)}`
}

/** bigint and numeric: exact totals per group. */
class NumericVariance implements GroupAccumulator {
  readonly kind = 'groups'
  readonly #statistic: Statistic
  readonly #groups = new Map<number, { count: number; sum: NumericTotal; squares: NumericTotal }>()

  constructor(statistic: Statistic) {
    this.#statistic = statistic
  }

  get byteLength(): number {
    return this.#groups.size * 256
  }

  update(
    args: readonly Column[],
    rows: Int32Array | undefined,
    groups: Int32Array,
    weights: Int32Array | undefined,
    count: number,
  ): void {
    const column = must(args[0], 'variance has an argument')
    for (let index = 0; index < count; index++) {
      const row = rows === undefined ? index : rows[index]!
      if (isNull(column, row)) continue
      const weight = weights === undefined ? 1 : weights[index]!
      const state = this.#state(groups[index]!)
      const value = numericValue(column, row)
      state.count += weight
      state.sum.add(value, weight)
      state.squares.add(squareNumeric(value), weight)
    }
  }

  finish(groups: Int32Array, count: number): Column {
    return numericColumn(numericType, count, index => {
      const state = this.#groups.get(groups[index]!)
      if (state === undefined) return undefined
      return numericStatistic(this.#statistic, state.count, state.sum.value(), state.squares.value())
    })
  }

  clear(groups: Int32Array, count: number): void {
    for (let index = 0; index < count; index++) this.#groups.delete(groups[index]!)
  }

  #state(group: number) {
    let state = this.#groups.get(group)
    if (state === undefined) {
      state = { count: 0, sum: new NumericTotal(), squares: new NumericTotal() }
      this.#groups.set(group, state)
    }
    return state
  }
}

function numericValue(column: Column, row: number): Numeric {
  return column.layout === 'numeric'
    ? readNumeric(column as NumericColumn, row)
    : new Numeric(BigInt((column as FixedColumn).values[row]!), 0)
}

function squareNumeric(value: Numeric): Numeric {
  return value.special === undefined
    ? new Numeric(value.coefficient * value.coefficient, value.scale * 2)
    : value
}

/** Cells: N, sum(x), and the sum of squared differences from the mean. */
class YoungsCramer implements WordAccumulator {
  readonly kind = 'words'
  readonly cells = 3
  readonly #statistic: Statistic

  constructor(statistic: Statistic) {
    this.#statistic = statistic
  }

  update(code: UpdateCode): string {
    const [n, sum, squares] = [code.cell(0), code.cell(1), code.cell(2)]
    return `const x = ${code.arg(0)}v[${code.row}]
for (let times = ${code.weight}; times > 0; times--) {
  f[${n}] += 1
  f[${sum}] += x
  if (f[${n}] > 1) {
    const difference = x * f[${n}] - f[${sum}]
    f[${squares}] += difference * difference / (f[${n}] * (f[${n}] - 1))
  } else if (x - x !== 0) f[${squares}] = NaN
}`
  }

  merge(code: MergeCode): string {
    const [n, sum, squares] = [code.cell(0), code.cell(1), code.cell(2)]
    const [fromN, fromSum, fromSquares] = [code.from(0), code.from(1), code.from(2)]
    return `if (f[${n}] === 0) {
  f[${n}] = sf[${fromN}]
  f[${sum}] = sf[${fromSum}]
  f[${squares}] = sf[${fromSquares}]
} else if (sf[${fromN}] !== 0) {
  const total = f[${n}] + sf[${fromN}]
  const difference = f[${sum}] / f[${n}] - sf[${fromSum}] / sf[${fromN}]
  f[${squares}] += sf[${fromSquares}] + f[${n}] * sf[${fromN}] * difference * difference / total
  f[${n}] = total
  f[${sum}] += sf[${fromSum}]
}`
  }

  finish(words: GroupWords, cell: number, groups: Int32Array, count: number): Column {
    const { sample, root } = this.#statistic
    return floatColumn(float8Type, count, index => {
      const base = groups[index]! * words.stride + cell
      const n = words.f[base]!
      if (n <= (sample ? 1 : 0)) return undefined
      const variance = words.f[base + 2]! / (sample ? n - 1 : n)
      return root ? Math.sqrt(variance) : variance
    })
  }
}

class ExactFloatVariance implements GroupAccumulator {
  readonly kind = 'groups'
  readonly #statistic: Statistic
  readonly #groups = new Map<number, { count: number; sum: ExactTotal; squares: ExactTotal }>()

  constructor(statistic: Statistic) {
    this.#statistic = statistic
  }

  get byteLength(): number {
    return this.#groups.size * 256
  }

  update(
    args: readonly Column[],
    rows: Int32Array | undefined,
    groups: Int32Array,
    weights: Int32Array | undefined,
    count: number,
  ): void {
    const column = args[0] as FixedColumn
    for (let index = 0; index < count; index++) {
      const row = rows === undefined ? index : rows[index]!
      if (isNull(column, row)) continue
      const weight = weights === undefined ? 1 : weights[index]!
      const state = this.#state(groups[index]!)
      const x = column.values[row] as number
      state.count += weight
      state.sum.add(x, weight)
      if (!Number.isFinite(x)) continue
      const square = squareOf(x)
      state.squares.addScaled(square.mantissa * BigInt(weight), square.exponent)
    }
  }

  finish(groups: Int32Array, count: number): Column {
    const { sample, root } = this.#statistic
    return floatColumn(float8Type, count, index => {
      const state = this.#groups.get(groups[index]!)
      if (state === undefined || state.count <= (sample ? 1 : 0)) return undefined
      if (state.sum.special !== undefined) return NaN
      const variance = exactVariance(state.count, state.sum, state.squares, sample)
      return root ? Math.sqrt(variance) : variance
    })
  }

  clear(groups: Int32Array, count: number): void {
    for (let index = 0; index < count; index++) this.#groups.delete(groups[index]!)
  }

  #state(group: number) {
    let state = this.#groups.get(group)
    if (state === undefined) {
      state = { count: 0, sum: new ExactTotal(), squares: new ExactTotal() }
      this.#groups.set(group, state)
    }
    return state
  }
}

/** (N sum(x²) - sum(x)²) / (N (N - 1)), rounded once. */
function exactVariance(count: number, sum: ExactTotal, squares: ExactTotal, sample: boolean): number {
  const rows = BigInt(count)
  const spread = new ExactTotal()
  spread.addScaled(squares.mantissa * rows, squares.exponent)
  spread.addScaled(-sum.mantissa * sum.mantissa, sum.exponent * 2)
  if (spread.mantissa <= 0n) return 0
  return ratioToNumber(spread.mantissa, rows * (sample ? rows - 1n : rows), spread.exponent)
}

function createVariance(statistic: Statistic, type: DataType, site: AggregateSite): Accumulator {
  switch (type.kind) {
    case 'int2':
    case 'int4':
      return smallIntegerVariance(statistic, site)
    case 'int8':
    case 'numeric':
      return new NumericVariance(statistic)
    default:
      return site.appendOnly ? new YoungsCramer(statistic) : new ExactFloatVariance(statistic)
  }
}

export const varianceFunctions: readonly AggregateFunction[] = statistics.flatMap(statistic =>
  [int2Type, int4Type, int8Type, numericType, float4Type, float8Type].map(
    (type): AggregateFunction => ({
      id: `${statistic.name}(${type.kind})`,
      name: statistic.name,
      kind: 'aggregate',
      args: [type],
      returns: type.kind === 'float4' || type.kind === 'float8' ? float8Type : numericType,
      create: site => createVariance(statistic, type, site),
    }),
  ),
)
