/** DECLARE, FETCH, MOVE, CLOSE, over queries and, live and forward only, over SUBSCRIBE. */

import type { DeltaBatch } from '../../executor/batch/delta-batch.ts'
import { rowCount } from '../../executor/runtime/batches.ts'
import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import type { CloseStatement, DeclareCursorStatement, FetchStatement, Option } from '../../planner/sql/ast.ts'
import type { Steps } from '../../planner/steps.ts'
import type { Cursor } from '../cursor-table.ts'
import { LiveCursor } from '../live-cursor.ts'
import type { Execution, PlannedStatement, Planning, SessionAccess } from '../planned-statement.ts'
import { command } from '../planned-statement.ts'
import { SessionPortal } from '../portal.ts'
import type { Movement } from '../query-cursor.ts'
import { forwardOnly, QueryCursor } from '../query-cursor.ts'
import type { ResultRows, ResultSchema } from '../session-contract.ts'
import { parseDurationMs } from '../settings/setting-values.ts'
import { rowsOfBatches } from '../value-rows.ts'

export function* planDeclareCursor(
  statement: DeclareCursorStatement,
  planning: Planning,
): Steps<PlannedStatement> {
  const isLive = statement.query.kind === 'subscribe'
  if (isLive && statement.binary) throw notSupported('DECLARE BINARY CURSOR FOR SUBSCRIBE')
  refuseLocks(statement)
  if (isLive && statement.scroll === true) throw notSupported('DECLARE SCROLL CURSOR FOR SUBSCRIBE')
  const query = yield* planning.session.plan(statement.query, planning.text, planning.parameterTypes)
  const { fields } = query
  if (fields === undefined) throw new TypeError('a query has result columns')
  return {
    parameterTypes: query.parameterTypes,
    fields: undefined,
    isShared: false,
    async run(execution) {
      const { session } = execution
      const isHeld = statement.hold || (isLive && !session.transaction.isOpen)
      if (!isHeld && !session.transaction.isOpen) {
        throw new SqlError(
          SqlState.noActiveSqlTransaction,
          'DECLARE CURSOR can only be used in transaction blocks',
        )
      }
      session.cursors.checkFree(statement.name)
      // The cursor outlives this statement and what may abort it.
      const result = await query.run({ ...execution, signal: session.closing })
      if (result.kind !== 'rows') throw new TypeError('a query returns rows')
      session.cursors.add(openCursor(statement, isHeld, fields, result.rows, session))
      return { kind: 'command', commandTag: 'DECLARE CURSOR' }
    },
  }
}

function openCursor(
  { name, query, scroll, binary: isBinary }: DeclareCursorStatement,
  isHeld: boolean,
  fields: ResultSchema,
  rows: ResultRows,
  session: SessionAccess,
): Cursor {
  if (query.kind === 'subscribe') return new LiveCursor(name, fields, rows, isHeld)
  const { database, memory } = session
  const keptBytesMax = database.limits.cursorBytesMax
  return new QueryCursor(name, fields, rows, { isHeld, isBinary, scroll, keptBytesMax, memory })
}

/** A cursor whose rows are locked as they are fetched goes forward, and ends with its transaction. */
function refuseLocks({ query, hold, scroll }: DeclareCursorStatement): void {
  const lock = query.kind === 'select' ? query.locking[0] : undefined
  if (lock === undefined || (!hold && scroll !== true)) return
  const what = hold ? 'CURSOR WITH HOLD' : 'SCROLL CURSOR'
  throw new SqlError(
    SqlState.featureNotSupported,
    `DECLARE ${what} ... FOR ${lock.strength} is not supported`,
    { detail: `${hold ? 'Holdable' : 'Scrollable'} cursors must be READ ONLY.` },
  )
}

export function planFetch(statement: FetchStatement, { session }: Planning): PlannedStatement {
  const timeoutMs = fetchTimeout(statement.options)
  const { direction, count } = statement
  const movement: Movement = { direction, count: count === 'all' ? Number.POSITIVE_INFINITY : count }
  if (statement.move) {
    return command(async execution => {
      const cursor = await cursorOf(execution, statement.cursor)
      if (cursor.kind === 'query') return `MOVE ${await cursor.move(movement, execution.signal)}`
      return `MOVE ${rowCount(await fetchChanges(cursor, movement, timeoutMs, execution))}`
    })
  }
  // One that is not there yet is an error when it is fetched from.
  const fields = session.cursors.find(statement.cursor)?.fields
  return {
    parameterTypes: [],
    fields,
    isShared: false,
    async run(execution) {
      const cursor = await cursorOf(execution, statement.cursor)
      const rows = await fetchRows(cursor, movement, timeoutMs, execution)
      const isBinary = cursor.kind === 'query' && cursor.isBinary
      const commandTag = (fetched: number) => `FETCH ${fetched}`
      return { kind: 'rows', fields: cursor.fields, rows, isBinary, commandTag }
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

export async function fetchRows(
  cursor: Cursor,
  movement: Movement,
  timeoutMs: number | undefined,
  execution: Execution,
): Promise<ResultRows> {
  if (cursor.kind === 'query') return cursor.fetch(movement, execution.signal)
  return rowsOfBatches(await fetchChanges(cursor, movement, timeoutMs, execution))
}

/** The cursor, or the portal of that name as one. */
async function cursorOf({ session }: Execution, name: string): Promise<Cursor> {
  const found = session.cursors.get(name)
  return found instanceof SessionPortal ? found.cursor() : found
}

function fetchChanges(
  cursor: LiveCursor,
  { direction, count }: Movement,
  timeoutMs: number | undefined,
  { signal }: Execution,
): Promise<readonly DeltaBatch[]> {
  if (direction !== 'forward' || count < 0) throw forwardOnly()
  return cursor.fetch(count, timeoutMs, signal)
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
