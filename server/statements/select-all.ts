/**
 * Simple queries as syntax trees, for statements that name a relation or list values instead of writing a
 * query.
 */

import type { Expression, FromItem, SelectStatement, TableName } from '../../planner/sql/ast.ts'

/** `SELECT columns FROM table`; every column when `columns` is empty. */
export function selectAll(table: TableName, columns: readonly string[] = []): SelectStatement {
  const { position } = table
  const expressions: readonly Expression[] =
    columns.length === 0
      ? [{ kind: 'star', path: [], position }]
      : columns.map(name => ({ kind: 'column', path: [name], position }))
  return select(
    expressions,
    [{ kind: 'table', table, alias: undefined, systemTime: undefined, position }],
    position,
  )
}

/** `SELECT expressions`, one row. */
export function selectRow(expressions: readonly Expression[], position: number): SelectStatement {
  return select(expressions, [], position)
}

function select(
  expressions: readonly Expression[],
  from: readonly FromItem[],
  position: number,
): SelectStatement {
  return {
    kind: 'select',
    ctes: [],
    recursive: false,
    body: {
      kind: 'select',
      distinct: undefined,
      targets: expressions.map(expression => ({ expression, alias: undefined, position })),
      from,
      where: undefined,
      groupBy: [],
      having: undefined,
      windows: [],
      position,
    },
    orderBy: [],
    limit: undefined,
    offset: undefined,
    withTies: false,
    locking: [],
    position,
  }
}
