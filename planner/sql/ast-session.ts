/** Statements of a session: transactions, settings, SHOW, EXPLAIN, cursors, COPY. The rest is in ast.ts. */

import type { ColumnName, DropObject, EmitClause, Option, Statement } from './ast.ts'
import type { Expression, TypeName } from './ast-expression.ts'
import type { SelectStatement, TableName } from './ast-query.ts'

export interface TransactionStatement {
  readonly kind: 'transaction'
  readonly action:
    | 'begin'
    | 'commit'
    | 'rollback'
    | 'savepoint'
    | 'release'
    | 'rollback_to'
    | 'prepare'
    | 'commit_prepared'
    | 'rollback_prepared'
  /** Command tag of START TRANSACTION differs from BEGIN's. */
  readonly start: boolean
  /** Of savepoint, release, rollback_to; the id of two-phase actions. */
  readonly name: string | undefined
  /**
   * transaction_isolation = 'repeatable read', transaction_read_only = 'true'/'false',
   * transaction_deferrable.
   */
  readonly modes: readonly Option[]
  readonly chain: boolean
  readonly position: number
}

export interface SetStatement {
  readonly kind: 'set'
  /** Lower case, with dots for custom ones. `SET TRANSACTION …` is `transaction modes`, see `modes`. */
  readonly name: string
  readonly scope: 'session' | 'local'
  /** Values as written, without quotes; 'default' for SET x TO DEFAULT is undefined. */
  readonly values: readonly string[] | undefined
  /** Of SET TRANSACTION and SET SESSION CHARACTERISTICS AS TRANSACTION. */
  readonly modes: readonly Option[]
  readonly position: number
}

/** RESET name; name 'all' for RESET ALL. */
export interface ResetStatement {
  readonly kind: 'reset'
  readonly name: string
  readonly position: number
}

export type ShowObject =
  | 'tables'
  | 'sources'
  | 'materialized_views'
  | 'views'
  | 'sinks'
  | 'models'
  | 'jobs'
  | 'schemas'
  | 'functions'
  | 'source_lag'
  | 'indexes'
  | 'databases'
  | 'connectors'
  | 'subscriptions'
  | 'cursors'

export interface ShowStatement {
  readonly kind: 'show'
  readonly target: /** SHOW name; 'all' for SHOW ALL. */
    | { readonly kind: 'variable'; readonly name: string }
    /** SHOW TABLES [FROM schema] [LIKE 'pattern'] and the like. */
    | {
        readonly kind: 'objects'
        readonly objects: ShowObject
        readonly schemaName: string | undefined
        readonly name: TableName | undefined
        readonly like: string | undefined
      }
    /** DESCRIBE x, SHOW COLUMNS FROM x. */
    | { readonly kind: 'columns'; readonly table: TableName }
    /** SHOW CREATE TABLE x and the like. */
    | { readonly kind: 'create'; readonly object: DropObject; readonly table: TableName }
  readonly position: number
}

export interface ExplainStatement {
  readonly kind: 'explain'
  /**
   * Lower case names; ANALYZE, VERBOSE before the statement are here too. A name without a value means
   * 'true'.
   */
  readonly options: readonly Option[]
  readonly analyze: boolean
  readonly statement: Statement
  readonly position: number
}

export interface FlushStatement {
  readonly kind: 'flush'
  readonly position: number
}

/** WAIT is an alias of FLUSH's wait; DISCARD ALL | PLANS | SEQUENCES | TEMP. */
export interface DiscardStatement {
  readonly kind: 'discard'
  readonly what: 'all' | 'plans' | 'sequences' | 'temp'
  readonly position: number
}

export interface NotifyStatement {
  readonly kind: 'listen' | 'notify' | 'unlisten'
  /** undefined for UNLISTEN *. */
  readonly channel: string | undefined
  readonly payload: string | undefined
  readonly position: number
}

/** SUBSCRIBE [TO] v | (query) [WITH (…)] [AS OF t] [UP TO t]. */
export interface SubscribeStatement {
  readonly kind: 'subscribe'
  readonly from: { readonly kind: 'relation'; readonly table: TableName } | SelectStatement
  readonly emit: EmitClause | undefined
  /** Lower case: snapshot, progress. */
  readonly options: readonly Option[]
  readonly asOf: Expression | undefined
  readonly upTo: Expression | undefined
  readonly position: number
}

export interface CopyStatement {
  readonly kind: 'copy'
  readonly from:
    | { readonly kind: 'relation'; readonly table: TableName; readonly columns: readonly ColumnName[] }
    | { readonly kind: 'query'; readonly statement: Statement }
    | SubscribeStatement
  /** COPY … FROM (true) or TO (false). */
  readonly isFrom: boolean
  /** STDIN/STDOUT when undefined. */
  readonly file: string | undefined
  readonly program: boolean
  readonly options: readonly Option[]
  readonly where: Expression | undefined
  readonly position: number
}

export interface DeclareCursorStatement {
  readonly kind: 'declare_cursor'
  readonly name: string
  readonly query: SelectStatement | SubscribeStatement
  readonly binary: boolean
  readonly scroll: boolean | undefined
  readonly insensitive: boolean
  readonly hold: boolean
  /** Text of the query, for pg_cursors. */
  readonly position: number
}

export interface FetchStatement {
  readonly kind: 'fetch'
  readonly move: boolean
  readonly cursor: string
  readonly direction: 'forward' | 'backward' | 'absolute' | 'relative'
  /** Rows to fetch; 'all' for ALL. */
  readonly count: number | 'all'
  /** FETCH … WITH (timeout = '1s'). */
  readonly options: readonly Option[]
  readonly position: number
}

/** CLOSE name; undefined for CLOSE ALL. */
export interface CloseStatement {
  readonly kind: 'close'
  readonly name: string | undefined
  readonly position: number
}

export interface PrepareStatement {
  readonly kind: 'prepare'
  readonly name: string
  readonly types: readonly TypeName[]
  readonly statement: Statement
  readonly position: number
}

export interface ExecuteStatement {
  readonly kind: 'execute'
  readonly name: string
  readonly args: readonly Expression[]
  readonly position: number
}

/** DEALLOCATE name; undefined for ALL. */
export interface DeallocateStatement {
  readonly kind: 'deallocate'
  readonly name: string | undefined
  readonly position: number
}

export interface TruncateStatement {
  readonly kind: 'truncate'
  readonly tables: readonly TableName[]
  readonly cascade: boolean
  readonly position: number
}

/** LOCK TABLE, with PostgreSQL's number of the mode: 1 ACCESS SHARE … 8 ACCESS EXCLUSIVE. */
export interface LockTableStatement {
  readonly kind: 'lock_table'
  readonly tables: readonly TableName[]
  readonly mode: number
  readonly position: number
}

/** VACUUM and ANALYZE: accepted, nothing to do. */
export interface VacuumStatement {
  readonly kind: 'vacuum'
  readonly analyze: boolean
  readonly tables: readonly TableName[]
  readonly position: number
}

/** ALTER TABLE t ADD COLUMN …, and every other statement of PostgreSQL: `command` is its command tag. */
export interface UnsupportedStatement {
  readonly kind: 'unsupported'
  readonly command: string
  readonly position: number
}
