/**
 * What the binder must know of a function, operator, aggregate or table function to resolve a call. The
 * executor's
 * function records extend these with their kernels, so that a signature stands beside its body; the binder
 * sees them
 * through the Catalog and refers to them by `id`.
 */

import type { DataType } from './types.ts'

/**
 * Polymorphic argument and result types, as in PostgreSQL. `any` takes any type without relating it to
 * others.
 */
export interface PseudoType {
  readonly kind:
    | 'any'
    | 'anyelement'
    | 'anyarray'
    | 'anynonarray'
    | 'anycompatible'
    | 'anycompatiblearray'
    | 'anycompatiblenonarray'
}
export type SignatureType = DataType | PseudoType

export type FunctionKind = 'function' | 'operator' | 'aggregate' | 'table'

export interface FunctionSignature {
  /** Unique, readable: `abs(int4)`, `+(int4,int4)`. The executor finds the kernel by it. */
  readonly id: string
  /** Lower case SQL name, or the operator's symbol. */
  readonly name: string
  readonly kind: FunctionKind
  readonly args: readonly SignatureType[]
  /** The last argument type repeats (`concat(any …)`, VARIADIC). */
  readonly variadic?: boolean | undefined
  /** How many trailing arguments may be left out. */
  readonly optionalArgs?: number | undefined
  readonly returns: SignatureType
  /** A NULL argument gives NULL without a call. Default true for functions and operators. */
  readonly strict?: boolean | undefined
  /**
   * stable: may read the session's time zone or the statement's time; volatile: random(). Default immutable.
   */
  readonly volatility?: 'immutable' | 'stable' | 'volatile' | undefined
  /**
   * Of an operator: can be used for equality hashing (`=`), negated (`<>`), or commuted; names of those
   * operators.
   */
  readonly negator?: string | undefined
  readonly commutator?: string | undefined
}
