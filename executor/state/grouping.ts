/**
 * Groups and their aggregates under changes: what hash aggregation and window aggregation share.
 *
 * 'changes': between two calls of emit ("a round") rows come and go; when a round first touches a group its
 * values are put aside, and emit writes one delta: the old row with −1 and the new one with +1 where they
 * differ. A group without rows is retracted and its id reused. 'final': nothing is put aside; a group is
 * written once, when it is taken out.
 *
 * Output columns are the keys, then the aggregates.
 */

import type { DataType } from '../../planner/types.ts'
import type { Column } from '../batch/column.ts'
import { concatColumns } from '../batch/concat.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import { BATCH_ROWS } from '../batch/delta-batch.ts'
import { gatherColumns, sliceColumn } from '../batch/gather.ts'
import type { AggregateInput, AggregateSpec } from './aggregate-state.ts'
import { AggregateState, GroupList } from './aggregate-state.ts'
import { markChanged } from './changed-rows.ts'
import type { KeyIndex } from './key-index.ts'
import { createKeyIndex } from './key-index.ts'
import { PartitionedInput } from './partitioned-input.ts'

/** With fewer groups than this all state fits the CPU's caches. */
const HELD_GROUPS_MIN = 1 << 16
const FIRST_ROUND = 1

export interface GroupingOptions {
  readonly keyTypes: readonly DataType[]
  readonly aggregates: readonly AggregateSpec[]
  readonly emits: 'changes' | 'final'
  /** Of a group that the current rows made: its id, with the keys as stored. */
  readonly onNewGroup?: ((group: number, keys: readonly Column[]) => void) | undefined
  /** A group without rows was removed. */
  readonly onRemovedGroup?: ((group: number) => void) | undefined
}

export class Grouping {
  readonly #options: GroupingOptions
  readonly #index: KeyIndex
  readonly #state: AggregateState
  /** No keys: one group, which is there also without rows. */
  readonly #isGlobal: boolean
  #round = FIRST_ROUND
  readonly #fresh = new GroupList()
  readonly #known = new GroupList()
  /** Values of the known groups when the round first touched them, in parts that follow each other. */
  #old: Column[][] = []
  #groups = new Int32Array(BATCH_ROWS)
  readonly #held = new PartitionedInput()

  constructor(options: GroupingOptions) {
    this.#options = options
    this.#index = createKeyIndex(options.keyTypes)
    this.#state = new AggregateState(options.aggregates)
    this.#isGlobal = options.keyTypes.length === 0
    if (this.#isGlobal) {
      this.#index.lookupOrInsert([], 1, this.#groups)
      this.#state.reserve(1)
    }
  }

  get state(): AggregateState {
    return this.#state
  }

  get size(): number {
    return this.#index.size
  }

  get byteLength(): number {
    return this.#index.byteLength + this.#state.byteLength
  }

  /** Adds row k of the inputs to the group of row k of `keys` with weights[k] (1). */
  add(
    keys: readonly Column[],
    inputs: readonly AggregateInput[],
    weights: Int32Array | undefined,
    count: number,
  ): void {
    if (this.#held.rows === 0 && this.#index.size < HELD_GROUPS_MIN) {
      this.#update(keys, inputs, weights, count)
      return
    }
    if (!this.#held.hold(keys, inputs, weights, count)) {
      this.#drain()
      this.#held.hold(keys, inputs, weights, count)
    }
    if (this.#held.isFull) this.#drain()
  }

  /** Adds the groups fromGroups[k] of another grouping's state to the group of row k of `keys`. */
  merge(keys: readonly Column[], from: AggregateState, fromGroups: Int32Array, count: number): void {
    const groups = this.#enter(keys, count)
    this.#state.merge(from, fromGroups, groups, count)
  }

  /** The key columns of these groups. */
  keysOf(groups: Int32Array, count: number): Column[] {
    return gatherColumns(this.#index.columns, groups, count)
  }

  /** 'changes': the delta since the last call, in batches of at most 8192 groups. */
  emit(push: (batch: DeltaBatch) => void): void {
    runAll(this.emission(push))
  }

  /** `emit`, a step at a time; no row may come before the last one. */
  *emission(push: (batch: DeltaBatch) => void): Generator<void> {
    yield* this.#draining()
    this.#endFirstRound()
    const empty: number[] = []
    yield* this.#emitKnown(push, empty)
    yield* this.#emitFresh(push, empty)
    this.#old = []
    this.#known.count = 0
    this.#fresh.count = 0
    this.#round++
    this.#removeEmpty(empty)
  }

  /**
   * Groups touched since the last call of emit or takeTouched, instead of emit: for states that are only
   * merged.
   */
  takeTouched(): Int32Array {
    this.#drain()
    this.#endFirstRound()
    const touched = new Int32Array(this.#fresh.count + this.#known.count)
    touched.set(this.#fresh.ids.subarray(0, this.#fresh.count))
    touched.set(this.#known.ids.subarray(0, this.#known.count), this.#fresh.count)
    this.#known.count = 0
    this.#fresh.count = 0
    this.#round++
    return touched
  }

  /** 'final': the rows of these groups that are not empty. */
  read(groups: Int32Array, count: number, push: (batch: DeltaBatch) => void): void {
    for (let start = 0; start < count; start += BATCH_ROWS) {
      const slice = groups
        .subarray(start, Math.min(start + BATCH_ROWS, count))
        .filter(group => this.#exists(group))
      if (slice.length === 0) continue
      const columns = [...this.keysOf(slice, slice.length), ...this.#state.results(slice, slice.length)]
      push({ columns, length: slice.length, weights: undefined })
    }
  }

  /** Drops these groups without a trace. They must not have unemitted changes. */
  remove(groups: Int32Array, count: number): void {
    this.#index.erase(groups, count)
    this.#state.clear(groups, count)
  }

  /** Drops all groups, of which `touched` are those with a state. Nothing may be unemitted. */
  reset(touched: Int32Array): void {
    this.#state.clear(touched, touched.length)
    this.#index.clear()
    this.#round = FIRST_ROUND
  }

  #drain(): void {
    runAll(this.#draining())
  }

  #draining(): Generator<void> {
    return this.#held.drain((keys, inputs, weights, count) => this.#update(keys, inputs, weights, count))
  }

  #update(
    keys: readonly Column[],
    inputs: readonly AggregateInput[],
    weights: Int32Array | undefined,
    count: number,
  ): void {
    const groups = this.#enter(keys, count)
    this.#state.update(inputs, groups, weights, count)
  }

  #enter(keys: readonly Column[], count: number): Int32Array {
    if (count > this.#groups.length) this.#groups = new Int32Array(count)
    const groups = this.#groups
    const end = this.#index.idEnd
    // Without keys all rows are of group 0, which was made at the start.
    if (!this.#isGlobal) this.#index.lookupOrInsert(keys, count, groups)
    this.#state.reserve(this.#index.idEnd)
    if (this.#round === FIRST_ROUND) {
      for (let group = end; group < this.#index.idEnd; group++) this.#onNewGroup(group)
      return groups
    }
    const known = this.#known.count
    const fresh = this.#fresh.count
    this.#state.touch(groups, this.#isGlobal ? 1 : count, this.#round, this.#fresh, this.#known)
    for (let index = fresh; index < this.#fresh.count; index++) this.#onNewGroup(this.#fresh.ids[index]!)
    if (this.#options.emits === 'changes' && this.#known.count > known) {
      const ids = this.#known.ids.subarray(known, this.#known.count)
      this.#old.push(this.#state.results(ids, ids.length))
    }
    return groups
  }

  #onNewGroup(group: number): void {
    this.#options.onNewGroup?.(group, this.#index.columns)
  }

  /** In the first round all groups are new, and none was removed: they need not be told apart row by row. */
  #endFirstRound(): void {
    if (this.#round === FIRST_ROUND) this.#state.touchAll(this.#index.idEnd, this.#round, this.#fresh)
  }

  #exists(group: number): boolean {
    return this.#isGlobal || this.#state.rowsOf(group) > 0
  }

  /**
   * Groups that had been written before. All of them had rows then: a group without rows is removed at
   * once.
   */
  *#emitKnown(push: (batch: DeltaBatch) => void, empty: number[]): Generator<void> {
    const { ids, count } = this.#known
    if (count === 0) return
    const old = this.#options.aggregates.map((_, index) => concatColumns(this.#old.map(part => part[index]!)))
    for (let start = 0; start < count; start += BATCH_ROWS) {
      const end = Math.min(start + BATCH_ROWS, count)
      const groups = ids.subarray(start, end)
      const batch = yield* this.#delta(
        groups,
        old.map(column => sliceColumn(column, start, end)),
        empty,
      )
      if (batch !== undefined) push(batch)
      yield
    }
  }

  *#emitFresh(push: (batch: DeltaBatch) => void, empty: number[]): Generator<void> {
    const { ids, count } = this.#fresh
    for (let start = 0; start < count; start += BATCH_ROWS) {
      const all = ids.subarray(start, Math.min(start + BATCH_ROWS, count))
      let groups = all
      if (all.some(group => !this.#exists(group))) {
        groups = all.filter(group => this.#exists(group))
        for (const group of all) if (!this.#exists(group)) empty.push(group)
      }
      if (groups.length > 0) {
        const columns = [
          ...this.keysOf(groups, groups.length),
          ...(yield* this.#state.finishing(groups, groups.length)),
        ]
        push({ columns, length: groups.length, weights: undefined })
      }
      yield
    }
  }

  /**
   * Retractions of old rows and insertions of new ones for the groups that changed; undefined when none
   * did.
   */
  *#delta(
    groups: Int32Array,
    old: readonly Column[],
    empty: number[],
  ): Generator<void, DeltaBatch | undefined> {
    const count = groups.length
    const results = yield* this.#state.finishing(groups, count)
    const all = identity(count)
    const changed = new Uint8Array(count)
    markChanged(old, results, all, all, count, changed)
    const retracted = new Int32Array(count)
    const inserted = new Int32Array(count)
    let retractedCount = 0
    let insertedCount = 0
    for (let index = 0; index < count; index++) {
      const exists = this.#exists(groups[index]!)
      if (!exists) empty.push(groups[index]!)
      if (exists && changed[index] === 0) continue
      retracted[retractedCount++] = index
      if (exists) inserted[insertedCount++] = index
    }
    if (retractedCount === 0) return undefined
    const keys = this.keysOf(groups, count)
    const before = gatherColumns([...keys, ...old], retracted, retractedCount)
    const after = gatherColumns([...keys, ...results], inserted, insertedCount)
    const length = retractedCount + insertedCount
    const weights = new Int32Array(length).fill(1).fill(-1, 0, retractedCount)
    return { columns: before.map((column, index) => concatColumns([column, after[index]!])), length, weights }
  }

  #removeEmpty(empty: readonly number[]): void {
    if (empty.length === 0) return
    const groups = Int32Array.from(empty)
    if (this.#options.onRemovedGroup !== undefined) groups.forEach(this.#options.onRemovedGroup)
    this.remove(groups, groups.length)
  }
}

function runAll(steps: Generator<void>): void {
  while (steps.next().done !== true) {}
}

function identity(count: number): Int32Array {
  const rows = new Int32Array(count)
  for (let row = 0; row < count; row++) rows[row] = row
  return rows
}
