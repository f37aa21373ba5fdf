/**
 * A writing statement that is a transaction of its own. It is run again when another one changed its rows
 * meanwhile. Statements that lost once take turns at their table, and new ones queue behind them, so that
 * none loses for ever; waiting for a turn is what lock_timeout limits.
 */

import { orAborted } from '../../executor/runtime/cancellation.ts'
import type { QueryOptions } from '../../executor/runtime/engine-contract.ts'
import { ReadSet } from '../../executor/runtime/read-set.ts'
import type { Relation } from '../../planner/catalog.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { Execution } from '../planned-statement.ts'
import { readOptions } from './query.ts'

/** How often a statement is run again after a conflict before 40001 reaches the client. */
export const ATTEMPTS_MAX = 20

/** `run` reads and writes; it rejects with 40001 when it should be run again. */
export async function commitAtOnce<T>(
  table: Relation,
  execution: Execution,
  run: (options: QueryOptions) => Promise<T>,
): Promise<T> {
  const { session, signal } = execution
  const { writeTurns } = session.database
  const mayRetry = session.transaction.snapshot === undefined
  let release = writeTurns.isTaken(table.id) ? await wait(table, execution) : undefined
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        return await run(ownReads(execution))
      } catch (error) {
        if (!isConflict(error) || !mayRetry || attempt === ATTEMPTS_MAX || signal.aborted) throw error
        release ??= await wait(table, execution)
      }
    }
  } finally {
    release?.()
  }
}

/** A statement of its own under SERIALIZABLE remembers its reads too, anew in each attempt. */
function ownReads(execution: Execution): QueryOptions {
  const options = readOptions(execution)
  const { transaction, settings } = execution.session
  const isChecked = transaction.isIdle && settings.get('transaction_isolation') === 'serializable'
  return isChecked ? { ...options, reads: new ReadSet() } : options
}

/** Resolves with what ends the turn. */
async function wait({ id }: Relation, { session, signal }: Execution): Promise<() => void> {
  const turn = session.database.writeTurns.take(id)
  const timeoutMs = session.settings.milliseconds('lock_timeout')
  const waiting = new AbortController()
  const abort = () => waiting.abort(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  const timer = timeoutMs === 0 ? undefined : setTimeout(() => waiting.abort(lockTimeout()), timeoutMs)
  try {
    await orAborted(turn.started, waiting.signal)
    return turn.end
  } catch (error) {
    turn.end()
    throw error
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

export function isConflict(error: unknown): boolean {
  return error instanceof SqlError && error.code === SqlState.serializationFailure
}

function lockTimeout(): SqlError {
  return new SqlError(SqlState.lockNotAvailable, 'canceling statement due to lock timeout')
}
