/** Logical plans: what a query means, before any choice of operators. Plain immutable trees. */

import type { Relation } from './catalog.ts'
import type { AggregateCall, Expression, SortKey } from './expression.ts'
import type { FunctionSignature } from './function-signature.ts'
import type { Schema } from './schema.ts'

export type LogicalPlan =
  /**
   * The rows of a table, source, materialized view or system relation; `schema` is the relation's, all
   * columns, and a last
   * int8 column with the row's id when `rowId` (UPDATE and DELETE of tables; ids name rows in
   * TableChange.deletes).
   */
  | { readonly kind: 'scan'; readonly relation: Relation; readonly rowId: boolean; readonly schema: Schema }
  /** Literal rows. `VALUES`, and one empty row for SELECT without FROM. */
  | { readonly kind: 'values'; readonly rows: readonly (readonly Expression[])[]; readonly schema: Schema }
  /** generate_series and other set-returning functions in FROM; arguments are constant or parameters. */
  | {
      readonly kind: 'table_function'
      readonly signature: FunctionSignature
      readonly args: readonly Expression[]
      readonly schema: Schema
    }
  | {
      readonly kind: 'filter'
      readonly input: LogicalPlan
      readonly predicate: Expression
      readonly schema: Schema
    }
  | {
      readonly kind: 'project'
      readonly input: LogicalPlan
      readonly expressions: readonly Expression[]
      readonly schema: Schema
    }
  /** Output columns: the group keys, then the aggregates. No keys = one row always (a global aggregate). */
  | {
      readonly kind: 'aggregate'
      readonly input: LogicalPlan
      readonly groupBy: readonly Expression[]
      readonly aggregates: readonly AggregateCall[]
      readonly schema: Schema
    }
  | { readonly kind: 'distinct'; readonly input: LogicalPlan; readonly schema: Schema }
  /** Inputs have equal column types. */
  | { readonly kind: 'union_all'; readonly inputs: readonly LogicalPlan[]; readonly schema: Schema }
  /** condition is over the left columns followed by the right ones. */
  | {
      readonly kind: 'join'
      readonly joinType: JoinType
      readonly left: LogicalPlan
      readonly right: LogicalPlan
      readonly condition: Expression
      readonly schema: Schema
    }
  /** TUMBLE and HOP: the input columns, then window_start and window_end of the time column's type. */
  | {
      readonly kind: 'window'
      readonly input: LogicalPlan
      readonly window: WindowSpec
      readonly schema: Schema
    }
  | {
      readonly kind: 'sort'
      readonly input: LogicalPlan
      readonly keys: readonly SortKey[]
      readonly schema: Schema
    }
  /** count/offset are constant or parameters, int8, NULL = no limit. */
  | {
      readonly kind: 'limit'
      readonly input: LogicalPlan
      readonly count: Expression | undefined
      readonly offset: Expression | undefined
      readonly schema: Schema
    }

export type JoinType = 'inner' | 'left'

/** A time window. All times in microseconds; tumble has slideMicros = sizeMicros. */
export interface WindowSpec {
  readonly kind: 'tumble' | 'hop'
  /** Index of the time column: date, timestamp or timestamptz. */
  readonly timeColumn: number
  readonly sizeMicros: bigint
  readonly slideMicros: bigint
  readonly offsetMicros: bigint
}

/** When a view's changes leave it. */
export type EmitMode =
  | { readonly kind: 'update' }
  | { readonly kind: 'window_close'; readonly delayMicros: bigint }

/** A whole query: the plan, plus what only its root has. */
export interface LogicalQuery {
  readonly plan: LogicalPlan
  readonly emit: EmitMode
}
