/**
 * A scalar body of any form as a plain function: for constants, array elements and other places outside
 * kernels.
 */

import type { DataType } from '../../planner/types.ts'
import { decodeText } from '../batch/column-reader.ts'
import type { RuntimeValue } from '../batch/runtime-value.ts'
import { VALUE_BYTES_MAX } from '../batch/value-limit.ts'
import type { PreparedBody, ScalarBody, Slice } from '../functions/scalar-function.ts'
import { isRangeType } from './code.ts'
import { compileFunction } from './codegen.ts'
import type { EvaluationContext } from './evaluation-context.ts'
import { TextArena } from './text-arena.ts'

export type BodyFunction = (context: EvaluationContext, ...args: readonly RuntimeValue[]) => RuntimeValue

type Callee = (...args: readonly unknown[]) => RuntimeValue

/** `types` are those of the arguments. Arguments must not be NULL where the body is strict. */
export function bodyFunction(body: ScalarBody, types: readonly DataType[]): BodyFunction {
  if ('inline' in body) {
    const names = argumentNames(types.length)
    const source = `${widening(body.widen, names)}return ${body.inline(...names)}`
    return withHelpers(body.helpers ?? {}, names, source)
  }
  if ('statements' in body) {
    const names = argumentNames(types.length)
    const statements = body.statements('result', ...names)
    const source = `${widening(body.widen, names)}let result\n${statements}\nreturn result`
    return withHelpers(body.helpers, names, source)
  }
  if ('contextCall' in body) return body.contextCall as BodyFunction
  if ('prepare' in body) return preparedFunction(body.prepare, types)
  if ('slice' in body || 'build' in body) return rangeFunction(body, types)
  if ('ranges' in body && body.call === undefined) return rangeFunction(body, types)
  const call = body.call as Callee
  return (_, ...args) => call(...args)
}

/** A body over ranges, on an arena of its own for each call. */
function rangeFunction(body: RangeBody, types: readonly DataType[]): BodyFunction {
  return (context, ...args) => {
    const arena = new TextArena({ bytes: FIRST_BYTES }, context.valueBytesMax ?? VALUE_BYTES_MAX)
    const ranges = args.flatMap((arg, index) => (isRangeType(types[index]!) ? rangeOf(arena, arg) : [arg]))
    if ('ranges' in body) return (body.ranges as Callee)(...ranges)
    if ('build' in body) {
      const start = (body.build as unknown as (...args: unknown[]) => number)(arena, ...ranges)
      return decodeText(arena.bytes, start, arena.finish(start))
    }
    const slice: Slice = { start: 0, end: 0 }
    const run = body.slice as (...args: unknown[]) => void
    run(...ranges, slice)
    return decodeText(ranges[0] as Uint8Array, slice.start, slice.end)
  }
}

type RangeBody = Extract<ScalarBody, { ranges: unknown } | { slice: unknown } | { build: unknown }>

const FIRST_BYTES = 256

function rangeOf(arena: TextArena, value: RuntimeValue): readonly unknown[] {
  if (value instanceof Uint8Array) return [value, 0, value.length]
  const start = arena.appendText(value as string)
  return [arena.bytes, start, arena.length]
}

/** Prepares again only when the context changes. */
function preparedFunction(prepare: PreparedBody['prepare'], types: readonly DataType[]): BodyFunction {
  const constants = types.map(() => undefined)
  let preparedFor: EvaluationContext | undefined
  let prepared: Callee | undefined
  return (context, ...args) => {
    if (prepared === undefined || preparedFor !== context) {
      prepared = prepare({ types, constants, context }) as Callee
      preparedFor = context
    }
    return prepared(...args)
  }
}

function withHelpers(
  helpers: Readonly<Record<string, unknown>>,
  names: readonly string[],
  body: string,
): BodyFunction {
  const source = `return function (context, ${names.join(', ')}) {\n${body}\n}`
  const make = compileFunction<(...bound: unknown[]) => BodyFunction>(Object.keys(helpers), source)
  return make(...Object.values(helpers))
}

function widening(widen: boolean | undefined, names: readonly string[]): string {
  return widen === true ? names.map(name => `${name} = BigInt(${name})\n`).join('') : ''
}

function argumentNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `a${index}`)
}
