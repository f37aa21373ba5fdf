/**
 * What the planner may know of the database: an immutable snapshot per catalog epoch. DDL makes a new one
 * (server/catalog); a statement plans against one from start to end.
 */

import type { Expression, Position } from './expression.ts'
import type { FunctionSignature } from './function-signature.ts'
import type { LogicalQuery } from './logical-plan.ts'
import type { StreamProperties } from './physical-plan.ts'
import type { Schema } from './schema.ts'
import type { DataType } from './types.ts'

/** OIDs of user objects start at 16384 and are never reused. */
export type RelationId = number & { readonly brand: 'RelationId' }

export type RelationKind = 'table' | 'source' | 'materialized_view' | 'view' | 'system'

export interface Relation {
  readonly id: RelationId
  readonly schemaName: string
  readonly name: string
  readonly kind: RelationKind
  /** All columns, INCLUDE columns of a source too. */
  readonly schema: Schema
  /**
   * Column indexes of the primary key (tables) or of the inferred unique key (materialized views); may be
   * empty.
   */
  readonly primaryKey: readonly number[]
  /** No row is ever retracted: sources of FORMAT PLAIN, tables WITH APPEND ONLY, views over those. */
  readonly appendOnly: boolean
  readonly watermark: WatermarkSpec | undefined
  /** Column defaults (tables), by column; undefined = NULL. */
  readonly defaults: readonly (Expression | undefined)[]
  /** Of a materialized view: what its plan knows of its changes. */
  readonly changes?: StreamProperties | undefined
  /** The bound query of a plain view, which replaces a scan of it; undefined for every other kind. */
  readonly view: LogicalQuery | undefined
  /** The statement that made it, as the user wrote it. */
  readonly definition: string
  /** Relations and models this one reads; DROP of those needs CASCADE. */
  readonly dependsOn: readonly number[]
}

/** WATERMARK FOR column AS expression [IDLE TIMEOUT interval]. */
export interface WatermarkSpec {
  readonly column: number
  /** Over the relation's row; of the column's type. */
  readonly expression: Expression
  readonly idleTimeoutMs: number | undefined
}

/** A model as a callable: types from the ONNX file, by the rules of the dialect page. */
export interface Model {
  readonly id: number
  readonly schemaName: string
  readonly name: string
  /** Grows with every change of the file or options; scores of different versions are different functions. */
  readonly version: number
  readonly inputs: readonly ModelInput[]
  readonly returns: DataType
  readonly definition: string
}

export interface ModelInput {
  readonly name: string
  readonly type: DataType
  /**
   * Feature vector length when the input may be given as k scalars (only input, shape [N,k]); else undefined.
   */
  readonly spreadLength: number | undefined
  /** SQL element type of the input: what each of k scalars is converted to. */
  readonly elementType: DataType
}

export interface Catalog {
  readonly epoch: number
  /** The databases's name, for messages and three-part names. */
  readonly databaseName: string
  /** Resolves along searchPath when schemaName is undefined. */
  findRelation(
    schemaName: string | undefined,
    name: string,
    searchPath: readonly string[],
  ): Relation | undefined
  findModel(schemaName: string | undefined, name: string, searchPath: readonly string[]): Model | undefined
  hasSchema(name: string): boolean
  /** 42501 when the statement's user may not look into the schema. */
  checkSchema?(name: string, position: Position): void
  /** Told of the columns (numbered from 1) that a statement reads while it is bound; privileges need them. */
  noteRead?(relation: Relation, attribute: number): void
  /** Every overload of a function, aggregate, table function or operator of that (lower case) name. */
  findFunctions(name: string): readonly FunctionSignature[]
  /** All relations and models, for SHOW and dependency checks. */
  relations(): readonly Relation[]
  models(): readonly Model[]
}
