/** A growing big-endian buffer for PostgreSQL's binary formats. */

import { copyRange } from './copy-bytes.ts'
import { utf8Room, writeUtf8 } from './text-writer.ts'
import { grownLength } from './value-limit.ts'

export class ByteWriter {
  #buffer = Buffer.allocUnsafe(64)
  #length = 0

  get length(): number {
    return this.#length
  }

  int8(value: number): void {
    this.#reserve(1)
    this.#buffer[this.#length++] = value
  }

  int16(value: number): void {
    this.#reserve(2)
    this.#length = this.#buffer.writeInt16BE(value, this.#length)
  }

  int32(value: number): void {
    this.#reserve(4)
    this.#length = this.#buffer.writeInt32BE(value, this.#length)
  }

  int64(value: bigint): void {
    this.#reserve(8)
    this.#length = this.#buffer.writeBigInt64BE(value, this.#length)
  }

  float32(value: number): void {
    this.#reserve(4)
    this.#length = this.#buffer.writeFloatBE(value, this.#length)
  }

  float64(value: number): void {
    this.#reserve(8)
    this.#length = this.#buffer.writeDoubleBE(value, this.#length)
  }

  text(value: string): void {
    this.#reserve(utf8Room(value))
    this.#length = writeUtf8(this.#buffer, value, this.#length)
  }

  bytes(value: Uint8Array): void {
    this.range(value, 0, value.length)
  }

  range(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start
    this.#reserve(length)
    copyRange(bytes, start, end, this.#buffer, this.#length)
    this.#length += length
  }

  /** Overwrites the int32 at `offset`: for lengths that are known only afterwards. */
  patchInt32(offset: number, value: number): void {
    this.#buffer.writeInt32BE(value, offset)
  }

  /** What was written; the writer must not be used afterwards. */
  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#buffer.length) return
    const grown = Buffer.allocUnsafe(grownLength(needed, this.#buffer.length))
    this.#buffer.copy(grown, 0, 0, this.#length)
    this.#buffer = grown
  }
}
