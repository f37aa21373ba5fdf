/**
 * Physical plans: one node per operator of the engine (executor/build.ts constructs them, planner/explain.ts
 * prints
 * them). The same node kinds serve streaming jobs and one-shot queries; `sort` and `limit` occur only at the
 * top of
 * the latter.
 */

import type { Relation } from './catalog.ts'
import type { AggregateCall, Expression, SortKey } from './expression.ts'
import type { FunctionSignature } from './function-signature.ts'
import type { EmitMode, JoinType, WindowSpec } from './logical-plan.ts'
import type { Schema } from './schema.ts'

/** What is known of the changes that leave a node; see stream-properties.ts. */
export interface StreamProperties {
  /** No row is ever retracted. */
  readonly appendOnly: boolean
  /**
   * Output columns that identify a row at any moment; undefined = unknown, duplicates possible. Empty = at
   * most one row.
   */
  readonly uniqueKey: readonly number[] | undefined
  /** Columns bound to event time; see TimeColumn. */
  readonly timeColumns: readonly TimeColumn[]
  /** False when the node or one below keeps state that grows with the input forever. */
  readonly boundedState: boolean
}

/**
 * A column v (date, timestamp, timestamptz; int64 microseconds) of which is known: once the watermark T has
 * passed
 * v + plusMicros (T > v + plusMicros, or T >= v + plusMicros for a window end), no row with that v changes
 * any more.
 * `window_end` has plus 0, `window_start` plus the window size, an event time column plus 0.
 */
export interface TimeColumn {
  readonly column: number
  readonly plusMicros: bigint
  /** true: final when v + plus <= T (window bounds); false: final when v + plus < T (event times). */
  readonly inclusive: boolean
}

interface NodeBase {
  readonly schema: Schema
  readonly properties: StreamProperties
}

export type PhysicalPlan =
  /**
   * Leaf: a relation's rows (snapshot, then changes when streaming); `columns` are indexes into the relation,
   * followed by
   * the row id (int8) when `rowId`.
   */
  | (NodeBase & {
      readonly kind: 'scan'
      readonly relation: Relation
      readonly columns: readonly number[]
      readonly rowId: boolean
    })
  /**
   * Leaf of one-shot queries: the row with this key. `key` are constant or parameter expressions, primary key
   * order. The part at `list` is an array: rows whose key has any of its elements there.
   */
  | (NodeBase & {
      readonly kind: 'key_lookup'
      readonly relation: Relation
      readonly columns: readonly number[]
      readonly rowId: boolean
      readonly key: readonly Expression[]
      readonly list: number | undefined
    })
  | (NodeBase & { readonly kind: 'values'; readonly rows: readonly (readonly Expression[])[] })
  | (NodeBase & {
      readonly kind: 'table_function'
      readonly signature: FunctionSignature
      readonly args: readonly Expression[]
    })
  /**
   * Rows where predicate is true, then the expressions over them; expressions undefined = all columns
   * unchanged.
   */
  | (NodeBase & {
      readonly kind: 'filter_project'
      readonly input: PhysicalPlan
      readonly predicate: Expression | undefined
      readonly expressions: readonly Expression[] | undefined
    })
  /** Group keys, then aggregates. Also DISTINCT (no aggregates). */
  | (NodeBase & {
      readonly kind: 'hash_aggregate'
      readonly input: PhysicalPlan
      readonly groupBy: readonly Expression[]
      readonly aggregates: readonly AggregateCall[]
      readonly inputAppendOnly: boolean
      readonly expiry: GroupExpiry | undefined
      readonly emit: EmitMode
    })
  /**
   * GROUP BY over TUMBLE or HOP: aggregates per slide and combines per window. Output columns in order of
   * `keys`, then aggregates.
   */
  | (NodeBase & {
      readonly kind: 'window_aggregate'
      readonly input: PhysicalPlan
      readonly window: WindowSpec
      readonly keys: readonly WindowKey[]
      readonly aggregates: readonly AggregateCall[]
      readonly inputAppendOnly: boolean
      /** Windows close by the watermark; false = no watermark on the time column, windows live forever. */
      readonly closes: boolean
      readonly emit: EmitMode
    })
  /**
   * TUMBLE/HOP where it is not directly aggregated: each row once per window it is in, with window_start,
   * window_end.
   */
  | (NodeBase & { readonly kind: 'window_expand'; readonly input: PhysicalPlan; readonly window: WindowSpec })
  /**
   * Equality join; residual is over the left then the right columns. Output: left columns then right columns.
   */
  | (NodeBase & {
      readonly kind: 'hash_join'
      readonly joinType: JoinType
      readonly left: PhysicalPlan
      readonly right: PhysicalPlan
      readonly leftKeys: readonly Expression[]
      readonly rightKeys: readonly Expression[]
      readonly residual: Expression | undefined
      readonly leftAppendOnly: boolean
      readonly rightAppendOnly: boolean
      /** State of both sides is dropped once the watermark passes; undefined = kept forever. */
      readonly expiry: { readonly left: TimeColumn; readonly right: TimeColumn } | undefined
    })
  | (NodeBase & { readonly kind: 'union_all'; readonly inputs: readonly PhysicalPlan[] })
  /**
   * Appends one column: the model's score of the argument expressions. Stores scores when the input can
   * retract.
   */
  | (NodeBase & {
      readonly kind: 'model_score'
      readonly input: PhysicalPlan
      readonly model: string
      readonly modelVersion: number
      readonly args: readonly Expression[]
      readonly inputAppendOnly: boolean
    })
  /** EMIT ON WINDOW CLOSE without aggregation: holds rows until the watermark passes their time column. */
  | (NodeBase & {
      readonly kind: 'emit_on_close'
      readonly input: PhysicalPlan
      readonly time: TimeColumn
      readonly delayMicros: bigint
    })
  /** One-shot queries only. limit/offset evaluate to int8 or NULL. */
  | (NodeBase & {
      readonly kind: 'sort'
      readonly input: PhysicalPlan
      readonly keys: readonly SortKey[]
      readonly count: Expression | undefined
      readonly offset: Expression | undefined
    })
  | (NodeBase & {
      readonly kind: 'limit'
      readonly input: PhysicalPlan
      readonly count: Expression | undefined
      readonly offset: Expression | undefined
    })

/**
 * A group is final and its state dropped once the watermark passes this group key. `column` indexes groupBy.
 */
export type GroupExpiry = TimeColumn

export type WindowKey =
  | { readonly kind: 'expression'; readonly expression: Expression }
  | { readonly kind: 'window_start' }
  | { readonly kind: 'window_end' }
