/**
 * FROM: tables, views, subqueries, common tables, functions, models and windows, as one plan and its scope.
 */

import type { Relation } from '../catalog.ts'
import { notSupported, SqlError, SqlState } from '../errors.ts'
import type { Position } from '../expression.ts'
import type { LogicalPlan } from '../logical-plan.ts'
import type { Schema } from '../schema.ts'
import { field } from '../schema.ts'
import type { Alias, FromItem, TableName } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import { int8Type } from '../types.ts'
import type { BoundQuery, QueryBinder } from './bound-query.ts'
import type { ColumnOrigin } from './bound-statement.ts'
import { bindFromFunction } from './from-function.ts'
import { bindModelItem } from './from-model.ts'
import { bindJoin, crossJoin } from './join.ts'
import type { RangeTable, Scope } from './scope.ts'
import { emptyScope, tableScope } from './scope.ts'
import { bindTimeWindow } from './time-window.ts'

export interface BoundFrom {
  readonly plan: LogicalPlan
  readonly scope: Scope
}

/** One empty row: SELECT without FROM. */
export const noFrom: BoundFrom = {
  plan: { kind: 'values', rows: [[]], schema: [] },
  scope: emptyScope,
}

/** A FROM list; items after the first join the ones before without condition. */
export function* bindFrom(query: QueryBinder, items: readonly FromItem[]): Steps<BoundFrom> {
  let result: BoundFrom | undefined
  for (const item of items) {
    const beside =
      result === undefined ? query : { ...query, hidden: [...query.hidden, ...result.scope.tables] }
    const bound = yield* bindFromItem(beside, item)
    result = result === undefined ? bound : crossJoin(result, bound)
  }
  return result ?? { plan: noFrom.plan, scope: { ...emptyScope, hidden: query.hidden } }
}

export function* bindFromItem(query: QueryBinder, item: FromItem): Steps<BoundFrom> {
  const bound = yield* bindItem(query, item)
  const hidden = [...new Set([...query.hidden, ...bound.scope.hidden])]
  return { plan: bound.plan, scope: { ...bound.scope, hidden } }
}

function* bindItem(query: QueryBinder, item: FromItem): Steps<BoundFrom> {
  const position: Position = item.position || undefined
  switch (item.kind) {
    case 'table':
      if (item.systemTime !== undefined) throw notSupported('FOR SYSTEM_TIME AS OF', { position })
      return bindTable(query, item.table, item.alias)
    case 'subquery':
      if (item.lateral) throw notSupported('LATERAL', { position })
      return yield* bindSubquery(query, item)
    case 'function':
      return yield* bindFromFunction(query, item)
    case 'join':
      return yield* bindJoin(query, item, bindFromItem)
    case 'window':
      return yield* bindTimeWindow(query, item, yield* bindFromItem(query, item.input))
    case 'model':
      return yield* bindModelItem(query, item, yield* bindFromItem(query, item.input))
  }
}

function* bindSubquery(query: QueryBinder, item: FromItem & { kind: 'subquery' }): Steps<BoundFrom> {
  const bound = yield* query.statement.bindQuery(item.query, { ...query, keepUnknown: false })
  return aliasQuery(bound, item.alias, item.alias?.name)
}

function aliasQuery(bound: BoundQuery, alias: Alias | undefined, name: string | undefined): BoundFrom {
  const table: RangeTable = { name, schemaName: undefined, aliasOf: undefined, relation: undefined }
  return { plan: bound.plan, scope: aliasedScope(table, bound.plan.schema, alias, bound.origins) }
}

/** 42P10 when the alias names more columns than there are. */
export function aliasedScope(
  table: RangeTable,
  schema: Schema,
  alias: Alias | undefined,
  origins: readonly ColumnOrigin[],
): Scope {
  const names = alias?.columns ?? []
  if (names.length > schema.length) {
    throw new SqlError(
      SqlState.invalidColumnReference,
      `table "${table.name}" has ${schema.length} columns available but ${names.length} columns specified`,
    )
  }
  return tableScope(table, schema, names, origins)
}

function bindTable(query: QueryBinder, name: TableName, alias: Alias | undefined): BoundFrom {
  if (name.schemaName === undefined) {
    const common = query.commonTables.findLast(other => other.name === name.name)
    if (common !== undefined) {
      if (common.query === undefined)
        throw notSupported('WITH RECURSIVE', { position: name.position || undefined })
      return aliasQuery(common.query, alias, alias?.name ?? name.name)
    }
  }
  const relation = findRelation(query, name)
  const table: RangeTable = {
    name: alias?.name ?? relation.name,
    schemaName: alias === undefined ? relation.schemaName : undefined,
    aliasOf: alias === undefined ? undefined : relation.name,
    relation,
  }
  const origins = relation.schema.map((_, index): ColumnOrigin => ({ relation, attribute: index + 1 }))
  return { plan: scanOf(relation), scope: aliasedScope(table, relation.schema, alias, origins) }
}

/** The relation a name means; 42P01 when there is none. */
export function findRelation(query: Pick<QueryBinder, 'statement'>, name: TableName): Relation {
  const position: Position = name.position || undefined
  const { statement } = query
  const shown = [name.catalogName, name.schemaName, name.name].filter(part => part !== undefined).join('.')
  if (name.catalogName !== undefined && name.catalogName !== statement.catalog.databaseName) {
    throw new SqlError(
      SqlState.featureNotSupported,
      `cross-database references are not implemented: "${shown}"`,
      { position },
    )
  }
  if (name.schemaName !== undefined) statement.catalog.checkSchema?.(name.schemaName, position)
  const relation = statement.findRelation(name.schemaName, name.name)
  if (relation !== undefined) return relation
  throw new SqlError(SqlState.undefinedTable, `relation "${shown}" does not exist`, { position })
}

/** A view is its query. */
function scanOf(relation: Relation): LogicalPlan {
  if (relation.view !== undefined) return relation.view.plan
  return { kind: 'scan', relation, rowId: false, schema: relation.schema }
}

/** The rows of a table with their ids in a last column: what UPDATE and DELETE read. */
export function scanWithRowId(relation: Relation): LogicalPlan {
  return {
    kind: 'scan',
    relation,
    rowId: true,
    schema: [...relation.schema, field('row_id', int8Type, false)],
  }
}
