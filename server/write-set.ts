/**
 * The uncommitted writes of a transaction to one table, as its own later statements see them (an overlay over
 * the snapshot) and as COMMIT applies them (one change). Rows that the transaction inserted have ids below 0;
 * deleting one of them takes it out again.
 */

import { columnFromValues } from '../executor/batch/column-builder.ts'
import { concatBatches } from '../executor/batch/concat.ts'
import type { DeltaBatch } from '../executor/batch/delta-batch.ts'
import { deltaBatch } from '../executor/batch/delta-batch.ts'
import { gatherBatch } from '../executor/batch/gather.ts'
import type { TableChange, TableOverlay } from '../executor/runtime/engine-contract.ts'
import type { RelationId } from '../planner/catalog.ts'
import { int8Type } from '../planner/types.ts'

export class WriteSet {
  readonly #table: RelationId
  readonly #deleted = new Set<bigint>()
  /** Rows with their ids as the last column. */
  #inserted: DeltaBatch[] = []
  /** Own rows that were deleted again and are still in #inserted. */
  readonly #taken = new Set<bigint>()
  /** From the first INSERT … ON CONFLICT on: what it does is known only when it is applied. */
  readonly #unsettled: TableChange[] = []
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
    for (const id of change.deletes ?? []) (id < 0n ? this.#taken : this.#deleted).add(id)
    if (change.inserts !== undefined) this.#inserted.push(this.#numbered(change.inserts))
  }

  overlay(): TableOverlay {
    this.#dropTaken()
    return { deleted: this.#deleted, inserted: this.#inserted }
  }

  /** What COMMIT applies, in order. */
  changes(): readonly TableChange[] {
    this.#dropTaken()
    const inserted = this.#inserted.map(batch => deltaBatch(batch.columns.slice(0, -1), batch.length))
    const inserts = inserted.length === 0 ? undefined : concatBatches(inserted)
    const deletes = this.#deleted.size === 0 ? undefined : BigInt64Array.from(this.#deleted)
    const settled =
      inserts === undefined && deletes === undefined ? [] : [{ table: this.#table, deletes, inserts }]
    return [...settled, ...this.#unsettled]
  }

  #numbered(batch: DeltaBatch): DeltaBatch {
    const ids = Array.from({ length: batch.length }, () => this.#nextId--)
    return deltaBatch([...batch.columns, columnFromValues(int8Type, ids)], batch.length)
  }

  #dropTaken(): void {
    if (this.#taken.size === 0) return
    this.#inserted = this.#inserted.flatMap(batch => {
      const ids = batch.columns.at(-1)
      if (ids?.layout !== 'int64') throw new TypeError('row ids are int8')
      const rows = Int32Array.from({ length: batch.length }, (_, row) => row)
      const kept = rows.filter(row => !this.#taken.has(ids.values[row]!))
      if (kept.length === batch.length) return [batch]
      return kept.length === 0 ? [] : [gatherBatch(batch, kept, kept.length)]
    })
    this.#taken.clear()
  }
}
