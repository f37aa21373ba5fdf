/** What generated kernels call besides functions' bodies. */

import { filledBitmap } from '../batch/bitmap.ts'
import { bitmapBytes } from '../batch/column.ts'

let bitmap = filledBitmap(8192)

/**
 * A shared bitmap of at least `rows` rows, all set: stands in where a general kernel gets a column without
 * NULLs.
 */
export function allValid(rows: number): Uint8Array {
  if (bitmap.length < bitmapBytes(rows)) bitmap = filledBitmap(rows * 2)
  return bitmap
}
