/** BEGIN, COMMIT, ROLLBACK, savepoints, the modes of a transaction. Two-phase commit is not supported. */

import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import type { Option, TransactionStatement } from '../../planner/sql/ast.ts'
import type { PlannedStatement, SessionAccess } from '../planned-statement.ts'
import { command } from '../planned-statement.ts'

export function planTransaction(statement: TransactionStatement): PlannedStatement {
  const { chain, name = '' } = statement
  switch (statement.action) {
    case 'begin':
      return command(({ session }) => {
        begin(session, statement.modes)
        return statement.start ? 'START TRANSACTION' : 'BEGIN'
      })
    case 'commit':
      return command(({ session }) => commit(session, chain))
    case 'rollback':
      return command(({ session }) => rollback(session, chain))
    case 'savepoint':
      return command(({ session }) => {
        requireBlock(session, 'SAVEPOINT')
        session.transaction.savepoint(name, session.mark())
        return 'SAVEPOINT'
      })
    case 'release':
      return command(({ session }) => {
        requireBlock(session, 'RELEASE SAVEPOINT')
        const { settings, transaction } = session
        const { readOnly } = transaction.release(name)
        if (readOnly !== settings.get('transaction_read_only')) {
          settings.set('transaction_read_only', readOnly, true)
        }
        return 'RELEASE'
      })
    case 'rollback_to':
      return command(async ({ session }) => {
        requireBlock(session, 'ROLLBACK TO SAVEPOINT')
        const slicer = session.database.engine.createSlicer()
        session.restore(await slicer.run(session.transaction.rollbackTo(name)))
        return 'ROLLBACK'
      })
    default:
      throw notSupported('two-phase commit')
  }
}

/** 25006 in a READ ONLY transaction. */
export function refuseReadOnly({ settings }: SessionAccess, what: string): void {
  if (settings.get('transaction_read_only') !== 'on') return
  throw new SqlError(SqlState.readOnlySqlTransaction, `cannot execute ${what} in a read-only transaction`)
}

/** 25P01 outside BEGIN … COMMIT. */
export function requireBlock({ transaction }: SessionAccess, what: string): void {
  if (transaction.isBlock) return
  throw new SqlError(SqlState.noActiveSqlTransaction, `${what} can only be used in transaction blocks`)
}

type Modes = readonly Pick<Option, 'name' | 'value'>[]

/** Modes of BEGIN and SET TRANSACTION hold until the transaction ends. 25001 when it is too late for them. */
export function setTransactionModes(session: SessionAccess, modes: Modes): void {
  const { settings } = session
  for (const { name, value } of modes) {
    const before = settings.get(name)
    settings.set(name, value, true)
    if (settings.get(name) !== before) refuseLate(session, name, settings.get(name))
  }
}

function refuseLate({ transaction }: SessionAccess, name: string, value: string): void {
  const isInside = transaction.hasSavepoints
  if (!isInside && !transaction.hasQueried) return
  if (name === 'transaction_read_only') {
    if (value === 'on') return
    throw tooLate(
      isInside
        ? 'cannot set transaction read-write mode inside a read-only transaction'
        : 'transaction read-write mode must be set before any query',
    )
  }
  const isolation = name === 'transaction_isolation'
  const what = isolation ? 'SET TRANSACTION ISOLATION LEVEL' : 'SET TRANSACTION [NOT] DEFERRABLE'
  throw tooLate(
    transaction.hasQueried
      ? `${what} must be called before any query`
      : isolation
        ? `${what} must not be called in a subtransaction`
        : `${what} cannot be called within a subtransaction`,
  )
}

function tooLate(message: string): SqlError {
  return new SqlError(SqlState.activeSqlTransaction, message)
}

function begin(session: SessionAccess, modes: Modes): void {
  if (session.transaction.isBlock) {
    session.notice({
      severity: 'WARNING',
      code: SqlState.activeSqlTransaction,
      message: 'there is already a transaction in progress',
    })
  } else {
    if (session.transaction.isIdle) session.settings.begin()
    session.transaction.beginBlock()
  }
  setTransactionModes(session, modes)
}

async function commit(session: SessionAccess, chain: boolean): Promise<string> {
  if (chain) requireBlock(session, 'COMMIT AND CHAIN')
  warnOutside(session)
  const failed = session.transaction.isFailed
  const modes = transactionModes(session)
  await session.commit()
  if (chain) begin(session, modes)
  return failed ? 'ROLLBACK' : 'COMMIT'
}

function rollback(session: SessionAccess, chain: boolean): string {
  if (chain) requireBlock(session, 'ROLLBACK AND CHAIN')
  warnOutside(session)
  const modes = transactionModes(session)
  session.rollback()
  if (chain) begin(session, modes)
  return 'ROLLBACK'
}

/** AND CHAIN: the next transaction has the modes of this one, unless it failed as a whole. */
function transactionModes({ settings, transaction }: SessionAccess): Modes {
  if (transaction.isFailed && !transaction.hasSavepoints) return []
  const names = ['transaction_isolation', 'transaction_read_only', 'transaction_deferrable']
  return names.map(name => ({ name, value: settings.get(name) }))
}

function warnOutside(session: SessionAccess): void {
  if (session.transaction.isBlock) return
  session.notice({
    severity: 'WARNING',
    code: SqlState.noActiveSqlTransaction,
    message: 'there is no transaction in progress',
  })
}
