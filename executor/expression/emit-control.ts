/**
 * Three-valued logic and everything that evaluates only some of its operands: AND, OR, CASE, COALESCE,
 * NULLIF, GREATEST, LEAST. PostgreSQL's order of evaluation: left to right, and nothing after the deciding
 * operand.
 */

import type { Expression } from '../../planner/expression.ts'
import { boolType, physicalKind } from '../../planner/types.ts'
import { findScalarFunction } from '../functions/registry.ts'
import type { Code } from './code.ts'
import { conjunction, negate, nullCode } from './code.ts'
import { emitCall, nullName } from './emit-call.ts'
import { asLocal, toJs, toJsOrNull } from './emit-convert.ts'
import { functionTarget } from './emit-function.ts'
import { Merge } from './emit-merge.ts'
import type { Kernel } from './kernel.ts'

type Kind<K extends Expression['kind']> = Extract<Expression, { kind: K }>

/**
 * Source of "the expression is true" (NULL counts as false): what WHERE, CASE WHEN and FILTER ask. Stops at
 * the first operand that decides.
 */
export function emitCondition(kernel: Kernel, expression: Expression): string {
  if (kernel.isPart(expression)) return isTrue(kernel.value(expression))
  switch (expression.kind) {
    case 'and':
      return emitConjunction(kernel, operandsOf(kernel, expression as Kind<'and'>), '')
    case 'or':
      return emitConjunction(kernel, operandsOf(kernel, expression as Kind<'or'>), '!')
    default:
      return isTrue(kernel.value(expression))
  }
}

/** AND (`stopUnless` '': stop at the first not true) or OR ('!': stop at the first true), as a condition. */
function emitConjunction(kernel: Kernel, args: readonly Expression[], stopUnless: '' | '!'): string {
  const result = kernel.source.name('v')
  const costly = args.findIndex(arg => !isCheapComparison(arg))
  // Operands that cost less than a mispredicted branch are all evaluated: half the time on random values.
  const together = Math.max(1, costly < 0 ? args.length : costly)
  const first = args.slice(0, together).map(arg => `(${emitCondition(kernel, arg)})`)
  const rest = args.slice(together)
  kernel.source.line(`let ${result} = ${first.join(stopUnless === '' ? ' & ' : ' | ')}`)
  emitWhile(kernel, `${stopUnless}${result}`, rest, arg => {
    kernel.source.line(`${result} = ${emitCondition(kernel, arg)}`)
  })
  return result
}

/**
 * The operands as long as `goOn` holds. One block, left by its label: operands may be thousands, and V8
 * parses blocks inside blocks by recursion.
 */
function emitWhile(
  kernel: Kernel,
  goOn: string,
  operands: readonly Expression[],
  emitOperand: (operand: Expression) => void,
): void {
  const { source } = kernel
  const [first, ...others] = operands
  if (first === undefined) return
  const label = others.length === 0 ? '' : source.name('b')
  source.block(label === '' ? `if (${goOn})` : `${label}: if (${goOn})`, () => {
    emitOperand(first)
    for (const operand of others) {
      source.line(`if (${negate(goOn)}) break ${label}`)
      emitOperand(operand)
    }
  })
}

/** A comparison of fixed-width columns and constants: a few machine instructions that cannot fail. */
function isCheapComparison(expression: Expression): boolean {
  if (expression.kind !== 'call' || !('inline' in findScalarFunction(expression.signature.id))) return false
  return expression.args.every(
    arg =>
      (arg.kind === 'column' || arg.kind === 'literal') &&
      physicalKind(arg.type) !== 'bytes' &&
      physicalKind(arg.type) !== 'numeric',
  )
}

/**
 * Three-valued AND (`absorbing` false) or OR (true): an absorbing operand decides, else a NULL operand makes
 * NULL.
 */
export function emitLogic(kernel: Kernel, expression: Kind<'and' | 'or'>): Code {
  const source = kernel.source
  const absorbing = expression.kind === 'or'
  const undecided = absorbing ? '!' : ''
  const [first, ...rest] = operandsOf(kernel, expression)
  const head = kernel.value(first!)
  // AND: "no operand is false so far"; OR: "some operand is true".
  const result = source.name('v')
  const isNull = source.name('n')
  const declaration = source.slot()
  let nullable = head.isNull !== 'false'
  const steps: { readonly slot: number; readonly code: Code }[] = []
  emitWhile(kernel, `${undecided}${result}`, rest, arg => {
    const code = kernel.value(arg)
    nullable ||= code.isNull !== 'false'
    steps.push({ slot: source.slot(), code })
  })
  for (const { slot, code } of steps) source.fill(slot, logicStep(code, result, isNull, absorbing, nullable))
  const opening = absorbing ? isTrue(head) : negate(isFalse(head))
  source.fill(declaration, [`let ${result} = ${opening}${nullable ? `, ${isNull} = ${head.isNull}` : ''}`])
  return { form: 'js', source: result, isNull: nullable ? isNull : 'false' }
}

/** After an operand: an absorbing one clears the NULL that an earlier one left. */
function logicStep(
  code: Code,
  result: string,
  isNull: string,
  absorbing: boolean,
  nullable: boolean,
): readonly string[] {
  if (!nullable) return [`${result} = ${toValue(code)}`]
  const absorbed = absorbing ? isTrue(code) : isFalse(code)
  const lines = [`if (${absorbed}) { ${result} = ${absorbing}; ${isNull} = false }`]
  if (code.isNull !== 'false') lines.push(`else if (${code.isNull}) ${isNull} = true`)
  return lines
}

function toValue(code: Code): string {
  return code.form === 'js' ? code.source : 'false'
}

function isTrue(code: Code): string {
  return conjunction(negate(code.isNull), toValue(code))
}

function isFalse(code: Code): string {
  return conjunction(negate(code.isNull), negate(toValue(code)))
}

export function emitNot(kernel: Kernel, expression: Kind<'not'>): Code {
  const code = kernel.value(expression.input)
  if (code.isNull === 'true') return code
  return { form: 'js', source: asLocal(kernel, negate(toValue(code))), isNull: code.isNull }
}

export function emitIsNull(kernel: Kernel, expression: Kind<'is_null'>): Code {
  const { isNull } = kernel.value(expression.input)
  const test = expression.negated ? negate(isNull) : isNull
  return { form: 'js', source: asLocal(kernel, test), isNull: 'false' }
}

export function emitIsBool(kernel: Kernel, expression: Kind<'is_bool'>): Code {
  const code = kernel.value(expression.input)
  const test = { true: isTrue(code), false: isFalse(code), unknown: code.isNull }[expression.test]
  return { form: 'js', source: asLocal(kernel, expression.negated ? negate(test) : test), isNull: 'false' }
}

export function emitIsDistinct(kernel: Kernel, expression: Kind<'is_distinct'>): Code {
  const source = kernel.source
  const left = kernel.value(expression.left)
  const right = kernel.value(expression.right)
  const result = source.name('v')
  const differ = left.isNull === right.isNull ? 'false' : `${left.isNull} !== ${right.isNull}`
  source.line(`let ${result} = ${differ}`)
  source.block(`if (${conjunction(negate(left.isNull), negate(right.isNull))})`, () => {
    const equal = emitEquals(kernel, expression, { ...left, isNull: 'false' }, { ...right, isNull: 'false' })
    source.line(`${result} = ${negate(equal)}`)
  })
  return {
    form: 'js',
    source: asLocal(kernel, expression.negated ? negate(result) : result),
    isNull: 'false',
  }
}

export function emitNullif(kernel: Kernel, expression: Kind<'nullif'>): Code {
  const source = kernel.source
  const left = kernel.value(expression.left)
  const right = kernel.value(expression.right)
  if (left.isNull === 'true' || right.isNull === 'true') return left
  const isNull = source.name('n')
  source.line(`let ${isNull} = ${left.isNull}`)
  source.block(`if (${conjunction(`!${isNull}`, negate(right.isNull))})`, () => {
    const equal = emitEquals(kernel, expression, { ...left, isNull: 'false' }, { ...right, isNull: 'false' })
    source.line(`${isNull} = ${equal}`)
  })
  const { constant: _, ...code } = left
  return { ...code, isNull }
}

function emitEquals(
  kernel: Kernel,
  expression: Kind<'is_distinct' | 'nullif'>,
  left: Code,
  right: Code,
): string {
  const target = functionTarget(findScalarFunction(expression.equals.id))
  const args = [
    { code: left, type: expression.left.type },
    { code: right, type: expression.right.type },
  ]
  const equal = emitCall(kernel, target, args, boolType)
  return asLocal(kernel, isTrue(equal))
}

/** The operands, or the parts that stand for them. */
function operandsOf(
  kernel: Kernel,
  expression: Kind<'and' | 'or'> | Kind<'coalesce'> | Kind<'extremum'>,
): readonly Expression[] {
  return kernel.groupsOf(expression) ?? expression.args
}

export function emitCase(kernel: Kernel, expression: Kind<'case'>): Code {
  const groups = kernel.groupsOf(expression)
  if (groups !== undefined) return emitGroupedCase(kernel, expression, groups)
  const { source } = kernel
  const merge = new Merge(kernel, expression.type)
  const label = source.name('b')
  source.block(`${label}:`, () => {
    for (const { when, then } of expression.branches) {
      const condition = emitCondition(kernel, when)
      if (condition === 'true') return merge.arm(kernel.value(then))
      if (condition === 'false') continue
      source.block(`if (${condition})`, () => {
        merge.arm(kernel.value(then))
        source.line(`break ${label}`)
      })
    }
    merge.arm(kernel.value(expression.otherwise))
  })
  return merge.finish()
}

/** A CASE whose branches are in parts. */
function emitGroupedCase(kernel: Kernel, expression: Kind<'case'>, groups: readonly Expression[]): Code {
  const { source } = kernel
  const merge = new Merge(kernel, expression.type)
  const matched = source.name('t')
  source.line(`const ${matched} = ${kernel.firstMatch(groups)}`)
  source.block(`if (${matched} === undefined)`, () => merge.arm(kernel.value(expression.otherwise)))
  source.otherwise('else', () => {
    merge.arm({ form: 'js', source: matched, isNull: asLocal(kernel, `${matched} === null`) })
  })
  return merge.finish()
}

/** The part of a CASE's branches: returns the value of the first that matches. */
export function emitBranches(kernel: Kernel, { branches }: Kind<'case'>): void {
  const { source } = kernel
  for (const { when, then } of branches) {
    const condition = emitCondition(kernel, when)
    if (condition === 'false') continue
    source.block(`if (${condition})`, () => {
      source.line(`return ${toJsOrNull(kernel, kernel.value(then), then.type)}`)
    })
  }
}

export function emitCoalesce(kernel: Kernel, expression: Kind<'coalesce'>): Code {
  const { source } = kernel
  const args = operandsOf(kernel, expression)
  const first = kernel.value(args[0]!)
  if (first.isNull === 'false') return first
  const merge = new Merge(kernel, expression.type)
  const label = source.name('b')
  source.block(`${label}:`, () => {
    for (const [index, arg] of args.entries()) {
      const code = kernel.value(arg)
      if (index === args.length - 1 || code.isNull === 'false') return merge.arm(code)
      if (code.isNull === 'true') continue
      source.block(`if (!${code.isNull})`, () => {
        merge.arm({ ...code, isNull: 'false' })
        source.line(`break ${label}`)
      })
    }
  })
  return merge.finish()
}

export function emitExtremum(kernel: Kernel, expression: Kind<'extremum'>): Code {
  const { type } = expression
  const target = functionTarget(findScalarFunction(expression.less.id))
  let best: Code = nullCode(type)
  for (const arg of operandsOf(kernel, expression)) {
    const code = kernel.value(arg)
    best = best.isNull === 'true' ? code : emitBetter(kernel, expression, target, best, code)
  }
  return best
}

/** The smaller or greater of two values; NULL only where both are. */
function emitBetter(
  kernel: Kernel,
  expression: Kind<'extremum'>,
  target: ReturnType<typeof functionTarget>,
  best: Code,
  code: Code,
): Code {
  const source = kernel.source
  const { type } = expression
  if (code.isNull === 'true') return best
  const replace = source.name('v')
  const bestNull = nullName(kernel, best.isNull)
  source.line(`let ${replace} = ${bestNull}`)
  source.block(`if (${conjunction(negate(bestNull), negate(code.isNull))})`, () => {
    const candidate = { code: { ...code, isNull: 'false' }, type }
    const champion = { code: { ...best, isNull: 'false' }, type }
    const operands = expression.which === 'least' ? [candidate, champion] : [champion, candidate]
    source.line(`${replace} = ${toJs(kernel, emitCall(kernel, target, operands, boolType), boolType)}`)
  })
  const merge = new Merge(kernel, type)
  source.block(`if (${replace})`, () => merge.arm(code))
  source.otherwise('else', () => merge.arm(best))
  return merge.finish()
}
