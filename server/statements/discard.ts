/** DISCARD ALL and its parts: what connection pools send between users. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { DiscardStatement } from '../../planner/sql/ast.ts'
import type { PlannedStatement, SessionAccess } from '../planned-statement.ts'
import { command } from '../planned-statement.ts'

export function planDiscard({ what }: DiscardStatement): PlannedStatement {
  return command(async ({ session }) => {
    if (what === 'all') {
      refuseInTransaction(session)
      session.cursors.closeAll()
      session.settings.set('session_authorization', undefined, false)
      session.settings.resetAll()
      session.preparedStatements.closeAll()
      session.transaction.announce({ kind: 'unlisten', channel: undefined })
      // It is a transaction of its own, also where a pipeline goes on.
      if (!session.transaction.isIdle) await session.commit()
    }
    return `DISCARD ${what.toUpperCase()}`
  })
}

/** Stricter than DDL: a block that is only implicit cannot lose its settings and statements either. */
function refuseInTransaction({ transaction }: SessionAccess): void {
  const { isOpen } = transaction
  if (!isOpen && !transaction.isPipelined) return
  const where = isOpen ? 'cannot run inside a transaction block' : 'cannot be executed within a pipeline'
  throw new SqlError(SqlState.activeSqlTransaction, `DISCARD ALL ${where}`)
}
