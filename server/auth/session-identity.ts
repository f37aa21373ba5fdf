/**
 * Who a session is: the role that logged in, and what SET ROLE and SET SESSION AUTHORIZATION may make of it.
 * The settings `role` and `session_authorization` hold the choice, so that transactions undo it; every change
 * of those two comes by here.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { SettingsIdentity } from '../settings/session-settings.ts'
import type { Role, RoleSet } from './role.ts'

/** The role that logged in. In an open database `name` may be any: it stands for `root`. */
export interface Login {
  readonly name: string
  readonly roleId: number
}

export class SessionIdentity implements SettingsIdentity {
  readonly #roles: () => RoleSet
  readonly #login: Login

  constructor(roles: () => RoleSet, login: Login) {
    this.#roles = roles
    this.#login = login
  }

  get login(): Login {
    return this.#login
  }

  /** The role of that name as this session sees it; a login keeps its role when that is renamed. */
  role(name: string): Role | undefined {
    const roles = this.#roles()
    return name === this.#login.name ? roles.get(this.#login.roleId) : roles.find(name)
  }

  isSuperuser(name: string): boolean {
    return this.role(name)?.superuser === true
  }

  checkRole(name: string, sessionAuthorization: string): void {
    if (name === 'none') return
    const target = this.#existing(name)
    const own = this.role(sessionAuthorization)
    if (own !== undefined && this.#roles().isMember(own, target.id)) return
    throw new SqlError(SqlState.insufficientPrivilege, `permission denied to set role "${name}"`)
  }

  checkSessionAuthorization(name: string): void {
    this.#existing(name)
    if (name === this.#login.name || this.isSuperuser(this.#login.name)) return
    throw new SqlError(
      SqlState.insufficientPrivilege,
      `permission denied to set session authorization "${name}"`,
    )
  }

  #existing(name: string): Role {
    const role = this.role(name)
    if (role !== undefined) return role
    throw new SqlError(SqlState.invalidParameterValue, `role "${name}" does not exist`)
  }
}
