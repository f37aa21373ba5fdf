/**
 * The rows of a bytes column while it is written: strings and byte ranges are appended to one growing buffer.
 * Used by the column builder and by generated code for computed text.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'

/** Strings up to this length are tried as ASCII in a plain loop, which beats a call into the runtime. */
const SHORT_STRING = 32
/** JS engines and int32 positions end here. */
const BYTES_MAX = 2 ** 31 - 1

export class TextWriter {
  starts: Int32Array
  ends: Int32Array
  #buffer: Buffer
  #used = 0
  #lastText: string | undefined
  #lastStart = 0
  #lastEnd = 0

  constructor(rows: number, bytes = 64) {
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
    this.#reserve(text.length * 3)
    if (text.length <= SHORT_STRING && this.#writeAscii(text, start)) this.#used = start + text.length
    else this.#used = start + this.#buffer.write(text, start)
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
    const buffer = this.#buffer
    if (length <= SHORT_STRING) {
      for (let offset = 0; offset < length; offset++) buffer[target + offset] = bytes[start + offset]!
    } else {
      buffer.set(bytes.subarray(start, end), target)
    }
    this.starts[row] = target
    this.#used = target + length
    this.ends[row] = this.#used
  }

  #writeAscii(text: string, start: number): boolean {
    const buffer = this.#buffer
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (code > 127) return false
      buffer[start + index] = code
    }
    return true
  }

  #reserve(bytes: number): void {
    const needed = this.#used + bytes
    if (needed <= this.#buffer.length) return
    if (needed > BYTES_MAX) throw new SqlError(SqlState.programLimitExceeded, 'text of a batch is too large')
    const grown = Buffer.allocUnsafe(Math.min(Math.max(needed, this.#buffer.length * 2), BYTES_MAX))
    grown.set(this.#buffer.subarray(0, this.#used))
    this.#buffer = grown
  }
}
