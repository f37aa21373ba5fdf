/** One epoch of the catalog: immutable. A statement plans against one from start to end. */

import { signaturesByName } from '../../executor/functions/registry.ts'
import { must } from '../../planner/assert.ts'
import type { Catalog, Model, Relation } from '../../planner/catalog.ts'
import type { FunctionSignature } from '../../planner/function-signature.ts'
import type { AccessStore } from '../auth/access-store.ts'
import type { RoleSet } from '../auth/role.ts'
import type { CatalogObject, SinkDefinition } from './catalog-object.ts'

export class CatalogSnapshot implements Catalog {
  readonly epoch: number
  readonly databaseName: string
  readonly roles: RoleSet
  /** Owners and privileges. */
  readonly access: AccessStore
  /** Their OIDs by name. */
  readonly #schemas: ReadonlyMap<string, number>
  readonly #objects: ReadonlyMap<number, CatalogObject>
  /** Keyed by schema and name; relations, sinks and models have a namespace each. */
  readonly #named: ReadonlyMap<string, CatalogObject>
  readonly #relations: readonly Relation[]
  readonly #models: readonly Model[]

  constructor(
    epoch: number,
    databaseName: string,
    schemas: ReadonlyMap<string, number>,
    objects: ReadonlyMap<number, CatalogObject>,
    roles: RoleSet,
    access: AccessStore,
  ) {
    this.epoch = epoch
    this.databaseName = databaseName
    this.#schemas = schemas
    this.#objects = objects
    this.roles = roles
    this.access = access
    const named = new Map<string, CatalogObject>()
    const relations: Relation[] = []
    const models: Model[] = []
    for (const entry of objects.values()) {
      named.set(nameKey(entry.kind, entry.object.schemaName, entry.object.name), entry)
      if (entry.kind === 'relation') relations.push(entry.object)
      if (entry.kind === 'model') models.push(entry.object)
    }
    this.#named = named
    this.#relations = relations
    this.#models = models
  }

  findRelation(
    schemaName: string | undefined,
    name: string,
    searchPath: readonly string[],
  ): Relation | undefined {
    const found = this.find('relation', schemaName, name, searchPath)
    return found?.kind === 'relation' ? found.object : undefined
  }

  findModel(schemaName: string | undefined, name: string, searchPath: readonly string[]): Model | undefined {
    const found = this.find('model', schemaName, name, searchPath)
    return found?.kind === 'model' ? found.object : undefined
  }

  /**
   * Any object by name; when `schemaName` is undefined along the search path, on which pg_catalog comes first
   * unless it is named in another place.
   */
  find(
    kind: CatalogObject['kind'],
    schemaName: string | undefined,
    name: string,
    searchPath: readonly string[],
  ): CatalogObject | undefined {
    if (schemaName !== undefined) return this.#named.get(nameKey(kind, schemaName, name))
    const path = searchPath.includes('pg_catalog') ? searchPath : ['pg_catalog', ...searchPath]
    for (const schema of path) {
      const found = this.#named.get(nameKey(kind, schema, name))
      if (found !== undefined) return found
    }
    return undefined
  }

  hasSchema(name: string): boolean {
    return this.#schemas.has(name)
  }

  findFunctions(name: string): readonly FunctionSignature[] {
    return signaturesByName(name)
  }

  relations(): readonly Relation[] {
    return this.#relations
  }

  models(): readonly Model[] {
    return this.#models
  }

  sinks(): readonly SinkDefinition[] {
    return this.objects().flatMap(entry => (entry.kind === 'sink' ? [entry.object] : []))
  }

  schemas(): readonly string[] {
    return [...this.#schemas.keys()]
  }

  schemaOid(name: string): number {
    return must(this.#schemas.get(name), 'objects are in schemas that exist')
  }

  /** In order of creation. */
  objects(): readonly CatalogObject[] {
    return [...this.#objects.values()]
  }

  object(id: number): CatalogObject | undefined {
    return this.#objects.get(id)
  }
}

function nameKey(kind: CatalogObject['kind'], schemaName: string, name: string): string {
  return `${kind}\u0000${schemaName}\u0000${name}`
}
