/**
 * `x`, `t.x`, `s.t.x`, whole rows and stars: names to columns, with PostgreSQL's errors (parse_relation.c).
 */

import { SqlError, SqlState } from '../errors.ts'
import type { Expression, Position } from '../expression.ts'
import { suggestColumns } from './column-suggestion.ts'
import type { RangeTable, Scope, ScopeColumn, ScopeTable } from './scope.ts'
import type { StatementContext } from './statement-context.ts'

/** The expression that a column reference (or a whole-row reference) stands for. */
export function resolveColumn(
  statement: StatementContext,
  scope: Scope,
  path: readonly string[],
  position: Position,
): Expression {
  if (scope.columnError !== undefined) {
    throw new SqlError(SqlState.featureNotSupported, scope.columnError, { position })
  }
  if (path.length === 1) return resolveUnqualified(statement, scope, path[0] as string, position)
  const item = findTable(statement, scope, path.slice(0, -1), position, path.join('.'))
  const name = path[path.length - 1] as string
  const column = findUnique(item.columns, name, position)
  if (column === undefined) {
    throw missingColumn(scope, item.table.name, name, position)
  }
  return reference(statement, column)
}

/** A fresh node for one use of the column. */
export function reference(statement: StatementContext, column: ScopeColumn): Expression {
  const expression = { ...column.expression }
  statement.noteColumn(expression, column)
  return expression
}

function resolveUnqualified(
  statement: StatementContext,
  scope: Scope,
  name: string,
  position: Position,
): Expression {
  const column = findUnique(scope.columns, name, position)
  if (column !== undefined) return reference(statement, column)
  const wholeRow = scope.tables.find(item => item.table.name === name)
  if (wholeRow !== undefined) return rowOf(statement, wholeRow)
  throw missingColumn(scope, undefined, name, position)
}

/** The row of a FROM item as one value. */
export function rowOf(statement: StatementContext, item: ScopeTable): Expression {
  const elements = item.columns.map(column => reference(statement, column))
  const fields = item.columns.map(column => ({ name: column.name, type: column.expression.type }))
  return { kind: 'row', elements, type: { kind: 'record', fields } }
}

function findUnique(
  columns: readonly ScopeColumn[],
  name: string,
  position: Position,
): ScopeColumn | undefined {
  let found: ScopeColumn | undefined
  for (const column of columns) {
    if (column.name !== name) continue
    if (found !== undefined) {
      throw new SqlError(SqlState.ambiguousColumn, `column reference "${name}" is ambiguous`, { position })
    }
    found = column
  }
  return found
}

/** The FROM item that `t`, `s.t` or `d.s.t` names; `shown` is the whole name in messages. */
export function findTable(
  statement: StatementContext,
  scope: Scope,
  path: readonly string[],
  position: Position,
  shown: string,
): ScopeTable {
  const name = path[path.length - 1] as string
  const schemaName = path[path.length - 2]
  if (path.length > 3) {
    throw new SqlError(SqlState.syntaxError, `improper qualified name (too many dotted names): ${shown}`, {
      position,
    })
  }
  if (path.length === 3 && path[0] !== statement.catalog.databaseName) {
    throw new SqlError(
      SqlState.featureNotSupported,
      `cross-database references are not implemented: ${shown}`,
      { position },
    )
  }
  const found = scope.tables.filter(({ table }) => names(table, schemaName, name))
  if (found.length > 1) {
    throw new SqlError(SqlState.ambiguousAlias, `table reference "${name}" is ambiguous`, { position })
  }
  if (found[0] === undefined) throw missingTable(scope, schemaName, name, position)
  return found[0]
}

function names(table: RangeTable, schemaName: string | undefined, name: string): boolean {
  return table.name === name && (schemaName === undefined || table.schemaName === schemaName)
}

const notHere = ' but it cannot be referenced from this part of the query.'

function missingTable(
  scope: Scope,
  schemaName: string | undefined,
  name: string,
  position: Position,
): SqlError {
  const isHidden = scope.hidden.some(({ table }) => names(table, schemaName, name))
  if (isHidden) {
    return new SqlError(
      SqlState.undefinedTable,
      `invalid reference to FROM-clause entry for table "${name}"`,
      {
        position,
        hint: `There is an entry for table "${name}",${notHere}`,
      },
    )
  }
  const aliased = scope.tables.find(({ table }) => table.aliasOf === name)
  if (aliased?.table.name !== undefined) {
    return new SqlError(
      SqlState.undefinedTable,
      `invalid reference to FROM-clause entry for table "${name}"`,
      {
        position,
        hint: `Perhaps you meant to reference the table alias "${aliased.table.name}".`,
      },
    )
  }
  return new SqlError(SqlState.undefinedTable, `missing FROM-clause entry for table "${name}"`, { position })
}

function missingColumn(
  scope: Scope,
  tableName: string | undefined,
  name: string,
  position: Position,
): SqlError {
  const inHidden = scope.hidden.find(item => item.columns.some(column => column.name === name))
  const shown = tableName === undefined ? `"${name}"` : `${tableName}.${name}`
  if (tableName === undefined && inHidden?.table.name !== undefined) {
    return new SqlError(SqlState.undefinedColumn, `column ${shown} does not exist`, {
      position,
      hint: `There is a column named "${name}" in table "${inHidden.table.name}",${notHere}`,
    })
  }
  const hint = suggestColumns([...scope.tables, ...scope.hidden], tableName, name)
  return new SqlError(SqlState.undefinedColumn, `column ${shown} does not exist`, { position, hint })
}

/** The columns that `*` or `t.*` stands for. */
export function expandStar(
  statement: StatementContext,
  scope: Scope,
  path: readonly string[],
  position: Position,
): readonly ScopeColumn[] {
  if (path.length > 0) return findTable(statement, scope, path, position, `${path.join('.')}.*`).columns
  if (scope.tables.length === 0) {
    throw new SqlError(SqlState.syntaxError, 'SELECT * with no tables specified is not valid', { position })
  }
  return scope.columns
}
