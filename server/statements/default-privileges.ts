/** ALTER DEFAULT PRIVILEGES: what objects to come start with. */

import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import type { AlterDefaultPrivilegesStatement, GrantTarget } from '../../planner/sql/ast.ts'
import type { AclItem, AclKind } from '../auth/acl.ts'
import { currentRole, namedRole } from '../auth/current-role.ts'
import type { PlannedStatement, Planning } from '../planned-statement.ts'
import { ddl } from './ddl.ts'
import { changeItem, granteeId } from './grant.ts'
import { requireSchema } from './grant-subjects.ts'
import { checkPrivilegeNames, privilegeParts } from './granted-privileges.ts'

export function planAlterDefaultPrivileges(
  statement: AlterDefaultPrivilegesStatement,
  planning: Planning,
): PlannedStatement {
  const { grant: given } = statement
  const kind = futureKind(given.target)
  return ddl('ALTER DEFAULT PRIVILEGES', planning, async ({ session, database }) => {
    const own = currentRole(session)
    const named = statement.roles.map(name => namedRole(session, name))
    const owners = named.length === 0 ? [own] : named
    const grantees = given.grantees.map(name => granteeId(name, session))
    checkPrivilegeNames(given)
    if (given.privileges?.some(({ columns }) => columns.length > 0) === true) {
      throw invalidGrant('default privileges cannot be set for columns')
    }
    const parts = privilegeParts(given, kind, { name: '', columns: [] })
    for (const owner of owners) {
      if (database.catalog.roles.hasPrivilegesOf(own, owner.id)) continue
      throw new SqlError(SqlState.insufficientPrivilege, `must be member of role "${owner.name}"`)
    }
    for (const schema of statement.schemas) {
      requireSchema(schema, session)
      if (kind === 'schema') {
        throw invalidGrant('cannot use IN SCHEMA clause when using GRANT/REVOKE ON SCHEMAS')
      }
    }
    const { store } = database
    for (const { id } of owners) {
      for (const schema of statement.schemas.length === 0 ? [''] : statement.schemas) {
        const scope = { owner: id, kind, schema }
        let acl: readonly AclItem[] = store.access.defaults(scope)
        for (const { privileges, column } of parts) {
          for (const privilege of privileges) {
            for (const grantee of grantees) {
              acl = changeItem(given, { owner: id, acl }, { grantee, grantor: id, privilege, column })
            }
          }
        }
        store.setAccess(store.access.withDefaults(scope, acl, () => store.allocateOid()))
      }
    }
  })
}

function futureKind(target: GrantTarget): AclKind {
  switch (target.kind) {
    case 'future_relations':
      return 'relation'
    case 'future_models':
      return 'model'
    case 'future_schemas':
      return 'schema'
    default:
      throw notSupported('ALTER DEFAULT PRIVILEGES on this kind of object')
  }
}

function invalidGrant(message: string): SqlError {
  return new SqlError(SqlState.invalidGrantOperation, message)
}
