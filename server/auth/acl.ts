/**
 * Privileges on objects. Each object has an owner, who has all of them, and a list of what was granted to
 * whom by whom. The rules are PostgreSQL's: what was granted on goes with the grant option it rests on.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import { ROOT_ROLE_ID, type Role, type RoleSet } from './role.ts'

/** The grantee that stands for every role. */
export const PUBLIC_ROLE_ID = 0

/** The column of a privilege on an object as a whole. */
export const WHOLE_OBJECT = 0

export type Privilege =
  | 'SELECT'
  | 'INSERT'
  | 'UPDATE'
  | 'DELETE'
  | 'TRUNCATE'
  | 'REFERENCES'
  | 'TRIGGER'
  | 'USAGE'
  | 'CREATE'
  | 'EXECUTE'

export interface AclItem {
  readonly grantee: number
  readonly grantor: number
  readonly privilege: Privilege
  /** The column that it is on, numbered from 1; WHOLE_OBJECT = all of them. */
  readonly column: number
  readonly grantable: boolean
}

export interface ObjectAccess {
  readonly owner: number
  readonly acl: readonly AclItem[]
}

/** Kinds of objects by the privileges they have. */
export type AclKind = 'relation' | 'schema' | 'model'

export const privilegesOf: Readonly<Record<AclKind, readonly Privilege[]>> = {
  relation: ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'],
  schema: ['USAGE', 'CREATE'],
  model: ['EXECUTE'],
}

/** Those that may be on single columns of a relation. */
export const columnPrivileges: readonly Privilege[] = ['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']

/** What objects of a kind start with before default privileges: PostgreSQL's choice. */
export function builtInAcl(kind: AclKind, owner: number): readonly AclItem[] {
  const own = privilegesOf[kind].map(privilege => wholeItem(owner, owner, privilege))
  return kind === 'model' ? [wholeItem(PUBLIC_ROLE_ID, owner, 'EXECUTE'), ...own] : own
}

/** Readable by everyone and changed by nobody but the system. */
export function systemAccess(privilege: Privilege): ObjectAccess {
  return { owner: ROOT_ROLE_ID, acl: [wholeItem(PUBLIC_ROLE_ID, ROOT_ROLE_ID, privilege)] }
}

function wholeItem(grantee: number, grantor: number, privilege: Privilege): AclItem {
  return { grantee, grantor, privilege, column: WHOLE_OBJECT, grantable: false }
}

export function isOwner(roles: RoleSet, role: Role, { owner }: ObjectAccess): boolean {
  return roles.hasPrivilegesOf(role, owner)
}

/** Owners have what was not revoked from them; superusers have everything. */
export function hasPrivilege(roles: RoleSet, role: Role, access: ObjectAccess, wanted: Privilege): boolean {
  return role.superuser || itemsFor(roles, role, access, wanted).some(item => item.column === WHOLE_OBJECT)
}

/** A privilege on each of these columns, or on any one where there are none. */
export function hasColumnPrivileges(
  roles: RoleSet,
  role: Role,
  access: ObjectAccess,
  wanted: Privilege,
  columns: readonly number[],
): boolean {
  if (role.superuser) return true
  const items = itemsFor(roles, role, access, wanted)
  if (items.length === 0 || columns.length === 0) return items.length > 0
  const granted = new Set(items.map(item => item.column))
  return granted.has(WHOLE_OBJECT) || columns.every(column => granted.has(column))
}

/** A privilege that may be given to others, as has_table_privilege's WITH GRANT OPTION asks. */
export function hasGrantOption(
  roles: RoleSet,
  role: Role,
  access: ObjectAccess,
  wanted: Privilege,
  column: number,
): boolean {
  return role.superuser || grantorOf(roles, role, access, wanted, column) !== undefined
}

/** The grants of a privilege that reach a role, through PUBLIC and memberships too. */
function itemsFor(roles: RoleSet, role: Role, { acl }: ObjectAccess, wanted: Privilege): readonly AclItem[] {
  const own = roles.effective(role)
  return acl.filter(({ privilege, grantee }) => {
    return privilege === wanted && (grantee === PUBLIC_ROLE_ID || own.has(grantee))
  })
}

/** As whom `role` grants a privilege: the owner, or a role with the grant option; undefined = it may not. */
export function grantorOf(
  roles: RoleSet,
  role: Role,
  access: ObjectAccess,
  wanted: Privilege,
  column: number,
): number | undefined {
  if (isOwner(roles, role, access)) return access.owner
  const own = roles.effective(role)
  return access.acl.find(item => {
    const covers = item.column === WHOLE_OBJECT || item.column === column
    return item.privilege === wanted && covers && item.grantable && own.has(item.grantee)
  })?.grantee
}

export function grant(acl: readonly AclItem[], item: AclItem): readonly AclItem[] {
  const before = acl.find(each => isSame(each, item))
  if (before === undefined) return [...acl, item]
  if (before.grantable || !item.grantable) return acl
  return acl.map(each => (each === before ? item : each))
}

/** The list of an object that changes hands: what the old owner had and granted is the new one's. */
export function withOwner({ owner, acl }: ObjectAccess, newOwner: number): ObjectAccess {
  const moved = (id: number) => (id === owner ? newOwner : id)
  const items = acl.map(item => ({ ...item, grantee: moved(item.grantee), grantor: moved(item.grantor) }))
  return { owner: newOwner, acl: items.reduce(grant, []) }
}

export interface Revocation {
  readonly grantee: number
  readonly grantor: number
  readonly privilege: Privilege
  readonly column: number
  /** GRANT OPTION FOR: the privilege itself stays. */
  readonly optionOnly: boolean
  readonly cascade: boolean
}

/** 2BP01 when others have the privilege from the grantee and it is not to cascade. */
export function revoke(
  { owner, acl }: ObjectAccess,
  { grantee, grantor, privilege, column, optionOnly, cascade }: Revocation,
): readonly AclItem[] {
  const item = acl.find(each => isSame(each, { grantee, grantor, privilege, column }))
  if (item === undefined) return acl
  const left = acl.flatMap(each => {
    if (each !== item) return [each]
    return optionOnly ? [{ ...each, grantable: false }] : []
  })
  const canStillGrant =
    grantee === owner ||
    left.some(each => isOn(each, privilege, column) && each.grantee === grantee && each.grantable)
  if (canStillGrant) return left
  const dependent = left.filter(each => isOn(each, privilege, column) && each.grantor === grantee)
  if (dependent.length > 0 && !cascade) {
    throw new SqlError(SqlState.dependentObjectsStillExist, 'dependent privileges exist', {
      hint: 'Use CASCADE to revoke them too.',
    })
  }
  return dependent.reduce<readonly AclItem[]>((rest, each) => {
    return revoke({ owner, acl: rest }, { ...each, optionOnly: false, cascade: true })
  }, left)
}

function isOn(item: AclItem, privilege: Privilege, column: number): boolean {
  return item.privilege === privilege && item.column === column
}

function isSame(left: AclItem, right: Omit<AclItem, 'grantable'>): boolean {
  const sameRoles = left.grantee === right.grantee && left.grantor === right.grantor
  return sameRoles && isOn(left, right.privilege, right.column)
}
