/**
 * SHOW TABLES, SOURCES, VIEWS, MATERIALIZED VIEWS, SINKS, MODELS, JOBS, SCHEMAS … [FROM schema] [LIKE
 * 'pattern'].
 */

import { sinkConnectors, sourceConnectors } from '../../connectors/registry.ts'
import type { SqlValue } from '../../executor/expression/evaluation-context.ts'
import type { RelationKind } from '../../planner/catalog.ts'
import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import type { Schema } from '../../planner/schema.ts'
import { field } from '../../planner/schema.ts'
import type { ShowObject, ShowStatement } from '../../planner/sql/ast.ts'
import { textType } from '../../planner/types.ts'
import { jobRows, jobSchema, sourceLagRows, sourceLagSchema } from '../catalog/system-jobs.ts'
import { modelRows, modelSchema } from '../catalog/system-models.ts'
import type { Database } from '../database.ts'
import type { PlannedStatement, Planning } from '../planned-statement.ts'
import { valuesStatement } from '../value-rows.ts'

type Target = ShowStatement['target'] & { readonly kind: 'objects' }

interface Listing {
  readonly schema: Schema
  /** The first column is the name that LIKE is matched with. */
  readonly rows: (database: Database, schemaNames: readonly string[]) => readonly (readonly SqlValue[])[]
}

export function planShowObjects(target: Target, { catalog, session }: Planning): PlannedStatement {
  const { schemaName } = target
  if (schemaName !== undefined && !catalog.hasSchema(schemaName)) {
    throw new SqlError(SqlState.invalidSchemaName, `schema "${schemaName}" does not exist`)
  }
  const listing = listingOf(target.objects)
  const matches = target.like === undefined ? () => true : likeMatcher(target.like)
  return valuesStatement(
    listing.schema,
    () => 'SHOW',
    () => {
      const schemaNames = schemaName === undefined ? session.searchPath : [schemaName]
      return listing.rows(session.database, schemaNames).filter(row => matches(String(row[0])))
    },
  )
}

const nameOnly: Schema = [field('name', textType)]

function listingOf(objects: ShowObject): Listing {
  switch (objects) {
    case 'tables':
      return { schema: nameOnly, rows: relationNames('table') }
    case 'views':
      return { schema: nameOnly, rows: relationNames('view') }
    case 'materialized_views':
      return { schema: nameOnly, rows: relationNames('materialized_view') }
    case 'sources':
      return { schema: [...nameOnly, field('connector', textType)], rows: sources }
    case 'sinks':
      return { schema: [...nameOnly, field('connector', textType)], rows: sinks }
    case 'models':
      return { schema: modelSchema, rows: database => modelRows(database) }
    case 'jobs':
      return { schema: jobSchema, rows: database => jobRows(database) }
    case 'source_lag':
      return { schema: sourceLagSchema, rows: database => sourceLagRows(database) }
    case 'schemas':
      return { schema: nameOnly, rows: database => sorted(database.catalog.schemas().map(name => [name])) }
    case 'databases':
      return { schema: nameOnly, rows: database => [[database.catalog.databaseName]] }
    case 'connectors':
      return { schema: [...nameOnly, field('kind', textType)], rows: connectors }
    default:
      throw notSupported(`SHOW ${objects.toUpperCase()}`)
  }
}

function relationNames(kind: RelationKind): Listing['rows'] {
  return ({ catalog }, schemaNames) =>
    sorted(
      catalog
        .relations()
        .filter(relation => relation.kind === kind && schemaNames.includes(relation.schemaName))
        .map(relation => [relation.name]),
    )
}

function sources({ catalog }: Database, schemaNames: readonly string[]): readonly (readonly SqlValue[])[] {
  return sorted(
    catalog.objects().flatMap(entry => {
      if (entry.kind !== 'relation' || entry.object.kind !== 'source') return []
      if (!schemaNames.includes(entry.object.schemaName)) return []
      return [[entry.object.name, entry.connector ?? null]]
    }),
  )
}

function sinks({ catalog }: Database, schemaNames: readonly string[]): readonly (readonly SqlValue[])[] {
  const shown = catalog.sinks().filter(sink => schemaNames.includes(sink.schemaName))
  return sorted(shown.map(sink => [sink.name, sink.connector]))
}

function connectors(): readonly (readonly SqlValue[])[] {
  return sorted([
    ...[...sourceConnectors.keys()].map(name => [name, 'source']),
    ...[...sinkConnectors.keys()].map(name => [name, 'sink']),
  ])
}

function sorted<T extends readonly SqlValue[]>(rows: readonly T[]): readonly T[] {
  return [...rows].sort((left, right) => (String(left[0]) < String(right[0]) ? -1 : 1))
}

/** LIKE with % and _. */
function likeMatcher(pattern: string): (name: string) => boolean {
  const source = pattern
    .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('%', '.*')
    .replaceAll('_', '.')
  const regex = new RegExp(`^${source}$`, 's')
  return name => regex.test(name)
}
