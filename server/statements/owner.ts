/** ALTER … OWNER TO and REASSIGN OWNED, and the owner of what DDL makes. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { AlterOwnerStatement, ReassignOwnedStatement } from '../../planner/sql/ast.ts'
import type { AccessKey } from '../auth/access-store.ts'
import { type ObjectAccess, withOwner } from '../auth/acl.ts'
import { checkOwner, checkSchema, checkSchemaOwner } from '../auth/check-access.ts'
import { currentRole, namedRole } from '../auth/current-role.ts'
import { ROOT_ROLE_ID, type Role } from '../auth/role.ts'
import { type CatalogObject, objectKindName } from '../catalog/catalog-object.ts'
import type { CatalogStore } from '../catalog/catalog-store.ts'
import type { PlannedStatement, Planning, SessionAccess } from '../planned-statement.ts'
import { ddl } from './ddl.ts'
import { requiredOwner } from './drop-owned.ts'
import { requireSchema } from './grant-subjects.ts'

export function planAlterOwner(statement: AlterOwnerStatement, planning: Planning): PlannedStatement {
  const { object, name, owner, tag, ifExists } = statement
  return ddl(tag, planning, async ({ session, catalog, database, searchPath }) => {
    const { store } = database
    const role = namedRole(session, owner)
    if (object === 'schema') {
      requireSchema(name.name, session)
      checkSchemaOwner(session, name.name)
      checkMayGiveTo(session, role)
      return store.setAccess(store.access.with([given(store, name.name, role)]))
    }
    const entry = catalog.find(object, name.schemaName, name.name, searchPath)
    if (entry === undefined && !ifExists && name.schemaName !== undefined)
      requireSchema(name.schemaName, session)
    if (entry === undefined && ifExists) {
      const message = `${object} "${name.name}" does not exist, skipping`
      return session.notice({ severity: 'NOTICE', code: SqlState.successfulCompletion, message })
    }
    if (entry === undefined) {
      const code = object === 'relation' ? SqlState.undefinedTable : SqlState.undefinedObject
      throw new SqlError(code, `${object} "${name.name}" does not exist`)
    }
    checkKind(tag, entry)
    checkOwner(session, entry)
    checkMayGiveTo(session, role)
    if (!currentRole(session).superuser) checkSchema(catalog, role, entry.object.schemaName, 'CREATE')
    store.setAccess(store.access.with([given(store, entry.object.id, role)]))
  })
}

export function planReassignOwned(statement: ReassignOwnedStatement, planning: Planning): PlannedStatement {
  return ddl('REASSIGN OWNED', planning, async ({ session, database }) => {
    const from = statement.roles.map(name => namedRole(session, name))
    const to = namedRole(session, statement.owner)
    for (const role of from) {
      if (database.catalog.roles.hasPrivilegesOf(currentRole(session), role.id)) continue
      throw new SqlError(SqlState.insufficientPrivilege, 'permission denied to reassign objects')
    }
    if (!database.catalog.roles.hasPrivilegesOf(currentRole(session), to.id)) {
      throw new SqlError(SqlState.insufficientPrivilege, 'permission denied to reassign objects')
    }
    if (from.some(({ id }) => id === ROOT_ROLE_ID)) throw requiredOwner('reassign ownership of objects')
    const { store } = database
    const owned = [...store.access.entries()].filter(([, { owner }]) => from.some(role => role.id === owner))
    store.setAccess(store.access.with(owned.map(([key]) => given(store, key, to))))
  })
}

/** ALTER TABLE is for all kinds of relations, the others for their own. */
function checkKind(tag: string, entry: CatalogObject): void {
  const wanted = tag.slice('ALTER '.length).toLowerCase()
  if (wanted === 'table' || wanted === objectKindName(entry)) return
  throw new SqlError(SqlState.wrongObjectType, `"${entry.object.name}" is not a ${wanted}`)
}

/** One gives to oneself or to roles one is a member of. */
function checkMayGiveTo(session: SessionAccess, role: Role): void {
  if (session.database.catalog.roles.isMember(currentRole(session), role.id)) return
  throw new SqlError(SqlState.insufficientPrivilege, `must be member of role "${role.name}"`)
}

function given(store: CatalogStore, key: AccessKey, role: Role): readonly [AccessKey, ObjectAccess] {
  return [key, withOwner(store.access.get(key), role.id)]
}
