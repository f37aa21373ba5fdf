/**
 * upper, lower and initcap over bytes. PostgreSQL maps one character to one, where Unicode's full mapping may
 * give several, and looks at no neighbours; what is not ASCII goes through tables by code point, filled when
 * one first comes up.
 */

import { characterCount, isLongAscii } from './code-points.ts'
import type { TextSink } from './scalar-function.ts'
import { ASCII_END, characterWidth, codePointAt, writeCodePoint } from './text-bytes.ts'

const CODE_POINTS = 0x110000
/** Characters of a chunk, and the bytes they take at most. */
const CHUNK_CHARACTERS = 1024
const CHUNK_BYTES = CHUNK_CHARACTERS * 4

/** A function of code points that remembers its results; they must not be 0. */
class CodePointTable {
  readonly #compute: (codePoint: number) => number
  #known: Int32Array | undefined

  constructor(compute: (codePoint: number) => number) {
    this.#compute = compute
  }

  get(codePoint: number): number {
    this.#known ??= new Int32Array(CODE_POINTS)
    const known = this.#known[codePoint]!
    if (known !== 0) return known
    const value = this.#compute(codePoint)
    this.#known[codePoint] = value
    return value
  }
}

const uppers = new CodePointTable(codePoint => mapped(codePoint, char => char.toUpperCase()))
const lowers = new CodePointTable(codePoint => mapped(codePoint, char => char.toLowerCase()))
const letters = new CodePointTable(codePoint =>
  /[\p{L}\p{N}]/u.test(String.fromCodePoint(codePoint)) ? LETTER : OTHER,
)
const LETTER = 1
const OTHER = 2

function mapped(codePoint: number, map: (char: string) => string): number {
  const char = String.fromCodePoint(codePoint)
  const one = map(char)
  if (characterCount(one) === 1) return one.codePointAt(0)!
  return (char === 'ß' ? 'ẞ' : char).codePointAt(0)!
}

/** lower(text). */
export function buildLower(sink: TextSink, bytes: Uint8Array, start: number, end: number): number {
  if (isLongAscii(bytes, start, end)) return appendAscii(sink, asciiText(bytes, start, end).toLowerCase())
  return mapCase(sink, bytes, start, end, 0x41, 0x5a, 0x20, lowers)
}

/** upper(text). */
export function buildUpper(sink: TextSink, bytes: Uint8Array, start: number, end: number): number {
  if (isLongAscii(bytes, start, end)) return appendAscii(sink, asciiText(bytes, start, end).toUpperCase())
  return mapCase(sink, bytes, start, end, 0x61, 0x7a, -0x20, uppers)
}

function asciiText(bytes: Uint8Array, start: number, end: number): string {
  return bufferOf(bytes).toString('latin1', start, end)
}

function appendAscii(sink: TextSink, text: string): number {
  const first = sink.length
  sink.reserve(text.length)
  bufferOf(sink.bytes).write(text, first, 'latin1')
  sink.length += text.length
  return first
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** Adds `shift` to the bytes between `low` and `high`; from the first that is not ASCII on by `table`. */
function mapCase(
  sink: TextSink,
  bytes: Uint8Array,
  start: number,
  end: number,
  low: number,
  high: number,
  shift: number,
  table: CodePointTable,
): number {
  sink.reserve(end - start)
  const target = sink.bytes
  const first = sink.length
  const offset = first - start
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    if (byte >= ASCII_END) {
      sink.length = at + offset
      mapCharacters(sink, bytes, at, end, table)
      return first
    }
    target[at + offset] = byte >= low && byte <= high ? byte + shift : byte
  }
  sink.length = end + offset
  return first
}

function mapCharacters(
  sink: TextSink,
  bytes: Uint8Array,
  start: number,
  end: number,
  table: CodePointTable,
): void {
  for (let at = start; at < end; ) {
    sink.reserve(CHUNK_BYTES)
    const target = sink.bytes
    let to = sink.length
    for (let count = 0; count < CHUNK_CHARACTERS && at < end; count++) {
      const width = characterWidth(bytes[at]!)
      to = writeCodePoint(target, to, table.get(codePointAt(bytes, at, width)))
      at += width
    }
    sink.length = to
  }
}

/** initcap(text): letters and digits make words. */
export function buildInitcap(sink: TextSink, bytes: Uint8Array, start: number, end: number): number {
  const first = sink.length
  let inWord = false
  for (let at = start; at < end; ) {
    sink.reserve(Math.min(CHUNK_BYTES, (end - at) * 4))
    const target = sink.bytes
    let to = sink.length
    for (let count = 0; count < CHUNK_CHARACTERS && at < end; count++) {
      const width = characterWidth(bytes[at]!)
      const codePoint = codePointAt(bytes, at, width)
      to = writeCodePoint(target, to, inWord ? lowerOf(codePoint) : upperOf(codePoint))
      inWord = isLetter(codePoint)
      at += width
    }
    sink.length = to
  }
  return first
}

function lowerOf(codePoint: number): number {
  if (codePoint >= ASCII_END) return lowers.get(codePoint)
  return codePoint >= 0x41 && codePoint <= 0x5a ? codePoint + 0x20 : codePoint
}

function upperOf(codePoint: number): number {
  if (codePoint >= ASCII_END) return uppers.get(codePoint)
  return codePoint >= 0x61 && codePoint <= 0x7a ? codePoint - 0x20 : codePoint
}

function isLetter(codePoint: number): boolean {
  if (codePoint >= ASCII_END) return letters.get(codePoint) === LETTER
  const folded = codePoint | 0x20
  return (folded >= 0x61 && folded <= 0x7a) || (codePoint >= 0x30 && codePoint <= 0x39)
}
