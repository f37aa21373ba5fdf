/** What generated kernels call besides functions' bodies. */

import { filledBitmap } from '../batch/bitmap.ts'
import { bitmapBytes } from '../batch/column.ts'
import type { RuntimeValue } from '../batch/runtime-value.ts'
import type { PartFunction } from './parts.ts'

let bitmap = filledBitmap(8192)

/**
 * A shared bitmap of at least `rows` rows, all set: stands in where a general kernel gets a column without
 * NULLs.
 */
export function allValid(rows: number): Uint8Array {
  if (bitmap.length < bitmapBytes(rows)) bitmap = filledBitmap(rows * 2)
  return bitmap
}

/** What the first group of a CASE with a branch that matches gives; undefined where none matches. */
export function firstMatch(groups: readonly PartFunction[], row: number): RuntimeValue | undefined {
  for (const group of groups) {
    const value = group(row)
    if (value !== undefined) return value
  }
  return undefined
}
