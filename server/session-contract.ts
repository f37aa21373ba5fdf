/**
 * A session as the wire protocol sees it. server/pgwire knows bytes and protocol states; the session knows
 * SQL,
 * transactions, prepared statements and portals. Everything that fails throws (or rejects with) a SqlError.
 */

import type { DeltaBatch } from '../executor/batch/delta-batch.ts'
import type { SqlValue } from '../executor/expression/evaluation-context.ts'
import type { Notice } from '../planner/errors.ts'
import type { Schema } from '../planner/schema.ts'
import type { DataType } from '../planner/types.ts'

/** ReadyForQuery's byte: idle, in a transaction block, in a failed one. */
export type TransactionStatus = 'I' | 'T' | 'E'

export interface Session {
  /** Key of CancelRequest; unique in the process. */
  readonly processId: number
  readonly transactionStatus: TransactionStatus
  /**
   * A setting as SHOW prints it (TimeZone, DateStyle, client_encoding, …); for text output and
   * ParameterStatus.
   */
  setting(name: string): string
  /** A duration setting; 0 = none. */
  milliseconds(name: string): number
  /** Called with a GUC_REPORT setting's new value, after the statement that changed it. */
  onParameterStatus: ((name: string, value: string) => void) | undefined
  onNotice: ((notice: Notice) => void) | undefined

  /**
   * The simple protocol: runs the statements of `text` in order, in one implicit transaction block. Yields
   * one result
   * per statement, lazily: the next statement starts when the previous result has been consumed. An error
   * rejects the
   * iterator and rolls the implicit block back. Yields nothing for empty text (EmptyQueryResponse).
   */
  simpleQuery(text: string): AsyncIterable<StatementResult>

  /** Parse. Replaces the unnamed statement; a named one must not exist (42P05). OID 0 or missing = infer. */
  prepare(name: string, text: string, parameterOids: readonly number[]): PreparedStatement
  /** 26000 when there is none. */
  preparedStatement(name: string): PreparedStatement
  closePreparedStatement(name: string): void

  /**
   * Bind. Values are decoded already (pgwire owns the text and binary codecs). 42P03 when a named portal
   * exists.
   */
  bind(portalName: string, statement: PreparedStatement, parameters: readonly SqlValue[]): Portal
  /** 34000 when there is none. */
  portal(name: string): Portal
  closePortal(name: string): void

  /** Sync: ends the implicit transaction of the extended protocol, commits or rolls back, drops portals. */
  sync(): Promise<void>
  /** The extended protocol failed: the transaction, implicit or not, is failed; pgwire skips to Sync. */
  fail(): void
  /**
   * CancelRequest or shutdown: the running statement rejects with 57014 (or `reason`); no effect when idle.
   */
  cancel(reason?: Error): void
  close(): Promise<void>
}

export interface PreparedStatement {
  readonly name: string
  readonly parameterTypes: readonly DataType[]
  /** Result columns; undefined when it returns no rows (NoData). Empty text is `isEmpty`. */
  readonly fields: ResultSchema | undefined
  readonly isEmpty: boolean
}

/** Result columns with where they come from, for RowDescription. */
export interface ResultSchema {
  readonly schema: Schema
  /** Per column: OID and 1-based attribute number of the base relation's column, 0 when computed. */
  readonly tableOids: readonly number[]
  readonly attributeNumbers: readonly number[]
}

export interface Portal {
  readonly name: string
  readonly fields: ResultSchema | undefined
  readonly isEmpty: boolean
  /**
   * Starts on first call, later calls continue. The result stays the portal's: pgwire pulls as many rows as
   * it may send. `isLast`: Sync is known to come next, so that the statement may commit at its end and a
   * conflict is its own error; otherwise the implicit transaction commits at Sync.
   */
  execute(isLast?: boolean): Promise<StatementResult>
}

/**
 * Rows are pulled: nothing is computed beyond a batch ahead of what was taken, so a slow client costs bounded
 * memory.
 */
export interface ResultRows {
  next(): Promise<DeltaBatch | undefined>
  /** Idempotent; releases snapshots. Also called after next() returned undefined or threw. */
  close(): void
}

export type StatementResult =
  /**
   * SELECT, VALUES, SHOW, EXPLAIN, FETCH, … RETURNING. commandTag gets the number of rows this execution
   * sent.
   */
  | {
      readonly kind: 'rows'
      readonly fields: ResultSchema
      readonly rows: ResultRows
      commandTag(rowCount: number): string
    }
  | { readonly kind: 'command'; readonly commandTag: string }
  /** COPY … TO STDOUT. Live (a subscription): flush to the socket whenever next() has to wait. */
  | {
      readonly kind: 'copy_out'
      readonly fields: ResultSchema
      readonly rows: ResultRows
      readonly format: CopyFormat
      readonly live: boolean
      commandTag(rowCount: number): string
    }
  | { readonly kind: 'empty' }

/** COPY's text or csv format. */
export interface CopyFormat {
  readonly format: 'text' | 'csv'
  readonly delimiter: string
  readonly nullText: string
  readonly header: boolean
  readonly quote: string
  readonly escape: string
}
