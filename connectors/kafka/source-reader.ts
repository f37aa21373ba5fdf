/** Takes records out of the fetcher's queues and decodes them, on the data plane's time. */

import type { Column } from '../../executor/batch/column.ts'
import { BATCH_ROWS, deltaBatch } from '../../executor/batch/delta-batch.ts'
import type { DecodedRecords, RecordDecoder } from '../../executor/io/record-ranges.ts'
import type {
  BadRecord,
  SourceBatch,
  SourceReader,
  SplitLag,
  SplitPosition,
} from '../../executor/io/source.ts'
import type { IncludeColumn } from '../../planner/bind/bound-statement.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { DataType } from '../../planner/types.ts'
import type { OnError } from '../options.ts'
import type { KafkaFetcher } from './fetcher.ts'
import { metadataColumn } from './metadata-columns.ts'
import { NO_STOP, type PartitionQueue } from './partition-queue.ts'
import { RecordBuffer } from './record-buffer.ts'

/** Where a wanted column comes from: a column of the decoder, or a record's metadata. */
export type ColumnOrigin =
  | { readonly kind: 'payload'; readonly index: number }
  | { readonly kind: 'metadata'; readonly what: IncludeColumn['what']; readonly type: DataType }

export interface ReaderOptions {
  readonly topic: string
  readonly decoder: RecordDecoder
  readonly columns: readonly ColumnOrigin[]
  readonly onError: OnError
  readonly onBadRecords: (records: readonly BadRecord[]) => void
  /** True when stops were given, so that the reader can be done. */
  readonly hasStops: boolean
}

/** Portions without any row that one poll looks through: it must not hold the thread for long. */
const PORTIONS_MAX = 8

export class KafkaSourceReader implements SourceReader {
  readonly #fetcher: KafkaFetcher
  readonly #options: ReaderOptions
  readonly #buffer: RecordBuffer
  #turn = 0

  constructor(fetcher: KafkaFetcher, options: ReaderOptions) {
    this.#fetcher = fetcher
    this.#options = options
    this.#buffer = new RecordBuffer(options.topic, BATCH_ROWS)
  }

  get done(): boolean {
    return (
      this.#options.hasStops && this.#fetcher.queues.every(queue => queue.stop === NO_STOP || queue.isAtStop)
    )
  }

  poll(rowsMax: number): SourceBatch | undefined {
    for (let portion = 0; portion < PORTIONS_MAX; portion++) {
      const queue = this.#next()
      if (queue === undefined) return undefined
      const batch = this.#read(queue, rowsMax)
      if (batch !== undefined) return batch
    }
    return undefined
  }

  async ready(): Promise<void> {
    if (this.done || this.#next() !== undefined) return
    await this.#fetcher.changed.wait()
  }

  positions(): readonly SplitPosition[] {
    return this.#fetcher.queues.map(queue => ({
      split: String(queue.partition),
      offset: BigInt(queue.position),
    }))
  }

  lag(): readonly SplitLag[] {
    return this.#fetcher.queues.map(queue => ({
      split: String(queue.partition),
      position: BigInt(queue.position),
      end: queue.end === undefined ? undefined : BigInt(queue.end),
    }))
  }

  close(): Promise<void> {
    return this.#fetcher.close()
  }

  /** The next queue in turn that has records. */
  #next(): PartitionQueue | undefined {
    if (this.#fetcher.failed) return undefined
    const { queues } = this.#fetcher
    for (let step = 0; step < queues.length; step++) {
      const index = (this.#turn + step) % queues.length
      if (queues[index]!.head === undefined) continue
      this.#turn = index
      return queues[index]
    }
    return undefined
  }

  /** Reads one portion of a queue; undefined when it gave no row. */
  #read(queue: PartitionQueue, rowsMax: number): SourceBatch | undefined {
    const records = this.#buffer
    records.partition = queue.partition
    try {
      queue.head!.read(records, rowsMax, queue.stop)
    } catch (error) {
      const text = `Kafka topic "${records.topic}" partition ${queue.partition}: ${(error as Error).message}`
      this.#fetcher.fail(new SqlError(SqlState.dataException, text, { cause: error }))
      return undefined
    }
    const decoded =
      records.length === 0 ? undefined : this.#options.decoder.decode(records, 0, records.length)
    if (decoded !== undefined && decoded.bad.length > 0 && !this.#report(decoded.bad)) return undefined
    const columns = decoded === undefined ? [] : this.#columns(decoded)
    queue.consumed(columns.some(column => pointsInto(column, records.bytes)))
    if (queue.head === undefined) this.#turn++
    this.#fetcher.roomMade()
    if (this.done) this.#fetcher.changed.notify()
    if (decoded === undefined || decoded.length === 0) return undefined
    return {
      split: String(queue.partition),
      batch: deltaBatch(columns, decoded.length, decoded.weights),
      next: BigInt(queue.position),
    }
  }

  /** Applies on_error; false when reading ended. */
  #report(bad: readonly BadRecord[]): boolean {
    if (this.#options.onError !== 'fail') {
      this.#options.onBadRecords(bad)
      return true
    }
    const [{ topic, partition, offset, error }] = bad as [BadRecord]
    this.#fetcher.fail(
      new SqlError(
        SqlState.dataException,
        `cannot decode offset ${offset} of Kafka topic "${topic}" partition ${partition}: ${error}`,
        { hint: "Set on_error = 'skip' or on_error = 'dead_letter' to go on without such records." },
      ),
    )
    return false
  }

  #columns(decoded: DecodedRecords): Column[] {
    let rows: Int32Array | undefined
    return this.#options.columns.map(origin => {
      if (origin.kind === 'payload') return decoded.columns[origin.index]!
      rows ??= decoded.rows ?? Int32Array.from({ length: decoded.length }, (_, row) => row)
      return metadataColumn(origin.what, origin.type, this.#buffer, rows)
    })
  }
}

function pointsInto(column: Column, bytes: Uint8Array): boolean {
  return column.layout === 'bytes' && column.bytes.buffer === bytes.buffer
}
