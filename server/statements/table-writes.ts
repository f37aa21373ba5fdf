/** What statements write inside a transaction: checked as they run, kept until COMMIT. */

import type { EvaluationContext } from '../../executor/expression/evaluation-context.ts'
import type { LiveRows, TableChange } from '../../executor/runtime/engine-contract.ts'
import { checkRows } from '../../executor/runtime/table-checks.ts'
import type { Relation } from '../../planner/catalog.ts'
import type { SessionAccess } from '../planned-statement.ts'

/** The table as the session's transaction sees it when it writes: the newest rows, and its own. */
export function liveRows({ database, transaction }: SessionAccess, table: Relation): LiveRows {
  const committed = database.engine.liveRows(table.id)
  return transaction.writesTo(table.id)?.live(committed) ?? committed
}

/**
 * While another write to the table is half done: resolves when it is over. To be asked again then, right
 * before the table is looked at.
 */
export function unsettled({ database }: SessionAccess, table: Relation): Promise<void> | undefined {
  return database.engine.settled(table.id)
}

/**
 * Adds a statement's change to the transaction; the rows that UPDATE deletes and inserts are in one order.
 * 40001 for rows that are gone; 23502 and 23505 for rows that break a constraint.
 */
export async function addWrite(
  session: SessionAccess,
  table: Relation,
  change: TableChange,
  context: EvaluationContext,
): Promise<void> {
  for (let other = unsettled(session, table); other; other = unsettled(session, table)) await other
  const live = liveRows(session, table)
  const { deletes, inserts, whereOf } = change
  if (deletes !== undefined) live.check(deletes)
  if (inserts !== undefined) checkRows(table, { rows: inserts, replaced: deletes, whereOf }, live, context)
  session.transaction.add(table, change)
}
