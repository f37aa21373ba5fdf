/** One epoch of every relation, kept readable: what all reads of a REPEATABLE READ transaction see. */

import type { RelationId } from '../../planner/catalog.ts'
import type { Epoch } from '../operators/operator.ts'
import type { EngineSnapshot } from './engine-contract.ts'
import type { Relations } from './relations.ts'
import type { StoredRows } from './stored-rows.ts'

export class PinnedSnapshot implements EngineSnapshot {
  readonly epoch: Epoch
  readonly #rows: ReadonlyMap<RelationId, StoredRows>
  #open = true

  /** `epoch` is the last complete one. */
  constructor(relations: Relations, epoch: Epoch) {
    this.epoch = epoch
    this.#rows = new Map(relations.complete().map(rows => [rows.id, rows]))
    for (const { store } of this.#rows.values()) store.pin(epoch)
  }

  /** False for a relation that was made, or became complete, after the snapshot. */
  has(relation: RelationId): boolean {
    return this.#rows.has(relation)
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    for (const { store } of this.#rows.values()) store.unpin(this.epoch)
  }
}
