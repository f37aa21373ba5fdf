/** BEGIN, COMMIT, ROLLBACK. Savepoints and two-phase commit are not supported. */

import { notSupported, SqlState } from '../../planner/errors.ts'
import type { Option, TransactionStatement } from '../../planner/sql/ast.ts'
import type { PlannedStatement, SessionAccess } from '../planned-statement.ts'
import { command } from '../planned-statement.ts'

export function planTransaction(statement: TransactionStatement): PlannedStatement {
  switch (statement.action) {
    case 'begin':
      return command(({ session }) => {
        begin(session, statement.modes)
        return statement.start ? 'START TRANSACTION' : 'BEGIN'
      })
    case 'commit':
      return command(({ session }) => commit(session, statement.chain))
    case 'rollback':
      return command(({ session }) => rollback(session, statement.chain))
    case 'savepoint':
      throw notSupported('SAVEPOINT')
    case 'release':
      throw notSupported('RELEASE SAVEPOINT')
    case 'rollback_to':
      throw notSupported('ROLLBACK TO SAVEPOINT')
    default:
      throw notSupported('two-phase commit')
  }
}

function begin(session: SessionAccess, modes: readonly Option[]): void {
  if (session.transaction.isBlock) {
    session.notice({
      severity: 'WARNING',
      code: SqlState.activeSqlTransaction,
      message: 'there is already a transaction in progress',
    })
  } else {
    if (session.transaction.isIdle) session.settings.begin()
    session.transaction.beginBlock()
    const readOnly = session.settings.get('default_transaction_read_only')
    session.settings.set('transaction_read_only', readOnly, true)
    const isolation = session.settings.get('default_transaction_isolation')
    session.settings.set('transaction_isolation', isolation, true)
  }
  setTransactionModes(session, modes)
}

/** Modes of BEGIN and SET TRANSACTION hold until the transaction ends. */
export function setTransactionModes(session: SessionAccess, modes: readonly Option[]): void {
  for (const mode of modes) session.settings.set(mode.name, mode.value, true)
}

async function commit(session: SessionAccess, chain: boolean): Promise<string> {
  warnOutside(session)
  const failed = session.transaction.isFailed
  await session.commit()
  if (chain) begin(session, [])
  return failed ? 'ROLLBACK' : 'COMMIT'
}

function rollback(session: SessionAccess, chain: boolean): string {
  warnOutside(session)
  session.rollback()
  if (chain) begin(session, [])
  return 'ROLLBACK'
}

function warnOutside(session: SessionAccess): void {
  if (session.transaction.isBlock) return
  session.notice({
    severity: 'WARNING',
    code: SqlState.noActiveSqlTransaction,
    message: 'there is no transaction in progress',
  })
}
