/** Walking, rewriting and comparing bound expressions. Rewrites share every subtree that did not change. */

import { unreachable } from './assert.ts'
import type { Expression } from './expression.ts'
import { sameType } from './types.ts'

/** The direct operands, in evaluation order. */
export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'column':
    case 'literal':
    case 'parameter':
      return []
    case 'call':
    case 'and':
    case 'or':
    case 'coalesce':
    case 'extremum':
    case 'model':
      return expression.args
    case 'cast':
    case 'not':
    case 'is_null':
    case 'is_bool':
    case 'field':
      return [expression.input]
    case 'is_distinct':
    case 'nullif':
      return [expression.left, expression.right]
    case 'case':
      return [...expression.branches.flatMap(branch => [branch.when, branch.then]), expression.otherwise]
    case 'quantified':
      return [expression.left, expression.array]
    case 'array':
    case 'row':
      return expression.elements
    case 'subscript':
      return [expression.input, expression.index]
    default:
      return unreachable(expression)
  }
}

/** The expression with each direct operand replaced by `rewrite` of it. */
export function mapChildren(expression: Expression, rewrite: (child: Expression) => Expression): Expression {
  const before = childrenOf(expression)
  if (before.length === 0) return expression
  const after = before.map(rewrite)
  return after.every((child, index) => child === before[index]) ? expression : withChildren(expression, after)
}

/** `children` in the order of `childrenOf`. */
function withChildren(expression: Expression, children: readonly Expression[]): Expression {
  const child = (index: number) => children[index] as Expression
  switch (expression.kind) {
    case 'column':
    case 'literal':
    case 'parameter':
      return expression
    case 'call':
    case 'and':
    case 'or':
    case 'coalesce':
    case 'extremum':
    case 'model':
      return { ...expression, args: children }
    case 'cast':
    case 'not':
    case 'is_null':
    case 'is_bool':
    case 'field':
      return { ...expression, input: child(0) }
    case 'is_distinct':
    case 'nullif':
      return { ...expression, left: child(0), right: child(1) }
    case 'case':
      return {
        ...expression,
        branches: expression.branches.map((_, index) => ({
          when: child(2 * index),
          then: child(2 * index + 1),
        })),
        otherwise: child(children.length - 1),
      }
    case 'quantified':
      return { ...expression, left: child(0), array: child(1) }
    case 'array':
    case 'row':
      return { ...expression, elements: children }
    case 'subscript':
      return { ...expression, input: child(0), index: child(1) }
    default:
      return unreachable(expression)
  }
}

/** True when `test` holds for the expression or anything in it. */
export function someExpression(expression: Expression, test: (expression: Expression) => boolean): boolean {
  return test(expression) || childrenOf(expression).some(child => someExpression(child, test))
}

/** The expression with every column index replaced. */
export function mapColumns(expression: Expression, newIndex: (index: number) => number): Expression {
  if (expression.kind !== 'column') return mapChildren(expression, child => mapColumns(child, newIndex))
  const index = newIndex(expression.index)
  return index === expression.index ? expression : { ...expression, index }
}

/** Reads no column: the same value for every row (unless volatile). */
export function readsNoColumn(expression: Expression): boolean {
  return !someExpression(expression, part => part.kind === 'column')
}

export function isVolatile(expression: Expression): boolean {
  return someExpression(expression, part => part.kind === 'call' && part.signature.volatility === 'volatile')
}

/** The same computation; positions in the text do not matter. */
export function sameExpression(left: Expression, right: Expression): boolean {
  if (left === right) return true
  if (left.kind !== right.kind || !sameType(left.type, right.type) || !sameNode(left, right)) return false
  const leftChildren = childrenOf(left)
  const rightChildren = childrenOf(right)
  return (
    leftChildren.length === rightChildren.length &&
    leftChildren.every((child, index) => sameExpression(child, rightChildren[index] as Expression))
  )
}

/** Compares what is in the node itself, operands aside. */
function sameNode(left: Expression, right: Expression): boolean {
  switch (left.kind) {
    case 'column':
    case 'parameter':
    case 'field':
      return left.index === (right as typeof left).index
    case 'literal':
      return left.text === (right as typeof left).text
    case 'call':
      return left.signature.id === (right as typeof left).signature.id
    case 'cast':
      return left.context === (right as typeof left).context
    case 'is_null':
      return left.negated === (right as typeof left).negated
    case 'is_bool':
      return left.negated === (right as typeof left).negated && left.test === (right as typeof left).test
    case 'is_distinct':
      return (
        left.negated === (right as typeof left).negated && left.equals.id === (right as typeof left).equals.id
      )
    case 'nullif':
      return left.equals.id === (right as typeof left).equals.id
    case 'extremum':
      return left.which === (right as typeof left).which
    case 'quantified':
      return (
        left.quantifier === (right as typeof left).quantifier &&
        left.operator.id === (right as typeof left).operator.id
      )
    case 'model':
      return (
        left.model === (right as typeof left).model &&
        left.modelVersion === (right as typeof left).modelVersion
      )
    case 'and':
    case 'or':
    case 'not':
    case 'case':
    case 'coalesce':
    case 'array':
    case 'row':
    case 'subscript':
      return true
    default:
      return unreachable(left)
  }
}
