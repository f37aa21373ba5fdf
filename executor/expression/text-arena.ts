/**
 * The bytes of text that functions compute within one batch. Results are ranges of `bytes`; growing keeps
 * their positions, so that an output column may point into the arena when the batch is done.
 */

import { utf8Room, writeUtf8 } from '../batch/text-writer.ts'
import { checkValueBytes, grownLength } from '../batch/value-limit.ts'
import type { TextSink } from '../functions/scalar-function.ts'

/** How large arenas of a kernel became, so that the next one need not grow. */
export interface ArenaSize {
  bytes: number
}

export class TextArena implements TextSink {
  bytes: Buffer
  length = 0
  readonly #size: ArenaSize
  readonly #valueBytesMax: number

  constructor(size: ArenaSize, valueBytesMax: number) {
    this.#size = size
    this.#valueBytesMax = valueBytesMax
    this.bytes = Buffer.allocUnsafeSlow(size.bytes)
  }

  reserve(count: number): void {
    const needed = this.length + count
    if (needed > this.bytes.length) this.#grow(needed, count)
  }

  finish(start: number): number {
    checkValueBytes(this.length - start, this.#valueBytesMax)
    return this.length
  }

  /** Writes a string; returns where it starts. */
  appendText(text: string): number {
    const start = this.length
    this.reserve(utf8Room(text))
    this.length = writeUtf8(this.bytes, text, start)
    return start
  }

  #grow(needed: number, count: number): void {
    checkValueBytes(count, this.#valueBytesMax)
    const grown = Buffer.allocUnsafeSlow(grownLength(needed, this.bytes.length))
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
    this.#size.bytes = grown.length
  }
}
