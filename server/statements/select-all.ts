/** `SELECT columns FROM table` as a syntax tree, for statements that name a relation instead of writing a query. */

import type { SelectStatement, TableName, Target } from '../../planner/sql/ast.ts'

/** Every column when `columns` is empty. */
export function selectAll(table: TableName, columns: readonly string[] = []): SelectStatement {
  const { position } = table
  const targets: Target[] = columns.map(name => {
    return { expression: { kind: 'column', path: [name], position }, alias: undefined, position }
  })
  if (targets.length === 0) {
    targets.push({ expression: { kind: 'star', path: [], position }, alias: undefined, position })
  }
  return {
    kind: 'select',
    ctes: [],
    recursive: false,
    body: {
      kind: 'select',
      distinct: undefined,
      targets,
      from: [{ kind: 'table', table, alias: undefined, systemTime: undefined, position }],
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
    locking: false,
    position,
  }
}
