/** The cursors of a session by name. They end with their transaction unless they were declared WITH HOLD. */

import { SqlError, SqlState } from '../planner/errors.ts'
import type { LiveCursor } from './live-cursor.ts'
import type { QueryCursor } from './query-cursor.ts'

export const CURSORS_MAX = 256

export type Cursor = LiveCursor | QueryCursor

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
