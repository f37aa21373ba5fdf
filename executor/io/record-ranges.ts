/**
 * Raw records as byte ranges over the network buffer: what a transport hands to a format's decoder. No object
 * per
 * record. The decoder may keep `bytes` alive in `bytes` columns.
 */

import type { Column } from '../batch/column.ts'
import type { BadRecord } from './source.ts'

/** `length` records; every array has at least `length` entries. A null value or key has start = end = -1. */
export interface RecordRanges {
  readonly bytes: Uint8Array
  readonly length: number
  readonly valueStarts: Int32Array
  readonly valueEnds: Int32Array
  readonly keyStarts: Int32Array
  readonly keyEnds: Int32Array
  /** Absolute offsets. */
  readonly offsets: BigInt64Array
  /** Milliseconds since 1970. */
  readonly timestamps: BigInt64Array
  readonly topic: string
  readonly partition: number
  /** Range of each record's header block (Kafka's encoding: count varint, then key/value pairs). */
  readonly headerStarts: Int32Array
  readonly headerEnds: Int32Array
}

/**
 * A format's decoder for one source schema and one set of wanted columns. Stateless between calls but for
 * scratch.
 */
export interface RecordDecoder {
  /**
   * Decodes records [from, to). Rows that fail are left out and listed in `bad`; `rows[i]` is the record
   * index of output
   * row i when rows were left out, undefined when all are there.
   */
  decode(records: RecordRanges, from: number, to: number): DecodedRecords
}

export interface DecodedRecords {
  readonly columns: readonly Column[]
  readonly length: number
  readonly weights: Int32Array | undefined
  readonly rows: Int32Array | undefined
  readonly bad: readonly BadRecord[]
}
