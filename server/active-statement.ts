/**
 * The statement that a session is running: what CancelRequest, statement_timeout and shutdown abort. A
 * statement runs from its start until its rows are taken or closed.
 */

import { SqlError, SqlState } from '../planner/errors.ts'
import type { ResultRows } from './session-contract.ts'

export class ActiveStatement {
  readonly #controller = new AbortController()
  readonly #timeoutMs: number
  #timer: NodeJS.Timeout | undefined
  #isRunning = false

  /** timeoutMs 0 = none. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** It runs, or runs again: rows of a suspended portal are asked for. */
  begin(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    if (this.#timeoutMs > 0) this.#timer = setTimeout(() => this.abort(timeoutError()), this.#timeoutMs)
  }

  /** No effect while it does not run. */
  abort(reason: Error | undefined): void {
    if (this.#isRunning) this.#controller.abort(reason ?? canceledError())
  }

  end(): void {
    this.#isRunning = false
    clearTimeout(this.#timer)
  }
}

export function canceledError(): SqlError {
  return new SqlError(SqlState.queryCanceled, 'canceling statement due to user request')
}

function timeoutError(): SqlError {
  return new SqlError(SqlState.queryCanceled, 'canceling statement due to statement timeout')
}

/**
 * What happens around rows: `begin` when a batch is asked for; `end` before the last next() resolves or
 * `fail`, once.
 */
export interface RowsObserver {
  begin(): void
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
      observer.begin()
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
