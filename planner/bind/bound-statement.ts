/**
 * What the binder makes of a statement: every name resolved, every expression typed. server/statements/
 * executes these.
 * Statements without names or expressions to resolve (BEGIN, SET, SHOW …) have no bound form; the server
 * reads their AST.
 */

import type { Relation, WatermarkSpec } from '../catalog.ts'
import type { Expression } from '../expression.ts'
import type { EmitMode, LogicalPlan, LogicalQuery } from '../logical-plan.ts'
import type { Schema } from '../schema.ts'
import type { DataType } from '../types.ts'

/**
 * A result column's origin: the base relation and 1-based attribute number; undefined when it is computed.
 */
export type ColumnOrigin = { readonly relation: Relation; readonly attribute: number } | undefined

export type BoundDml =
  | {
      readonly kind: 'query'
      readonly query: LogicalQuery
      readonly origins: readonly ColumnOrigin[]
      readonly locks: QueryLocks | undefined
      readonly parameterTypes: readonly DataType[]
    }
  /** `source` has the table's columns, converted, defaults filled in. returning is over the inserted row. */
  | {
      readonly kind: 'insert'
      readonly table: Relation
      readonly source: LogicalPlan
      readonly onConflict: BoundOnConflict | undefined
      readonly returning: Returning | undefined
      readonly parameterTypes: readonly DataType[]
    }
  /**
   * `source` has the new row's columns, then the row id of the old one (int8). returning is over the new row.
   */
  | {
      readonly kind: 'update'
      readonly table: Relation
      readonly source: LogicalPlan
      /** An assignment is to a column of the primary key. */
      readonly changesKey: boolean
      readonly returning: Returning | undefined
      readonly parameterTypes: readonly DataType[]
    }
  /** `source` has the old row's columns, then its row id (int8). returning is over the old row. */
  | {
      readonly kind: 'delete'
      readonly table: Relation
      readonly source: LogicalPlan
      readonly returning: Returning | undefined
      readonly parameterTypes: readonly DataType[]
    }

/** What SELECT … FOR UPDATE or SHARE locks. */
export interface QueryLocks {
  /** As errors call the statement. */
  readonly command: string
  /** The returned rows of this table: their ids are the query's last column (int8). */
  readonly rows: Locked | undefined
  /** Whole tables. */
  readonly tables: readonly Locked[]
}

export interface Locked {
  readonly relation: Relation
  /** Not to be shared with others. */
  readonly isExclusive: boolean
}

/** What becomes of a row whose key exists. */
export type BoundOnConflict =
  | { readonly action: 'nothing' }
  /** Expressions are over the existing row and, behind its columns, those of the proposed one. */
  | {
      readonly action: 'update'
      readonly newRow: readonly Expression[]
      readonly where: Expression | undefined
      /** An assignment is to a column of the primary key. */
      readonly changesKey: boolean
    }

export interface Returning {
  readonly expressions: readonly Expression[]
  readonly schema: Schema
  readonly origins: readonly ColumnOrigin[]
}

/** CREATE TABLE and the column part of CREATE SOURCE. */
export interface TableDefinition {
  readonly schemaName: string | undefined
  readonly name: string
  readonly schema: Schema
  readonly primaryKey: readonly number[]
  readonly defaults: readonly (Expression | undefined)[]
  readonly watermark: WatermarkSpec | undefined
  readonly appendOnly: boolean
  /** INCLUDE columns of a source: which metadata fills which column index. */
  readonly includes: readonly IncludeColumn[]
}

export interface IncludeColumn {
  readonly column: number
  readonly what: 'key' | 'partition' | 'offset' | 'timestamp' | 'headers'
}

/**
 * The query of CREATE [MATERIALIZED] VIEW, CREATE SINK … AS and SUBSCRIBE, with its output names made unique.
 */
export interface ViewDefinition {
  readonly schemaName: string | undefined
  readonly name: string
  readonly query: LogicalQuery
  readonly schema: Schema
  readonly emit: EmitMode
  /** Ids of the relations and models read. */
  readonly dependsOn: readonly number[]
}
