/** CREATE SCHEMA. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { CreateSchemaStatement } from '../../planner/sql/ast.ts'
import { denied } from '../auth/check-access.ts'
import { currentRole } from '../auth/current-role.ts'
import type { PlannedStatement, Planning } from '../planned-statement.ts'
import { ddl } from './ddl.ts'

export function planCreateSchema(statement: CreateSchemaStatement, planning: Planning): PlannedStatement {
  const { name, ifNotExists } = statement
  return ddl('CREATE SCHEMA', planning, async ({ catalog, database, session }) => {
    if (!currentRole(session).superuser) throw denied('database', catalog.databaseName)
    if (name.startsWith('pg_')) {
      throw new SqlError(SqlState.reservedName, `unacceptable schema name "${name}"`, {
        detail: 'The prefix "pg_" is reserved for system schemas.',
      })
    }
    if (!catalog.hasSchema(name)) return database.store.addSchema(name)
    const message = `schema "${name}" already exists`
    const code = SqlState.duplicateSchema
    if (!ifNotExists) throw new SqlError(code, message)
    session.notice({ severity: 'NOTICE', code, message: `${message}, skipping` })
  })
}
