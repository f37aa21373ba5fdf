/**
 * One source and the one reader that all its running jobs share, so that in every epoch all views see the
 * source at the same position. The reader decodes the union of the columns that jobs need; it exists only
 * while jobs need it.
 *
 * A job that attaches late reads history with a reader of its own (backfill.ts) and joins here at an epoch
 * boundary, while the hub is held: a held hub is not polled, its positions stand still.
 */

import { assert, must } from '../../planner/assert.ts'
import type { Relation } from '../../planner/catalog.ts'
import type {
  BadRecord,
  Source,
  SourceBatch,
  SourceReader,
  SourceStatus,
  SplitPosition,
} from '../io/source.ts'
import type { Watermark } from '../operators/operator.ts'
import { NO_WATERMARK } from '../operators/operator.ts'
import type { SourceLagRow } from './engine-contract.ts'
import type { WatermarkTracker } from './watermark-tracker.ts'

export interface SourceHubOptions {
  readonly relation: Relation
  readonly source: Source
  /** Columns of the relation that the watermark expression reads. */
  readonly watermarkColumns: readonly number[]
  /**
   * A fresh tracker for batches that have the relation's columns `columns`; undefined without a watermark.
   */
  readonly createTracker: (columns: readonly number[]) => WatermarkTracker | undefined
  readonly onBadRecords: (records: readonly BadRecord[]) => void
  /** Something to poll, a status, an idle timeout: the epoch loop has to look. */
  readonly wake: () => void
  readonly nowMs: () => number
}

/** A shared reader's life: see the head comment. */
export class SourceHub {
  readonly relation: Relation
  readonly source: Source
  readonly #options: SourceHubOptions
  #reader: SourceReader | undefined
  #columns: readonly number[] = []
  #tracker: WatermarkTracker | undefined
  #status: SourceStatus = { kind: 'running' }
  #holds = 0
  /** poll may return something. */
  #mayHaveRows = false
  #idleTimer: NodeJS.Timeout | undefined

  constructor(options: SourceHubOptions) {
    this.relation = options.relation
    this.source = options.source
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#reader !== undefined
  }

  get status(): SourceStatus {
    return this.#status
  }

  /** Relation columns in the order that polled batches have them. */
  get columns(): readonly number[] {
    return this.#columns
  }

  /** As of the last `advance`. */
  get watermark(): Watermark {
    return this.#tracker?.watermark ?? NO_WATERMARK
  }

  /** Where the shared reader is; undefined when there is none. */
  positions(): readonly SplitPosition[] | undefined {
    return this.#reader?.positions()
  }

  /** Somebody is about to attach. */
  get isHeld(): boolean {
    return this.#holds > 0
  }

  /** True when poll may return rows now. */
  get pollable(): boolean {
    return (
      this.#reader !== undefined && this.#holds === 0 && this.#mayHaveRows && this.#status.kind !== 'failed'
    )
  }

  /** Stops polling until as many `release`s: attachment happens at positions that stand still. */
  hold(): void {
    this.#holds++
  }

  release(): void {
    assert(this.#holds > 0, 'every release has its hold')
    this.#holds--
    this.#options.wake()
  }

  /**
   * Makes sure that there is a reader of at least these columns. The first opens at `start`; one that lacks
   * columns is replaced by one at the same positions. The hub is held by the caller when it is open already.
   */
  async open(columns: readonly number[], start: readonly SplitPosition[]): Promise<void> {
    const union = unionColumns([this.#columns, columns, this.#options.watermarkColumns])
    const previous = this.#reader
    if (previous !== undefined && union.length === this.#columns.length) return
    assert(previous === undefined || this.#holds > 0, 'positions stand still while the reader is replaced')
    let reader: SourceReader | undefined
    const isCurrent = () => reader === undefined || reader === this.#reader
    reader = await this.source.open({
      columns: union,
      positions: previous?.positions() ?? start,
      onBadRecords: this.#options.onBadRecords,
      onStatus: status => {
        if (!isCurrent()) return
        this.#status = status
        this.#options.wake()
      },
    })
    this.#adopt(reader, union, previous === undefined)
    await previous?.close()
  }

  /** Where records that cannot be decoded go; private readers of the source report to it too. */
  get onBadRecords(): (records: readonly BadRecord[]) => void {
    return this.#options.onBadRecords
  }

  /** A tracker for private reading. */
  createTracker(columns: readonly number[]): WatermarkTracker | undefined {
    return this.#options.createTracker(columns)
  }

  /** `columns` and what the watermark needs, in relation order. */
  withWatermarkColumns(columns: readonly number[]): readonly number[] {
    return unionColumns([columns, this.#options.watermarkColumns])
  }

  /**
   * The next rows of one split, undefined when nothing is there now; then `wake` is called when there is
   * again.
   */
  poll(rowsMax: number): SourceBatch | undefined {
    const reader = must(this.#reader, 'only open hubs are polled')
    try {
      const rows = reader.poll(rowsMax)
      if (rows === undefined) {
        this.#mayHaveRows = false
        this.#watch(reader)
      } else if (rows.batch.length > 0) this.#tracker?.observe(rows.split, rows.batch, this.#options.nowMs())
      return rows
    } catch (error) {
      this.#fail(error)
      return undefined
    }
  }

  /** End of an epoch: the watermark that holds for the source now. */
  advance(): Watermark {
    const tracker = this.#tracker
    if (tracker === undefined || this.#reader === undefined) return NO_WATERMARK
    const nowMs = this.#options.nowMs()
    for (const { split } of this.#reader.positions()) tracker.addSplit(split, nowMs)
    const listening = !this.#mayHaveRows && this.#holds === 0 && this.#status.kind === 'running'
    const watermark = tracker.advance(nowMs, listening)
    this.#armIdleTimer(tracker, nowMs)
    return watermark
  }

  lag(): readonly SourceLagRow[] {
    if (this.#reader === undefined) return []
    return this.#reader.lag().map(({ split, position, end }) => ({
      source: this.relation.id,
      split,
      position,
      end,
      watermark: this.#tracker?.splitWatermark(split),
    }))
  }

  /** The last job left: the next one starts from the beginning again. */
  async closeReader(): Promise<void> {
    const reader = this.#reader
    this.#reader = undefined
    this.#columns = []
    this.#tracker = undefined
    this.#status = { kind: 'running' }
    this.#mayHaveRows = false
    clearTimeout(this.#idleTimer)
    await reader?.close()
  }

  /** The source is dropped. */
  async close(): Promise<void> {
    await this.closeReader()
    await this.source.close()
  }

  #adopt(reader: SourceReader, columns: readonly number[], first: boolean): void {
    this.#reader = reader
    this.#columns = columns
    const tracker = this.#options.createTracker(columns)
    if (!first && tracker !== undefined && this.#tracker !== undefined) tracker.continueFrom(this.#tracker)
    this.#tracker = tracker
    this.#mayHaveRows = true
    this.#options.wake()
  }

  #watch(reader: SourceReader): void {
    const onReady = () => {
      if (reader !== this.#reader) return
      this.#mayHaveRows = true
      this.#options.wake()
    }
    const onError = (error: unknown) => {
      if (reader === this.#reader) this.#fail(error)
    }
    reader.ready().then(onReady, onError)
  }

  /** The reader cannot go on; the next epoch ends the jobs that need it. */
  #fail(error: unknown): void {
    this.#status = { kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) }
    this.#options.wake()
  }

  /** An idle split moves the watermark without any input, so somebody has to look when its time has come. */
  #armIdleTimer(tracker: WatermarkTracker, nowMs: number): void {
    clearTimeout(this.#idleTimer)
    const idleMs = tracker.nextIdleMs(nowMs)
    if (idleMs === undefined) return
    this.#idleTimer = setTimeout(this.#options.wake, Math.max(1, idleMs - nowMs))
    this.#idleTimer.unref()
  }
}

/** Ascending, without repeats: the order in which readers are asked for columns. */
function unionColumns(lists: readonly (readonly number[])[]): readonly number[] {
  return [...new Set(lists.flat())].sort((left, right) => left - right)
}

/** For each wanted relation column its index in batches that have `columns`. */
export function columnPositions(wanted: readonly number[], columns: readonly number[]): readonly number[] {
  return wanted.map(column => {
    const position = columns.indexOf(column)
    assert(position >= 0, 'the reader decodes every column that a job needs')
    return position
  })
}
