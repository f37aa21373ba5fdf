/** Writes record batches (format v2, see record-batch.ts) from byte ranges. */

import { crc32c } from '@node-rs/crc32'
import { type Codec, codecs, compress } from './compression.ts'

const HEADER_BYTES = 61
/** Varints and attributes of one record at most. */
const RECORD_OVERHEAD_MAX = 32
/** Ranges up to this length are copied by a plain loop, which beats a call into the runtime. */
const SHORT_RANGE = 48

/** What a batch says of its producer; the defaults say "not idempotent, no transaction". */
export interface BatchOptions {
  readonly codec: Codec
  /** Milliseconds since 1970, of every record. */
  readonly timestamp: number
  readonly baseOffset?: number | undefined
  readonly attributes?: number | undefined
  readonly producerId?: bigint | undefined
}

/** One batch being written. Reusable: finish copies out and starts over. */
export class RecordBatchEncoder {
  #buffer: Buffer
  #position = HEADER_BYTES
  #count = 0

  constructor(bytes = 64 * 1024) {
    this.#buffer = Buffer.allocUnsafe(Math.max(bytes, 2 * HEADER_BYTES))
  }

  get count(): number {
    return this.#count
  }

  /** Bytes the batch has now, uncompressed. */
  get byteLength(): number {
    return this.#position
  }

  /** Appends a record. A start of -1 means null: no key, or a tombstone. */
  append(
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    const keyLength = keyStart < 0 ? 0 : keyEnd - keyStart
    const valueLength = valueStart < 0 ? 0 : valueEnd - valueStart
    this.#reserve(keyLength + valueLength + RECORD_OVERHEAD_MAX)
    const keyCode = keyStart < 0 ? -1 : keyLength
    const valueCode = valueStart < 0 ? -1 : valueLength
    const length =
      3 + varintBytes(this.#count) + varintBytes(keyCode) + keyLength + varintBytes(valueCode) + valueLength
    const buffer = this.#buffer
    let position = writeVarint(buffer, this.#position, length)
    buffer[position++] = 0
    buffer[position++] = 0
    position = writeVarint(buffer, position, this.#count)
    position = writeVarint(buffer, position, keyCode)
    position = copyRange(key, keyStart, keyLength, buffer, position)
    position = writeVarint(buffer, position, valueCode)
    position = copyRange(value, valueStart, valueLength, buffer, position)
    buffer[position++] = 0
    this.#position = position
    this.#count++
  }

  /** The batch of everything appended, in memory of its own; the encoder is empty afterwards. */
  finish(options: BatchOptions): Buffer {
    const records = compress(options.codec, this.#buffer.subarray(HEADER_BYTES, this.#position))
    const batch = Buffer.allocUnsafe(HEADER_BYTES + records.length)
    batch.writeBigInt64BE(BigInt(options.baseOffset ?? 0), 0)
    batch.writeInt32BE(batch.length - 12, 8)
    batch.writeInt32BE(-1, 12)
    batch[16] = 2
    batch.writeInt16BE((options.attributes ?? 0) | codecs.indexOf(options.codec), 21)
    batch.writeInt32BE(this.#count - 1, 23)
    batch.writeBigInt64BE(BigInt(options.timestamp), 27)
    batch.writeBigInt64BE(BigInt(options.timestamp), 35)
    batch.writeBigInt64BE(options.producerId ?? -1n, 43)
    batch.writeInt16BE(options.producerId === undefined ? -1 : 0, 51)
    batch.writeInt32BE(-1, 53)
    batch.writeInt32BE(this.#count, 57)
    batch.set(records, HEADER_BYTES)
    batch.writeUInt32BE(crc32c(batch.subarray(21)), 17)
    this.#position = HEADER_BYTES
    this.#count = 0
    return batch
  }

  #reserve(bytes: number): void {
    if (this.#position + bytes <= this.#buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(this.#position + bytes, this.#buffer.length * 2))
    grown.set(this.#buffer.subarray(0, this.#position))
    this.#buffer = grown
  }
}

function copyRange(from: Uint8Array, start: number, length: number, to: Buffer, position: number): number {
  if (length <= SHORT_RANGE) {
    for (let index = 0; index < length; index++) to[position + index] = from[start + index]!
  } else {
    to.set(from.subarray(start, start + length), position)
  }
  return position + length
}

function writeVarint(buffer: Uint8Array, position: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  let at = position
  while (rest >= 0x80) {
    buffer[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  buffer[at++] = rest
  return at
}

function varintBytes(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  return zigzag < 0x80 ? 1 : zigzag < 0x4000 ? 2 : zigzag < 0x200000 ? 3 : zigzag < 0x10000000 ? 4 : 5
}
