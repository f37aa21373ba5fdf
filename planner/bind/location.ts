/** Where an expression starts in the text: the leftmost position of its parts (nodeFuncs.c, exprLocation). */

import type { Position } from '../expression.ts'
import type { Expression } from '../sql/ast.ts'

/** 1-based, for errors about a whole expression; errors about an operator use the operator's own position. */
export function locationOf(expression: Expression): Position {
  return leftmost(expression) || undefined
}

/** Of what has parts; a part's is asked for again by everything around it. */
const known = new WeakMap<Expression, number>()

/** 0 when the grammar kept no position. */
function leftmost(expression: Expression): number {
  if (expression.kind === 'literal' || expression.kind === 'column') return expression.position
  const before = known.get(expression)
  if (before !== undefined) return before
  const position = leftmostPart(expression)
  known.set(expression, position)
  return position
}

function leftmostPart(expression: Expression): number {
  switch (expression.kind) {
    case 'operator':
      return minimum(expression.position, expression.left, expression.right)
    case 'and':
    case 'or':
      return minimum(expression.position, ...expression.args)
    case 'cast':
      return isConstant(expression.input)
        ? leftmost(expression.input)
        : minimum(expression.position, expression.input)
    case 'in':
    case 'between':
    case 'is_null':
    case 'is_bool':
      return minimum(expression.position, expression.input)
    case 'is_distinct':
    case 'nullif':
      return minimum(expression.position, expression.left)
    case 'quantified':
      return minimum(expression.position, expression.left)
    case 'function':
      return minimum(expression.position, ...expression.args.map(argument => argument.value))
    case 'subscript':
    case 'slice':
    case 'field':
    case 'field_star':
    case 'collate':
      return leftmost(expression.input) || expression.position
    default:
      return expression.position
  }
}

/** A literal stays where it is when a cast gives it its type. */
function isConstant(expression: Expression): boolean {
  return expression.kind === 'literal' && (expression.literal === 'string' || expression.literal === 'null')
}

function minimum(position: number, ...parts: readonly (Expression | undefined)[]): number {
  let result = position
  for (const part of parts) {
    const own = part === undefined ? 0 : leftmost(part)
    if (own !== 0 && (result === 0 || own < result)) result = own
  }
  return result
}
