/** COPY … FROM: the table, the columns that the data has, and the condition of the rows that are kept. */

import type { Relation } from '../catalog.ts'
import { SqlError, SqlState } from '../errors.ts'
import type { Expression } from '../expression.ts'
import type { ColumnName, Expression as SyntaxExpression, TableName } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import type { QueryBinder } from './bound-query.ts'
import { coerceToBoolean } from './coerce.ts'
import { expressionBinder } from './expression.ts'
import { findRelation } from './from.ts'
import { findColumn, writeScope } from './write-target.ts'

export interface BoundCopyFrom {
  readonly table: Relation
  /** Column index of the table for each field of the data. */
  readonly columns: readonly number[]
  /** Over the table's row. */
  readonly where: Expression | undefined
}

export function* bindCopyFrom(
  query: QueryBinder,
  name: TableName,
  columns: readonly ColumnName[],
  where: SyntaxExpression | undefined,
): Steps<BoundCopyFrom> {
  const table = findRelation(query, name)
  if (table.kind !== 'table') throw notCopyable(table)
  return {
    table,
    columns: columns.length === 0 ? table.schema.map((_, index) => index) : copyColumns(table, columns),
    where: where === undefined ? undefined : yield* bindWhere(query, table, where),
  }
}

/** Indexes of the named columns. 42703 and 42701. */
export function copyColumns(table: Relation, columns: readonly ColumnName[]): number[] {
  const indexes = columns.map(column => findColumn(table, column))
  const repeated = indexes.findIndex((column, index) => indexes.indexOf(column) !== index)
  if (repeated === -1) return indexes
  const { name, position } = columns[repeated]!
  throw new SqlError(SqlState.duplicateColumn, `column "${name}" specified more than once`, {
    position: position || undefined,
  })
}

function* bindWhere(query: QueryBinder, table: Relation, where: SyntaxExpression): Steps<Expression> {
  const binder = expressionBinder(
    query.statement,
    writeScope(table, undefined),
    'aggregate functions are not allowed in COPY FROM WHERE conditions',
  )
  return coerceToBoolean(query.statement, yield* binder.bind(where), 'WHERE')
}

function notCopyable({ kind, name }: Relation): SqlError {
  switch (kind) {
    case 'view':
      return new SqlError(SqlState.wrongObjectType, `cannot copy to view "${name}"`)
    case 'materialized_view':
      return new SqlError(SqlState.wrongObjectType, `cannot copy to materialized view "${name}"`)
    case 'system':
      return new SqlError(SqlState.insufficientPrivilege, `permission denied: "${name}" is a system catalog`)
    default:
      return new SqlError(SqlState.wrongObjectType, `cannot copy to source "${name}"`, {
        hint: 'Its rows come from the connector alone.',
      })
  }
}
