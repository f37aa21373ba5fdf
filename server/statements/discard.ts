/** DISCARD ALL and its parts: what connection pools send between users. */

import type { DiscardStatement } from '../../planner/sql/ast.ts'
import type { PlannedStatement } from '../planned-statement.ts'
import { command } from '../planned-statement.ts'
import { refuseInTransaction } from './ddl.ts'

export function planDiscard({ what }: DiscardStatement): PlannedStatement {
  return command(({ session }) => {
    if (what === 'all') {
      refuseInTransaction(session, 'DISCARD ALL')
      session.cursors.closeAll()
      session.settings.set('session_authorization', undefined, false)
      session.settings.resetAll()
      session.preparedStatements.closeAll()
      session.transaction.announce({ kind: 'unlisten', channel: undefined })
    }
    return `DISCARD ${what.toUpperCase()}`
  })
}
