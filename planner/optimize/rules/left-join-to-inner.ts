/**
 * A LEFT JOIN below a filter that no unmatched row can pass is an inner join: one that is never true when the
 * right columns are NULL, as `right.x = 5` and `right.x IS NOT NULL`.
 */

import type { Expression } from '../../expression.ts'
import { childrenOf } from '../../expression-tree.ts'
import type { LogicalPlan } from '../../logical-plan.ts'
import { splitConjunction } from '../predicate.ts'

export function leftJoinToInner(plan: LogicalPlan): LogicalPlan {
  if (plan.kind !== 'filter' || plan.input.kind !== 'join' || plan.input.joinType !== 'left') return plan
  const width = plan.input.left.schema.length
  const isRight = (index: number) => index >= width
  if (!splitConjunction(plan.predicate).some(condition => rejectsNull(condition, isRight))) return plan
  return { ...plan, input: { ...plan.input, joinType: 'inner' } }
}

/** False or NULL whenever the columns that pass the test are NULL. */
function rejectsNull(condition: Expression, isNull: (index: number) => boolean): boolean {
  switch (condition.kind) {
    case 'is_null':
      return condition.negated && nullWhen(condition.input, isNull)
    case 'is_bool':
      return !condition.negated && condition.test !== 'unknown' && nullWhen(condition.input, isNull)
    case 'or':
      return condition.args.every(arg => rejectsNull(arg, isNull))
    case 'and':
      return condition.args.some(arg => rejectsNull(arg, isNull))
    default:
      return nullWhen(condition, isNull)
  }
}

/** NULL whenever the columns that pass the test are NULL. */
function nullWhen(expression: Expression, isNull: (index: number) => boolean): boolean {
  switch (expression.kind) {
    case 'column':
      return isNull(expression.index)
    case 'call':
      return expression.signature.strict !== false && expression.args.some(arg => nullWhen(arg, isNull))
    case 'cast':
    case 'not':
    case 'field':
    case 'subscript':
      return childrenOf(expression).some(child => nullWhen(child, isNull))
    case 'quantified':
      return (
        expression.operator.strict !== false &&
        nullWhen(expression.left, isNull) &&
        isNonEmptyList(expression.array)
      )
    default:
      return false
  }
}

/** Over an empty list, ANY is false and ALL is true, whatever the operand. */
function isNonEmptyList(array: Expression): boolean {
  return array.kind === 'array' && array.elements.length > 0
}
