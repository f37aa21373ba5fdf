/** LOCK TABLE: nobody waits; from SHARE on, the table must not have been changed by others at COMMIT. */

import { scanned } from '../../planner/bind/locking.ts'
import type { Relation } from '../../planner/catalog.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { LockTableStatement, TableName } from '../../planner/sql/ast.ts'
import type { Privilege } from '../auth/acl.ts'
import { checkOneOf } from '../auth/check-access.ts'
import type { PlannedStatement, Planning } from '../planned-statement.ts'
import { command } from '../planned-statement.ts'
import { lockTable } from './lock-rows.ts'
import { requireBlock } from './transaction.ts'

/** PostgreSQL's numbers of the modes that matter here. */
const ACCESS_SHARE = 1
const ROW_EXCLUSIVE = 3
const SHARE = 5

export function planLockTable({ tables, mode }: LockTableStatement, planning: Planning): PlannedStatement {
  return command(({ session }) => {
    requireBlock(session, 'LOCK TABLE')
    for (const name of tables) {
      const relation = lockable(name, planning)
      checkOneOf(session, relation.id, privilegesFor(mode))
      if (mode < SHARE) continue
      const locked = relation.view === undefined ? [relation] : scanned(relation.view.plan)
      for (const table of locked) lockTable({ relation: table, isExclusive: mode > SHARE }, session)
    }
    return 'LOCK TABLE'
  })
}

/** Any of them will do. */
function privilegesFor(mode: number): readonly Privilege[] {
  if (mode === ACCESS_SHARE) return ['SELECT']
  const changing = ['UPDATE', 'DELETE', 'TRUNCATE'] as const
  return mode === ROW_EXCLUSIVE ? [...changing, 'INSERT'] : changing
}

function lockable({ schemaName, name, position }: TableName, { catalog, searchPath }: Planning): Relation {
  const relation = catalog.findRelation(schemaName, name, searchPath)
  if (relation === undefined) {
    const shown = schemaName === undefined ? name : `${schemaName}.${name}`
    throw new SqlError(SqlState.undefinedTable, `relation "${shown}" does not exist`, {
      position: position || undefined,
    })
  }
  if (relation.kind === 'table' || relation.kind === 'view') return relation
  throw new SqlError(SqlState.wrongObjectType, `"${relation.name}" is not a table or view`)
}
