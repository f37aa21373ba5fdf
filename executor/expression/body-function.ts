/**
 * A scalar body of any form as a plain function: for constants, array elements and other places outside
 * kernels.
 */

import type { DataType } from '../../planner/types.ts'
import type { RuntimeValue } from '../batch/runtime-value.ts'
import type { PreparedBody, ScalarBody } from '../functions/scalar-function.ts'
import { compileFunction } from './codegen.ts'
import type { EvaluationContext } from './evaluation-context.ts'

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
  if ('call' in body) {
    const call = body.call as Callee
    return (_, ...args) => call(...args)
  }
  return preparedFunction(body.prepare, types)
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
