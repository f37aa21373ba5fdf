/** Statements that have nothing to do here but that tools send: VACUUM, ANALYZE and COMMENT. */

import { notSupported } from '../../planner/errors.ts'
import type { CommentStatement, VacuumStatement } from '../../planner/sql/ast.ts'
import type { PlannedStatement } from '../planned-statement.ts'
import { command } from '../planned-statement.ts'
import { refuseInTransaction } from './ddl.ts'

export function planVacuum({ analyze }: VacuumStatement): PlannedStatement {
  return command(({ session }) => {
    if (!analyze) refuseInTransaction(session, 'VACUUM')
    return analyze ? 'ANALYZE' : 'VACUUM'
  })
}

export function planComment({ object }: CommentStatement): PlannedStatement {
  throw notSupported(`COMMENT ON ${object.toUpperCase()}`)
}
