/**
 * The engine: relations with stored rows, streaming jobs, and the epochs that move them all together.
 *
 * An epoch takes the table writes that wait and what source readers have buffered (for at most epochMaxMs),
 * pushes them through all jobs, flushes these in order of dependency, and ends with one synchronous step in
 * which every relation moves on. Readers pin the last complete epoch, so they see all relations at the same
 * one for as long as they read.
 */

import type { Relation, RelationId } from '../../planner/catalog.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'
import type { Sink } from '../io/sink.ts'
import type { BadRecord, Source, SplitPosition } from '../io/source.ts'
import type { Epoch, Watermark } from '../operators/operator.ts'
import { NO_WATERMARK } from '../operators/operator.ts'
import type { BackfillHost } from './backfill.ts'
import { throwIfAborted } from './cancellation.ts'
import { Dataflow } from './dataflow.ts'
import { DeadLetters } from './dead-letters.ts'
import type {
  EngineSnapshot,
  JobOptions,
  JobStatus,
  LiveRows,
  QueryOptions,
  RowStream,
  SourceLagRow,
  SourceOptions,
  StreamEngine,
  SubscribeOptions,
  Subscription,
  TableWrite,
  WriteOptions,
} from './engine-contract.ts'
import type { EngineOptions } from './engine-options.ts'
import { defaultContext } from './engine-options.ts'
import { EpochLoop } from './epoch-loop.ts'
import type { Job } from './job.ts'
import { JobStarter } from './job-starter.ts'
import { queryLeaves } from './leaves.ts'
import { MemoryLimit, MemoryShare } from './memory-limit.ts'
import { QueryStream } from './query-stream.ts'
import { endPositions } from './reading.ts'
import { Relations } from './relations.ts'
import { SinkFeed } from './sink-feed.ts'
import { Slicer } from './slicer.ts'
import { PinnedSnapshot } from './snapshot.ts'
import { SourceHub } from './source-hub.ts'
import { readSources, readyHubs } from './source-input.ts'
import { SubscriptionFeed } from './subscription-feed.ts'
import { TableRows } from './table-rows.ts'
import { Turns } from './turns.ts'
import { ViewRows } from './view-rows.ts'
import { watermarkColumns, watermarkTracker } from './watermark-expression.ts'
import { WriteQueue } from './write-queue.ts'

/** The one split of a table's watermark. */
const TABLE_SPLIT = 'table'
const EPOCH_MAX_MS = 100
const SLICE_MS = 5

export class Engine implements StreamEngine {
  readonly #options: EngineOptions
  readonly #epochMaxMs: number
  readonly #clock: () => bigint
  readonly #monotonicMs: () => number
  readonly #context: EvaluationContext
  readonly #relations = new Relations()
  readonly #writes = new WriteQueue(
    id => this.#relations.table(id),
    (id, since) => this.#relations.hasChangedSince(id, since, this.epoch),
  )
  readonly #dataflow: Dataflow
  readonly #jobs: JobStarter
  readonly #slicer: Slicer
  readonly #turns = new Turns()
  readonly #loop: EpochLoop
  onEpoch: ((epoch: Epoch) => void) | undefined
  /** Something happened at a source that only an epoch notices: a status, an idle split. */
  #sourceEvent = false
  /** Rows are gone and their slots not yet free: the next epoch goes on with them. */
  #reclaims = false

  constructor(options: EngineOptions) {
    this.#options = options
    this.#epochMaxMs = options.epochMaxMs ?? EPOCH_MAX_MS
    this.#clock = options.clock ?? (() => BigInt(Date.now()) * 1000n)
    this.#monotonicMs = options.monotonicMs ?? (() => performance.now())
    this.#context = defaultContext(this.#clock())
    this.#slicer = this.createSlicer()
    this.#dataflow = new Dataflow(
      table => this.#tableWatermark(table),
      (job, error) => this.#onJobFailed(job, error),
    )
    const work = {
      hasInput: () => this.#hasInput(),
      run: (epoch: Epoch) => this.#runEpoch(epoch),
      commit: (epoch: Epoch) => this.#commitEpoch(epoch),
    }
    this.#loop = new EpochLoop(work, this.#slicer, error => this.#onCrash(error))
    this.#jobs = new JobStarter({
      options,
      relations: this.#relations,
      dataflow: this.#dataflow,
      host: this.#backfillHost(),
      flushIntervalMs: this.#epochMaxMs,
      createSlicer: () => this.createSlicer(),
    })
  }

  /** For a piece of long work. */
  createSlicer(): Slicer {
    return new Slicer(this.#options.sliceMs ?? SLICE_MS, this.#monotonicMs, this.#turns)
  }

  get epoch(): Epoch {
    return this.#loop.completed
  }

  createTable(relation: Relation): void {
    const { watermark } = relation
    const columns = relation.schema.map((_, index) => index)
    const tracker =
      watermark === undefined ? undefined : watermarkTracker(relation, watermark, columns, this.#context)
    this.#relations.set(relation.id, {
      kind: 'table',
      table: new TableRows(relation, this.#context),
      tracker,
    })
  }

  createSystemRelation(relation: Relation, rows: (context: EvaluationContext) => DeltaBatch): void {
    this.#relations.set(relation.id, { kind: 'system', relation, rows })
  }

  createSource(relation: Relation, source: Source, options: SourceOptions): void {
    const { watermark } = options
    const letters = new DeadLetters()
    const hub = new SourceHub({
      relation,
      source,
      watermarkColumns: watermarkColumns(watermark),
      createTracker: columns =>
        watermark === undefined ? undefined : watermarkTracker(relation, watermark, columns, this.#context),
      onBadRecords: records => this.#keepDeadLetters(letters, options.deadLetters, records),
      wake: () => {
        this.#sourceEvent = true
        this.#loop.wake()
      },
      nowMs: () => this.#nowMs(),
    })
    this.#relations.set(relation.id, { kind: 'source', hub })
  }

  async createMaterializedView(relation: Relation, plan: PhysicalPlan, options: JobOptions): Promise<void> {
    const view = new ViewRows(relation, plan.properties)
    const job = this.#jobs.create(
      { id: relation.id, name: options.name, kind: 'materialized_view', plan, target: view },
      options,
    )
    this.#relations.set(relation.id, { kind: 'view', relation, view, job })
    await this.#jobs.start(job, { signal: options.signal, history: true, caughtUp: true })
  }

  async createSink(id: RelationId, plan: PhysicalPlan, sink: Sink, options: JobOptions): Promise<void> {
    const { uniqueKey: key, appendOnly } = plan.properties
    const sinkContext = { schema: plan.schema, key, appendOnly }
    await sink.validate(sinkContext)
    const onFailed = (error: Error) => this.#dataflow.fail(job, error)
    const feed = new SinkFeed(onFailed, () => this.#loop.wake())
    const job: Job = this.#jobs.create({ id, name: options.name, kind: 'sink', plan, target: feed }, options)
    try {
      feed.open(await sink.open(sinkContext, feed.onStatus))
    } catch (error) {
      await this.#jobs.close(job)
      throw error
    }
    this.#relations.set(id, { kind: 'sink', job })
    await this.#jobs.start(job, { signal: options.signal, history: true, caughtUp: true })
  }

  async subscribe(plan: PhysicalPlan, options: SubscribeOptions): Promise<Subscription> {
    const feed = new SubscriptionFeed({
      schema: plan.schema,
      key: plan.properties.uniqueKey,
      snapshot: options.snapshot,
      progress: options.progress ?? false,
      bufferBytesMax: options.bufferBytesMax,
      signal: options.signal,
      onClose: () => {
        if (job !== undefined) this.#jobs.discard(job)
      },
    })
    let job: Job | undefined
    job = this.#jobs.create(
      { id: undefined, name: 'subscription', kind: 'subscription', plan, target: feed },
      { context: options.context, onNotice: () => {} },
    )
    try {
      await this.#jobs.start(job, { signal: options.signal, history: options.snapshot, caughtUp: false })
    } catch (error) {
      // The feed saw the signal first and took its job away; the signal knows why.
      throwIfAborted(options.signal)
      throw error
    }
    return feed
  }

  async drop(ids: readonly RelationId[]): Promise<void> {
    const entries = ids.flatMap(id => this.#relations.find(id) ?? [])
    for (const entry of entries) {
      if (entry.kind === 'view' || entry.kind === 'sink') this.#jobs.abort(entry.job)
    }
    await this.#loop.atBoundary(() => {
      for (const id of ids) this.#relations.delete(id)
      for (const entry of entries) {
        if (entry.kind === 'view' || entry.kind === 'sink') this.#jobs.detach(entry.job)
      }
      this.#jobs.failReaders(new Set(ids))
    })
    for (const entry of entries) {
      if (entry.kind === 'view' || entry.kind === 'sink') await this.#jobs.close(entry.job)
    }
    await this.#jobs.closeUnusedReaders()
    for (const entry of entries) if (entry.kind === 'source') await entry.hub.close()
  }

  query(plan: PhysicalPlan, options: QueryOptions): RowStream {
    const { build, modelScorer } = this.#options
    const pipeline = build(plan, options.context, { modelScorer })
    try {
      const epoch = options.snapshot?.epoch ?? this.epoch
      const leaves = queryLeaves(pipeline, this.#relations, epoch, options)
      return new QueryStream({
        plan,
        pipeline,
        leaves,
        slicer: this.createSlicer(),
        signal: options.signal,
        memory: this.#queryMemory(),
      })
    } catch (error) {
      pipeline.close()
      throw error
    }
  }

  #queryMemory(): MemoryShare {
    const { queryMemoryMax = Number.POSITIVE_INFINITY, workMemory } = this.#options
    return new MemoryShare(new MemoryLimit(queryMemoryMax, { holder: 'The query holds' }, workMemory))
  }

  snapshot(): EngineSnapshot {
    return new PinnedSnapshot(this.#relations, this.epoch)
  }

  write(changes: readonly TableWrite[], options: WriteOptions = {}): Promise<Epoch> {
    const written = this.#writes.add(changes, options)
    this.#loop.wake()
    return written
  }

  settled(table: RelationId): Promise<void> | undefined {
    return this.#writes.settled(table)
  }

  liveRows(table: RelationId): LiveRows {
    return this.#relations.table(table)
  }

  async flush(): Promise<Epoch> {
    const ends = new Map<SourceHub, readonly SplitPosition[]>()
    const discovered = this.#dataflow.hubs().map(async hub => {
      ends.set(hub, endPositions(await hub.source.discover()))
    })
    await Promise.all(discovered)
    await this.#loop.nextEpoch()
    await this.#jobs.catchUps.wait(ends, hub => !this.#dataflow.hubs().includes(hub))
    return this.epoch
  }

  jobs(): readonly JobStatus[] {
    return this.#jobs.all().flatMap(job => job.status() ?? [])
  }

  sourceLag(): readonly SourceLagRow[] {
    return [...this.#relations.entries()].flatMap(entry => (entry.kind === 'source' ? entry.hub.lag() : []))
  }

  changedAt(id: RelationId): Epoch {
    const entry = this.#relations.find(id)
    if (entry?.kind === 'table') return entry.table.rows.changedAt
    return entry?.kind === 'view' ? entry.view.rows.changedAt : 0
  }

  relationRows(id: RelationId): number {
    const entry = this.#relations.get(id)
    if (entry.kind === 'table') return entry.table.rows.store.rowCount
    return entry.kind === 'view' ? entry.view.rows.store.rowCount : 0
  }

  async close(): Promise<void> {
    const error = new SqlError(SqlState.adminShutdown, 'terminating connection due to administrator command')
    for (const job of this.#jobs.all()) this.#jobs.abort(job)
    await this.#loop.close()
    this.#writes.close(error)
    this.#jobs.catchUps.close(error)
    for (const job of this.#jobs.all()) {
      if (job.kind === 'subscription') job.target.fail(error)
      this.#jobs.detach(job)
      await this.#jobs.close(job)
    }
    await this.#jobs.closeUnusedReaders()
    for (const entry of this.#relations.entries()) if (entry.kind === 'source') await entry.hub.close()
  }

  #hasInput(): boolean {
    if (this.#sourceEvent || this.#reclaims) return true
    const blocked = this.#dataflow.blocked()
    return this.#writes.hasRunnable(blocked) || readyHubs(this.#dataflow, blocked).length > 0
  }

  async #runEpoch(epoch: Epoch): Promise<void> {
    const startedMs = this.#monotonicMs()
    const timeUp = () => this.#monotonicMs() - startedMs >= this.#epochMaxMs
    this.#sourceEvent = false
    this.#reclaims = false
    for (const hub of this.#dataflow.hubs()) {
      if (hub.status.kind === 'failed') this.#dataflow.failReaders(hub, hub.status.error)
    }
    const blocked = this.#dataflow.blocked()
    const publish = (table: RelationId, delta: DeltaBatch) => this.#publishTable(table, delta)
    await this.#writes.apply(epoch, blocked, this.#slicer, publish)
    await readSources(this.#dataflow, readyHubs(this.#dataflow, blocked), this.#slicer, timeUp)
    for (const hub of this.#dataflow.hubs()) hub.advance()
    await this.#dataflow.flush(epoch, this.#slicer)
  }

  #commitEpoch(epoch: Epoch): void {
    for (const entry of this.#relations.entries()) {
      if (entry.kind === 'table' && entry.table.rows.reclaim(epoch)) this.#reclaims = true
    }
    this.#dataflow.commit(epoch)
    this.#writes.commit(epoch)
    this.#jobs.checkProgress()
    this.onEpoch?.(epoch)
  }

  #publishTable(table: RelationId, delta: DeltaBatch): void {
    const entry = this.#relations.find(table)
    if (entry?.kind === 'table' && entry.tracker !== undefined) {
      entry.tracker.observe(TABLE_SPLIT, delta, this.#nowMs())
    }
    this.#dataflow.publish(table, [delta])
  }

  #tableWatermark(table: RelationId): Watermark {
    const entry = this.#relations.find(table)
    if (entry?.kind !== 'table' || entry.tracker === undefined) return NO_WATERMARK
    return entry.tracker.advance(this.#nowMs(), false)
  }

  #keepDeadLetters(letters: DeadLetters, table: RelationId | undefined, records: readonly BadRecord[]): void {
    if (table === undefined) return
    const inserts = letters.rows(records, this.#clock())
    if (inserts === undefined) return
    this.write([{ table, deletes: undefined, inserts }]).catch((error: unknown) => {
      this.#options.logger.error({ error, records: inserts.length }, 'dead letters could not be kept')
    })
  }

  #onJobFailed(job: Job, error: Error): void {
    this.#options.logger.error({ job: job.name, error }, 'a streaming job failed')
    this.#jobs.onFailed()
  }

  #onCrash(error: Error): void {
    this.#options.logger.error({ error }, 'the engine stopped: an epoch failed')
    const crash = new SqlError(SqlState.internalError, `the engine stopped: ${error.message}`, {
      cause: error,
    })
    this.#writes.close(crash)
    this.#jobs.catchUps.close(crash)
  }

  #backfillHost(): BackfillHost {
    const loop = this.#loop
    let attaching: Promise<unknown> = Promise.resolve()
    return {
      get epoch() {
        return loop.completed
      },
      storedRows: relation => this.#relations.stored(relation),
      nowMs: () => this.#nowMs(),
      atBoundary: action => loop.atBoundary(action),
      exclusively: action => {
        const run = attaching.then(action)
        attaching = run.catch(() => {}) // its caller hears of it
        return run
      },
      attach: job => this.#jobs.attach(job),
      watermarkOf: leaf => this.#dataflow.watermarkOf(leaf),
    }
  }

  #nowMs(): number {
    return Number(this.#clock() / 1000n)
  }
}
