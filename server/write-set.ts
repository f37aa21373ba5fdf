/**
 * The uncommitted writes of a transaction to one table, as its own later statements see them (an overlay over
 * the snapshot) and as COMMIT applies them (one change). Rows that the transaction inserted have ids below 0;
 * deleting one of them takes it out again.
 *
 * Every change has a sequence number, so that ROLLBACK TO can take back what came after a savepoint, and an
 * open cursor goes on seeing what it saw when it was declared.
 */

import { columnFromValues } from '../executor/batch/column-builder.ts'
import { concatBatches } from '../executor/batch/concat.ts'
import type { DeltaBatch } from '../executor/batch/delta-batch.ts'
import { deltaBatch } from '../executor/batch/delta-batch.ts'
import { gatherBatch } from '../executor/batch/gather.ts'
import type { TableChange, TableOverlay } from '../executor/runtime/engine-contract.ts'
import type { RelationId } from '../planner/catalog.ts'
import { int8Type } from '../planner/types.ts'

/** What a write set looked like at a savepoint. */
export interface WriteMark {
  readonly sequence: number
  readonly insertedCount: number
  readonly unsettledCount: number
}

export class WriteSet {
  readonly #table: RelationId
  #sequence = 0
  /** Ids of the snapshot's rows, with the change that deleted them. */
  readonly #deleted = new Map<bigint, number>()
  /** Rows with their ids as the last column. */
  readonly #inserted: DeltaBatch[] = []
  /** Own rows that were deleted again and are still in #inserted, with the change that deleted them. */
  readonly #taken = new Map<bigint, number>()
  /** #inserted without #taken; undefined when it has to be made again. */
  #visible: readonly DeltaBatch[] | undefined
  /** From the first INSERT … ON CONFLICT on: what it does is known only when it is applied. */
  readonly #unsettled: TableChange[] = []
  /** A savepoint may want the batches below this index back as they are. */
  #keptCount = 0
  #nextId = -1n

  constructor(table: RelationId) {
    this.#table = table
  }

  /** False when what the table looks like to this transaction is known only at COMMIT. */
  get isReadable(): boolean {
    return this.#unsettled.length === 0
  }

  /** Adds a change. Only inserts may follow an INSERT … ON CONFLICT. */
  add(change: TableChange): void {
    const settles = change.onConflict === undefined || change.onConflict === 'error'
    if (!settles || !this.isReadable) {
      this.#unsettled.push(change)
      return
    }
    const sequence = ++this.#sequence
    for (const id of change.deletes ?? []) (id < 0n ? this.#taken : this.#deleted).set(id, sequence)
    if (change.inserts !== undefined) this.#inserted.push(this.#numbered(change.inserts))
    this.#visible = undefined
  }

  overlay(): TableOverlay {
    const deletedAt = this.#deleted
    const sequence = this.#sequence
    const deleted = {
      size: deletedAt.size,
      has: (id: bigint) => (deletedAt.get(id) ?? Number.POSITIVE_INFINITY) <= sequence,
    }
    return { deleted, inserted: this.#visibleRows() }
  }

  /** What COMMIT applies, in order. */
  changes(): readonly TableChange[] {
    const inserted = this.#visibleRows().map(batch => deltaBatch(batch.columns.slice(0, -1), batch.length))
    const inserts = inserted.length === 0 ? undefined : concatBatches(inserted)
    const deletes = this.#deleted.size === 0 ? undefined : BigInt64Array.from(this.#deleted.keys())
    const settled =
      inserts === undefined && deletes === undefined ? [] : [{ table: this.#table, deletes, inserts }]
    return [...settled, ...this.#unsettled]
  }

  mark(): WriteMark {
    this.#keptCount = this.#inserted.length
    return {
      sequence: this.#sequence,
      insertedCount: this.#inserted.length,
      unsettledCount: this.#unsettled.length,
    }
  }

  /** Takes back what came after the mark. */
  rollback({ sequence, insertedCount, unsettledCount }: WriteMark): void {
    for (const changes of [this.#deleted, this.#taken]) {
      for (const [id, changedAt] of changes) if (changedAt > sequence) changes.delete(id)
    }
    this.#inserted.length = insertedCount
    this.#unsettled.length = unsettledCount
    this.#keptCount = insertedCount
    this.#visible = undefined
  }

  #numbered(batch: DeltaBatch): DeltaBatch {
    const ids = Array.from({ length: batch.length }, () => this.#nextId--)
    return deltaBatch([...batch.columns, columnFromValues(int8Type, ids)], batch.length)
  }

  #visibleRows(): readonly DeltaBatch[] {
    this.#visible ??= this.#withoutTaken()
    return this.#visible
  }

  /** Taken rows that no savepoint can bring back are dropped for good. */
  #withoutTaken(): readonly DeltaBatch[] {
    if (this.#taken.size === 0) return [...this.#inserted]
    const kept = this.#inserted.slice(0, this.#keptCount)
    const open = this.#inserted.slice(this.#keptCount).flatMap(batch => this.#filter(batch, true))
    this.#inserted.splice(this.#keptCount, this.#inserted.length, ...open)
    return [...kept.flatMap(batch => this.#filter(batch, false)), ...open]
  }

  #filter(batch: DeltaBatch, forget: boolean): DeltaBatch[] {
    const ids = batch.columns.at(-1)
    if (ids?.layout !== 'int64') throw new TypeError('row ids are int8')
    const rows = new Int32Array(batch.length)
    let count = 0
    for (let row = 0; row < batch.length; row++) {
      const id = ids.values[row]!
      if (!this.#taken.has(id)) rows[count++] = row
      else if (forget) this.#taken.delete(id)
    }
    if (count === batch.length) return [batch]
    return count === 0 ? [] : [gatherBatch(batch, rows, count)]
  }
}
