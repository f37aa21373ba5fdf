/**
 * Consolidation of a delta batch: identical rows become one with the sum of their weights, and rows whose
 * weights sum to zero disappear. By hashing into a scratch table (15 ns a row where sorting takes 27 to
 * 270). Rows keep the order of their first occurrence.
 */

import { compileFunction } from '../expression/codegen.ts'
import type { Column } from './column.ts'
import type { DeltaBatch } from './delta-batch.ts'
import { gatherColumns } from './gather.ts'
import type { KeyLibrary } from './key-library.ts'
import { keyLibrary } from './key-library.ts'
import { hasNulls, keySource } from './row-hash.ts'

/**
 * The same change in fewest rows. A batch without retractions comes back as it is, duplicates included.
 * `key`: columns that few different rows have in common, if such are known: only they are hashed.
 */
export function consolidate(batch: DeltaBatch, key?: readonly number[] | undefined): DeltaBatch {
  const { columns, length, weights } = batch
  if (weights === undefined || !hasRetraction(weights, length)) return batch
  const sums = weights.slice(0, length)
  const hashed = key === undefined || key.length === 0 ? columns : key.map(column => columns[column]!)
  sumEqualRows(columns, hashed, length, sums)
  const rows = new Int32Array(length)
  let count = 0
  let plain = true
  for (let row = 0; row < length; row++) {
    const weight = sums[row]!
    if (weight === 0) continue
    if (weight !== 1) plain = false
    sums[count] = weight
    rows[count++] = row
  }
  const kept = plain ? undefined : sums.subarray(0, count)
  if (count === length) return { columns, length, weights: kept }
  return { columns: gatherColumns(columns, rows, count), length: count, weights: kept }
}

function hasRetraction(weights: Int32Array, length: number): boolean {
  for (let row = 0; row < length; row++) if (weights[row]! < 0) return true
  return false
}

type SumKernel = (
  lib: KeyLibrary,
  columns: readonly Column[],
  hashed: readonly Column[],
  length: number,
  sums: Int32Array,
  hashes: Int32Array,
  slots: Int32Array,
) => void

/** Adds the weight of each row to that of the first row equal to it, and zeroes its own. */
function sumEqualRows(
  columns: readonly Column[],
  hashed: readonly Column[],
  length: number,
  sums: Int32Array,
): void {
  const sourceOf = (some: readonly Column[]) =>
    keySource(
      some.map(column => column.type),
      'identical',
    )
  const rows = sourceOf(columns)
  const keys = sourceOf(hashed)
  const kernel = compileFunction<SumKernel>(
    ['lib', 'columns', 'hashed', 'length', 'sums', 'hashes', 'slots'],
    `
${rows.declare('columns', 'a')}
${keys.declare('hashed', 'b')}
const mask = slots.length - 1
for (let row = 0; row < length; row++) {
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
  kernel(keyLibrary, columns, hashed, length, sums, new Int32Array(length), slots)
}
