/**
 * The privileges that INSERT, UPDATE and DELETE need: the one of their name on the table or on the columns
 * they write, and SELECT on the columns that they read, in WHERE, SET, RETURNING or ON CONFLICT, as
 * PostgreSQL has it.
 */

import type { Relation } from '../../planner/catalog.ts'
import type { DeleteStatement, InsertStatement, UpdateStatement } from '../../planner/sql/ast.ts'
import type { Privilege } from '../auth/acl.ts'
import type { AccessRecorder, Need } from '../auth/check-access.ts'

export function writeNeeds(
  statement: InsertStatement | UpdateStatement | DeleteStatement,
  table: Relation,
  access: AccessRecorder,
): readonly Need[] {
  const on = (privilege: Privilege, names?: readonly string[]): Need => {
    return { id: table.id, privilege, columns: names && attributesOf(table, names) }
  }
  switch (statement.kind) {
    case 'insert': {
      const { onConflict } = statement
      for (const attribute of conflictColumns(statement, table)) access.noteRead(table, attribute)
      const updates = onConflict?.action === 'update' ? [on('UPDATE', assigned(onConflict))] : []
      return [on('INSERT', insertedColumns(statement, table)), ...updates, ...access.reads(table)]
    }
    case 'update':
      return [on('UPDATE', assigned(statement)), ...access.reads(table)]
    case 'delete':
      return [on('DELETE'), ...access.reads(table)]
  }
}

/** Without a list the first columns, as many as there are values. */
function insertedColumns({ columns, source }: InsertStatement, table: Relation): readonly string[] {
  if (columns.length > 0) return columns.map(column => column.name)
  if (source === undefined) return []
  const names = table.schema.map(column => column.name)
  return source.body.kind === 'values' ? names.slice(0, source.body.rows[0]?.length) : names
}

/** Rows that are there already are found by these. */
function conflictColumns({ onConflict }: InsertStatement, table: Relation): readonly number[] {
  if (onConflict?.columns !== undefined) return attributesOf(table, onConflict.columns)
  return onConflict?.constraint === undefined ? [] : table.primaryKey.map(column => column + 1)
}

function assigned({ assignments }: Pick<UpdateStatement, 'assignments'>): readonly string[] {
  return assignments.map(assignment => assignment.column)
}

function attributesOf(table: Relation, names: readonly string[]): readonly number[] {
  return names.map(name => table.schema.findIndex(column => column.name === name) + 1)
}
