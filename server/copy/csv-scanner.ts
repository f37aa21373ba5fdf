/**
 * COPY FROM's csv format: quoted fields may hold delimiters, line breaks and escaped quotes; NULL is a text
 * without quotes. CopyReadLineText and CopyReadAttributesCSV of PostgreSQL's copyfromparse.c in one pass.
 */

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
import { startsWith } from './text-scanner.ts'

export interface CsvSyntax {
  readonly delimiter: number
  readonly nullText: Buffer
  readonly quote: number
  readonly escape: number
  /** By column: an unquoted NULL text is the text; a quoted one is NULL. */
  readonly forceNotNull: readonly boolean[]
  readonly forceNull: readonly boolean[]
}

const INCOMPLETE = -1
const FAILED = -2

/** What stands between a field's ends. */
const PLAIN = 0
/** One pair of quotes around all of it, nothing escaped. */
const QUOTED = 1
/** Quotes elsewhere, or escapes. */
const MIXED_QUOTES = 2

export class CsvScanner implements RowScanner {
  readonly #syntax: CsvSyntax
  readonly #lineEnds = new LineEnds(true)
  /** 1 for the bytes that mean something outside quotes, and inside. */
  readonly #outside = new Uint8Array(256)
  readonly #inside = new Uint8Array(256)
  #scratch = 0
  #rowStart = 0
  /** Lines that the row being scanned has more than one of. */
  #extraLines = 0
  line = 1
  isDone = false

  constructor(syntax: CsvSyntax) {
    this.#syntax = syntax
    for (const byte of [syntax.delimiter, syntax.quote, NEWLINE, RETURN]) this.#outside[byte] = 1
    for (const byte of [syntax.quote, syntax.escape, NEWLINE, RETURN]) this.#inside[byte] = 1
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
    let at = from
    while (at < to && ranges.rowCount < ranges.rowsMax && !this.isDone) {
      this.#extraLines = 0
      const next = this.#scanRow(bytes, at, to, isEnd, ranges)
      if (next < 0) return at
      at = next
    }
    return at
  }

  #scanRow(bytes: Buffer, from: number, to: number, isEnd: boolean, ranges: FieldRanges): number {
    if (bytes[from] === BACKSLASH) {
      const marker = this.#endOfData(bytes, from, to, isEnd, ranges)
      if (marker !== undefined) return marker
    }
    this.#rowStart = from
    const outside = this.#outside
    const { delimiter, quote } = this.#syntax
    let column = 0
    let start = from
    let form = PLAIN
    let at = from
    for (; at < to; at++) {
      const byte = bytes[at]!
      if (outside[byte] === 0) continue
      if (byte === delimiter) {
        if (!this.#endField(bytes, start, at, form, column++, ranges)) return FAILED
        start = at + 1
        form = PLAIN
      } else if (byte === quote) {
        const close = this.#closingQuote(bytes, at + 1, to, isEnd)
        if (close === INCOMPLETE) return isEnd ? this.#unterminated(ranges, to) : INCOMPLETE
        form =
          form === PLAIN && at === start && close > 0 && endsField(bytes, close, to, delimiter)
            ? QUOTED
            : MIXED_QUOTES
        at = Math.abs(close)
      } else {
        const length = this.#lineEnds.at(bytes, at, to, isEnd)
        if (length === UNFINISHED) return INCOMPLETE
        if (length === MIXED) {
          ranges.fail(this.#lineEnds.mixed(byte))
          return FAILED
        }
        return this.#endRow(bytes, from, start, at, form, column, ranges) ? at + length : FAILED
      }
    }
    if (!isEnd) return INCOMPLETE
    return this.#endRow(bytes, from, start, to, form, column, ranges) ? to : FAILED
  }

  /** Of the quotes opened before `from`; negated when something between them is escaped. */
  #closingQuote(bytes: Buffer, from: number, to: number, isEnd: boolean): number {
    const inside = this.#inside
    const { quote, escape: escapeByte } = this.#syntax
    const counted = this.#lineEnds.counted
    let isEscaped = false
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!
      if (inside[byte] === 0) continue
      if (byte === escapeByte) {
        if (at + 1 === to && !isEnd) return INCOMPLETE
        if (at + 1 < to && (bytes[at + 1] === escapeByte || bytes[at + 1] === quote)) {
          isEscaped = true
          at++
          continue
        }
      }
      if (byte === quote) return isEscaped ? -at : at
      if (byte === counted) this.#extraLines++
    }
    return INCOMPLETE
  }

  #unterminated(ranges: FieldRanges, end: number): number {
    ranges.fail(badFormat('unterminated CSV quoted field'), this.#rowStart, end)
    this.line += this.#extraLines
    return FAILED
  }

  #endRow(
    bytes: Buffer,
    from: number,
    start: number,
    end: number,
    form: number,
    column: number,
    ranges: FieldRanges,
  ): boolean {
    // PostgreSQL names the last line of the row.
    this.line += this.#extraLines
    if (!this.#endField(bytes, start, end, form, column, ranges)) return false
    ranges.miss(column + 1)
    ranges.endRow(from, end, this.line++)
    return true
  }

  /** False when the row has more fields than columns. */
  #endField(
    bytes: Buffer,
    start: number,
    end: number,
    form: number,
    column: number,
    ranges: FieldRanges,
  ): boolean {
    const { nullText, forceNotNull, forceNull } = this.#syntax
    let from = start
    let to = end
    if (form === QUOTED) {
      from++
      to--
    } else if (form === MIXED_QUOTES) {
      from = this.#scratch
      to = this.#unquote(bytes, start, end, from)
      this.#scratch = to
    }
    const isNullText = to - from === nullText.length && startsWith(bytes, from, nullText)
    if (ranges.header !== undefined) {
      ranges.header.push(form === PLAIN && isNullText ? undefined : bytes.toString('utf8', from, to))
      return true
    }
    if (column >= ranges.columnCount) {
      ranges.fail(badFormat('extra data after last expected column'), this.#rowStart)
      return false
    }
    const index = column * SLICE_ROWS + ranges.rowCount
    const isNull = isNullText && (form === PLAIN ? !forceNotNull[column] : forceNull[column])
    ranges.starts[index] = isNull ? NULL_FIELD : from
    ranges.ends[index] = to
    return true
  }

  /** Writes bytes [start, end) without quotes and escapes to `target` on; returns the end. */
  #unquote(bytes: Buffer, start: number, end: number, target: number): number {
    const { quote, escape: escapeByte } = this.#syntax
    let isInside = false
    let to = target
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!
      if (isInside && byte === escapeByte && at + 1 < end) {
        const next = bytes[at + 1]!
        if (next === escapeByte || next === quote) {
          bytes[to++] = next
          at++
          continue
        }
      }
      if (byte === quote) isInside = !isInside
      else bytes[to++] = byte
    }
    return to
  }

  /** `\.` alone on a line; undefined when the line is data. */
  #endOfData(
    bytes: Buffer,
    from: number,
    to: number,
    isEnd: boolean,
    ranges: FieldRanges,
  ): number | undefined {
    if (from + 1 >= to) return isEnd ? undefined : INCOMPLETE
    if (bytes[from + 1] !== DOT) return undefined
    const after = this.#lineEnds.afterMarker(bytes, from + 2, to, isEnd)
    if (after === 'unfinished') return INCOMPLETE
    if (after === 'data') return undefined
    if (after !== undefined) {
      ranges.fail(after)
      return FAILED
    }
    this.isDone = true
    return to
  }
}

/** The closing quote at `at` is the last byte of its field. */
function endsField(bytes: Buffer, at: number, to: number, delimiter: number): boolean {
  if (at + 1 === to) return true
  const next = bytes[at + 1]
  return next === delimiter || next === NEWLINE || next === RETURN
}
