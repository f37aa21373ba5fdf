/**
 * int64 columns as pairs of 32-bit words: reading a BigInt allocates, and nearly every value is one that a
 * double holds exactly.
 */

const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1
/** Index of the high and the low word of a value's pair. */
export const HIGH = isLittleEndian ? 1 : 0
export const LOW = 1 - HIGH

const WORD = 4_294_967_296
/** High words between these bounds are those of integers that doubles hold exactly. */
const SAFE_HIGH = 0x1fffff

/** Two words a value. */
export function wordsOf(values: BigInt64Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length * 2)
}

/** The value at `row`; NaN when a double does not hold it. */
export function safeInt64(words: Int32Array, row: number): number {
  const high = words[row * 2 + HIGH]!
  if (high > SAFE_HIGH || high < -SAFE_HIGH) return Number.NaN
  return high * WORD + (words[row * 2 + LOW]! >>> 0)
}

/** Writes an integer within ±2^53 as eight bytes, big-endian. */
export function setSafeInt64(view: DataView, position: number, value: number): void {
  view.setInt32(position, Math.floor(value / WORD))
  view.setInt32(position + 4, value | 0)
}
