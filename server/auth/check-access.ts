/**
 * What a statement needs privileges for, and the check, made each time it starts: SET ROLE, GRANT and REVOKE
 * count from the next execution on, also for prepared statements. Views read with the rights of their owner.
 */

import type { Catalog, Model, Relation } from '../../planner/catalog.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { FunctionSignature } from '../../planner/function-signature.ts'
import type { CatalogObject } from '../catalog/catalog-object.ts'
import { objectKindName } from '../catalog/catalog-object.ts'
import type { CatalogSnapshot } from '../catalog/catalog-snapshot.ts'
import { systemSchemas } from '../catalog/catalog-store.ts'
import type { SessionAccess } from '../planned-statement.ts'
import { hasPrivilege, isOwner, type Privilege } from './acl.ts'
import { currentRole } from './current-role.ts'
import type { Role } from './role.ts'

/** A privilege on a relation or model that a statement cannot do without. */
export interface Need {
  readonly id: number
  readonly privilege: Privilege
}

/** A catalog that remembers what the binder found in it. */
export class AccessRecorder implements Catalog {
  readonly #catalog: Catalog
  readonly #relations = new Map<number, number>()
  readonly #models = new Set<number>()

  constructor(catalog: Catalog) {
    this.#catalog = catalog
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
    if (found !== undefined) this.#relations.set(found.id, (this.#relations.get(found.id) ?? 0) + 1)
    return found
  }

  findModel(schemaName: string | undefined, name: string, searchPath: readonly string[]): Model | undefined {
    const found = this.#catalog.findModel(schemaName, name, searchPath)
    if (found !== undefined) this.#models.add(found.id)
    return found
  }

  hasSchema(name: string): boolean {
    return this.#catalog.hasSchema(name)
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

  /** SELECT on each relation and EXECUTE on each model that was found; `target`, once, was only written. */
  reads(target?: Relation): readonly Need[] {
    const relations = [...this.#relations].filter(([id, times]) => id !== target?.id || times > 1)
    return [
      ...relations.map(([id]) => ({ id, privilege: 'SELECT' }) as const),
      ...[...this.#models].map(id => ({ id, privilege: 'EXECUTE' }) as const),
    ]
  }
}

/** 42501 for the first need that the session's current role does not have. */
export function checkNeeds(session: SessionAccess, needs: readonly Need[]): void {
  const role = currentRole(session)
  if (role.superuser) return
  const { catalog } = session.database
  for (const need of needs) checkNeed(catalog, role, need)
}

function checkNeed(catalog: CatalogSnapshot, role: Role, { id, privilege }: Need): void {
  const entry = catalog.object(id)
  if (entry === undefined || isSystem(entry)) return
  const { roles, access } = catalog
  checkSchema(catalog, role, entry.object.schemaName, 'USAGE')
  if (!hasPrivilege(roles, role, access.get(id), privilege)) {
    throw denied(objectKindName(entry), entry.object.name)
  }
  if (entry.kind !== 'relation' || entry.object.kind !== 'view') return
  const owner = roles.get(access.get(id).owner)
  if (owner === undefined || owner.superuser) return
  for (const read of entry.object.dependsOn) {
    const isModel = catalog.object(read)?.kind === 'model'
    checkNeed(catalog, owner, { id: read, privilege: isModel ? 'EXECUTE' : 'SELECT' })
  }
}

/** `permission denied for schema s`. */
export function checkSchema(
  { roles, access }: CatalogSnapshot,
  role: Role,
  name: string,
  privilege: 'USAGE' | 'CREATE',
): void {
  if (role.superuser || (privilege === 'USAGE' && systemSchemas.includes(name))) return
  if (!hasPrivilege(roles, role, access.get(name), privilege)) throw denied('schema', name)
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
