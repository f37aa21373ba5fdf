/** pg_cancel_backend and pg_terminate_backend: who may do it to whose session, as in PostgreSQL. */

import type { SessionSignal } from '../../executor/expression/evaluation-context.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import { canceledError } from '../active-statement.ts'
import type { DatabaseSession } from '../session.ts'
import { currentRole } from './current-role.ts'
import { SIGNAL_BACKEND_ROLE_ID } from './role.ts'

/** What the permission errors call a query that is cancelled, and a process that is terminated. */
const words = {
  cancel: { verb: 'cancel', noun: 'query', passive: 'whose query is being canceled' },
  terminate: { verb: 'terminate', noun: 'process', passive: 'whose process is being terminated' },
} as const

/** False, with a warning, when there is no session of that id. 42501 when the role may not. */
export function signalSession(own: DatabaseSession, signal: SessionSignal, processId: number): boolean {
  const target = [...own.database.sessions()].find(session => session.processId === processId)
  if (target === undefined) {
    const message = `PID ${processId} is not a PostgreSQL backend process`
    own.notice({ severity: 'WARNING', code: SqlState.warning, message })
    return false
  }
  checkMaySignal(own, signal, target.identity.login.roleId)
  const error = signal === 'cancel' ? canceledError() : adminShutdown()
  if (target === own) {
    // It cannot go on, nor be closed while it evaluates this very call.
    if (signal === 'terminate') setImmediate(() => own.terminate(adminShutdown()))
    throw error
  }
  if (signal === 'cancel') target.cancel(error)
  else target.terminate(adminShutdown())
  return true
}

function checkMaySignal(own: DatabaseSession, signal: SessionSignal, targetRoleId: number): void {
  const { roles } = own.database.catalog
  const role = currentRole(own)
  const { verb, noun, passive } = words[signal]
  if (roles.get(targetRoleId)?.superuser === true && !role.superuser) {
    throw denied(`must be a superuser to ${verb} superuser ${noun}`)
  }
  const may = [targetRoleId, SIGNAL_BACKEND_ROLE_ID].some(id => roles.hasPrivilegesOf(role, id))
  if (!may) throw denied(`must be a member of the role ${passive} or member of pg_signal_backend`)
}

/** What the client of an ended session is told. */
export function adminShutdown(): SqlError {
  return new SqlError(SqlState.adminShutdown, 'terminating connection due to administrator command', {
    severity: 'FATAL',
  })
}

function denied(message: string): SqlError {
  return new SqlError(SqlState.insufficientPrivilege, message)
}
