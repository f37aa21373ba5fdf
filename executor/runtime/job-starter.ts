/** The life of jobs: created from a plan, started (backfill, attachment, catching up), failed, dropped. */

import type { RelationId } from '../../planner/catalog.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { BackfillHost } from './backfill.ts'
import { Backfill } from './backfill.ts'
import { orAborted } from './cancellation.ts'
import { CatchUps } from './catch-up.ts'
import type { Dataflow } from './dataflow.ts'
import type { JobOptions } from './engine-contract.ts'
import type { EngineOptions } from './engine-options.ts'
import type { JobInit } from './job.ts'
import { ErrorCounter, Job } from './job.ts'
import { streamingLeaves } from './leaves.ts'
import { endPositions } from './reading.ts'
import type { Relations } from './relations.ts'
import type { Slicer } from './slicer.ts'

export interface JobStarterInit {
  readonly options: EngineOptions
  readonly relations: Relations
  readonly dataflow: Dataflow
  readonly host: BackfillHost
  readonly flushIntervalMs: number
  readonly createSlicer: () => Slicer
}

export interface StartOptions {
  readonly signal: AbortSignal | undefined
  /** The job gets what existed before it. */
  readonly history: boolean
  /** Wait until the job holds everything that its sources held at the call. */
  readonly caughtUp: boolean
}

type NewJob = Pick<JobInit, 'id' | 'name' | 'kind' | 'plan' | 'target'>

export class JobStarter {
  readonly catchUps = new CatchUps()
  readonly #init: JobStarterInit
  /** Every job that was created and not closed, in order of creation. */
  readonly #jobs = new Set<Job>()
  /** Jobs whose start is not over. */
  readonly #starting = new Map<Job, AbortController>()

  constructor(init: JobStarterInit) {
    this.#init = init
  }

  all(): readonly Job[] {
    return [...this.#jobs]
  }

  create(job: NewJob, { context, onNotice }: Pick<JobOptions, 'context' | 'onNotice'>): Job {
    const { build, modelScorer } = this.#init.options
    const errors = new ErrorCounter()
    const pipeline = build(job.plan, { ...context, onError: errors.onError }, { modelScorer })
    try {
      const leaves = streamingLeaves(pipeline, this.#init.relations)
      const created = new Job({ ...job, pipeline, leaves, errors, onNotice })
      this.#jobs.add(created)
      return created
    } catch (error) {
      pipeline.close()
      throw error
    }
  }

  /** Resolves when the job runs. When it rejects nothing of the job is left. */
  async start(job: Job, { signal, history, caughtUp }: StartOptions): Promise<void> {
    const { host, flushIntervalMs, createSlicer } = this.#init
    const abort = new AbortController()
    this.#starting.set(job, abort)
    const either = signal === undefined ? abort.signal : AbortSignal.any([signal, abort.signal])
    try {
      const options = { slicer: createSlicer(), signal: either, flushIntervalMs, history }
      await new Backfill(job, host, options).run()
      if (caughtUp) await this.#catchUp(job, either)
      if (job.error !== undefined) throw job.error
      job.state = 'running'
    } catch (error) {
      await this.#remove(job)
      throw error
    } finally {
      this.#starting.delete(job)
    }
  }

  /** Ends a start that is under way; no effect otherwise. */
  abort(job: Job): void {
    this.#starting.get(job)?.abort()
  }

  /** Between two epochs. What the job reads must still be there. */
  attach(job: Job): void {
    for (const leaf of job.leaves) if (leaf.kind === 'stored') this.#init.relations.stored(leaf.relation)
    this.#init.dataflow.attach(job)
  }

  /** Between two epochs. */
  detach(job: Job): void {
    this.#init.dataflow.detach(job)
  }

  /** Between two epochs: jobs that read relations which are gone, and are not dropped themselves, fail. */
  failReaders(relations: ReadonlySet<RelationId>): void {
    for (const job of this.#jobs) {
      if (job.id !== undefined && relations.has(job.id)) continue
      const reads = job.leaves.some(leaf =>
        leaf.kind === 'stored'
          ? relations.has(leaf.relation)
          : leaf.kind === 'source' && relations.has(leaf.hub.relation.id),
      )
      if (!reads) continue
      this.abort(job)
      this.#init.dataflow.fail(job, new SqlError(SqlState.undefinedTable, 'a relation it reads was dropped'))
    }
  }

  /** Frees a detached job; a sink's running write is allowed to finish. Idempotent. */
  async close(job: Job): Promise<void> {
    if (!this.#jobs.delete(job)) return
    job.pipeline.close()
    await job.target.close()
  }

  /** A subscription ended. */
  discard(job: Job): void {
    this.abort(job)
    this.#remove(job).catch((error: unknown) => {
      this.#init.options.logger.warn({ error }, 'a subscription could not be closed')
    })
  }

  /** A reader exists only while jobs need it. */
  async closeUnusedReaders(): Promise<void> {
    const used = new Set(this.#init.dataflow.hubs())
    for (const entry of this.#init.relations.entries()) {
      if (entry.kind !== 'source' || used.has(entry.hub) || entry.hub.isHeld) continue
      await entry.hub.closeReader()
    }
  }

  /** An epoch is complete: jobs that catch up may have arrived. */
  checkProgress(): void {
    const { host } = this.#init
    for (const job of this.#starting.keys()) job.reportCatchUp(host.nowMs())
    this.catchUps.check()
  }

  /** Some job failed: nobody waits for it any longer, and its sources may be unused. */
  onFailed(): void {
    this.catchUps.check()
    this.closeUnusedReaders().catch((error: unknown) => {
      this.#init.options.logger.warn({ error }, 'a source reader could not be closed')
    })
  }

  async #catchUp(job: Job, signal: AbortSignal): Promise<void> {
    const ends = new Map([...job.history].map(([hub, ranges]) => [hub, endPositions(ranges)]))
    await orAborted(
      this.catchUps.wait(ends, () => job.error !== undefined || signal.aborted),
      signal,
    )
  }

  async #remove(job: Job): Promise<void> {
    const { dataflow, host, relations } = this.#init
    if (dataflow.jobs.includes(job))
      await host.atBoundary(() => dataflow.detach(job)).catch(() => dataflow.detach(job))
    if (job.id !== undefined) relations.delete(job.id)
    await this.close(job)
    await this.closeUnusedReaders()
  }
}
