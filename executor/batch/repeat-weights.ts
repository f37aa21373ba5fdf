/** Rows of weight n as n rows of weight 1: for consumers that count or order rows. */

import type { DeltaBatch } from './delta-batch.ts'
import { gatherColumns } from './gather.ts'

/** The same rows, each of weight 1; weights must not be negative. The same batch when they all are 1. */
export function repeatWeights(batch: DeltaBatch): DeltaBatch {
  const { weights, length, columns } = batch
  if (weights === undefined) return batch
  let total = 0
  let plain = true
  for (let row = 0; row < length; row++) {
    total += weights[row]!
    if (weights[row] !== 1) plain = false
  }
  if (plain) return { columns, length, weights: undefined }
  const rows = new Int32Array(total)
  let count = 0
  for (let row = 0; row < length; row++) {
    for (let times = weights[row]!; times > 0; times--) rows[count++] = row
  }
  return { columns: gatherColumns(columns, rows, count), length: count, weights: undefined }
}
