/**
 * The functions that generated key code (row-hash.ts) calls: hashing and equality of the values that are
 * more than one machine word. Equality is PostgreSQL's: -0 = 0, NaN = NaN, 1.0 = 1.00 as numeric, '1 day' =
 * '24 hours' as interval.
 */

import { compareNumeric, trimScale } from '../functions/numeric-arithmetic.ts'
import type { NumericColumn } from './column.ts'
import { readNumeric } from './column-reader.ts'
import { viewOf } from './copy-bytes.ts'
import type { Numeric } from './numeric.ts'

/** The two 32-bit halves of each int64, low half first. */
export function wordsOf(values: BigInt64Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length * 2)
}

/** Mixes one 32-bit word into a hash. A bijection of the word for a given hash. */
export function hashWord(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1)
  return mixed ^ (mixed >>> 15)
}

const floatScratch = new Float64Array(1)
const floatWords = new Int32Array(floatScratch.buffer)

function hashFloat(hash: number, value: number): number {
  // Adding 0 turns -0 into 0; a NaN of any bits becomes the one NaN.
  floatScratch[0] = Number.isNaN(value) ? NaN : value + 0
  return hashWord(hashWord(hash, floatWords[0]!), floatWords[1]!)
}

function floatEqual(left: number, right: number): boolean {
  return left === right || (Number.isNaN(left) && Number.isNaN(right))
}

function hashBytes(hash: number, bytes: Uint8Array, view: DataView, start: number, end: number): number {
  let mixed = hash ^ (end - start)
  let at = start
  for (; at + 4 <= end; at += 4) {
    mixed = Math.imul(mixed ^ view.getInt32(at, true), 0x9e3779b1)
    mixed ^= mixed >>> 15
  }
  let tail = 0
  for (; at < end; at++) tail = (tail << 8) | bytes[at]!
  return hashWord(mixed, tail)
}

function bytesEqual(
  left: Uint8Array,
  leftView: DataView,
  leftStart: number,
  leftEnd: number,
  right: Uint8Array,
  rightView: DataView,
  rightStart: number,
  rightEnd: number,
): boolean {
  if (leftEnd - leftStart !== rightEnd - rightStart) return false
  let at = leftStart
  let other = rightStart
  for (; at + 4 <= leftEnd; at += 4, other += 4) {
    if (leftView.getInt32(at) !== rightView.getInt32(other)) return false
  }
  for (; at < leftEnd; at++, other++) if (left[at] !== right[other]) return false
  return true
}

/** The end of a bpchar value without its trailing blanks, which do not count in comparisons. */
function trimmedEnd(bytes: Uint8Array, start: number, end: number): number {
  let trimmed = end
  while (trimmed > start && bytes[trimmed - 1] === 0x20) trimmed--
  return trimmed
}

const DAY_MICROS = 86_400_000_000
const POWERS_OF_TEN = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent)
const EXACT_MAX = 2 ** 53

/**
 * Equal values of different scales hash equally: a coefficient below 2^53 divided by a power of ten up to
 * 10^22 is rounded correctly, hence the same double for every scale. Others are brought to their smallest
 * scale first.
 */
function hashNumeric(hash: number, words: Int32Array, column: NumericColumn, row: number): number {
  const scale = column.scales[row]!
  const coefficient = words[2 * row + 1]! * 4294967296 + (words[2 * row]! >>> 0)
  if (scale >= 0 && scale <= 22 && coefficient > -EXACT_MAX && coefficient < EXACT_MAX) {
    return hashFloat(hash, coefficient / POWERS_OF_TEN[scale]!)
  }
  return hashNormalNumeric(hash, trimScale(readNumeric(column, row)))
}

function hashNormalNumeric(hash: number, value: Numeric): number {
  if (value.special !== undefined) return hashWord(hash, value.special.length)
  const { coefficient, scale } = value
  if (scale <= 22 && coefficient > -EXACT_MAX && coefficient < EXACT_MAX) {
    return hashFloat(hash, Number(coefficient) / POWERS_OF_TEN[scale]!)
  }
  let mixed = hashWord(hash, scale)
  for (let rest = coefficient < 0n ? -coefficient : coefficient; rest > 0n; rest >>= 32n) {
    mixed = hashWord(mixed, Number(BigInt.asIntN(32, rest)))
  }
  return mixed
}

function numericEqual(
  leftWords: Int32Array,
  left: NumericColumn,
  leftRow: number,
  rightWords: Int32Array,
  right: NumericColumn,
  rightRow: number,
): boolean {
  const scale = left.scales[leftRow]!
  if (scale >= 0 && scale === right.scales[rightRow]!) {
    return (
      leftWords[2 * leftRow] === rightWords[2 * rightRow] &&
      leftWords[2 * leftRow + 1] === rightWords[2 * rightRow + 1]
    )
  }
  return compareNumeric(readNumeric(left, leftRow), readNumeric(right, rightRow)) === 0
}

/** Equal and of one display scale. */
function numericIdentical(
  leftWords: Int32Array,
  left: NumericColumn,
  leftRow: number,
  rightWords: Int32Array,
  right: NumericColumn,
  rightRow: number,
): boolean {
  if (left.scales[leftRow] !== right.scales[rightRow]) return false
  if (!numericEqual(leftWords, left, leftRow, rightWords, right, rightRow)) return false
  return left.scales[leftRow]! >= 0 || readNumeric(left, leftRow).scale === readNumeric(right, rightRow).scale
}

/**
 * PostgreSQL's interval_send: int64 microseconds, int32 days, int32 months. A month counts 30 days, a day
 * 24 hours.
 */
function hashInterval(hash: number, view: DataView, start: number): number {
  const micros = Number(view.getBigInt64(start))
  return hashFloat(hashFloat(hash, intervalDays(view, start, micros)), micros - dayPart(micros))
}

function intervalEqual(
  leftView: DataView,
  leftStart: number,
  rightView: DataView,
  rightStart: number,
): boolean {
  return compareIntervals(leftView, leftStart, rightView, rightStart) === 0
}

/** Order of two intervals by length. */
export function compareIntervals(
  leftView: DataView,
  leftStart: number,
  rightView: DataView,
  rightStart: number,
): number {
  const leftMicros = Number(leftView.getBigInt64(leftStart))
  const rightMicros = Number(rightView.getBigInt64(rightStart))
  const days =
    intervalDays(leftView, leftStart, leftMicros) - intervalDays(rightView, rightStart, rightMicros)
  if (days !== 0) return days
  return leftMicros - dayPart(leftMicros) - (rightMicros - dayPart(rightMicros))
}

function intervalDays(view: DataView, start: number, micros: number): number {
  return Math.floor(micros / DAY_MICROS) + view.getInt32(start + 8) + view.getInt32(start + 12) * 30
}

function dayPart(micros: number): number {
  return Math.floor(micros / DAY_MICROS) * DAY_MICROS
}

/** What generated code gets as its parameter `lib`. */
export const keyLibrary = {
  wordsOf,
  viewOf,
  hashFloat,
  floatEqual,
  hashBytes,
  bytesEqual,
  trimmedEnd,
  hashNumeric,
  numericEqual,
  numericIdentical,
  hashInterval,
  intervalEqual,
} as const

export type KeyLibrary = typeof keyLibrary
