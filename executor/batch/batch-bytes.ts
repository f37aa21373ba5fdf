/** What a batch weighs. */

import type { DeltaBatch } from './delta-batch.ts'

/** Bytes that the batch keeps alive, roughly: `bytes` columns count their ranges, not the shared buffer. */
export function batchBytes(batch: DeltaBatch): number {
  let bytes = batch.weights === undefined ? 0 : batch.weights.byteLength
  for (const column of batch.columns) {
    if (column.layout === 'bytes') {
      for (let row = 0; row < batch.length; row++) bytes += column.ends[row]! - column.starts[row]! + 8
    } else bytes += (column.values.byteLength / Math.max(1, column.values.length)) * batch.length
  }
  return bytes
}
