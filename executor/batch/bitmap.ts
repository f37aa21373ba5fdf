/** Validity bitmaps: Arrow's layout, bit `row & 7` of byte `row >> 3` is 1 where the row is not NULL. */

import { bitmapBytes } from './column.ts'

/** A bitmap of `length` rows without NULLs; bits past the end are set too. */
export function filledBitmap(length: number): Uint8Array {
  return new Uint8Array(bitmapBytes(length)).fill(0xff)
}

/** True when the row's bit is set. */
export function bitAt(bitmap: Uint8Array, row: number): boolean {
  return (bitmap[row >> 3]! & (1 << (row & 7))) !== 0
}

/** Sets or clears one row's bit. */
export function setBit(bitmap: Uint8Array, row: number, valid: boolean): void {
  const bit = 1 << (row & 7)
  if (valid) bitmap[row >> 3]! |= bit
  else bitmap[row >> 3]! &= ~bit
}

/** The bits of `rows`, in their order; undefined when none of them is NULL. */
export function gatherBitmap(
  bitmap: Uint8Array | undefined,
  rows: Int32Array,
  count: number,
): Uint8Array | undefined {
  if (bitmap === undefined) return undefined
  const gathered = new Uint8Array(bitmapBytes(count))
  let nulls = 0
  for (let index = 0; index < count; index++) {
    const row = rows[index]!
    const bit = (bitmap[row >> 3]! >> (row & 7)) & 1
    gathered[index >> 3]! |= bit << (index & 7)
    nulls += 1 - bit
  }
  return nulls === 0 ? undefined : gathered
}

/** Copies `count` bits from `source` (undefined = all set) at `sourceStart` to `target` at `targetStart`. */
export function copyBits(
  source: Uint8Array | undefined,
  sourceStart: number,
  target: Uint8Array,
  targetStart: number,
  count: number,
): void {
  if (source !== undefined && ((sourceStart | targetStart) & 7) === 0) {
    const whole = count >> 3
    target.set(source.subarray(sourceStart >> 3, (sourceStart >> 3) + whole), targetStart >> 3)
    for (let index = whole << 3; index < count; index++) {
      setBit(target, targetStart + index, bitAt(source, sourceStart + index))
    }
    return
  }
  for (let index = 0; index < count; index++) {
    setBit(target, targetStart + index, source === undefined || bitAt(source, sourceStart + index))
  }
}
