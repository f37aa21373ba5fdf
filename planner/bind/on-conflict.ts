/**
 * ON CONFLICT: DO NOTHING, and DO UPDATE with expressions over the row that is there and the one that was
 * proposed, which is called `excluded`.
 */

import type { Relation } from '../catalog.ts'
import { SqlError, SqlState } from '../errors.ts'
import type { OnConflict } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import type { QueryBinder } from './bound-query.ts'
import type { BoundOnConflict } from './bound-statement.ts'
import { coerceToBoolean } from './coerce.ts'
import { expressionBinder } from './expression.ts'
import type { Scope } from './scope.ts'
import { joinScopes, shiftScope, tableScope } from './scope.ts'
import { bindAssignments } from './update.ts'
import { writeScope } from './write-target.ts'

export function* bindOnConflict(
  query: QueryBinder,
  table: Relation,
  alias: string | undefined,
  clause: OnConflict | undefined,
): Steps<BoundOnConflict | undefined> {
  if (clause === undefined) return undefined
  const position = clause.position || undefined
  if (clause.action === 'update' && clause.columns === undefined && clause.constraint === undefined) {
    throw new SqlError(
      SqlState.syntaxError,
      'ON CONFLICT DO UPDATE requires inference specification or constraint name',
      { position, hint: 'For example, ON CONFLICT (column_name).' },
    )
  }
  checkTarget(table, clause)
  if (clause.action === 'nothing') return { action: 'nothing' }
  if (table.appendOnly) {
    throw new SqlError(SqlState.wrongObjectType, `cannot update append-only table "${table.name}"`)
  }
  const scope = conflictScope(table, alias)
  const { statement } = query
  const binder = expressionBinder(statement, scope, 'aggregate functions are not allowed in UPDATE')
  const assigned = yield* bindAssignments(binder, table, clause.assignments)
  const newRow = table.schema.map(
    ({ type, nullable }, index) => assigned.get(index) ?? { kind: 'column' as const, index, type, nullable },
  )
  const changesKey = table.primaryKey.some(column => assigned.has(column))
  if (clause.where === undefined) return { action: 'update', newRow, where: undefined, changesKey }
  const filter = expressionBinder(statement, scope, 'aggregate functions are not allowed in WHERE')
  const where = coerceToBoolean(statement, yield* filter.bind(clause.where), 'WHERE')
  return { action: 'update', newRow, where, changesKey }
}

/** The row of the table and, beside it, `excluded`: names of columns alone are ambiguous. */
function conflictScope(table: Relation, alias: string | undefined): Scope {
  const existing = writeScope(table, alias)
  const range = { name: 'excluded', schemaName: undefined, aliasOf: undefined, relation: undefined }
  // To read a proposed value needs the privilege to read the column, as in PostgreSQL.
  const origins = existing.columns.map(column => column.origin)
  const excluded = shiftScope(tableScope(range, table.schema, [], origins), table.schema.length, true)
  return joinScopes(existing, excluded)
}

/** The target must be the primary key: the only unique constraint there is. */
function checkTarget(table: Relation, clause: OnConflict): void {
  const position = clause.position || undefined
  if (clause.constraint !== undefined && clause.constraint !== `${table.name}_pkey`) {
    throw new SqlError(
      SqlState.undefinedObject,
      `constraint "${clause.constraint}" for table "${table.name}" does not exist`,
      { position },
    )
  }
  if (clause.columns === undefined) return
  const columns = new Set(clause.columns.map(name => table.schema.findIndex(column => column.name === name)))
  if (columns.has(-1)) {
    const missing = clause.columns.find(name => !table.schema.some(column => column.name === name))
    throw new SqlError(SqlState.undefinedColumn, `column "${missing}" does not exist`, { position })
  }
  const isKey =
    table.primaryKey.length === columns.size &&
    columns.size > 0 &&
    table.primaryKey.every(column => columns.has(column))
  if (isKey) return
  throw new SqlError(
    SqlState.invalidColumnReference,
    'there is no unique or exclusion constraint matching the ON CONFLICT specification',
  )
}
