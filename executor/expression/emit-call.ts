/**
 * Calls of functions, operators and casts: evaluates the arguments, skips the body under NULL where the
 * function is strict, and gives the body its arguments in the form it wants.
 */

import { must } from '../../planner/assert.ts'
import type { DataType } from '../../planner/types.ts'
import { Numeric } from '../batch/numeric.ts'
import { roundNumeric } from '../functions/numeric-arithmetic.ts'
import type {
  BuildBody,
  CallSite,
  NumericPairBody,
  ScalarBody,
  Slice,
  SliceBody,
} from '../functions/scalar-function.ts'
import { anyNull, type Code, isRangeType, jsClass, nullCode, type PairCode, type RangeCode } from './code.ts'
import { asLocal, initialOf, toJs, toJsOrNull } from './emit-convert.ts'
import type { Kernel } from './kernel.ts'

/** A body with what the generator must know of it; functions and casts both become this. */
export interface CallTarget {
  /** Appears in the generated code's comments. */
  readonly id: string
  readonly body: ScalarBody
  readonly strict: boolean
  /** A call of a strict body never gives NULL. */
  readonly neverNull: boolean
}

export interface Argument {
  readonly code: Code
  readonly type: DataType
}

/** The code of a call. */
export function emitCall(
  kernel: Kernel,
  target: CallTarget,
  args: readonly Argument[],
  type: DataType,
): Code {
  if (!target.strict) return emitNonStrict(kernel, target, args, type)
  const isNull = anyNull(args.map(arg => arg.code))
  if (isNull === 'true') return nullCode(type)
  const { body } = target
  if ('inline' in body) return emitInline(kernel, body, args, type, isNull)
  if ('statements' in body) {
    return guarded(kernel, type, isNull, result => {
      const source = body.statements(result, ...jsArguments(kernel, args, body.widen))
      kernel.source.line(kernel.source.withHelpers(body.helpers, source))
    })
  }
  if ('pairs' in body && args.every(arg => arg.code.form === 'pair')) {
    return emitPairs(kernel, target.id, body, alignScales(kernel, body, args), type, isNull)
  }
  if ('slice' in body) return emitSlice(kernel, target.id, body, args, isNull)
  if ('build' in body) return emitBuild(kernel, target.id, body, args, isNull)
  if ('ranges' in body && (body.call === undefined || args.every(isNoString))) {
    const callee = kernel.source.constant(body.ranges, target.id)
    return guarded(kernel, type, isNull, result => {
      const ranges = rangeArguments(kernel, args)
      kernel.source.line(`${result} = ${callee}(${ranges.flatMap(sourcesOf).join(', ')})`)
    })
  }
  const call = callPrefix(kernel, target, args)
  if (target.neverNull) {
    return guarded(kernel, type, isNull, result => {
      kernel.source.line(`${result} = ${call(jsArguments(kernel, args))}`)
    })
  }
  return nullableCall(kernel, type, isNull, () => call(jsArguments(kernel, args)))
}

/** Runs `write` only where `isNull` is false; it assigns the local it is given. */
export function guarded(
  kernel: Kernel,
  type: DataType,
  isNull: string,
  write: (result: string) => void,
): Code {
  const source = kernel.source
  const result = source.name('v')
  if (isNull === 'false') {
    source.line(`let ${result}`)
    write(result)
    return { form: 'js', source: result, isNull }
  }
  const nullLocal = nullName(kernel, isNull)
  source.line(`let ${result} = ${initialOf(type)}`)
  source.block(`if (!${nullLocal})`, () => write(result))
  return { form: 'js', source: result, isNull: nullLocal }
}

/** A call whose result may be null. `call` may emit lines and returns the call's source. */
export function nullableCall(kernel: Kernel, type: DataType, isNull: string, call: () => string): Code {
  const source = kernel.source
  const result = source.name('v')
  const nullLocal = source.name('n')
  source.line(`let ${result} = ${initialOf(type)}, ${nullLocal} = ${isNull === 'false' ? 'true' : isNull}`)
  const assign = (): void => {
    const returned = source.name('t')
    source.line(`const ${returned} = ${call()}`)
    if (isNull === 'false')
      source.line(`if (${returned} !== null) { ${result} = ${returned}; ${nullLocal} = false }`)
    else source.line(`if (${returned} === null) ${nullLocal} = true; else ${result} = ${returned}`)
  }
  if (isNull === 'false') assign()
  else source.block(`if (!${nullLocal})`, assign)
  return { form: 'js', source: result, isNull: nullLocal }
}

/** One local for a null test of several. */
export function nullName(kernel: Kernel, isNull: string): string {
  if (/^\w+$/.test(isNull)) return isNull
  const key = `null ${isNull}`
  const known = kernel.source.known(key)
  if (known !== undefined) return known.isNull
  const local = kernel.source.name('n')
  kernel.source.line(`const ${local} = ${isNull}`)
  kernel.source.remember(key, { form: 'js', source: local, isNull: local })
  return local
}

function emitInline(
  kernel: Kernel,
  body: Extract<ScalarBody, { inline: unknown }>,
  args: readonly Argument[],
  type: DataType,
  isNull: string,
): Code {
  const compute = (): string => {
    const names = jsArguments(kernel, args, body.widen)
    return kernel.source.withHelpers(body.helpers, body.inline(...names))
  }
  const total = args.every(arg => arg.code.form === 'js' && !['string', 'object'].includes(jsClass(arg.type)))
  if (!total && isNull !== 'false') {
    return guarded(kernel, type, isNull, result => {
      kernel.source.line(`${result} = ${compute()}`)
    })
  }
  const value = compute()
  const result = kernel.source.name('v')
  kernel.source.line(`const ${result} = ${value}`)
  return { form: 'js', source: result, isNull: isNull === 'false' ? isNull : nullName(kernel, isNull) }
}

/** Numeric operators on int64 coefficients, with the exact general body where they do not apply. */
function emitPairs(
  kernel: Kernel,
  id: string,
  body: NumericPairBody,
  args: readonly Argument[],
  type: DataType,
  isNull: string,
): Code {
  const source = kernel.source
  const callee = source.constant(body.call, id)
  const pairs = args.map(arg => arg.code as PairCode)
  const call = (): string => `${callee}(${jsArguments(kernel, args).join(', ')})`
  if (type.kind !== 'numeric') {
    return guarded(kernel, type, isNull, result => {
      const [left, right] = [must(pairs[0], 'two operands'), must(pairs[1], 'two operands')]
      source.block(`if (${left.scale} === ${right.scale} && ${left.scale} >= 0)`, () => {
        source.line(body.pairs(result, '', left.coefficient, right.coefficient, left.scale, right.scale))
      })
      source.otherwise('else', () => source.line(`${result} = ${call()}`))
    })
  }
  const [coefficient, scale, wide] = [source.name('c'), source.name('d'), source.name('w')]
  const nullLocal = isNull === 'false' ? isNull : nullName(kernel, isNull)
  source.line(`let ${coefficient} = 0n, ${scale} = -1, ${wide} = null`)
  const compute = (): void => {
    const [left, right] = [must(pairs[0], 'two operands'), must(pairs[1], 'two operands')]
    source.line(body.pairs(coefficient, scale, left.coefficient, right.coefficient, left.scale, right.scale))
    source.block(`if (${scale} < 0)`, () => source.line(`${wide} = ${call()}`))
  }
  if (nullLocal === 'false') compute()
  else source.block(`if (!${nullLocal})`, compute)
  return { form: 'pair', coefficient, scale, wide, isNull: nullLocal }
}

/** Numeric constants at the larger scale of the other operand's type, so that the fast path applies. */
function alignScales(kernel: Kernel, body: NumericPairBody, args: readonly Argument[]): readonly Argument[] {
  if (!body.alignScales) return args
  return args.map((arg, index) => {
    const other = args[1 - index]?.type
    const { constant } = arg.code
    if (other?.kind !== 'numeric' || other.scale === undefined || !(constant instanceof Numeric)) return arg
    if (constant.special !== undefined || constant.scale >= other.scale) return arg
    const code = kernel.constant(arg.type, roundNumeric(constant, other.scale))
    return code.form === 'pair' ? { ...arg, code } : arg
  })
}

/** A part of the first argument. */
function emitSlice(
  kernel: Kernel,
  id: string,
  body: SliceBody,
  args: readonly Argument[],
  isNull: string,
): Code {
  const source = kernel.source
  const first = args[0]!.code
  const bytes = first.form === 'range' ? first.bytes : `${kernel.arena()}.bytes`
  const callee = source.constant(body.slice, id)
  source.helpers({ sliceResult })
  return textRange(kernel, bytes, isNull, (start, end) => {
    const ranges = rangeArguments(kernel, args).flatMap(sourcesOf)
    source.line(`${callee}(${[...ranges, 'sliceResult'].join(', ')})`)
    source.line(`${start} = sliceResult.start; ${end} = sliceResult.end`)
  })
}

/** Text written into the batch's arena. */
function emitBuild(
  kernel: Kernel,
  id: string,
  body: BuildBody,
  args: readonly Argument[],
  isNull: string,
): Code {
  const source = kernel.source
  const build = source.constant(body.build, id)
  const arena = kernel.arena()
  return textRange(kernel, `${arena}.bytes`, isNull, (start, end) => {
    const ranges = rangeArguments(kernel, args).flatMap(sourcesOf)
    source.line(`${start} = ${build}(${[arena, ...ranges].join(', ')})`)
    source.line(`${end} = ${arena}.finish(${start})`)
  })
}

/** A range of `bytes` whose bounds `write` assigns, where it is not NULL. */
function textRange(
  kernel: Kernel,
  bytes: string,
  isNull: string,
  write: (start: string, end: string) => void,
): RangeCode {
  const source = kernel.source
  const [start, end] = [source.name('s'), source.name('e')]
  const nullLocal = isNull === 'false' ? isNull : nullName(kernel, isNull)
  source.line(`let ${start} = 0, ${end} = 0`)
  if (nullLocal === 'false') write(start, end)
  else source.block(`if (!${nullLocal})`, () => write(start, end))
  return { form: 'range', bytes, start, end, isNull: nullLocal }
}

/** One for all kernels: it is read right after the call that wrote it. */
const sliceResult: Slice = { start: 0, end: 0 }

function emitNonStrict(kernel: Kernel, target: CallTarget, args: readonly Argument[], type: DataType): Code {
  const call = callPrefix(kernel, target, args)
  const names = (): string[] => args.map(arg => toJsOrNull(kernel, arg.code, arg.type))
  if (!target.neverNull) return nullableCall(kernel, type, 'false', () => call(names()))
  return guarded(kernel, type, 'false', result => kernel.source.line(`${result} = ${call(names())}`))
}

/** Binds the callee; the returned function makes the call's source from the arguments'. */
function callPrefix(
  kernel: Kernel,
  target: CallTarget,
  args: readonly Argument[],
): (names: readonly string[]) => string {
  const { body } = target
  if ('prepare' in body) {
    const callee = kernel.source.constant(prepareBody(kernel, body.prepare, args), target.id)
    return names => `${callee}(${names.join(', ')})`
  }
  if ('contextCall' in body) {
    const callee = kernel.source.constant(body.contextCall, target.id)
    const context = kernel.source.constant(kernel.context, 'context')
    return names => `${callee}(${[context, ...names].join(', ')})`
  }
  if ('call' in body) {
    const callee = kernel.source.constant(body.call, target.id)
    return names => `${callee}(${names.join(', ')})`
  }
  throw new Error(`assertion failed: ${target.id} has a callable body`)
}

/** A mistake in a constant argument is raised where PostgreSQL raises it: when the first row is evaluated. */
function prepareBody(
  kernel: Kernel,
  prepare: (site: CallSite) => (...args: never[]) => unknown,
  args: readonly Argument[],
): (...args: never[]) => unknown {
  const types = args.map(arg => arg.type)
  const constants = args.map(arg => arg.code.constant)
  try {
    return prepare({ types, constants, context: kernel.context })
  } catch (error) {
    return () => {
      throw error
    }
  }
}

function jsArguments(kernel: Kernel, args: readonly Argument[], widen = false): string[] {
  return args.map(({ code, type }) => (widen ? widened(kernel, code, type) : toJs(kernel, code, type)))
}

/** The bigint of an int2 or int4; a constant is converted once. */
function widened(kernel: Kernel, code: Code, type: DataType): string {
  const value = toJs(kernel, code, type)
  if (jsClass(type) !== 'number') return value
  if (typeof code.constant === 'number') {
    return kernel.source.typedConstant(BigInt(code.constant), 'BigInt.asIntN(64, $)')
  }
  return asLocal(kernel, `BigInt.asIntN(64, BigInt(${value}))`)
}

/** Not a string that would have to be written to the arena to become a range. */
function isNoString({ code, type }: Argument): boolean {
  return code.form === 'range' || !isRangeType(type)
}

/** The arguments as ranges where they are of such a type, and as JS values. */
function rangeArguments(kernel: Kernel, args: readonly Argument[]): (RangeCode | string)[] {
  return args.map(({ code, type }) => {
    if (!isRangeType(type)) return toJs(kernel, code, type)
    if (code.form === 'range') return code
    const [arena, start, end] = [kernel.arena(), kernel.source.name('s'), kernel.source.name('e')]
    const text = toJs(kernel, code, type)
    kernel.source.line(`const ${start} = ${arena}.appendText(${text}), ${end} = ${arena}.length`)
    return { form: 'range', bytes: `${arena}.bytes`, start, end, isNull: 'false' }
  })
}

function sourcesOf(argument: RangeCode | string): string | string[] {
  return typeof argument === 'string' ? argument : [argument.bytes, argument.start, argument.end]
}
