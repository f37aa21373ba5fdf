/**
 * pg_catalog.pg_type: what drivers read at connect to learn arrays and names. Columns and values are
 * PostgreSQL 15's.
 */

import type { SqlValue } from '../../executor/expression/evaluation-context.ts'
import { inputFunctionOid } from '../../executor/functions/regproc-text.ts'
import type { Schema } from '../../planner/schema.ts'
import { field } from '../../planner/schema.ts'
import type { DataType } from '../../planner/types.ts'
import {
  allTypes,
  arrayOf,
  boolType,
  charType,
  int2Type,
  int4Type,
  nameType,
  oidType,
  typeCategory,
  typeLength,
  typeOid,
} from '../../planner/types.ts'

export const pgTypeSchema: Schema = [
  field('oid', oidType),
  field('typname', nameType),
  field('typnamespace', oidType),
  field('typowner', oidType),
  field('typlen', int2Type),
  field('typbyval', boolType),
  field('typtype', charType),
  field('typcategory', charType),
  field('typispreferred', boolType),
  field('typisdefined', boolType),
  field('typdelim', charType),
  field('typrelid', oidType),
  field('typelem', oidType),
  field('typarray', oidType),
  field('typinput', { kind: 'regproc' }),
  field('typnotnull', boolType),
  field('typbasetype', oidType),
  field('typtypmod', int4Type),
  field('typndims', int4Type),
  field('typcollation', oidType),
]

const PG_CATALOG_OID = 11
const OWNER_OID = 10
const DEFAULT_COLLATION_OID = 100

export function pgTypeRows(): readonly (readonly SqlValue[])[] {
  return allTypes().map(({ name, type }) => {
    const { category, preferred } = typeCategory(type)
    const length = typeLength(type)
    const byValue = length > 0 && length <= 8 && type.kind !== 'name'
    const typeKind = category === 'P' || category === 'X' ? 'p' : 'b'
    const element = type.kind === 'array' ? typeOid(type.element) : 0
    return [
      typeOid(type),
      name,
      PG_CATALOG_OID,
      OWNER_OID,
      length,
      byValue,
      typeKind,
      category,
      preferred,
      true,
      ',',
      0,
      element,
      arrayOid(type),
      inputFunctionOid(type),
      false,
      0,
      -1,
      0,
      collationOf(type),
    ]
  })
}

function arrayOid(type: DataType): number {
  return type.kind === 'array' ? 0 : typeOid(arrayOf(type))
}

/** The OID of "default" for types that have a collation. */
export function collationOf(type: DataType): number {
  const base = type.kind === 'array' ? type.element : type
  return ['text', 'varchar', 'bpchar'].includes(base.kind) ? DEFAULT_COLLATION_OID : 0
}
