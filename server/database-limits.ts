/** Sizes and counts that sessions and statements may reach, with the reaction past each. */

import { statementBytesMax } from '../planner/sql/raw-parser.ts'

export interface DatabaseLimits {
  /** Bytes of a statement's text; 54000. */
  readonly statementBytesMax: number
  /** Prepared statements of a session, and the bytes of all their texts; 54000. */
  readonly preparedStatementsMax: number
  readonly preparedBytesMax: number
  /** Portals, and cursors, of a session; 54000. */
  readonly portalsMax: number
  readonly cursorsMax: number
  /** Bytes of rows kept for a SCROLL cursor, or after COMMIT for one WITH HOLD; 54000. */
  readonly cursorBytesMax: number
  /** Bytes of one value that a function or an aggregate makes; 54000. */
  readonly valueBytesMax: number
  /** Bytes that the operators of one query hold: groups, sorted rows, the built side of joins; 53200. */
  readonly queryMemoryMax: number
  /** Bytes that a transaction wrote and did not commit, and that its statements collect; 53200. */
  readonly transactionMemoryMax: number
  /** Bytes of all that: queries, transactions, cursors, prepared statements of all sessions; 53200. */
  readonly workMemoryMax: number
  /** Bytes of changes kept for a subscriber that reads too slowly; 53200. */
  readonly subscriptionBytesMax: number
  /** Bytes of notifications that wait for one session before NOTIFY fails; 54000. */
  readonly notificationBytesMax: number
}

const MIB = 1024 * 1024

const defaults: DatabaseLimits = {
  statementBytesMax,
  preparedStatementsMax: 1000,
  preparedBytesMax: 16 * MIB,
  portalsMax: 256,
  cursorsMax: 256,
  cursorBytesMax: 64 * MIB,
  valueBytesMax: 16 * MIB,
  queryMemoryMax: 1024 * MIB,
  transactionMemoryMax: 1024 * MIB,
  workMemoryMax: 4096 * MIB,
  subscriptionBytesMax: 64 * MIB,
  notificationBytesMax: 8 * MIB,
}

/** The defaults with `given` in their place. */
export function databaseLimits(given: Partial<DatabaseLimits> = {}): DatabaseLimits {
  return { ...defaults, ...given }
}
