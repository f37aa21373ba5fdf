/** Shorthands for the records of functions and operators whose id follows from name and argument types. */

import type { SignatureType } from '../../planner/function-signature.ts'
import type { ScalarBody, ScalarFunction } from './scalar-function.ts'

/** The optional parts of a record. */
export type Traits = Pick<
  ScalarFunction,
  'variadic' | 'optionalArgs' | 'strict' | 'volatility' | 'negator' | 'commutator' | 'neverNull'
>

/** The record of function `name`. */
export function defineFunction(
  name: string,
  args: readonly SignatureType[],
  returns: SignatureType,
  body: ScalarBody,
  traits: Traits = {},
): ScalarFunction {
  return { id: signatureId(name, args, traits), name, kind: 'function', args, returns, ...traits, ...body }
}

/** The record of operator `name`. */
export function defineOperator(
  name: string,
  args: readonly SignatureType[],
  returns: SignatureType,
  body: ScalarBody,
  traits: Traits = {},
): ScalarFunction {
  return { id: signatureId(name, args, traits), name, kind: 'operator', args, returns, ...traits, ...body }
}

/** `abs(int4)`, `concat(any...)`, `lower(text[])`. */
function signatureId(name: string, args: readonly SignatureType[], traits: Traits): string {
  return `${name}(${args.map(typeId).join(',')}${traits.variadic === true ? '...' : ''})`
}

function typeId(type: SignatureType): string {
  return type.kind === 'array' ? `${typeId(type.element)}[]` : type.kind
}

const comparisons = [
  { name: '=', test: '=== 0', negator: '<>', commutator: '=' },
  { name: '<>', test: '!== 0', negator: '=', commutator: '<>' },
  { name: '<', test: '< 0', negator: '>=', commutator: '>' },
  { name: '<=', test: '<= 0', negator: '>', commutator: '>=' },
  { name: '>', test: '> 0', negator: '<=', commutator: '<' },
  { name: '>=', test: '>= 0', negator: '<', commutator: '<=' },
] as const

/**
 * The six comparison operators of two types by a function that returns a negative, zero or positive number.
 */
export function defineComparisons(
  left: SignatureType,
  right: SignatureType,
  compare: (left: never, right: never) => number,
): ScalarFunction[] {
  return comparisons.map(({ name, test, negator, commutator }) => {
    const inline = (a: string, b: string) => `compare(${a}, ${b}) ${test}`
    const body = { inline: inline as (...args: string[]) => string, helpers: { compare } }
    return defineOperator(name, [left, right], { kind: 'bool' }, body, { negator, commutator })
  })
}

/** The six comparison operators of two types whose values JS compares as SQL does (numbers, bigints). */
export function defineNativeComparisons(left: SignatureType, right: SignatureType): ScalarFunction[] {
  return comparisons.map(({ name, negator, commutator }) => {
    const symbol = name === '=' ? '===' : name === '<>' ? '!==' : name
    const inline = (a: string, b: string) => `${a} ${symbol} ${b}`
    const body = { inline: inline as (...args: string[]) => string }
    return defineOperator(name, [left, right], { kind: 'bool' }, body, { negator, commutator })
  })
}

const tests: Readonly<Record<string, (order: number) => boolean>> = {
  '=': order => order === 0,
  '<>': order => order !== 0,
  '<': order => order < 0,
  '<=': order => order <= 0,
  '>': order => order > 0,
  '>=': order => order >= 0,
}

/** The six comparison operators of two types by a function that also reads the context (the time zone). */
export function defineContextComparisons<Context>(
  left: SignatureType,
  right: SignatureType,
  compare: (context: Context, left: never, right: never) => number,
): ScalarFunction[] {
  return comparisons.map(({ name, negator, commutator }) => {
    const test = tests[name]!
    const body = {
      contextCall: (context: never, a: never, b: never) => test(compare(context, a, b)),
    } as unknown as ScalarBody
    return defineOperator(name, [left, right], { kind: 'bool' }, body, {
      negator,
      commutator,
      volatility: 'stable',
    })
  })
}
