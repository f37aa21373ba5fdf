/**
 * The statement that a session is running: what CancelRequest, statement_timeout and shutdown abort. A statement runs
 * from its start until its rows are taken or closed.
 */

import { SqlError, SqlState } from '../planner/errors.ts'
import type { ResultRows } from './session-contract.ts'

export class ActiveStatement {
  readonly #controller = new AbortController()
  readonly #timer: NodeJS.Timeout | undefined
  #ended = false

  /** timeoutMs 0 = none. */
  constructor(timeoutMs: number) {
    if (timeoutMs > 0) this.#timer = setTimeout(() => this.abort(timeoutError()), timeoutMs)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  abort(reason: Error | undefined): void {
    if (!this.#ended) this.#controller.abort(reason ?? canceledError())
  }

  end(): void {
    this.#ended = true
    clearTimeout(this.#timer)
  }
}

function canceledError(): SqlError {
  return new SqlError(SqlState.queryCanceled, 'canceling statement due to user request')
}

function timeoutError(): SqlError {
  return new SqlError(SqlState.queryCanceled, 'canceling statement due to statement timeout')
}

/** What happens around the end of rows: `end` before the last next() resolves, `fail` when it rejects; once. */
export interface RowsObserver {
  end(): Promise<void> | undefined
  fail(): void
  close(): void
}

/** `rows`, telling the observer how they ended. */
export function observeRows(rows: ResultRows, observer: RowsObserver): ResultRows {
  let done = false
  return {
    async next() {
      if (done) return undefined
      try {
        const batch = await rows.next()
        if (batch === undefined) {
          done = true
          await observer.end()
        }
        return batch
      } catch (error) {
        done = true
        observer.fail()
        throw error
      }
    },
    close() {
      done = true
      rows.close()
      observer.close()
    },
  }
}
