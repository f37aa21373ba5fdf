/**
 * COPY FROM's text format: fields between delimiters, backslash escapes, `\N` or another text for NULL, `\.`
 * as the end of the data. CopyReadLineText and CopyReadAttributesText of PostgreSQL's copyfromparse.c in one
 * pass.
 */

import { viewOf } from '../../executor/batch/copy-bytes.ts'
import { type FieldRanges, NULL_FIELD, SLICE_ROWS } from './field-ranges.ts'
import {
  BACKSLASH,
  badFormat,
  DOT,
  LineEnds,
  MIXED,
  NEWLINE,
  RETURN,
  type RowScanner,
  UNFINISHED,
} from './row-scanner.ts'
import { invalidBytes, isCleanUtf8 } from './utf8.ts'

export interface TextSyntax {
  readonly delimiter: number
  readonly nullText: Buffer
}

/** What a scan comes to besides a position. */
const INCOMPLETE = -1
const FAILED = -2

export class TextScanner implements RowScanner {
  readonly #delimiter: number
  readonly #nullText: Buffer
  readonly #lineEnds = new LineEnds(false)
  /** 1 for the bytes that mean something. */
  readonly #special = new Uint8Array(256)
  /** Of the bytes that are scanned. */
  #view = viewOf(new Uint8Array(0))
  #scratch = 0
  #rowStart = 0
  line = 1
  isDone = false

  constructor({ delimiter, nullText }: TextSyntax) {
    this.#delimiter = delimiter
    this.#nullText = nullText
    for (const byte of [delimiter, BACKSLASH, NEWLINE, RETURN]) this.#special[byte] = 1
  }

  scan(
    bytes: Buffer,
    from: number,
    to: number,
    scratch: number,
    isEnd: boolean,
    ranges: FieldRanges,
  ): number {
    this.#scratch = scratch
    this.#view = viewOf(bytes)
    let at = from
    while (at < to && ranges.rowCount < ranges.rowsMax && !this.isDone) {
      const next = this.#scanRow(bytes, at, to, isEnd, ranges)
      if (next < 0) return at
      at = next
    }
    return at
  }

  /** One row; returns where the next one begins, INCOMPLETE or FAILED. */
  #scanRow(bytes: Buffer, from: number, to: number, isEnd: boolean, ranges: FieldRanges): number {
    const special = this.#special
    const view = this.#view
    const delimiter = this.#delimiter
    this.#rowStart = from
    let column = 0
    let start = from
    let isEscaped = false
    for (let at = from; ; at++) {
      at = nextSpecial(bytes, view, at, to, special, delimiter)
      if (at >= to) break
      const byte = bytes[at]!
      if (byte === delimiter) {
        if (!this.#endField(bytes, start, at, isEscaped, column++, ranges)) return FAILED
        start = at + 1
        isEscaped = false
      } else if (byte === BACKSLASH) {
        if (at + 1 === to) {
          if (!isEnd) return INCOMPLETE
        } else if (bytes[at + 1] === DOT) {
          return this.#endOfData(bytes, from, start, at, to, isEscaped, column, isEnd, ranges)
        }
        isEscaped = true
        at++
      } else {
        const length = this.#lineEnds.at(bytes, at, to, isEnd)
        if (length === UNFINISHED) return INCOMPLETE
        if (length === MIXED) {
          ranges.fail(this.#lineEnds.mixed(byte))
          return FAILED
        }
        return this.#endRow(bytes, from, start, at, isEscaped, column, ranges) ? at + length : FAILED
      }
    }
    if (!isEnd) return INCOMPLETE
    return this.#endRow(bytes, from, start, to, isEscaped, column, ranges) ? to : FAILED
  }

  #endRow(
    bytes: Buffer,
    from: number,
    start: number,
    end: number,
    isEscaped: boolean,
    column: number,
    ranges: FieldRanges,
  ): boolean {
    if (!this.#endField(bytes, start, end, isEscaped, column, ranges)) return false
    ranges.miss(column + 1)
    ranges.endRow(from, end, this.line++)
    return true
  }

  /** False when the row has more fields than columns, or the field is not UTF-8. */
  #endField(
    bytes: Buffer,
    start: number,
    end: number,
    isEscaped: boolean,
    column: number,
    ranges: FieldRanges,
  ): boolean {
    const isNull = end - start === this.#nullText.length && startsWith(bytes, start, this.#nullText)
    if (ranges.header !== undefined) {
      const plain = bytes.subarray(this.#scratch, unescapeText(bytes, start, end, this.#scratch))
      ranges.header.push(isNull ? undefined : plain.toString())
      return true
    }
    if (column >= ranges.columnCount) {
      ranges.fail(badFormat('extra data after last expected column'), this.#rowStart)
      return false
    }
    const index = column * SLICE_ROWS + ranges.rowCount
    if (isNull) {
      ranges.starts[index] = NULL_FIELD
      return true
    }
    if (!isEscaped) {
      ranges.starts[index] = start
      ranges.ends[index] = end
      return true
    }
    const plainStart = this.#scratch
    const plainEnd = unescapeText(bytes, start, end, plainStart)
    ranges.starts[index] = plainStart
    ranges.ends[index] = plainEnd
    this.#scratch = plainEnd
    return this.#checkPlain(bytes.subarray(plainStart, plainEnd), ranges)
  }

  /** Escapes can spell bytes that are not UTF-8. */
  #checkPlain(plain: Buffer, ranges: FieldRanges): boolean {
    if (isCleanUtf8(plain)) return true
    ranges.fail(invalidBytes(plain), this.#rowStart)
    return false
  }

  /** `\.` at `at`: a row may stand before it. */
  #endOfData(
    bytes: Buffer,
    from: number,
    start: number,
    at: number,
    to: number,
    isEscaped: boolean,
    column: number,
    isEnd: boolean,
    ranges: FieldRanges,
  ): number {
    const after = this.#lineEnds.afterMarker(bytes, at + 2, to, isEnd)
    if (after === 'unfinished') return INCOMPLETE
    if (after !== undefined) {
      ranges.fail(after === 'data' ? badFormat('end-of-copy marker corrupt') : after)
      return FAILED
    }
    if (at > from && !this.#endRow(bytes, from, start, at, isEscaped, column, ranges)) return FAILED
    this.isDone = true
    return to
  }
}

/** The highest bit, the lowest, and the line breaks' bound of each byte in four. */
const HIGH_BITS = 0x80808080 | 0
const LOW_BITS = 0x01010101
const ABOVE_LINE_BREAKS = LOW_BITS * (RETURN + 1)
const BACKSLASHES = LOW_BITS * BACKSLASH

/**
 * The first special byte from `from` on, or `to`. Four bytes at a time: subtracting n from each of them sets
 * the high bit of one that is below n, which finds line breaks, and zeros in the difference to the others.
 * Guarded by test/bench/copy.bench.ts, "reader text".
 */
function nextSpecial(
  bytes: Buffer,
  view: DataView,
  from: number,
  to: number,
  special: Uint8Array,
  delimiter: number,
): number {
  const delimiters = Math.imul(LOW_BITS, delimiter)
  for (let at = from; at < to; ) {
    for (; at + 4 <= to; at += 4) {
      const four = view.getInt32(at, true)
      const other = four ^ delimiters
      const backslash = four ^ BACKSLASHES
      const low = (four - ABOVE_LINE_BREAKS) & ~four
      if (((low | ((other - LOW_BITS) & ~other) | ((backslash - LOW_BITS) & ~backslash)) & HIGH_BITS) !== 0)
        break
    }
    const end = Math.min(at + 4, to)
    for (; at < end; at++) if (special[bytes[at]!] !== 0) return at
  }
  return to
}

export function startsWith(bytes: Buffer, start: number, text: Buffer): boolean {
  for (let index = 0; index < text.length; index++) if (bytes[start + index] !== text[index]) return false
  return true
}

/** Letters after a backslash and the bytes they stand for. */
const letters = new Map<number, number>(
  ['b\b', 'f\f', 'n\n', 'r\r', 't\t', 'v\v'].map(pair => [pair.charCodeAt(0), pair.charCodeAt(1)]),
)

/** Writes bytes [start, end) without their escapes to `target` on; returns the end. */
function unescapeText(bytes: Buffer, start: number, end: number, target: number): number {
  let to = target
  for (let at = start; at < end; ) {
    const byte = bytes[at++]!
    if (byte !== BACKSLASH) {
      bytes[to++] = byte
      continue
    }
    if (at === end) break
    const letter = bytes[at++]!
    let value = letters.get(letter) ?? letter
    if (octalDigit(letter) >= 0) {
      value = octalDigit(letter)
      for (let digits = 1; digits < 3 && at < end && octalDigit(bytes[at]!) >= 0; digits++) {
        value = value * 8 + octalDigit(bytes[at++]!)
      }
    } else if (letter === 0x78 && at < end && hexDigit(bytes[at]!) >= 0) {
      value = hexDigit(bytes[at++]!)
      if (at < end && hexDigit(bytes[at]!) >= 0) value = value * 16 + hexDigit(bytes[at++]!)
    }
    bytes[to++] = value & 0xff
  }
  return to
}

function octalDigit(byte: number): number {
  return byte >= 0x30 && byte <= 0x37 ? byte - 0x30 : -1
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
