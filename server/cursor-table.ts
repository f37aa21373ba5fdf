/**
 * The cursors of SQL and the portals of the protocol, which share their names: each can be used as the other.
 * Cursors end with their transaction unless they were declared WITH HOLD, portals always do.
 */

import { SqlError, SqlState } from '../planner/errors.ts'
import type { DatabaseLimits } from './database-limits.ts'
import type { LiveCursor } from './live-cursor.ts'
import { SessionPortal } from './portal.ts'
import type { QueryCursor } from './query-cursor.ts'

export type Cursor = LiveCursor | QueryCursor

interface OpenCursor {
  readonly cursor: Cursor
  /** By order of declaration. */
  readonly number: number
  /** WITH HOLD, and its transaction committed. */
  isKept: boolean
}

interface OpenPortal {
  readonly portal: SessionPortal
  /** As of a cursor. */
  readonly number: number
}

/** The cursors and portals of a session by name. */
export class CursorTable {
  readonly #limits: DatabaseLimits
  readonly #cursors = new Map<string, OpenCursor>()
  readonly #portals = new Map<string, OpenPortal>()
  #opened = 0

  constructor(limits: DatabaseLimits) {
    this.#limits = limits
  }

  /** 42P03 when the name is taken, 54000 when there are too many. */
  add(cursor: Cursor): void {
    this.checkFree(cursor.name)
    this.#cursors.set(cursor.name, { cursor, number: this.#opened++, isKept: false })
  }

  checkFree(name: string): void {
    this.#checkName(name)
    const { cursorsMax } = this.#limits
    if (this.#cursors.size >= cursorsMax) {
      throw new SqlError(SqlState.programLimitExceeded, `too many cursors (at most ${cursorsMax})`)
    }
  }

  /** For a portal: the unnamed one is closed; else as `checkFree`. */
  makeRoom(name: string): void {
    if (name === '') this.closePortal('')
    this.#checkName(name)
    const { portalsMax } = this.#limits
    if (this.#portals.size >= portalsMax) {
      throw new SqlError(
        SqlState.programLimitExceeded,
        `too many portals (at most ${portalsMax} in a session)`,
      )
    }
  }

  addPortal(portal: SessionPortal): void {
    this.#portals.set(portal.name, { portal, number: this.#opened++ })
  }

  find(name: string): Cursor | SessionPortal | undefined {
    return this.#portals.get(name)?.portal ?? this.#cursors.get(name)?.cursor
  }

  /** 34000 when there is none. */
  get(name: string): Cursor | SessionPortal {
    const found = this.find(name)
    if (found !== undefined) return found
    throw new SqlError(SqlState.invalidCursorName, `cursor "${name}" does not exist`)
  }

  /** 34000 when there is none, 24000 for a portal that runs. */
  close(name: string): void {
    const found = this.get(name)
    if (isRunning(found)) {
      throw new SqlError(SqlState.invalidCursorState, `cannot drop active portal "${name}"`)
    }
    this.#drop(found)
  }

  /** No effect when there is none. */
  closePortal(name: string): void {
    const found = this.find(name)
    if (found !== undefined) this.#drop(found)
  }

  /** But a portal that runs. */
  closeAll(): void {
    for (const name of [...this.#portals.keys(), ...this.#cursors.keys()]) {
      if (!isRunning(this.get(name))) this.close(name)
    }
  }

  closePortals(): void {
    for (const [name, { portal }] of this.#portals) {
      portal.close()
      // Not by clear(): a map keeps what it had till then alive until the next full collection.
      this.#portals.delete(name)
    }
  }

  /** Of a savepoint, for closeSince. */
  mark(): number {
    return this.#opened
  }

  /** ROLLBACK TO. */
  closeSince(mark: number): void {
    for (const { portal, number } of this.#portals.values()) if (number >= mark) this.#drop(portal)
    for (const { cursor, number } of this.#cursors.values()) if (number >= mark) this.close(cursor.name)
  }

  /** Before COMMIT: cursors WITH HOLD take what they will give. undefined when there are none. */
  hold(signal: AbortSignal): Promise<void> | undefined {
    const open = [...this.#cursors.values()].filter(({ cursor, isKept }) => cursor.isHeld && !isKept)
    const held = open.flatMap(({ cursor }) => (cursor.kind === 'query' ? [cursor] : []))
    return held.length === 0 ? undefined : holdAll(held, signal)
  }

  /** COMMIT keeps the cursors WITH HOLD, ROLLBACK only those of earlier transactions. */
  endTransaction(isCommitted: boolean): void {
    this.closePortals()
    for (const open of this.#cursors.values()) {
      if (isCommitted && open.cursor.isHeld) open.isKept = true
      if (!open.isKept) this.close(open.cursor.name)
    }
  }

  #drop(found: Cursor | SessionPortal): void {
    found.close()
    this.#portals.delete(found.name)
    this.#cursors.delete(found.name)
  }

  #checkName(name: string): void {
    if (this.find(name) === undefined) return
    throw new SqlError(SqlState.duplicateCursor, `cursor "${name}" already exists`)
  }
}

async function holdAll(cursors: readonly QueryCursor[], signal: AbortSignal): Promise<void> {
  for (const cursor of cursors) await cursor.hold(signal)
}

function isRunning(found: Cursor | SessionPortal): boolean {
  return found instanceof SessionPortal && found.isRunning
}
