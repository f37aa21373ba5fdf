/**
 * KeyIndex for keys of any types: slots of [hash, id + 1] in a SlotTable, keys in stored columns dense by
 * id. The probe loop is generated with hashing and comparing inlined.
 *
 * A key that is new within the batch stands in its slot as -(row + 1) and is compared with its row of the
 * batch; when the loop is done all new keys are stored column by column and their slots get their ids.
 */

import type { DataType } from '../../planner/types.ts'
import type { Column } from '../batch/column.ts'
import type { KeyLibrary } from '../batch/key-library.ts'
import { keyLibrary } from '../batch/key-library.ts'
import type { Identity, KeySource } from '../batch/row-hash.ts'
import { hashRows, hasNulls, keySource } from '../batch/row-hash.ts'
import { compileFunction } from '../expression/codegen.ts'
import { IdAllocator } from './id-allocator.ts'
import type { KeyIndex } from './key-index.ts'
import { HOME_SHIFT, SEGMENT_KEYS_MAX, SEGMENT_SLOTS, SlotTable } from './slot-table.ts'
import type { StoredColumn } from './stored-column.ts'
import { createStoredColumn, grownCapacity } from './stored-column.ts'

/** Rows handled between two growth checks. */
const STEP_ROWS = 8192
const SEGMENT_WORDS = SEGMENT_SLOTS * 2

/** What a kernel returns besides ids: new keys, in order. */
class Fresh {
  readonly rows = new Int32Array(STEP_ROWS)
  readonly slots = new Int32Array(STEP_ROWS)
  readonly ids = new Int32Array(STEP_ROWS)
  count = 0
}

/** Handles rows [start, end); returns the row at which it stopped: end, or a row whose segment is full. */
type ProbeKernel = (
  lib: KeyLibrary,
  batch: readonly Column[],
  stored: readonly Column[],
  start: number,
  end: number,
  ids: Int32Array,
  table: SlotTable,
  allocator: IdAllocator,
  fresh: Fresh,
) => number

export class RowKeyIndex implements KeyIndex {
  readonly #table = new SlotTable(1, 0, 1)
  readonly #allocator = new IdAllocator()
  readonly #fresh = new Fresh()
  readonly #stored: readonly StoredColumn[]
  readonly #source: KeySource
  /** Compiled loops: without and with NULL checks, each for looking up and for inserting. */
  readonly #kernels: (ProbeKernel | undefined)[] = []
  readonly #identity: Identity
  #columns: readonly Column[]
  #capacity = 0
  #storedNulls = false

  constructor(types: readonly DataType[], identity: Identity) {
    this.#identity = identity
    this.#stored = types.map(createStoredColumn)
    this.#source = keySource(types, identity)
    this.#columns = this.#stored.map(stored => stored.column)
  }

  get size(): number {
    return this.#table.size
  }

  get idEnd(): number {
    return this.#allocator.end
  }

  get columns(): readonly Column[] {
    return this.#columns
  }

  get byteLength(): number {
    return (
      this.#stored.reduce((sum, stored) => sum + stored.byteLength, this.#table.byteLength) +
      this.#allocator.byteLength
    )
  }

  lookupOrInsert(columns: readonly Column[], length: number, ids: Int32Array): number {
    const kernel = this.#kernel(columns, true)
    let inserted = 0
    for (let start = 0; start < length; ) {
      const end = Math.min(start + STEP_ROWS, length)
      this.#fresh.count = 0
      const stopped = kernel(
        keyLibrary,
        columns,
        this.#columns,
        start,
        end,
        ids,
        this.#table,
        this.#allocator,
        this.#fresh,
      )
      inserted += this.#fresh.count
      this.#storeFresh(columns)
      if (stopped < end) this.#table.split(this.#hashAt(columns, stopped))
      start = stopped
    }
    return inserted
  }

  lookup(columns: readonly Column[], length: number, ids: Int32Array): void {
    const kernel = this.#kernel(columns, false)
    kernel(keyLibrary, columns, this.#columns, 0, length, ids, this.#table, this.#allocator, this.#fresh)
  }

  erase(ids: Int32Array, count: number): void {
    const hashes = new Int32Array(count)
    hashRows(this.#columns, ids, count, hashes, this.#identity)
    for (let index = 0; index < count; index++) {
      this.#table.erase(findSlot(this.#table, hashes[index]!, ids[index]! + 1))
      this.#allocator.release(ids[index]!)
    }
    for (const stored of this.#stored) stored.release(ids, count)
    this.#columns = this.#stored.map(stored => stored.column)
  }

  clear(): void {
    const ids = new Int32Array(this.#allocator.end)
    for (let id = 0; id < ids.length; id++) ids[id] = id
    for (const stored of this.#stored) stored.release(ids, ids.length)
    this.#columns = this.#stored.map(stored => stored.column)
    this.#table.clear()
    this.#allocator.clear()
  }

  #kernel(columns: readonly Column[], insert: boolean): ProbeKernel {
    const nulls = this.#storedNulls || hasNulls(columns)
    const variant = (nulls ? 2 : 0) + (insert ? 1 : 0)
    this.#kernels[variant] ??= compileProbe(this.#source, nulls, insert)
    return this.#kernels[variant]
  }

  #hashAt(columns: readonly Column[], row: number): number {
    const hash = new Int32Array(1)
    hashRows(columns, Int32Array.of(row), 1, hash, this.#identity)
    return hash[0]!
  }

  #storeFresh(columns: readonly Column[]): void {
    const { rows, slots, ids, count } = this.#fresh
    if (count === 0) return
    const end = this.#allocator.end
    if (end > this.#capacity) {
      this.#capacity = grownCapacity(this.#capacity, end)
      for (const stored of this.#stored) stored.reserve(this.#capacity)
    }
    for (const [index, stored] of this.#stored.entries()) stored.write(columns[index]!, rows, ids, count)
    const words = this.#table.slots
    for (let index = 0; index < count; index++) words[slots[index]!] = ids[index]! + 1
    this.#table.size += count
    this.#columns = this.#stored.map(stored => stored.column)
    this.#storedNulls ||= hasNulls(this.#columns)
  }
}

/** First word of the slot with this hash and value, which is there. */
function findSlot(table: SlotTable, hash: number, value: number): number {
  const { slots } = table
  const base = table.segmentStart(hash)
  let at = (hash >>> HOME_SHIFT) << 1
  for (let probes = 0; probes < SEGMENT_SLOTS; probes++) {
    if (slots[base + at + 1] === value) return base + at
    at = (at + 2) & (SEGMENT_WORDS - 1)
  }
  throw new Error('assertion failed: an erased key is in the index')
}

function compileProbe(source: KeySource, nulls: boolean, insert: boolean): ProbeKernel {
  const bare = source.hashIsKey && !nulls
  const storedEqual = bare ? 'true' : source.equal('a', 'row', 'b', '(entry - 1)', nulls)
  const batchEqual = bare ? 'true' : source.equal('a', 'row', 'a', '(-entry - 1)', nulls)
  const missing = insert
    ? `
      if (counts[segment] === ${SEGMENT_KEYS_MAX}) break rows
      counts[segment]++
      slots[at] = hash
      slots[at + 1] = -(row + 1)
      const id = freeCount > 0 ? free[--freeCount] : next++
      freshRows[freshCount] = row
      freshSlots[freshCount] = at + 1
      freshIds[freshCount++] = id
      ids[row] = id
      break`
    : `
      break`
  const pending = insert ? `else if (${batchEqual}) { ids[row] = ids[-entry - 1]; break }` : ''
  const parameters = ['lib', 'batch', 'stored', 'start', 'end', 'ids', 'table', 'allocator', 'fresh']
  return compileFunction<ProbeKernel>(
    parameters,
    `
${source.declare('batch', 'a')}
${source.declare('stored', 'b')}
const slots = table.slots, directory = table.directory, mask = directory.length - 1, counts = table.counts
const free = allocator.free, freshRows = fresh.rows, freshSlots = fresh.slots, freshIds = fresh.ids
let next = allocator.end, freeCount = allocator.freeCount, freshCount = 0, row = start
rows: for (; row < end; row++) {
  let ${source.hash('a', 'row', nulls)}
  const segment = directory[hash & mask]
  const base = segment * ${SEGMENT_WORDS}
  let at = base + ((hash >>> ${HOME_SHIFT}) << 1)
  ${insert ? '' : 'ids[row] = -1'}
  for (let probes = 0; probes < ${SEGMENT_SLOTS}; probes++) {
    const entry = slots[at + 1]
    if (entry === 0) {${missing}
    }
    if (slots[at] === hash) {
      if (entry > 0) { if (${storedEqual}) { ids[row] = entry - 1; break } }
      ${pending}
    }
    at = base + ((at - base + 2) & ${SEGMENT_WORDS - 1})
  }
}
allocator.end = next
allocator.freeCount = freeCount
fresh.count = freshCount
return row`,
  )
}
