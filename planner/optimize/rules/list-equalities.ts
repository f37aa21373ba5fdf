/**
 * `x = 1 OR x = 2 OR …` as a condition is `x = ANY (ARRAY[1, 2, …])`: looked up in a set of values, or by
 * primary key. A few comparisons stay what they are, since they cost less than a lookup.
 */

import type { Expression } from '../../expression.ts'
import { isVolatile, sameExpression } from '../../expression-tree.ts'
import type { LogicalPlan } from '../../logical-plan.ts'
import { arrayOf, boolType, hasHashedEquality } from '../../types.ts'
import { conjunction, splitConjunction } from '../predicate.ts'

const TERMS_MIN = 17

export function listEqualities(plan: LogicalPlan): LogicalPlan {
  if (plan.kind !== 'filter') return plan
  const conditions = splitConjunction(plan.predicate)
  const rewritten = conditions.map(asMembership)
  if (rewritten.every((condition, index) => condition === conditions[index])) return plan
  return { ...plan, predicate: conjunction(rewritten) ?? plan.predicate }
}

function asMembership(condition: Expression): Expression {
  if (condition.kind !== 'or' || condition.args.length < TERMS_MIN) return condition
  const [first] = condition.args
  if (first === undefined || !isEquality(first)) return condition
  const [left, constant] = first.args
  if (!hasHashedEquality(constant.type) || left.type.kind !== constant.type.kind || isVolatile(left))
    return condition
  const elements: Expression[] = []
  for (const arg of condition.args) {
    if (!isEquality(arg) || arg.signature.id !== first.signature.id) return condition
    if (!sameExpression(arg.args[0], left)) return condition
    elements.push(arg.args[1])
  }
  const array: Expression = { kind: 'array', elements, type: arrayOf(constant.type) }
  const { signature: operator, position } = first
  return { kind: 'quantified', quantifier: 'any', operator, left, array, type: boolType, position }
}

type Call = Extract<Expression, { kind: 'call' }>
type Equality = Call & { readonly args: readonly [Expression, Extract<Expression, { kind: 'literal' }>] }

/** `something = constant` */
function isEquality(expression: Expression): expression is Equality {
  if (expression.kind !== 'call' || expression.args[1]?.kind !== 'literal') return false
  return expression.signature.kind === 'operator' && expression.signature.name === '='
}
