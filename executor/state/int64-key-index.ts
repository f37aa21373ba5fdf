/**
 * KeyIndex for one int64 key (bigint, timestamps): the key stands in its slot, [low, high, id + 1, hash],
 * so that a probe touches one cache line. A dense column of the keys serves output. At most one id stands
 * for NULL.
 */

import { assert } from '../../planner/assert.ts'
import type { DataType } from '../../planner/types.ts'
import { bitAt } from '../batch/bitmap.ts'
import type { Column, Int64Column } from '../batch/column.ts'
import { wordsOf } from '../batch/key-library.ts'
import { IdAllocator } from './id-allocator.ts'
import type { KeyIndex } from './key-index.ts'
import { HOME_SHIFT, SEGMENT_KEYS_MAX, SEGMENT_SLOTS, SlotTable } from './slot-table.ts'
import { grownCapacity } from './stored-column.ts'

const STEP_ROWS = 8192
const SEGMENT_WORDS = SEGMENT_SLOTS * 4
const NO_NULL = -1

export class Int64KeyIndex implements KeyIndex {
  readonly #table = new SlotTable(2, 3, 2)
  readonly #allocator = new IdAllocator()
  readonly #type: DataType
  #nullId = NO_NULL
  #keys = new BigInt64Array(64)

  constructor(type: DataType) {
    this.#type = type
  }

  get size(): number {
    return this.#table.size + (this.#nullId === NO_NULL ? 0 : 1)
  }

  get idEnd(): number {
    return this.#allocator.end
  }

  get columns(): readonly Column[] {
    let validity: Uint8Array | undefined
    if (this.#nullId !== NO_NULL) {
      validity = new Uint8Array((this.#keys.length + 7) >> 3).fill(0xff)
      validity[this.#nullId >> 3]! &= ~(1 << (this.#nullId & 7))
    }
    return [{ type: this.#type, layout: 'int64', length: this.#keys.length, validity, values: this.#keys }]
  }

  get byteLength(): number {
    return this.#table.byteLength + this.#keys.byteLength + this.#allocator.byteLength
  }

  lookupOrInsert(columns: readonly Column[], length: number, ids: Int32Array): number {
    const { values, validity } = columns[0] as Int64Column
    const words = wordsOf(values)
    const before = this.size
    for (let start = 0; start < length; start += STEP_ROWS) {
      const end = Math.min(start + STEP_ROWS, length)
      const missing = findKeys(words, start, end, ids, this.#table) < 0
      const firstNull = validity === undefined ? end : firstNullRow(validity, start, end)
      if (!missing && firstNull === end) continue
      this.#reserve(this.#allocator.end + (end - start))
      this.#insertMissing(words, start, firstNull, ids)
      if (firstNull === end) continue
      this.#enterNulls(validity!, firstNull, end, ids)
      this.#insertMissing(words, firstNull, end, ids)
    }
    return this.size - before
  }

  lookup(columns: readonly Column[], length: number, ids: Int32Array): void {
    const { values, validity } = columns[0] as Int64Column
    const words = wordsOf(values)
    for (let start = 0; start < length; start += STEP_ROWS) {
      findKeys(words, start, Math.min(start + STEP_ROWS, length), ids, this.#table)
    }
    if (validity === undefined) return
    for (let row = 0; row < length; row++) if (!bitAt(validity, row)) ids[row] = this.#nullId
  }

  erase(ids: Int32Array, count: number): void {
    const words = wordsOf(this.#keys)
    for (let index = 0; index < count; index++) {
      const id = ids[index]!
      if (id === this.#nullId) this.#nullId = NO_NULL
      else this.#table.erase(findSlot(this.#table, hashKey(words[2 * id]!, words[2 * id + 1]!), id))
      this.#allocator.release(id)
    }
  }

  clear(): void {
    this.#nullId = NO_NULL
    this.#table.clear()
    this.#allocator.clear()
  }

  /** Makes room for the keys of ids below `end`. */
  #reserve(end: number): void {
    if (end <= this.#keys.length) return
    const grown = new BigInt64Array(grownCapacity(this.#keys.length, end))
    grown.set(this.#keys)
    this.#keys = grown
  }

  #insertMissing(words: Int32Array, start: number, end: number, ids: Int32Array): void {
    for (let row = start; row < end; ) {
      row = insertKeys(words, row, end, ids, this.#table, this.#allocator, wordsOf(this.#keys))
      if (row < end) this.#table.split(hashKey(words[2 * row]!, words[2 * row + 1]!))
    }
  }

  /** Gives the rows that are NULL their id, whatever stands in their values. */
  #enterNulls(validity: Uint8Array, start: number, end: number, ids: Int32Array): void {
    if (this.#nullId === NO_NULL) this.#nullId = this.#allocator.next()
    for (let row = start; row < end; row++) if (!bitAt(validity, row)) ids[row] = this.#nullId
  }
}

function firstNullRow(validity: Uint8Array, start: number, end: number): number {
  for (let row = start; row < end; row++) if (!bitAt(validity, row)) return row
  return end
}

/**
 * The hash of row-hash.ts for one int64. Written out, because calls of imported functions cost 5 ns a row
 * here.
 */
function hashKey(low: number, high: number): number {
  let hash = Math.imul(0x5bd1e995 ^ low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return hash ^ (hash >>> 13)
}

/** Rows whose search goes on, and the word at which the slot stands that they looked at last. */
const searchRows = new Int32Array(STEP_ROWS)
const searchSlots = new Int32Array(STEP_ROWS)

/**
 * Ids of rows [start, end), at most STEP_ROWS of them, NO_ID where the key is not there; returns less than 0
 * when some is not.
 */
function findKeys(words: Int32Array, start: number, end: number, ids: Int32Array, table: SlotTable): number {
  const { slots, directory } = table
  let count = lookHome(words, start, end, ids, slots, directory, searchRows, searchSlots)
  while (count > 0) count = lookNext(words, count, ids, slots, searchRows, searchSlots)
  let found = 0
  for (let row = start; row < end; row++) found |= ids[row]!
  return found
}

/**
 * Compares each row's key with the first slot of its hash and writes the slot's id, -1 of an empty one;
 * returns how many rows have to look further. Free of branches, which every fifth row mispredicts, and with
 * shifts and masks instead of sums, which V8 checks for overflow: 9 ns a row where a loop of probes takes 12.
 * The numbers are SlotTable's, written out: as constants of another module they cost 2 ns a row. Guarded by
 * test/bench/hash-aggregate.bench.ts.
 */
function lookHome(
  words: Int32Array,
  start: number,
  end: number,
  ids: Int32Array,
  slots: Int32Array,
  directory: Int32Array,
  rows: Int32Array,
  looked: Int32Array,
): number {
  const mask = directory.length - 1
  let count = 0
  for (let row = start; row < end; row++) {
    const low = words[row << 1]!
    const high = words[(row << 1) | 1]!
    let hash = Math.imul(0x5bd1e995 ^ low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
    hash ^= hash >>> 13
    const slot = (directory[hash & mask]! << 12) | ((hash >>> 20) & 4092)
    const differs = (slots[slot]! ^ low) | (slots[slot | 1]! ^ high)
    const entry = slots[slot | 2]!
    ids[row] = entry - 1
    rows[count] = row
    looked[count] = slot
    count = (count + (((differs | -differs) & -entry) >>> 31)) | 0
  }
  return count
}

/** As lookHome, with the next slot of `count` rows. */
function lookNext(
  words: Int32Array,
  count: number,
  ids: Int32Array,
  slots: Int32Array,
  rows: Int32Array,
  looked: Int32Array,
): number {
  let kept = 0
  for (let index = 0; index < count; index++) {
    const row = rows[index]!
    const last = looked[index]!
    const slot = (last & ~4095) | ((last + 4) & 4095)
    const differs = (slots[slot]! ^ words[row << 1]!) | (slots[slot | 1]! ^ words[(row << 1) | 1]!)
    const entry = slots[slot | 2]!
    ids[row] = entry - 1
    rows[kept] = row
    looked[kept] = slot
    kept = (kept + (((differs | -differs) & -entry) >>> 31)) | 0
  }
  return kept
}

/**
 * Gives ids to the rows of [start, end) that have none, new keys inserted; returns the row at which a segment
 * was full, or `end`.
 */
function insertKeys(
  words: Int32Array,
  start: number,
  end: number,
  ids: Int32Array,
  table: SlotTable,
  allocator: IdAllocator,
  keyWords: Int32Array,
): number {
  const { slots, directory, counts } = table
  const mask = directory.length - 1
  for (let row = start; row < end; row++) {
    if (ids[row]! >= 0) continue
    const low = words[2 * row]!
    const high = words[2 * row + 1]!
    const hash = hashKey(low, high)
    const segment = directory[hash & mask]!
    const base = segment << 12
    let at = base + ((hash >>> 22) << 2)
    for (let probes = 0; probes < 1024; probes++) {
      const entry = slots[at + 2]!
      if (entry === 0) {
        if (counts[segment] === 512) return row
        counts[segment]!++
        ids[row] = addKey(slots, at, low, high, hash, table, allocator, keyWords)
        break
      }
      if (slots[at] === low && slots[at + 1] === high) {
        ids[row] = entry - 1
        break
      }
      at = base + ((at - base + 4) & 4095)
    }
  }
  return end
}

assert(
  SEGMENT_WORDS === 4096 && SEGMENT_SLOTS === 1024 && HOME_SHIFT === 22 && SEGMENT_KEYS_MAX === 512,
  'the loops know the numbers of SlotTable',
)

/** Fills an empty slot; apart from the loop, which most rows leave with a key that is there. */
function addKey(
  slots: Int32Array,
  at: number,
  low: number,
  high: number,
  hash: number,
  table: SlotTable,
  allocator: IdAllocator,
  keyWords: Int32Array,
): number {
  const id = allocator.next()
  table.size++
  slots[at] = low
  slots[at + 1] = high
  slots[at + 2] = id + 1
  slots[at + 3] = hash
  keyWords[2 * id] = low
  keyWords[2 * id + 1] = high
  return id
}

function findSlot(table: SlotTable, hash: number, id: number): number {
  const { slots } = table
  const base = table.segmentStart(hash)
  let home = (hash >>> HOME_SHIFT) << 2
  for (let probes = 0; probes < SEGMENT_SLOTS; probes++) {
    if (slots[base + home + 2] === id + 1) return base + home
    home = (home + 4) & (SEGMENT_WORDS - 1)
  }
  throw new Error('assertion failed: an erased key is in the index')
}
