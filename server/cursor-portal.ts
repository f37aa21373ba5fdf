/** A cursor of SQL as the protocol sees it: a portal that was declared instead of bound. */

import type { Cursor } from './cursor-table.ts'
import type { PlannedStatement } from './planned-statement.ts'
import type { Portal, StatementResult } from './session-contract.ts'
import { fetchRows } from './statements/cursors.ts'

/** Each Execute runs a FETCH, which `run` makes a statement of the session. */
export function cursorPortal(
  cursor: Cursor,
  run: (plan: PlannedStatement, isLast: boolean) => Promise<StatementResult>,
): Portal {
  const { name, fields } = cursor
  return {
    name,
    attachment: undefined,
    fields,
    isEmpty: false,
    execute: (isLast = false, rowsMax = 0) => run(planExecute(cursor, rowsMax), isLast),
  }
}

function planExecute(cursor: Cursor, rowsMax: number): PlannedStatement {
  const { fields } = cursor
  const count = rowsMax === 0 ? Number.POSITIVE_INFINITY : rowsMax
  return {
    parameterTypes: [],
    fields,
    isShared: false,
    async run(execution) {
      const rows = await fetchRows(cursor, { direction: 'forward', count }, undefined, execution)
      return { kind: 'rows', fields, rows, commandTag: sent => `SELECT ${sent}` }
    },
  }
}
