/** GRANT role TO role and REVOKE role FROM role. A role is never a member of itself, however far round. */

import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import type { GrantRoleStatement } from '../../planner/sql/ast.ts'
import { currentRole, namedRole, roleByName } from '../auth/current-role.ts'
import type { Role } from '../auth/role.ts'
import type { PlannedStatement, Planning } from '../planned-statement.ts'
import type { DdlScope } from './ddl.ts'
import { ddl } from './ddl.ts'

export function planGrantRole(statement: GrantRoleStatement, planning: Planning): PlannedStatement {
  const { isGrant, roles, members, admin, otherOptions } = statement
  const tag = isGrant ? 'GRANT ROLE' : 'REVOKE ROLE'
  if (otherOptions.length > 0) throw notSupported(`${tag} WITH ${otherOptions[0]?.toUpperCase()}`)
  return ddl(tag, planning, async scope => {
    for (const name of roles) {
      const role = roleByName(scope.database.catalog.roles, name)
      checkMayGrant(scope, role)
      const named = members.map(member => namedRole(scope.session, member))
      if (isGrant) addMembers(scope, role, named, admin)
      else removeMembers(scope, role, named, admin)
    }
  })
}

function checkMayGrant({ session, database }: DdlScope, role: Role): void {
  const own = currentRole(session)
  if (own.superuser) return
  if (role.superuser) throw denied('must be superuser to alter superusers')
  if (own.createRole || database.catalog.roles.isAdmin(own, role.id)) return
  throw denied(`must have admin option on role "${role.name}"`)
}

/** Makes `members` members of `role`. */
export function addMembers(scope: DdlScope, role: Role, members: readonly Role[], admin: boolean): void {
  const { store } = scope.database
  for (const { id } of members) {
    const { roles } = scope.database.catalog
    const member = roles.get(id)
    if (member === undefined) continue
    if (isReachable(scope, role, member)) throw circle(role.name, member.name)
    const existing = member.memberOf.get(role.id)
    if (existing !== undefined && (existing.admin || !admin)) {
      const message = `role "${member.name}" is already a member of role "${role.name}"`
      scope.session.notice({ severity: 'NOTICE', code: SqlState.successfulCompletion, message })
      continue
    }
    store.putRoles({ ...member, memberOf: new Map([...member.memberOf, [role.id, { admin }]]) })
  }
}

/** `adminOnly`: they stay members, but may no longer make others. */
export function removeMembers(
  scope: DdlScope,
  role: Role,
  members: readonly Role[],
  adminOnly: boolean,
): void {
  for (const { id } of members) {
    const member = scope.database.catalog.roles.get(id)
    if (member === undefined) continue
    if (!member.memberOf.has(role.id)) {
      const message = `role "${member.name}" is not a member of role "${role.name}"`
      scope.session.notice({ severity: 'WARNING', code: SqlState.warning, message })
      continue
    }
    const memberOf = new Map(member.memberOf)
    if (adminOnly) memberOf.set(role.id, { admin: false })
    else memberOf.delete(role.id)
    scope.database.store.putRoles({ ...member, memberOf })
  }
}

/** `from` is `to` or a member of it, by memberships alone. */
function isReachable({ database }: DdlScope, from: Role, to: Role): boolean {
  return database.catalog.roles.isMember({ ...from, superuser: false }, to.id)
}

export function memberOfItself(name: string): SqlError {
  return circle(name, name)
}

function circle(role: string, member: string): SqlError {
  return new SqlError(SqlState.invalidGrantOperation, `role "${role}" is a member of role "${member}"`)
}

function denied(message: string): SqlError {
  return new SqlError(SqlState.insufficientPrivilege, message)
}
