/**
 * The relations of stream_catalog, and those of pg_catalog that drivers cannot connect without. Their rows
 * are computed when they are scanned. A new one is a line in `systemRelations`. Their ids are below those of
 * user objects and do not change.
 */

import type { EvaluationContext, SqlValue } from '../../executor/expression/evaluation-context.ts'
import type { Relation, RelationId } from '../../planner/catalog.ts'
import type { Schema } from '../../planner/schema.ts'
import { field } from '../../planner/schema.ts'
import { boolType, int8Type, oidType, textType } from '../../planner/types.ts'
import type { Database } from '../database.ts'
import { batchFromRows } from '../value-rows.ts'
import { objectKindName } from './catalog-object.ts'
import {
  pgAttrdefRows,
  pgAttrdefSchema,
  pgAttributeRows,
  pgAttributeSchema,
  pgClassRows,
  pgClassSchema,
  pgNamespaceRows,
  pgNamespaceSchema,
} from './pg-class.ts'
import { activityRows, activitySchema } from './pg-stat-activity.ts'
import { pgTypeRows, pgTypeSchema } from './pg-type.ts'
import { shownDefinition } from './shown-definition.ts'
import { jobRows, jobSchema, sourceLagRows, sourceLagSchema } from './system-jobs.ts'
import { modelRows, modelSchema } from './system-models.ts'

interface SystemRelation {
  /** Default stream_catalog. */
  readonly schemaName?: string
  readonly name: string
  readonly schema: Schema
  /** Of the database as the context's session may see it. */
  readonly rows: (database: Database, context: EvaluationContext) => readonly (readonly SqlValue[])[]
}

const FIRST_SYSTEM_OID = 15000

const objectColumns: Schema = [field('name', textType), field('id', oidType), field('schema', textType)]

const systemRelations: readonly SystemRelation[] = [
  { schemaName: 'pg_catalog', name: 'pg_type', schema: pgTypeSchema, rows: pgTypeRows },
  { name: 'jobs', schema: jobSchema, rows: jobRows },
  { name: 'source_lag', schema: sourceLagSchema, rows: sourceLagRows },
  { name: 'models', schema: modelSchema, rows: modelRows },
  {
    name: 'sources',
    schema: [
      ...objectColumns,
      field('connector', textType),
      field('append_only', boolType),
      field('definition', textType),
    ],
    rows: sourceRows,
  },
  {
    name: 'sinks',
    schema: [...objectColumns, field('connector', textType), field('definition', textType)],
    rows: ({ catalog }) =>
      catalog.objects().flatMap(entry => {
        if (entry.kind !== 'sink') return []
        const { name, id, schemaName, connector } = entry.object
        return [[name, id, schemaName, connector, shownDefinition(entry)]]
      }),
  },
  {
    name: 'relations',
    schema: [
      ...objectColumns,
      field('kind', textType),
      field('rows', int8Type),
      field('definition', textType),
    ],
    rows: relationRows,
  },
  { schemaName: 'pg_catalog', name: 'pg_namespace', schema: pgNamespaceSchema, rows: pgNamespaceRows },
  { schemaName: 'pg_catalog', name: 'pg_class', schema: pgClassSchema, rows: pgClassRows },
  { schemaName: 'pg_catalog', name: 'pg_attribute', schema: pgAttributeSchema, rows: pgAttributeRows },
  { schemaName: 'pg_catalog', name: 'pg_attrdef', schema: pgAttrdefSchema, rows: pgAttrdefRows },
  { schemaName: 'pg_catalog', name: 'pg_stat_activity', schema: activitySchema, rows: activityRows },
]

/** Makes them known to the catalog and the engine; once, when a database starts. */
export function createSystemRelations(database: Database): void {
  systemRelations.forEach(({ schemaName = 'stream_catalog', name, schema, rows }, index) => {
    const relation: Relation = {
      id: (FIRST_SYSTEM_OID + index) as RelationId,
      schemaName,
      name,
      kind: 'system',
      schema,
      primaryKey: [],
      appendOnly: false,
      watermark: undefined,
      defaults: [],
      view: undefined,
      definition: '',
      dependsOn: [],
    }
    database.engine.createSystemRelation(relation, context => batchFromRows(schema, rows(database, context)))
    database.store.put({ kind: 'relation', object: relation, owner: undefined, connector: undefined })
  })
}

function sourceRows({ catalog }: Database): readonly (readonly SqlValue[])[] {
  return catalog.objects().flatMap(entry => {
    if (entry.kind !== 'relation' || entry.object.kind !== 'source') return []
    const { name, id, schemaName, appendOnly } = entry.object
    return [[name, id, schemaName, entry.connector ?? null, appendOnly, shownDefinition(entry)]]
  })
}

/** `rows` is NULL where nothing is stored. */
function relationRows({ catalog, engine }: Database): readonly (readonly SqlValue[])[] {
  return catalog.objects().flatMap(entry => {
    if (entry.kind !== 'relation' || entry.object.kind === 'system') return []
    const { name, id, schemaName, kind } = entry.object
    const isStored = kind === 'table' || kind === 'materialized_view'
    const rows = isStored ? BigInt(engine.relationRows(id)) : null
    return [[name, id, schemaName, objectKindName(entry), rows, shownDefinition(entry)]]
  })
}
