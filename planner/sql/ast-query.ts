/** Queries of the syntax tree: SELECT and what stands in FROM. The rest is in ast.ts. */

import type { ColumnDefinition, Statement } from './ast.ts'
import type { Expression, OrderItem } from './ast-expression.ts'

/** A whole query: SELECT, VALUES, TABLE t or a set operation, with what stands around its body. */
export interface SelectStatement {
  readonly kind: 'select'
  readonly ctes: readonly CommonTableExpression[]
  readonly recursive: boolean
  readonly body: QueryBody
  readonly orderBy: readonly OrderItem[]
  readonly limit: Expression | undefined
  readonly offset: Expression | undefined
  readonly withTies: boolean
  /** FOR UPDATE, FOR SHARE …; empty = none. SKIP LOCKED and NOWAIT are left out: nobody ever waits. */
  readonly locking: readonly LockingClause[]
  readonly position: number
}

export interface LockingClause {
  readonly strength: 'UPDATE' | 'NO KEY UPDATE' | 'SHARE' | 'KEY SHARE'
  /** OF: names or aliases in FROM; empty = all. */
  readonly tables: readonly { readonly name: string; readonly position: number }[]
}

export interface CommonTableExpression {
  readonly name: string
  readonly columns: readonly string[]
  /** A SELECT, or a data-modifying statement, which the binder rejects. */
  readonly statement: Statement
  readonly materialized: boolean | undefined
  readonly position: number
}

export type QueryBody =
  | SelectBody
  | { readonly kind: 'values'; readonly rows: readonly (readonly Expression[])[]; readonly position: number }
  | {
      readonly kind: 'set_operation'
      readonly operation: 'union' | 'intersect' | 'except'
      readonly all: boolean
      readonly left: SelectStatement
      readonly right: SelectStatement
      readonly position: number
    }

export interface SelectBody {
  readonly kind: 'select'
  /** `on` is empty for plain DISTINCT. */
  readonly distinct: { readonly on: readonly Expression[] } | undefined
  readonly targets: readonly Target[]
  readonly from: readonly FromItem[]
  readonly where: Expression | undefined
  readonly groupBy: readonly GroupItem[]
  readonly having: Expression | undefined
  /** WINDOW w AS (…): definitions that OVER w refers to. */
  readonly windows: readonly WindowDefinition[]
  readonly position: number
}

/** One item of a select or RETURNING list; `*` and `t.*` are `star` expressions. */
export interface Target {
  readonly expression: Expression
  readonly alias: string | undefined
  readonly position: number
}

export type GroupItem =
  | { readonly kind: 'expression'; readonly expression: Expression; readonly position: number }
  | {
      readonly kind: 'grouping_set'
      readonly set: 'empty' | 'rollup' | 'cube' | 'sets'
      readonly items: readonly GroupItem[]
      readonly position: number
    }

export interface WindowDefinition {
  /** Name in a WINDOW clause; in OVER, undefined unless it is `OVER name`. */
  readonly name: string | undefined
  /** The definition this one copies: OVER (w ORDER BY …). */
  readonly base: string | undefined
  readonly partitionBy: readonly Expression[]
  readonly orderBy: readonly OrderItem[]
  /** The text was given a ROWS, RANGE or GROUPS clause. */
  readonly frame: boolean
  /** SESSION WITH GAP interval. */
  readonly sessionGap: Expression | undefined
  readonly position: number
}

export interface TableName {
  /** Database of a three-part name. */
  readonly catalogName: string | undefined
  readonly schemaName: string | undefined
  readonly name: string
  readonly position: number
}

export interface Alias {
  readonly name: string
  readonly columns: readonly string[]
}

export type FromItem =
  | {
      readonly kind: 'table'
      readonly table: TableName
      readonly alias: Alias | undefined
      /** FOR SYSTEM_TIME AS OF expression. */
      readonly systemTime: Expression | undefined
      readonly position: number
    }
  | {
      readonly kind: 'subquery'
      readonly query: SelectStatement
      readonly lateral: boolean
      readonly alias: Alias | undefined
      readonly position: number
    }
  /** A function in FROM; more than one only for ROWS FROM (…). Usually a `function` expression. */
  | {
      readonly kind: 'function'
      readonly functions: readonly Expression[]
      readonly lateral: boolean
      readonly withOrdinality: boolean
      readonly alias: Alias | undefined
      /** AS t(a int, b text) */
      readonly columnDefinitions: readonly ColumnDefinition[]
      readonly position: number
    }
  /** on undefined and using empty and not natural = CROSS JOIN. */
  | {
      readonly kind: 'join'
      readonly joinType: 'inner' | 'left' | 'right' | 'full'
      readonly natural: boolean
      readonly using: readonly string[]
      readonly on: Expression | undefined
      readonly asof: boolean
      readonly left: FromItem
      readonly right: FromItem
      readonly alias: Alias | undefined
      readonly position: number
    }
  /**
   * TUMBLE(input, time, size [, offset]), HOP(input, time, slide, size [, offset]), CUMULATE(input, time,
   * step, size), SESSION(input [PARTITION BY …], time, gap); also Flink's TABLE(TUMBLE(TABLE t,
   * DESCRIPTOR(ts), …)). `args` are the intervals after the time column. `input` is a `table` or `subquery`
   * item.
   */
  | {
      readonly kind: 'window'
      readonly window: 'tumble' | 'hop' | 'cumulate' | 'session'
      readonly input: FromItem
      readonly time: Expression
      readonly args: readonly Expression[]
      readonly partitionBy: readonly Expression[]
      readonly alias: Alias | undefined
      readonly position: number
    }
  /** ML_PREDICT(TABLE t, MODEL m, DESCRIPTOR(a, b)): the input's columns, then the model's outputs. */
  | {
      readonly kind: 'model'
      readonly input: FromItem
      readonly model: TableName
      readonly args: readonly Expression[]
      readonly alias: Alias | undefined
      readonly position: number
    }
