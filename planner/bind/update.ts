/** UPDATE: the new rows of the table beside the ids of the old ones. */

import type { Relation } from '../catalog.ts'
import { notSupported, SqlError, SqlState } from '../errors.ts'
import type { Expression } from '../expression.ts'
import type { LogicalPlan } from '../logical-plan.ts'
import type { Assignment, Expression as SyntaxExpression, UpdateStatement } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import { isNullable } from './aggregate.ts'
import type { ExpressionBinder } from './binder.ts'
import type { QueryBinder } from './bound-query.ts'
import type { BoundDml } from './bound-statement.ts'
import { coerceToBoolean } from './coerce.ts'
import { expressionBinder } from './expression.ts'
import { scanWithRowId } from './from.ts'
import { withCommonTables } from './query.ts'
import type { Scope } from './scope.ts'
import { assign, bindReturning, defaultOf, findColumn, findWriteTarget, writeScope } from './write-target.ts'

export function* bindUpdate(outer: QueryBinder, update: UpdateStatement) {
  if (update.from.length > 0)
    throw notSupported('UPDATE … FROM', { position: update.from[0]?.position || undefined })
  const query = yield* withCommonTables(outer, update.ctes, false)
  const table = findWriteTarget(query, update.table, 'update')
  const scope = writeScope(table, update.alias)
  const input = yield* filteredScan(query, table, scope, update.where)
  const returning = yield* bindReturning(query, table, update.alias, update.returning)
  const binder = expressionBinder(query.statement, scope, 'aggregate functions are not allowed in UPDATE')
  const values = yield* bindAssignments(binder, table, update.assignments)
  const source = newRows(values, input)
  const changesKey = table.primaryKey.some(column => values.has(column))
  return { kind: 'update', table, source, changesKey, returning } as const satisfies Omit<
    BoundDml & { kind: 'update' },
    'parameterTypes'
  >
}

/** The table's rows that WHERE keeps, with their ids in the last column. */
export function* filteredScan(
  query: QueryBinder,
  table: Relation,
  scope: Scope,
  where: SyntaxExpression | undefined,
): Steps<LogicalPlan> {
  const input = scanWithRowId(table)
  if (where === undefined) return input
  const binder = expressionBinder(query.statement, scope, 'aggregate functions are not allowed in WHERE')
  const predicate = coerceToBoolean(query.statement, yield* binder.bind(where), 'WHERE')
  return { kind: 'filter', input, predicate, schema: input.schema }
}

/** SET: by column index the value that it gets. */
export function* bindAssignments(
  binder: ExpressionBinder,
  table: Relation,
  assignments: readonly Assignment[],
): Steps<ReadonlyMap<number, Expression>> {
  const values = new Map<number, Expression>()
  for (const { column: name, value, position } of assignments) {
    const index = findColumn(table, { name, position })
    if (values.has(index)) {
      throw new SqlError(SqlState.syntaxError, `multiple assignments to same column "${name}"`)
    }
    values.set(index, yield* assignedValue(binder, table, index, value))
  }
  return values
}

function newRows(values: ReadonlyMap<number, Expression>, input: LogicalPlan): LogicalPlan {
  const expressions = input.schema.map(
    ({ type, nullable }, index): Expression => values.get(index) ?? { kind: 'column', index, type, nullable },
  )
  const schema = input.schema.map(({ name, type }, index) => ({
    name,
    type,
    nullable: isNullable(expressions[index] as Expression),
  }))
  return { kind: 'project', input, expressions, schema }
}

function* assignedValue(
  binder: ExpressionBinder,
  table: Relation,
  index: number,
  value: SyntaxExpression,
): Steps<Expression> {
  const column = table.schema[index]
  if (value.kind === 'default' || column === undefined) return defaultOf(table, index)
  return assign(binder.statement, yield* binder.bind(value), column)
}
