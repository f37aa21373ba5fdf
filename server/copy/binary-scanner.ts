/** COPY's binary format: a signature, then tuples of a field count and fields with their lengths, then -1. */

import { type FieldRanges, NULL_FIELD, SLICE_ROWS } from './field-ranges.ts'
import { badFormat, type RowScanner } from './row-scanner.ts'

export const BINARY_SIGNATURE: Buffer = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1')
/** The signature, the flags and the length of a header extension. */
const HEADER_BYTES = BINARY_SIGNATURE.length + 8
const HAS_OIDS = 1 << 16
const CRITICAL_FLAGS = 0xfffe0000

const INCOMPLETE = -1

export class BinaryScanner implements RowScanner {
  /** Bytes of the header extension still to come; undefined before the header. */
  #extensionBytes: number | undefined
  #isEnded = false
  /** 0 before the header is read. */
  line = 0
  readonly isDone = false

  scan(
    bytes: Buffer,
    from: number,
    to: number,
    _scratch: number,
    isEnd: boolean,
    ranges: FieldRanges,
  ): number {
    let at = from
    if (this.#extensionBytes === undefined) {
      at = this.#scanHeader(bytes, from, to, isEnd, ranges)
      if (at < 0) return from
    }
    if (this.#extensionBytes! > 0) {
      const skipped = Math.min(this.#extensionBytes!, to - at)
      this.#extensionBytes! -= skipped
      at += skipped
      if (isEnd && this.#extensionBytes! > 0)
        ranges.fail(badFormat('invalid COPY file header (wrong length)'))
      if (this.#extensionBytes! > 0) return at
      this.line = 1
    }
    while (ranges.rowCount < SLICE_ROWS && (at < to || (isEnd && !this.#isEnded))) {
      const next = this.#scanTuple(bytes, at, to, isEnd, ranges)
      // The end without a trailer is accepted where a tuple would begin, as PostgreSQL does.
      if (next === INCOMPLETE || ranges.error !== undefined) return at
      at = next
    }
    return at
  }

  #scanHeader(bytes: Buffer, from: number, to: number, isEnd: boolean, ranges: FieldRanges): number {
    const length = to - from
    if (length < HEADER_BYTES && !isEnd) return INCOMPLETE
    const signature = bytes.subarray(from, Math.min(to, from + BINARY_SIGNATURE.length))
    const flagsAt = from + BINARY_SIGNATURE.length
    if (!signature.equals(BINARY_SIGNATURE)) {
      ranges.fail(badFormat('COPY file signature not recognized'))
    } else if (flagsAt + 4 > to) {
      ranges.fail(badFormat('invalid COPY file header (missing flags)'))
    } else if ((bytes.readUInt32BE(flagsAt) & HAS_OIDS) !== 0) {
      ranges.fail(badFormat('invalid COPY file header (WITH OIDS)'))
    } else if ((bytes.readUInt32BE(flagsAt) & CRITICAL_FLAGS) !== 0) {
      ranges.fail(badFormat('unrecognized critical flags in COPY file header'))
    } else if (flagsAt + 8 > to || bytes.readInt32BE(flagsAt + 4) < 0) {
      ranges.fail(badFormat('invalid COPY file header (missing length)'))
    } else {
      this.#extensionBytes = bytes.readInt32BE(flagsAt + 4)
      if (this.#extensionBytes === 0) this.line = 1
      return flagsAt + 8
    }
    return INCOMPLETE
  }

  #scanTuple(bytes: Buffer, from: number, to: number, isEnd: boolean, ranges: FieldRanges): number {
    if (this.#isEnded) {
      if (from < to) ranges.fail(badFormat('received copy data after EOF marker'))
      return from
    }
    if (from + 2 > to) return INCOMPLETE
    const count = bytes.readInt16BE(from)
    if (count === -1) {
      this.#isEnded = true
      return from + 2
    }
    if (count !== ranges.columnCount) {
      ranges.fail(badFormat(`row field count is ${count}, expected ${ranges.columnCount}`))
      return from
    }
    let at = from + 2
    for (let column = 0; column < count; column++) {
      if (at + 4 > to) return cutOff(isEnd, column, ranges)
      const length = bytes.readInt32BE(at)
      at += 4
      const index = column * SLICE_ROWS + ranges.rowCount
      ranges.starts[index] = length === -1 ? NULL_FIELD : at
      ranges.ends[index] = at + length
      if (length === -1) continue
      if (length < 0) {
        ranges.fail(badFormat('invalid field size'))
        ranges.errorColumn = column
        return from
      }
      at += length
      if (at > to) return cutOff(isEnd, column, ranges)
    }
    ranges.endRow(from, at, this.line++)
    return at
  }
}

/** The data so far ends inside a field. */
function cutOff(isEnd: boolean, column: number, ranges: FieldRanges): number {
  if (isEnd) {
    ranges.fail(badFormat('unexpected EOF in COPY data'))
    ranges.errorColumn = column
  }
  return INCOMPLETE
}
