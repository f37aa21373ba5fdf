/** GRANT and REVOKE of privileges on objects and on columns. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { GrantStatement, RoleName } from '../../planner/sql/ast.ts'
import {
  type AclItem,
  grant,
  grantorOf,
  type ObjectAccess,
  PUBLIC_ROLE_ID,
  revoke,
  WHOLE_OBJECT,
} from '../auth/acl.ts'
import { currentRole, namedRole } from '../auth/current-role.ts'
import type { PlannedStatement, Planning, SessionAccess } from '../planned-statement.ts'
import type { DdlScope } from './ddl.ts'
import { ddl } from './ddl.ts'
import { type Subject, subjectsOf } from './grant-subjects.ts'
import { checkPrivilegeNames, type PrivilegePart, privilegeParts } from './granted-privileges.ts'

export function planGrant(statement: GrantStatement, planning: Planning): PlannedStatement {
  return ddl(statement.isGrant ? 'GRANT' : 'REVOKE', planning, async scope => {
    checkGrantor(statement, scope.session)
    const grantees = statement.grantees.map(name => granteeId(name, scope.session))
    checkPrivilegeNames(statement)
    const { store } = scope.database
    for (const subject of subjectsOf(statement.target, scope)) {
      const access = store.access.get(subject.key)
      let { acl } = access
      for (const part of privilegeParts(statement, subject.kind, subject)) {
        const change: Change = { statement, subject, part, grantees }
        acl = changedAcl(change, { ...access, acl }, scope)
        acl = changedColumns(change, { ...access, acl }, scope)
      }
      store.setAccess(store.access.with([[subject.key, { ...access, acl }]]))
    }
  })
}

interface Change {
  readonly statement: GrantStatement
  readonly subject: Subject
  readonly part: PrivilegePart
  readonly grantees: readonly number[]
}

/** Privileges that the role may not grant are left out with a warning; none at all and no right: 42501. */
function changedAcl(change: Change, access: ObjectAccess, scope: DdlScope): readonly AclItem[] {
  const { statement, subject, part } = change
  const { roles } = scope.database.catalog
  const role = currentRole(scope.session)
  const { acl, changed } = changeWhatMayBe(change, access, scope)
  const own = roles.effective(role)
  const hasAny = access.acl.some(({ grantee, column }) => {
    return (grantee === PUBLIC_ROLE_ID || own.has(grantee)) && [WHOLE_OBJECT, part.column].includes(column)
  })
  if (changed === 0 && !hasAny) throw deniedGrant(subject, part)
  if (changed === 0 || (changed < part.privileges.length && !part.isAll)) {
    const amount = changed === 0 ? 'no privileges' : 'not all privileges'
    const verb = statement.isGrant ? 'were granted' : 'could be revoked'
    const message = `${amount} ${verb} for ${shownPart(subject, part)}`
    const code = statement.isGrant ? SqlState.privilegeNotGranted : SqlState.privilegeNotRevoked
    scope.session.notice({ severity: 'WARNING', code, message })
  }
  return acl
}

/** REVOKE on a table takes the privileges on its columns too. */
function changedColumns(change: Change, access: ObjectAccess, scope: DdlScope): readonly AclItem[] {
  const { statement, part } = change
  if (statement.isGrant || part.column !== WHOLE_OBJECT) return access.acl
  const columns = new Set(access.acl.map(item => item.column))
  columns.delete(WHOLE_OBJECT)
  let { acl } = access
  for (const column of columns) {
    const ofColumn = { ...change, part: { ...part, column } }
    acl = changeWhatMayBe(ofColumn, { ...access, acl }, scope).acl
  }
  return acl
}

/** `changed`: how many of the privileges the role may give. */
function changeWhatMayBe(
  { statement, part, grantees }: Change,
  access: ObjectAccess,
  { session, database }: DdlScope,
): { acl: readonly AclItem[]; changed: number } {
  const { column } = part
  let { acl } = access
  let changed = 0
  for (const privilege of part.privileges) {
    const grantor = grantorOf(database.catalog.roles, currentRole(session), access, privilege, column)
    if (grantor === undefined) continue
    changed++
    for (const grantee of grantees) {
      acl = changeItem(statement, { owner: access.owner, acl }, { grantee, grantor, privilege, column })
    }
  }
  return { acl, changed }
}

/** The list with one privilege of one role given or taken. */
export function changeItem(
  { isGrant, grantOption, cascade }: GrantStatement,
  access: ObjectAccess,
  item: Omit<AclItem, 'grantable'>,
): readonly AclItem[] {
  if (!isGrant) return revoke(access, { ...item, optionOnly: grantOption, cascade })
  if (grantOption && item.grantee === PUBLIC_ROLE_ID) {
    throw new SqlError(SqlState.invalidGrantOperation, 'grant options can only be granted to roles')
  }
  return grant(access.acl, { ...item, grantable: grantOption })
}

function shownPart({ name, columns }: Subject, { column }: PrivilegePart): string {
  return column === WHOLE_OBJECT ? `"${name}"` : `column "${columns[column - 1]}" of relation "${name}"`
}

function deniedGrant(subject: Subject, part: PrivilegePart): SqlError {
  const what = part.column === WHOLE_OBJECT ? `${subject.kindName} ${subject.name}` : shownPart(subject, part)
  return new SqlError(SqlState.insufficientPrivilege, `permission denied for ${what}`)
}

/** GRANTED BY names the current role, as PostgreSQL wants it. */
function checkGrantor({ grantor }: GrantStatement, session: SessionAccess): void {
  if (grantor === undefined || namedRole(session, grantor).id === currentRole(session).id) return
  throw new SqlError(SqlState.featureNotSupported, 'grantor must be current user')
}

export function granteeId(name: RoleName, session: SessionAccess): number {
  return name.kind === 'public' ? PUBLIC_ROLE_ID : namedRole(session, name).id
}
