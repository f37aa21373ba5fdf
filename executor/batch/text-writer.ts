/**
 * The rows of a bytes column while it is written: strings and byte ranges are appended to one growing buffer.
 * Used by the column builder and by generated code for computed text.
 */

import { copyRange } from './copy-bytes.ts'
import { checkValueBytes, grownLength, VALUE_BYTES_MAX } from './value-limit.ts'

/** Strings up to this length are tried as ASCII in a plain loop, which beats a call into the runtime. */
const SHORT_STRING = 32
/** Of longer strings it pays to find out how much room they need. */
const COUNTED_STRING = 4096

export class TextWriter {
  starts: Int32Array
  ends: Int32Array
  #buffer: Buffer
  #used = 0
  #lastText: string | undefined
  #lastStart = 0
  #lastEnd = 0
  readonly #valueBytesMax: number

  constructor(rows: number, bytes = 64, valueBytesMax = VALUE_BYTES_MAX) {
    this.#valueBytesMax = valueBytesMax
    this.starts = new Int32Array(rows)
    this.ends = new Int32Array(rows)
    this.#buffer = Buffer.allocUnsafe(Math.max(bytes, 16))
  }

  /** The bytes written so far. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#used)
  }

  /** Makes room for `rows` rows. */
  reserveRows(rows: number): void {
    if (rows <= this.starts.length) return
    const starts = new Int32Array(rows)
    const ends = new Int32Array(rows)
    starts.set(this.starts)
    ends.set(this.ends)
    this.starts = starts
    this.ends = ends
  }

  /** Row `row` is the UTF-8 of `text`. The text written last is not written again: rows may share bytes. */
  writeString(row: number, text: string): void {
    if (text === this.#lastText) {
      this.starts[row] = this.#lastStart
      this.ends[row] = this.#lastEnd
      return
    }
    const start = this.#used
    this.starts[row] = start
    this.#reserve(utf8Room(text))
    this.#used = writeUtf8(this.#buffer, text, start)
    checkValueBytes(this.#used - start, this.#valueBytesMax)
    this.ends[row] = this.#used
    this.#lastText = text
    this.#lastStart = start
    this.#lastEnd = this.#used
  }

  /** Row `row` is a copy of a range. */
  writeRange(row: number, bytes: Uint8Array, start: number, end: number): void {
    const target = this.#used
    const length = end - start
    this.#reserve(length)
    copyRange(bytes, start, end, this.#buffer, target)
    this.starts[row] = target
    this.#used = target + length
    this.ends[row] = this.#used
  }

  /** Row `row` is a copy of a value that was just made. */
  writeBytes(row: number, bytes: Uint8Array): void {
    checkValueBytes(bytes.length, this.#valueBytesMax)
    this.writeRange(row, bytes, 0, bytes.length)
  }

  #reserve(bytes: number): void {
    const needed = this.#used + bytes
    if (needed <= this.#buffer.length) return
    const grown = Buffer.allocUnsafe(grownLength(needed, this.#buffer.length))
    grown.set(this.#buffer.subarray(0, this.#used))
    this.#buffer = grown
  }
}

/** Room that is enough for the UTF-8 of `text`. */
export function utf8Room(text: string): number {
  return text.length <= COUNTED_STRING ? text.length * 3 : Buffer.byteLength(text)
}

/** Writes the UTF-8 of `text` to `buffer` at `start`; returns the position behind it. */
export function writeUtf8(buffer: Buffer, text: string, start: number): number {
  if (text.length > SHORT_STRING) return start + buffer.write(text, start)
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code > 127) return start + buffer.write(text, start)
    buffer[start + index] = code
  }
  return start + text.length
}
