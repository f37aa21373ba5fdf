/**
 * The record of a scalar SQL function or operator: its signature beside its body. A newcomer adds one record to one
 * `executor/functions/<family>.ts`; registry.ts lists the families.
 *
 * Inside generated code a value is a JS value: bool → boolean; int2, int4, date, oid → number; int8, time, timestamp,
 * timestamptz → bigint; float → number; numeric → Numeric; text-like, json, jsonb → string; bytea, uuid → Uint8Array;
 * interval → Interval; arrays → readonly (value | null)[]; records → readonly (value | null)[].
 */

import type { FunctionSignature } from '../../planner/function-signature.ts'
import type { DataType } from '../../planner/types.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'

export type ScalarFunction = FunctionSignature & {
  readonly kind: 'function' | 'operator'
  /** `call`, `contextCall` or what `prepare` made never returns null for arguments that are not NULL; saves a test per row. */
  readonly neverNull?: boolean | undefined
} & ScalarBody

/** Exactly one of the forms; the code generator prefers them in this order. */
export type ScalarBody =
  | InlineBody
  | StatementsBody
  /**
   * Over UTF-8 ranges: each text-like argument arrives as three parameters (bytes, start, end), others as JS values. Returns
   * a non-text JS value, never null. Used when the arguments are columns or constants, so that no string is made.
   * `call` serves where an argument is a computed string.
   */
  | { readonly ranges: (...args: never[]) => unknown; readonly call: (...args: never[]) => unknown }
  /** A plain JS function over JS values; throws SqlError. A non-strict one gets null for NULL. Returns null for NULL. */
  | { readonly call: (...args: never[]) => unknown }
  /** Like call, with the context first: for functions that read the time zone, the time or settings. */
  | { readonly contextCall: (context: EvaluationContext, ...args: never[]) => unknown }
  | PreparedBody

/**
 * JS source of the result from the arguments' source (each is a plain local or a constant's name):
 * `(a, b) => \`${a} < ${b}\``. Must be pure and total (it also runs on the garbage under NULLs) and never NULL.
 */
export interface InlineBody {
  readonly inline: (...args: string[]) => string
  /** Functions the source refers to, by the name it uses. */
  readonly helpers?: Readonly<Record<string, unknown>>
}

/**
 * JS statements that assign the result to the local `result` and may throw through a helper:
 * `(r, a, b) => \`${r} = ${a} + ${b}; if (${r} !== (${r} | 0)) throw integerOutOfRange()\``. Never NULL; not run for NULL.
 */
export interface StatementsBody {
  readonly statements: (result: string, ...args: string[]) => string
  readonly helpers: Readonly<Record<string, unknown>>
}
/** What is known of a call when it is compiled. */
export interface CallSite {
  /** The arguments' types, variadic ones one by one. */
  readonly types: readonly DataType[]
  /** Per argument: the JS value of a constant (null for NULL), undefined where it is not constant. */
  readonly constants: readonly unknown[]
  readonly context: EvaluationContext
}

/**
 * `prepare` is called once when the expression is compiled, with what is known of the call; it returns a plain JS
 * function over all the arguments (like `call`). For functions that need the types of "any" arguments (to_jsonb,
 * pg_typeof), or that are much faster with their pattern, field or zone resolved beforehand (to_char, date_trunc, ~).
 */
export interface PreparedBody {
  readonly prepare: (site: CallSite) => (...args: never[]) => unknown
}
