/**
 * Text functions over UTF-8 ranges: those whose result is a part of the argument leave its bounds in a Slice,
 * those that change bytes one by one write them into a sink. Characters are counted by their lead bytes.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { Slice, TextSink } from './scalar-function.ts'
import { trimmedEnd } from './text-compare.ts'

const SPACE = 0x20
const ASCII_END = 0x80
/** Shorter ranges are copied in a plain loop, which beats a call into the runtime. */
const SHORT_RANGE = 32

/** The position after `count` characters, at most `end`. */
function advance(bytes: Uint8Array, start: number, end: number, count: number): number {
  let at = start
  for (let left = count; left > 0 && at < end; left--) {
    at++
    while (at < end && (bytes[at]! & 0xc0) === 0x80) at++
  }
  return at
}

/** The position `count` characters before `end`, at least `start`. */
function retreat(bytes: Uint8Array, start: number, end: number, count: number): number {
  let at = end
  for (let left = count; left > 0 && at > start; left--) {
    at--
    while (at > start && (bytes[at]! & 0xc0) === 0x80) at--
  }
  return at
}

/** substring(text from `from`). */
export function sliceFrom(bytes: Uint8Array, start: number, end: number, from: number, result: Slice): void {
  result.start = advance(bytes, start, end, from - 1)
  result.end = end
}

/** substring(text from `from` for `length`). */
export function sliceFromFor(
  bytes: Uint8Array,
  start: number,
  end: number,
  from: number,
  length: number,
  result: Slice,
): void {
  if (length < 0) throw new SqlError(SqlState.substringError, 'negative substring length not allowed')
  const first = advance(bytes, start, end, from - 1)
  result.start = first
  result.end = advance(bytes, first, end, from < 1 ? from - 1 + length : length)
}

/** left(text, count): all but the last −count for a negative count. */
export function sliceLeft(bytes: Uint8Array, start: number, end: number, count: number, result: Slice): void {
  result.start = start
  result.end = count < 0 ? retreat(bytes, start, end, -count) : advance(bytes, start, end, count)
}

/** right(text, count): all but the first −count for a negative count. */
export function sliceRight(
  bytes: Uint8Array,
  start: number,
  end: number,
  count: number,
  result: Slice,
): void {
  result.start = count < 0 ? advance(bytes, start, end, -count) : retreat(bytes, start, end, count)
  result.end = end
}

export function sliceTrimStart(bytes: Uint8Array, start: number, end: number, result: Slice): void {
  result.start = firstNotSpace(bytes, start, end)
  result.end = end
}

export function sliceTrimEnd(bytes: Uint8Array, start: number, end: number, result: Slice): void {
  result.start = start
  result.end = trimmedEnd(bytes, start, end)
}

export function sliceTrim(bytes: Uint8Array, start: number, end: number, result: Slice): void {
  const first = firstNotSpace(bytes, start, end)
  result.start = first
  result.end = trimmedEnd(bytes, first, end)
}

function firstNotSpace(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end && bytes[at] === SPACE) at++
  return at
}

/** split_part(text, delimiter, field). */
export function sliceField(
  bytes: Uint8Array,
  start: number,
  end: number,
  delimiterBytes: Uint8Array,
  delimiterStart: number,
  delimiterEnd: number,
  field: number,
  result: Slice,
): void {
  if (field === 0) throw new SqlError(SqlState.invalidParameterValue, 'field position must not be zero')
  const width = delimiterEnd - delimiterStart
  let wanted = field
  if (field < 0) {
    wanted = 1 + field
    for (let at = start; at <= end; wanted++) {
      at = width === 0 ? end + 1 : find(bytes, at, end, delimiterBytes, delimiterStart, width) + width
    }
  }
  let from = start
  result.start = end
  result.end = end
  if (wanted < 1) return
  for (let skipped = 1; ; skipped++) {
    const to = width === 0 ? end : find(bytes, from, end, delimiterBytes, delimiterStart, width)
    if (skipped === wanted) {
      result.start = from
      result.end = to
      return
    }
    if (to >= end) return
    from = to + width
  }
}

/** Where the delimiter next occurs; `end` when it does not. */
function find(
  bytes: Uint8Array,
  start: number,
  end: number,
  delimiterBytes: Uint8Array,
  delimiterStart: number,
  width: number,
): number {
  const first = delimiterBytes[delimiterStart]
  for (let at = start; at + width <= end; at++) {
    if (bytes[at] !== first) continue
    let matched = 1
    while (matched < width && bytes[at + matched] === delimiterBytes[delimiterStart + matched]) matched++
    if (matched === width) return at
  }
  return end
}

/** left || right. A left operand that was built last is only extended: chains of || copy every part once. */
export function buildConcatenation(
  sink: TextSink,
  leftBytes: Uint8Array,
  leftStart: number,
  leftEnd: number,
  rightBytes: Uint8Array,
  rightStart: number,
  rightEnd: number,
): number {
  if (leftBytes === sink.bytes && leftEnd === sink.length) {
    append(sink, rightBytes, rightStart, rightEnd)
    return leftStart
  }
  const start = sink.length
  append(sink, leftBytes, leftStart, leftEnd)
  append(sink, rightBytes, rightStart, rightEnd)
  return start
}

/** lower(text) of ASCII. */
export function buildLower(sink: TextSink, bytes: Uint8Array, start: number, end: number): number {
  return mapAscii(sink, bytes, start, end, 0x41, 0x5a, 0x20)
}

/** upper(text) of ASCII. */
export function buildUpper(sink: TextSink, bytes: Uint8Array, start: number, end: number): number {
  return mapAscii(sink, bytes, start, end, 0x61, 0x7a, -0x20)
}

/** Adds `shift` to the bytes between `low` and `high`; −1 when a byte is not ASCII. */
function mapAscii(
  sink: TextSink,
  bytes: Uint8Array,
  start: number,
  end: number,
  low: number,
  high: number,
  shift: number,
): number {
  sink.reserve(end - start)
  const target = sink.bytes
  const first = sink.length
  const offset = first - start
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    if (byte >= ASCII_END) return -1
    target[at + offset] = byte >= low && byte <= high ? byte + shift : byte
  }
  sink.length = end + offset
  return first
}

function append(sink: TextSink, bytes: Uint8Array, start: number, end: number): void {
  const count = end - start
  sink.reserve(count)
  const target = sink.bytes
  const at = sink.length
  if (count <= SHORT_RANGE) {
    for (let offset = 0; offset < count; offset++) target[at + offset] = bytes[start + offset]!
  } else {
    target.set(bytes.subarray(start, end), at)
  }
  sink.length = at + count
}
