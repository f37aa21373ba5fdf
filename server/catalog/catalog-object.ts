/** What the catalog holds. Relations and models are the planner's; sinks only the server knows. */

import { unreachable } from '../../planner/assert.ts'
import type { Model, Relation } from '../../planner/catalog.ts'
import type { Need } from '../auth/check-access.ts'

/** A sink as SHOW and DROP see it. */
export interface SinkDefinition {
  readonly id: number
  readonly schemaName: string
  readonly name: string
  readonly connector: string
  readonly definition: string
  /** Ids of the relations and models its query reads. */
  readonly dependsOn: readonly number[]
}

export type CatalogObject =
  /** `owner`: the source that this table of dead letters belongs to, and goes with. */
  | {
      readonly kind: 'relation'
      readonly object: Relation
      readonly owner: number | undefined
      readonly connector: string | undefined
      /** Of a view: the privileges that its owner needs for it. */
      readonly reads?: readonly Need[] | undefined
    }
  | { readonly kind: 'sink'; readonly object: SinkDefinition }
  /** `provider`: where it runs, as chosen when it was loaded. */
  | { readonly kind: 'model'; readonly object: Model; readonly path: string; readonly provider: string }

/** PostgreSQL's word for the kind of object: `materialized view`. */
export function objectKindName(object: CatalogObject): string {
  switch (object.kind) {
    case 'relation':
      return object.object.kind === 'materialized_view' ? 'materialized view' : object.object.kind
    case 'sink':
    case 'model':
      return object.kind
    default:
      return unreachable(object)
  }
}

/** Ids that must exist for this object to exist. */
export function dependenciesOf(object: CatalogObject): readonly number[] {
  if (object.kind === 'model') return []
  if (object.kind === 'relation' && object.owner !== undefined) return [object.owner]
  return object.object.dependsOn
}

/**
 * The name in messages: qualified only when it is not found along the search path; quoted where it must be.
 */
export function displayName(
  object: { readonly schemaName: string; readonly name: string },
  searchPath: readonly string[],
): string {
  const visible = searchPath.includes(object.schemaName)
  return visible ? quoteName(object.name) : `${quoteName(object.schemaName)}.${quoteName(object.name)}`
}

/** quote_ident, keywords aside. */
export function quoteName(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}

/** `table t`, `materialized view s.m`. */
export function describeObject(object: CatalogObject, searchPath: readonly string[]): string {
  return `${objectKindName(object)} ${displayName(object.object, searchPath)}`
}
