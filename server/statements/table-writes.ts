/** What statements write inside a transaction: checked as they run, kept until COMMIT. */

import { BATCH_ROWS } from '../../executor/batch/delta-batch.ts'
import { sliceBatch } from '../../executor/batch/gather.ts'
import type { EvaluationContext } from '../../executor/expression/evaluation-context.ts'
import { throwIfAborted } from '../../executor/runtime/cancellation.ts'
import type { LiveRows, TableChange } from '../../executor/runtime/engine-contract.ts'
import type { Slicer } from '../../executor/runtime/slicer.ts'
import { checkPieces } from '../../executor/runtime/table-checks.ts'
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
 * Adds a statement's changes to the transaction; the rows that UPDATE deletes and inserts are in one order.
 * 40001 for rows that are gone; 23502 and 23505 for rows that break a constraint; 53200 for too many. With
 * many rows others have their turn in between.
 */
export async function addWrite(
  session: SessionAccess,
  table: Relation,
  changes: readonly TableChange[],
  context: EvaluationContext,
  signal: AbortSignal,
): Promise<void> {
  const slicer = session.database.engine.createSlicer()
  const pieces = changes.flatMap(change => [...piecesOf(change)])
  await checkWrite(session, table, pieces, context, signal, slicer)
  await addPieces(session, table, pieces, signal, slicer)
}

/** Adds a change that was checked. */
export function addChange(
  session: SessionAccess,
  table: Relation,
  { deletes, inserts }: TableChange,
  signal: AbortSignal,
): Promise<void> {
  const changes = [
    { table: table.id, deletes, inserts: undefined },
    { table: table.id, deletes: undefined, inserts },
  ]
  const pieces = changes.flatMap(change => [...piecesOf(change)])
  return addPieces(session, table, pieces, signal, session.database.engine.createSlicer())
}

/** What is deleted comes first, since new rows may have its keys. */
async function addPieces(
  { transaction }: SessionAccess,
  table: Relation,
  pieces: readonly TableChange[],
  signal: AbortSignal,
  slicer: Slicer,
): Promise<void> {
  for (const { deletes } of pieces) {
    if (deletes === undefined) continue
    transaction.add(table, { table: table.id, deletes, inserts: undefined })
    if (slicer.expired()) await slicer.pause()
    throwIfAborted(signal)
  }
  for (const { inserts } of pieces) {
    if (inserts === undefined) continue
    transaction.add(table, { table: table.id, deletes: undefined, inserts })
    if (slicer.expired()) await slicer.pause()
    throwIfAborted(signal)
  }
}

/**
 * Checks a statement's changes, in pieces of a batch, against the table as it is. Another transaction may
 * write to it in between: COMMIT checks the rows again.
 */
export async function checkWrite(
  session: SessionAccess,
  table: Relation,
  pieces: readonly TableChange[],
  context: EvaluationContext,
  signal: AbortSignal,
  slicer = session.database.engine.createSlicer(),
): Promise<void> {
  const settle = async () => {
    for (let other = unsettled(session, table); other; other = unsettled(session, table)) await other
  }
  await settle()
  for (const _ of checks(table, pieces, liveRows(session, table), context)) {
    if (!slicer.expired()) continue
    await slicer.pause()
    await settle()
    throwIfAborted(signal)
  }
}

function* checks(
  table: Relation,
  pieces: readonly TableChange[],
  live: LiveRows,
  context: EvaluationContext,
): Generator<void> {
  for (const { deletes } of pieces) {
    if (deletes === undefined) continue
    live.check(deletes)
    yield
  }
  const written = pieces.flatMap(({ inserts: rows, deletes: replaced, whereOf }) => {
    return rows === undefined ? [] : [{ rows, replaced, whereOf }]
  })
  yield* checkPieces(table, written, live, context)
}

/** The change in pieces of a batch. */
export function* piecesOf(change: TableChange): Generator<TableChange> {
  const { table, deletes, inserts, whereOf } = change
  const length = deletes?.length ?? inserts?.length ?? 0
  if (length <= BATCH_ROWS) return yield change
  for (let start = 0; start < length; start += BATCH_ROWS) {
    const end = Math.min(start + BATCH_ROWS, length)
    yield {
      table,
      deletes: deletes?.subarray(start, end),
      inserts: inserts === undefined ? undefined : sliceBatch(inserts, start, end),
      whereOf: whereOf === undefined ? undefined : row => whereOf(start + row),
    }
  }
}
