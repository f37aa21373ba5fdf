/**
 * What a transaction locked with SELECT … FOR UPDATE or SHARE and LOCK TABLE. Nobody waits for a lock: it
 * is a claim that COMMIT checks. The rows and tables must be what they were when they were locked, else
 * 40001, and an exclusive lock makes others that have the same lock fail. A transaction that writes nothing
 * needs no check: nobody can tell when it was.
 */

import type { DecidedChange, LiveRows, TableChange } from '../executor/runtime/engine-contract.ts'
import type { Relation, RelationId } from '../planner/catalog.ts'

interface RowLocks {
  readonly shared: Set<bigint>
  readonly exclusive: Set<bigint>
}

/** Rows locked one by one in a table; beyond this it is locked as a whole. */
export const ROW_LOCKS_MAX = 100_000

export class TransactionLocks {
  readonly #rows = new Map<RelationId, RowLocks>()
  readonly #tables = new Set<RelationId>()

  /** Tables that are locked exclusively. */
  get touches(): readonly RelationId[] {
    return [...this.#tables]
  }

  /** Locks rows by id; false when there are too many in the table. */
  addRows({ id: table, appendOnly }: Relation, ids: Iterable<bigint>, isExclusive: boolean): boolean {
    const locks = this.#rows.get(table) ?? { shared: new Set(), exclusive: new Set() }
    this.#rows.set(table, locks)
    // Rows that never change need no lock against that.
    const kind = isExclusive && !appendOnly ? locks.exclusive : locks.shared
    for (const id of ids) if (id >= 0n) kind.add(id)
    return locks.shared.size + locks.exclusive.size <= ROW_LOCKS_MAX
  }

  addTable(table: RelationId): void {
    this.#tables.add(table)
  }

  clear(): void {
    if (this.#rows.size > 0) this.#rows.clear()
    if (this.#tables.size > 0) this.#tables.clear()
  }

  /**
   * What COMMIT does about the rows: those of exclusive locks are written anew as they are, which ends the
   * claims of others on them. `areDeleted`: 1 for each row of the table that the transaction deleted itself.
   */
  changes(areDeleted: (table: RelationId, ids: BigInt64Array) => Uint8Array | undefined): DecidedChange[] {
    return [...this.#rows].map(([table, locks]) => {
      const { exclusive } = locks
      const ids = BigInt64Array.from(exclusive)
      const gone = areDeleted(table, ids)
      const kept = gone === undefined ? ids : ids.filter((_, row) => gone[row] === 0)
      const shared = BigInt64Array.from(locks.shared)
      return { table, decide: live => claim(table, shared, kept, live) }
    })
  }
}

function claim(
  table: RelationId,
  shared: BigInt64Array,
  exclusive: BigInt64Array,
  live: LiveRows,
): TableChange {
  live.check(shared)
  live.check(exclusive)
  if (exclusive.length === 0) return { table, deletes: undefined, inserts: undefined }
  return { table, deletes: exclusive, inserts: live.read(exclusive) }
}
