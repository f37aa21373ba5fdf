/** ALTER ROLE … SET and RESET, and ALTER DATABASE … SET: what sessions to come start with. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { AlterSettingsStatement } from '../../planner/sql/ast.ts'
import { currentRole, namedRole } from '../auth/current-role.ts'
import { isPredefined, type Role } from '../auth/role.ts'
import { EVERY_ROLE } from '../auth/role-settings.ts'
import type { PlannedStatement, Planning, SessionAccess } from '../planned-statement.ts'
import { findSetting } from '../settings/definitions.ts'
import { unknownSetting } from '../settings/session-settings.ts'
import { ddl } from './ddl.ts'
import { mayCreateRoles, reservedRole } from './role.ts'
import { joinValues } from './set.ts'

export function planAlterSettings(statement: AlterSettingsStatement, planning: Planning): PlannedStatement {
  return ddl(statement.tag, planning, async ({ session, database }) => {
    const role = statement.role === undefined ? undefined : namedRole(session, statement.role)
    checkMayChange(statement, role, session)
    const scope = { role: role?.id ?? EVERY_ROLE, inDatabase: statement.database !== undefined }
    const { store } = database
    const isAll = statement.name === 'all' && statement.change.kind === 'reset'
    store.roleSettings = isAll
      ? store.roleSettings.without(scope)
      : store.roleSettings.with(scope, settingName(statement.name), newValue(statement, session))
  })
}

function checkMayChange(
  { database }: AlterSettingsStatement,
  role: Role | undefined,
  session: SessionAccess,
): void {
  const own = currentRole(session)
  if (role !== undefined && isPredefined(role)) throw reservedRole(role)
  if (role?.superuser === true && !own.superuser) throw denied('must be superuser to alter superusers')
  if (role !== undefined && role.id !== own.id && !mayCreateRoles(own)) throw denied('permission denied')
  if (database !== undefined && database !== session.database.catalog.databaseName) {
    throw new SqlError(SqlState.invalidCatalogName, `database "${database}" does not exist`)
  }
  if (role !== undefined || own.superuser) return
  if (database !== undefined) throw denied(`must be owner of database ${database}`)
  throw denied('must be superuser to alter settings globally')
}

function newValue({ name, change }: AlterSettingsStatement, session: SessionAccess): string | undefined {
  const definition = findSetting(name)
  if (definition === undefined) throw unknownSetting(name)
  if (definition.fixed || definition.name === 'session_authorization') {
    throw new SqlError(SqlState.cantChangeRuntimeParam, `parameter "${definition.name}" cannot be changed`)
  }
  switch (change.kind) {
    case 'reset':
      return undefined
    case 'current':
      return session.settings.get(name)
    case 'set':
      return definition.parse(definition.name, joinValues(definition.name, change.values))
  }
}

function settingName(name: string): string {
  return findSetting(name)?.name ?? name
}

function denied(message: string): SqlError {
  return new SqlError(SqlState.insufficientPrivilege, message)
}
