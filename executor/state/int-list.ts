/** A growing list of 32-bit integers. */

import { grownCapacity } from './stored-column.ts'

const FIRST_LENGTH = 16

export class IntList {
  #values = new Int32Array(FIRST_LENGTH)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** What was pushed so far. */
  get values(): Int32Array {
    return this.#values.subarray(0, this.#length)
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const grown = new Int32Array(grownCapacity(this.#length, this.#length + 1))
      grown.set(this.#values)
      this.#values = grown
    }
    this.#values[this.#length++] = value
  }
}
