/**
 * A cursor over a query. It keeps its snapshot until it is closed. Where it stands and how each FETCH and
 * MOVE moves it is PostgreSQL's portal (pquery.c, DoPortalRunFetch): before the first row, on a row, or after
 * the last one.
 */

import type { DeltaBatch } from '../executor/batch/delta-batch.ts'
import type { MemoryLimit } from '../executor/runtime/memory-limit.ts'
import { SqlError, SqlState } from '../planner/errors.ts'
import { CursorRows } from './cursor-rows.ts'
import { HeldBatches } from './held-batches.ts'
import type { ResultRows, ResultSchema } from './session-contract.ts'
import { rowsOfBatches } from './value-rows.ts'

/** FETCH's and MOVE's direction and count; Infinity = ALL. */
export interface Movement {
  readonly direction: 'forward' | 'backward' | 'absolute' | 'relative'
  readonly count: number
}

export interface QueryCursorOptions {
  readonly isHeld: boolean
  readonly isBinary: boolean
  /** undefined: scrolls as long as the result is small. */
  readonly scroll: boolean | undefined
  /** Bytes of rows that a SCROLL cursor, or one that is held, keeps before it fails with 54000. */
  readonly keptBytesMax: number
  /** Where the rows count that it keeps. */
  readonly memory: MemoryLimit
}

/** What a cursor keeps of its rows when nobody said SCROLL or NO SCROLL. */
const UNASKED_BYTES_MAX = 1024 * 1024

/** What is left to do of a movement after the cursor was put in place: rows in one direction. */
interface Run {
  readonly forward: boolean
  readonly count: number
}

export class QueryCursor {
  readonly kind = 'query'
  readonly name: string
  readonly fields: ResultSchema
  readonly isHeld: boolean
  readonly isBinary: boolean
  readonly #rows: CursorRows
  readonly #heldBytesMax: number
  readonly #memory: MemoryLimit
  /** The row it stands on, from 1; at the end the number of rows. */
  #position = 0
  #atStart = true
  #atEnd = false
  /** A FETCH whose rows were not all taken yet. */
  #fetching: ForwardFetch | undefined

  constructor(name: string, fields: ResultSchema, rows: ResultRows, options: QueryCursorOptions) {
    const { scroll, keptBytesMax, memory } = options
    this.name = name
    this.fields = fields
    this.isHeld = options.isHeld
    this.isBinary = options.isBinary
    this.#heldBytesMax = keptBytesMax
    const bytesMax = scroll === true ? keptBytesMax : scroll === false ? 0 : UNASKED_BYTES_MAX
    this.#memory = memory
    this.#rows = new CursorRows(rows, bytesMax, memory, refusal => {
      if (scroll === true) {
        const hint = 'Declare it with NO SCROLL, or fetch fewer or narrower rows.'
        throw refusal ?? tooLarge(`scrollable cursor "${name}"`, bytesMax, hint)
      }
    })
  }

  /** Rows in the order of the movement; forward they are read as they are taken. `signal` ends waiting. */
  async fetch(movement: Movement, signal: AbortSignal | undefined): Promise<ResultRows> {
    const { forward, count } = await this.#seek(movement, false, signal)
    if (!forward) {
      const { from, moved } = this.#back(count)
      return rowsOfBatches(this.#rows.backward(from, moved))
    }
    this.#fetching = new ForwardFetch(count, this.#memory, rowsMax => this.#forward(rowsMax, signal))
    return this.#fetching
  }

  /** Resolves with the number of rows that a FETCH would have returned. */
  async move(movement: Movement, signal: AbortSignal | undefined): Promise<number> {
    if (isZero(movement)) {
      await this.#finishFetch()
      return this.#isOnRow ? 1 : 0
    }
    const run = await this.#seek(movement, true, signal)
    return this.#skip(run, signal)
  }

  /** COMMIT of a cursor WITH HOLD: it has its rows from now on, and no snapshot. 54000 for too many. */
  async hold(signal: AbortSignal): Promise<void> {
    await this.#finishFetch()
    const bytesMax = this.#heldBytesMax
    const refuse = (refusal: SqlError | undefined) => {
      throw refusal ?? tooLarge(`cursor "${this.name}" WITH HOLD`, bytesMax, 'Fetch its rows before COMMIT.')
    }
    await this.#rows.hold(bytesMax, refuse, signal)
  }

  close(): void {
    this.#fetching?.close()
    this.#rows.close()
  }

  get #isOnRow(): boolean {
    return !this.#atStart && !this.#atEnd
  }

  /** Moves to where the rows of the movement begin. */
  async #seek(
    { direction, count }: Movement,
    isMove: boolean,
    signal: AbortSignal | undefined,
  ): Promise<Run> {
    await this.#finishFetch()
    switch (direction) {
      case 'absolute':
        return this.#seekAbsolute(count, signal)
      case 'relative':
        if (count === 0) return this.#stay(isMove)
        await this.#skip({ forward: count > 0, count: Math.abs(count) - 1 }, signal)
        return { forward: count > 0, count: 1 }
      default: {
        if (count === 0) return this.#stay(isMove)
        const forward = (direction === 'forward') === count > 0
        return { forward, count: Math.abs(count) }
      }
    }
  }

  async #seekAbsolute(count: number, signal: AbortSignal | undefined): Promise<Run> {
    if (count < 0) {
      await this.#skip({ forward: true, count: Number.POSITIVE_INFINITY }, signal)
      await this.#skip({ forward: false, count: -count - 1 }, signal)
      return { forward: false, count: 1 }
    }
    if (count > this.#position + (this.#atEnd ? 1 : 0)) {
      await this.#skip({ forward: true, count: count - this.#position - 1 }, signal)
      return { forward: true, count: 1 }
    }
    this.#rewind()
    await this.#skip({ forward: true, count: count - 1 }, signal)
    return { forward: true, count: Math.min(count, 1) }
  }

  /** A count of 0 fetches the row that the cursor stands on once more. */
  #stay(isMove: boolean): Run {
    if (isMove || !this.#isOnRow) return { forward: true, count: 0 }
    this.#back(1)
    return { forward: true, count: 1 }
  }

  async #skip({ forward, count }: Run, signal: AbortSignal | undefined): Promise<number> {
    if (count <= 0) return 0
    if (!forward) return this.#back(count).moved
    let moved = 0
    while (moved < count) {
      const batch = await this.#forward(count - moved, signal)
      if (batch === undefined) break
      moved += batch.length
    }
    return moved
  }

  async #forward(count: number, signal: AbortSignal | undefined): Promise<DeltaBatch | undefined> {
    if (this.#atEnd) return undefined
    const batch = await this.#rows.forward(this.#position, count, signal)
    if (batch === undefined) {
      this.#atEnd = true
      return undefined
    }
    this.#atStart = false
    this.#position += batch.length
    return batch
  }

  /** Moves back over at most `count` rows: `moved` ones, the first of which is number `from`, from 0. */
  #back(count: number): { readonly from: number; readonly moved: number } {
    if (!this.#rows.keeps) throw forwardOnly()
    const from = this.#atEnd ? this.#position - 1 : this.#position - 2
    const moved = Math.min(count, Math.max(0, from + 1))
    this.#atStart = moved < count
    this.#atEnd = false
    this.#position = this.#atStart ? 0 : from - moved + 2
    return { from, moved }
  }

  #rewind(): void {
    if (this.#atStart && !this.#atEnd) return
    if (!this.#rows.keeps) throw forwardOnly()
    this.#position = 0
    this.#atStart = true
    this.#atEnd = false
  }

  async #finishFetch(): Promise<void> {
    await this.#fetching?.finish()
    this.#fetching = undefined
  }
}

/** The rows of a FETCH, pulled one by one; another statement on the cursor reads the rest first. */
class ForwardFetch implements ResultRows {
  readonly #read: (rowsMax: number) => Promise<DeltaBatch | undefined>
  #left: number
  readonly #ready: HeldBatches
  #closed = false

  constructor(
    count: number,
    memory: MemoryLimit,
    read: (rowsMax: number) => Promise<DeltaBatch | undefined>,
  ) {
    this.#left = count
    this.#ready = new HeldBatches(memory)
    this.#read = read
  }

  async next(): Promise<DeltaBatch | undefined> {
    return this.#ready.next() ?? this.#pull()
  }

  async finish(): Promise<void> {
    for (let batch = await this.#pull(); batch !== undefined; batch = await this.#pull()) {
      if (!this.#closed) this.#ready.add(batch)
    }
  }

  close(): void {
    this.#closed = true
    this.#ready.close()
  }

  async #pull(): Promise<DeltaBatch | undefined> {
    if (this.#left === 0) return undefined
    const batch = await this.#read(this.#left)
    this.#left = batch === undefined ? 0 : this.#left - batch.length
    return batch
  }
}

function isZero({ direction, count }: Movement): boolean {
  return count === 0 && direction !== 'absolute'
}

export function forwardOnly(): SqlError {
  return new SqlError(SqlState.objectNotInPrerequisiteState, 'cursor can only scan forward', {
    hint: 'Declare it with SCROLL option to enable backward scan.',
  })
}

function tooLarge(what: string, bytesMax: number, hint: string): SqlError {
  return new SqlError(SqlState.programLimitExceeded, `rows of ${what} take more than ${bytesMax} bytes`, {
    hint,
  })
}
