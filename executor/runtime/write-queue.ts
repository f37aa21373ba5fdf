/**
 * Writes to tables that wait for an epoch. Each is applied as a whole or not at all; one that is rejected
 * leaves no trace and the others of its epoch go on. A write is acknowledged when its epoch is complete.
 */

import type { RelationId } from '../../planner/catalog.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import type { Epoch } from '../operators/operator.ts'
import type { Deferred } from './deferred.ts'
import { deferred } from './deferred.ts'
import type { TableWrite, WriteOptions } from './engine-contract.ts'
import { NO_ROW } from './engine-contract.ts'
import type { Slicer } from './slicer.ts'
import type { TableRows, UndoLog } from './table-rows.ts'
import { concurrentUpdate } from './table-rows.ts'

interface PendingWrite {
  readonly changes: readonly TableWrite[]
  readonly options: WriteOptions
  readonly done: Deferred<Epoch>
}

/** A piece of what a write changed. */
interface AppliedChange {
  readonly table: RelationId
  readonly delta: DeltaBatch
}

export class WriteQueue {
  readonly #table: (id: RelationId) => TableRows
  readonly #hasChangedSince: (relation: RelationId, since: Epoch) => boolean
  #pending: PendingWrite[] = []
  #applied: PendingWrite[] = []
  /** The write that is being applied, piece by piece. */
  #underWay: { readonly write: PendingWrite; readonly done: Deferred<void> } | undefined
  #closed: Error | undefined

  /** `table` throws when there is no such table (any more). */
  constructor(
    table: (id: RelationId) => TableRows,
    hasChangedSince: (relation: RelationId, since: Epoch) => boolean,
  ) {
    this.#table = table
    this.#hasChangedSince = hasChangedSince
  }

  add(changes: PendingWrite['changes'], options: WriteOptions): Promise<Epoch> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed)
    const done = deferred<Epoch>()
    this.#pending.push({ changes, options, done })
    return done.promise
  }

  /** True when there is a write that does not touch a blocked table. */
  hasRunnable(blocked: ReadonlySet<unknown>): boolean {
    return this.#pending.some(write => isRunnable(write, blocked))
  }

  /** Applies all runnable writes in their order; `publish` gets their changes. */
  async apply(
    epoch: Epoch,
    blocked: ReadonlySet<unknown>,
    slicer: Slicer,
    publish: (table: RelationId, delta: DeltaBatch) => void,
  ): Promise<void> {
    if (this.#pending.length === 0) return
    const runnable = this.#pending.filter(write => isRunnable(write, blocked))
    this.#pending = this.#pending.filter(write => !isRunnable(write, blocked))
    for (const write of runnable) {
      for (const { table, delta } of await this.#applyWrite(write, epoch, slicer)) {
        publish(table, delta)
        if (slicer.expired()) await slicer.pause()
      }
      if (slicer.expired()) await slicer.pause()
    }
  }

  /** While a write to the table is half done: resolves when it is applied or was rejected. */
  settled(table: RelationId): Promise<void> | undefined {
    const underWay = this.#underWay
    return underWay?.write.changes.some(change => change.table === table) ? underWay.done.promise : undefined
  }

  /** The epoch is complete: acknowledges its writes. */
  commit(epoch: Epoch): void {
    const applied = this.#applied
    this.#applied = []
    for (const { done } of applied) done.resolve(epoch)
  }

  /** Rejects everything that was not acknowledged, and everything that comes. */
  close(error: Error): void {
    this.#closed = error
    for (const { done } of [...this.#applied, ...this.#pending]) done.reject(error)
    this.#applied = []
    this.#pending = []
  }

  /** What the write changed; nothing when it was rejected. Jobs hear of it when all of it is applied. */
  async #applyWrite(write: PendingWrite, epoch: Epoch, slicer: Slicer): Promise<readonly AppliedChange[]> {
    const undo: UndoLog = []
    const done = deferred<void>()
    this.#underWay = { write, done }
    try {
      write.options.reads?.check(
        this.#hasChangedSince,
        (table, row) => this.#table(table).find(row)?.[0] ?? NO_ROW,
      )
      const applied: AppliedChange[] = []
      for (const change of write.changes) {
        const { table } = change
        for (const delta of this.#table(table).apply(change, epoch, undo)) {
          if (delta !== undefined) applied.push({ table, delta })
          if (slicer.expired()) await slicer.pause()
        }
      }
      for (const table of write.options.touches ?? []) this.#table(table).rows.changedAt = epoch
      this.#applied.push(write)
      return applied
    } catch (error) {
      for (const step of undo.reverse()) step()
      write.done.reject(write.options.isChecked === true ? asConflict(error) : error)
      return []
    } finally {
      this.#underWay = undefined
      done.resolve()
    }
  }
}

/** A key that is taken, of rows that were checked before. */
function asConflict(error: unknown): unknown {
  const isTaken = error instanceof SqlError && error.code === SqlState.uniqueViolation
  return isTaken ? concurrentUpdate(error.fields.detail) : error
}

function isRunnable(write: PendingWrite, blocked: ReadonlySet<unknown>): boolean {
  return blocked.size === 0 || write.changes.every(change => !blocked.has(change.table))
}
