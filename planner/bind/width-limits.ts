/** How wide rows, tables and calls may be: PostgreSQL's limits, with its errors. */

import { SqlError, SqlState } from '../errors.ts'
import type { Position } from '../expression.ts'

const COLUMNS_MAX = 1600
const TARGETS_MAX = 1664
const ARGUMENTS_MAX = 100

/** Of a table, source or view. */
export function checkColumnCount(count: number): void {
  if (count <= COLUMNS_MAX) return
  throw new SqlError(SqlState.tooManyColumns, `tables can have at most ${COLUMNS_MAX} columns`)
}

/** Of a query, with what it sorts by. */
export function checkTargetCount(count: number): void {
  if (count <= TARGETS_MAX) return
  throw new SqlError(SqlState.tooManyColumns, `target lists can have at most ${TARGETS_MAX} entries`)
}

export function checkRowWidth(count: number, position: Position): void {
  if (count <= TARGETS_MAX) return
  throw new SqlError(SqlState.tooManyColumns, `ROW expressions can have at most ${TARGETS_MAX} entries`, {
    position,
  })
}

export function checkArgumentCount(count: number, position: Position): void {
  if (count <= ARGUMENTS_MAX) return
  throw new SqlError(
    SqlState.tooManyArguments,
    `cannot pass more than ${ARGUMENTS_MAX} arguments to a function`,
    { position },
  )
}
