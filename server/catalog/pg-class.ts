/**
 * pg_catalog.pg_namespace, pg_class, pg_attribute and pg_attrdef: what drivers join to tell the table, schema
 * and properties of a result's columns. Columns that the types of PostgreSQL 15 allow and drivers ask for.
 */

import type { SqlValue } from '../../executor/expression/evaluation-context.ts'
import type { Relation, RelationKind } from '../../planner/catalog.ts'
import { columnNames, expressionText } from '../../planner/explain-expression.ts'
import type { Field, Schema } from '../../planner/schema.ts'
import { field } from '../../planner/schema.ts'
import {
  boolType,
  charType,
  int2Type,
  int4Type,
  nameType,
  oidType,
  textType,
  typeLength,
  typeModifier,
  typeOid,
} from '../../planner/types.ts'
import type { Database } from '../database.ts'
import { collationOf } from './pg-type.ts'

type Rows = readonly (readonly SqlValue[])[]

export const pgNamespaceSchema: Schema = [
  field('oid', oidType),
  field('nspname', nameType),
  field('nspowner', oidType),
]

export function pgNamespaceRows({ catalog }: Database): Rows {
  return catalog.schemas().map(name => [catalog.schemaOid(name), name, catalog.access.get(name).owner])
}

export const pgClassSchema: Schema = [
  field('oid', oidType),
  field('relname', nameType),
  field('relnamespace', oidType),
  field('relowner', oidType),
  field('relpersistence', charType),
  field('relkind', charType),
  field('relnatts', int2Type),
  field('relispopulated', boolType),
]

/** Sources are tables to those who list what can be queried; sinks and models are no relations. */
const relationKinds: Readonly<Record<RelationKind, string>> = {
  table: 'r',
  source: 'r',
  system: 'r',
  view: 'v',
  materialized_view: 'm',
}

export function pgClassRows({ catalog }: Database): Rows {
  return catalog
    .relations()
    .map(({ id, name, schemaName, kind, schema }) => [
      id,
      name,
      catalog.schemaOid(schemaName),
      catalog.access.get(id).owner,
      'p',
      relationKinds[kind],
      schema.length,
      true,
    ])
}

export const pgAttributeSchema: Schema = [
  field('attrelid', oidType),
  field('attname', nameType),
  field('atttypid', oidType),
  field('attlen', int2Type),
  field('attnum', int2Type),
  field('attndims', int4Type),
  field('atttypmod', int4Type),
  field('attnotnull', boolType),
  field('atthasdef', boolType),
  field('attidentity', charType),
  field('attgenerated', charType),
  field('attisdropped', boolType),
  field('attcollation', oidType),
]

export function pgAttributeRows({ catalog }: Database): Rows {
  return catalog
    .relations()
    .flatMap(relation => relation.schema.map((column, index) => attributeRow(relation, column, index)))
}

/** Columns of views have no constraints, though NULL may never occur in them. */
function attributeRow({ id, kind, defaults }: Relation, { name, type, nullable }: Field, index: number) {
  return [
    id,
    name,
    typeOid(type),
    typeLength(type),
    index + 1,
    type.kind === 'array' ? 1 : 0,
    typeModifier(type),
    !nullable && kind !== 'view' && kind !== 'materialized_view',
    defaults[index] !== undefined,
    '',
    '',
    false,
    collationOf(type),
  ]
}

/** adbin is what pg_get_expr shows. */
export const pgAttrdefSchema: Schema = [
  field('adrelid', oidType),
  field('adnum', int2Type),
  field('adbin', textType),
]

export function pgAttrdefRows({ catalog }: Database): Rows {
  return catalog.relations().flatMap(({ id, schema, defaults }) => {
    const names = columnNames(schema)
    return defaults.flatMap((value, index) =>
      value === undefined ? [] : [[id, index + 1, expressionText(value, names)]],
    )
  })
}
