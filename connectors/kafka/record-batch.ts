/**
 * Walks the record batches (format v2) of a fetch response into byte ranges.
 *
 *     batch: baseOffset int64, batchLength int32, leaderEpoch int32, magic int8, crc32c uint32,
 *            attributes int16, lastOffsetDelta int32, baseTimestamp int64, maxTimestamp int64,
 *            producerId int64, producerEpoch int16, baseSequence int32, recordCount int32, records
 *     record: length varint, attributes int8, timestampDelta varlong, offsetDelta varint, key, value, headers
 *
 * A fetch ends in the middle of a batch as a rule; that tail is left out and fetched again. The first batch
 * may begin before the fetch offset; those records are left out too.
 */

import { crc32c } from '@node-rs/crc32'
import { storeInt64 } from '../int64.ts'
import { type AbortedTransaction, AbortedTransactions } from './aborted-transactions.ts'
import { ByteCursor } from './byte-cursor.ts'
import { type Codec, codecs, decompress } from './compression.ts'
import type { RecordBuffer } from './record-buffer.ts'

const LENGTH_AT = 8
/** batchLength counts from here. */
const LENGTH_FROM = 12
const MAGIC_AT = 16
const CRC_AT = 17
const ATTRIBUTES_AT = 21
const LAST_OFFSET_DELTA_AT = 23
const BASE_TIMESTAMP_AT = 27
const MAX_TIMESTAMP_AT = 35
const PRODUCER_ID_AT = 43
const COUNT_AT = 57
const RECORDS_AT = 61

const CODEC_BITS = 0x07
const LOG_APPEND_TIME = 0x08
const TRANSACTIONAL = 0x10
const CONTROL = 0x20

/** Decompressed batches that one portion may span. */
const COLLECTED_BYTES = 1 << 20

/** What one partition's part of a fetch response holds: whole batches only. */
export interface BatchExtent {
  /** Where the last whole batch ends. */
  readonly end: number
  /** The offset after the last whole batch; undefined when there is none. */
  readonly nextOffset: number | undefined
  /** Bytes the first batch needs when not even one is whole. */
  readonly bytesNeeded: number
}

/** Finds the whole batches in `bytes` by their headers alone. */
export function batchExtent(bytes: Buffer): BatchExtent {
  let position = 0
  let nextOffset: number | undefined
  while (position + RECORDS_AT <= bytes.length) {
    const end = position + LENGTH_FROM + bytes.readInt32BE(position + LENGTH_AT)
    if (end > bytes.length) break
    if (end < position + RECORDS_AT) throw corrupt('a record batch has an impossible length')
    nextOffset = readInt64(bytes, position) + bytes.readInt32BE(position + LAST_OFFSET_DELTA_AT) + 1
    position = end
  }
  const cut = position === 0 && bytes.length >= LENGTH_FROM
  return { end: position, nextOffset, bytesNeeded: cut ? LENGTH_FROM + bytes.readInt32BE(LENGTH_AT) : 0 }
}

export interface RecordSetOptions {
  /** The first offset that is wanted. */
  readonly fromOffset: number
  readonly aborted: readonly AbortedTransaction[]
  readonly checkCrc: boolean
}

/** The records of one partition's part of a fetch response, read in portions. */
export class RecordSet {
  readonly #bytes: Buffer
  /** The same memory; readers of columns get no Buffer, whose slice does not copy. */
  readonly #network: Uint8Array
  readonly #end: number
  readonly #aborted: AbortedTransactions
  readonly #checkCrc: boolean
  readonly #fromOffset: number
  /** Where the next batch begins in #bytes. */
  #batchAt = 0
  #nextOffset: number
  /** The batch being walked; its records may lie in a decompressed copy. */
  readonly #records = new ByteCursor(new Uint8Array(0))
  #recordsEnd = 0
  /** Decompressed batches, appended; never overwritten, since columns point into it. */
  #collected: Uint8Array = new Uint8Array(0)
  #collectedLength = 0
  #remaining = 0
  #baseOffset = 0
  #lastOffset = 0
  #baseTimestamp = 0
  #logAppendTime = false

  /** `end`: of the whole batches, from batchExtent. */
  constructor(bytes: Buffer, end: number, options: RecordSetOptions) {
    this.#bytes = bytes
    this.#network = plainBytes(bytes)
    this.#end = end
    this.#aborted = new AbortedTransactions(options.aborted)
    this.#checkCrc = options.checkCrc
    this.#fromOffset = options.fromOffset
    this.#nextOffset = options.fromOffset
  }

  /** True when read would find nothing more. */
  get exhausted(): boolean {
    return this.#remaining === 0 && this.#batchAt >= this.#end
  }

  /** The offset after everything that was read, records left out included. */
  get nextOffset(): number {
    return this.#nextOffset
  }

  /**
   * Fills `target` with the next records below `untilOffset`, at most `rowsMax` and its capacity. Fewer, even
   * none, come where the byte array changes or batches are left out; call again until exhausted. Throws when
   * a batch is corrupt.
   */
  read(target: RecordBuffer, rowsMax: number, untilOffset: number): void {
    target.length = 0
    const rows = Math.min(rowsMax, target.capacity)
    while (target.length < rows && !this.exhausted && this.#nextOffset < untilOffset) {
      if (this.#remaining === 0 && !this.#openBatch()) continue
      if (target.length === 0) target.bytes = this.#records.bytes
      else if (target.bytes !== this.#records.bytes) return
      this.#walk(target, rows, untilOffset)
    }
  }

  /** Opens the batch at #batchAt; false when it is left out. */
  #openBatch(): boolean {
    const bytes = this.#bytes
    const start = this.#batchAt
    const end = start + LENGTH_FROM + bytes.readInt32BE(start + LENGTH_AT)
    this.#batchAt = end
    const baseOffset = readInt64(bytes, start)
    const lastOffset = baseOffset + bytes.readInt32BE(start + LAST_OFFSET_DELTA_AT)
    if (bytes[start + MAGIC_AT] !== 2)
      throw corrupt(`record format ${bytes[start + MAGIC_AT]} is not supported`, baseOffset)
    if (
      this.#checkCrc &&
      crc32c(bytes.subarray(start + ATTRIBUTES_AT, end)) !== bytes.readUInt32BE(start + CRC_AT)
    ) {
      throw corrupt('the checksum of a record batch does not match', baseOffset)
    }
    const attributes = bytes.readInt16BE(start + ATTRIBUTES_AT)
    if (this.#leftOut(start, attributes, lastOffset) || lastOffset < this.#fromOffset) {
      this.#nextOffset = Math.max(this.#nextOffset, lastOffset + 1)
      return false
    }
    const codec = codecs[attributes & CODEC_BITS]
    if (codec === undefined) throw corrupt(`compression ${attributes & CODEC_BITS} is not known`, baseOffset)
    if (codec === 'none') {
      this.#records.bytes = this.#network
      this.#records.position = start + RECORDS_AT
      this.#recordsEnd = end
    } else {
      this.#place(decompressBatch(codec, bytes.subarray(start + RECORDS_AT, end), baseOffset))
    }
    this.#remaining = bytes.readInt32BE(start + COUNT_AT)
    this.#baseOffset = baseOffset
    this.#lastOffset = lastOffset
    this.#logAppendTime = (attributes & LOG_APPEND_TIME) !== 0
    this.#baseTimestamp = readInt64(
      bytes,
      start + (this.#logAppendTime ? MAX_TIMESTAMP_AT : BASE_TIMESTAMP_AT),
    )
    if (this.#remaining === 0) this.#nextOffset = lastOffset + 1
    return this.#remaining > 0
  }

  /**
   * Makes decompressed records the open batch. Small ones are collected in one array, so that many of them
   * become one portion.
   */
  #place(records: Uint8Array): void {
    const isLast = this.#batchAt >= this.#end
    if (records.length > COLLECTED_BYTES / 4 || (isLast && this.#collected.length === 0)) {
      this.#records.bytes = records
      this.#records.position = 0
      this.#recordsEnd = records.length
      return
    }
    if (this.#collectedLength + records.length > this.#collected.length) {
      this.#collected = plainBytes(Buffer.allocUnsafeSlow(COLLECTED_BYTES))
      this.#collectedLength = 0
    }
    this.#collected.set(records, this.#collectedLength)
    this.#records.bytes = this.#collected
    this.#records.position = this.#collectedLength
    this.#collectedLength += records.length
    this.#recordsEnd = this.#collectedLength
  }

  #leftOut(start: number, attributes: number, lastOffset: number): boolean {
    if ((attributes & (TRANSACTIONAL | CONTROL)) === 0) return false
    const isControl = (attributes & CONTROL) !== 0
    const producerId = this.#bytes.readBigInt64BE(start + PRODUCER_ID_AT)
    const isAbortMarker = isControl && controlType(this.#bytes, start) === 0
    return this.#aborted.covers({ producerId, lastOffset, isAbortMarker }) || isControl
  }

  /** Puts the open batch's next records into `target`. */
  #walk(target: RecordBuffer, rows: number, untilOffset: number): void {
    const records = this.#records
    const end = this.#recordsEnd
    const baseOffset = this.#baseOffset
    const scale = this.#logAppendTime ? 0 : 1
    let row = target.length
    let remaining = this.#remaining
    for (; remaining > 0 && row < rows; remaining--) {
      const start = records.position
      const recordEnd = records.varint() + records.position
      records.position++
      const timestamp = this.#baseTimestamp + records.varlong() * scale
      const offset = baseOffset + records.varint()
      if (offset >= untilOffset) {
        records.position = start
        this.#nextOffset = untilOffset
        break
      }
      const keyLength = records.varint()
      const keyStart = records.position
      const keyEnd = keyLength < 0 ? keyStart : keyStart + keyLength
      records.position = keyEnd
      const valueLength = records.varint()
      const valueStart = records.position
      const valueEnd = valueLength < 0 ? valueStart : valueStart + valueLength
      if (valueEnd > recordEnd || recordEnd > end) throw corrupt('a record is malformed', offset)
      records.position = recordEnd
      if (offset < this.#fromOffset) continue
      this.#nextOffset = offset + 1
      target.keyStarts[row] = keyLength < 0 ? -1 : keyStart
      target.keyEnds[row] = keyLength < 0 ? -1 : keyEnd
      target.valueStarts[row] = valueLength < 0 ? -1 : valueStart
      target.valueEnds[row] = valueLength < 0 ? -1 : valueEnd
      target.headerStarts[row] = valueEnd
      target.headerEnds[row] = recordEnd
      storeInt64(target.offsetHalves, row, offset)
      storeInt64(target.timestampHalves, row, timestamp)
      row++
    }
    target.length = row
    this.#remaining = remaining
    if (remaining === 0)
      this.#nextOffset = Math.min(this.#lastOffset + 1, Math.max(untilOffset, this.#nextOffset))
  }
}

/** 0 for an abort marker, 1 for a commit marker: the second int16 of the control record's key. */
function controlType(bytes: Buffer, batchAt: number): number {
  const record = new ByteCursor(bytes, batchAt + RECORDS_AT)
  record.varint()
  record.position++
  record.varlong()
  record.varint()
  record.varint()
  record.position += 2
  return record.int16()
}

function decompressBatch(codec: Codec, bytes: Buffer, baseOffset: number): Uint8Array {
  try {
    return plainBytes(decompress(codec, bytes))
  } catch (error) {
    throw corrupt(`a ${codec} batch cannot be decompressed: ${(error as Error).message}`, baseOffset)
  }
}

function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 4294967296 + bytes.readUInt32BE(at + 4)
}

function corrupt(what: string, offset?: number): Error {
  return new Error(
    offset === undefined ? `corrupt Kafka data: ${what}` : `corrupt Kafka data at offset ${offset}: ${what}`,
  )
}
