/** What a session refuses whatever the statement says. */

import { notSupported, SqlError, SqlState } from '../planner/errors.ts'

/** Clients of the simple protocol, and callers of the embedded API's query, wait for the end of a result. */
export function endlessResult(): SqlError {
  return notSupported('SUBSCRIBE as a plain query, whose result never ends,', {
    hint: 'Use COPY (SUBSCRIBE …) TO STDOUT, or DECLARE a cursor FOR SUBSCRIBE.',
  })
}

export function failedTransaction(): SqlError {
  return new SqlError(
    SqlState.inFailedSqlTransaction,
    'current transaction is aborted, commands ignored until end of transaction block',
  )
}
