/** INSERT, UPDATE, DELETE. */

import type { DeleteStmt, InsertStmt, Node, OnConflictClause, UpdateStmt } from 'libpg-query'
import { must } from '../assert.ts'
import { notSupported, SqlError, SqlState } from '../errors.ts'
import type { Assignment, DeleteStatement, InsertStatement, OnConflict, UpdateStatement } from './ast.ts'
import type { Expression } from './ast-expression.ts'
import { type ConvertContext, contentOf, convertQuery, convertTableName } from './convert-context.ts'
import { convertExpression, optionalExpression } from './convert-expression.ts'
import { convertFromItem } from './convert-from.ts'
import { convertCtes, convertTargets } from './convert-select.ts'

export function convertInsert(value: InsertStmt, position: number, context: ConvertContext): InsertStatement {
  const relation = must(value.relation, 'INSERT has a table')
  return {
    kind: 'insert',
    ctes: convertCtes(value.withClause, context),
    table: convertTableName(relation, context),
    alias: relation.alias?.aliasname,
    columns: (value.cols ?? []).map(node => {
      const column = must(contentOf(node, 'ResTarget'), 'INSERT columns are targets')
      const at = context.source.position(column.location)
      if (column.indirection !== undefined)
        throw notSupported('INSERT into a part of a column', { position: at })
      return { name: column.name ?? '', position: at }
    }),
    source: value.selectStmt === undefined ? undefined : convertQuery(value.selectStmt, context),
    overriding:
      value.override === 'OVERRIDING_USER_VALUE'
        ? 'user'
        : value.override === 'OVERRIDING_SYSTEM_VALUE'
          ? 'system'
          : undefined,
    onConflict:
      value.onConflictClause === undefined ? undefined : onConflict(value.onConflictClause, context),
    returning: convertTargets(value.returningClause?.exprs, context),
    position,
  }
}

function onConflict(value: OnConflictClause, context: ConvertContext): OnConflict {
  const position = context.source.position(value.location)
  const elements = value.infer?.indexElems?.map(node => contentOf(node, 'IndexElem')?.name)
  if (value.infer?.whereClause !== undefined) {
    throw notSupported('WHERE in the target of ON CONFLICT', { position })
  }
  if (elements?.includes(undefined))
    throw notSupported('an expression as the target of ON CONFLICT', { position })
  return {
    columns: elements?.filter(name => name !== undefined),
    constraint: value.infer?.conname,
    action: value.action === 'ONCONFLICT_UPDATE' ? 'update' : 'nothing',
    assignments: assignments(value.targetList, context),
    where: optionalExpression(value.whereClause, context),
    position,
  }
}

export function convertUpdate(value: UpdateStmt, position: number, context: ConvertContext): UpdateStatement {
  const relation = must(value.relation, 'UPDATE has a table')
  return {
    kind: 'update',
    ctes: convertCtes(value.withClause, context),
    table: convertTableName(relation, context),
    alias: relation.alias?.aliasname,
    assignments: assignments(value.targetList, context),
    from: (value.fromClause ?? []).map(node => convertFromItem(node, context)),
    where: optionalExpression(value.whereClause, context),
    returning: convertTargets(value.returningClause?.exprs, context),
    position,
  }
}

function assignments(nodes: readonly Node[] | undefined, context: ConvertContext): Assignment[] {
  return (nodes ?? []).map(node => {
    const target = must(contentOf(node, 'ResTarget'), 'assignments are targets')
    const position = context.source.position(target.location)
    if (target.indirection !== undefined) throw notSupported('assignment to a part of a column', { position })
    const value = assignedValue(must(target.val, 'an assignment has a value'), position, context)
    return { column: target.name ?? '', value, position }
  })
}

/** SET (a, b) = (x, y): each column takes its element of the row. */
function assignedValue(node: Node, position: number, context: ConvertContext): Expression {
  const multiple = contentOf(node, 'MultiAssignRef')
  if (multiple === undefined) return convertExpression(node, context)
  const row = contentOf(multiple.source, 'RowExpr')
  if (row === undefined) throw notSupported('a subquery as the source of several columns', { position })
  const elements = row.args ?? []
  if (elements.length !== multiple.ncolumns) {
    throw new SqlError(SqlState.syntaxError, 'number of columns does not match number of values', {
      position,
    })
  }
  return convertExpression(must(elements[(multiple.colno ?? 1) - 1], 'column numbers count from 1'), context)
}

export function convertDelete(value: DeleteStmt, position: number, context: ConvertContext): DeleteStatement {
  const relation = must(value.relation, 'DELETE has a table')
  return {
    kind: 'delete',
    ctes: convertCtes(value.withClause, context),
    table: convertTableName(relation, context),
    alias: relation.alias?.aliasname,
    using: (value.usingClause ?? []).map(node => convertFromItem(node, context)),
    where: optionalExpression(value.whereClause, context),
    returning: convertTargets(value.returningClause?.exprs, context),
    position,
  }
}
