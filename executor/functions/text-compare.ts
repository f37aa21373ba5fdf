/**
 * Order and equality of text in the "C" collation: bytes of UTF-8, which is the order of code points. Two
 * forms of each: over ranges of bytes, and over JS strings, whose own order differs from it only at
 * surrogates.
 */

const SPACE = 0x20

/** Negative, 0 or positive. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0
  const length = Math.min(left.length, right.length)
  for (let index = 0; index < length; index++) {
    const a = left.charCodeAt(index)
    const b = right.charCodeAt(index)
    if (a !== b) return a >= 0xd800 && b >= 0xd800 ? orderRank(a) - orderRank(b) : a - b
  }
  return left.length - right.length
}

/** Surrogates (code points from 0x10000) come after all other UTF-16 units. */
function orderRank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit
}

export function rangesEqual(
  leftBytes: Uint8Array,
  leftStart: number,
  leftEnd: number,
  rightBytes: Uint8Array,
  rightStart: number,
  rightEnd: number,
): boolean {
  const length = leftEnd - leftStart
  if (length !== rightEnd - rightStart) return false
  for (let offset = 0; offset < length; offset++) {
    if (leftBytes[leftStart + offset] !== rightBytes[rightStart + offset]) return false
  }
  return true
}

export function compareRanges(
  leftBytes: Uint8Array,
  leftStart: number,
  leftEnd: number,
  rightBytes: Uint8Array,
  rightStart: number,
  rightEnd: number,
): number {
  const leftLength = leftEnd - leftStart
  const rightLength = rightEnd - rightStart
  const length = Math.min(leftLength, rightLength)
  for (let offset = 0; offset < length; offset++) {
    const difference = leftBytes[leftStart + offset]! - rightBytes[rightStart + offset]!
    if (difference !== 0) return difference
  }
  return leftLength - rightLength
}

/** bpchar compares without trailing spaces. */
export function comparePaddedRanges(
  leftBytes: Uint8Array,
  leftStart: number,
  leftEnd: number,
  rightBytes: Uint8Array,
  rightStart: number,
  rightEnd: number,
): number {
  const left = trimmedEnd(leftBytes, leftStart, leftEnd)
  const right = trimmedEnd(rightBytes, rightStart, rightEnd)
  return compareRanges(leftBytes, leftStart, left, rightBytes, rightStart, right)
}

export function comparePadded(left: string, right: string): number {
  return compareText(trimEndSpaces(left), trimEndSpaces(right))
}

export function compareByteArrays(left: Uint8Array, right: Uint8Array): number {
  return compareRanges(left, 0, left.length, right, 0, right.length)
}

export function trimEndSpaces(text: string): string {
  let end = text.length
  while (end > 0 && text.charCodeAt(end - 1) === SPACE) end--
  return end === text.length ? text : text.slice(0, end)
}

/** The end of the range without trailing spaces. */
export function trimmedEnd(bytes: Uint8Array, start: number, end: number): number {
  let trimmed = end
  while (trimmed > start && bytes[trimmed - 1] === SPACE) trimmed--
  return trimmed
}
