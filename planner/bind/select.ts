/**
 * SELECT … FROM … to a plan, in PostgreSQL's order of analysis (so that the first error and the inference of
 * parameters are the same): FROM, select list, WHERE, HAVING, ORDER BY, GROUP BY, DISTINCT, LIMIT.
 * The plan is
 *
 *     from → filter (WHERE) → aggregate → filter (HAVING) → project → distinct → sort → limit
 *
 * where keys of the sort that are not selected are projected too and cut off after it.
 */

import { notSupported, SqlError, SqlState } from '../errors.ts'
import type { Expression, SortKey } from '../expression.ts'
import type { LogicalPlan } from '../logical-plan.ts'
import { field } from '../schema.ts'
import type { SelectBody, SelectStatement } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import { AggregateCollector, Grouping, isNullable } from './aggregate.ts'
import type { ExpressionBinder } from './binder.ts'
import type { BoundQuery, QueryBinder } from './bound-query.ts'
import type { QueryLocks } from './bound-statement.ts'
import { coerceToBoolean } from './coerce.ts'
import { expressionBinder } from './expression.ts'
import { bindFrom } from './from.ts'
import { bindGroupBy } from './group-by.ts'
import type { Limit } from './limit.ts'
import { bindLimit, limitPlan } from './limit.ts'
import { bindLocks, checkLockable, withRowIds } from './locking.ts'
import type { BoundSortKey } from './order-by.ts'
import { bindOrderBy } from './order-by.ts'
import { requireEquality } from './ordering.ts'
import type { Target } from './target-list.ts'
import { bindTargets, settleTarget, targetField } from './target-list.ts'
import { checkTargetCount } from './width-limits.ts'

/** Everything bound over the rows of FROM, before aggregation is worked in. */
interface Parts {
  readonly from: LogicalPlan
  readonly targets: Target[]
  readonly where: Expression | undefined
  having: Expression | undefined
  sortKeys: BoundSortKey[]
  readonly groupBy: readonly Expression[]
  readonly limit: Limit
  readonly collector: AggregateCollector
  readonly locks: QueryLocks | undefined
}

export function* bindSelect(
  query: QueryBinder,
  statement: SelectStatement,
  body: SelectBody,
): Steps<BoundQuery> {
  const context = query.statement
  const parts = yield* bindParts(query, statement, body)
  if (body.distinct !== undefined) checkDistinct(query, parts)
  if (!query.keepUnknown) for (const target of parts.targets) settleTarget(context, target)
  const isGrouped = parts.groupBy.length > 0 || parts.having !== undefined || parts.collector.calls.length > 0
  const sortedOnly = parts.sortKeys.filter(({ target }) => target === undefined)
  checkTargetCount(parts.targets.length + sortedOnly.length)
  let plan = filterPlan(parts.from, parts.where)
  if (isGrouped) plan = group(query, parts, plan)
  plan = filterPlan(plan, parts.having)
  plan = outputPlan(plan, parts, body.distinct !== undefined)
  return {
    plan: limitPlan(plan, parts.limit),
    origins: parts.targets.map(target => target.origin),
    locations: parts.targets.map(target => target.location),
    locks: parts.locks,
  }
}

function* bindParts(query: QueryBinder, statement: SelectStatement, body: SelectBody): Steps<Parts> {
  const context = query.statement
  if (body.distinct !== undefined && body.distinct.on.length > 0) {
    throw notSupported('SELECT DISTINCT ON', { position: body.position || undefined })
  }
  if (body.windows.length > 0)
    throw notSupported('WINDOW', { position: body.windows[0]?.position || undefined })
  const from = yield* bindFrom(query, body.from)
  const collector = new AggregateCollector()
  const binder = expressionBinder(context, from.scope, collector)
  const targets = yield* bindTargets(binder, body.targets)
  const where = yield* bindCondition(
    binder.withoutAggregates('aggregate functions are not allowed in WHERE'),
    body.where,
    'WHERE',
  )
  const having = yield* bindCondition(binder, body.having, 'HAVING')
  const sortKeys = yield* bindOrderBy(binder, targets, statement.orderBy)
  const groupBy = yield* bindGroupBy(binder, targets, body.groupBy)
  const limit = yield* bindLimit(binder, statement)
  checkLockable(statement, body, collector.calls.length > 0)
  const locks = bindLocks(statement.locking, from)
  const plan = locks?.rows === undefined ? from.plan : withRowIds(from, targets)
  return { from: plan, targets, where, having, sortKeys, groupBy, limit, collector, locks }
}

function* bindCondition(
  binder: ExpressionBinder,
  condition: SelectBody['where'],
  what: string,
): Steps<Expression | undefined> {
  return condition && coerceToBoolean(binder.statement, yield* binder.bind(condition), what)
}

function checkDistinct(query: QueryBinder, parts: Parts): void {
  for (const target of parts.targets) {
    settleTarget(query.statement, target)
    requireEquality(target.expression.type, target.location)
  }
  const missing = parts.sortKeys.find(({ target }) => target === undefined)
  if (missing === undefined) return
  throw new SqlError(
    SqlState.invalidColumnReference,
    'for SELECT DISTINCT, ORDER BY expressions must appear in select list',
    { position: query.statement.locationOf(missing.key.expression) },
  )
}

function filterPlan(input: LogicalPlan, predicate: Expression | undefined): LogicalPlan {
  return predicate === undefined ? input : { kind: 'filter', input, predicate, schema: input.schema }
}

/** Puts the aggregation on `input` and moves everything above it over the aggregation's output. */
function group(query: QueryBinder, parts: Parts, input: LogicalPlan): LogicalPlan {
  const grouping = new Grouping(query.statement, parts.groupBy, parts.collector.calls)
  for (const target of parts.targets) grouping.check(target.expression)
  for (const { target, key } of parts.sortKeys) if (target === undefined) grouping.check(key.expression)
  if (parts.having !== undefined) grouping.check(parts.having)
  for (const target of parts.targets) target.expression = grouping.place(target.expression)
  parts.sortKeys = parts.sortKeys.map(({ target, key }) => ({
    target,
    key: target === undefined ? { ...key, expression: grouping.place(key.expression) } : key,
  }))
  if (parts.having !== undefined) parts.having = grouping.place(parts.having)
  return grouping.plan(input)
}

/** Project, distinct, sort. */
function outputPlan(input: LogicalPlan, parts: Parts, distinct: boolean): LogicalPlan {
  const schema = parts.targets.map(targetField)
  const hidden = parts.sortKeys.filter(({ target }) => target === undefined)
  const expressions = parts.targets.map(target => target.expression)
  if (hidden.length === 0) {
    const project: LogicalPlan = { kind: 'project', input, expressions, schema }
    const rows: LogicalPlan = distinct ? { kind: 'distinct', input: project, schema } : project
    return sortPlan(rows, parts)
  }
  const wide: LogicalPlan = {
    kind: 'project',
    input,
    expressions: [...expressions.filter(isKnown), ...hidden.map(({ key }) => key.expression)],
    schema: [
      ...schema.filter(column => column.type.kind !== 'unknown'),
      ...hidden.map(({ key }, index) => field(`sort${index + 1}`, key.expression.type)),
    ],
  }
  let next = 0
  const kept = expressions.map(expression =>
    isKnown(expression) ? columnOf(next++, expression) : expression,
  )
  return { kind: 'project', input: sortPlan(wide, parts), expressions: kept, schema }
}

/** A literal that the query around will give a type is not carried through the sort. */
function isKnown(expression: Expression): boolean {
  return expression.type.kind !== 'unknown'
}

function columnOf(index: number, expression: Expression): Expression {
  return { kind: 'column', index, type: expression.type, nullable: isNullable(expression) }
}

/** Sorts projected rows: targets first, then the hidden keys in order. */
function sortPlan(input: LogicalPlan, parts: Parts): LogicalPlan {
  if (parts.sortKeys.length === 0) return input
  const known = parts.targets.filter(target => isKnown(target.expression))
  const isWide = parts.sortKeys.some(({ target }) => target === undefined)
  const placed = isWide ? known : parts.targets
  let nextHidden = placed.length
  const keys = parts.sortKeys.map(({ target, key }): SortKey => {
    const index = target === undefined ? nextHidden++ : placed.indexOf(target)
    return { ...key, expression: columnOf(index, target?.expression ?? key.expression) }
  })
  return { kind: 'sort', input, keys, schema: input.schema }
}
