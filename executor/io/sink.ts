/**
 * What a connector implements to carry changes out. Declared here, with the caller; connectors/ implement it.
 */

import type { Schema } from '../../planner/schema.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'

/** What the writer needs to know of the changes it will get. */
export interface SinkContext {
  readonly schema: Schema
  /** Columns that identify a row, for upserts; undefined when none is known. */
  readonly key: readonly number[] | undefined
  readonly appendOnly: boolean
}

/** A sink as CREATE SINK defined it. */
export interface Sink {
  /**
   * Fails early with an SqlError: topic missing, no key for an upsert, retractions into an append-only
   * format.
   */
  validate(context: SinkContext): Promise<void>
  /** The writer reports retries and recovery through `onStatus`; SHOW JOBS has them. */
  open(context: SinkContext, onStatus?: (status: SinkStatus) => void): Promise<SinkWriter>
}

export type SinkStatus = { readonly kind: 'running' } | { readonly kind: 'retrying'; readonly error: Error }

/**
 * At least once: a write that failed is retried by the writer for as long as it takes; the engine stops
 * feeding it at a bound (backpressure) and shows the error. A write that rejects ends the sink: its job
 * fails. Epochs arrive in order.
 */
export interface SinkWriter {
  /**
   * The consolidated changes of one epoch; batches may be empty. Resolves when the target acknowledged them.
   */
  write(epoch: number, batches: readonly DeltaBatch[]): Promise<void>
  close(): Promise<void>
}
