/** DECLARE, FETCH, MOVE, CLOSE. Forward only; a cursor over SUBSCRIBE is live. */

import type { DeltaBatch } from '../../executor/batch/delta-batch.ts'
import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import type { CloseStatement, DeclareCursorStatement, FetchStatement, Option } from '../../planner/sql/ast.ts'
import { Cursor } from '../cursor.ts'
import type { Execution, PlannedStatement, Planning } from '../planned-statement.ts'
import { command } from '../planned-statement.ts'
import { parseDurationMs } from '../settings/setting-values.ts'
import { rowsOfBatches } from '../value-rows.ts'

export function planDeclareCursor(statement: DeclareCursorStatement, planning: Planning): PlannedStatement {
  if (statement.scroll === true) throw notSupported('DECLARE SCROLL CURSOR')
  if (statement.binary) throw notSupported('DECLARE BINARY CURSOR')
  const isLive = statement.query.kind === 'subscribe'
  const query = planning.session.plan(statement.query, planning.text, planning.parameterTypes)
  const { fields } = query
  if (fields === undefined) throw new TypeError('a query has result columns')
  return {
    parameterTypes: query.parameterTypes,
    fields: undefined,
    isShared: false,
    async run(execution) {
      const { session } = execution
      const isHeld = statement.hold || (isLive && session.transaction.isIdle)
      if (!isHeld && session.transaction.isIdle) {
        throw new SqlError(
          SqlState.noActiveSqlTransaction,
          'DECLARE CURSOR can only be used in transaction blocks',
        )
      }
      session.cursors.checkFree(statement.name)
      // The cursor outlives this statement and what may abort it.
      const result = await query.run({ ...execution, signal: session.closing })
      if (result.kind !== 'rows') throw new TypeError('a query returns rows')
      session.cursors.add(new Cursor(statement.name, fields, result.rows, { isHeld, isLive }))
      return { kind: 'command', commandTag: 'DECLARE CURSOR' }
    },
  }
}

export function planFetch(statement: FetchStatement, { session }: Planning): PlannedStatement {
  const timeoutMs = fetchTimeout(statement.options)
  if (statement.move) {
    return command(async execution => `MOVE ${countRows(await fetchRows(statement, timeoutMs, execution))}`)
  }
  const { fields } = session.cursors.get(statement.cursor)
  return {
    parameterTypes: [],
    fields,
    isShared: false,
    async run(execution) {
      const rows = rowsOfBatches(await fetchRows(statement, timeoutMs, execution))
      return { kind: 'rows', fields, rows, commandTag: rowCount => `FETCH ${rowCount}` }
    },
  }
}

export function planClose({ name }: CloseStatement): PlannedStatement {
  return command(({ session }) => {
    if (name === undefined) session.cursors.closeAll()
    else session.cursors.close(name)
    return name === undefined ? 'CLOSE CURSOR ALL' : 'CLOSE CURSOR'
  })
}

function fetchRows(
  { cursor: name, direction, count }: FetchStatement,
  timeoutMs: number | undefined,
  { session, signal }: Execution,
): Promise<readonly DeltaBatch[]> {
  const cursor = session.cursors.get(name)
  if (direction !== 'forward' || (count !== 'all' && count < 0)) throw forwardOnly()
  const rowsMax = count === 'all' ? Number.POSITIVE_INFINITY : count
  return cursor.fetch(rowsMax, timeoutMs, signal)
}

function forwardOnly(): SqlError {
  return new SqlError(SqlState.objectNotInPrerequisiteState, 'cursor can only scan forward', {
    hint: 'Declare it with SCROLL option to enable backward scan.',
  })
}

function fetchTimeout(options: readonly Option[]): number | undefined {
  let timeoutMs: number | undefined
  for (const { name, value, position } of options) {
    if (name !== 'timeout') {
      throw new SqlError(SqlState.syntaxError, `unrecognized FETCH option "${name}"`, { position })
    }
    timeoutMs = parseDurationMs(value ?? '')
    if (timeoutMs === undefined || timeoutMs < 0) {
      throw new SqlError(SqlState.invalidParameterValue, `invalid FETCH timeout: "${value ?? ''}"`, {
        position,
      })
    }
  }
  return timeoutMs
}

function countRows(batches: readonly DeltaBatch[]): number {
  return batches.reduce((sum, batch) => sum + batch.length, 0)
}
