/**
 * The contract between sessions and statements/: a statement is planned once against a catalog snapshot, and
 * then run any number of times. Queries and INSERT/UPDATE/DELETE plans are shared between sessions; all
 * others belong to the session that planned them.
 */

import type { EvaluationContext, SqlValue } from '../executor/expression/evaluation-context.ts'
import type { Awaitable } from '../executor/runtime/awaitable.ts'
import type { MemoryLimit } from '../executor/runtime/memory-limit.ts'
import type { Notice } from '../planner/errors.ts'
import type { Schema } from '../planner/schema.ts'
import type { Statement } from '../planner/sql/ast.ts'
import type { Steps } from '../planner/steps.ts'
import type { DataType } from '../planner/types.ts'
import type { SessionIdentity } from './auth/session-identity.ts'
import type { CatalogSnapshot } from './catalog/catalog-snapshot.ts'
import type { CursorTable } from './cursor-table.ts'
import type { Database } from './database.ts'
import type { ResultSchema, StatementResult } from './session-contract.ts'
import type { SessionSettings, SettingsMark } from './settings/session-settings.ts'
import type { Transaction } from './transaction.ts'

/** What planning reads. */
export interface Planning {
  readonly database: Database
  readonly catalog: CatalogSnapshot
  readonly searchPath: readonly string[]
  /** undefined: there are none. */
  readonly parameterTypes: ParameterTypes | undefined
  /** The statement as the user wrote it, alone. */
  readonly text: string
  readonly session: SessionAccess
}

/** Declared types of $1 …; undefined = inferred. */
export type ParameterTypes = readonly (DataType | undefined)[]

export interface PlannedStatement {
  readonly parameterTypes: readonly DataType[]
  /** Result columns; undefined when no rows are returned. */
  readonly fields: ResultSchema | undefined
  /**
   * Depends on text, parameter types, catalog epoch and search path alone: may be shared between sessions.
   */
  readonly isShared: boolean
  /** Runs to its first row; rows are pulled from the result. Rejects with SqlErrors. */
  run(execution: Execution): Awaitable<StatementResult>
}

/** One run of a planned statement. */
export interface Execution {
  readonly session: SessionAccess
  readonly parameters: readonly SqlValue[]
  readonly context: EvaluationContext
  /** Aborts with an SqlError as reason: cancel, time-out, shutdown. */
  readonly signal: AbortSignal
  /**
   * The statement is a transaction of its own and commits in `run`, so that a conflict can be retried.
   * Otherwise writes go into the session's transaction.
   */
  readonly autocommit: boolean
}

/** What a session restores, besides writes, when it goes back to a savepoint. */
export interface SessionMark {
  readonly settings: SettingsMark
  /** READ ONLY ends with the savepoint inside which it was set, also on RELEASE. */
  readonly readOnly: string
  /** Cursors declared and portals bound since are closed. */
  readonly cursors: number
}

/** What statements may touch of their session. */
export interface SessionAccess {
  readonly database: Database
  readonly identity: SessionIdentity
  readonly settings: SessionSettings
  readonly transaction: Transaction<SessionMark>
  readonly cursors: CursorTable
  /** What it holds; all is given back when it ends. */
  readonly memory: MemoryLimit
  readonly preparedStatements: PreparedStatementTable
  readonly searchPath: readonly string[]
  /** Aborts when the session ends. */
  readonly closing: AbortSignal
  notice(notice: Notice): void
  /** What expressions of a statement that starts now read. */
  context(parameters: readonly SqlValue[]): EvaluationContext
  /** Plans a statement inside another one: EXPLAIN, DECLARE, PREPARE, COPY. */
  plan(
    statement: Statement,
    text: string,
    parameterTypes: ParameterTypes | undefined,
  ): Steps<PlannedStatement>
  /**
   * COMMIT: makes the transaction's writes visible; rejects and rolls back when they conflict. undefined when
   * there were none.
   */
  commit(): Promise<void> | undefined
  rollback(): void
  /** SAVEPOINT. */
  mark(): SessionMark
  /** ROLLBACK TO. */
  restore(mark: SessionMark): void
}

/** Statements of PREPARE and of the protocol's Parse share one table, as in PostgreSQL. */
export interface PreparedStatementTable {
  /** 42P05 when the name is taken, 54000 when there are too many. */
  prepare(name: string, statement: Statement, text: string, types: ParameterTypes): Promise<void>
  /** The plan, made again when the catalog changed; 26000 when there is none. */
  current(name: string): Steps<PlannedStatement>
  has(name: string): boolean
  /** The result columns; undefined when there are none, or no such statement. */
  fields(name: string): ResultSchema | undefined
  close(name: string): void
  closeAll(): void
}

/** Result columns that are computed, not a base relation's. */
export function computedFields(schema: Schema): ResultSchema {
  const zeros = schema.map(() => 0)
  return { schema, tableOids: zeros, attributeNumbers: zeros }
}

/** A statement that returns no rows and is not shared. */
export function command(run: (execution: Execution) => Promise<string> | string): PlannedStatement {
  return {
    parameterTypes: [],
    fields: undefined,
    isShared: false,
    async run(execution) {
      return { kind: 'command', commandTag: await run(execution) }
    },
  }
}
