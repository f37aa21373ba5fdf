/** GROUP BY items to keys over the rows that are grouped. */

import { notSupported, SqlError, SqlState } from '../errors.ts'
import type { Expression } from '../expression.ts'
import type { GroupItem, Expression as SyntaxExpression } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import { containsAggregate } from './aggregate.ts'
import type { ExpressionBinder } from './binder.ts'
import { resolveUnknown } from './coerce.ts'
import { findTarget } from './order-by.ts'
import { requireEquality } from './ordering.ts'
import type { Target } from './target-list.ts'
import { settleTarget } from './target-list.ts'

const noAggregates = 'aggregate functions are not allowed in GROUP BY'

export function* bindGroupBy(
  binder: ExpressionBinder,
  targets: readonly Target[],
  items: readonly GroupItem[],
): Steps<Expression[]> {
  const inner = binder.withoutAggregates(noAggregates)
  const expressions = items.flatMap(item => {
    if (item.kind === 'grouping_set') {
      throw notSupported('GROUPING SETS, ROLLUP and CUBE', { position: item.position || undefined })
    }
    return flatten(item.expression)
  })
  const keys: Expression[] = []
  for (const expression of expressions) {
    const key = yield* bindKey(inner, targets, expression)
    requireEquality(key.type, inner.statement.locationOf(key))
    keys.push(key)
  }
  return keys
}

/** (a, b) without ROW is two keys. */
function flatten(expression: SyntaxExpression): readonly SyntaxExpression[] {
  return expression.kind === 'row' && !expression.explicit
    ? expression.elements.flatMap(flatten)
    : [expression]
}

function* bindKey(
  binder: ExpressionBinder,
  targets: readonly Target[],
  expression: SyntaxExpression,
): Steps<Expression> {
  const target = findTarget(binder, targets, expression, 'GROUP BY')
  if (target === undefined) return resolveUnknown(binder.statement, yield* binder.bind(expression))
  if (containsAggregate(target.expression)) {
    throw new SqlError(SqlState.groupingError, noAggregates, { position: target.location })
  }
  settleTarget(binder.statement, target)
  return target.expression
}
