/** CREATE and DROP of what PostgreSQL knows: tables, views, schemas, indexes, comments. */

import type {
  CommentStmt,
  CreateSchemaStmt,
  CreateStmt,
  CreateTableAsStmt,
  DropStmt,
  IndexStmt,
  Node,
  SelectStmt,
  ViewStmt,
} from 'libpg-query'
import { must } from '../assert.ts'
import { notSupported } from '../errors.ts'
import type {
  CommentStatement,
  CreateIndexStatement,
  CreateMaterializedViewStatement,
  CreateSchemaStatement,
  CreateTableAsStatement,
  CreateTableStatement,
  CreateViewStatement,
  DropObject,
  DropStatement,
  Statement,
  TableName,
} from './ast.ts'
import { convertTableElements } from './convert-column.ts'
import {
  type ConvertContext,
  contentOf,
  convertQuery,
  convertTableName,
  stringOf,
  stringsOf,
  tableNameOf,
} from './convert-context.ts'
import { convertOptions } from './convert-option.ts'
import { convertSelect } from './convert-select.ts'

export function convertCreateTable(
  value: CreateStmt,
  position: number,
  context: ConvertContext,
): CreateTableStatement {
  const relation = must(value.relation, 'CREATE TABLE has a name')
  if (value.inhRelations !== undefined) throw notSupported('table inheritance', { position })
  if (value.partspec !== undefined) throw notSupported('PARTITION BY of a table', { position })
  return {
    kind: 'create_table',
    table: convertTableName(relation, context),
    ifNotExists: value.if_not_exists === true,
    temporary: relation.relpersistence === 't',
    ...convertTableElements(value.tableElts, context),
    watermark: undefined,
    appendOnly: false,
    includes: [],
    options: convertOptions(value.options, context),
    format: undefined,
    position,
  }
}

export function convertCreateTableAs(
  value: CreateTableAsStmt,
  position: number,
  context: ConvertContext,
): CreateTableAsStatement | CreateMaterializedViewStatement {
  const into = must(value.into, 'CREATE TABLE AS has a target')
  const relation = must(into.rel, 'CREATE TABLE AS has a name')
  const common = {
    table: convertTableName(relation, context),
    ifNotExists: value.if_not_exists === true,
    columns: stringsOf(into.colNames),
    options: convertOptions(into.options, context),
    query: createdQuery(must(value.query, 'CREATE TABLE AS has a query'), context),
    withData: into.skipData !== true,
    position,
  }
  return value.objtype === 'OBJECT_MATVIEW'
    ? { kind: 'create_materialized_view', ...common, emit: undefined }
    : { kind: 'create_table_as', ...common, temporary: relation.relpersistence === 't', appendOnly: false }
}

function createdQuery(node: Node, context: ConvertContext) {
  if ('ExecuteStmt' in node) throw notSupported('CREATE TABLE AS EXECUTE')
  return convertQuery(node, context)
}

/** SELECT … INTO t. */
export function convertSelectInto(
  value: SelectStmt,
  position: number,
  context: ConvertContext,
): CreateTableAsStatement {
  const { intoClause, ...query } = value
  const relation = must(intoClause?.rel, 'INTO has a name')
  return {
    kind: 'create_table_as',
    table: convertTableName(relation, context),
    ifNotExists: false,
    temporary: relation.relpersistence === 't',
    columns: [],
    query: convertSelect(query, context),
    withData: true,
    appendOnly: false,
    options: [],
    position,
  }
}

export function convertView(value: ViewStmt, position: number, context: ConvertContext): CreateViewStatement {
  const relation = must(value.view, 'CREATE VIEW has a name')
  if (value.withCheckOption !== undefined && value.withCheckOption !== 'NO_CHECK_OPTION') {
    throw notSupported('WITH CHECK OPTION', { position })
  }
  return {
    kind: 'create_view',
    table: convertTableName(relation, context),
    orReplace: value.replace === true,
    temporary: relation.relpersistence === 't',
    columns: stringsOf(value.aliases),
    query: convertQuery(must(value.query, 'CREATE VIEW has a query'), context),
    position,
  }
}

export function convertCreateSchema(value: CreateSchemaStmt, position: number): CreateSchemaStatement {
  if (value.schemaElts !== undefined) throw notSupported('CREATE SCHEMA with objects in it', { position })
  const name = value.schemaname ?? value.authrole?.rolename ?? ''
  return { kind: 'create_schema', name, ifNotExists: value.if_not_exists === true, position }
}

export function convertIndex(
  value: IndexStmt,
  position: number,
  context: ConvertContext,
): CreateIndexStatement {
  return {
    kind: 'create_index',
    name: value.idxname,
    table: convertTableName(must(value.relation, 'CREATE INDEX has a table'), context),
    ifNotExists: value.if_not_exists === true,
    unique: value.unique === true,
    columns: (value.indexParams ?? []).map(node => contentOf(node, 'IndexElem')?.name),
    position,
  }
}

const dropObjects: Partial<Record<NonNullable<DropStmt['removeType']>, DropObject>> = {
  OBJECT_TABLE: 'table',
  OBJECT_VIEW: 'view',
  OBJECT_MATVIEW: 'materialized_view',
  OBJECT_INDEX: 'index',
  OBJECT_SCHEMA: 'schema',
}

/** The words of an object type: OBJECT_MATVIEW → 'materialized view'. */
export function objectWords(type: string | undefined): string {
  const word = (type ?? 'OBJECT_').slice('OBJECT_'.length)
  return word === 'MATVIEW' ? 'materialized view' : word.toLowerCase().replaceAll('_', ' ')
}

export function convertDrop(value: DropStmt, position: number): Statement {
  const object = dropObjects[must(value.removeType, 'DROP has an object type')]
  if (object === undefined) {
    return { kind: 'unsupported', command: `DROP ${objectWords(value.removeType).toUpperCase()}`, position }
  }
  const statement: DropStatement = {
    kind: 'drop',
    object,
    names: (value.objects ?? []).map(node => droppedName(node, position)),
    ifExists: value.missing_ok === true,
    cascade: value.behavior === 'DROP_CASCADE',
    position,
  }
  return statement
}

/** The grammar keeps no location of dropped names. */
function droppedName(node: Node, position: number): TableName {
  const path = contentOf(node, 'List')?.items
  return { ...tableNameOf(path === undefined ? [stringOf(node)] : stringsOf(path), position), position: 0 }
}

export function convertComment(value: CommentStmt, position: number): CommentStatement {
  const path = contentOf(value.object, 'List')?.items
  return {
    kind: 'comment',
    object: objectWords(value.objtype),
    name: path === undefined ? (value.object === undefined ? [] : [stringOf(value.object)]) : stringsOf(path),
    text: value.comment ?? null,
    position,
  }
}
