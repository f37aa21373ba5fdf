/**
 * Finds live rows of a RowStore by the values of some columns, or of all columns (to retract a row by its
 * value). Slots of [hash, row id + 1] in a SlotTable; rows with equal keys are a doubly linked chain behind
 * one slot, so that a multiset with many duplicates neither fills a segment nor makes removal slow.
 */

import { must } from '../../planner/assert.ts'
import type { Column } from '../batch/column.ts'
import type { Identity, RowsEqual } from '../batch/row-hash.ts'
import { compileRowsEqual, hashRows } from '../batch/row-hash.ts'
import type { RowStore } from './row-store.ts'
import { HOME_SHIFT, SEGMENT_SLOTS, SlotTable } from './slot-table.ts'
import { grownCapacity } from './stored-column.ts'

const SEGMENT_WORDS = SEGMENT_SLOTS * 2
const NONE = -1

export class RowIndex {
  readonly #store: RowStore
  readonly #keys: readonly number[]
  readonly #identity: Identity
  readonly #equal: RowsEqual
  readonly #table = new SlotTable(1, 0, 1)
  #next = new Int32Array(0)
  #previous = new Int32Array(0)
  /** First word of the slot where the last probe ended: the key's, or the empty one where it belongs. */
  #slot = 0

  /**
   * `keys`: column indexes of the store that make the key; without, all columns, and identical rows only.
   */
  constructor(store: RowStore, keys?: readonly number[]) {
    this.#store = store
    this.#keys = keys ?? store.types.map((_, index) => index)
    this.#identity = keys === undefined ? 'identical' : 'equal'
    this.#equal = compileRowsEqual(
      this.#keys.map(key => must(store.types[key], 'keys name columns of the store')),
      this.#identity,
    )
  }

  get byteLength(): number {
    return this.#table.byteLength + this.#next.byteLength + this.#previous.byteLength
  }

  /**
   * Adds rows that were just inserted into the store. `columns` are the key columns; row i is rows[i] or i.
   */
  insert(columns: readonly Column[], rows: Int32Array | undefined, count: number, ids: Int32Array): void {
    this.#reserveLinks()
    const hashes = this.#hashes(columns, rows, count)
    for (let index = 0; index < count; index++) {
      const id = ids[index]!
      const row = rows === undefined ? index : rows[index]!
      let head = this.#probe(columns, row, hashes[index]!)
      while (head === NONE && this.#table.makeRoom(hashes[index]!))
        head = this.#probe(columns, row, hashes[index]!)
      const { slots } = this.#table
      slots[this.#slot] = hashes[index]!
      slots[this.#slot + 1] = id + 1
      this.#previous[id] = NONE
      this.#next[id] = head
      if (head === NONE) this.#table.added(hashes[index]!)
      else this.#previous[head] = id
    }
  }

  /** Writes the id of a live row with each key to ids[i], -1 where there is none. Changes nothing. */
  find(columns: readonly Column[], rows: Int32Array | undefined, count: number, ids: Int32Array): void {
    const hashes = this.#hashes(columns, rows, count)
    for (let index = 0; index < count; index++) {
      const head = this.#probe(columns, rows === undefined ? index : rows[index]!, hashes[index]!)
      ids[index] = head
    }
  }

  /** As find, but removes each row that it finds, so that equal keys find different rows. */
  take(columns: readonly Column[], rows: Int32Array | undefined, count: number, ids: Int32Array): void {
    const hashes = this.#hashes(columns, rows, count)
    for (let index = 0; index < count; index++) {
      const head = this.#probe(columns, rows === undefined ? index : rows[index]!, hashes[index]!)
      ids[index] = head
      if (head >= 0) this.#unlink(head)
    }
  }

  /** Removes rows that are in the index. Their values must still be in the store. */
  remove(ids: Int32Array, count: number): void {
    const columns = this.#store.gather(ids, count, this.#keys)
    const hashes = this.#hashes(columns, undefined, count)
    for (let index = 0; index < count; index++) {
      const id = ids[index]!
      if (this.#previous[id] === NONE) this.#probe(columns, index, hashes[index]!)
      this.#unlink(id)
    }
  }

  /** Every row with the key of row `row` of `columns`, newest first. */
  findAll(columns: readonly Column[], row: number): number[] {
    const hashes = this.#hashes(columns, row === 0 ? undefined : Int32Array.of(row), 1)
    const ids: number[] = []
    for (let id = this.#probe(columns, row, hashes[0]!); id >= 0; id = this.#next[id]!) ids.push(id)
    return ids
  }

  /** Takes a row out of its chain. When it is the first, #slot is its slot. */
  #unlink(id: number): void {
    const next = this.#next[id]!
    const previous = this.#previous[id]!
    if (next !== NONE) this.#previous[next] = previous
    if (previous !== NONE) this.#next[previous] = next
    else if (next !== NONE) this.#table.slots[this.#slot + 1] = next + 1
    else this.#table.erase(this.#slot)
  }

  /**
   * The first row of the key's chain, or NONE; leaves the slot in #slot. Segments always have empty slots.
   */
  #probe(columns: readonly Column[], row: number, hash: number): number {
    const { slots } = this.#table
    const base = this.#table.segmentStart(hash)
    let home = (hash >>> HOME_SHIFT) << 1
    for (let probes = 0; probes < SEGMENT_SLOTS; probes++) {
      const at = base + home
      const id = slots[at + 1]! - 1
      this.#slot = at
      if (id < 0) return NONE
      if (slots[at] === hash && this.#rowHasKey(id, columns, row)) return id
      home = (home + 2) & (SEGMENT_WORDS - 1)
    }
    return NONE
  }

  #rowHasKey(id: number, columns: readonly Column[], row: number): boolean {
    return this.#equal(columns, row, this.#store.columnsOf(id, this.#keys), this.#store.slotOf(id))
  }

  #reserveLinks(): void {
    const needed = this.#store.idEnd
    if (needed <= this.#next.length) return
    const capacity = grownCapacity(this.#next.length, needed)
    const next = new Int32Array(capacity)
    const previous = new Int32Array(capacity)
    next.set(this.#next)
    previous.set(this.#previous)
    this.#next = next
    this.#previous = previous
  }

  #hashes(columns: readonly Column[], rows: Int32Array | undefined, count: number): Int32Array {
    const hashes = new Int32Array(count)
    hashRows(columns, rows, count, hashes, this.#identity)
    return hashes
  }
}
