/**
 * The bytes of text that functions compute within one batch. Results are ranges of `bytes`; growing keeps
 * their positions, so that an output column may point into the arena when the batch is done.
 */

import type { TextSink } from '../functions/scalar-function.ts'

/** How large arenas of a kernel became, so that the next one need not grow. */
export interface ArenaSize {
  bytes: number
}

export class TextArena implements TextSink {
  bytes: Buffer
  length = 0
  readonly #size: ArenaSize

  constructor(size: ArenaSize) {
    this.#size = size
    this.bytes = Buffer.allocUnsafeSlow(size.bytes)
  }

  reserve(count: number): void {
    const needed = this.length + count
    if (needed > this.bytes.length) this.#grow(needed)
  }

  appendText(text: string): void {
    this.reserve(text.length * 3)
    this.length += this.bytes.write(text, this.length)
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2))
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
    this.#size.bytes = grown.length
  }
}
