/**
 * The RecordRanges that record batches are walked into: arrays that are reused from one portion to the next.
 */

import type { RecordRanges } from '../../executor/io/record-ranges.ts'
import { int64Halves } from '../int64.ts'

/**
 * Holds at most `capacity` records over one byte array. Whoever decodes it copies what it keeps: the arrays
 * are overwritten by the next portion (the bytes are not).
 */
export class RecordBuffer implements RecordRanges {
  readonly capacity: number
  readonly topic: string
  bytes: Uint8Array = new Uint8Array(0)
  partition = 0
  length = 0
  readonly valueStarts: Int32Array
  readonly valueEnds: Int32Array
  readonly keyStarts: Int32Array
  readonly keyEnds: Int32Array
  readonly headerStarts: Int32Array
  readonly headerEnds: Int32Array
  readonly offsets: BigInt64Array
  readonly timestamps: BigInt64Array
  /** 32-bit halves of offsets and timestamps, see connectors/int64.ts. */
  readonly offsetHalves: Int32Array
  readonly timestampHalves: Int32Array

  constructor(topic: string, capacity: number) {
    this.topic = topic
    this.capacity = capacity
    this.valueStarts = new Int32Array(capacity)
    this.valueEnds = new Int32Array(capacity)
    this.keyStarts = new Int32Array(capacity)
    this.keyEnds = new Int32Array(capacity)
    this.headerStarts = new Int32Array(capacity)
    this.headerEnds = new Int32Array(capacity)
    this.offsets = new BigInt64Array(capacity)
    this.timestamps = new BigInt64Array(capacity)
    this.offsetHalves = int64Halves(this.offsets)
    this.timestampHalves = int64Halves(this.timestamps)
  }
}
