/**
 * What a SERIALIZABLE transaction read of its snapshot: whole relations, or single rows by primary key. It
 * commits when none of that changed since; so it might as well have run as a whole at its COMMIT, and the
 * order of commits is a serial order of such transactions.
 */

import type { Relation, RelationId } from '../../planner/catalog.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import { columnFromValues } from '../batch/column-builder.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import { deltaBatch } from '../batch/delta-batch.ts'
import { nullColumn } from '../batch/null-column.ts'
import type { SqlValue } from '../expression/evaluation-context.ts'
import type { Epoch } from '../operators/operator.ts'

/** Rows remembered by key; a transaction that reads more of them has read their tables. */
const KEYS_MAX = 10_000

/** A key that was looked up, as a row of its table in which all other columns are NULL, and the row's id. */
interface KeyRead {
  readonly table: RelationId
  readonly row: DeltaBatch
  readonly id: bigint
}

export class ReadSet {
  readonly #relations = new Map<RelationId, Epoch>()
  #keys: (KeyRead & { readonly epoch: Epoch })[] = []

  /** The whole relation was read at this epoch. */
  addRelation(relation: RelationId, epoch: Epoch): void {
    this.#relations.set(relation, Math.min(epoch, this.#relations.get(relation) ?? epoch))
  }

  /** The row with this primary key was read: `id`, NO_ROW when there was none. */
  addKey({ id: table, schema, primaryKey }: Relation, key: readonly SqlValue[], id: bigint, epoch: Epoch) {
    if (key.includes(null)) return
    const columns = schema.map(({ type }, index) => {
      const part = primaryKey.indexOf(index)
      return part < 0 ? nullColumn(type, 1) : columnFromValues(type, [key[part]!])
    })
    this.#keys.push({ table, row: deltaBatch(columns, 1), id, epoch })
    if (this.#keys.length <= KEYS_MAX) return
    for (const read of this.#keys) this.addRelation(read.table, read.epoch)
    this.#keys = []
  }

  /** 40001 unless everything is as it was; the arguments say what changed, and where a key's row is now. */
  check(
    hasChangedSince: (relation: RelationId, epoch: Epoch) => boolean,
    find: (table: RelationId, row: DeltaBatch) => bigint,
  ): void {
    for (const [relation, epoch] of this.#relations) {
      if (hasChangedSince(relation, epoch)) throw dependencyFailure()
    }
    for (const { table, row, id } of this.#keys) {
      if (!this.#relations.has(table) && find(table, row) !== id) throw dependencyFailure()
    }
  }
}

function dependencyFailure(): SqlError {
  return new SqlError(
    SqlState.serializationFailure,
    'could not serialize access due to read/write dependencies among transactions',
    { hint: 'The transaction might succeed if retried.' },
  )
}
