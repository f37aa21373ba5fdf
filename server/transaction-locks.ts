/**
 * What a transaction locked with SELECT … FOR UPDATE or SHARE and LOCK TABLE. Nobody waits for a lock: it
 * is a claim that COMMIT checks. The rows and tables must be what they were when they were locked, else
 * 40001, and an exclusive lock makes others that have the same lock fail. A transaction that writes nothing
 * needs no check: nobody can tell when it was.
 */

import { concatBatches } from '../executor/batch/concat.ts'
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
   * The changes of COMMIT with the locked rows in them: those of exclusive locks are written anew as they
   * are, which ends the claims of others on them.
   */
  applyTo(changes: readonly TableChange[]): readonly (TableChange | DecidedChange)[] {
    if (changes.length === 0 || this.#rows.size === 0) return changes
    const byTable = new Map(changes.map(change => [change.table, change]))
    const locked = [...this.#rows].map(([table, locks]): DecidedChange => {
      return { table, decide: live => withLocks(byTable.get(table) ?? nothing(table), locks, live) }
    })
    return [...changes.filter(change => !this.#rows.has(change.table)), ...locked]
  }
}

function nothing(table: RelationId): TableChange {
  return { table, deletes: undefined, inserts: undefined }
}

function withLocks(change: TableChange, { shared, exclusive }: RowLocks, live: LiveRows): TableChange {
  live.check(BigInt64Array.from(shared))
  const deleted = new Set(change.deletes)
  const kept = BigInt64Array.from([...exclusive].filter(id => !deleted.has(id)))
  live.check(kept)
  if (kept.length === 0) return change
  const rows = live.read(kept)
  return {
    table: change.table,
    deletes: BigInt64Array.from([...deleted, ...kept]),
    inserts: change.inserts === undefined ? rows : concatBatches([change.inserts, rows]),
  }
}
