/** What keeps a role from being dropped: what it owns and what it was granted. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import { describeObject, quoteName } from '../catalog/catalog-object.ts'
import type { CatalogSnapshot } from '../catalog/catalog-snapshot.ts'
import type { AccessKey, DefaultAccess } from './access-store.ts'
import { type AclItem, type AclKind, WHOLE_OBJECT } from './acl.ts'
import type { Role } from './role.ts'

/** PostgreSQL tells of no more. */
const SHOWN_MAX = 100

interface Line {
  /** OID of the object, for the order. */
  readonly oid: number
  readonly text: string
}

/** 2BP01 while something depends on the role; DROP OWNED and REASSIGN OWNED help. */
export function checkNothingDepends(
  catalog: CatalogSnapshot,
  role: Role,
  searchPath: readonly string[],
): void {
  const lines = [...objectLines(catalog, role, searchPath), ...defaultLines(catalog, role)]
  if (lines.length === 0) return
  const shown = lines.sort((left, right) => left.oid - right.oid).map(({ text }) => text)
  const rest = shown.splice(SHOWN_MAX).length
  if (rest > 0) shown.push(`and ${rest} other object${rest === 1 ? '' : 's'} (see server log for list)`)
  throw new SqlError(
    SqlState.dependentObjectsStillExist,
    `role "${role.name}" cannot be dropped because some objects depend on it`,
    { detail: shown.join('\n') },
  )
}

function objectLines(catalog: CatalogSnapshot, role: Role, searchPath: readonly string[]): readonly Line[] {
  let oid = 0
  return [...catalog.access.entries()].flatMap(([key, { owner, acl }]) => {
    // Schemas have no OID, but stand in order of creation too.
    if (typeof key === 'number') oid = key
    const shown = (column: number) => describeKey(catalog, key, column, searchPath)
    if (owner === role.id) return [{ oid, text: `owner of ${shown(WHOLE_OBJECT)}` }]
    const columns = new Set(acl.filter(item => item.grantee === role.id).map(item => item.column))
    return [...columns].sort().map(column => ({ oid, text: `privileges for ${shown(column)}` }))
  })
}

function describeKey(
  catalog: CatalogSnapshot,
  key: AccessKey,
  column: number,
  searchPath: readonly string[],
): string {
  const entry = typeof key === 'number' ? catalog.object(key) : undefined
  if (entry === undefined) return `schema ${quoteName(String(key))}`
  const object = describeObject(entry, searchPath)
  if (column === WHOLE_OBJECT || entry.kind !== 'relation') return object
  return `column ${quoteName(entry.object.schema[column - 1]?.name ?? '')} of ${object}`
}

const kindNames: Readonly<Record<AclKind, string>> = {
  relation: 'relations',
  schema: 'schemas',
  model: 'functions',
}

function defaultLines({ access, roles }: CatalogSnapshot, role: Role): readonly Line[] {
  return [...access.allDefaults()].flatMap((each: DefaultAccess) => {
    const { oid, owner, acl, kind, schema } = each
    const place = schema === '' ? '' : ` in schema ${quoteName(schema)}`
    const of = `belonging to role ${quoteName(roles.get(owner)?.name ?? '')}${place}`
    const shown = `default privileges on new ${kindNames[kind]} ${of}`
    if (owner === role.id) return [{ oid, text: `owner of ${shown}` }]
    const isNamed = acl.some((item: AclItem) => item.grantee === role.id)
    return isNamed ? [{ oid, text: `privileges for ${shown}` }] : []
  })
}
