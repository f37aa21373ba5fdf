/**
 * Brings a new job from nothing to the present while everything else goes on.
 *
 * Stored relations: the snapshot of one epoch, then, round by round, what changed since; the last round runs
 * between two epochs, where nothing changes. Sources with a running shared reader: history through a private
 * reader up to where the shared one was, round by round; for the last round the shared reader is held, so
 * that the job joins it without gap or repeat. A source that nobody reads yet is simply opened at its start:
 * the job then catches up as part of the epochs.
 *
 * The pipeline's history runs in epochs before its first (negative numbers): its operators are flushed often
 * enough that no output piles up, and nothing of it is visible until the job is attached.
 */

import type { RelationId } from '../../planner/catalog.ts'
import type { SourceReader, SplitPosition, SplitRange } from '../io/source.ts'
import type { Epoch, Watermark } from '../operators/operator.ts'
import { NO_WATERMARK } from '../operators/operator.ts'
import type { RowCursor, RowStore } from '../state/row-store.ts'
import { pickColumns } from './batches.ts'
import { orAborted, throwIfAborted } from './cancellation.ts'
import type { Job, JobLeaf } from './job.ts'
import { isStateless } from './job.ts'
import { drainReader, openReader, progressOf, startPositions } from './reading.ts'
import type { Slicer } from './slicer.ts'
import type { SourceHub } from './source-hub.ts'
import { columnPositions } from './source-hub.ts'
import type { StoredRows } from './stored-rows.ts'

/** What a backfill needs of the engine. */
export interface BackfillHost {
  /** The last complete epoch. */
  readonly epoch: Epoch
  /** Throws when the relation is gone or cannot be read. */
  storedRows(relation: RelationId): StoredRows
  nowMs(): number
  /** Runs the action between two epochs. */
  atBoundary(action: () => void | Promise<void>): Promise<void>
  /** One attachment at a time: it holds source readers. */
  exclusively<T>(action: () => Promise<T>): Promise<T>
  /** From the next epoch on the job runs with all others. */
  attach(job: Job): void
  watermarkOf(leaf: JobLeaf): Watermark
}

export interface BackfillOptions {
  readonly slicer: Slicer
  readonly signal: AbortSignal | undefined
  /** Time between two flushes of the history. */
  readonly flushIntervalMs: number
  /** false: only changes from now on are wanted. State is still built where operators need it. */
  readonly history: boolean
}

interface StoredLeaf {
  readonly leaf: Extract<JobLeaf, { kind: 'stored' }>
  readonly store: RowStore
}
type SourceLeaf = Extract<JobLeaf, { kind: 'source' }>

interface HubHistory {
  readonly hub: SourceHub
  readonly leaves: readonly SourceLeaf[]
  ranges: readonly SplitRange[]
  /** How far the private reader got; undefined before it started. */
  positions: readonly SplitPosition[] | undefined
}

const FIRST_HISTORY_EPOCH = -(2 ** 31)
/** A round with fewer rows than this is short enough for the last one to run while everything waits. */
const LAST_ROUND_ROWS = 20_000
const ROUNDS_MAX = 50

/** One job's way to the present; see the head comment. Use once. */
export class Backfill {
  readonly #job: Job
  readonly #host: BackfillHost
  readonly #options: BackfillOptions
  readonly #stored: readonly StoredLeaf[]
  readonly #hubs: readonly HubHistory[]
  /** Earlier rows are read at all: not for stateless jobs that want no history. */
  readonly #reads: boolean
  /** Output can leave before the history is complete: it is final as it comes. */
  readonly #incremental: boolean
  #since: Epoch | undefined
  #historyEpoch = FIRST_HISTORY_EPOCH
  #flushedMs: number
  readonly #held: SourceHub[] = []

  constructor(job: Job, host: BackfillHost, options: BackfillOptions) {
    this.#job = job
    this.#host = host
    this.#options = options
    this.#stored = job.leaves
      .filter(leaf => leaf.kind === 'stored')
      .map(leaf => ({ leaf, store: host.storedRows(leaf.relation).store }))
    const sources = job.leaves.filter(leaf => leaf.kind === 'source')
    this.#hubs = [...new Set(sources.map(leaf => leaf.hub))].map(hub => ({
      hub,
      leaves: sources.filter(leaf => leaf.hub === hub),
      ranges: [],
      positions: undefined,
    }))
    this.#reads = options.history || !isStateless(job.plan)
    this.#incremental = job.kind === 'materialized_view' || isStateless(job.plan)
    this.#flushedMs = host.nowMs()
  }

  /**
   * Resolves when the job is attached; it may still have to catch up with what its sources hold (`history`).
   * Rejects when it failed or was cancelled; then nothing of it is left but the job itself, which the caller
   * closes.
   */
  async run(): Promise<void> {
    try {
      await this.#options.slicer.run(this.#job.pipeline.compile())
      for (const history of this.#hubs) await this.#discover(history)
      await this.#readGenerated()
      if (this.#reads) {
        await this.#readSnapshot()
        await this.#followStored()
      }
      do await this.#followSources()
      while (!(await this.#host.exclusively(() => this.#attach())))
    } finally {
      for (const hub of this.#held) hub.release()
      this.#moveSnapshot(undefined)
    }
  }

  async #discover(history: HubHistory): Promise<void> {
    history.ranges = await orAborted(history.hub.source.discover(), this.#options.signal)
    if (this.#reads) this.#job.history.set(history.hub, history.ranges)
  }

  async #readGenerated(): Promise<void> {
    for (const leaf of this.#job.leaves) {
      if (leaf.kind !== 'generated') continue
      for (let batch = leaf.generate(); batch !== undefined; batch = leaf.generate()) {
        this.#job.push(leaf, batch)
        await this.#breathe(false)
      }
      this.#job.setProgress(leaf, 1, this.#host.nowMs())
    }
  }

  async #readSnapshot(): Promise<void> {
    if (this.#stored.length === 0) return
    const epoch = this.#host.epoch
    this.#moveSnapshot(epoch)
    for (const { leaf, store } of this.#stored) {
      const total = Math.max(1, store.rowCount)
      let rows = 0
      await this.#pump(leaf, store.scan(epoch, leaf.columns), count => {
        rows += count
        this.#job.setProgress(leaf, rows / total, this.#host.nowMs())
      })
      this.#job.setProgress(leaf, 1, this.#host.nowMs())
    }
  }

  /** Rounds until few changes are left for the one between epochs. */
  async #followStored(): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX && this.#stored.length > 0; round++) {
      if ((await this.#readChanges()) < LAST_ROUND_ROWS) return
    }
  }

  /** What changed in stored relations since the last look; returns how many rows. */
  async #readChanges(): Promise<number> {
    const since = this.#since
    const until = this.#host.epoch
    if (since === undefined || since === until) return 0
    this.#pin(until)
    let rows = 0
    try {
      for (const { leaf, store } of this.#stored) {
        await this.#pump(leaf, store.changes(since, until, leaf.columns), count => {
          rows += count
        })
      }
    } finally {
      this.#moveSnapshot(until)
      this.#unpin(until)
    }
    return rows
  }

  async #followSources(): Promise<void> {
    if (!this.#reads) return
    for (const history of this.#hubs) {
      for (let round = 0; round < ROUNDS_MAX && history.hub.isOpen; round++) {
        if ((await this.#readHistory(history)) < LAST_ROUND_ROWS) break
      }
    }
  }

  /** Reads privately up to where the shared reader is now; returns how many rows. */
  async #readHistory(history: HubHistory): Promise<number> {
    const { hub } = history
    const stopAt = hub.positions()
    if (stopAt === undefined) return 0
    const positions = await this.#resumeFrom(history, stopAt)
    if (stopAt.every(({ split, offset }) => offsetOf(positions, split) === offset)) {
      history.positions = stopAt
      return 0
    }
    const columns = hub.withWatermarkColumns(history.leaves.flatMap(leaf => leaf.columns))
    const { source, onBadRecords } = hub
    const { reader, failure } = await openReader(source, { columns, positions, stopAt, onBadRecords })
    try {
      return await this.#drain(history, reader, failure, columns)
    } finally {
      await reader.close()
    }
  }

  async #drain(
    history: HubHistory,
    reader: SourceReader,
    failure: Promise<never>,
    columns: readonly number[],
  ): Promise<number> {
    const tracker = history.hub.createTracker(columns)
    for (const { split } of reader.positions()) tracker?.addSplit(split, this.#host.nowMs())
    const wanted = history.leaves.map(leaf => columnPositions(leaf.columns, columns))
    let rows = 0
    for (;;) {
      const polled = await drainReader(reader, failure, this.#options.signal)
      if (polled === undefined) break
      rows += polled.batch.length
      for (const [index, leaf] of history.leaves.entries()) {
        if (polled.batch.length > 0) this.#job.push(leaf, pickColumns(polled.batch, wanted[index]!))
        this.#job.setProgress(leaf, progressOf(history.ranges, reader.positions()), this.#host.nowMs())
      }
      if (polled.batch.length > 0) tracker?.observe(polled.split, polled.batch, this.#host.nowMs())
      const watermark = tracker?.advance(this.#host.nowMs(), false) ?? NO_WATERMARK
      for (const leaf of history.leaves) this.#job.pipeline.advance(leaf.index, watermark)
      await this.#breathe(true)
    }
    history.positions = reader.positions()
    return rows
  }

  /** Where private reading goes on: splits that appeared meanwhile from their start. */
  async #resumeFrom(
    history: HubHistory,
    stopAt: readonly SplitPosition[],
  ): Promise<readonly SplitPosition[]> {
    const known = history.positions ?? startPositions(history.ranges)
    if (stopAt.every(({ split }) => offsetOf(known, split) !== undefined)) return known
    const ranges = await orAborted(history.hub.source.discover(), this.#options.signal)
    const added = startPositions(ranges).filter(({ split }) => offsetOf(known, split) === undefined)
    return [...known, ...added]
  }

  /**
   * The last rounds; false when a source was opened by somebody else meanwhile and has history to be read
   * first.
   */
  async #attach(): Promise<boolean> {
    throwIfAborted(this.#options.signal)
    for (const { hub, positions } of this.#hubs) {
      if (this.#reads && hub.isOpen && positions === undefined) return false
    }
    for (const { hub } of this.#hubs) {
      hub.hold()
      this.#held.push(hub)
    }
    for (const history of this.#hubs) {
      if (this.#reads && history.hub.isOpen) await this.#readHistory(history)
      const columns = history.leaves.flatMap(leaf => leaf.columns)
      await orAborted(history.hub.open(columns, this.#startOf(history)), this.#options.signal)
    }
    await this.#followStored()
    await this.#host.atBoundary(() => this.#join())
    return true
  }

  #startOf({ ranges, positions }: HubHistory): readonly SplitPosition[] {
    if (positions !== undefined) return positions
    if (this.#reads) return startPositions(ranges)
    return ranges.map(({ split, start, end }) => ({ split, offset: end ?? start }))
  }

  /** Between two epochs: the job is made equal to the last complete one and runs from the next on. */
  async #join(): Promise<void> {
    throwIfAborted(this.#options.signal)
    if (this.#reads) await this.#readChanges()
    for (const leaf of this.#job.leaves) {
      this.#job.pipeline.advance(leaf.index, this.#host.watermarkOf(leaf))
    }
    await this.#flush()
    this.#job.target.commit(this.#host.epoch)
    this.#host.attach(this.#job)
  }

  /** Pushes everything the cursor has into the leaf. */
  async #pump(leaf: JobLeaf, cursor: RowCursor, onRows: (count: number) => void): Promise<void> {
    try {
      for (let batch = cursor.next(); batch !== undefined; batch = cursor.next()) {
        this.#job.push(leaf, batch)
        onRows(batch.length)
        await this.#breathe(this.#incremental)
      }
    } finally {
      cursor.close()
    }
  }

  /** Between two batches: lets others run, stops when cancelled, and now and then passes output on. */
  async #breathe(mayFlush: boolean): Promise<void> {
    throwIfAborted(this.#options.signal)
    if (this.#options.slicer.expired()) await this.#options.slicer.pause()
    const nowMs = this.#host.nowMs()
    if (!mayFlush || nowMs - this.#flushedMs < this.#options.flushIntervalMs) {
      const settled = this.#job.pipeline.settle()
      if (settled !== undefined) await settled
      return
    }
    await this.#flush()
    // A subscription's first commit is its whole snapshot; a view frees what history replaced, a sink writes.
    if (this.#job.kind !== 'subscription') this.#job.target.commit(this.#host.epoch)
    await orAborted(this.#job.target.drained(), this.#options.signal)
  }

  async #flush(): Promise<void> {
    this.#flushedMs = this.#host.nowMs()
    const { slicer } = this.#options
    const flushed = this.#job.pipeline.flush(this.#historyEpoch++, slicer)
    if (flushed !== undefined) await flushed
    const output = await slicer.run(this.#job.takeOutput())
    const written = slicer.run(this.#job.target.write(this.#host.epoch, output))
    if (written !== undefined) await written
  }

  #moveSnapshot(epoch: Epoch | undefined): void {
    if (epoch !== undefined) this.#pin(epoch)
    if (this.#since !== undefined) this.#unpin(this.#since)
    this.#since = epoch
  }

  #pin(epoch: Epoch): void {
    for (const { store } of this.#stored) store.pin(epoch)
  }

  #unpin(epoch: Epoch): void {
    for (const { store } of this.#stored) store.unpin(epoch)
  }
}

function offsetOf(positions: readonly SplitPosition[], split: string): bigint | undefined {
  return positions.find(position => position.split === split)?.offset
}
