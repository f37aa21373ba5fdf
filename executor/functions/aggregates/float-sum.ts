/**
 * sum and avg of real and double precision.
 *
 * Append-only input: plain addition in order of arrival, as PostgreSQL (real sums in single precision).
 * Input that can retract: exact sums (exact-float.ts), rounded once when they are read, so that nothing
 * drifts.
 */

import { SqlError, SqlState } from '../../../planner/errors.ts'
import { float4Type, float8Type } from '../../../planner/types.ts'
import type {
  AggregateFunction,
  AggregateSite,
  GroupWords,
  MergeCode,
  UpdateCode,
  WordAccumulator,
} from './aggregate-function.ts'
import { addToExpansion, EXPANSION_CELLS, ExactTotal, roundExpansion } from './exact-float.ts'
import { floatColumn } from './result-columns.ts'

/**
 * Plain addition: cells are sum, count, and how many values were infinite or NaN, to tell those from an
 * overflow.
 */
class PlainFloatSum implements WordAccumulator {
  readonly kind = 'words'
  readonly cells = 3
  readonly #site: AggregateSite
  readonly #averages: boolean

  constructor(site: AggregateSite, averages: boolean) {
    this.#site = site
    this.#averages = averages
  }

  update(code: UpdateCode): string {
    const x = `${code.arg(0)}v[${code.row}]`
    const sum = `f[${code.cell(0)}] + ${x}`
    const add = `f[${code.cell(0)}] = ${this.#single ? `Math.fround(${sum})` : sum}`
    const addAll = code.weight === '1' ? add : `for (let times = ${code.weight}; times > 0; times--) ${add}`
    return `${addAll}
f[${code.cell(1)}] += ${code.weight}
if (${x} - ${x} !== 0) f[${code.cell(2)}] += ${code.weight}`
  }

  merge(code: MergeCode): string {
    const sum = `f[${code.cell(0)}] + sf[${code.from(0)}]`
    return `f[${code.cell(0)}] = ${this.#single ? `Math.fround(${sum})` : sum}
f[${code.cell(1)}] += sf[${code.from(1)}]
f[${code.cell(2)}] += sf[${code.from(2)}]`
  }

  finish(words: GroupWords, cell: number, groups: Int32Array, count: number) {
    return floatColumn(this.#site.type, count, index => {
      const base = groups[index]! * words.stride + cell
      const rows = words.f[base + 1]!
      if (!(rows > 0)) return undefined
      const sum = words.f[base]!
      if (!Number.isFinite(sum) && words.f[base + 2] === 0) return overflow(this.#site)
      return this.#averages ? sum / rows : sum
    })
  }

  /** sum(real) is real; avg(real) adds doubles. */
  get #single(): boolean {
    return !this.#averages && this.#site.args[0]!.kind === 'float4'
  }
}

const COUNT_CELL = EXPANSION_CELLS
/** 1 when the group's sum is in #totals instead of its cells. */
const SPILLED_CELL = EXPANSION_CELLS + 1

class ExactFloatSum implements WordAccumulator {
  readonly kind = 'words'
  readonly cells = EXPANSION_CELLS + 2
  readonly #site: AggregateSite
  readonly #averages: boolean
  readonly #totals = new Map<number, ExactTotal>()

  constructor(site: AggregateSite, averages: boolean) {
    this.#site = site
    this.#averages = averages
  }

  update(code: UpdateCode): string {
    return `${code.self}.add(f, ${code.cell(0)}, ${code.group}, ${code.arg(0)}v[${code.row}], ${code.weight})`
  }

  merge(code: MergeCode): string {
    return (
      `${code.self}.addGroup(f, ${code.cell(0)}, ${code.group}, ${code.other}, sf, ${code.from(0)}, ` +
      `${code.fromGroup})`
    )
  }

  /** Called by generated code: adds x with its weight to the group whose cells start at f[at]. */
  add(f: Float64Array, at: number, group: number, x: number, weight: number): void {
    f[at + COUNT_CELL]! += weight
    if (f[at + SPILLED_CELL] === 0) {
      let rest = weight
      if (Number.isFinite(x)) {
        while (rest > 0 && addToExpansion(f, at, x)) rest--
        while (rest < 0 && addToExpansion(f, at, -x)) rest++
      }
      if (rest !== 0) this.#spill(f, at, group).add(x, rest)
      return
    }
    this.#totals.get(group)!.add(x, weight)
  }

  /** Called by generated code: adds another state's group. */
  addGroup(
    f: Float64Array,
    at: number,
    group: number,
    other: ExactFloatSum,
    source: Float64Array,
    from: number,
    fromGroup: number,
  ): void {
    const count = source[from + COUNT_CELL]!
    if (source[from + SPILLED_CELL] === 1) {
      const total = f[at + SPILLED_CELL] === 1 ? this.#totals.get(group)! : this.#spill(f, at, group)
      total.merge(other.#totals.get(fromGroup)!)
    } else {
      for (let index = 0; index < EXPANSION_CELLS; index++) this.add(f, at, group, source[from + index]!, 1)
      f[at + COUNT_CELL]! -= EXPANSION_CELLS
    }
    f[at + COUNT_CELL]! += count
  }

  finish(words: GroupWords, cell: number, groups: Int32Array, count: number) {
    return floatColumn(this.#site.type, count, index => {
      const base = groups[index]! * words.stride + cell
      const rows = words.f[base + COUNT_CELL]!
      if (!(rows > 0)) return undefined
      const spilled = words.f[base + SPILLED_CELL] === 1 ? this.#totals.get(groups[index]!)! : undefined
      const sum = spilled === undefined ? roundExpansion(words.f, base) : spilled.round()
      if (!Number.isFinite(sum) && spilled?.special === undefined) return overflow(this.#site)
      return this.#averages ? sum / rows : sum
    })
  }

  clear(groups: Int32Array, count: number): void {
    if (this.#totals.size === 0) return
    for (let index = 0; index < count; index++) this.#totals.delete(groups[index]!)
  }

  #spill(f: Float64Array, at: number, group: number): ExactTotal {
    const total = new ExactTotal()
    for (let index = 0; index < EXPANSION_CELLS; index++) {
      total.add(f[at + index]!, 1)
      f[at + index] = 0
    }
    f[at + SPILLED_CELL] = 1
    this.#totals.set(group, total)
    return total
  }
}

/** 22003; in a streaming job NULL. */
function overflow(site: AggregateSite): undefined {
  const error = new SqlError(SqlState.numericValueOutOfRange, 'value out of range: overflow')
  if (site.context.onError === 'throw') throw error
  site.context.onError(error)
  return undefined
}

function floatSum(averages: boolean): AggregateFunction['create'] {
  return site => (site.appendOnly ? new PlainFloatSum(site, averages) : new ExactFloatSum(site, averages))
}

export const floatSumFunctions: readonly AggregateFunction[] = [float4Type, float8Type].flatMap(
  (type): AggregateFunction[] => [
    {
      id: `sum(${type.kind})`,
      name: 'sum',
      kind: 'aggregate',
      args: [type],
      returns: type,
      create: floatSum(false),
    },
    {
      id: `avg(${type.kind})`,
      name: 'avg',
      kind: 'aggregate',
      args: [type],
      returns: float8Type,
      create: floatSum(true),
    },
  ],
)
