/**
 * Rows with multiple versions: every row has the epoch it was born in and the epoch it died in, and is
 * visible at the epochs in between (born <= epoch < died). A reader pins an epoch and sees it unchanged for
 * as long as it likes, while later epochs write.
 *
 * Rows stand in chunks of 8192, column by column; a row's id is chunk << 13 | slot. A slot is used again
 * once its row is dead at every epoch that is pinned or may still be. Cursors copy fixed-width values and
 * text positions out of a chunk, so reuse never changes a batch; text bytes are shared, which is safe
 * because arenas are append-only.
 */

import { assert, must } from '../../planner/assert.ts'
import type { DataType } from '../../planner/types.ts'
import { int8Type } from '../../planner/types.ts'
import type { Column, Int64Column } from '../batch/column.ts'
import { concatColumns } from '../batch/concat.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import { gatherColumn } from '../batch/gather.ts'
import type { Epoch } from '../operators/operator.ts'
import type { StoredColumn } from './stored-column.ts'
import { createStoredColumn } from './stored-column.ts'

/** Rows of a chunk; ids are chunk << CHUNK_SHIFT | slot. */
export const CHUNK_SHIFT = 13
export const CHUNK_ROWS = 1 << CHUNK_SHIFT
const SLOT_MASK = CHUNK_ROWS - 1
const FIRST_CAPACITY = 256
/** Rows that one call of reclaim frees, about. */
const RECLAIMED_ROWS = 4 * CHUNK_ROWS
/** died of a live row. */
const ALIVE = Infinity

/** Pull-based reading of one epoch; the epoch stays pinned until close. */
export interface RowCursor {
  /** The next rows, at most 8192, insert-only; undefined at the end. */
  next(): DeltaBatch | undefined
  /** Releases the epoch. Idempotent. */
  close(): void
}

/** Up to 8192 rows. Arrays grow to that from small, so that small tables stay small. */
class Chunk {
  readonly stored: readonly StoredColumn[]
  born = new Float64Array(FIRST_CAPACITY)
  died = new Float64Array(FIRST_CAPACITY)
  /** Slots ever used; those below may be free again. */
  used = 0
  /** Rows that are not free. */
  occupied = 0

  constructor(types: readonly DataType[]) {
    this.stored = types.map(createStoredColumn)
    for (const column of this.stored) column.reserve(FIRST_CAPACITY)
  }

  reserve(slots: number): void {
    if (slots <= this.born.length) return
    const capacity = Math.min(CHUNK_ROWS, Math.max(slots, this.born.length * 2))
    this.born = grown(this.born, capacity)
    this.died = grown(this.died, capacity)
    for (const column of this.stored) column.reserve(capacity)
  }
}

export class RowStore {
  readonly types: readonly DataType[]
  readonly #chunks: Chunk[] = []
  /** Free slots by chunk, to be used again before new ones. */
  #free: number[] = []
  /** Dead rows whose slots may not be used yet, oldest first. */
  #dead: { readonly ids: Int32Array; readonly died: Epoch }[] = []
  readonly #pins = new Map<Epoch, number>()
  #rowCount = 0

  constructor(types: readonly DataType[]) {
    this.types = types
  }

  /** Live rows. */
  get rowCount(): number {
    return this.#rowCount
  }

  /** Every row id is below this. */
  get idEnd(): number {
    return this.#chunks.length << CHUNK_SHIFT
  }

  get byteLength(): number {
    let bytes = this.#free.length * 8
    for (const chunk of this.#chunks) {
      bytes += chunk.born.byteLength * 2
      for (const column of chunk.stored) bytes += column.byteLength
    }
    return bytes
  }

  /**
   * Inserts the rows `rows[0 .. count)` of the columns (rows 0 .. count without `rows`), visible from
   * `epoch` on. Writes their ids to ids[0 .. count).
   */
  insert(
    columns: readonly Column[],
    rows: Int32Array | undefined,
    count: number,
    epoch: Epoch,
    ids: Int32Array,
  ): void {
    for (let done = 0; done < count; ) {
      done += this.#reuse(columns, rows, done, count, epoch, ids)
      if (done < count) done += this.#append(columns, rows, done, count, epoch, ids)
    }
    this.#rowCount += count
  }

  /** Ends the life of live rows: they are visible before `epoch` only. */
  delete(ids: Int32Array, count: number, epoch: Epoch): void {
    if (count === 0) return
    for (let index = 0; index < count; index++) {
      const chunk = this.#chunkOf(ids[index]!)
      const slot = ids[index]! & SLOT_MASK
      assert(chunk.died[slot] === ALIVE, 'only a live row is deleted')
      chunk.died[slot] = epoch
    }
    this.#dead.push({ ids: ids.slice(0, count), died: epoch })
    this.#rowCount -= count
  }

  /** Takes back inserts of the current epoch, before anyone can have seen it. */
  undoInsert(ids: Int32Array, count: number): void {
    for (let index = 0; index < count; index++) this.#chunkOf(ids[index]!).died[ids[index]! & SLOT_MASK] = 0
    if (count > 0) this.#dead.unshift({ ids: ids.slice(0, count), died: 0 })
    this.#rowCount -= count
  }

  /** Takes back the newest `delete`, of the current epoch, after every later insert was taken back. */
  undoDelete(): void {
    const { ids } = must(this.#dead.pop(), 'an undone delete was done')
    for (const id of ids) this.#chunkOf(id).died[id & SLOT_MASK] = ALIVE
    this.#rowCount += ids.length
  }

  isLive(id: number): boolean {
    return id >= 0 && id < this.idEnd && this.#chunkOf(id).died[id & SLOT_MASK] === ALIVE
  }

  isVisible(id: number, epoch: Epoch): boolean {
    const chunk = this.#chunkOf(id)
    const slot = id & SLOT_MASK
    return chunk.born[slot]! <= epoch && epoch < chunk.died[slot]!
  }

  /**
   * The given columns of the chunk that holds the row, where its position is `slotOf(id)`: for comparing in
   * place. To be read at once, any write may replace them.
   */
  columnsOf(id: number, columns: readonly number[]): readonly Column[] {
    const { stored } = this.#chunkOf(id)
    return columns.map(column => stored[column]!.column)
  }

  slotOf(id: number): number {
    return id & SLOT_MASK
  }

  /**
   * The rows with these ids, in this order, of the given columns (all without). Rows may be dead but not
   * free.
   */
  gather(ids: Int32Array, count: number, columns?: readonly number[]): Column[] {
    const wanted = columns ?? this.types.map((_, index) => index)
    const slots = new Int32Array(count)
    const parts: Column[][] = wanted.map(() => [])
    for (let start = 0; start < count; ) {
      const chunkIndex = ids[start]! >> CHUNK_SHIFT
      let end = start
      while (end < count && ids[end]! >> CHUNK_SHIFT === chunkIndex) slots[end] = ids[end++]! & SLOT_MASK
      const { stored } = must(this.#chunks[chunkIndex], 'row ids name existing chunks')
      for (const [index, column] of wanted.entries()) {
        parts[index]!.push(gatherColumn(stored[column]!.column, slots.subarray(start, end), end - start))
      }
      start = end
    }
    if (count === 0) return wanted.map(column => createStoredColumn(this.types[column]!).column)
    return parts.map(concatColumns)
  }

  /**
   * The public id (int8) of each row: unique over the life of the store, also when the slot is used again,
   * so that a stale id is detected by `resolve`.
   */
  publicIds(ids: Int32Array, count: number): Int64Column {
    const values = new BigInt64Array(count)
    for (let index = 0; index < count; index++) {
      const id = ids[index]!
      values[index] = (BigInt(this.#chunkOf(id).born[id & SLOT_MASK]!) << 31n) | BigInt(id)
    }
    return { type: int8Type, layout: 'int64', length: count, validity: undefined, values }
  }

  /** The row id behind a public id, or -1 when that row is no longer live. */
  resolve(publicId: bigint): number {
    const id = this.heldId(publicId)
    return this.isLive(id) ? id : -1
  }

  /** The row id behind a public id, live or not, or -1 when its values are gone. */
  heldId(publicId: bigint): number {
    const id = Number(publicId & 0x7fffffffn)
    if (publicId < 0n || id >= this.idEnd) return -1
    return this.#chunkOf(id).born[id & SLOT_MASK] === bornOf(publicId) ? id : -1
  }

  /**
   * Reads the rows visible at `epoch`, which must be pinned or current; `rowId` appends their public ids.
   */
  scan(epoch: Epoch, columns: readonly number[], rowId = false): RowCursor {
    this.pin(epoch)
    let chunkIndex = 0
    let open = true
    // Chunks made later only hold rows born later.
    const chunkEnd = this.#chunks.length
    return {
      next: () => {
        while (open && chunkIndex < chunkEnd && chunkIndex < this.#chunks.length) {
          const batch = this.#readChunk(chunkIndex++, epoch, columns, rowId)
          if (batch !== undefined) return batch
        }
        return undefined
      },
      close: () => {
        if (open) this.unpin(epoch)
        open = false
      },
    }
  }

  /**
   * Reads the net change from `since`, which must be pinned by the caller, to `until`: rows that died with
   * weight -1, rows that were born with +1.
   */
  changes(since: Epoch, until: Epoch, columns: readonly number[]): RowCursor {
    this.pin(until)
    let chunkIndex = 0
    let open = true
    return {
      next: () => {
        while (open && chunkIndex < this.#chunks.length) {
          const batch = this.#readChanges(this.#chunks[chunkIndex++]!, since, until, columns)
          if (batch !== undefined) return batch
        }
        return undefined
      },
      close: () => {
        if (open) this.unpin(until)
        open = false
      },
    }
  }

  /** Keeps the rows visible at `epoch` from being replaced. Counted: as many unpins end it. */
  pin(epoch: Epoch): void {
    this.#pins.set(epoch, (this.#pins.get(epoch) ?? 0) + 1)
  }

  unpin(epoch: Epoch): void {
    const count = must(this.#pins.get(epoch), 'an unpinned epoch was pinned')
    if (count === 1) this.#pins.delete(epoch)
    else this.#pins.set(epoch, count - 1)
  }

  /**
   * Frees rows that nobody can see any more. `completed`: no reader will start at an epoch before it.
   * `beforeRelease` gets deleted rows while their values are still there, to take them out of indexes;
   * inserts that were undone are left out. True when there is more to be freed by the next call.
   */
  reclaim(completed: Epoch, beforeRelease?: (ids: Int32Array) => void): boolean {
    let horizon = completed
    for (const epoch of this.#pins.keys()) horizon = Math.min(horizon, epoch)
    let taken = 0
    let rows = 0
    while (rows < RECLAIMED_ROWS && this.#isReclaimable(taken, horizon)) {
      const { ids, died } = this.#dead[taken++]!
      rows += ids.length
      if (died > 0) beforeRelease?.(ids)
      this.#release(ids)
    }
    if (taken > 0) this.#dead = this.#dead.slice(taken)
    return this.#isReclaimable(0, horizon)
  }

  /** Lets go of the last chunks that hold no rows; their ids are given again. */
  shrink(): void {
    const before = this.#chunks.length
    while (this.#chunks.at(-1)?.occupied === 0) this.#chunks.pop()
    if (this.#chunks.length === before) return
    const { idEnd } = this
    this.#free = this.#free.filter(id => id < idEnd)
  }

  #isReclaimable(index: number, horizon: Epoch): boolean {
    return index < this.#dead.length && this.#dead[index]!.died <= horizon
  }

  #release(ids: Int32Array): void {
    const slots = new Int32Array(ids.length)
    for (let start = 0; start < ids.length; ) {
      const chunkIndex = ids[start]! >> CHUNK_SHIFT
      const chunk = this.#chunks[chunkIndex]!
      let count = 0
      while (start < ids.length && ids[start]! >> CHUNK_SHIFT === chunkIndex) {
        slots[count++] = ids[start]! & SLOT_MASK
        chunk.born[ids[start]! & SLOT_MASK] = ALIVE
        this.#free.push(ids[start++]!)
      }
      for (const column of chunk.stored) column.release(slots, count)
      chunk.occupied -= count
    }
  }

  /** Fills free slots of one chunk; returns how many rows found a place. */
  #reuse(
    columns: readonly Column[],
    rows: Int32Array | undefined,
    from: number,
    count: number,
    epoch: Epoch,
    ids: Int32Array,
  ): number {
    const last = this.#free.at(-1)
    if (last === undefined) return 0
    const chunkIndex = last >> CHUNK_SHIFT
    const chunk = this.#chunks[chunkIndex]!
    const slots = new Int32Array(Math.min(count - from, this.#free.length))
    let taken = 0
    while (taken < slots.length && this.#free.at(-1)! >> CHUNK_SHIFT === chunkIndex) {
      const id = this.#free.pop()!
      ids[from + taken] = id
      slots[taken++] = id & SLOT_MASK
    }
    this.#write(chunk, columns, rowsFrom(rows, from, taken), slots, taken, epoch)
    return taken
  }

  /** Fills new slots of the last chunk, or of a new one; returns how many rows found a place. */
  #append(
    columns: readonly Column[],
    rows: Int32Array | undefined,
    from: number,
    count: number,
    epoch: Epoch,
    ids: Int32Array,
  ): number {
    let chunk = this.#chunks.at(-1)
    if (chunk === undefined || chunk.used === CHUNK_ROWS) {
      chunk = new Chunk(this.types)
      this.#chunks.push(chunk)
    }
    const taken = Math.min(count - from, CHUNK_ROWS - chunk.used)
    const firstSlot = chunk.used
    const firstId = ((this.#chunks.length - 1) << CHUNK_SHIFT) | firstSlot
    chunk.reserve(firstSlot + taken)
    const slots = new Int32Array(taken)
    for (let index = 0; index < taken; index++) {
      slots[index] = firstSlot + index
      ids[from + index] = firstId + index
    }
    chunk.used += taken
    this.#write(chunk, columns, rowsFrom(rows, from, taken), slots, taken, epoch)
    return taken
  }

  #write(
    chunk: Chunk,
    columns: readonly Column[],
    rows: Int32Array,
    slots: Int32Array,
    count: number,
    epoch: Epoch,
  ): void {
    for (const [index, stored] of chunk.stored.entries()) {
      stored.write(must(columns[index], 'inserted rows have all columns'), rows, slots, count)
    }
    for (let index = 0; index < count; index++) {
      chunk.born[slots[index]!] = epoch
      chunk.died[slots[index]!] = ALIVE
    }
    chunk.occupied += count
  }

  #readChunk(
    chunkIndex: number,
    epoch: Epoch,
    columns: readonly number[],
    rowId: boolean,
  ): DeltaBatch | undefined {
    const chunk = this.#chunks[chunkIndex]!
    if (chunk.occupied === 0) return undefined
    const rows = new Int32Array(chunk.used)
    const count = visibleRows(chunk.born, chunk.died, chunk.used, epoch, rows)
    if (count === 0) return undefined
    const read = columns.map(column => gatherColumn(chunk.stored[column]!.column, rows, count))
    if (rowId) {
      for (let index = 0; index < count; index++) rows[index]! |= chunkIndex << CHUNK_SHIFT
      read.push(this.publicIds(rows, count))
    }
    return { columns: read, length: count, weights: undefined }
  }

  #readChanges(chunk: Chunk, since: Epoch, until: Epoch, columns: readonly number[]): DeltaBatch | undefined {
    if (chunk.occupied === 0) return undefined
    const rows = new Int32Array(chunk.used)
    const weights = new Int32Array(chunk.used)
    const count = changedRows(chunk.born, chunk.died, chunk.used, since, until, rows, weights)
    if (count === 0) return undefined
    const read = columns.map(column => gatherColumn(chunk.stored[column]!.column, rows, count))
    return { columns: read, length: count, weights: weights.subarray(0, count) }
  }

  #chunkOf(id: number): Chunk {
    return must(this.#chunks[id >> CHUNK_SHIFT], 'row ids name existing chunks')
  }
}

/** The epoch in which the row with this public id was inserted. */
export function bornOf(publicId: bigint): Epoch {
  return Number(publicId >> 31n)
}

function rowsFrom(rows: Int32Array | undefined, from: number, count: number): Int32Array {
  if (rows !== undefined) return rows.subarray(from, from + count)
  const counted = new Int32Array(count)
  for (let index = 0; index < count; index++) counted[index] = from + index
  return counted
}

function visibleRows(
  born: Float64Array,
  died: Float64Array,
  used: number,
  epoch: Epoch,
  rows: Int32Array,
): number {
  let count = 0
  for (let slot = 0; slot < used; slot++)
    if (born[slot]! <= epoch && epoch < died[slot]!) rows[count++] = slot
  return count
}

/** Rows whose visibility differs between the two epochs, and the weights of their change. */
function changedRows(
  born: Float64Array,
  died: Float64Array,
  used: number,
  since: Epoch,
  until: Epoch,
  rows: Int32Array,
  weights: Int32Array,
): number {
  let count = 0
  for (let slot = 0; slot < used; slot++) {
    const wasVisible = born[slot]! <= since && since < died[slot]!
    const isVisible = born[slot]! <= until && until < died[slot]!
    if (wasVisible === isVisible) continue
    weights[count] = isVisible ? 1 : -1
    rows[count++] = slot
  }
  return count
}

function grown(array: Float64Array, capacity: number): Float64Array<ArrayBuffer> {
  const copy = new Float64Array(capacity)
  copy.set(array)
  return copy
}
