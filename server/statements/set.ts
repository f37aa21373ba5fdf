/** SET, SET LOCAL, SET TRANSACTION, RESET. */

import { SqlState } from '../../planner/errors.ts'
import type { ResetStatement, SetStatement } from '../../planner/sql/ast.ts'
import { quoteName } from '../catalog/catalog-object.ts'
import type { PlannedStatement, SessionAccess } from '../planned-statement.ts'
import { command } from '../planned-statement.ts'
import { setTransactionModes } from './transaction.ts'

export function planSet(statement: SetStatement): PlannedStatement {
  return command(({ session }) => {
    if (statement.name === 'transaction modes') setModes(session, statement)
    else setValue(session, statement)
    return 'SET'
  })
}

export function planReset(statement: ResetStatement): PlannedStatement {
  return command(({ session }) => {
    if (statement.name === 'all') session.settings.resetAll()
    else session.settings.set(statement.name, undefined, false)
    return 'RESET'
  })
}

function setValue(session: SessionAccess, { name, scope, values }: SetStatement): void {
  const isLocal = scope === 'local'
  if (isLocal && !session.transaction.isOpen) warnOutside(session, 'SET LOCAL')
  changeSetting(session, name, values === undefined ? undefined : joinValues(name, values), isLocal)
}

/** SET and set_config(): a local change, or one of the transaction's modes, ends with the transaction. */
export function changeSetting(
  session: SessionAccess,
  name: string,
  value: string | undefined,
  isLocal: boolean,
): void {
  const { settings, transaction } = session
  // A statement by itself is a transaction; what it sets locally is gone when it ends.
  if (transaction.isIdle) settings.begin()
  const ofTransaction = name.toLowerCase().startsWith('transaction_')
  if (ofTransaction && value !== undefined) setTransactionModes(session, [{ name, value }])
  else settings.set(name, value, isLocal || ofTransaction)
}

/** A list is printed with its names quoted where they must be; `search_path` is the one that matters. */
export function joinValues(name: string, values: readonly string[]): string {
  if (name !== 'search_path') return values.join(', ')
  return values.map(quoteName).join(', ')
}

/** SET TRANSACTION holds for this transaction, SET SESSION CHARACTERISTICS for those to come. */
function setModes(session: SessionAccess, { scope, modes }: SetStatement): void {
  if (scope === 'session') {
    for (const mode of modes) session.settings.set(`default_${mode.name}`, mode.value, false)
    return
  }
  if (!session.transaction.isOpen) warnOutside(session, 'SET TRANSACTION')
  else setTransactionModes(session, modes)
}

function warnOutside(session: SessionAccess, what: string): void {
  session.notice({
    severity: 'WARNING',
    code: SqlState.noActiveSqlTransaction,
    message: `${what} can only be used in transaction blocks`,
  })
}
