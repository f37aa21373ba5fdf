/**
 * The rows of a table, and the checks of a write: primary key, NOT NULL, rows that must still be there. The
 * changes of one write are applied one after another and undone together when one of them fails.
 */

import type { Relation } from '../../planner/catalog.ts'
import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import { BATCH_ROWS, deltaBatch } from '../batch/delta-batch.ts'
import { sliceBatch } from '../batch/gather.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'
import type { Epoch } from '../operators/operator.ts'
import type { LiveRows, TableChange, TableWrite } from './engine-contract.ts'
import { StoredRows } from './stored-rows.ts'
import { checkRows } from './table-checks.ts'

/** What a write did so far, to be taken back in reverse order. */
export type UndoLog = (() => void)[]

export class TableRows implements LiveRows {
  readonly relation: Relation
  readonly rows: StoredRows
  readonly #context: EvaluationContext

  /** `context`: how values are printed in error details. */
  constructor(relation: Relation, context: EvaluationContext) {
    this.relation = relation
    const key = relation.primaryKey.length === 0 ? undefined : relation.primaryKey
    this.rows = new StoredRows(relation.id, relation.schema, key)
    this.#context = context
  }

  find(rows: DeltaBatch): BigInt64Array | undefined {
    return this.rows.findPublic(rows)
  }

  read(ids: BigInt64Array): DeltaBatch {
    const { store } = this.rows
    const live = Int32Array.from(ids, id => store.resolve(id))
    return deltaBatch(store.gather(live, live.length), live.length)
  }

  check(ids: BigInt64Array): void {
    for (const id of ids) if (this.rows.store.resolve(id) < 0) throw this.#goneError(id)
  }

  /**
   * Applies a write in `epoch`: deletes, then inserts, in pieces between which others may have their turn:
   * they see rows of earlier epochs. Yields the deltas it makes, undefined for other work; throws with `undo`
   * to be run.
   */
  *apply(write: TableWrite, epoch: Epoch, undo: UndoLog): Generator<DeltaBatch | undefined, void> {
    const { changedAt } = this.rows
    undo.push(() => {
      this.rows.changedAt = changedAt
    })
    if ('pieces' in write) for (const piece of write.pieces()) yield* this.#apply(piece, epoch, undo)
    else yield* this.#apply('decide' in write ? write.decide(this) : write, epoch, undo)
  }

  *#apply(
    { deletes, inserts, whereOf }: TableChange,
    epoch: Epoch,
    undo: UndoLog,
  ): Generator<DeltaBatch | undefined, void> {
    if (deletes !== undefined && deletes.length > 0) yield* this.#deleteAll(deletes, epoch, undo)
    if (inserts === undefined) return
    for (let start = 0; start < inserts.length; start += BATCH_ROWS) {
      const rows = sliceBatch(inserts, start, Math.min(start + BATCH_ROWS, inserts.length))
      const where = whereOf === undefined ? undefined : (row: number) => whereOf(start + row)
      // A key that comes twice in the change is found in a piece, or in the table.
      checkRows(this.relation, { rows, replaced: undefined, whereOf: where }, this, this.#context)
      yield this.#insert(rows, epoch, undo)
    }
  }

  *#deleteAll(
    publicIds: BigInt64Array,
    epoch: Epoch,
    undo: UndoLog,
  ): Generator<DeltaBatch | undefined, void> {
    if (this.relation.appendOnly)
      throw notSupported(`deleting from append-only table "${this.relation.name}"`)
    const found = new Set<number>()
    for (let start = 0; start < publicIds.length; start += BATCH_ROWS) {
      this.#resolve(publicIds.subarray(start, start + BATCH_ROWS), found)
      yield undefined
    }
    const ids = Int32Array.from(found)
    for (let start = 0; start < ids.length; start += BATCH_ROWS) {
      yield this.#delete(ids.subarray(start, start + BATCH_ROWS), epoch, undo)
    }
  }

  #insert(batch: DeltaBatch, epoch: Epoch, undo: UndoLog): DeltaBatch {
    const ids = this.rows.insert(batch.columns, undefined, batch.length, epoch)
    undo.push(() => this.rows.undoInsert(ids))
    return batch
  }

  #delete(ids: Int32Array, epoch: Epoch, undo: UndoLog): DeltaBatch {
    const columns = this.rows.store.gather(ids, ids.length)
    this.rows.delete(ids, ids.length, epoch)
    undo.push(() => this.rows.store.undoDelete())
    return { columns, length: ids.length, weights: new Int32Array(ids.length).fill(-1) }
  }

  #resolve(publicIds: BigInt64Array, ids: Set<number>): void {
    for (const publicId of publicIds) {
      const id = this.rows.store.resolve(publicId)
      if (id < 0) throw this.#goneError(publicId)
      ids.add(id)
    }
  }

  /** Whether the row was updated or deleted is known as long as a reader keeps it, by its key. */
  #goneError(publicId: bigint): SqlError {
    const id = this.rows.store.heldId(publicId)
    if (id < 0 || this.rows.key === undefined) return concurrentUpdate()
    const isUpdated = this.rows.findLive(this.rows.store.gather(Int32Array.of(id), 1), undefined, 1)[0]! >= 0
    if (isUpdated) return concurrentUpdate()
    return new SqlError(SqlState.serializationFailure, 'could not serialize access due to concurrent delete')
  }
}

/** 40001: another transaction changed or deleted a row, or took a key. */
export function concurrentUpdate(detail?: string): SqlError {
  return new SqlError(SqlState.serializationFailure, 'could not serialize access due to concurrent update', {
    detail,
  })
}
