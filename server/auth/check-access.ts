/**
 * What a statement needs privileges for, and the check, made each time it starts: SET ROLE, GRANT and REVOKE
 * count from the next execution on, also for prepared statements. Views read with the rights of their owner.
 */

import { must } from '../../planner/assert.ts'
import type { Catalog, Model, Relation } from '../../planner/catalog.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { FunctionSignature } from '../../planner/function-signature.ts'
import type { CatalogObject } from '../catalog/catalog-object.ts'
import { objectKindName } from '../catalog/catalog-object.ts'
import type { CatalogSnapshot } from '../catalog/catalog-snapshot.ts'
import { systemSchemas } from '../catalog/catalog-store.ts'
import type { SessionAccess } from '../planned-statement.ts'
import { hasColumnPrivileges, hasPrivilege, isOwner, type Privilege } from './acl.ts'
import { currentRole } from './current-role.ts'
import type { Role } from './role.ts'

/** A privilege on a relation or model that a statement cannot do without. */
export interface Need {
  readonly id: number
  readonly privilege: Privilege
  /** Numbers of the columns that it is needed on, none = any one; undefined = on the whole object. */
  readonly columns?: readonly number[] | undefined
}

/** A catalog that remembers what the binder found in it. */
export class AccessRecorder implements Catalog {
  readonly #catalog: CatalogSnapshot
  readonly #session: SessionAccess
  /** By relation: how often it was named, and which of its columns are read. */
  readonly #relations = new Map<number, { times: number; readonly columns: Set<number> }>()
  readonly #models = new Set<number>()

  constructor(catalog: CatalogSnapshot, session: SessionAccess) {
    this.#catalog = catalog
    this.#session = session
  }

  get epoch(): number {
    return this.#catalog.epoch
  }

  get databaseName(): string {
    return this.#catalog.databaseName
  }

  findRelation(
    schemaName: string | undefined,
    name: string,
    searchPath: readonly string[],
  ): Relation | undefined {
    const found = this.#catalog.findRelation(schemaName, name, searchPath)
    if (found !== undefined) this.#use(found.id).times++
    return found
  }

  noteRead({ id }: Relation, attribute: number): void {
    this.#use(id).columns.add(attribute)
  }

  #use(id: number) {
    const use = this.#relations.get(id) ?? { times: 0, columns: new Set<number>() }
    this.#relations.set(id, use)
    return use
  }

  findModel(schemaName: string | undefined, name: string, searchPath: readonly string[]): Model | undefined {
    const found = this.#catalog.findModel(schemaName, name, searchPath)
    if (found !== undefined) this.#models.add(found.id)
    return found
  }

  hasSchema(name: string): boolean {
    return this.#catalog.hasSchema(name)
  }

  checkSchema(name: string, position: number | undefined): void {
    if (this.#catalog.hasSchema(name)) {
      checkSchema(this.#catalog, currentRole(this.#session), name, 'USAGE', position)
    }
  }

  findFunctions(name: string): readonly FunctionSignature[] {
    return this.#catalog.findFunctions(name)
  }

  relations(): readonly Relation[] {
    return this.#catalog.relations()
  }

  models(): readonly Model[] {
    return this.#catalog.models()
  }

  /**
   * SELECT on the columns of each relation, and EXECUTE on each model, that was found; `target` is written,
   * and read only where it is named again or one of its columns is.
   */
  reads(target?: Relation): readonly Need[] {
    const relations = [...this.#relations].filter(([id, { times, columns }]) => {
      return id !== target?.id || times > 1 || columns.size > 0
    })
    return [
      ...relations.map(([id, { columns }]) => ({ id, privilege: 'SELECT', columns: [...columns] }) as const),
      ...[...this.#models].map(id => ({ id, privilege: 'EXECUTE' }) as const),
    ]
  }
}

/** 42501 when the session's current role has none of these privileges. */
export function checkOneOf(session: SessionAccess, id: number, privileges: readonly Privilege[]): void {
  const { roles, access } = session.database.catalog
  const role = currentRole(session)
  const found = privileges.find(privilege => hasPrivilege(roles, role, access.get(id), privilege))
  checkNeeds(session, [{ id, privilege: found ?? must(privileges[0], 'a privilege is asked for') }])
}

/** 42501 for the first need that the session's current role does not have. */
export function checkNeeds(session: SessionAccess, needs: readonly Need[]): void {
  const role = currentRole(session)
  if (role.superuser) return
  const { catalog } = session.database
  for (const need of needs) checkNeed(catalog, role, need)
}

/** Whether the session's current role may read all of a relation. */
export function mayRead(session: SessionAccess, id: number): boolean {
  try {
    checkNeeds(session, [{ id, privilege: 'SELECT' }])
    return true
  } catch (error) {
    if (error instanceof SqlError && error.code === SqlState.insufficientPrivilege) return false
    throw error
  }
}

function checkNeed(catalog: CatalogSnapshot, role: Role, { id, privilege, columns }: Need): void {
  const entry = catalog.object(id)
  if (entry === undefined || isSystem(entry)) return
  const { roles, access } = catalog
  checkSchema(catalog, role, entry.object.schemaName, 'USAGE')
  const isGranted =
    columns === undefined
      ? hasPrivilege(roles, role, access.get(id), privilege)
      : hasColumnPrivileges(roles, role, access.get(id), privilege, columns)
  if (!isGranted) throw denied(objectKindName(entry), entry.object.name)
  if (entry.kind !== 'relation') return
  const owner = roles.get(access.get(id).owner)
  if (owner === undefined || owner.superuser) return
  for (const read of entry.reads ?? []) checkNeed(catalog, owner, read)
}

/** `permission denied for schema s`. */
export function checkSchema(
  { roles, access }: CatalogSnapshot,
  role: Role,
  name: string,
  privilege: 'USAGE' | 'CREATE',
  position?: number,
): void {
  if (mayUseSchema({ roles, access }, role, name, privilege)) return
  throw new SqlError(SqlState.insufficientPrivilege, `permission denied for schema ${name}`, { position })
}

export function mayUseSchema(
  { roles, access }: Pick<CatalogSnapshot, 'roles' | 'access'>,
  role: Role,
  name: string,
  privilege: 'USAGE' | 'CREATE',
): boolean {
  if (role.superuser || (privilege === 'USAGE' && systemSchemas.includes(name))) return true
  return hasPrivilege(roles, role, access.get(name), privilege)
}

/** The owner of an object, and of its schema, may drop it and put another in its place. */
export function checkOwner(session: SessionAccess, entry: CatalogObject): void {
  const role = currentRole(session)
  const { roles, access } = session.database.catalog
  if (isOwner(roles, role, access.get(entry.object.id))) return
  if (isOwner(roles, role, access.get(entry.object.schemaName))) return
  throw notOwner(objectKindName(entry), entry.object.name)
}

export function checkSchemaOwner(session: SessionAccess, name: string): void {
  const { roles, access } = session.database.catalog
  if (!isOwner(roles, currentRole(session), access.get(name))) throw notOwner('schema', name)
}

export function denied(kind: string, name: string): SqlError {
  return new SqlError(SqlState.insufficientPrivilege, `permission denied for ${kind} ${name}`)
}

function notOwner(kind: string, name: string): SqlError {
  return new SqlError(SqlState.insufficientPrivilege, `must be owner of ${kind} ${name}`)
}

/** Everyone may read what the system shows of itself. */
function isSystem(entry: CatalogObject): boolean {
  return entry.kind === 'relation' && entry.object.kind === 'system'
}
