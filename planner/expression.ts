/**
 * Bound scalar expressions: every name is a column index, every call a resolved signature, every node has its
 * type.
 * The binder makes them, the optimizer rewrites them, executor/expression compiles them. Plain immutable
 * data.
 */

import type { FunctionSignature } from './function-signature.ts'
import type { DataType } from './types.ts'

/** 1-based character position in the statement text, for run-time errors; undefined when there is none. */
export type Position = number | undefined

export type Expression =
  /** Column of the input row, by index. */
  | { readonly kind: 'column'; readonly index: number; readonly type: DataType; readonly nullable: boolean }
  /**
   * A constant in PostgreSQL's text input form of `type` (null = NULL). Parsed by the executor when it
   * compiles, which
   * raises 22P02 etc. at `position`.
   */
  | {
      readonly kind: 'literal'
      readonly text: string | null
      readonly type: DataType
      readonly position: Position
    }
  /** `$n`: index is n - 1. */
  | { readonly kind: 'parameter'; readonly index: number; readonly type: DataType }
  | {
      readonly kind: 'call'
      readonly signature: FunctionSignature
      readonly args: readonly Expression[]
      readonly type: DataType
      readonly position: Position
    }
  | {
      readonly kind: 'cast'
      readonly input: Expression
      readonly type: DataType
      readonly context: CastContext
      readonly position: Position
    }
  /** SQL's three-valued AND/OR over two or more arguments. */
  | { readonly kind: 'and' | 'or'; readonly args: readonly Expression[]; readonly type: DataType }
  | { readonly kind: 'not'; readonly input: Expression; readonly type: DataType }
  | {
      readonly kind: 'is_null'
      readonly input: Expression
      readonly negated: boolean
      readonly type: DataType
    }
  /** IS [NOT] TRUE / FALSE / UNKNOWN: never NULL. */
  | {
      readonly kind: 'is_bool'
      readonly input: Expression
      readonly test: 'true' | 'false' | 'unknown'
      readonly negated: boolean
      readonly type: DataType
    }
  /** IS [NOT] DISTINCT FROM: `equals` is the = operator of the (already converted) operand types. */
  | {
      readonly kind: 'is_distinct'
      readonly left: Expression
      readonly right: Expression
      readonly negated: boolean
      readonly equals: FunctionSignature
      readonly type: DataType
    }
  /** Searched CASE (the binder turns simple CASE into it). otherwise NULL literal when there is no ELSE. */
  | {
      readonly kind: 'case'
      readonly branches: readonly CaseBranch[]
      readonly otherwise: Expression
      readonly type: DataType
    }
  | { readonly kind: 'coalesce'; readonly args: readonly Expression[]; readonly type: DataType }
  | {
      readonly kind: 'nullif'
      readonly left: Expression
      readonly right: Expression
      readonly equals: FunctionSignature
      readonly type: DataType
    }
  /** GREATEST / LEAST: NULLs are ignored. `less` is the < operator of the common type. */
  | {
      readonly kind: 'extremum'
      readonly which: 'greatest' | 'least'
      readonly args: readonly Expression[]
      readonly less: FunctionSignature
      readonly type: DataType
    }
  /** x = ANY(array) / x <> ALL(array) and the like; IN (list) becomes `any` over an array expression. */
  | {
      readonly kind: 'quantified'
      readonly quantifier: 'any' | 'all'
      readonly operator: FunctionSignature
      readonly left: Expression
      readonly array: Expression
      readonly type: DataType
      readonly position: Position
    }
  | { readonly kind: 'array'; readonly elements: readonly Expression[]; readonly type: DataType }
  /** ROW(…): type is a record type with one field per element. */
  | { readonly kind: 'row'; readonly elements: readonly Expression[]; readonly type: DataType }
  /** array[index], 1-based; NULL outside the bounds. */
  | {
      readonly kind: 'subscript'
      readonly input: Expression
      readonly index: Expression
      readonly type: DataType
    }
  /** (record).field by field index. */
  | { readonly kind: 'field'; readonly input: Expression; readonly index: number; readonly type: DataType }
  /**
   * A model's score. The physical planner moves every model call into a ModelScore node below and replaces it
   * with a
   * column; executor/expression never sees one. Arguments are already converted to the model's argument
   * types.
   */
  | {
      readonly kind: 'model'
      readonly model: string
      readonly modelVersion: number
      readonly args: readonly Expression[]
      readonly type: DataType
      readonly position: Position
    }

export interface CaseBranch {
  readonly when: Expression
  readonly then: Expression
}

/** Which casts apply: implicit ⊂ assignment (INSERT, UPDATE) ⊂ explicit (CAST, ::). */
export type CastContext = 'implicit' | 'assignment' | 'explicit'

/** One ORDER BY key. PostgreSQL's default: ascending puts NULLs last, descending first. */
export interface SortKey {
  readonly expression: Expression
  readonly descending: boolean
  readonly nullsFirst: boolean
}

/** One aggregate of an aggregation; args, filter and order keys are over the aggregation's input row. */
export interface AggregateCall {
  readonly signature: FunctionSignature
  readonly args: readonly Expression[]
  readonly distinct: boolean
  readonly filter: Expression | undefined
  readonly orderBy: readonly SortKey[]
  readonly type: DataType
  readonly position: Position
}
