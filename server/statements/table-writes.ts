/** What statements write inside a transaction: checked as they run, kept until COMMIT. */

import { BATCH_ROWS } from '../../executor/batch/delta-batch.ts'
import { sliceBatch } from '../../executor/batch/gather.ts'
import type { EvaluationContext } from '../../executor/expression/evaluation-context.ts'
import { throwIfAborted } from '../../executor/runtime/cancellation.ts'
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
 * 40001 for rows that are gone; 23502 and 23505 for rows that break a constraint. With many rows others have
 * their turn in between.
 */
export async function addWrite(
  session: SessionAccess,
  table: Relation,
  change: TableChange,
  context: EvaluationContext,
  signal: AbortSignal,
): Promise<void> {
  for (let other = unsettled(session, table); other; other = unsettled(session, table)) await other
  const live = liveRows(session, table)
  const { deletes, inserts, whereOf } = change
  if (deletes !== undefined) live.check(deletes)
  if (inserts !== undefined) checkRows(table, { rows: inserts, replaced: deletes, whereOf }, live, context)
  const slicer = session.database.engine.createSlicer()
  for (const piece of piecesOf(change)) {
    session.transaction.add(table, piece)
    if (!slicer.expired()) continue
    await slicer.pause()
    throwIfAborted(signal)
  }
}

/** The change in pieces of a batch: what is deleted comes first, since new rows may have its keys. */
function* piecesOf({ table, deletes, inserts }: TableChange): Generator<TableChange> {
  for (let start = 0; deletes !== undefined && start < deletes.length; start += BATCH_ROWS) {
    yield { table, deletes: deletes.subarray(start, start + BATCH_ROWS), inserts: undefined }
  }
  for (let start = 0; inserts !== undefined && start < inserts.length; start += BATCH_ROWS) {
    const end = Math.min(start + BATCH_ROWS, inserts.length)
    yield { table, deletes: undefined, inserts: sliceBatch(inserts, start, end) }
  }
}
