/** The contract of every operator of the incremental engine. */

import type { DeltaBatch } from '../batch/delta-batch.ts'
import type { Compiled } from '../expression/compile.ts'

/** Event time in microseconds since 1970: no later row has a smaller event time. */
export type Watermark = bigint

/** The watermark before any was known. */
export const NO_WATERMARK: Watermark = -(2n ** 63n)
/** The watermark of input that ended: every window closes. */
export const END_OF_INPUT: Watermark = 2n ** 63n - 1n

/** Epochs count up by one; 0 is "before the first". */
export type Epoch = number

/**
 * Where an operator writes. `push` runs the consumer to completion before it returns; empty batches are not
 * pushed.
 */
export interface Output {
  push(batch: DeltaBatch): void
}

/**
 * A synchronous operator; runs to completion. The pipeline calls process for any input in any order, then per
 * epoch
 * advance (when the watermark moved) and flush, inputs before consumers. Inputs are numbered from 0.
 */
export interface Operator {
  /** Its expressions, of which wide ones take time to be compiled. */
  readonly compiled?: readonly Compiled[]
  /** `batch` columns may be shared: never mutate them, never keep them beyond flush without copying. */
  process(input: number, batch: DeltaBatch, output: Output): void
  /**
   * The watermark of all inputs passed `watermark`: close windows, drop expired state; returns what holds
   * downstream.
   */
  advance(watermark: Watermark, output: Output): Watermark
  /**
   * End of an epoch: emit what was buffered since the last one (aggregates emit one consolidated delta per
   * epoch).
   */
  flush(epoch: Epoch, output: Output): void
  /**
   * Only of an operator that waits for another thread (model inference): the pipeline calls it before flush
   * and awaits
   * it when it returns a promise; everything that process accepted has been pushed to `output` afterwards.
   */
  settle?(output: Output): Promise<void> | undefined
  /**
   * Only of an operator that may have much to do in a flush: does a part of it; false when none is left, and
   * flush has nothing to write. No row comes between the first call and that flush.
   */
  prepare?(output: Output): boolean
  /**
   * Only of LIMIT: true when no further input can change the output, so that a one-shot query stops reading.
   */
  finished?(): boolean
  /** Bytes of state held, for memory accounting. Stateless operators may omit it. */
  stateBytes?(): number
  /** Rows of late input that were dropped because their window is closed. Only window operators have it. */
  lateRows?(): number
  close(): void
}
