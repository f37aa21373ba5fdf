/** Roles as statements name them, seen from a session. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { RoleName } from '../../planner/sql/ast.ts'
import type { SessionAccess } from '../planned-statement.ts'
import type { Role, RoleSet } from './role.ts'

/** The role whose rights a statement has; 42704 when it was dropped meanwhile. */
export function currentRole({ settings, identity }: SessionAccess): Role {
  const name = settings.currentUser
  return identity.role(name) ?? missingRole(name)
}

/** A role by what a statement calls it. PUBLIC is none. */
export function namedRole(session: SessionAccess, name: RoleName): Role {
  switch (name.kind) {
    case 'name':
      return roleByName(session.database.catalog.roles, name.name)
    case 'current_user':
      return currentRole(session)
    case 'session_user': {
      const own = session.settings.get('session_authorization')
      return session.identity.role(own) ?? missingRole(own)
    }
    case 'public':
      return missingRole('public')
  }
}

/** 42704 when there is none. */
export function roleByName(roles: RoleSet, name: string): Role {
  return roles.find(name) ?? missingRole(name)
}

function missingRole(name: string): never {
  throw new SqlError(SqlState.undefinedObject, `role "${name}" does not exist`)
}
