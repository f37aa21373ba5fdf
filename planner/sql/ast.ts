/**
 * The syntax tree of a statement, as the binder (expressions, queries, definitions) and server/statements
 * (everything else) read it. Plain immutable tagged unions; sql/parse.ts makes them, from PostgreSQL's own
 * grammar and from the streaming grammar on top of it.
 *
 * `position` is 1-based, in characters (code points, as PostgreSQL counts them), in the whole text the client
 * sent; 0 where the grammar keeps none. Names are folded to lower case unless they were quoted.
 */

import type { Expression, TypeName } from './ast-expression.ts'
import type { PrivilegeStatement } from './ast-grant.ts'
import type { CommonTableExpression, FromItem, SelectStatement, TableName, Target } from './ast-query.ts'
import type { RoleStatement } from './ast-role.ts'
import type {
  CloseStatement,
  CopyStatement,
  DeallocateStatement,
  DeclareCursorStatement,
  DiscardStatement,
  ExecuteStatement,
  ExplainStatement,
  FetchStatement,
  FlushStatement,
  LockTableStatement,
  NotifyStatement,
  PrepareStatement,
  ResetStatement,
  SetStatement,
  ShowStatement,
  SubscribeStatement,
  TransactionStatement,
  TruncateStatement,
  UnsupportedStatement,
  VacuumStatement,
} from './ast-session.ts'

export type {
  Expression,
  FunctionArgument,
  FunctionCall,
  OrderItem,
  SqlValueName,
  TypeName,
} from './ast-expression.ts'
export type {
  AlterDefaultPrivilegesStatement,
  AlterOwnerStatement,
  DropOwnedStatement,
  GrantedPrivilege,
  GrantStatement,
  GrantTarget,
  PrivilegeStatement,
  ReassignOwnedStatement,
} from './ast-grant.ts'
export type {
  Alias,
  CommonTableExpression,
  FromItem,
  GroupItem,
  LockingClause,
  QueryBody,
  SelectBody,
  SelectStatement,
  TableName,
  Target,
  WindowDefinition,
} from './ast-query.ts'
export type {
  AlterRoleStatement,
  AlterSettingsStatement,
  CreateRoleStatement,
  DropRoleStatement,
  GrantRoleStatement,
  RenameRoleStatement,
  RoleName,
  RoleOption,
  RoleStatement,
} from './ast-role.ts'
export type {
  CloseStatement,
  CopyStatement,
  DeallocateStatement,
  DeclareCursorStatement,
  DiscardStatement,
  ExecuteStatement,
  ExplainStatement,
  FetchStatement,
  FlushStatement,
  LockTableStatement,
  NotifyStatement,
  PrepareStatement,
  ResetStatement,
  SetStatement,
  ShowObject,
  ShowStatement,
  SubscribeStatement,
  TransactionStatement,
  TruncateStatement,
  UnsupportedStatement,
  VacuumStatement,
} from './ast-session.ts'

export interface InsertStatement {
  readonly kind: 'insert'
  readonly ctes: readonly CommonTableExpression[]
  readonly table: TableName
  readonly alias: string | undefined
  /** Empty = all columns in order. */
  readonly columns: readonly ColumnName[]
  /** undefined = DEFAULT VALUES. VALUES rows may contain `default` expressions. */
  readonly source: SelectStatement | undefined
  readonly overriding: 'user' | 'system' | undefined
  readonly onConflict: OnConflict | undefined
  /** Empty = no RETURNING clause. */
  readonly returning: readonly Target[]
  readonly position: number
}

export interface OnConflict {
  /** ON CONFLICT (a, b): column names; undefined without a target, or when it is not a plain column list. */
  readonly columns: readonly string[] | undefined
  readonly constraint: string | undefined
  readonly action: 'nothing' | 'update'
  readonly assignments: readonly Assignment[]
  readonly where: Expression | undefined
  readonly position: number
}

export interface ColumnName {
  readonly name: string
  readonly position: number
}

/** SET column = value. SET (a, b) = ROW(x, y) is two of them; the value may be a `default` expression. */
export interface Assignment {
  readonly column: string
  readonly value: Expression
  readonly position: number
}

export interface UpdateStatement {
  readonly kind: 'update'
  readonly ctes: readonly CommonTableExpression[]
  readonly table: TableName
  readonly alias: string | undefined
  readonly assignments: readonly Assignment[]
  readonly from: readonly FromItem[]
  readonly where: Expression | undefined
  readonly returning: readonly Target[]
  readonly position: number
}

export interface DeleteStatement {
  readonly kind: 'delete'
  readonly ctes: readonly CommonTableExpression[]
  readonly table: TableName
  readonly alias: string | undefined
  readonly using: readonly FromItem[]
  readonly where: Expression | undefined
  readonly returning: readonly Target[]
  readonly position: number
}

/** One entry of WITH (…), of an option list in parentheses, or of ENCODE x (…). Names keep their dots. */
export interface Option {
  readonly name: string
  /**
   * The value without quotes: string, number, identifier, true/false; undefined when only the name was given.
   */
  readonly value: string | undefined
  /** The values of a parenthesised list: FORCE_QUOTE (a, b). */
  readonly list: readonly string[] | undefined
  readonly position: number
}

export interface ColumnDefinition {
  readonly name: string
  readonly type: TypeName
  readonly notNull: boolean
  readonly primaryKey: boolean
  readonly unique: boolean
  readonly default: Expression | undefined
  /** GENERATED ALWAYS AS (expression) STORED. */
  readonly generated: Expression | undefined
  readonly identity: boolean
  readonly check: Expression | undefined
  readonly references: boolean
  readonly collation: readonly string[] | undefined
  readonly position: number
}

export interface TableConstraint {
  readonly kind: 'primary_key' | 'unique' | 'check' | 'foreign_key' | 'exclude'
  readonly name: string | undefined
  /** Key columns of primary_key and unique. */
  readonly columns: readonly string[]
  readonly check: Expression | undefined
  readonly position: number
}

/** WATERMARK FOR column AS expression [IDLE TIMEOUT interval]. */
export interface WatermarkClause {
  readonly column: string
  readonly expression: Expression
  readonly idleTimeout: Expression | undefined
  readonly position: number
}

/** INCLUDE KEY|PARTITION|OFFSET|TIMESTAMP|HEADER [AS name]. */
export interface IncludeClause {
  readonly what: 'key' | 'partition' | 'offset' | 'timestamp' | 'headers'
  readonly name: string | undefined
  readonly position: number
}

/** FORMAT x ENCODE y (options); both lower case. */
export interface FormatClause {
  readonly format: string
  readonly encode: string
  readonly options: readonly Option[]
  readonly position: number
}

export type EmitClause =
  | { readonly kind: 'update'; readonly position: number }
  | { readonly kind: 'window_close'; readonly delay: Expression | undefined; readonly position: number }
  | { readonly kind: 'periodic'; readonly interval: Expression; readonly position: number }

export interface CreateTableStatement {
  readonly kind: 'create_table'
  readonly table: TableName
  readonly ifNotExists: boolean
  readonly temporary: boolean
  readonly columns: readonly ColumnDefinition[]
  readonly constraints: readonly TableConstraint[]
  readonly watermark: WatermarkClause | undefined
  readonly appendOnly: boolean
  readonly includes: readonly IncludeClause[]
  readonly options: readonly Option[]
  readonly format: FormatClause | undefined
  readonly position: number
}

/** CREATE TABLE t [(names)] AS query [WITH NO DATA], and SELECT … INTO t. */
export interface CreateTableAsStatement {
  readonly kind: 'create_table_as'
  readonly table: TableName
  readonly ifNotExists: boolean
  readonly temporary: boolean
  readonly columns: readonly string[]
  readonly query: SelectStatement
  readonly withData: boolean
  readonly appendOnly: boolean
  readonly options: readonly Option[]
  readonly position: number
}

export interface CreateSourceStatement {
  readonly kind: 'create_source'
  readonly table: TableName
  readonly ifNotExists: boolean
  readonly columns: readonly ColumnDefinition[]
  readonly constraints: readonly TableConstraint[]
  readonly watermark: WatermarkClause | undefined
  readonly includes: readonly IncludeClause[]
  readonly options: readonly Option[]
  readonly format: FormatClause | undefined
  readonly position: number
}

export interface CreateSinkStatement {
  readonly kind: 'create_sink'
  readonly table: TableName
  readonly ifNotExists: boolean
  /** FROM v, or AS SELECT … */
  readonly from: { readonly kind: 'relation'; readonly table: TableName } | SelectStatement
  /** CREATE SINK s INTO t. */
  readonly into: TableName | undefined
  readonly intoColumns: readonly ColumnName[]
  readonly emit: EmitClause | undefined
  readonly options: readonly Option[]
  readonly format: FormatClause | undefined
  readonly position: number
}

export interface CreateViewStatement {
  readonly kind: 'create_view'
  readonly table: TableName
  readonly orReplace: boolean
  readonly temporary: boolean
  readonly columns: readonly string[]
  readonly query: SelectStatement
  readonly position: number
}

export interface CreateMaterializedViewStatement {
  readonly kind: 'create_materialized_view'
  readonly table: TableName
  readonly ifNotExists: boolean
  readonly columns: readonly string[]
  readonly options: readonly Option[]
  readonly query: SelectStatement
  readonly withData: boolean
  readonly emit: EmitClause | undefined
  readonly position: number
}

export interface CreateModelStatement {
  readonly kind: 'create_model'
  readonly model: TableName
  readonly ifNotExists: boolean
  readonly orReplace: boolean
  readonly path: string
  readonly options: readonly Option[]
  readonly position: number
}

export interface AlterModelStatement {
  readonly kind: 'alter_model'
  readonly model: TableName
  readonly ifExists: boolean
  readonly action:
    | { readonly kind: 'set_options'; readonly options: readonly Option[] }
    | { readonly kind: 'set_path'; readonly path: string; readonly options: readonly Option[] }
    | { readonly kind: 'rename'; readonly name: string }
  readonly position: number
}

export interface CreateSchemaStatement {
  readonly kind: 'create_schema'
  readonly name: string
  readonly ifNotExists: boolean
  readonly position: number
}

export interface CreateIndexStatement {
  readonly kind: 'create_index'
  readonly name: string | undefined
  readonly table: TableName
  readonly ifNotExists: boolean
  readonly unique: boolean
  /** Indexed column names; an expression is undefined. */
  readonly columns: readonly (string | undefined)[]
  readonly position: number
}

export type DropObject =
  | 'table'
  | 'source'
  | 'sink'
  | 'view'
  | 'materialized_view'
  | 'model'
  | 'schema'
  | 'index'

export interface DropStatement {
  readonly kind: 'drop'
  readonly object: DropObject
  /** For schemas and models in no schema, only `name` is set. */
  readonly names: readonly TableName[]
  readonly ifExists: boolean
  readonly cascade: boolean
  readonly position: number
}

export interface CommentStatement {
  readonly kind: 'comment'
  /** 'table', 'column', 'view', 'materialized view', 'schema', 'source' … */
  readonly object: string
  readonly name: readonly string[]
  /** null removes the comment. */
  readonly text: string | null
  readonly position: number
}

export type Statement =
  | SelectStatement
  | InsertStatement
  | UpdateStatement
  | DeleteStatement
  | CreateTableStatement
  | CreateTableAsStatement
  | CreateSourceStatement
  | CreateSinkStatement
  | CreateViewStatement
  | CreateMaterializedViewStatement
  | CreateModelStatement
  | AlterModelStatement
  | CreateSchemaStatement
  | CreateIndexStatement
  | DropStatement
  | CommentStatement
  | TransactionStatement
  | SetStatement
  | ResetStatement
  | ShowStatement
  | ExplainStatement
  | FlushStatement
  | DiscardStatement
  | NotifyStatement
  | SubscribeStatement
  | CopyStatement
  | DeclareCursorStatement
  | FetchStatement
  | CloseStatement
  | PrepareStatement
  | ExecuteStatement
  | DeallocateStatement
  | TruncateStatement
  | LockTableStatement
  | VacuumStatement
  | RoleStatement
  | PrivilegeStatement
  | UnsupportedStatement
