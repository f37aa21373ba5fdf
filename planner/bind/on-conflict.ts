/** ON CONFLICT: DO NOTHING, and DO UPDATE where it replaces the whole row. */

import type { Relation } from '../catalog.ts'
import { notSupported, SqlError, SqlState } from '../errors.ts'
import type { Assignment, OnConflict } from '../sql/ast.ts'
import { findColumn } from './write-target.ts'

export function bindOnConflict(
  table: Relation,
  clause: OnConflict | undefined,
): 'error' | 'ignore' | 'replace' {
  if (clause === undefined) return 'error'
  const position = clause.position || undefined
  checkTarget(table, clause)
  if (clause.action === 'nothing') return 'ignore'
  if (clause.columns === undefined && clause.constraint === undefined) {
    throw new SqlError(
      SqlState.syntaxError,
      'ON CONFLICT DO UPDATE requires inference specification or constraint name',
      { position, hint: 'For example, ON CONFLICT (column_name).' },
    )
  }
  const assigned = new Set(
    clause.assignments.map(assignment =>
      findColumn(table, {
        name: assignment.column,
        position: assignment.position,
      }),
    ),
  )
  const isWhole = table.schema.every((_, index) => assigned.has(index) || table.primaryKey.includes(index))
  if (clause.where !== undefined || !isWhole || !clause.assignments.every(takesExcluded)) {
    throw notSupported('ON CONFLICT DO UPDATE other than SET every column = EXCLUDED.column', { position })
  }
  return 'replace'
}

function takesExcluded({ column, value }: Assignment): boolean {
  return (
    value.kind === 'column' &&
    value.path.length === 2 &&
    value.path[0] === 'excluded' &&
    value.path[1] === column
  )
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
