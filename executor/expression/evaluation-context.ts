/** What expressions may read besides their row. Fixed for a statement, or for the life of a streaming job. */

import type { Numeric } from '../batch/numeric.ts'

/**
 * A SQL value outside columns (parameters, edges, tests): bool → boolean; int2/int4/oid/float → number; int8
 * → bigint;
 * numeric → Numeric; text-like, json, jsonb → string; date → number (days since 1970); time, timestamp(tz) →
 * bigint
 * microseconds (since midnight / 1970); bytea, uuid, interval, timetz, arrays, records → Uint8Array in
 * PostgreSQL's binary form.
 */
export type SqlValue = null | boolean | number | bigint | string | Numeric | Uint8Array

/** What functions may do to the session whose statement calls them. */
export interface SessionEffects {
  /** SET [LOCAL] name = value, undefined = DEFAULT; returns the value as SHOW prints it. */
  changeSetting(name: string, value: string | undefined, isLocal: boolean): string
  /** NOTIFY channel, payload. */
  notify(channel: string, payload: string): void
  /** The channels of LISTEN. */
  listeningChannels(): readonly string[]
  /** How full the fullest queue of notifications is, 0 … 1. */
  notificationQueueUsage(): number
  /**
   * Cancels what the session of that process id runs, or ends it; false, with a warning, when there is none.
   * 42501 when the role may not.
   */
  signalSession(signal: SessionSignal, processId: number): boolean
  /** NULL when the role or object is given by an OID that is nothing's. */
  hasPrivilege(question: PrivilegeQuestion): boolean | null
}

export type SessionSignal = 'cancel' | 'terminate'

/** What has_table_privilege and its kin ask; roles and objects by name or OID, columns by name or number. */
export interface PrivilegeQuestion {
  /** undefined = the current role. */
  readonly role: string | number | undefined
  readonly on:
    | { readonly kind: 'relation' | 'any_column'; readonly relation: string | number }
    | { readonly kind: 'column'; readonly relation: string | number; readonly column: string | number }
    | { readonly kind: 'schema' | 'database' | 'role'; readonly name: string | number }
  /** A list as PostgreSQL reads it: `SELECT, UPDATE WITH GRANT OPTION`. */
  readonly privileges: string
}

export interface EvaluationContext {
  /** IANA name or a fixed offset in PostgreSQL's spelling; what timestamptz input and output use. */
  readonly timeZone: string
  /** Microseconds since 1970 at the start of the transaction: now(). */
  readonly transactionTimestamp: bigint
  /** Microseconds since 1970 at the start of the statement. */
  readonly statementTimestamp: bigint
  /** Values of $1 … in the types the binder gave them. */
  readonly parameters: readonly SqlValue[]
  /**
   * SHOW-able settings and session facts that functions read, keyed by lower-case name: datestyle,
   * intervalstyle,
   * search_path, server_version …; and current_user, session_user, current_database, backend_pid,
   * postmaster_start_time (microseconds since 1970). A missing key means PostgreSQL's default.
   */
  readonly settings: ReadonlyMap<string, string>
  /** Bytes of a value that a function or an aggregate makes; what a JS string can hold when not given. */
  readonly valueBytesMax?: number | undefined
  /** What set_config and pg_notify do; undefined in streaming jobs, which belong to no session. */
  readonly effects?: SessionEffects | undefined
  /**
   * 'throw': an expression's run-time error ends the statement. 'null': streaming jobs; the value becomes
   * NULL (a
   * predicate false), and `onError` is called once per failed row.
   */
  readonly onError: 'throw' | ((error: Error) => void)
}
