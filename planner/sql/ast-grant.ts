/** Statements about privileges and owners. */

import type { TableName } from './ast-query.ts'
import type { RoleName } from './ast-role.ts'

/** What privileges are on. `relation`: tables, views, materialized views and sources. */
export type GrantTarget =
  | { readonly kind: 'relation' | 'model' | 'sink'; readonly names: readonly TableName[] }
  | { readonly kind: 'schema'; readonly names: readonly string[] }
  /** ALL TABLES IN SCHEMA, and ALL FUNCTIONS IN SCHEMA for models. */
  | { readonly kind: 'all_relations' | 'all_models'; readonly schemas: readonly string[] }
  /** Of ALTER DEFAULT PRIVILEGES: objects to come. */
  | { readonly kind: 'future_relations' | 'future_models' | 'future_schemas' }
  | { readonly kind: 'unsupported'; readonly what: string }

/** `SELECT`, `UPDATE (a, b)`, `ALL (a)`. */
export interface GrantedPrivilege {
  /** As it was written, in lower case; undefined = ALL. */
  readonly name: string | undefined
  /** Empty = the whole object. */
  readonly columns: readonly string[]
}

export interface GrantStatement {
  readonly kind: 'grant'
  readonly isGrant: boolean
  /** undefined = ALL. */
  readonly privileges: readonly GrantedPrivilege[] | undefined
  readonly target: GrantTarget
  readonly grantees: readonly RoleName[]
  /** WITH GRANT OPTION, or GRANT OPTION FOR. */
  readonly grantOption: boolean
  readonly cascade: boolean
  readonly grantor: RoleName | undefined
  readonly position: number
}

export interface AlterDefaultPrivilegesStatement {
  readonly kind: 'alter_default_privileges'
  /** Whose objects; empty = the current user's. */
  readonly roles: readonly RoleName[]
  /** Empty = in every schema. */
  readonly schemas: readonly string[]
  readonly grant: GrantStatement
  readonly position: number
}

/** ALTER TABLE | VIEW | MATERIALIZED VIEW | SOURCE | SINK | MODEL | SCHEMA … OWNER TO role. */
export interface AlterOwnerStatement {
  readonly kind: 'alter_owner'
  readonly object: 'relation' | 'sink' | 'model' | 'schema'
  /** `ALTER VIEW`: the command tag. */
  readonly tag: string
  readonly ifExists: boolean
  readonly name: TableName
  readonly owner: RoleName
  readonly position: number
}

export interface ReassignOwnedStatement {
  readonly kind: 'reassign_owned'
  readonly roles: readonly RoleName[]
  readonly owner: RoleName
  readonly position: number
}

export interface DropOwnedStatement {
  readonly kind: 'drop_owned'
  readonly roles: readonly RoleName[]
  readonly cascade: boolean
  readonly position: number
}

export type PrivilegeStatement =
  | GrantStatement
  | AlterDefaultPrivilegesStatement
  | AlterOwnerStatement
  | ReassignOwnedStatement
  | DropOwnedStatement
