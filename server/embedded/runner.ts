/**
 * Lets callers of one session take turns: a session runs one statement at a time, in the order it was asked.
 */

import { throwIfAborted } from '../../executor/runtime/cancellation.ts'
import { resourceError } from '../resource-error.ts'
import type { DatabaseSession } from '../session.ts'

export class Runner {
  readonly session: DatabaseSession
  #tail: Promise<unknown> = Promise.resolve()

  constructor(session: DatabaseSession) {
    this.session = session
  }

  /** Runs `task` when all tasks before it are done. Rejects with SqlErrors. */
  run<T>(task: (session: DatabaseSession) => Promise<T>): Promise<T> {
    const result = this.#tail
      .then(() => task(this.session))
      .catch((error: unknown) => {
        throw resourceError(error) ?? error
      })
    this.#tail = result.catch(() => {}) // the caller gets the error; the next in turn is not concerned
    return result
  }

  /** Like `run`, cancelling the statement with 57014 when the signal aborts. */
  runCancellable<T>(
    signal: AbortSignal | undefined,
    task: (session: DatabaseSession) => Promise<T>,
  ): Promise<T> {
    if (signal === undefined) return this.run(task)
    return this.run(async session => {
      throwIfAborted(signal)
      const cancel = () => session.cancel()
      signal.addEventListener('abort', cancel, { once: true })
      try {
        return await task(session)
      } finally {
        signal.removeEventListener('abort', cancel)
      }
    })
  }
}
