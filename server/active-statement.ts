/**
 * The statement that a session is running: what CancelRequest, statement_timeout and shutdown abort. A
 * statement runs from its start until its rows are taken or closed.
 */

import type { DeltaBatch } from '../executor/batch/delta-batch.ts'
import type { Awaitable } from '../executor/runtime/awaitable.ts'
import { SqlError, SqlState } from '../planner/errors.ts'
import type { ResultRows, StatementResult } from './session-contract.ts'

export class ActiveStatement {
  readonly #controller: AbortController
  readonly #timeoutMs: number
  #timer: NodeJS.Timeout | undefined
  #isRunning = false

  /** timeoutMs 0 = none. `controller`: one that nothing listens to any more; making one is dear. */
  constructor(timeoutMs: number, controller = new AbortController()) {
    this.#timeoutMs = timeoutMs
    this.#controller = controller
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Of a statement that ended and left nothing behind: for the next one. */
  get spareController(): AbortController | undefined {
    return this.#controller.signal.aborted ? undefined : this.#controller
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
 * What happens around a result: `begin` when a batch is asked for; `end` before the last next() resolves, or
 * `fail`, once.
 */
export interface ResultObserver {
  begin(): void
  end(): Promise<void> | undefined
  fail(): void
  close(): void
}

/** The result, telling the observer how it ends: with its rows, with the client's data, or at once. */
export function observeResult(result: StatementResult, observer: ResultObserver): Awaitable<StatementResult> {
  if (result.kind === 'copy_in') {
    const finish = async () => {
      const tag = await result.input.finish()
      await observer.end()
      return tag
    }
    return { ...result, input: { ...result.input, finish } }
  }
  if (result.kind === 'rows' || result.kind === 'copy_out') {
    return { ...result, rows: new ObservedRows(result.rows, observer) }
  }
  const ended = observer.end()
  return ended === undefined ? result : ended.then(() => result)
}

class ObservedRows implements ResultRows {
  readonly #rows: ResultRows
  readonly #observer: ResultObserver
  #done = false

  constructor(rows: ResultRows, observer: ResultObserver) {
    this.#rows = rows
    this.#observer = observer
  }

  next(): Awaitable<DeltaBatch | undefined> {
    if (this.#done) return undefined
    this.#observer.begin()
    try {
      const pulled = this.#rows.next()
      const taken = pulled instanceof Promise ? pulled.then(batch => this.#taken(batch)) : this.#taken(pulled)
      return taken instanceof Promise ? taken.catch(error => this.#failed(error)) : taken
    } catch (error) {
      return this.#failed(error)
    }
  }

  close(): void {
    this.#done = true
    this.#rows.close()
    this.#observer.close()
  }

  #taken(batch: DeltaBatch | undefined): Awaitable<DeltaBatch | undefined> {
    if (batch !== undefined) return batch
    this.#done = true
    return this.#observer.end()?.then(() => undefined)
  }

  #failed(error: unknown): never {
    this.#done = true
    this.#observer.fail()
    throw error
  }
}
