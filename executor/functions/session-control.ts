/** pg_cancel_backend and pg_terminate_backend. */

import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import { boolType, int4Type, int8Type } from '../../planner/types.ts'
import type { EvaluationContext, SessionSignal } from '../expression/evaluation-context.ts'
import { defineFunction } from './define.ts'
import type { ScalarFunction } from './scalar-function.ts'

export const sessionControlFunctions: readonly ScalarFunction[] = [
  defineFunction(
    'pg_cancel_backend',
    [int4Type],
    boolType,
    { contextCall: (context, processId: number) => signal(context, 'cancel', processId) },
    { volatility: 'volatile' },
  ),
  defineFunction(
    'pg_terminate_backend',
    [int4Type, int8Type],
    boolType,
    { contextCall: terminate },
    { volatility: 'volatile', optionalArgs: 1 },
  ),
]

/** The session is gone when the call returns, so that there is nothing to wait for with `timeoutMs`. */
function terminate(context: EvaluationContext, processId: number, timeoutMs = 0n): boolean {
  if (timeoutMs >= 0n) return signal(context, 'terminate', processId)
  throw new SqlError(SqlState.numericValueOutOfRange, '"timeout" must not be negative')
}

function signal(context: EvaluationContext, kind: SessionSignal, processId: number): boolean {
  if (context.effects === undefined) throw notSupported(`pg_${kind}_backend() in a streaming query`)
  return context.effects.signalSession(kind, processId)
}
