/**
 * Consolidation of a delta batch: identical rows become one with the sum of their weights, and rows whose
 * weights sum to zero disappear. By hashing into a scratch table (15 ns a row where sorting takes 27 to
 * 270). Rows keep the order of their first occurrence.
 */

import { compileFunction } from '../expression/codegen.ts'
import type { Column } from './column.ts'
import { BATCH_ROWS, type DeltaBatch } from './delta-batch.ts'
import { gatherColumns } from './gather.ts'
import type { KeyLibrary } from './key-library.ts'
import { keyLibrary } from './key-library.ts'
import { hasNulls, keySource } from './row-hash.ts'

/**
 * The same change in fewest rows. A batch without retractions comes back as it is, duplicates included.
 * `key`: columns that few different rows have in common, if such are known: only they are hashed.
 */
export function consolidate(batch: DeltaBatch, key?: readonly number[] | undefined): DeltaBatch {
  const { length, weights } = batch
  if (weights === undefined || !hasRetraction(weights, length)) return batch
  const { sum, sums } = rowSums(batch, weights, key)
  sum(0, length)
  return keptRows(batch, sums, 0, length)
}

/** As consolidate, of any number of rows: a step at a time, into batches of ordinary size. */
export function* consolidateInPieces(
  batch: DeltaBatch,
  key: readonly number[] | undefined,
): Generator<void, readonly DeltaBatch[]> {
  const { length, weights } = batch
  if (weights === undefined || !hasRetraction(weights, length)) return [batch]
  const { sum, sums } = rowSums(batch, weights, key)
  for (let start = 0; start < length; start += BATCH_ROWS) {
    sum(start, Math.min(start + BATCH_ROWS, length))
    yield
  }
  const pieces: DeltaBatch[] = []
  for (let start = 0; start < length; start += BATCH_ROWS) {
    const piece = keptRows(batch, sums, start, Math.min(start + BATCH_ROWS, length))
    if (piece.length > 0) pieces.push(piece)
    yield
  }
  return pieces
}

/** Rows [from, to) with the weights that are left of them. */
function keptRows(batch: DeltaBatch, sums: Int32Array, from: number, to: number): DeltaBatch {
  const rows = new Int32Array(to - from)
  const weights = new Int32Array(to - from)
  let count = 0
  let plain = true
  for (let row = from; row < to; row++) {
    const weight = sums[row]!
    if (weight === 0) continue
    if (weight !== 1) plain = false
    weights[count] = weight
    rows[count++] = row
  }
  const kept = plain ? undefined : weights.subarray(0, count)
  if (count === batch.length) return { columns: batch.columns, length: count, weights: kept }
  return { columns: gatherColumns(batch.columns, rows, count), length: count, weights: kept }
}

function hasRetraction(weights: Int32Array, length: number): boolean {
  for (let row = 0; row < length; row++) if (weights[row]! < 0) return true
  return false
}

type SumKernel = (
  lib: KeyLibrary,
  columns: readonly Column[],
  hashed: readonly Column[],
  from: number,
  to: number,
  sums: Int32Array,
  hashes: Int32Array,
  slots: Int32Array,
) => void

interface RowSums {
  /** Adds the weight of each row of [from, to) to that of the first row equal to it, and zeroes its own. */
  readonly sum: (from: number, to: number) => void
  /** The weights, after all rows up to the last were summed in their order. */
  readonly sums: Int32Array
}

function rowSums(
  { columns, length }: DeltaBatch,
  weights: Int32Array,
  key: readonly number[] | undefined,
): RowSums {
  const hashed = key === undefined || key.length === 0 ? columns : key.map(column => columns[column]!)
  const sourceOf = (some: readonly Column[]) =>
    keySource(
      some.map(column => column.type),
      'identical',
    )
  const rows = sourceOf(columns)
  const keys = sourceOf(hashed)
  const kernel = compileFunction<SumKernel>(
    ['lib', 'columns', 'hashed', 'from', 'to', 'sums', 'hashes', 'slots'],
    `
${rows.declare('columns', 'a')}
${keys.declare('hashed', 'b')}
const mask = slots.length - 1
for (let row = from; row < to; row++) {
  let ${keys.hash('b', 'row', hasNulls(hashed))}
  hashes[row] = hash
  for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
    const first = slots[slot] - 1
    if (first < 0) { slots[slot] = row + 1; break }
    if (hashes[first] === hash && ${rows.equal('a', 'row', 'a', 'first', hasNulls(columns))}) {
      sums[first] += sums[row]
      sums[row] = 0
      break
    }
  }
}`,
  )
  const slots = new Int32Array(2 ** (32 - Math.clz32(length * 2)))
  const sums = weights.slice(0, length)
  const hashes = new Int32Array(length)
  return { sums, sum: (from, to) => kernel(keyLibrary, columns, hashed, from, to, sums, hashes, slots) }
}
