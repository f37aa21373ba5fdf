/**
 * The record of a cast between two types. cast.ts collects the records of the cast-*.ts files; a pair without
 * a record is converted through PostgreSQL's text output and input where PostgreSQL does so (to and from
 * text), else not at all. Type modifiers (numeric(p,s), varchar(n)) are applied by cast.ts after the cast.
 *
 * Values are those of generated code (executor/functions/scalar-function.ts). A cast is never asked for NULL.
 */

import type { TypeKind } from '../../planner/types.ts'
import type { EvaluationContext } from './evaluation-context.ts'

/** Exactly one of inline, statements, call and contextCall. */
export interface CastFunction {
  readonly from: TypeKind
  readonly to: TypeKind
  /** JS source of the result from the value's source (a plain local). Pure and total. */
  readonly inline?: (value: string) => string
  /** See StatementsBody in scalar-function.ts. */
  readonly statements?: (result: string, value: string) => string
  /**
   * To numeric from integers: source of the int64 coefficient at scale 0, so that no Numeric is made. With
   * `call`.
   */
  readonly coefficient?: (value: string) => string
  /** Functions that `inline` or `statements` source refers to, by the name it uses. */
  readonly helpers?: Readonly<Record<string, unknown>>
  /** A plain JS function; throws SqlError. */
  readonly call?: (value: never) => unknown
  /** For casts that read the time zone or settings. */
  readonly contextCall?: (context: EvaluationContext, value: never) => unknown
}
