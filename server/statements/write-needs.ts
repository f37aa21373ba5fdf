/**
 * The privileges that INSERT, UPDATE and DELETE need: the one of their name on the table, and SELECT on it as
 * well when they read columns of it, in WHERE, SET, RETURNING or ON CONFLICT, as PostgreSQL has it.
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
  const on = (privilege: Privilege): Need => ({ id: table.id, privilege })
  const needs: Need[] = [
    on(statement.kind === 'insert' ? 'INSERT' : statement.kind === 'update' ? 'UPDATE' : 'DELETE'),
  ]
  if (statement.kind === 'insert' && statement.onConflict?.action === 'update') needs.push(on('UPDATE'))
  if (readsOwnColumns(statement)) needs.push(on('SELECT'))
  return [...needs, ...access.reads(table)]
}

function readsOwnColumns(statement: InsertStatement | UpdateStatement | DeleteStatement): boolean {
  if (mentionsColumn(statement.returning)) return true
  switch (statement.kind) {
    case 'insert':
      return statement.onConflict?.columns !== undefined || statement.onConflict?.constraint !== undefined
    case 'update':
      return mentionsColumn(statement.where) || mentionsColumn(statement.assignments)
    case 'delete':
      return mentionsColumn(statement.where)
  }
}

/** Whether a part of a syntax tree has a column reference or a star in it. */
function mentionsColumn(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false
  if ('kind' in node && (node.kind === 'column' || node.kind === 'star')) return true
  return Object.values(node).some(mentionsColumn)
}
