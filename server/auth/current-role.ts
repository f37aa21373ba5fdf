/** Roles as statements name them, seen from a session. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { RoleName } from '../../planner/sql/ast.ts'
import type { SessionAccess } from '../planned-statement.ts'
import type { Role, RoleSet } from './role.ts'

/** The role whose rights a statement has; 42704 when it was dropped meanwhile. */
export function currentRole({ settings, identity }: SessionAccess): Role {
  const name = settings.currentUser
  const role = identity.role(name)
  if (role === undefined) throw missingRole(name)
  return role
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
      const role = session.identity.role(own)
      if (role === undefined) throw missingRole(own)
      return role
    }
    case 'public':
      throw missingRole('public')
  }
}

/** 42704 when there is none. */
export function roleByName(roles: RoleSet, name: string): Role {
  const role = roles.find(name)
  if (role === undefined) throw missingRole(name)
  return role
}

export function missingRole(name: string): SqlError {
  return new SqlError(SqlState.undefinedObject, `role "${name}" does not exist`)
}
