/**
 * All running jobs, and who reads what. Jobs run in the order they were created, which is an order of
 * dependencies: what one job puts out in an epoch reaches its readers within the same epoch, before they are
 * flushed.
 *
 * A job that fails takes the jobs that read it along; all others go on.
 */

import { assert } from '../../planner/assert.ts'
import type { RelationId } from '../../planner/catalog.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import type { SourceBatch } from '../io/source.ts'
import type { Epoch, Watermark } from '../operators/operator.ts'
import { NO_WATERMARK } from '../operators/operator.ts'
import { pickColumns } from './batches.ts'
import type { Job, JobLeaf } from './job.ts'
import type { Slicer } from './slicer.ts'
import type { SourceHub } from './source-hub.ts'

interface Listener {
  readonly job: Job
  readonly leaf: JobLeaf
}

export class Dataflow {
  readonly #jobs: Job[] = []
  readonly #byRelation = new Map<RelationId, Listener[]>()
  readonly #byHub = new Map<SourceHub, Listener[]>()
  readonly #jobOfRelation = new Map<RelationId, Job>()
  readonly #tableWatermark: (table: RelationId) => Watermark
  readonly #onFailed: (job: Job, error: Error) => void

  /** `tableWatermark`: what holds for a table. `onFailed`: called once per failed job. */
  constructor(tableWatermark: (table: RelationId) => Watermark, onFailed: (job: Job, error: Error) => void) {
    this.#tableWatermark = tableWatermark
    this.#onFailed = onFailed
  }

  /** Attached jobs in creation order. */
  get jobs(): readonly Job[] {
    return this.#jobs
  }

  /** From the next epoch on the job sees every change of what it reads. Only between epochs. */
  attach(job: Job): void {
    this.#jobs.push(job)
    if (job.id !== undefined) this.#jobOfRelation.set(job.id, job)
    for (const leaf of job.leaves) {
      if (leaf.kind === 'stored') listen(this.#byRelation, leaf.relation, { job, leaf })
      if (leaf.kind === 'source') listen(this.#byHub, leaf.hub, { job, leaf })
    }
  }

  /** Only between epochs. No effect on a job that is not attached. */
  detach(job: Job): void {
    const index = this.#jobs.indexOf(job)
    if (index < 0) return
    this.#jobs.splice(index, 1)
    if (job.id !== undefined) this.#jobOfRelation.delete(job.id)
    for (const leaf of job.leaves) {
      if (leaf.kind === 'stored') unlisten(this.#byRelation, leaf.relation, job)
      if (leaf.kind === 'source') unlisten(this.#byHub, leaf.hub, job)
    }
  }

  /** Hubs that a job which has not failed reads from. */
  hubs(): SourceHub[] {
    const hubs: SourceHub[] = []
    for (const [hub, listeners] of this.#byHub) {
      if (listeners.some(({ job }) => job.state !== 'failed')) hubs.push(hub)
    }
    return hubs
  }

  /** Relations and hubs whose rows end up in a target that is full: they have to wait. */
  blocked(): ReadonlySet<RelationId | SourceHub> {
    const blocked = new Set<RelationId | SourceHub>()
    for (const job of this.#jobs) if (job.target.full && job.state !== 'failed') this.#block(job, blocked)
    return blocked
  }

  /** Changes of a stored relation, for everyone who reads it. */
  publish(relation: RelationId, batches: readonly DeltaBatch[]): void {
    if (batches.length === 0) return
    for (const { job, leaf } of this.#byRelation.get(relation) ?? []) {
      assert(leaf.kind === 'stored', 'relations are read by stored leaves')
      for (const batch of batches) this.#push(job, leaf, pickColumns(batch, leaf.columns))
    }
  }

  /** Rows of a source, for everyone who reads it. */
  publishSource(hub: SourceHub, rows: SourceBatch): void {
    if (rows.batch.length === 0) return
    for (const { job, leaf } of this.#byHub.get(hub) ?? []) {
      this.#push(job, leaf, pickColumns(rows.batch, job.sourcePositions(leaf, hub.columns)))
    }
  }

  /** Ends an epoch in every job, inputs before consumers. */
  async flush(epoch: Epoch, slicer: Slicer): Promise<void> {
    for (const job of this.#jobs) {
      if (job.state === 'failed') continue
      const output = await this.#flushJob(job, epoch, slicer)
      if (job.id === undefined) continue
      for (const batch of output) {
        this.publish(job.id, [batch])
        if (slicer.expired()) await slicer.pause()
      }
    }
  }

  /** The epoch is complete. */
  commit(epoch: Epoch): void {
    for (const job of this.#jobs) if (job.state !== 'failed') job.target.commit(epoch)
  }

  /** What is known of the event time of a relation's later changes. */
  watermarkOf(leaf: JobLeaf): Watermark {
    switch (leaf.kind) {
      case 'source':
        return leaf.hub.watermark
      case 'stored': {
        const upstream = this.#jobOfRelation.get(leaf.relation)
        return upstream === undefined ? this.#tableWatermark(leaf.relation) : upstream.pipeline.watermark()
      }
      default:
        return NO_WATERMARK
    }
  }

  /** The job and all that read it stop for good; their readers get the error. */
  fail(job: Job, error: Error): void {
    if (job.state === 'failed') return
    job.state = 'failed'
    job.error = error
    job.pipeline.close()
    job.target.fail(error)
    this.#onFailed(job, error)
    if (job.id === undefined) return
    for (const reader of this.#byRelation.get(job.id) ?? []) {
      const message = `upstream job "${job.name}" failed: ${error.message}`
      this.fail(reader.job, new SqlError(SqlState.objectNotInPrerequisiteState, message, { cause: error }))
    }
  }

  /** The source of these jobs failed for good. */
  failReaders(hub: SourceHub, error: Error): void {
    for (const { job } of [...(this.#byHub.get(hub) ?? [])]) this.fail(job, error)
  }

  async #flushJob(job: Job, epoch: Epoch, slicer: Slicer): Promise<readonly DeltaBatch[]> {
    try {
      for (const leaf of job.leaves) job.pipeline.advance(leaf.index, this.watermarkOf(leaf))
      const flushed = job.pipeline.flush(epoch, slicer)
      if (flushed !== undefined) await flushed
      if (isFailed(job)) return []
      const taken = slicer.run(job.takeOutput())
      const output = taken instanceof Promise ? await taken : taken
      const written = slicer.run(job.target.write(epoch, output))
      if (written !== undefined) await written
      return isFailed(job) ? [] : output
    } catch (error) {
      this.fail(job, toError(error))
      return []
    }
  }

  #push(job: Job, leaf: JobLeaf, batch: DeltaBatch): void {
    if (job.state === 'failed') return
    try {
      job.push(leaf, batch)
    } catch (error) {
      this.fail(job, toError(error))
    }
  }

  #block(job: Job, blocked: Set<RelationId | SourceHub>): void {
    for (const leaf of job.leaves) {
      if (leaf.kind === 'source') blocked.add(leaf.hub)
      if (leaf.kind !== 'stored') continue
      const upstream = this.#jobOfRelation.get(leaf.relation)
      if (upstream === undefined) blocked.add(leaf.relation)
      else this.#block(upstream, blocked)
    }
  }
}

function listen<K>(listeners: Map<K, Listener[]>, key: K, listener: Listener): void {
  const known = listeners.get(key)
  if (known === undefined) listeners.set(key, [listener])
  else known.push(listener)
}

function unlisten<K>(listeners: Map<K, Listener[]>, key: K, job: Job): void {
  const rest = (listeners.get(key) ?? []).filter(listener => listener.job !== job)
  if (rest.length === 0) listeners.delete(key)
  else listeners.set(key, rest)
}

/** The state may have changed while a flush was awaited. */
function isFailed(job: Job): boolean {
  return job.state === 'failed'
}

export function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
