/** Arrays and records: constructors, element and field access, and = ANY / <> ALL over arrays. */

import type { Expression } from '../../planner/expression.ts'
import { boolType, type DataType, hasHashedEquality } from '../../planner/types.ts'
import { subscripted } from '../batch/array-bounds.ts'
import type { RuntimeValue } from '../batch/runtime-value.ts'
import { ofSubarrays } from '../batch/value-codec.ts'
import { findScalarFunction } from '../functions/registry.ts'
import { leavesOf } from '../functions/value-compare.ts'
import { bodyFunction } from './body-function.ts'
import { anyNull, type Code, conjunction, negate } from './code.ts'
import { constantValue } from './constant-value.ts'
import { emitCall, nullableCall } from './emit-call.ts'
import { toJs, toJsOrNull } from './emit-convert.ts'
import { functionTarget } from './emit-function.ts'
import type { EvaluationContext } from './evaluation-context.ts'
import type { Kernel } from './kernel.ts'

type Kind<K extends Expression['kind']> = Extract<Expression, { kind: K }>

/** A list up to this length is compared element by element; a longer one of constants through a Set. */
const UNROLLED_MAX = 16

/** ARRAY[…] and ROW(…): never NULL themselves. */
export function emitConstructor(kernel: Kernel, expression: Kind<'array' | 'row'>): Code {
  const isNested = hasArrays(expression)
  const groups = kernel.groupsOf(expression)
  const values = groups === undefined ? constantElements(kernel, expression.elements) : undefined
  if (values !== undefined) return kernel.constant(expression.type, isNested ? ofSubarrays(values) : values)
  const elements =
    groups?.map(group => `...${kernel.part(group)}`) ?? emitElements(kernel, expression.elements)
  const local = kernel.source.name('v')
  const list = `[${elements.join(', ')}]`
  if (isNested) kernel.source.helpers({ ofSubarrays })
  kernel.source.line(`const ${local} = ${isNested ? `ofSubarrays(${list})` : list}`)
  return { form: 'js', source: local, isNull: 'false' }
}

/** Sources of the elements, null under NULL. */
export function emitElements(kernel: Kernel, elements: readonly Expression[]): readonly string[] {
  const codes = elements.map(element => kernel.value(element))
  return codes.map((code, index) => toJsOrNull(kernel, code, elements[index]!.type))
}

/** The values of elements that are all constants; undefined when one is not. A long list leaves no code. */
function constantElements(
  kernel: Kernel,
  elements: readonly Expression[],
): readonly RuntimeValue[] | undefined {
  const values: RuntimeValue[] = []
  for (const element of elements) {
    let value = constantValue(element, kernel.context)
    if (value === undefined) value = kernel.value(element).constant
    if (value === undefined) return undefined
    values.push(value)
  }
  return values
}

/** The value of an array that is known, whose bytes are not needed: those of a long one take a while. */
function constantArray(kernel: Kernel, array: Expression): RuntimeValue | undefined {
  const isFlat = array.kind === 'array' && !hasArrays(array)
  return isFlat ? constantElements(kernel, array.elements) : kernel.value(array).constant
}

/** The elements are arrays: further dimensions. */
function hasArrays({ type, elements }: Kind<'array' | 'row'>): boolean {
  return type.kind === 'array' && elements.some(element => element.type.kind === 'array')
}

/** array[index]; NULL outside the bounds and where there is a further dimension. */
export function emitSubscript(kernel: Kernel, expression: Kind<'subscript'>): Code {
  const array = kernel.value(expression.input)
  const index = kernel.value(expression.index)
  const isArray = expression.type.kind === 'array'
  return nullableCall(kernel, expression.type, anyNull([array, index]), () => {
    const list = toJs(kernel, array, expression.input.type)
    kernel.source.helpers({ subscripted })
    const element = `subscripted(${list}, ${toJs(kernel, index, expression.index.type)})`
    if (isArray) {
      kernel.source.helpers({ innerDimension })
      return `innerDimension(${element})`
    }
    kernel.source.helpers({ elementValue })
    return `elementValue(${element})`
  })
}

/** (record).field */
export function emitField(kernel: Kernel, expression: Kind<'field'>): Code {
  const record = kernel.value(expression.input)
  return nullableCall(kernel, expression.type, anyNull([record]), () => {
    return `${toJs(kernel, record, expression.input.type)}[${expression.index}]`
  })
}

/** left op ANY (array), left op ALL (array), three-valued. */
export function emitQuantified(kernel: Kernel, expression: Kind<'quantified'>): Code {
  const elements = shortList(kernel, expression)
  if (elements !== undefined) return emitUnrolled(kernel, expression, elements)
  return emitMembership(kernel, expression) ?? emitOverArray(kernel, expression)
}

/** The elements of a short list that is written out or constant; undefined for any other array. */
function shortList(kernel: Kernel, { array }: Kind<'quantified'>): readonly Code[] | undefined {
  if (array.kind === 'array' && !hasArrays(array)) {
    const { elements } = array
    if (kernel.groupsOf(array) !== undefined) return undefined
    return elements.length > UNROLLED_MAX ? undefined : elements.map(element => kernel.value(element))
  }
  const { constant } = kernel.value(array)
  if (!isFlatList(constant) || constant.length > UNROLLED_MAX || array.type.kind !== 'array') return undefined
  const { element } = array.type
  return constant.map(value => kernel.constant(element, value))
}

function isFlatList(value: RuntimeValue | undefined): value is readonly RuntimeValue[] {
  return Array.isArray(value) && !value.some(Array.isArray)
}

/** op against each element in turn, until one decides. */
function emitUnrolled(kernel: Kernel, expression: Kind<'quantified'>, elements: readonly Code[]): Code {
  const source = kernel.source
  const isAny = expression.quantifier === 'any'
  const left = { code: kernel.value(expression.left), type: expression.left.type }
  const target = functionTarget(findScalarFunction(expression.operator.id))
  const elementType = elementTypeOf(expression.array.type)
  const [result, isNull] = [source.name('v'), source.name('n')]
  source.line(`let ${result} = ${!isAny}, ${isNull} = false`)
  let nullable = false
  const step = (index: number): void => {
    const element = elements[index]
    if (element === undefined) return
    const test = emitCall(kernel, target, [left, { code: element, type: elementType }], boolType)
    const value = toJs(kernel, test, boolType)
    const decides = conjunction(negate(test.isNull), isAny ? value : negate(value))
    if (decides !== 'false') source.line(`if (${decides}) { ${result} = ${isAny}; ${isNull} = false }`)
    if (test.isNull !== 'false') {
      nullable = true
      source.line(`${decides === 'false' ? '' : 'else '}if (${test.isNull}) ${isNull} = true`)
    }
    if (index + 1 < elements.length) source.block(`if (${isAny ? '!' : ''}${result})`, () => step(index + 1))
  }
  step(0)
  return { form: 'js', source: result, isNull: nullable ? isNull : 'false' }
}

/**
 * = ANY and <> ALL over a long constant list through a Set of JS values; undefined where equality of the type
 * is not equality of its JS values, or the operator is another.
 */
function emitMembership(kernel: Kernel, expression: Kind<'quantified'>): Code | undefined {
  const { left, operator, quantifier } = expression
  const isEquality = operator.name === (quantifier === 'any' ? '=' : '<>')
  const sameType = left.type.kind === elementTypeOf(expression.array.type).kind
  if (!isEquality || !sameType || !hasHashedEquality(left.type)) return undefined
  const values = constantArray(kernel, expression.array)
  if (!isFlatList(values)) return undefined
  const set = new Set<RuntimeValue>()
  for (const value of values) if (value !== null) set.add(value)
  const code = kernel.value(left)
  const isNull = anyNull([code])
  return nullableCall(kernel, boolType, isNull, () => {
    const member = `${kernel.source.constant(set, 'members')}.has(${toJs(kernel, code, left.type)})`
    if (values.includes(null)) return `${member} ? ${quantifier === 'any'} : null`
    return quantifier === 'any' ? member : `!${member}`
  })
}

/** An array that is only known row by row. */
function emitOverArray(kernel: Kernel, expression: Kind<'quantified'>): Code {
  const left = kernel.value(expression.left)
  const array = kernel.value(expression.array)
  const record = findScalarFunction(expression.operator.id)
  const types = [expression.left.type, elementTypeOf(expression.array.type)]
  const operator = bodyFunction(record, types)
  const isAny = expression.quantifier === 'any'
  const strict = record.strict !== false
  const scan = (
    context: EvaluationContext,
    value: RuntimeValue,
    list: readonly RuntimeValue[],
  ): boolean | null => scanArray((a, b) => operator(context, a, b), isAny, strict, value, list)
  const callee = kernel.source.constant(scan, `${record.id} ${expression.quantifier}`)
  const context = kernel.source.constant(kernel.context, 'context')
  return nullableCall(kernel, boolType, anyNull([array]), () => {
    const value = toJsOrNull(kernel, left, expression.left.type)
    return `${callee}(${context}, ${value}, ${toJs(kernel, array, expression.array.type)})`
  })
}

function scanArray(
  operator: (left: RuntimeValue, right: RuntimeValue) => RuntimeValue,
  isAny: boolean,
  strict: boolean,
  left: RuntimeValue,
  list: readonly RuntimeValue[],
): boolean | null {
  let unknown = false
  for (const value of leavesOf(list)) {
    const test = strict && (left === null || value === null) ? null : operator(left, value)
    if (test === isAny) return isAny
    if (test === null) unknown = true
  }
  return unknown ? null : !isAny
}

function elementTypeOf(type: DataType): DataType {
  if (type.kind !== 'array') throw new Error('assertion failed: ANY and ALL are over arrays')
  return type.element.kind === 'array' ? elementTypeOf(type.element) : type.element
}

/** undefined (outside the bounds) and an element (too many subscripts) are NULL. */
function innerDimension(element: RuntimeValue | undefined): RuntimeValue {
  return Array.isArray(element) ? element : null
}

/** undefined (outside the bounds) and a nested array (too few subscripts) are NULL. */
function elementValue(element: RuntimeValue | undefined): RuntimeValue {
  return element === undefined || Array.isArray(element) ? null : element
}
