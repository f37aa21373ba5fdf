/** What a connector implements to bring rows in. Declared here, with the caller; connectors/ implement it. */

import type { DeltaBatch } from '../batch/delta-batch.ts'

/** Names one split (a Kafka partition, one generator) within its source. Stable across restarts. */
export type SplitId = string

/**
 * How far a split has been read: the offset of the next record. Opaque to the engine but for equality and
 * order
 * (`a < b` = a is earlier).
 */
export interface SplitPosition {
  readonly split: SplitId
  readonly offset: bigint
}

/** A source as CREATE SOURCE (or CREATE TABLE … WITH connector) defined it. */
export interface Source {
  /**
   * Fails early: reaches the outside, checks that topic etc. exist. Errors are SqlErrors a user can act on.
   */
  validate(): Promise<void>
  /**
   * The splits and where reading starts and what is there now. `end` is the position after the last record at
   * the time
   * of the call, undefined for an endless generator: CREATE MATERIALIZED VIEW waits until `end` is reached.
   */
  discover(): Promise<readonly SplitRange[]>
  /**
   * Starts reading. `columns` are the relation's columns that are wanted, in the order that batches have
   * them.
   */
  open(request: OpenRequest): Promise<SourceReader>
  close(): Promise<void>
}

export interface SplitRange {
  readonly split: SplitId
  readonly start: bigint
  readonly end: bigint | undefined
}

export interface OpenRequest {
  readonly columns: readonly number[]
  readonly positions: readonly SplitPosition[]
  /**
   * Positions at which to stop (exclusive), by split; splits not named run on. A reader at all its stops is
   * `done`.
   */
  readonly stopAt?: readonly SplitPosition[] | undefined
  /** Called with rows that could not be decoded, by the source's on_error policy. */
  readonly onBadRecords: (records: readonly BadRecord[]) => void
  /**
   * Called when reading fails for good or recovers; the message reaches SHOW JOBS, the log and (failed) the
   * view's readers.
   */
  readonly onStatus: (status: SourceStatus) => void
}

export type SourceStatus =
  | { readonly kind: 'running' }
  | { readonly kind: 'retrying'; readonly error: Error }
  | { readonly kind: 'failed'; readonly error: Error }

/** A record that could not be decoded: what the dead-letter table shows. */
export interface BadRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly bytes: Uint8Array
  readonly error: string
}

/** Rows of one split, in order. */
export interface SourceBatch {
  readonly split: SplitId
  readonly batch: DeltaBatch
  /** Position after the last record that went into this batch. */
  readonly next: bigint
}

/**
 * A running reader. Network reading runs ahead in the background into a bounded buffer; decoding happens in
 * poll, on the
 * data plane's time. poll is synchronous and cheap when nothing is there.
 */
export interface SourceReader {
  /** At most about `rowsMax` rows of one split; undefined when nothing is buffered. */
  poll(rowsMax: number): SourceBatch | undefined
  /** Resolves when poll may return something, when the reader is done, or when a split was added. */
  ready(): Promise<void>
  /**
   * Positions after everything that poll has returned, for every split known now (new partitions appear
   * here).
   */
  positions(): readonly SplitPosition[]
  /** True when every split reached its stop. Readers without stops are never done. */
  readonly done: boolean
  /** Records between position and the known end of the split, for lag; undefined where there is no end. */
  lag(): readonly SplitLag[]
  close(): Promise<void>
}

export interface SplitLag {
  readonly split: SplitId
  readonly position: bigint
  readonly end: bigint | undefined
}
