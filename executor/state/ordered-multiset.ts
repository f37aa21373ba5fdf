/**
 * Values per group in order, with multiplicities: min and max under retraction.
 *
 * Distinct values of all groups stand in one stored column, by entry id. A group is a sorted run of entry
 * ids in a slice of a shared arena (power-of-two sizes, freed slices reused) while it is small; a group of
 * more than 1024 values is a list of sorted blocks, so that an insertion moves at most a block. Binary
 * search finds the place; no hashing.
 */

import type { DataType } from '../../planner/types.ts'
import type { Column } from '../batch/column.ts'
import { isNull } from '../batch/column.ts'
import { gatherColumn } from '../batch/gather.ts'
import type { CompareValues } from '../batch/order.ts'
import { totalOrder } from '../batch/order.ts'
import { IdAllocator } from './id-allocator.ts'
import type { StoredColumn } from './stored-column.ts'
import { createStoredColumn, grownCapacity } from './stored-column.ts'

const NO_ENTRY = -1
/** Largest slice, and largest block of a large group. */
const BLOCK_ENTRIES = 1024
const FIRST_SLICE = 4

export class OrderedMultiset {
  readonly #values: StoredColumn
  readonly #compare: CompareValues
  readonly #ids = new IdAllocator()
  readonly #arena = new SliceArena()
  #counts = new Int32Array(0)
  /** By group: start of its slice, entries in it, and the slice's size; size 0 = no slice. */
  #starts = new Int32Array(0)
  #lengths = new Int32Array(0)
  #sizes = new Int32Array(0)
  /** Groups too large for a slice. */
  readonly #large = new Map<number, Int32Array[]>()
  readonly #scratchTarget = new Int32Array(1)
  readonly #scratchRow = new Int32Array(1)

  constructor(type: DataType) {
    this.#values = createStoredColumn(type)
    this.#compare = totalOrder(type)
  }

  get byteLength(): number {
    return (
      this.#values.byteLength +
      this.#arena.byteLength +
      this.#counts.byteLength +
      this.#starts.byteLength * 3 +
      this.#large.size * BLOCK_ENTRIES * 8
    )
  }

  /** Adds weights[i] (1) of column[rows[i]] (column[i]) to groups[i]. NULLs are left out. */
  update(
    column: Column,
    rows: Int32Array | undefined,
    groups: Int32Array,
    weights: Int32Array | undefined,
    count: number,
  ): void {
    for (let index = 0; index < count; index++) {
      const row = rows === undefined ? index : rows[index]!
      if (isNull(column, row)) continue
      const weight = weights === undefined ? 1 : weights[index]!
      const group = groups[index]!
      this.#reserveGroup(group)
      const blocks = this.#large.get(group)
      if (blocks === undefined) this.#updateSlice(group, column, row, weight)
      else this.#updateBlocks(group, blocks, column, row, weight)
    }
  }

  /** The least (greatest) value of each group; NULL for a group without values. */
  extremes(groups: Int32Array, count: number, greatest: boolean): Column {
    const entries = new Int32Array(count)
    for (let index = 0; index < count; index++) entries[index] = this.#extreme(groups[index]!, greatest)
    return gatherOrNull(this.#values.column, entries, count)
  }

  /** Forgets all values of the groups. */
  clear(groups: Int32Array, count: number): void {
    for (let index = 0; index < count; index++) {
      const group = groups[index]!
      if (group >= this.#starts.length) continue
      this.#forEachEntry(group, entry => this.#freeEntry(entry))
      if (this.#sizes[group]! > 0) this.#arena.free(this.#starts[group]!, this.#sizes[group]!)
      this.#lengths[group] = 0
      this.#sizes[group] = 0
      this.#large.delete(group)
    }
  }

  #updateSlice(group: number, column: Column, row: number, weight: number): void {
    const start = this.#starts[group]!
    const length = this.#lengths[group]!
    const at = this.#search(this.#arena.words, start, length, column, row)
    if (at >= 0) {
      this.#changeCount(this.#arena.words[start + at]!, weight, () => {
        this.#arena.words.copyWithin(start + at, start + at + 1, start + length)
        this.#lengths[group] = length - 1
      })
      return
    }
    const place = -at - 1
    const entry = this.#newEntry(column, row, weight)
    if (length === this.#sizes[group]) {
      if (length === BLOCK_ENTRIES) {
        this.#moveToBlocks(group)
        this.#insertInBlocks(this.#large.get(group)!, column, row, entry)
        return
      }
      this.#growSlice(group)
    }
    const base = this.#starts[group]!
    this.#arena.words.copyWithin(base + place + 1, base + place, base + length)
    this.#arena.words[base + place] = entry
    this.#lengths[group] = length + 1
  }

  /** A large group's blocks are [length, entry, entry …] arrays of BLOCK_ENTRIES + 1 words, none empty. */
  #updateBlocks(group: number, blocks: Int32Array[], column: Column, row: number, weight: number): void {
    const blockIndex = this.#findBlock(blocks, column, row)
    const block = blocks[blockIndex]!
    const at = this.#search(block, 1, block[0]!, column, row)
    if (at < 0) {
      this.#insertInBlocks(blocks, column, row, this.#newEntry(column, row, weight))
      return
    }
    this.#changeCount(block[1 + at]!, weight, () => {
      block.copyWithin(1 + at, 2 + at, 1 + block[0]!)
      block[0]!--
      if (block[0] !== 0) return
      blocks.splice(blockIndex, 1)
      if (blocks.length === 0) this.#large.delete(group)
    })
  }

  #insertInBlocks(blocks: Int32Array[], column: Column, row: number, entry: number): void {
    let blockIndex = this.#findBlock(blocks, column, row)
    let block = blocks[blockIndex]!
    if (block[0] === BLOCK_ENTRIES) {
      const half = BLOCK_ENTRIES >> 1
      const upper = new Int32Array(BLOCK_ENTRIES + 1)
      upper.set(block.subarray(1 + half, 1 + BLOCK_ENTRIES), 1)
      upper[0] = BLOCK_ENTRIES - half
      block[0] = half
      blocks.splice(blockIndex + 1, 0, upper)
      blockIndex = this.#findBlock(blocks, column, row)
      block = blocks[blockIndex]!
    }
    const place = -this.#search(block, 1, block[0]!, column, row) - 1
    block.copyWithin(2 + place, 1 + place, 1 + block[0]!)
    block[1 + place] = entry
    block[0]!++
  }

  /** The last block whose first value is not after the row's; the first block when there is none. */
  #findBlock(blocks: readonly Int32Array[], column: Column, row: number): number {
    let low = 0
    let high = blocks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#compare(this.#values.column, blocks[middle]![1]!, column, row) <= 0) low = middle
      else high = middle - 1
    }
    return low
  }

  /**
   * Position of the row's value among words[start .. start + length), or -(its place) - 1 when it is not
   * there.
   */
  #search(words: Int32Array, start: number, length: number, column: Column, row: number): number {
    const values = this.#values.column
    const compare = this.#compare
    let low = 0
    let high = length
    while (low < high) {
      const middle = (low + high) >> 1
      const order = compare(values, words[start + middle]!, column, row)
      if (order === 0) return middle
      if (order < 0) low = middle + 1
      else high = middle
    }
    return -low - 1
  }

  #changeCount(entry: number, weight: number, remove: () => void): void {
    this.#counts[entry]! += weight
    if (this.#counts[entry] !== 0) return
    remove()
    this.#freeEntry(entry)
  }

  #moveToBlocks(group: number): void {
    const start = this.#starts[group]!
    const block = new Int32Array(BLOCK_ENTRIES + 1)
    block[0] = this.#lengths[group]!
    block.set(this.#arena.words.subarray(start, start + block[0]), 1)
    this.#large.set(group, [block])
    this.#arena.free(start, this.#sizes[group]!)
    this.#lengths[group] = 0
    this.#sizes[group] = 0
  }

  #growSlice(group: number): void {
    const size = this.#sizes[group]!
    const grown = size === 0 ? FIRST_SLICE : size * 2
    const start = this.#arena.allocate(grown)
    if (size > 0) {
      const old = this.#starts[group]!
      this.#arena.words.copyWithin(start, old, old + this.#lengths[group]!)
      this.#arena.free(old, size)
    }
    this.#starts[group] = start
    this.#sizes[group] = grown
  }

  /**
   * First or last entry with a positive count. A count is negative only while an insertion is still to
   * come.
   */
  #extreme(group: number, greatest: boolean): number {
    if (group >= this.#starts.length) return NO_ENTRY
    const blocks = this.#large.get(group)
    if (blocks === undefined) {
      return this.#extremeOf(this.#arena.words, this.#starts[group]!, this.#lengths[group]!, greatest)
    }
    for (let index = 0; index < blocks.length; index++) {
      const block = greatest ? blocks[blocks.length - 1 - index]! : blocks[index]!
      const entry = this.#extremeOf(block, 1, block[0]!, greatest)
      if (entry !== NO_ENTRY) return entry
    }
    return NO_ENTRY
  }

  #extremeOf(words: Int32Array, start: number, length: number, greatest: boolean): number {
    for (let index = 0; index < length; index++) {
      const entry = words[start + (greatest ? length - 1 - index : index)]!
      if (this.#counts[entry]! > 0) return entry
    }
    return NO_ENTRY
  }

  #forEachEntry(group: number, visit: (entry: number) => void): void {
    const start = this.#starts[group]!
    for (let index = 0; index < this.#lengths[group]!; index++) visit(this.#arena.words[start + index]!)
    for (const block of this.#large.get(group) ?? []) {
      for (let index = 1; index <= block[0]!; index++) visit(block[index]!)
    }
  }

  #newEntry(column: Column, row: number, weight: number): number {
    const entry = this.#ids.next()
    if (entry >= this.#counts.length) {
      const counts = new Int32Array(grownCapacity(this.#counts.length, entry + 1))
      counts.set(this.#counts)
      this.#counts = counts
      this.#values.reserve(counts.length)
    }
    this.#scratchRow[0] = row
    this.#scratchTarget[0] = entry
    this.#values.write(column, this.#scratchRow, this.#scratchTarget, 1)
    this.#counts[entry] = weight
    return entry
  }

  #freeEntry(entry: number): void {
    this.#scratchTarget[0] = entry
    this.#values.release(this.#scratchTarget, 1)
    this.#ids.release(entry)
  }

  #reserveGroup(group: number): void {
    if (group < this.#starts.length) return
    const capacity = grownCapacity(this.#starts.length, group + 1)
    this.#starts = copyInto(new Int32Array(capacity), this.#starts)
    this.#lengths = copyInto(new Int32Array(capacity), this.#lengths)
    this.#sizes = copyInto(new Int32Array(capacity), this.#sizes)
  }
}

function copyInto(target: Int32Array<ArrayBuffer>, source: Int32Array): Int32Array<ArrayBuffer> {
  target.set(source)
  return target
}

/** The values of the entries, NULL for NO_ENTRY. */
function gatherOrNull(column: Column, entries: Int32Array, count: number): Column {
  if (!entries.includes(NO_ENTRY)) return gatherColumn(column, entries, count)
  const validity = new Uint8Array((count + 7) >> 3)
  for (let index = 0; index < count; index++) {
    if (entries[index] === NO_ENTRY) entries[index] = 0
    else validity[index >> 3]! |= 1 << (index & 7)
  }
  if (column.length === 0) column = emptyRow(column)
  return { ...gatherColumn(column, entries, count), validity }
}

/** The column with one slot, to be shown as NULL. */
function emptyRow(column: Column): Column {
  const stored = createStoredColumn(column.type)
  stored.reserve(1)
  return stored.column
}

/** Slices of power-of-two sizes in one growing Int32Array, with a free list per size. */
class SliceArena {
  words = new Int32Array(1024)
  #used = 0
  readonly #free = new Map<number, number[]>()

  get byteLength(): number {
    return this.words.byteLength
  }

  allocate(size: number): number {
    const reused = this.#free.get(size)?.pop()
    if (reused !== undefined) return reused
    const start = this.#used
    this.#used += size
    if (this.#used > this.words.length) {
      this.words = copyInto(new Int32Array(grownCapacity(this.words.length, this.#used)), this.words)
    }
    return start
  }

  free(start: number, size: number): void {
    const list = this.#free.get(size)
    if (list === undefined) this.#free.set(size, [start])
    else list.push(start)
  }
}
