/**
 * What ORDER BY and GROUP BY items mean: a result column by name or number, as in SQL-92, or an expression
 * (parse_clause.c, findTargetlistEntrySQL92).
 */

import { SqlError, SqlState } from '../errors.ts'
import type { Expression, Position, SortKey } from '../expression.ts'
import { sameExpression } from '../expression-tree.ts'
import type { OrderItem, Expression as SyntaxExpression } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import type { ExpressionBinder } from './binder.ts'
import { resolveUnknown } from './coerce.ts'
import { sortKey } from './ordering.ts'
import type { StatementContext } from './statement-context.ts'
import type { Target } from './target-list.ts'
import { settleTarget } from './target-list.ts'

type Clause = 'ORDER BY' | 'GROUP BY'

/** The target that an item names or numbers; undefined when it is an expression of its own. */
export function findTarget(
  binder: ExpressionBinder,
  targets: readonly Target[],
  item: SyntaxExpression,
  clause: Clause,
): Target | undefined {
  const position: Position = item.position || undefined
  if (item.kind === 'column' && item.path.length === 1) {
    const name = item.path[0] as string
    // In GROUP BY a column of FROM hides a result column of the same name.
    if (clause === 'GROUP BY' && binder.scope.columns.some(column => column.name === name)) return undefined
    return targetByName(targets, name, clause, position)
  }
  if (item.kind !== 'literal' || item.literal === 'boolean' || item.literal === 'null') return undefined
  if (item.literal !== 'integer') {
    throw new SqlError(SqlState.syntaxError, `non-integer constant in ${clause}`, { position })
  }
  const target = targets[Number(item.text) - 1]
  if (target !== undefined) return target
  throw new SqlError(
    SqlState.invalidColumnReference,
    `${clause} position ${item.text} is not in select list`,
    { position },
  )
}

function targetByName(
  targets: readonly Target[],
  name: string,
  clause: Clause,
  position: Position,
): Target | undefined {
  const [first, ...others] = targets.filter(target => target.name === name)
  if (first === undefined) return undefined
  if (others.some(other => !sameExpression(other.expression, first.expression))) {
    throw new SqlError(SqlState.ambiguousColumn, `${clause} "${name}" is ambiguous`, { position })
  }
  return first
}

/** A key of a SELECT's ORDER BY, over the rows that its targets read. */
export interface BoundSortKey {
  /** The target it sorts by; undefined when it is an expression that the select list lacks. */
  readonly target: Target | undefined
  readonly key: SortKey
}

export function* bindOrderBy(
  binder: ExpressionBinder,
  targets: readonly Target[],
  items: readonly OrderItem[],
): Steps<BoundSortKey[]> {
  const { statement } = binder
  const keys: BoundSortKey[] = []
  for (const item of items) {
    const named = findTarget(binder, targets, item.expression, 'ORDER BY')
    const bound =
      named === undefined ? resolveUnknown(statement, yield* binder.bind(item.expression)) : undefined
    const target = named ?? targets.find(other => sameExpression(other.expression, bound as Expression))
    if (target !== undefined) settleTarget(statement, target)
    keys.push({ target, key: sortKey(item, target?.expression ?? (bound as Expression)) })
  }
  return keys
}

/** ORDER BY of a set operation or VALUES: only result columns, by name or number. */
export function* bindOutputOrderBy(
  statement: StatementContext,
  binder: ExpressionBinder,
  targets: readonly Target[],
  items: readonly OrderItem[],
): Steps<SortKey[]> {
  const keys: SortKey[] = []
  for (const item of items) {
    const target = findTarget(binder, targets, item.expression, 'ORDER BY')
    if (target === undefined) {
      throw new SqlError(SqlState.featureNotSupported, 'invalid UNION/INTERSECT/EXCEPT ORDER BY clause', {
        position: statement.locationOf(yield* binder.bind(item.expression)),
        detail: 'Only result column names can be used, not expressions or functions.',
        hint: 'Add the expression/function to every SELECT, or move the UNION into a FROM clause.',
      })
    }
    keys.push(sortKey(item, target.expression))
  }
  return keys
}
