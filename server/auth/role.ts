/**
 * Roles: who may connect and act, and who is a member of whom. A `RoleSet` is immutable and belongs to one
 * epoch of the catalog.
 *
 * There is always the superuser `root`. While there is no other role and `root` has no password, the database
 * is open: any user name may connect where the host rules say trust, and acts as `root`.
 */

export interface Role {
  readonly id: number
  readonly name: string
  readonly superuser: boolean
  readonly inherit: boolean
  readonly createRole: boolean
  readonly createDb: boolean
  readonly login: boolean
  readonly replication: boolean
  readonly bypassRls: boolean
  /** -1 = no limit. */
  readonly connectionLimit: number
  /** Microseconds since 1970 after which the password is no longer good; undefined = for ever. */
  readonly validUntil: bigint | undefined
  /** `SCRAM-SHA-256$…`, never the password; undefined = none, so that only trust and cert let it in. */
  readonly verifier: string | undefined
  /** The roles that it is directly a member of. */
  readonly memberOf: ReadonlyMap<number, Membership>
}

export interface Membership {
  /** WITH ADMIN OPTION: may give this membership to others. */
  readonly admin: boolean
}

/** As in PostgreSQL, where 10 is the role that initdb made. */
export const ROOT_ROLE_ID = 10

export const rootRole: Role = {
  id: ROOT_ROLE_ID,
  name: 'root',
  superuser: true,
  inherit: true,
  createRole: true,
  createDb: true,
  login: true,
  replication: true,
  bypassRls: true,
  connectionLimit: -1,
  validUntil: undefined,
  verifier: undefined,
  memberOf: new Map(),
}

/** Roles that are always there for others to be members of, with PostgreSQL's ids. */
export const SIGNAL_BACKEND_ROLE_ID = 4200
export const READ_ALL_STATS_ROLE_ID = 3375

export const predefinedRoles: readonly Role[] = [
  [SIGNAL_BACKEND_ROLE_ID, 'pg_signal_backend'] as const,
  [READ_ALL_STATS_ROLE_ID, 'pg_read_all_stats'] as const,
].map(([id, name]) => newRole(id, name))

/** A role as CREATE ROLE without options makes it. */
export function newRole(id: number, name: string): Role {
  return {
    id,
    name,
    superuser: false,
    inherit: true,
    createRole: false,
    createDb: false,
    login: false,
    replication: false,
    bypassRls: false,
    connectionLimit: -1,
    validUntil: undefined,
    verifier: undefined,
    memberOf: new Map(),
  }
}

/** Nobody drops, changes or is one of these. */
export function isPredefined({ id }: Role): boolean {
  return predefinedRoles.some(role => role.id === id)
}

export class RoleSet {
  readonly #byId: ReadonlyMap<number, Role>
  readonly #byName: ReadonlyMap<string, Role>
  readonly #implied = new Map<string, ReadonlySet<number>>()

  constructor(roles: Iterable<Role>) {
    const all = [...roles]
    this.#byId = new Map(all.map(role => [role.id, role]))
    this.#byName = new Map(all.map(role => [role.name, role]))
  }

  /** In order of creation. */
  all(): readonly Role[] {
    return [...this.#byId.values()]
  }

  find(name: string): Role | undefined {
    return this.#byName.get(name)
  }

  get(id: number): Role | undefined {
    return this.#byId.get(id)
  }

  /** No role was made and `root` has no password. */
  get isOpen(): boolean {
    return this.#byId.size === 1 + predefinedRoles.length && !this.hasPasswords
  }

  get hasPasswords(): boolean {
    return this.all().some(role => role.verifier !== undefined)
  }

  /** `member` is `of`, or a member of it, directly or not; a superuser is a member of every role. */
  isMember(member: Role, of: number): boolean {
    return member.superuser || this.#reach(member, false).has(of)
  }

  /** `member` has the privileges of `of` without SET ROLE: NOINHERIT roles have only their own. */
  hasPrivilegesOf(member: Role, of: number): boolean {
    return member.superuser || this.#reach(member, true).has(of)
  }

  /** The roles whose privileges `member` has, itself included. */
  effective(member: Role): ReadonlySet<number> {
    return this.#reach(member, true)
  }

  /** May give membership in `of` to others. */
  isAdmin(member: Role, of: number): boolean {
    if (member.superuser) return true
    return [...this.#reach(member, false)].some(id => this.#byId.get(id)?.memberOf.get(of)?.admin === true)
  }

  #reach(member: Role, inheritOnly: boolean): ReadonlySet<number> {
    const key = `${member.id} ${inheritOnly}`
    const known = this.#implied.get(key)
    if (known !== undefined) return known
    const reached = new Set([member.id])
    for (const id of reached) {
      const role = this.#byId.get(id)
      if (role === undefined || (inheritOnly && !role.inherit)) continue
      for (const parent of role.memberOf.keys()) reached.add(parent)
    }
    this.#implied.set(key, reached)
    return reached
  }
}
