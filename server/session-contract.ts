/**
 * A session as the wire protocol sees it. server/pgwire knows bytes and protocol states; the session knows
 * SQL,
 * transactions, prepared statements and portals. Everything that fails throws (or rejects with) a SqlError.
 */

import type { DeltaBatch } from '../executor/batch/delta-batch.ts'
import type { EvaluationContext, SqlValue } from '../executor/expression/evaluation-context.ts'
import type { Awaitable } from '../executor/runtime/awaitable.ts'
import type { Notice, SqlError } from '../planner/errors.ts'
import type { Schema } from '../planner/schema.ts'
import type { DataType } from '../planner/types.ts'
import type { ClientEncoding } from './encoding/encoding-names.ts'

/** ReadyForQuery's byte: idle, in a transaction block, in a failed one. */
export type TransactionStatus = 'I' | 'T' | 'E'

/** What NOTIFY sent. */
export interface Notification {
  /** Of the session that sent it. */
  readonly processId: number
  readonly channel: string
  readonly payload: string
}

export interface Session {
  /** Key of CancelRequest; unique in the process. */
  readonly processId: number
  readonly transactionStatus: TransactionStatus
  /** A setting as SHOW prints it (TimeZone, DateStyle, client_encoding, …); for ParameterStatus. */
  setting(name: string): string
  /** A duration setting; 0 = none. */
  milliseconds(name: string): number
  /** What text input and output of values depend on, as it is now. */
  context(parameters: readonly SqlValue[]): EvaluationContext
  /** Called with a GUC_REPORT setting's new value, whenever it changes. */
  onParameterStatus: ((name: string, value: string) => void) | undefined
  onNotice: ((notice: Notice) => void) | undefined
  /**
   * LISTEN: called between transactions only, also while the client is idle. Returns the bytes that the
   * client has yet to take; with too many the session ends.
   */
  onNotification: ((notification: Notification) => number) | undefined

  /**
   * The simple protocol: runs the statements of `text` in order, in one implicit transaction block. Yields
   * one result
   * per statement, lazily: the next statement starts when the previous result has been consumed. An error
   * rejects the
   * iterator and rolls the implicit block back. Yields nothing for empty text (EmptyQueryResponse).
   */
  simpleQuery(text: string): AsyncIterable<StatementResult>

  /**
   * Parse. Replaces the unnamed statement; a named one must not exist (42P05). OID 0 or missing = infer.
   * Waits where parsing or planning takes long, as Describe and Bind do where the catalog has changed.
   */
  prepare(name: string, text: string, parameterOids: readonly number[]): Awaitable<PreparedStatement>
  /** 26000 when there is none. */
  preparedStatement(name: string): PreparedStatement
  closePreparedStatement(name: string): void

  /** Describe: as `preparedStatement`, checked against the catalog. 25P02 when it returns rows. */
  describeStatement(name: string): Awaitable<PreparedStatement>

  /**
   * Bind. `parameters` decodes the values (pgwire owns the text and binary codecs), once the portal may be
   * made: 25P02 in a failed transaction, 42P03 when the name is taken.
   */
  bind(
    portalName: string,
    statement: PreparedStatement,
    parameters: () => readonly SqlValue[],
  ): Awaitable<Portal>
  /** SQL's cursors are portals too, of which each call makes a new one. 34000 when there is none. */
  portal(name: string): Portal
  /** Describe: as `portal`. 25P02 when it returns rows and the transaction has failed. */
  describePortal(name: string): Portal
  closePortal(name: string): void

  /**
   * A portal has sent as many rows as it was asked for. Until the next message nothing runs: cancel and
   * time-outs have no effect.
   */
  suspend(): void
  /**
   * Sync: ends the implicit transaction of the extended protocol, commits or rolls back, drops portals.
   * undefined when there was nothing to wait for.
   */
  sync(): Promise<void> | undefined
  /** The extended protocol failed: the transaction, implicit or not, is failed; pgwire skips to Sync. */
  fail(): void
  /** pg_terminate_backend: called once, with what the client is told before its connection closes. */
  onTerminated: ((error: SqlError) => void) | undefined
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
  /** What pgwire keeps of it; nothing to the session. */
  attachment: unknown
  readonly fields: ResultSchema | undefined
  readonly isEmpty: boolean
  /**
   * Starts on first call, later calls continue; 55000 when it returned no rows to go on with. The result
   * stays the portal's: pgwire pulls as many rows as it may send. `isLast`: Sync is known to come next, so
   * that the statement may commit at its end and a conflict is its own error; otherwise the implicit
   * transaction commits at Sync. `rowsMax`: the result has at most so many rows, and the next call's begins
   * after them; 0 = all. A live result ignores it.
   */
  execute(isLast?: boolean, rowsMax?: number): Awaitable<StatementResult>
}

/**
 * Rows are pulled: nothing is computed beyond a batch ahead of what was taken, so a slow client costs bounded
 * memory.
 */
export interface ResultRows {
  next(): Awaitable<DeltaBatch | undefined>
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
      /** A subscription: it never ends, next() waits for changes. */
      readonly live?: boolean
      /** FETCH from a BINARY cursor: the simple protocol sends values in binary. */
      readonly isBinary?: boolean
      commandTag(rowCount: number): string
    }
  | { readonly kind: 'command'; readonly commandTag: string }
  /** COPY … TO STDOUT. Live as above. */
  | {
      readonly kind: 'copy_out'
      readonly fields: ResultSchema
      readonly rows: ResultRows
      readonly format: CopyFormat
      readonly live: boolean
      commandTag(rowCount: number): string
    }
  /** COPY … FROM STDIN: takes `input` to its end. */
  | {
      readonly kind: 'copy_in'
      readonly format: CopyFormat['format']
      readonly columnCount: number
      readonly input: CopyInput
      /** Aborts with the SqlError that the statement ends with. */
      readonly signal: AbortSignal
    }
  | { readonly kind: 'empty' }

/** What the client of a COPY FROM sends. Errors name the line; after one the input takes nothing more. */
export interface CopyInput {
  /** Bytes of the data, cut anywhere; they are copied. Throws the error of a row. */
  write(bytes: Buffer): void
  /** Nothing more has arrived: rows that are whole are read now. Throws as `write`. */
  flush(): void
  /** The data is complete. Resolves with the command tag when the rows are stored. */
  finish(): Promise<string>
  /** The error with the line that was reached. */
  located(error: SqlError): SqlError
  /** It is over, finished or not. */
  close(): void
}

/** COPY's formats; for binary only `format` matters. */
export interface CopyFormat {
  readonly format: 'text' | 'csv' | 'binary'
  readonly delimiter: string
  readonly nullText: string
  readonly header: boolean
  readonly quote: string
  readonly escape: string
  /** By column: csv values that are quoted unless they are NULL. */
  readonly forceQuote: readonly boolean[]
  /** Of text and csv; undefined = the client's. */
  readonly encoding: ClientEncoding | undefined
}
