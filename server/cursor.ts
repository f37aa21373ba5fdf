/**
 * Cursors of DECLARE: forward only, over a query or a subscription. A query's cursor keeps its snapshot until
 * it is closed. Cursors end with their transaction unless they were declared WITH HOLD.
 */

import type { DeltaBatch } from '../executor/batch/delta-batch.ts'
import { sliceBatch } from '../executor/batch/gather.ts'
import { orAborted } from '../executor/runtime/cancellation.ts'
import { SqlError, SqlState } from '../planner/errors.ts'
import type { ResultRows, ResultSchema } from './session-contract.ts'

export const CURSORS_MAX = 256

export class Cursor {
  readonly name: string
  readonly fields: ResultSchema
  readonly isHeld: boolean
  /** A subscription: FETCH returns what is there, and waits only when there is nothing. */
  readonly isLive: boolean
  readonly #rows: ResultRows
  /** A read that was begun and not yet taken: a FETCH that times out or is cancelled loses nothing. */
  #pending: Promise<DeltaBatch | undefined> | undefined
  #batch: DeltaBatch | undefined
  #row = 0
  #ended = false

  constructor(
    name: string,
    fields: ResultSchema,
    rows: ResultRows,
    kind: { readonly isHeld: boolean; readonly isLive: boolean },
  ) {
    this.name = name
    this.fields = fields
    this.isHeld = kind.isHeld
    this.isLive = kind.isLive
    this.#rows = rows
  }

  /**
   * The next rows, at most `rowsMax`. `timeoutMs`: how long to wait for the count to be reached; undefined =
   * a live cursor returns as soon as it has a row, another one reads until it has all.
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
    if (!this.isLive) return undefined
    if (deadline !== undefined) return Math.max(0, deadline - performance.now())
    return hasRows ? 0 : undefined
  }

  /** Reads the next batch; false at the end or when `waitMs` passed. */
  async #pull(waitMs: number | undefined, signal: AbortSignal): Promise<boolean> {
    if (this.#ended) return false
    this.#pending ??= this.#rows.next()
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

interface OpenCursor {
  readonly cursor: Cursor
  /** By order of declaration. */
  readonly number: number
  /** WITH HOLD, and its transaction committed. */
  isKept: boolean
}

/** The cursors of a session by name. */
export class CursorTable {
  readonly #cursors = new Map<string, OpenCursor>()
  #declared = 0

  /** 42P03 when the name is taken, 54000 when there are too many. */
  add(cursor: Cursor): void {
    this.checkFree(cursor.name)
    this.#cursors.set(cursor.name, { cursor, number: this.#declared++, isKept: false })
  }

  checkFree(name: string): void {
    if (this.#cursors.has(name)) {
      throw new SqlError(SqlState.duplicateCursor, `cursor "${name}" already exists`)
    }
    if (this.#cursors.size >= CURSORS_MAX) {
      throw new SqlError(SqlState.programLimitExceeded, `too many cursors (at most ${CURSORS_MAX})`)
    }
  }

  /** 34000 when there is none. */
  get(name: string): Cursor {
    const cursor = this.#cursors.get(name)?.cursor
    if (cursor === undefined) {
      throw new SqlError(SqlState.invalidCursorName, `cursor "${name}" does not exist`)
    }
    return cursor
  }

  all(): readonly Cursor[] {
    return [...this.#cursors.values()].map(({ cursor }) => cursor)
  }

  close(name: string): void {
    this.get(name).close()
    this.#cursors.delete(name)
  }

  closeAll(): void {
    for (const { cursor } of this.#cursors.values()) cursor.close()
    this.#cursors.clear()
  }

  /** Of a savepoint, for closeSince. */
  mark(): number {
    return this.#declared
  }

  /** ROLLBACK TO. */
  closeSince(mark: number): void {
    for (const { cursor, number } of this.#cursors.values()) if (number >= mark) this.close(cursor.name)
  }

  /** COMMIT keeps the cursors WITH HOLD, ROLLBACK only those of earlier transactions. */
  endTransaction(isCommitted: boolean): void {
    for (const open of this.#cursors.values()) {
      if (isCommitted && open.cursor.isHeld) open.isKept = true
      if (!open.isKept) this.close(open.cursor.name)
    }
  }
}
