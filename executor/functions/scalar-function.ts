/**
 * The record of a scalar SQL function or operator: its signature beside its body. A newcomer adds one record to one
 * `executor/functions/<family>.ts`; registry.ts lists the families.
 *
 * Inside generated code a value is a JS value: bool → boolean; int2, int4, date, oid → number; int8, time, timestamp,
 * timestamptz → bigint; float → number; numeric → Numeric; text-like, json, jsonb → string; bytea, uuid → Uint8Array;
 * interval → Interval; arrays → readonly (value | null)[]; records → readonly (value | null)[].
 */

import type { FunctionSignature } from '../../planner/function-signature.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'

export type ScalarFunction = FunctionSignature & {
  readonly kind: 'function' | 'operator'
} & ScalarBody

/** Exactly one of the forms; the code generator prefers them in this order. */
export type ScalarBody =
  /** JS source of the result from the arguments' source (each is a plain local): `(a, b) => \`${a} < ${b}\``. Must be pure and total. */
  | { readonly inline: (...args: string[]) => string }
  /**
   * Over UTF-8 ranges: each text-like argument arrives as three parameters (bytes, start, end), others as JS values. Returns
   * a non-text JS value. Used when the arguments are columns or constants, so that no string is made.
   * `call` serves where an argument is a computed string.
   */
  | { readonly ranges: (...args: never[]) => unknown; readonly call: (...args: never[]) => unknown }
  /** A plain JS function over JS values; throws SqlError. A non-strict one gets null for NULL. Returns null for NULL. */
  | { readonly call: (...args: never[]) => unknown }
  /** Like call, with the context first: for functions that read the time zone, the time or settings. */
  | { readonly contextCall: (context: EvaluationContext, ...args: never[]) => unknown }
