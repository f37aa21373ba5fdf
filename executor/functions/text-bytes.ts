/** UTF-8 ranges by characters, and ranges appended to a sink: what text functions over bytes are made of. */

import { copyRange } from '../batch/copy-bytes.ts'
import type { TextSink } from './scalar-function.ts'

export const ASCII_END = 0x80
/** Fewer bytes are written in a plain loop, which beats a call into the runtime. */
const SHORT_RANGE = 32
/** Repetitions are copied from the first of them in blocks that stay in the CPU's cache. */
const REPEAT_BLOCK = 1 << 16

/** The position after `count` characters, at most `end`. */
export function advance(bytes: Uint8Array, start: number, end: number, count: number): number {
  let at = start
  for (let left = count; left > 0 && at < end; left--) {
    at++
    while (at < end && (bytes[at]! & 0xc0) === 0x80) at++
  }
  return at
}

/** The position `count` characters before `end`, at least `start`. */
export function retreat(bytes: Uint8Array, start: number, end: number, count: number): number {
  let at = end
  for (let left = count; left > 0 && at > start; left--) {
    at--
    while (at > start && (bytes[at]! & 0xc0) === 0x80) at--
  }
  return at
}

/** How many bytes the character takes that begins with this byte. */
export function characterWidth(lead: number): number {
  if (lead < ASCII_END) return 1
  if (lead < 0xe0) return 2
  return lead < 0xf0 ? 3 : 4
}

/** The code point of the character of `width` bytes at `at`. */
export function codePointAt(bytes: Uint8Array, at: number, width: number): number {
  const lead = bytes[at]!
  if (width === 1) return lead
  const second = bytes[at + 1]! & 0x3f
  if (width === 2) return ((lead & 0x1f) << 6) | second
  const third = bytes[at + 2]! & 0x3f
  if (width === 3) return ((lead & 0x0f) << 12) | (second << 6) | third
  return ((lead & 0x07) << 18) | (second << 12) | (third << 6) | (bytes[at + 3]! & 0x3f)
}

/** Writes a character, for which there must be room; returns the position behind it. */
export function writeCodePoint(bytes: Uint8Array, at: number, codePoint: number): number {
  if (codePoint < ASCII_END) {
    bytes[at] = codePoint
    return at + 1
  }
  if (codePoint < 0x800) {
    bytes[at] = 0xc0 | (codePoint >> 6)
    bytes[at + 1] = 0x80 | (codePoint & 0x3f)
    return at + 2
  }
  if (codePoint < 0x10000) {
    bytes[at] = 0xe0 | (codePoint >> 12)
    bytes[at + 1] = 0x80 | ((codePoint >> 6) & 0x3f)
    bytes[at + 2] = 0x80 | (codePoint & 0x3f)
    return at + 3
  }
  bytes[at] = 0xf0 | (codePoint >> 18)
  bytes[at + 1] = 0x80 | ((codePoint >> 12) & 0x3f)
  bytes[at + 2] = 0x80 | ((codePoint >> 6) & 0x3f)
  bytes[at + 3] = 0x80 | (codePoint & 0x3f)
  return at + 4
}

export function append(sink: TextSink, bytes: Uint8Array, start: number, end: number): void {
  const count = end - start
  sink.reserve(count)
  copyRange(bytes, start, end, sink.bytes, sink.length)
  sink.length += count
}

/** Appends the range `times` times. */
export function appendRepeated(
  sink: TextSink,
  bytes: Uint8Array,
  start: number,
  end: number,
  times: number,
): void {
  const width = end - start
  const total = width * times
  sink.reserve(total)
  const target = sink.bytes
  const first = sink.length
  if (total <= SHORT_RANGE) {
    for (let offset = 0, from = start; offset < total; offset++) {
      target[first + offset] = bytes[from++]!
      if (from === end) from = start
    }
  } else if (width === 1) {
    target.fill(bytes[start]!, first, first + total)
  } else {
    target.set(bytes.subarray(start, end), first)
    for (let done = width; done < total; ) {
      const block = Math.min(done, total - done, Math.max(REPEAT_BLOCK - (REPEAT_BLOCK % width), width))
      target.copyWithin(first + done, first, first + block)
      done += block
    }
  }
  sink.length = first + total
}
