/**
 * What V8 throws when a statement asks for more than there is: a deeper stack, a longer string, a larger
 * array. To the client that is a statement over its limits, not a bug of the server.
 */

import { SqlError, SqlState } from '../planner/errors.ts'

/** The error for the client; undefined when `error` is something else. */
export function resourceError(error: unknown): SqlError | undefined {
  if (!(error instanceof Error)) return undefined
  const isTooLong = 'code' in error && error.code === 'ERR_STRING_TOO_LONG'
  if (!isTooLong && !(error instanceof RangeError)) return undefined
  if (error.message === 'Maximum call stack size exceeded') {
    return new SqlError(SqlState.statementTooComplex, 'stack depth limit exceeded', { cause: error })
  }
  if (isTooLong || outOfMemory.test(error.message)) {
    return new SqlError(SqlState.outOfMemory, 'out of memory', { detail: error.message, cause: error })
  }
  return undefined
}

const outOfMemory =
  /^(Invalid (string|(typed )?array) length|Array buffer allocation failed|(Map|Set) maximum size )/
