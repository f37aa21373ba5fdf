/**
 * What DROP must take along. Objects name what they need (dependenciesOf); this walks the other way, from
 * what is dropped to everything that needs it, and words the refusal or the notice as PostgreSQL does (its
 * dependency.c).
 */

import type { Notice } from '../../planner/errors.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { CatalogObject } from './catalog-object.ts'
import { dependenciesOf, describeObject } from './catalog-object.ts'
import type { CatalogSnapshot } from './catalog-snapshot.ts'

/** What a DROP removes: every id, consumers before what they read; and what to tell the user. */
export interface DropPlan {
  readonly ids: readonly number[]
  readonly notice: Notice | undefined
}

interface Dependent {
  readonly entry: CatalogObject
  /** The object by which it was found. */
  readonly on: CatalogObject
}

/** Throws 2BP01 when something not named depends on a target and `cascade` is false. */
export function planDrop(
  snapshot: CatalogSnapshot,
  targets: readonly CatalogObject[],
  cascade: boolean,
  searchPath: readonly string[],
): DropPlan {
  const named = new Set(targets.map(entry => entry.object.id))
  checkOwners(snapshot, targets, named, searchPath)
  const found = collectDependents(snapshot, targets)
  // Dead letters go silently with their source; a named target needs no CASCADE.
  const others = found.filter(({ entry }) => !named.has(entry.object.id) && !isOwned(entry))
  if (others.length > 0 && !cascade) throw dependencyError(targets, others, searchPath)
  const ids = [...named, ...found.map(({ entry }) => entry.object.id)]
  // What was created later can only depend on what was created earlier.
  const ordered = [...new Set(ids)].sort((left, right) => right - left)
  return { ids: ordered, notice: others.length === 0 ? undefined : cascadeNotice(others, searchPath) }
}

/** DROP SCHEMA and DROP OWNED: the dependents of a schema are the objects in it that are not named. */
export function planSchemaDrop(
  snapshot: CatalogSnapshot,
  { targets, schemas }: { readonly targets: readonly CatalogObject[]; readonly schemas: readonly string[] },
  cascade: boolean,
  searchPath: readonly string[],
): DropPlan {
  const named = new Set(targets.map(entry => entry.object.id))
  const inside = snapshot.objects().filter(({ object }) => {
    return schemas.includes(object.schemaName) && !named.has(object.id)
  })
  const found = collectDependents(snapshot, [...targets, ...inside])
  const insideIds = new Set(inside.map(entry => entry.object.id))
  const lines = [
    ...inside.map(entry => ({ entry, on: `schema ${entry.object.schemaName}` })),
    ...found
      .filter(({ entry }) => !named.has(entry.object.id) && !insideIds.has(entry.object.id))
      .map(({ entry, on }) => ({ entry, on: describeObject(on, searchPath) })),
  ].filter(({ entry }) => !isOwned(entry))
  if (lines.length > 0 && !cascade) {
    const many = targets.length + schemas.length > 1
    const only = targets[0] === undefined ? `schema ${schemas[0]}` : describeObject(targets[0], searchPath)
    throw new SqlError(
      SqlState.dependentObjectsStillExist,
      many
        ? 'cannot drop desired object(s) because other objects depend on them'
        : `cannot drop ${only} because other objects depend on it`,
      {
        detail: lines
          .map(line => `${describeObject(line.entry, searchPath)} depends on ${line.on}`)
          .join('\n'),
        hint: CASCADE_HINT,
      },
    )
  }
  const ids = new Set([...named, ...insideIds, ...found.map(({ entry }) => entry.object.id)])
  return {
    ids: [...ids].sort((left, right) => right - left),
    notice: lines.length === 0 ? undefined : cascadeNotice(lines, searchPath),
  }
}

const CASCADE_HINT = 'Use DROP ... CASCADE to drop the dependent objects too.'

function isOwned(entry: CatalogObject): boolean {
  return entry.kind === 'relation' && entry.owner !== undefined
}

/** A table of dead letters cannot go without its source. */
function checkOwners(
  snapshot: CatalogSnapshot,
  targets: readonly CatalogObject[],
  named: ReadonlySet<number>,
  searchPath: readonly string[],
): void {
  for (const target of targets) {
    if (target.kind !== 'relation' || target.owner === undefined || named.has(target.owner)) continue
    const owner = snapshot.object(target.owner)
    if (owner === undefined) continue
    const ownerName = describeObject(owner, searchPath)
    throw new SqlError(
      SqlState.dependentObjectsStillExist,
      `cannot drop ${describeObject(target, searchPath)} because ${ownerName} requires it`,
      { hint: `You can drop ${ownerName} instead.` },
    )
  }
}

/** Everything that needs one of `targets`, directly or not; nearest first, each once. */
function collectDependents(
  snapshot: CatalogSnapshot,
  targets: readonly CatalogObject[],
): readonly Dependent[] {
  const dependents = new Map<number, CatalogObject[]>()
  for (const entry of snapshot.objects()) {
    for (const id of dependenciesOf(entry)) {
      const list = dependents.get(id)
      if (list === undefined) dependents.set(id, [entry])
      else list.push(entry)
    }
  }
  const found = new Map<number, Dependent>()
  const queue = [...targets]
  for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) {
    for (const dependent of dependents.get(entry.object.id) ?? []) {
      if (found.has(dependent.object.id)) continue
      found.set(dependent.object.id, { entry: dependent, on: entry })
      queue.push(dependent)
    }
  }
  return [...found.values()]
}

function dependencyError(
  targets: readonly CatalogObject[],
  dependents: readonly Dependent[],
  searchPath: readonly string[],
): SqlError {
  const only = targets.length === 1 ? targets[0] : undefined
  const message =
    only === undefined
      ? 'cannot drop desired object(s) because other objects depend on them'
      : `cannot drop ${describeObject(only, searchPath)} because other objects depend on it`
  const detail = dependents
    .map(
      ({ entry, on }) => `${describeObject(entry, searchPath)} depends on ${describeObject(on, searchPath)}`,
    )
    .join('\n')
  return new SqlError(SqlState.dependentObjectsStillExist, message, { detail, hint: CASCADE_HINT })
}

function cascadeNotice(
  dependents: readonly { readonly entry: CatalogObject }[],
  searchPath: readonly string[],
): Notice {
  const lines = dependents.map(({ entry }) => `drop cascades to ${describeObject(entry, searchPath)}`)
  const notice = { severity: 'NOTICE', code: SqlState.successfulCompletion } as const
  const only = lines.length === 1 ? lines[0] : undefined
  if (only !== undefined) return { ...notice, message: only }
  return { ...notice, message: `drop cascades to ${lines.length} other objects`, detail: lines.join('\n') }
}
