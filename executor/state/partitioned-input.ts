/**
 * Input of a grouping that has outgrown the CPU's caches: rows are held back until the epoch ends or there
 * are many, then handed on ordered by a part of their key's hash, so that each run of rows touches a small
 * part of the state. Every row then costs sequential copying instead of several misses of cache and TLB;
 * rows of one key keep their order.
 *
 * Rows are reordered in blocks that fit the L2 cache; a partition is a slice of every block. Guarded by
 * test/bench/hash-aggregate.bench.ts, 1 M groups.
 */

import type { Column, FixedColumn } from '../batch/column.ts'
import { concatBatches } from '../batch/concat.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import { gatherBatch, sliceBatch } from '../batch/gather.ts'
import { allocateFixed, scatterLoops } from '../batch/layout-loops.ts'
import { hashRows } from '../batch/row-hash.ts'
import type { AggregateInput } from './aggregate-state.ts'
import { grownCapacity } from './stored-column.ts'

/** A power of two; a 64th of 100 MB of state fits the L2 cache. */
const PARTITIONS = 64
/** Rows that are reordered together. */
const BLOCK_ROWS = 1 << 17
/** With fewer rows than this reordering does not pay. */
const REORDERED_ROWS_MIN = 1 << 14
/** Rows of one visit at least, where partitions are smaller: several go together. */
const VISIT_ROWS_MIN = 1 << 10
/** Held back at most. */
const HELD_BYTES_MAX = 1 << 26

export type VisitInput = (
  keys: readonly Column[],
  inputs: readonly AggregateInput[],
  weights: Int32Array | undefined,
  count: number,
) => void

/** Reordered rows: those of partition p are [starts[p], starts[p + 1]). */
interface Block {
  readonly batch: DeltaBatch
  readonly starts: Int32Array
}

export class PartitionedInput {
  /** Rows that do not fill a block yet. */
  #loose: DeltaBatch[] = []
  #looseRows = 0
  #blocks: Block[] = []
  /**
   * Where keys, then arguments and filters (-1 = none) are among a held batch's columns; equal for all that
   * are held.
   */
  #places: number[] = []
  /** The inputs whose columns were held last: how many arguments each has. */
  #inputs: readonly AggregateInput[] = []
  #keys = 0
  #rowBytes = 0
  #hashes = new Int32Array(0)
  rows = 0

  get isFull(): boolean {
    return this.rows * this.#rowBytes >= HELD_BYTES_MAX
  }

  /**
   * Holds rows back. The columns may be read until the next drain. False when it has to be drained first.
   */
  hold(
    keys: readonly Column[],
    inputs: readonly AggregateInput[],
    weights: Int32Array | undefined,
    count: number,
  ): boolean {
    const columns: Column[] = []
    const places: number[] = []
    const place = (column: Column | undefined): void => {
      const known = column === undefined ? -1 : columns.indexOf(column)
      places.push(column === undefined || known >= 0 ? known : columns.push(column) - 1)
    }
    for (const key of keys) place(key)
    for (const { args, filter } of inputs) {
      for (const arg of args) place(arg)
      place(filter)
    }
    if (this.rows > 0 && places.some((column, index) => column !== this.#places[index])) return false
    this.#places = places
    this.#inputs = inputs
    this.#keys = keys.length
    this.#rowBytes = columns.length * 8 + (weights === undefined ? 0 : 4)
    this.#loose.push({ columns, length: count, weights })
    this.#looseRows += count
    this.rows += count
    if (this.#looseRows > this.#hashes.length)
      this.#hashes = new Int32Array(grownCapacity(0, this.#looseRows * 2))
    if (this.#looseRows >= BLOCK_ROWS) this.#reorder()
    return true
  }

  /** Hands on everything that was held, a step at a time; no row may come before the last one. */
  *drain(visit: VisitInput): Generator<void> {
    if (this.rows < REORDERED_ROWS_MIN) for (const batch of this.#loose) this.#visit(batch, visit)
    else {
      if (this.#looseRows > 0) this.#reorder()
      yield* this.#visitBlocks(visit)
    }
    this.#loose = []
    this.#looseRows = 0
    this.#blocks = []
    this.rows = 0
  }

  *#visitBlocks(visit: VisitInput): Generator<void> {
    let step = 1
    while (step < PARTITIONS && (BLOCK_ROWS * step) / PARTITIONS < VISIT_ROWS_MIN) step *= 2
    for (let partition = 0; partition < PARTITIONS; partition += step) {
      for (const { batch, starts } of this.#blocks) {
        const [start, end] = [starts[partition]!, starts[partition + step]!]
        if (end > start) this.#visit(sliceBatch(batch, start, end), visit)
      }
      yield
    }
  }

  #reorder(): void {
    const keys = this.#places.slice(0, this.#keys)
    this.#blocks.push(reordered(this.#loose, this.#looseRows, keys, this.#hashes))
    this.#loose = []
    this.#looseRows = 0
  }

  #visit({ columns, length, weights }: DeltaBatch, visit: VisitInput): void {
    const placed = this.#places.map(place => columns[place])
    let next = this.#keys
    const inputs = this.#inputs.map(({ args }): AggregateInput => {
      const first = next
      next += args.length + 1
      return { args: placed.slice(first, next - 1) as Column[], filter: placed[next - 1] }
    })
    visit(placed.slice(0, this.#keys) as Column[], inputs, weights, length)
  }
}

/** Counting sort by the low bits of the hash, which also choose the segment of a SlotTable. */
function reordered(
  batches: readonly DeltaBatch[],
  length: number,
  keys: readonly number[],
  hashes: Int32Array,
): Block {
  let done = 0
  for (const batch of batches) {
    const columns = keys.map(key => batch.columns[key]!)
    hashRows(columns, undefined, batch.length, hashes.subarray(done, done + batch.length))
    done += batch.length
  }
  const starts = new Int32Array(PARTITIONS + 1)
  for (let row = 0; row < length; row++) starts[(hashes[row]! & (PARTITIONS - 1)) + 1]!++
  for (let partition = 0; partition < PARTITIONS; partition++) starts[partition + 1]! += starts[partition]!
  const next = starts.slice()
  // From here on `hashes` holds where each row goes.
  for (let row = 0; row < length; row++) hashes[row] = next[hashes[row]! & (PARTITIONS - 1)]!++
  const batch = batches.every(isPlain)
    ? scatterPlain(batches, length, hashes)
    : scatterAny(concatBatches(batches), length, hashes)
  return { batch, starts }
}

/** Fixed-width columns without NULL, which can be moved without putting the batches together first. */
function isPlain(batch: DeltaBatch): boolean {
  return batch.columns.every(
    column => column.layout !== 'bytes' && column.layout !== 'numeric' && column.validity === undefined,
  )
}

function scatterPlain(batches: readonly DeltaBatch[], length: number, targets: Int32Array): DeltaBatch {
  const first = batches[0]!
  const columns = first.columns.map((column, index): FixedColumn => {
    const { layout, type } = column as FixedColumn
    const values = allocateFixed(layout, length)
    let done = 0
    for (const batch of batches) {
      const source = (batch.columns[index] as FixedColumn).values
      scatterLoops[layout](source, undefined, batch.length, values, targets.subarray(done))
      done += batch.length
    }
    return { type, layout, length, validity: undefined, values } as FixedColumn
  })
  if (batches.every(batch => batch.weights === undefined)) return { columns, length, weights: undefined }
  const weights = new Int32Array(length).fill(1)
  let done = 0
  for (const batch of batches) {
    if (batch.weights !== undefined) {
      scatterLoops.int32(batch.weights, undefined, batch.length, weights, targets.subarray(done))
    }
    done += batch.length
  }
  return { columns, length, weights }
}

function scatterAny(batch: DeltaBatch, length: number, targets: Int32Array): DeltaBatch {
  const rows = new Int32Array(length)
  for (let row = 0; row < length; row++) rows[targets[row]!] = row
  return gatherBatch(batch, rows, length)
}
