/**
 * Privileges on objects. Each object has an owner, who has all of them, and a list of what was granted to
 * whom by whom. The rules are PostgreSQL's: what was granted on goes with the grant option it rests on.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import { ROOT_ROLE_ID, type Role, type RoleSet } from './role.ts'

/** The grantee that stands for every role. */
export const PUBLIC_ROLE_ID = 0

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

/** What objects of a kind start with before default privileges: PostgreSQL's choice. */
export function builtInAcl(kind: AclKind, owner: number): readonly AclItem[] {
  if (kind !== 'model') return []
  return [{ grantee: PUBLIC_ROLE_ID, grantor: owner, privilege: 'EXECUTE', grantable: false }]
}

/** Readable by everyone and changed by nobody but the system. */
export function systemAccess(privilege: Privilege): ObjectAccess {
  const item = { grantee: PUBLIC_ROLE_ID, grantor: ROOT_ROLE_ID, privilege, grantable: false }
  return { owner: ROOT_ROLE_ID, acl: [item] }
}

export function isOwner(roles: RoleSet, role: Role, { owner }: ObjectAccess): boolean {
  return roles.hasPrivilegesOf(role, owner)
}

export function hasPrivilege(roles: RoleSet, role: Role, access: ObjectAccess, wanted: Privilege): boolean {
  if (isOwner(roles, role, access)) return true
  const own = roles.effective(role)
  return access.acl.some(({ privilege, grantee }) => {
    return privilege === wanted && (grantee === PUBLIC_ROLE_ID || own.has(grantee))
  })
}

/** As whom `role` grants a privilege: the owner, or a role with the grant option; undefined = it may not. */
export function grantorOf(
  roles: RoleSet,
  role: Role,
  access: ObjectAccess,
  wanted: Privilege,
): number | undefined {
  if (isOwner(roles, role, access)) return access.owner
  const own = roles.effective(role)
  return access.acl.find(({ privilege, grantable, grantee }) => {
    return privilege === wanted && grantable && own.has(grantee)
  })?.grantee
}

export function grant(acl: readonly AclItem[], item: AclItem): readonly AclItem[] {
  const before = acl.find(each => isSame(each, item))
  if (before === undefined) return [...acl, item]
  if (before.grantable || !item.grantable) return acl
  return acl.map(each => (each === before ? item : each))
}

export interface Revocation {
  readonly grantee: number
  readonly grantor: number
  readonly privilege: Privilege
  /** GRANT OPTION FOR: the privilege itself stays. */
  readonly optionOnly: boolean
  readonly cascade: boolean
}

/** 2BP01 when others have the privilege from the grantee and it is not to cascade. */
export function revoke(
  { owner, acl }: ObjectAccess,
  { grantee, grantor, privilege, optionOnly, cascade }: Revocation,
): readonly AclItem[] {
  const item = acl.find(each => isSame(each, { grantee, grantor, privilege }))
  if (item === undefined) return acl
  const left = acl.flatMap(each => {
    if (each !== item) return [each]
    return optionOnly ? [{ ...each, grantable: false }] : []
  })
  const canStillGrant =
    grantee === owner ||
    left.some(each => each.grantee === grantee && each.privilege === privilege && each.grantable)
  if (canStillGrant) return left
  const dependent = left.filter(each => each.grantor === grantee && each.privilege === privilege)
  if (dependent.length > 0 && !cascade) {
    throw new SqlError(SqlState.dependentObjectsStillExist, 'dependent privileges exist', {
      hint: 'Use CASCADE to revoke them too.',
    })
  }
  return dependent.reduce<readonly AclItem[]>((rest, each) => {
    return revoke({ owner, acl: rest }, { ...each, optionOnly: false, cascade: true })
  }, left)
}

function isSame(left: AclItem, right: Omit<AclItem, 'grantable'>): boolean {
  return (
    left.grantee === right.grantee && left.grantor === right.grantor && left.privilege === right.privilege
  )
}
