/**
 * int64 columns written without BigInt: a BigInt64Array's 32-bit halves through a second view of the same
 * buffer, since making a BigInt per value costs more than parsing it. Platforms that Node.js runs on are
 * little-endian.
 */

/** Exact, and much cheaper to multiply by than 2^32 is to divide by. */
const TWO_TO_MINUS_32 = 2 ** -32

/** The halves of `values`: low word of row r at 2r, high word at 2r + 1. */
export function int64Halves(values: BigInt64Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length * 2)
}

/** Stores an integer of at most 2^53 in magnitude at `row`. */
export function storeInt64(halves: Int32Array, row: number, value: number): void {
  halves[row * 2] = value | 0
  halves[row * 2 + 1] = Math.floor(value * TWO_TO_MINUS_32)
}

/** The value at `row` as a number; exact up to 2^53 in magnitude. */
export function loadInt64(halves: Int32Array, row: number): number {
  return halves[row * 2 + 1]! * 4294967296 + (halves[row * 2]! >>> 0)
}
