/** SELECT … FOR UPDATE and its kin: the rows that are returned, or whole tables, become claims of COMMIT. */

import type { DeltaBatch } from '../../executor/batch/delta-batch.ts'
import { deltaBatch } from '../../executor/batch/delta-batch.ts'
import type { Locked, QueryLocks } from '../../planner/bind/bound-statement.ts'
import type { Need } from '../auth/check-access.ts'
import type { SessionAccess } from '../planned-statement.ts'
import type { ResultRows } from '../session-contract.ts'

/** Who locks needs the right to change, if only one column. */
export function lockNeeds(locks: QueryLocks | undefined): readonly Need[] {
  if (locks === undefined) return []
  const all = locks.rows === undefined ? locks.tables : [locks.rows]
  return all.map(({ relation }) => ({ id: relation.id, privilege: 'UPDATE', columns: [] }))
}

/** The rows, locked as they are taken, without the column of their ids. */
export function lockedRows(rows: ResultRows, locks: QueryLocks, session: SessionAccess): ResultRows {
  // By itself a statement is a transaction that writes nothing.
  const holds = !session.transaction.isIdle
  if (holds) for (const locked of locks.tables) lockTable(locked, session)
  const table = locks.rows
  if (table === undefined) return rows
  return {
    async next() {
      const batch = await rows.next()
      if (batch === undefined) return undefined
      if (holds) lockRows(batch, table, session)
      return deltaBatch(batch.columns.slice(0, -1), batch.length)
    },
    close: () => rows.close(),
  }
}

/** The table must not change before COMMIT. Of two that lock it exclusively, only one commits. */
export function lockTable({ relation, isExclusive }: Locked, { database, transaction }: SessionAccess): void {
  transaction.reads.addRelation(relation.id, transaction.snapshot?.epoch ?? database.engine.epoch)
  if (isExclusive) transaction.locks.addTable(relation.id)
}

function lockRows({ columns, length }: DeltaBatch, locked: Locked, session: SessionAccess): void {
  const ids = columns.at(-1)
  if (ids?.layout !== 'int64') throw new TypeError('row ids are int8')
  const { relation, isExclusive } = locked
  const { locks } = session.transaction
  if (!locks.addRows(relation, ids.values.subarray(0, length), isExclusive)) lockTable(locked, session)
}
