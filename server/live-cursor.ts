/** A cursor over a subscription: forward only; FETCH takes the changes that are there, or waits for them. */

import type { DeltaBatch } from '../executor/batch/delta-batch.ts'
import { sliceBatch } from '../executor/batch/gather.ts'
import { orAborted } from '../executor/runtime/cancellation.ts'
import type { ResultRows, ResultSchema } from './session-contract.ts'

export class LiveCursor {
  readonly kind = 'live'
  readonly name: string
  readonly fields: ResultSchema
  readonly isHeld: boolean
  readonly #rows: ResultRows
  /** A read that was begun and not yet taken: a FETCH that times out or is cancelled loses nothing. */
  #pending: Promise<DeltaBatch | undefined> | undefined
  #batch: DeltaBatch | undefined
  #row = 0
  #ended = false

  constructor(name: string, fields: ResultSchema, rows: ResultRows, isHeld: boolean) {
    this.name = name
    this.fields = fields
    this.isHeld = isHeld
    this.#rows = rows
  }

  /**
   * The next rows, at most `rowsMax`. `timeoutMs`: how long to wait for the count to be reached; undefined =
   * until there is a row.
   */
  async fetch(rowsMax: number, timeoutMs: number | undefined, signal: AbortSignal): Promise<DeltaBatch[]> {
    const deadline = timeoutMs === undefined ? undefined : performance.now() + timeoutMs
    const taken: DeltaBatch[] = []
    let count = 0
    while (count < rowsMax) {
      if (this.#batch === undefined) {
        const wait = this.#wait(deadline, count > 0)
        if (!(await this.#pull(wait, signal))) break
        continue
      }
      const end = Math.min(this.#batch.length, this.#row + rowsMax - count)
      taken.push(sliceBatch(this.#batch, this.#row, end))
      count += end - this.#row
      this.#row = end
      if (end === this.#batch.length) this.#batch = undefined
    }
    return taken
  }

  close(): void {
    this.#ended = true
    this.#batch = undefined
    this.#rows.close()
  }

  #wait(deadline: number | undefined, hasRows: boolean): number | undefined {
    if (deadline !== undefined) return Math.max(0, deadline - performance.now())
    return hasRows ? 0 : undefined
  }

  /** Reads the next batch; false at the end or when `waitMs` passed. */
  async #pull(waitMs: number | undefined, signal: AbortSignal): Promise<boolean> {
    if (this.#ended) return false
    this.#pending ??= Promise.resolve(this.#rows.next())
    const batch = await orAborted(within(this.#pending, waitMs), signal)
    if (batch === 'timeout') return false
    this.#pending = undefined
    if (batch === undefined) this.#ended = true
    else if (batch.length > 0) {
      this.#batch = batch
      this.#row = 0
    }
    return batch !== undefined
  }
}

/** The promise's value, or 'timeout' when it takes longer; what is there already counts as in time. */
async function within<T>(promise: Promise<T>, waitMs: number | undefined): Promise<T | 'timeout'> {
  if (waitMs === undefined) return promise
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<'timeout'>(resolve => {
    timer = setTimeout(resolve, waitMs, 'timeout')
  })
  try {
    return await Promise.race([promise, timeout])
  } finally {
    clearTimeout(timer)
  }
}
