/** What has_table_privilege and its kin answer, in PostgreSQL's words. NULL for an OID that is nothing's. */

import type { PrivilegeQuestion } from '../../executor/expression/evaluation-context.ts'
import type { Relation } from '../../planner/catalog.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { CatalogSnapshot } from '../catalog/catalog-snapshot.ts'
import type { SessionAccess } from '../planned-statement.ts'
import { splitIdentifiers } from '../settings/session-settings.ts'
import {
  columnPrivileges,
  hasColumnPrivileges,
  hasGrantOption,
  hasPrivilege,
  type ObjectAccess,
  type Privilege,
  PUBLIC_ROLE_ID,
  privilegesOf,
  WHOLE_OBJECT,
} from './acl.ts'
import { checkSchema } from './check-access.ts'
import { currentRole, roleByName } from './current-role.ts'
import { newRole, ROOT_ROLE_ID, type Role } from './role.ts'

interface Wanted {
  readonly name: string
  readonly withOption: boolean
}

export function hasPrivilegeAsked(
  session: SessionAccess,
  { role: given, on, privileges }: PrivilegeQuestion,
): boolean | null {
  const { catalog } = session.database
  const role = given === undefined ? currentRole(session) : roleOf(catalog, given, on.kind !== 'role')
  if (role === undefined) return null
  switch (on.kind) {
    case 'relation':
    case 'any_column':
    case 'column':
      return onRelation(session, role, on, privileges)
    case 'schema': {
      const name = typeof on.name === 'string' ? on.name : undefined
      if (name === undefined) return null
      if (!catalog.hasSchema(name)) {
        throw new SqlError(SqlState.invalidSchemaName, `schema "${name}" does not exist`)
      }
      const wanted = readPrivileges(privileges, privilegesOf.schema)
      return has(catalog, role, catalog.access.get(name), wanted)
    }
    case 'database':
      return onDatabase(catalog, role, on.name, privileges)
    case 'role':
      return onRole(catalog, role, on.name, privileges)
  }
}

type OnRelation = Extract<PrivilegeQuestion['on'], { readonly relation: string | number }>

function onRelation(session: SessionAccess, role: Role, on: OnRelation, privileges: string): boolean | null {
  const { catalog } = session.database
  const relation = relationOf(session, on.relation)
  const column = relation !== undefined && on.kind === 'column' ? columnOf(relation, on.column) : WHOLE_OBJECT
  const isWhole = on.kind === 'relation'
  const wanted = readPrivileges(privileges, isWhole ? privilegesOf.relation : columnPrivileges)
  if (relation === undefined || column === undefined) return null
  if (relation.kind === 'system') return wanted.some(({ name }) => name === 'SELECT') || role.superuser
  const access = catalog.access.get(relation.id)
  if (isWhole) return has(catalog, role, access, wanted)
  const columns = on.kind === 'column' ? [column] : []
  return wanted.some(({ name, withOption }) => {
    const privilege = name as Privilege
    return withOption
      ? hasGrantOption(catalog.roles, role, access, privilege, column)
      : hasColumnPrivileges(catalog.roles, role, access, privilege, columns)
  })
}

function has(
  { roles }: CatalogSnapshot,
  role: Role,
  access: ObjectAccess,
  wanted: readonly Wanted[],
): boolean {
  return wanted.some(({ name, withOption }) => {
    const privilege = name as Privilege
    return withOption
      ? hasGrantOption(roles, role, access, privilege, WHOLE_OBJECT)
      : hasPrivilege(roles, role, access, privilege)
  })
}

/** Everybody may connect; all there is to create in the database are schemas, which superusers do. */
function onDatabase(
  catalog: CatalogSnapshot,
  role: Role,
  name: string | number,
  privileges: string,
): boolean | null {
  if (typeof name === 'number') return null
  if (name !== catalog.databaseName) {
    throw new SqlError(SqlState.invalidCatalogName, `database "${name}" does not exist`)
  }
  const wanted = readPrivileges(privileges, ['CREATE', 'TEMPORARY', 'TEMP', 'CONNECT'])
  const isOwner = catalog.roles.hasPrivilegesOf(role, ROOT_ROLE_ID)
  return wanted.some(({ name: each, withOption }) => isOwner || (each !== 'CREATE' && !withOption))
}

function onRole(
  catalog: CatalogSnapshot,
  role: Role,
  name: string | number,
  privileges: string,
): boolean | null {
  const target = roleOf(catalog, name, false)
  const wanted = readPrivileges(privileges, ['USAGE', 'MEMBER'])
  if (target === undefined) return null
  return wanted.some(({ name: each, withOption }) => {
    if (withOption) return catalog.roles.isAdmin(role, target.id)
    return each === 'USAGE'
      ? catalog.roles.hasPrivilegesOf(role, target.id)
      : catalog.roles.isMember(role, target.id)
  })
}

function roleOf({ roles }: CatalogSnapshot, given: string | number, mayBePublic: boolean): Role | undefined {
  if (typeof given === 'number') return roles.get(given)
  if (given === 'public' && mayBePublic) return newRole(PUBLIC_ROLE_ID, given)
  return roleByName(roles, given)
}

function relationOf(session: SessionAccess, given: string | number): Relation | undefined {
  const { catalog } = session.database
  if (typeof given === 'number') {
    const entry = catalog.object(given)
    return entry?.kind === 'relation' ? entry.object : undefined
  }
  const names = splitIdentifiers(given.replaceAll(/\s*\.\s*/g, ','))
  const name = names.at(-1) ?? ''
  const schema = names.at(-2)
  if (schema !== undefined && catalog.hasSchema(schema)) {
    checkSchema(catalog, currentRole(session), schema, 'USAGE')
  }
  const found = catalog.findRelation(schema, name, session.searchPath)
  if (found !== undefined) return found
  throw new SqlError(SqlState.undefinedTable, `relation "${given}" does not exist`)
}

/** Its number; undefined for a number that no column has. */
function columnOf(relation: Relation, given: string | number): number | undefined {
  const count = relation.schema.length
  if (typeof given === 'number') return given >= 1 && given <= count ? given : undefined
  const index = relation.schema.findIndex(column => column.name === given)
  if (index !== -1) return index + 1
  const message = `column "${given}" of relation "${relation.name}" does not exist`
  throw new SqlError(SqlState.undefinedColumn, message)
}

/** `SELECT, update with grant option`; one of them is enough. */
function readPrivileges(list: string, known: readonly string[]): readonly Wanted[] {
  return list.split(',').map(given => {
    const text = given.trim().toUpperCase()
    const name = text.replace(/ WITH (GRANT|ADMIN) OPTION$/, '')
    if (known.includes(name)) return { name, withOption: name !== text }
    throw new SqlError(SqlState.invalidParameterValue, `unrecognized privilege type: "${given.trim()}"`)
  })
}
