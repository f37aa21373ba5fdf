/**
 * The record of an aggregate: its signature beside the accumulator that keeps its state for all groups at
 * once.
 *
 * Most aggregates are word accumulators: a few 64-bit cells in the group's row of one shared buffer, and JS
 * source that adds one row to them. The source of all aggregates of a query is fused into one loop
 * (state/aggregate-state.ts). Cells start as zero bits. The others keep a structure of their own, by group
 * id.
 *
 * Weights: adding a row with weight −1 must undo adding it with +1, unless the site is append-only.
 */

import type { FunctionSignature } from '../../../planner/function-signature.ts'
import type { DataType } from '../../../planner/types.ts'
import type { Column } from '../../batch/column.ts'
import type { EvaluationContext } from '../../expression/evaluation-context.ts'

export type AggregateFunction = FunctionSignature & {
  readonly kind: 'aggregate'
  readonly create: (site: AggregateSite) => Accumulator
}

/** What is known of a call when its accumulator is made. */
export interface AggregateSite {
  readonly args: readonly DataType[]
  readonly type: DataType
  /** No row is ever retracted: weights are positive. */
  readonly appendOnly: boolean
  readonly distinct: boolean
  /** ORDER BY inside the call; the keys' columns follow the arguments' in GroupAccumulator.update. */
  readonly orderBy: readonly AggregateOrder[]
  readonly context: EvaluationContext
}

export interface AggregateOrder {
  readonly type: DataType
  readonly descending: boolean
  readonly nullsFirst: boolean
}

export type Accumulator = WordAccumulator | GroupAccumulator

export interface WordAccumulator {
  readonly kind: 'words'
  /** 64-bit cells per group. */
  readonly cells: number
  /** Its one cell would hold what the state keeps anyway: how many rows the group has. */
  readonly countsRows?: true
  /** JS statements that add one row, whose arguments are not NULL. */
  update(code: UpdateCode): string
  /** JS statements that add the cells of one group of another state to those of one of this state. */
  merge(code: MergeCode): string
  /** The aggregate's values; `cell` is its first cell's offset in a group's row. */
  finish(words: GroupWords, cell: number, groups: Int32Array, count: number): Column
  /** Forgets what it keeps outside the cells. */
  clear?(groups: Int32Array, count: number): void
}

/**
 * Names that update source may use. `f`, `i` and `l` are the Float64, Int32 and BigInt64 views of the
 * buffer.
 */
export interface UpdateCode {
  /** Index of a cell in `f` and `l`. */
  cell(cell: number): string
  /**
   * Prefix of an argument's locals: `${arg}v` values, `${arg}w` 32-bit halves, `${arg}c` the column; see
   * KeySource.
   */
  arg(index: number): string
  /** The row's index in the argument columns. */
  readonly row: string
  /** The row's weight, the literal 1 where all weights are. */
  readonly weight: string
  /** The group's id. */
  readonly group: string
  /** This accumulator, for calls of its methods. */
  readonly self: string
}

/** Names that merge source may use: `f`, `i`, `l` are the target's views, `sf`, `si`, `sl` the source's. */
export interface MergeCode {
  cell(cell: number): string
  from(cell: number): string
  readonly group: string
  readonly fromGroup: string
  readonly self: string
  /** The source state's accumulator. */
  readonly other: string
}

/** Cells of all groups: group g's row starts at cell g * stride. */
export interface GroupWords {
  readonly f: Float64Array
  readonly i: Int32Array
  readonly l: BigInt64Array
  readonly stride: number
}

export interface GroupAccumulator {
  readonly kind: 'groups'
  /**
   * Adds row rows[k] (row k without rows) of the arguments to groups[k] with weights[k] (1), for k < count.
   */
  update(
    args: readonly Column[],
    rows: Int32Array | undefined,
    groups: Int32Array,
    weights: Int32Array | undefined,
    count: number,
  ): void
  finish(groups: Int32Array, count: number): Column
  /** `finish`, a step at a time, of those whose values may be long. */
  finishing?(groups: Int32Array, count: number): Generator<void, Column>
  clear(groups: Int32Array, count: number): void
  readonly byteLength: number
}
