/**
 * The mutable catalog. Every change makes a new immutable snapshot with the next catalog epoch; who planned
 * against an older one notices by comparing epochs. Changes are made by DDL alone, which database.ts runs one
 * at a time.
 */

import { assert } from '../../planner/assert.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import { AccessStore } from '../auth/access-store.ts'
import { predefinedRoles, type Role, RoleSet, rootRole } from '../auth/role.ts'
import { RoleSettings } from '../auth/role-settings.ts'
import type { CatalogObject } from './catalog-object.ts'
import { CatalogSnapshot } from './catalog-snapshot.ts'

/** First OID of user objects, as in PostgreSQL. */
export const FIRST_USER_OID = 16384

/** Schemas that are always there and in which users create nothing. */
export const systemSchemas: readonly string[] = ['pg_catalog', 'information_schema', 'stream_catalog']

/** With PostgreSQL's OIDs where it has the same for everybody. */
const initialSchemas: readonly (readonly [name: string, oid: number])[] = [
  ['public', 2200],
  ['pg_catalog', 11],
  ['information_schema', 13000],
  ['stream_catalog', 13001],
]

export class CatalogStore {
  #snapshot: CatalogSnapshot
  #nextOid = FIRST_USER_OID
  readonly #schemas = new Map(initialSchemas)
  readonly #objects = new Map<number, CatalogObject>()
  #roles: ReadonlyMap<number, Role> = new Map([rootRole, ...predefinedRoles].map(role => [role.id, role]))
  #access = new AccessStore()
  /** What sessions of roles start with. */
  roleSettings = new RoleSettings()

  constructor(databaseName: string) {
    this.#snapshot = new CatalogSnapshot(
      1,
      databaseName,
      new Map(this.#schemas),
      new Map(),
      new RoleSet(this.#roles.values()),
      this.#access,
    )
  }

  get snapshot(): CatalogSnapshot {
    return this.#snapshot
  }

  /** Never given out twice, also when the object is then not created. */
  allocateOid(): number {
    return this.#nextOid++
  }

  /** Adds objects that did not exist, or replaces those with the same id (a model's new version). */
  put(...objects: readonly CatalogObject[]): void {
    for (const entry of objects) {
      const existing = this.#snapshot.find(entry.kind, entry.object.schemaName, entry.object.name, [])
      assert(
        existing === undefined || existing.object.id === entry.object.id,
        'DDL checks names before it adds',
      )
      this.#objects.set(entry.object.id, entry)
    }
    this.#publish()
  }

  remove(ids: readonly number[]): void {
    for (const id of ids) this.#objects.delete(id)
    this.#access = this.#access.without(ids)
    this.#publish()
  }

  addSchema(name: string): void {
    this.#schemas.set(name, this.allocateOid())
    this.#publish()
  }

  removeSchema(name: string): void {
    this.#schemas.delete(name)
    this.#access = this.#access.without([name])
    this.#publish()
  }

  get access(): AccessStore {
    return this.#access
  }

  setAccess(access: AccessStore): void {
    this.#access = access
    this.#publish()
  }

  /** Adds roles, or replaces those with the same id. */
  putRoles(...roles: readonly Role[]): void {
    this.#roles = new Map([...this.#roles, ...roles.map(role => [role.id, role] as const)])
    this.#publish()
  }

  /** Memberships in them go too. */
  removeRoles(ids: ReadonlySet<number>): void {
    for (const role of ids) {
      for (const inDatabase of [false, true]) {
        this.roleSettings = this.roleSettings.without({ role, inDatabase })
      }
    }
    const left = [...this.#roles.values()].filter(role => !ids.has(role.id))
    this.#roles = new Map(
      left.map(role => {
        const memberOf = new Map([...role.memberOf].filter(([id]) => !ids.has(id)))
        return [role.id, { ...role, memberOf }]
      }),
    )
    this.#publish()
  }

  #publish(): void {
    const { epoch, databaseName } = this.#snapshot
    this.#snapshot = new CatalogSnapshot(
      epoch + 1,
      databaseName,
      new Map(this.#schemas),
      new Map(this.#objects),
      new RoleSet(this.#roles.values()),
      this.#access,
    )
  }
}

/** The schema in which CREATE puts an object: the one named, or the first of the search path that exists. */
export function creationSchema(
  snapshot: CatalogSnapshot,
  schemaName: string | undefined,
  searchPath: readonly string[],
): string {
  if (schemaName === undefined) {
    const first = searchPath.find(name => snapshot.hasSchema(name) && !systemSchemas.includes(name))
    if (first !== undefined) return first
    throw new SqlError(SqlState.invalidSchemaName, 'no schema has been selected to create in')
  }
  if (!snapshot.hasSchema(schemaName)) {
    throw new SqlError(SqlState.invalidSchemaName, `schema "${schemaName}" does not exist`)
  }
  if (systemSchemas.includes(schemaName)) {
    throw new SqlError(SqlState.insufficientPrivilege, `permission denied for schema ${schemaName}`)
  }
  return schemaName
}
