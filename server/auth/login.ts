/** Which role a user name logs in as, once it is authenticated. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { RoleSet } from './role.ts'
import { ROOT_ROLE_ID } from './role.ts'
import type { Login } from './session-identity.ts'

/** `sessions`: those that are connected. */
export function loginRole(roles: RoleSet, name: string, sessions: readonly Login[]): Login {
  const role = roles.find(name)
  if (role === undefined) {
    if (roles.isOpen) return { name, roleId: ROOT_ROLE_ID }
    throw fatal(SqlState.invalidAuthorizationSpecification, `role "${name}" does not exist`)
  }
  if (!role.login) {
    throw fatal(SqlState.invalidAuthorizationSpecification, `role "${name}" is not permitted to log in`)
  }
  const own = sessions.filter(session => session.roleId === role.id).length
  if (!role.superuser && role.connectionLimit >= 0 && own >= role.connectionLimit) {
    throw fatal(SqlState.tooManyConnections, `too many connections for role "${name}"`)
  }
  return { name, roleId: role.id }
}

function fatal(code: SqlState, message: string): SqlError {
  return new SqlError(code, message, { severity: 'FATAL' })
}
