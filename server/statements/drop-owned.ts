/** DROP OWNED BY: everything that roles own goes, and everything that they were granted. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { DropOwnedStatement } from '../../planner/sql/ast.ts'
import { currentRole, namedRole } from '../auth/current-role.ts'
import { ROOT_ROLE_ID } from '../auth/role.ts'
import { planSchemaDrop } from '../catalog/dependencies.ts'
import type { PlannedStatement, Planning } from '../planned-statement.ts'
import { ddl } from './ddl.ts'
import { dropObjects } from './drop.ts'

export function planDropOwned(statement: DropOwnedStatement, planning: Planning): PlannedStatement {
  return ddl('DROP OWNED', planning, async scope => {
    const { session, database, catalog, searchPath } = scope
    const { store } = database
    const roles = statement.roles.map(name => namedRole(session, name))
    for (const role of roles) {
      if (catalog.roles.hasPrivilegesOf(currentRole(session), role.id)) continue
      throw new SqlError(SqlState.insufficientPrivilege, 'permission denied to drop objects')
    }
    if (roles.some(({ id }) => id === ROOT_ROLE_ID)) throw requiredOwner('drop objects')
    const owns = (key: number | string) => roles.some(role => role.id === catalog.access.get(key).owner)
    const targets = catalog.objects().filter(({ object }) => owns(object.id))
    const schemas = catalog.schemas().filter(owns)
    const plan = planSchemaDrop(catalog, { targets, schemas }, statement.cascade, searchPath)
    for (const { id } of roles) store.setAccess(store.access.withoutRole(id))
    await dropObjects(scope, plan)
    for (const schema of schemas) store.removeSchema(schema)
  })
}

/** What the superuser owns is never dropped or given away as a whole. */
export function requiredOwner(doing: string): SqlError {
  return new SqlError(
    SqlState.dependentObjectsStillExist,
    `cannot ${doing} owned by role root because they are required by the database system`,
  )
}
