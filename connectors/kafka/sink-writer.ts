/**
 * Turns an epoch's changes into record batches, straight from columns, and waits for their acknowledgement.
 */

import type { DeltaBatch } from '../../executor/batch/delta-batch.ts'
import { gatherBatch } from '../../executor/batch/gather.ts'
import type { SinkWriter } from '../../executor/io/sink.ts'
import type { Schema } from '../../planner/schema.ts'
import { JsonEncoder } from '../formats/json-encoder.ts'
import { ByteOutput } from '../formats/json-write.ts'
import type { Codec } from './compression.ts'
import { KeySet } from './key-set.ts'
import { murmur2, partitionOfHash } from './murmur2.ts'
import type { ProduceQueue } from './produce-queue.ts'
import { RecordBatchEncoder } from './record-batch-encoder.ts'

export interface SinkWriterOptions {
  readonly schema: Schema
  /** Key columns; empty: messages have no key. */
  readonly key: readonly number[]
  readonly isUpsert: boolean
  readonly codec: Codec
  readonly batchBytes: number
}

/** Bytes on their way before encoding waits for the broker. */
const QUEUED_BYTES_MAX = 16 << 20
/** Without a key, so many bytes go to one partition before the next gets its turn. */
const STICKY_BYTES = 64 << 10
/** Above this, memory of an epoch's encoding is given back rather than kept. */
const KEPT_BYTES_MAX = 8 << 20

export class KafkaSinkWriter implements SinkWriter {
  readonly #queue: ProduceQueue
  readonly #options: SinkWriterOptions
  readonly #rows: Encoded
  readonly #keys: Encoded | undefined
  #encoders: RecordBatchEncoder[] = []
  /** The partition that keyless rows go to now, and the bytes it got. */
  #sticky = 0
  #stickyBytes = 0
  #timestamp = 0

  constructor(queue: ProduceQueue, options: SinkWriterOptions) {
    this.#queue = queue
    this.#options = options
    this.#rows = new Encoded(new JsonEncoder(options.schema))
    this.#keys =
      options.key.length === 0 ? undefined : new Encoded(new JsonEncoder(options.schema, options.key))
  }

  async write(_epoch: number, batches: readonly DeltaBatch[]): Promise<void> {
    if (batches.every(batch => batch.length === 0)) return
    if (this.#encoders.length === 0) await this.#connect()
    this.#timestamp = Date.now()
    const hasDeletions = this.#options.isUpsert && batches.some(hasNegativeWeight)
    const kept = hasDeletions ? new KeySet() : undefined
    for (const batch of batches) {
      this.#writeInsertions(batch, kept)
      await this.#queue.drain(QUEUED_BYTES_MAX)
    }
    if (kept !== undefined) {
      for (const batch of batches) {
        this.#writeTombstones(batch, kept)
        await this.#queue.drain(QUEUED_BYTES_MAX)
      }
    }
    for (const partition of this.#encoders.keys()) this.#finish(partition)
    this.#sticky = (this.#sticky + 1) % this.#encoders.length
    await this.#queue.drain(0)
  }

  close(): Promise<void> {
    return this.#queue.close()
  }

  /** Partitions are counted once, so that a key stays in its partition. */
  async #connect(): Promise<void> {
    const partitions = await this.#queue.connect()
    this.#encoders = Array.from({ length: partitions }, () => new RecordBatchEncoder())
  }

  /** Writes rows with positive weight; adds their keys to `kept`. */
  #writeInsertions(batch: DeltaBatch, kept: KeySet | undefined): void {
    const { batch: inserted, weights } = select(batch, 1)
    if (inserted.length === 0) return
    const rows = this.#rows
    rows.encode(inserted)
    const keys = this.#keys
    keys?.encode(inserted)
    for (let row = 0; row < inserted.length; row++) {
      let partition: number
      if (keys === undefined) {
        partition = this.#nextSticky(rows.ends[row]! - rows.starts[row]!)
      } else {
        const hash = murmur2(keys.bytes, keys.starts[row]!, keys.ends[row]!)
        partition = partitionOfHash(hash, this.#encoders.length)
        kept?.add(hash, keys.bytes, keys.starts[row]!, keys.ends[row]!)
      }
      const copies = weights === undefined || this.#options.isUpsert ? 1 : weights[row]!
      for (let copy = 0; copy < copies; copy++) {
        this.#append(partition, keys, row, rows.bytes, rows.starts[row]!, rows.ends[row]!)
      }
    }
    rows.trim()
    keys?.trim()
  }

  /** Writes a tombstone for every key that was deleted and not written again in the epoch. */
  #writeTombstones(batch: DeltaBatch, kept: KeySet): void {
    const { batch: deleted } = select(batch, -1)
    const keys = this.#keys
    if (keys === undefined || deleted.length === 0) return
    keys.encode(deleted)
    for (let row = 0; row < deleted.length; row++) {
      const start = keys.starts[row]!
      const end = keys.ends[row]!
      const hash = murmur2(keys.bytes, start, end)
      if (!kept.add(hash, keys.bytes, start, end)) continue
      this.#append(partitionOfHash(hash, this.#encoders.length), keys, row, keys.bytes, -1, -1)
    }
    keys.trim()
  }

  #append(
    partition: number,
    keys: Encoded | undefined,
    row: number,
    value: Uint8Array,
    start: number,
    end: number,
  ): void {
    const encoder = this.#encoders[partition]!
    if (keys === undefined) encoder.append(value, -1, -1, value, start, end)
    else encoder.append(keys.bytes, keys.starts[row]!, keys.ends[row]!, value, start, end)
    if (encoder.byteLength >= this.#options.batchBytes) this.#finish(partition)
  }

  #finish(partition: number): void {
    const encoder = this.#encoders[partition]!
    if (encoder.count === 0) return
    this.#queue.push(partition, encoder.finish({ codec: this.#options.codec, timestamp: this.#timestamp }))
  }

  #nextSticky(bytes: number): number {
    this.#stickyBytes += bytes
    if (this.#stickyBytes > STICKY_BYTES) {
      this.#stickyBytes = bytes
      this.#sticky = (this.#sticky + 1) % this.#encoders.length
    }
    return this.#sticky
  }
}

/** The rows of a batch as JSON, in memory that is used again. */
class Encoded {
  starts = new Int32Array(0)
  ends = new Int32Array(0)
  readonly #encoder: JsonEncoder
  #output = new ByteOutput(1024)

  constructor(encoder: JsonEncoder) {
    this.#encoder = encoder
  }

  get bytes(): Uint8Array {
    return this.#output.bytes
  }

  encode(batch: DeltaBatch): void {
    if (this.starts.length < batch.length) {
      this.starts = new Int32Array(batch.length)
      this.ends = new Int32Array(batch.length)
    }
    this.#output.position = 0
    this.#encoder.encode(batch, this.#output, this.starts, this.ends)
  }

  trim(): void {
    if (this.#output.bytes.length > KEPT_BYTES_MAX) this.#output = new ByteOutput(1024)
  }
}

function hasNegativeWeight(batch: DeltaBatch): boolean {
  return batch.weights?.subarray(0, batch.length).some(weight => weight < 0) ?? false
}

/** The rows whose weight has the sign, with the weights (undefined = 1 each). */
function select(batch: DeltaBatch, sign: 1 | -1): { batch: DeltaBatch; weights: Int32Array | undefined } {
  const { weights } = batch
  if (weights === undefined)
    return { batch: sign === 1 ? batch : { ...batch, length: 0 }, weights: undefined }
  const rows = new Int32Array(batch.length)
  let count = 0
  for (let row = 0; row < batch.length; row++) if (weights[row]! * sign > 0) rows[count++] = row
  if (count === 0) return { batch: { ...batch, length: 0 }, weights: undefined }
  const selected = gatherBatch(batch, rows, count)
  return { batch: selected, weights: selected.weights }
}
