/**
 * Rows per group, in order of arrival: what DISTINCT aggregates count and what collecting aggregates
 * (string_agg, array_agg) collect. Rows are entries with multiplicities, chained per group.
 *
 * Merging: equal (or identical) rows of a group share one entry, found through an index on (group, row);
 * needed to count distinct rows and to retract rows. Otherwise every row is an entry of its own, in exact
 * order of arrival, and cannot be retracted.
 */

import { assert } from '../../planner/assert.ts'
import type { DataType } from '../../planner/types.ts'
import { int4Type } from '../../planner/types.ts'
import type { Column } from '../batch/column.ts'
import { gatherColumn } from '../batch/gather.ts'
import type { Identity } from '../batch/row-hash.ts'
import { IdAllocator } from './id-allocator.ts'
import { IntList } from './int-list.ts'
import type { KeyIndex } from './key-index.ts'
import { createKeyIndex } from './key-index.ts'
import type { StoredColumn } from './stored-column.ts'
import { createStoredColumn, grownCapacity } from './stored-column.ts'

const NONE = -1

/** Entries that became present (weight 1) or ceased to be (-1), with their groups. */
export interface Transitions {
  readonly entries: Int32Array
  readonly groups: Int32Array
  readonly weights: Int32Array
  count: number
}

/** Room for the transitions of `length` rows. */
export function createTransitions(length: number): Transitions {
  return {
    entries: new Int32Array(length),
    groups: new Int32Array(length),
    weights: new Int32Array(length),
    count: 0,
  }
}

/** Where entries and their values are kept. */
interface EntryStore {
  /** Entry of each row, new ones made. */
  entries(columns: readonly Column[], groups: Int32Array, count: number): Int32Array
  erase(entries: Int32Array, count: number): void
  readonly columns: readonly Column[]
  readonly idEnd: number
  readonly byteLength: number
}

export class GroupRows {
  readonly #store: EntryStore
  readonly #merges: boolean
  #counts = new Int32Array(0)
  #groupOf = new Int32Array(0)
  #next = new Int32Array(0)
  #previous = new Int32Array(0)
  #heads = new Int32Array(0)
  #tails = new Int32Array(0)
  #size = 0
  /** Entries to be dropped once their transition was read. */
  #emptied: number[] = []

  constructor(types: readonly DataType[], merges: Identity | 'nothing') {
    this.#merges = merges !== 'nothing'
    this.#store = merges === 'nothing' ? new AppendedEntries(types) : new MergedEntries(types, merges)
  }

  /** The rows' columns, indexed by entry. Read again after every change. */
  get columns(): readonly Column[] {
    return this.#store.columns
  }

  get byteLength(): number {
    return this.#store.byteLength + this.#counts.byteLength * 4 + this.#heads.byteLength * 2
  }

  /**
   * After `update` with transitions, when their values have been read: drops entries whose multiplicity
   * became 0.
   */
  dropEmptied(): void {
    this.#eraseEmptied(this.#emptied)
    this.#emptied = []
  }

  /** Entries present. */
  get size(): number {
    return this.#size
  }

  /**
   * First entry of each group, -1 = none; shorter than the groups where the last have none. Read again
   * after changes.
   */
  get heads(): Int32Array {
    return this.#heads
  }

  /** The entry after each entry in its group, -1 = none. */
  get next(): Int32Array {
    return this.#next
  }

  /** Multiplicity of each entry; 0 or less only while a retraction is ahead of its insertion. */
  get counts(): Int32Array {
    return this.#counts
  }

  /** True when the group has no entry. */
  isEmpty(group: number): boolean {
    return group >= this.#heads.length || this.#heads[group] === NONE
  }

  /**
   * Adds row i of the columns with weight weights[i] (1) to groups[i]. Writes what changed between absent
   * and present, and returns the entry of each row (which may be gone already, when its multiplicity became
   * 0).
   */
  update(
    columns: readonly Column[],
    groups: Int32Array,
    weights: Int32Array | undefined,
    count: number,
    transitions: Transitions | undefined,
  ): Int32Array {
    const entries = this.#store.entries(columns, groups, count)
    this.#reserveEntries(this.#store.idEnd)
    const emptied: number[] = []
    for (let row = 0; row < count; row++) {
      const entry = entries[row]!
      const weight = weights === undefined ? 1 : weights[row]!
      assert(this.#merges || weight > 0, 'rows without an index are never retracted')
      const before = this.#counts[entry]!
      const after = before + weight
      this.#counts[entry] = after
      if (this.#groupOf[entry] === NONE) this.#link(entry, groups[row]!)
      if (transitions !== undefined && before > 0 !== after > 0) {
        const index = transitions.count++
        transitions.entries[index] = entry
        transitions.groups[index] = groups[row]!
        transitions.weights[index] = after > 0 ? 1 : -1
      }
      if (after === 0) emptied.push(entry)
    }
    if (transitions === undefined) this.#eraseEmptied(emptied)
    else this.#emptied.push(...emptied)
    return entries
  }

  /** The group's first entry in order of arrival, -1 = none. */
  firstOf(group: number): number {
    return group < this.#heads.length ? this.#heads[group]! : NONE
  }

  /**
   * Appends the entries from `first` on, each as often as it occurs, until there are `limit`; returns the
   * entry to go on with, -1 = none.
   */
  appendEntries(first: number, list: IntList, limit: number): number {
    const [counts, next] = [this.#counts, this.#next]
    let entry = first
    for (; entry !== NONE && list.length < limit; entry = next[entry]!) {
      for (let times = counts[entry]!; times > 0; times--) list.push(entry)
    }
    return entry
  }

  /** Forgets all rows of the groups. */
  clear(groups: Int32Array, count: number): void {
    for (let index = 0; index < count; index++) {
      const list = new IntList()
      for (let entry = this.firstOf(groups[index]!); entry !== NONE; entry = this.#next[entry]!)
        list.push(entry)
      for (const entry of list.values) {
        this.#counts[entry] = 0
        this.#unlink(entry)
      }
      this.#store.erase(list.values, list.length)
    }
  }

  /** Drops every entry for which `isFinal` holds; calls `onDropped` with the group of each. */
  dropWhere(isFinal: (entry: number) => boolean, onDropped: (group: number) => void): void {
    const dropped = new Int32Array(this.#size)
    let count = 0
    for (let entry = 0; entry < this.#store.idEnd; entry++) {
      const group = this.#groupOf[entry]!
      if (group === NONE || !isFinal(entry)) continue
      this.#counts[entry] = 0
      this.#unlink(entry)
      dropped[count++] = entry
      onDropped(group)
    }
    this.#store.erase(dropped, count)
  }

  #eraseEmptied(candidates: readonly number[]): void {
    const emptied = new Int32Array(candidates.length)
    let count = 0
    for (const entry of candidates) {
      if (this.#counts[entry] !== 0 || this.#groupOf[entry] === NONE) continue
      this.#unlink(entry)
      emptied[count++] = entry
    }
    if (count > 0) this.#store.erase(emptied, count)
  }

  #link(entry: number, group: number): void {
    if (group >= this.#heads.length) {
      const capacity = grownCapacity(this.#heads.length, group + 1)
      this.#heads = grownLinks(this.#heads, capacity)
      this.#tails = grownLinks(this.#tails, capacity)
    }
    const tail = this.#tails[group]!
    this.#groupOf[entry] = group
    this.#size++
    this.#previous[entry] = tail
    this.#next[entry] = NONE
    if (tail === NONE) this.#heads[group] = entry
    else this.#next[tail] = entry
    this.#tails[group] = entry
  }

  #unlink(entry: number): void {
    const group = this.#groupOf[entry]!
    const next = this.#next[entry]!
    const previous = this.#previous[entry]!
    if (previous === NONE) this.#heads[group] = next
    else this.#next[previous] = next
    if (next === NONE) this.#tails[group] = previous
    else this.#previous[next] = previous
    this.#groupOf[entry] = NONE
    this.#size--
  }

  #reserveEntries(end: number): void {
    if (end <= this.#counts.length) return
    const capacity = grownCapacity(this.#counts.length, end)
    const counts = new Int32Array(capacity)
    counts.set(this.#counts)
    this.#counts = counts
    this.#groupOf = grownLinks(this.#groupOf, capacity)
    this.#next = grownLinks(this.#next, capacity)
    this.#previous = grownLinks(this.#previous, capacity)
  }
}

/** A copy with NONE in the new places. */
function grownLinks(links: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(capacity).fill(NONE)
  grown.set(links)
  return grown
}

class MergedEntries implements EntryStore {
  readonly #index: KeyIndex

  constructor(types: readonly DataType[], identity: Identity) {
    this.#index = createKeyIndex([int4Type, ...types], identity)
  }

  get columns(): readonly Column[] {
    return this.#index.columns.slice(1)
  }

  get idEnd(): number {
    return this.#index.idEnd
  }

  get byteLength(): number {
    return this.#index.byteLength
  }

  entries(columns: readonly Column[], groups: Int32Array, count: number): Int32Array {
    const ids = new Int32Array(count)
    const group: Column = {
      type: int4Type,
      layout: 'int32',
      length: count,
      validity: undefined,
      values: groups,
    }
    this.#index.lookupOrInsert([group, ...columns], count, ids)
    return ids
  }

  erase(entries: Int32Array, count: number): void {
    this.#index.erase(entries, count)
  }
}

class AppendedEntries implements EntryStore {
  readonly #stored: readonly StoredColumn[]
  readonly #ids = new IdAllocator()
  #capacity = 0

  constructor(types: readonly DataType[]) {
    this.#stored = types.map(createStoredColumn)
  }

  get columns(): readonly Column[] {
    return this.#stored.map(stored => stored.column)
  }

  get idEnd(): number {
    return this.#ids.end
  }

  get byteLength(): number {
    return this.#stored.reduce((sum, stored) => sum + stored.byteLength, this.#ids.byteLength)
  }

  entries(columns: readonly Column[], _groups: Int32Array, count: number): Int32Array {
    const ids = new Int32Array(count)
    for (let row = 0; row < count; row++) ids[row] = this.#ids.next()
    if (this.#ids.end > this.#capacity) {
      this.#capacity = grownCapacity(this.#capacity, this.#ids.end)
      for (const stored of this.#stored) stored.reserve(this.#capacity)
    }
    for (const [index, stored] of this.#stored.entries()) stored.write(columns[index]!, undefined, ids, count)
    return ids
  }

  erase(entries: Int32Array, count: number): void {
    for (const stored of this.#stored) stored.release(entries, count)
    for (let index = 0; index < count; index++) this.#ids.release(entries[index]!)
  }
}

/** The columns' rows, or all of them in place without `rows`. */
export function selectRows(
  columns: readonly Column[],
  rows: Int32Array | undefined,
  count: number,
): readonly Column[] {
  return rows === undefined ? columns : columns.map(column => gatherColumn(column, rows, count))
}
