/** Cancellation by AbortSignal, in PostgreSQL's words. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { Steps } from '../../planner/steps.ts'

/** The error of an aborted signal: its reason when that is an SqlError (shutdown, timeouts), else 57014. */
export function cancellationError(signal: AbortSignal): SqlError {
  if (signal.reason instanceof SqlError) return signal.reason
  return new SqlError(SqlState.queryCanceled, 'canceling statement due to user request')
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw cancellationError(signal)
}

/** The steps, which throw at the next one when the signal has aborted. `signal` is asked at each. */
export function* untilAborted<T>(steps: Iterator<void, T>, signal: () => AbortSignal | undefined): Steps<T> {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    throwIfAborted(signal())
    yield
  }
}

/** `promise`, or a rejection as soon as the signal aborts; the promise itself goes on. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  if (signal.aborted) {
    promise.catch(() => {}) // its outcome no longer matters to anyone
    return Promise.reject(cancellationError(signal))
  }
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(cancellationError(signal))
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
