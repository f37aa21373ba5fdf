/** Statements about roles: who may connect, and who is a member of whom. */

/** A role as a statement names it. */
export type RoleName =
  | { readonly kind: 'name'; readonly name: string; readonly position: number }
  | { readonly kind: 'current_user' | 'session_user' | 'public'; readonly position: number }

/**
 * One option of CREATE or ALTER ROLE, by PostgreSQL's name of it: superuser, createdb, createrole, inherit,
 * canlogin, isreplication, bypassrls (`flag`), connectionlimit, validUntil, password (`text`; undefined =
 * NULL), addroleto, rolemembers, adminmembers (`roles`).
 */
export interface RoleOption {
  readonly name: string
  readonly flag: boolean
  readonly text: string | undefined
  readonly roles: readonly RoleName[]
  readonly position: number
}

export interface CreateRoleStatement {
  readonly kind: 'create_role'
  readonly name: string
  /** CREATE USER can log in unless it says NOLOGIN. */
  readonly isUser: boolean
  readonly options: readonly RoleOption[]
  readonly position: number
}

export interface AlterRoleStatement {
  readonly kind: 'alter_role'
  readonly role: RoleName
  readonly options: readonly RoleOption[]
  /** ALTER GROUP … DROP USER: `rolemembers` are taken out. */
  readonly removesMembers: boolean
  readonly position: number
}

export interface RenameRoleStatement {
  readonly kind: 'rename_role'
  readonly name: string
  readonly newName: string
  readonly position: number
}

export interface DropRoleStatement {
  readonly kind: 'drop_role'
  readonly roles: readonly RoleName[]
  readonly ifExists: boolean
  readonly position: number
}

/** GRANT role, … TO role, … and REVOKE. */
export interface GrantRoleStatement {
  readonly kind: 'grant_role'
  readonly isGrant: boolean
  readonly roles: readonly string[]
  readonly members: readonly RoleName[]
  /** WITH ADMIN OPTION, or ADMIN OPTION FOR; INHERIT and SET of later versions are in `otherOptions`. */
  readonly admin: boolean
  readonly otherOptions: readonly string[]
  readonly cascade: boolean
  readonly grantor: RoleName | undefined
  readonly position: number
}

/** ALTER ROLE … [IN DATABASE …] SET, and ALTER DATABASE … SET. */
export interface AlterSettingsStatement {
  readonly kind: 'alter_settings'
  readonly tag: 'ALTER ROLE' | 'ALTER DATABASE'
  /** Whose sessions; undefined = everybody's. */
  readonly role: RoleName | undefined
  readonly database: string | undefined
  /** Lower case; `all` with a reset is RESET ALL. */
  readonly name: string
  readonly change:
    | { readonly kind: 'set'; readonly values: readonly string[] }
    | { readonly kind: 'reset' | 'current' }
  readonly position: number
}

export type RoleStatement =
  | CreateRoleStatement
  | AlterRoleStatement
  | AlterSettingsStatement
  | RenameRoleStatement
  | DropRoleStatement
  | GrantRoleStatement
