/** A set of byte strings: open addressing over hashes that the caller has already. */

import { copyBytes } from '../formats/json-write.ts'

export class KeySet {
  #slots = new Int32Array(1024).fill(-1)
  #hashes = new Int32Array(512)
  #starts = new Int32Array(513)
  #bytes = new Uint8Array(16 * 1024)
  #count = 0

  get size(): number {
    return this.#count
  }

  has(hash: number, bytes: Uint8Array, start: number, end: number): boolean {
    return this.#slots[this.#find(hash, bytes, start, end)]! >= 0
  }

  /** Adds a key; false when it is there already. */
  add(hash: number, bytes: Uint8Array, start: number, end: number): boolean {
    const slot = this.#find(hash, bytes, start, end)
    if (this.#slots[slot]! >= 0) return false
    this.#reserve(end - start)
    const from = this.#starts[this.#count]!
    this.#starts[this.#count + 1] = copyBytes(bytes, start, end, this.#bytes, from)
    this.#hashes[this.#count] = hash
    this.#slots[slot] = this.#count++
    if (this.#count * 2 > this.#slots.length) this.#rehash()
    return true
  }

  /** The slot of the key, or the empty one where it belongs. */
  #find(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (;;) {
      const entry = this.#slots[slot]!
      if (entry < 0) return slot
      if (this.#hashes[entry] === hash && this.#equals(entry, bytes, start, end)) return slot
      slot = (slot + 1) & mask
    }
  }

  #equals(entry: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#starts[entry]!
    if (this.#starts[entry + 1]! - from !== end - start) return false
    for (let index = 0; index < end - start; index++) {
      if (this.#bytes[from + index] !== bytes[start + index]) return false
    }
    return true
  }

  #reserve(bytes: number): void {
    const needed = this.#starts[this.#count]! + bytes
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
      grown.set(this.#bytes)
      this.#bytes = grown
    }
    if (this.#count < this.#hashes.length) return
    const hashes = new Int32Array(this.#hashes.length * 2)
    hashes.set(this.#hashes)
    this.#hashes = hashes
    const starts = new Int32Array(this.#hashes.length + 1)
    starts.set(this.#starts)
    this.#starts = starts
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1)
    const mask = slots.length - 1
    for (let entry = 0; entry < this.#count; entry++) {
      let slot = this.#hashes[entry]! & mask
      while (slots[slot]! >= 0) slot = (slot + 1) & mask
      slots[slot] = entry
    }
    this.#slots = slots
  }
}
