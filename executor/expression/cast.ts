/**
 * How a value of one type becomes another: a cast record of its pair (cast-*.ts), nothing at all (types with
 * one representation), element by element (arrays, records), or through PostgreSQL's text form (to and from
 * text); then the target's modifier: numeric(p,s) rounds, varchar(n) and char(n) cut or fail.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { CastContext } from '../../planner/expression.ts'
import { type DataType, formatType, physicalKind, type TypeKind } from '../../planner/types.ts'
import { withBoundsOf } from '../batch/array-bounds.ts'
import { isTextLike } from '../batch/column-reader.ts'
import type { RuntimeValue } from '../batch/runtime-value.ts'
import type { ScalarBody } from '../functions/scalar-function.ts'
import { bodyFunction } from './body-function.ts'
import { datetimeCasts } from './cast-datetime.ts'
import type { CastFunction } from './cast-function.ts'
import { jsonCasts } from './cast-json.ts'
import { lengthCoercion } from './cast-length.ts'
import { numberCasts } from './cast-number.ts'
import { textCasts } from './cast-text.ts'
import type { EvaluationContext } from './evaluation-context.ts'
import { formatRuntime, parseRuntime } from './text-format.ts'

/** One conversion of a cast; `body` undefined: the value stays as it is under another type. */
export interface CastStep {
  readonly id: string
  readonly to: DataType
  readonly body: ScalarBody | undefined
  /** The body may return null: the time of an infinite timestamp. */
  readonly nullable?: boolean | undefined
  /**
   * To numeric(precision, scale): a coefficient of that scale and at most that many digits stays as it is.
   */
  readonly numericFit?: { readonly precision: number; readonly scale: number } | undefined
  /** See CastFunction. */
  readonly coefficient?: ((value: string) => string) | undefined
  /**
   * Of text steps that only shorten: gives the new end of the UTF-8 range, so that the bytes need not be
   * copied; `body` serves computed strings.
   */
  readonly shorten?: ((bytes: Uint8Array, start: number, end: number) => number) | undefined
}

const records = new Map<string, CastFunction>()
for (const record of [...numberCasts, ...textCasts, ...datetimeCasts, ...jsonCasts])
  records.set(`${record.from} ${record.to}`, record)

/**
 * The steps from one type to another, in order; empty when they are the same. 0A000 where there is no way.
 */
export function castSteps(from: DataType, to: DataType, context: CastContext): readonly CastStep[] {
  const steps = from.kind === to.kind && !isNested(from) ? [] : [baseStep(from, to, context)]
  const coercion = lengthCoercion(from, to, context)
  return coercion === undefined ? steps : [...steps, coercion]
}

/** The whole cast as a function over JS values: for elements of arrays and records. */
export function castFunction(
  from: DataType,
  to: DataType,
  castContext: CastContext,
): (context: EvaluationContext, value: RuntimeValue) => RuntimeValue {
  const calls = castSteps(from, to, castContext).flatMap(step => stepCall(step))
  return (context, value) =>
    calls.reduce((input, call) => (input === null ? null : call(context, input)), value)
}

type Call = (context: EvaluationContext, value: RuntimeValue) => RuntimeValue

function stepCall(step: CastStep): Call[] {
  return step.body === undefined ? [] : [bodyFunction(step.body, [step.to])]
}

function baseStep(from: DataType, to: DataType, context: CastContext): CastStep {
  const id = `cast(${formatType(from)} as ${formatType(to)})`
  const record = records.get(`${from.kind} ${to.kind}`)
  if (record !== undefined) return recordStep(id, record, to)
  if (isRelabel(from.kind, to.kind)) return { id, to, body: undefined }
  if (from.kind === 'array' && to.kind === 'array') return arrayStep(id, from.element, to, context)
  if (from.kind === 'record' && to.kind === 'record') return recordTypeStep(id, from, to, context)
  if (isTextLike(to))
    return { id, to, body: { contextCall: (c, value: never) => formatRuntime(from, value, c) } }
  if (isTextLike(from)) {
    return { id, to, body: { contextCall: (c, value: never) => parseRuntime(to, value, c) } }
  }
  throw new SqlError(SqlState.cannotCoerce, `cannot cast type ${formatType(from)} to ${formatType(to)}`)
}

function recordStep(id: string, record: CastFunction, to: DataType): CastStep {
  const { inline, statements, helpers, call, contextCall, coefficient } = record
  if (coefficient !== undefined && call !== undefined) return { id, to, body: { call }, coefficient }
  if (inline !== undefined) return { id, to, body: { inline, ...(helpers && { helpers }) } }
  if (statements !== undefined) return { id, to, body: { statements, helpers: helpers ?? {} } }
  if (contextCall !== undefined) return { id, to, body: { contextCall }, nullable: true }
  if (call !== undefined) return { id, to, body: { call }, nullable: true }
  return { id, to, body: undefined }
}

/**
 * Types whose values look the same: text-like ones among each other, integers of one layout, oid and its
 * aliases.
 */
function isRelabel(from: TypeKind, to: TypeKind): boolean {
  const plainText = ['text', 'varchar', 'name', 'unknown', 'json', 'jsonb']
  if (plainText.includes(from) && ['text', 'varchar', 'bpchar', 'unknown'].includes(to)) return true
  const oids = ['oid', 'regclass', 'regtype', 'regproc', 'regnamespace']
  return oids.includes(from) && oids.includes(to)
}

function isNested(type: DataType): boolean {
  return type.kind === 'array' || type.kind === 'record'
}

function arrayStep(
  id: string,
  from: DataType,
  to: Extract<DataType, { kind: 'array' }>,
  context: CastContext,
): CastStep {
  const element = castFunction(leafOf(from), leafOf(to.element), context)
  const convert: Call = (evaluation, value) =>
    Array.isArray(value)
      ? withBoundsOf(
          value,
          value.map(item => convert(evaluation, item)),
        )
      : element(evaluation, value)
  return { id, to, body: { contextCall: convert as never } }
}

function recordTypeStep(
  id: string,
  from: Extract<DataType, { kind: 'record' }>,
  to: Extract<DataType, { kind: 'record' }>,
  context: CastContext,
): CastStep {
  if (from.fields.length !== to.fields.length) {
    throw new SqlError(SqlState.cannotCoerce, `cannot cast type ${formatType(from)} to ${formatType(to)}`)
  }
  const fields = from.fields.map((field, index) => castFunction(field.type, to.fields[index]!.type, context))
  const convert: Call = (evaluation, value) =>
    (value as readonly RuntimeValue[]).map((item, index) => fields[index]!(evaluation, item))
  return { id, to, body: { contextCall: convert as never } }
}

function leafOf(type: DataType): DataType {
  return type.kind === 'array' ? leafOf(type.element) : type
}

/** True when a column of `from` can be handed out as a column of `to` unchanged. */
export function isRelabelOnly(from: DataType, to: DataType, context: CastContext): boolean {
  return (
    physicalKind(from) === physicalKind(to) &&
    castSteps(from, to, context).every(step => step.body === undefined && step.shorten === undefined)
  )
}
