/**
 * A streaming job: one pipeline that runs for as long as its view, sink or subscription lives, and what it
 * feeds. The job knows nothing of epochs; dataflow.ts drives all jobs through them together.
 */

import { assert } from '../../planner/assert.ts'
import type { RelationId } from '../../planner/catalog.ts'
import type { Notice } from '../../planner/errors.ts'
import { SqlState } from '../../planner/errors.ts'
import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import type { SplitRange } from '../io/source.ts'
import type { Epoch } from '../operators/operator.ts'
import { NO_WATERMARK } from '../operators/operator.ts'
import { consolidateAll } from './batches.ts'
import type { JobStatus } from './engine-contract.ts'
import type { Pipeline } from './pipeline.ts'
import { progressOf } from './reading.ts'
import type { SourceHub } from './source-hub.ts'
import { columnPositions } from './source-hub.ts'

/** Where a job's output goes. All methods are called by one caller at a time. */
export interface JobTarget {
  /**
   * The net change of the job's output in this epoch, taken in a step at a time; not visible before `commit`.
   * May be called again for one epoch.
   */
  write(epoch: Epoch, batches: readonly DeltaBatch[]): Iterator<void>
  /** The epoch is complete: everything written becomes visible. */
  commit(epoch: Epoch): void
  /** The job failed for good: readers get the error. */
  fail(error: Error): void
  /** Of targets that can be slower than the engine: true = sources that feed this job wait. */
  readonly full: boolean
  /** Resolves when the target is no longer full. */
  drained(): Promise<void>
  /** The target is being retried by its writer; shown in SHOW JOBS. */
  readonly retrying: Error | undefined
  /** Bytes of rows held. */
  stateBytes(): number
  close(): Promise<void>
}

/** A leaf and what feeds it. `index` is the pipeline's leaf number. */
export type JobLeaf =
  | {
      readonly kind: 'stored'
      readonly index: number
      readonly relation: RelationId
      readonly columns: readonly number[]
    }
  | {
      readonly kind: 'source'
      readonly index: number
      readonly hub: SourceHub
      readonly columns: readonly number[]
    }
  | { readonly kind: 'generated'; readonly index: number; readonly generate: () => DeltaBatch | undefined }

export interface JobInit {
  /** The view or sink; undefined for a subscription. */
  readonly id: RelationId | undefined
  readonly name: string
  readonly kind: 'materialized_view' | 'sink' | 'subscription'
  readonly plan: PhysicalPlan
  readonly pipeline: Pipeline
  readonly leaves: readonly JobLeaf[]
  readonly target: JobTarget
  readonly errors: ErrorCounter
  readonly onNotice: (notice: Notice) => void
}

/** Rows whose expressions failed; the callback of the job's EvaluationContext. */
export class ErrorCounter {
  count = 0
  last: Error | undefined

  readonly onError = (error: Error): void => {
    this.count++
    this.last = error
  }
}

const PROGRESS_INTERVAL_MS = 1000

export class Job {
  readonly id: RelationId | undefined
  readonly name: string
  readonly kind: JobInit['kind']
  readonly plan: PhysicalPlan
  readonly pipeline: Pipeline
  readonly leaves: readonly JobLeaf[]
  readonly target: JobTarget
  /** What its sources held when the job was created; it is caught up when it has read all of that. */
  readonly history = new Map<SourceHub, readonly SplitRange[]>()
  state: 'backfilling' | 'running' | 'failed' = 'backfilling'
  error: Error | undefined
  rowsIn = 0
  #output: DeltaBatch[] = []
  readonly #errors: ErrorCounter
  readonly #onNotice: (notice: Notice) => void
  readonly #leafProgress: number[]
  #reportedMs: number | undefined
  readonly #columnCache = new Map<number, { hubColumns: readonly number[]; positions: readonly number[] }>()

  constructor(init: JobInit) {
    this.id = init.id
    this.name = init.name
    this.kind = init.kind
    this.plan = init.plan
    this.pipeline = init.pipeline
    this.leaves = init.leaves
    this.target = init.target
    this.#errors = init.errors
    this.#onNotice = init.onNotice
    this.#leafProgress = init.leaves.map(() => 0)
    this.pipeline.connect({ push: batch => this.#output.push(batch) })
  }

  /** Rows for a leaf; `batch` has the leaf's columns. */
  push(leaf: JobLeaf, batch: DeltaBatch): void {
    this.rowsIn += batch.length
    this.pipeline.push(leaf.index, batch)
  }

  /** Where the leaf's columns are in the batches of its hub. */
  sourcePositions(leaf: JobLeaf, hubColumns: readonly number[]): readonly number[] {
    assert(leaf.kind === 'source', 'only sources have hubs')
    const cached = this.#columnCache.get(leaf.index)
    if (cached?.hubColumns === hubColumns) return cached.positions
    const positions = columnPositions(leaf.columns, hubColumns)
    this.#columnCache.set(leaf.index, { hubColumns, positions })
    return positions
  }

  /** What left the pipeline since the last call, consolidated a step at a time. */
  *takeOutput(): Generator<void, readonly DeltaBatch[]> {
    if (this.#output.length === 0) return this.#output
    const output = this.#output
    this.#output = []
    return yield* consolidateAll(output, this.plan.properties.uniqueKey)
  }

  /** 0 … 1 of one leaf's history; the job's progress is the mean of its leaves. */
  setProgress(leaf: JobLeaf, progress: number, nowMs: number): void {
    this.#leafProgress[leaf.index] = Math.min(1, progress)
    this.#reportedMs ??= nowMs
    if (nowMs - this.#reportedMs < PROGRESS_INTERVAL_MS) return
    this.#reportedMs = nowMs
    const percent = Math.floor(this.progress() * 100)
    const message = `backfilling ${this.name}: ${percent} %`
    this.#onNotice({ severity: 'NOTICE', code: SqlState.successfulCompletion, message })
  }

  /** Progress of an attached job that reads its history in epochs. */
  reportCatchUp(nowMs: number): void {
    for (const leaf of this.leaves) {
      if (leaf.kind !== 'source') continue
      const positions = leaf.hub.positions()
      const ranges = this.history.get(leaf.hub)
      if (positions !== undefined && ranges !== undefined)
        this.setProgress(leaf, progressOf(ranges, positions), nowMs)
    }
  }

  progress(): number {
    if (this.#leafProgress.length === 0) return 1
    return this.#leafProgress.reduce((sum, progress) => sum + progress, 0) / this.#leafProgress.length
  }

  /** For SHOW JOBS; undefined for subscriptions. */
  status(): JobStatus | undefined {
    if (this.id === undefined || this.kind === 'subscription') return undefined
    const retrying = this.#retrying()
    const watermark = this.pipeline.watermark()
    return {
      id: this.id,
      name: this.name,
      kind: this.kind,
      state: this.state === 'running' && retrying !== undefined ? 'retrying' : this.state,
      progress: this.state === 'backfilling' ? this.progress() : undefined,
      error: (this.error ?? retrying)?.message,
      rowsIn: this.rowsIn,
      rowsOut: this.pipeline.rowsOut(),
      lateRows: this.pipeline.lateRows(),
      errorRows: this.#errors.count,
      stateBytes: this.pipeline.stateBytes() + this.target.stateBytes(),
      watermark: watermark === NO_WATERMARK ? undefined : watermark,
    }
  }

  #retrying(): Error | undefined {
    if (this.target.retrying !== undefined) return this.target.retrying
    for (const leaf of this.leaves) {
      if (leaf.kind === 'source' && leaf.hub.status.kind === 'retrying') return leaf.hub.status.error
    }
    return undefined
  }
}

/**
 * True when no operator of the plan keeps rows from one batch to the next, so that any prefix of its input is
 * final.
 */
export function isStateless(plan: PhysicalPlan): boolean {
  switch (plan.kind) {
    case 'scan':
    case 'values':
    case 'table_function':
      return true
    case 'filter_project':
    case 'model_score':
      return isStateless(plan.input)
    case 'union_all':
      return plan.inputs.every(isStateless)
    default:
      return false
  }
}
