/** Roles that are there when a database starts: `[[role]]` in the configuration and the password of root. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import { type Membership, newRole, type Role, rootRole } from './role.ts'
import { makeVerifier, parseVerifier } from './scram-verifier.ts'

export interface InitialRole {
  readonly name: string
  /** A password, or its `SCRAM-SHA-256$…` verifier. */
  readonly password?: string | undefined
  readonly superuser?: boolean | undefined
  readonly createRole?: boolean | undefined
  /** Default true. */
  readonly login?: boolean | undefined
  readonly inherit?: boolean | undefined
  readonly connectionLimit?: number | undefined
  /** Names of roles given before this one. */
  readonly memberOf?: readonly string[] | undefined
}

/** `allocateOid` gives ids; `root` is the role that exists and may be given a password here. */
export async function initialRoles(
  given: readonly InitialRole[],
  allocateOid: () => number,
): Promise<readonly Role[]> {
  const roles = new Map<string, Role>()
  for (const initial of given) {
    checkRoleName(initial.name)
    if (roles.has(initial.name)) {
      throw new SqlError(SqlState.duplicateObject, `role "${initial.name}" already exists`)
    }
    roles.set(initial.name, await toRole(initial, roles, allocateOid))
  }
  return [...roles.values()]
}

async function toRole(
  initial: InitialRole,
  before: ReadonlyMap<string, Role>,
  allocateOid: () => number,
): Promise<Role> {
  const verifier = initial.password === undefined ? undefined : await verifierOf(initial.password)
  if (initial.name === rootRole.name) return { ...rootRole, verifier }
  const memberOf = new Map<number, Membership>()
  for (const name of initial.memberOf ?? []) {
    const role = before.get(name)
    if (role === undefined) throw new SqlError(SqlState.undefinedObject, `role "${name}" does not exist`)
    memberOf.set(role.id, { admin: false })
  }
  const {
    superuser = false,
    createRole = false,
    login = true,
    inherit = true,
    connectionLimit = -1,
  } = initial
  return {
    ...newRole(allocateOid(), initial.name),
    ...{ superuser, createRole, login, inherit, connectionLimit, verifier, memberOf },
  }
}

/** A verifier is kept as it is; anything else is a password. */
export async function verifierOf(password: string): Promise<string> {
  if (parseVerifier(password) !== undefined) return password
  if (/^md5[0-9a-f]{32}$/.test(password)) {
    throw new SqlError(SqlState.featureNotSupported, 'MD5 passwords are not supported', {
      hint: 'Give the password itself, or its SCRAM-SHA-256 verifier.',
    })
  }
  return makeVerifier(password)
}

/** 42939 for names that mean something else. */
export function checkRoleName(name: string, position?: number): void {
  if (name === 'public' || name === 'none' || name === '') {
    throw new SqlError(SqlState.reservedName, `role name "${name}" is reserved`, { position })
  }
  if (name.startsWith('pg_')) {
    throw new SqlError(SqlState.reservedName, `role name "${name}" is reserved`, {
      detail: 'Role names starting with "pg_" are reserved.',
    })
  }
}
