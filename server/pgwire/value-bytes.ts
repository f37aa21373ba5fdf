/**
 * The values of some rows of one column in the form that goes to the client. Rows are rendered a slice at a
 * time and column by column, in one loop per type, and then put together into messages by copying: no call
 * and no branch on the type per value.
 */

import type { BytesColumn } from '../../executor/batch/column.ts'
import { viewOf } from '../../executor/batch/copy-bytes.ts'

/** Rows rendered at once: their values stay in the L1 and L2 caches until they are copied. */
export const SLICE_ROWS = 256
/** A renderer of long values stops early when it holds this much. */
const SCRATCH_BYTES_MAX = 128 * 1024
/** Strings up to this length are tried as ASCII in a plain loop, which beats a call into the runtime. */
const SHORT_STRING = 32

/**
 * Renders rows [from, to) of its column, or fewer; returns the row after the last one. What it makes of NULL
 * rows does not matter.
 */
export type Renderer = (into: ValueBytes, from: number, to: number) => number

const noBytes = new Uint8Array(0)
const noView = viewOf(noBytes)
const noRows = new Int32Array(0)

export class ValueBytes {
  /** Row `row` is bytes[starts[row - base] .. ends[row - base]). */
  bytes: Uint8Array = noBytes
  /** Of `bytes`. */
  view: DataView = noView
  starts: Int32Array = noRows
  ends: Int32Array = noRows
  base = 0
  #scratch: Buffer | undefined

  /** The column's own bytes are what goes to the client. */
  alias(column: BytesColumn): void {
    if (this.bytes === column.bytes) return
    this.bytes = column.bytes
    this.view = viewOf(column.bytes)
    this.starts = column.starts
    this.ends = column.ends
  }

  /** Makes room for rows [from, to) of up to `width` bytes each, from position 0 on. */
  begin(from: number, to: number, width: number): void {
    const rows = to - from
    this.base = from
    if (this.starts.length < rows) {
      this.starts = new Int32Array(rows)
      this.ends = new Int32Array(rows)
    }
    this.reserve(0, rows * width)
  }

  /** Makes room for `count` bytes after the `used` ones, which stay. */
  reserve(used: number, count: number): void {
    const scratch = this.#scratch
    if (scratch !== undefined && used + count <= scratch.length) return
    const grown = Buffer.allocUnsafe(Math.max(used + count, used * 2, 64))
    scratch?.copy(grown, 0, 0, used)
    this.#scratch = grown
    this.bytes = grown
    this.view = viewOf(grown)
  }

  /** Appends the UTF-8 of `text` to the `used` bytes; returns how many there are then. */
  append(used: number, text: string): number {
    this.reserve(used, text.length * 3)
    const scratch = this.#scratch!
    if (text.length > SHORT_STRING) return used + scratch.write(text, used)
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (code > 127) return used + scratch.write(text, used)
      scratch[used + index] = code
    }
    return used + text.length
  }
}

export function isScratchFull(used: number): boolean {
  return used >= SCRATCH_BYTES_MAX
}
