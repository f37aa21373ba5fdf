/**
 * The record of a scalar SQL function or operator: its signature beside its body. A newcomer adds one record
 * to one `executor/functions/<family>.ts`; registry.ts lists the families.
 *
 * Inside generated code a value is a JS value: bool → boolean; int2, int4, date, oid → number; int8, time,
 * timestamp, timestamptz → bigint; float → number; numeric → Numeric; text-like, json, jsonb → string; bytea,
 * uuid → Uint8Array; interval → Interval; arrays → readonly (value | null)[]; records → readonly (value |
 * null)[].
 */

import type { FunctionSignature } from '../../planner/function-signature.ts'
import type { DataType } from '../../planner/types.ts'
import type { Numeric } from '../batch/numeric.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'

export type ScalarFunction = FunctionSignature & {
  readonly kind: 'function' | 'operator'
  /**
   * `call`, `contextCall` or what `prepare` made never returns null for arguments that are not NULL; saves a
   * test per row.
   */
  readonly neverNull?: boolean | undefined
} & ScalarBody

/** Exactly one of the forms; the code generator prefers them in this order. */
export type ScalarBody =
  | InlineBody
  | StatementsBody
  | NumericPairBody
  /**
   * Over byte ranges: each text-like, bytea or uuid argument arrives as three parameters (bytes, start, end),
   * others as JS values. Returns a JS value, never null. Where an argument is a string already, `call` takes
   * its place; without a `call` the string is written to the batch's arena.
   */
  | { readonly ranges: (...args: never[]) => unknown; readonly call?: (...args: never[]) => unknown }
  | SliceBody
  | BuildBody
  /**
   * A plain JS function over JS values; throws SqlError. A non-strict one gets null for NULL. Returns null
   * for NULL.
   */
  | { readonly call: (...args: never[]) => unknown }
  /** Like call, with the context first: for functions that read the time zone, the time or settings. */
  | { readonly contextCall: (context: EvaluationContext, ...args: never[]) => unknown }
  | PreparedBody

/**
 * JS source of the result from the arguments' source (each is a plain local or a constant's name):
 * `(a, b) => \`${a} < ${b}\``. Must be pure and total (it also runs on the garbage under NULLs) and never
 * NULL.
 */
export interface InlineBody {
  readonly inline: (...args: string[]) => string
  /** Functions the source refers to, by the name it uses. */
  readonly helpers?: Readonly<Record<string, unknown>> | undefined
  /** int2 and int4 arguments are handed over as bigint: for operators that mix them with int8. */
  readonly widen?: boolean | undefined
}

/**
 * JS statements that assign the result to the local `result` and may throw through a helper:
 * `(r, a, b) => \`${r} = ${a} + ${b}; if (${r} !== (${r} | 0)) throw integerOutOfRange()\``. Never NULL; not
 * run for NULL.
 */
export interface StatementsBody {
  readonly statements: (result: string, ...args: string[]) => string
  readonly helpers: Readonly<Record<string, unknown>>
  /** As in InlineBody. */
  readonly widen?: boolean | undefined
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
 * `prepare` is called once when the expression is compiled, with what is known of the call; it returns a
 * plain JS function over all the arguments (like `call`). For functions that need the types of "any"
 * arguments (to_jsonb, pg_typeof), or that are much faster with their pattern, field or zone resolved
 * beforehand (to_char, date_trunc, ~).
 */
export interface PreparedBody {
  readonly prepare: (site: CallSite) => (...args: never[]) => unknown
}

/**
 * A binary operator on numerics with a fast path over int64 coefficients (c1 × 10^-d1, c2 × 10^-d2).
 *
 * Result not numeric: `pairs` is JS statements that assign it to `result`; the scales are known to be equal
 * and ≥ 0. Result numeric: they assign its coefficient to `result` and its scale to `scale` where they can,
 * else leave `scale` −1 and `call` is made; a scale may be WIDE (−1), which they must test. The statements
 * must not throw.
 */
export interface NumericPairBody {
  readonly pairs: (result: string, scale: string, c1: string, c2: string, d1: string, d2: string) => string
  /**
   * A constant may be brought to the larger scale of the other operand's type beforehand: the result is the
   * same.
   */
  readonly alignScales: boolean
  readonly call: (left: Numeric, right: Numeric) => unknown
}

/** Where a slice function leaves its result: a range of its first argument's bytes. */
export interface Slice {
  start: number
  end: number
}

/**
 * A text function whose result is a part of its first argument: no byte is copied. Text-like arguments arrive
 * as three parameters each (strings are written to the batch's arena), others as JS values; the last
 * parameter takes the result. Never NULL.
 */
export interface SliceBody {
  readonly slice: (...args: never[]) => void
}

/** Text under construction: write to `bytes` from `length` on, after `reserve`, and advance `length`. */
export interface TextSink {
  readonly bytes: Uint8Array
  length: number
  /** Makes room for `count` more bytes; `bytes` may be another array afterwards. 54000 for too many. */
  reserve(count: number): void
  /** Where the value that began at `start` ends; 54000 when it is too long. */
  finish(start: number): number
}

/**
 * A text function that writes its result's bytes. The first parameter is the sink; text-like arguments arrive
 * as three parameters each (strings are written to the sink first), others as JS values. Returns where the
 * result starts in the sink's bytes; it ends at `length`. Never NULL.
 */
export interface BuildBody {
  readonly build: (sink: TextSink, ...args: never[]) => number
}
