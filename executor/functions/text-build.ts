/** Text functions that write their result's bytes: concatenation, padding, replacement and the like. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import { characterCountOfRange, isLongAscii } from './code-points.ts'
import type { TextSink } from './scalar-function.ts'
import { ASCII_END, advance, append, appendRepeated, characterWidth, codePointAt } from './text-bytes.ts'
import { find, searchPart } from './text-search.ts'

/**
 * left || right. A left operand that was built last is only extended, and what was built one after the other
 * stays where it is: chains of || copy every part once.
 */
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
  const isBehind = leftBytes === sink.bytes && rightBytes === sink.bytes && leftEnd === rightStart
  if (isBehind && rightEnd === sink.length) return leftStart
  const start = sink.length
  append(sink, leftBytes, leftStart, leftEnd)
  append(sink, rightBytes, rightStart, rightEnd)
  return start
}

/** reverse(text), character by character. */
export function buildReverse(sink: TextSink, bytes: Uint8Array, start: number, end: number): number {
  sink.reserve(end - start)
  const target = sink.bytes
  const first = sink.length
  if (isLongAscii(bytes, start, end)) {
    append(sink, bytes, start, end)
    target.subarray(first, sink.length).reverse()
    return first
  }
  let to = first
  for (let at = end - 1; at >= start; at--) {
    const byte = bytes[at]!
    if (byte < ASCII_END) {
      target[to++] = byte
      continue
    }
    const characterEnd = at + 1
    while ((bytes[at]! & 0xc0) === 0x80) at--
    for (let from = at; from < characterEnd; from++) target[to++] = bytes[from]!
  }
  sink.length = to
  return first
}

/** repeat(text, count). */
export function buildRepeat(
  sink: TextSink,
  bytes: Uint8Array,
  start: number,
  end: number,
  count: number,
): number {
  const first = sink.length
  if (count > 0) appendRepeated(sink, bytes, start, end, count)
  return first
}

/** lpad(text, length [, fill]). */
export function buildPadLeft(
  sink: TextSink,
  bytes: Uint8Array,
  start: number,
  end: number,
  length: number,
  fillBytes: Uint8Array = SPACE,
  fillStart = 0,
  fillEnd = SPACE.length,
): number {
  const first = sink.length
  const kept = appendPadding(sink, bytes, start, end, length, fillBytes, fillStart, fillEnd)
  append(sink, bytes, start, kept)
  return first
}

/** rpad(text, length [, fill]). */
export function buildPadRight(
  sink: TextSink,
  bytes: Uint8Array,
  start: number,
  end: number,
  length: number,
  fillBytes: Uint8Array = SPACE,
  fillStart = 0,
  fillEnd = SPACE.length,
): number {
  const first = sink.length
  // A text that is too long is only cut: there is no padding to write after it.
  const count = characterCountOfRange(bytes, start, end)
  append(sink, bytes, start, count < length ? end : advance(bytes, start, end, length))
  if (count < length) appendFill(sink, length - count, fillBytes, fillStart, fillEnd)
  return first
}

const SPACE = Uint8Array.of(0x20)

/** Writes what is missing to `length` characters; returns where the text, that long at most, ends. */
function appendPadding(
  sink: TextSink,
  bytes: Uint8Array,
  start: number,
  end: number,
  length: number,
  fillBytes: Uint8Array,
  fillStart: number,
  fillEnd: number,
): number {
  const count = characterCountOfRange(bytes, start, end)
  if (count >= length) return advance(bytes, start, end, length)
  appendFill(sink, length - count, fillBytes, fillStart, fillEnd)
  return end
}

/** `missing` characters of the fill over and over; none when it is empty. */
function appendFill(
  sink: TextSink,
  missing: number,
  fillBytes: Uint8Array,
  fillStart: number,
  fillEnd: number,
): void {
  const width = characterCountOfRange(fillBytes, fillStart, fillEnd)
  if (width === 0) return
  appendRepeated(sink, fillBytes, fillStart, fillEnd, Math.floor(missing / width))
  append(sink, fillBytes, fillStart, advance(fillBytes, fillStart, fillEnd, missing % width))
}

/** replace(text, from, to). */
export function buildReplace(
  sink: TextSink,
  bytes: Uint8Array,
  start: number,
  end: number,
  fromBytes: Uint8Array,
  fromStart: number,
  fromEnd: number,
  toBytes: Uint8Array,
  toStart: number,
  toEnd: number,
): number {
  const first = sink.length
  let copied = start
  if (fromEnd > fromStart) {
    const part = searchPart(fromBytes, fromStart, fromEnd, end - start)
    for (let at = find(bytes, start, end, part); at < end; at = find(bytes, copied, end, part)) {
      append(sink, bytes, copied, at)
      append(sink, toBytes, toStart, toEnd)
      sink.finish(first)
      copied = at + part.width
    }
  }
  append(sink, bytes, copied, end)
  return first
}

/** translate(text, from, to): characters of `from` become those of `to` at the same place, or vanish. */
export function buildTranslate(
  sink: TextSink,
  bytes: Uint8Array,
  start: number,
  end: number,
  fromBytes: Uint8Array,
  fromStart: number,
  fromEnd: number,
  toBytes: Uint8Array,
  toStart: number,
  toEnd: number,
): number {
  const first = sink.length
  asciiTargets.fill(SAME)
  const others = new Map<number, number>()
  let to = toStart
  let inAscii = true
  for (let from = fromStart; from < fromEnd; ) {
    const width = characterWidth(fromBytes[from]!)
    const codePoint = codePointAt(fromBytes, from, width)
    const target = to < toEnd ? to : GONE
    if (target !== GONE) {
      const targetWidth = characterWidth(toBytes[to]!)
      inAscii &&= targetWidth === 1
      to += targetWidth
    }
    if (codePoint >= ASCII_END) {
      if (!others.has(codePoint)) others.set(codePoint, target)
    } else if (asciiTargets[codePoint] === SAME) asciiTargets[codePoint] = target
    from += width
  }
  if (inAscii && others.size === 0) translateAscii(sink, bytes, start, end, toBytes)
  else translateCharacters(sink, bytes, start, end, toBytes, others)
  return first
}

/** By ASCII character of one call: the position of the target's bytes. */
const asciiTargets = new Int32Array(ASCII_END)
const SAME = -1
const GONE = -2

/** Case: all that changes, and what it becomes, is ASCII. */
function translateAscii(
  sink: TextSink,
  bytes: Uint8Array,
  start: number,
  end: number,
  toBytes: Uint8Array,
): void {
  sink.reserve(end - start)
  const target = sink.bytes
  let length = sink.length
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    const to = byte < ASCII_END ? asciiTargets[byte]! : SAME
    if (to !== GONE) target[length++] = to === SAME ? byte : toBytes[to]!
  }
  sink.length = length
}

/** Case: any characters. */
function translateCharacters(
  sink: TextSink,
  bytes: Uint8Array,
  start: number,
  end: number,
  toBytes: Uint8Array,
  others: ReadonlyMap<number, number>,
): void {
  for (let at = start; at < end; ) {
    const width = characterWidth(bytes[at]!)
    const codePoint = codePointAt(bytes, at, width)
    const to = codePoint < ASCII_END ? asciiTargets[codePoint]! : (others.get(codePoint) ?? SAME)
    if (to === SAME) append(sink, bytes, at, at + width)
    else if (to !== GONE) append(sink, toBytes, to, to + characterWidth(toBytes[to]!))
    at += width
  }
}

/** overlay(text placing by from `from` [for count]): without a count as many as `by` has. */
export function buildOverlay(
  sink: TextSink,
  bytes: Uint8Array,
  start: number,
  end: number,
  byBytes: Uint8Array,
  byStart: number,
  byEnd: number,
  from: number,
  count: number = characterCountOfRange(byBytes, byStart, byEnd),
): number {
  if (from <= 0) throw new SqlError(SqlState.substringError, 'negative substring length not allowed')
  const tail = from - 1 + count
  if (tail > 2147483646) throw new SqlError(SqlState.numericValueOutOfRange, 'integer out of range')
  const first = sink.length
  append(sink, bytes, start, advance(bytes, start, end, from - 1))
  append(sink, byBytes, byStart, byEnd)
  append(sink, bytes, advance(bytes, start, end, tail), end)
  return first
}
