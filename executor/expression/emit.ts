/** Writes the code of any expression: the dispatch over its kinds, and the kinds that are one call. */

import { must } from '../../planner/assert.ts'
import type { Expression } from '../../planner/expression.ts'
import type { DataType } from '../../planner/types.ts'
import type { RuntimeValue } from '../batch/runtime-value.ts'
import { checkValueBytes, VALUE_BYTES_MAX } from '../batch/value-limit.ts'
import { powerOfTen } from '../functions/numeric-arithmetic.ts'
import { findScalarFunction } from '../functions/registry.ts'
import type { ScalarFunction } from '../functions/scalar-function.ts'
import { bodyFunction } from './body-function.ts'
import { type CastStep, castSteps } from './cast.ts'
import { type Code, nullCode, type PairCode } from './code.ts'
import { constantValue } from './constant-value.ts'
import { emitCall, nullableCall } from './emit-call.ts'
import {
  emitCase,
  emitCoalesce,
  emitExtremum,
  emitIsBool,
  emitIsDistinct,
  emitIsNull,
  emitLogic,
  emitNot,
  emitNullif,
} from './emit-control.ts'
import { asLocal, jsSource } from './emit-convert.ts'
import { functionTarget } from './emit-function.ts'
import { emitConstructor, emitField, emitQuantified, emitSubscript } from './emit-nested.ts'
import type { EvaluationContext } from './evaluation-context.ts'
import type { Kernel } from './kernel.ts'

/** Every int64 has at most this many decimal digits. */
const INT64_DIGITS = 19
/** An array's element takes its length at least. */
const ITEM_BYTES_MIN = 4

type Kind<K extends Expression['kind']> = Extract<Expression, { kind: K }>

/** The code of `expression` at the kernel's current place. */
export function emit(kernel: Kernel, expression: Expression): Code {
  if (!kernel.isPart(expression)) return emitInPlace(kernel, expression)
  return nullableCall(kernel, expression.type, 'false', () => kernel.part(expression))
}

/** As emit, also of a part. */
export function emitInPlace(kernel: Kernel, expression: Expression): Code {
  switch (expression.kind) {
    case 'column':
      return kernel.column(expression.index)
    case 'literal':
    case 'parameter':
      return kernel.constant(expression.type, constantValue(expression, kernel.context) as RuntimeValue)
    case 'call':
      return emitFunction(kernel, expression)
    case 'cast':
      return emitCast(kernel, expression)
    case 'and':
    case 'or':
      return emitLogic(kernel, expression as Kind<'and' | 'or'>)
    case 'not':
      return emitNot(kernel, expression)
    case 'is_null':
      return emitIsNull(kernel, expression)
    case 'is_bool':
      return emitIsBool(kernel, expression)
    case 'is_distinct':
      return emitIsDistinct(kernel, expression)
    case 'case':
      return emitCase(kernel, expression)
    case 'coalesce':
      return emitCoalesce(kernel, expression)
    case 'nullif':
      return emitNullif(kernel, expression)
    case 'extremum':
      return emitExtremum(kernel, expression)
    case 'quantified':
      return emitQuantified(kernel, expression)
    case 'array':
    case 'row':
      return emitConstructor(kernel, expression as Kind<'array' | 'row'>)
    case 'subscript':
      return emitSubscript(kernel, expression)
    case 'field':
      return emitField(kernel, expression)
    case 'model':
      throw new Error('assertion failed: the physical planner replaces model calls')
  }
}

function emitFunction(kernel: Kernel, expression: Kind<'call'>): Code {
  const record = findScalarFunction(expression.signature.id)
  const args = expression.args.map(arg => ({ code: kernel.value(arg), type: arg.type }))
  const folded = foldCall(kernel.context, record, args, expression.type)
  if (folded !== undefined) return kernel.constant(expression.type, folded)
  return emitCall(kernel, functionTarget(record), args, expression.type)
}

/**
 * The value of a call whose arguments are all constants, computed once. undefined when it cannot be, also
 * because it fails: the error belongs to the row that evaluates it, and CASE may keep every row from doing
 * so.
 */
function foldCall(
  context: EvaluationContext,
  record: ScalarFunction,
  args: readonly { readonly code: Code; readonly type: DataType }[],
  type: DataType,
): RuntimeValue | undefined {
  if (record.volatility === 'volatile' || args.some(arg => arg.code.constant === undefined)) return undefined
  const values = args.map(arg => arg.code.constant as RuntimeValue)
  if (record.strict !== false && values.includes(null)) return null
  try {
    const call = bodyFunction(
      record,
      args.map(arg => arg.type),
    )
    return canonical(context, type, call(context, ...values))
  } catch {
    return undefined
  }
}

/**
 * float4 is computed in double precision and rounded when stored; a constant is rounded here. Throws for
 * values that are too long.
 */
function canonical(context: EvaluationContext, type: DataType, value: RuntimeValue): RuntimeValue {
  const bytesMax = context.valueBytesMax ?? VALUE_BYTES_MAX
  if (typeof value === 'string') checkValueBytes(Buffer.byteLength(value), bytesMax)
  if (Array.isArray(value)) checkValueBytes(value.length * ITEM_BYTES_MIN, bytesMax)
  return type.kind === 'float4' && typeof value === 'number' ? Math.fround(value) : value
}

function emitCast(kernel: Kernel, expression: Kind<'cast'>): Code {
  let code = kernel.value(expression.input)
  let type = expression.input.type
  for (const step of castSteps(type, expression.type, expression.context)) {
    code = emitCastStep(kernel, step, code, type)
    type = step.to
  }
  return code
}

function emitCastStep(kernel: Kernel, step: CastStep, code: Code, from: DataType): Code {
  if (code.isNull === 'true') return nullCode(step.to)
  if (step.body === undefined) return code
  if (code.constant !== undefined) {
    const folded = foldCast(kernel.context, step, code.constant, from)
    if (folded !== undefined) return kernel.constant(step.to, folded)
  }
  if (step.shorten !== undefined && code.form === 'range') {
    const source = kernel.source
    const callee = source.constant(step.shorten, step.id)
    const end = source.name('e')
    source.line(`const ${end} = ${callee}(${code.bytes}, ${code.start}, ${code.end})`)
    const { constant: _, ...range } = code
    return { ...range, end }
  }
  if (step.coefficient !== undefined && code.form === 'js') {
    const coefficient = asLocal(kernel, step.coefficient(code.source))
    return { form: 'pair', coefficient, scale: '0', wide: 'null', isNull: code.isNull }
  }
  if (step.numericFit !== undefined && code.form === 'pair')
    return emitNumericFit(kernel, step, step.numericFit, code)
  const target = { id: step.id, body: step.body, strict: true, neverNull: step.nullable !== true }
  return emitCall(kernel, target, [{ code, type: from }], step.to)
}

/** numeric(p,s) of a value that mostly has that scale already. */
function emitNumericFit(
  kernel: Kernel,
  step: CastStep,
  fit: NonNullable<CastStep['numericFit']>,
  code: PairCode,
): Code {
  const source = kernel.source
  const body = must(
    step.body !== undefined && 'call' in step.body ? step.body.call : undefined,
    'it has a call',
  )
  const [coefficient, scale, wide] = [source.name('c'), source.name('d'), source.name('w')]
  source.line(`let ${coefficient} = ${code.coefficient}, ${scale} = ${code.scale}, ${wide} = null`)
  const tests = [`${scale} !== ${source.typedConstant(fit.scale, '$ | 0')}`]
  if (fit.precision < INT64_DIGITS) {
    const limit = source.typedConstant(powerOfTen(fit.precision), 'BigInt.asIntN(64, $)')
    const lowest = source.typedConstant(-powerOfTen(fit.precision), 'BigInt.asIntN(64, $)')
    tests.push(`${coefficient} >= ${limit}`, `${coefficient} <= ${lowest}`)
  }
  const notNull = code.isNull === 'false' ? '' : `!${code.isNull} && `
  source.block(`if (${notNull}(${tests.join(' || ')}))`, () => {
    source.line(
      `${wide} = ${source.constant(body, step.id)}(${jsSource(kernel, code, step.to)}); ${scale} = -1`,
    )
  })
  return { form: 'pair', coefficient, scale, wide, isNull: code.isNull }
}

function foldCast(
  context: EvaluationContext,
  step: CastStep,
  value: RuntimeValue,
  from: DataType,
): RuntimeValue | undefined {
  if (step.body === undefined) return undefined
  try {
    return canonical(context, step.to, bodyFunction(step.body, [from])(context, value))
  } catch {
    return undefined
  }
}
