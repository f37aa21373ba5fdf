/**
 * Grouping. While a SELECT is bound, its expressions are over the rows before aggregation, and aggregate n is
 * the placeholder column -1 - n. When all are known, `Grouping` moves each expression over the aggregation:
 * keys and placeholders become its output columns, any other column is PostgreSQL's 42803 (parse_agg.c,
 * check_ungrouped_columns).
 */

import { SqlError, SqlState } from '../errors.ts'
import type { AggregateCall, Expression } from '../expression.ts'
import { childrenOf, mapChildren, sameExpression, someExpression } from '../expression-tree.ts'
import type { LogicalPlan } from '../logical-plan.ts'
import { field } from '../schema.ts'
import type { AggregateSink } from './binder.ts'
import type { ScopeColumn } from './scope.ts'
import type { StatementContext } from './statement-context.ts'

export class AggregateCollector implements AggregateSink {
  readonly calls: AggregateCall[] = []

  /** The same aggregate written twice is computed once. */
  add(call: AggregateCall): Expression {
    let index = this.calls.findIndex(other => sameAggregate(other, call))
    if (index === -1) index = this.calls.push(call) - 1
    return { kind: 'column', index: -1 - index, type: call.type, nullable: !isCount(call) }
  }
}

/** count is 0, never NULL. */
function isCount(call: AggregateCall): boolean {
  return call.signature.name === 'count'
}

function sameAggregate(left: AggregateCall, right: AggregateCall): boolean {
  return (
    left.signature.id === right.signature.id &&
    left.distinct === right.distinct &&
    sameList(left.args, right.args) &&
    sameOptional(left.filter, right.filter) &&
    sameList(
      left.orderBy.map(key => key.expression),
      right.orderBy.map(key => key.expression),
    ) &&
    left.orderBy.every(
      (key, index) =>
        key.descending === right.orderBy[index]?.descending &&
        key.nullsFirst === right.orderBy[index]?.nullsFirst,
    )
  )
}

function sameList(left: readonly Expression[], right: readonly Expression[]): boolean {
  return (
    left.length === right.length &&
    left.every((expression, index) => sameExpression(expression, right[index] as Expression))
  )
}

function sameOptional(left: Expression | undefined, right: Expression | undefined): boolean {
  return left === undefined || right === undefined ? left === right : sameExpression(left, right)
}

/** True when an aggregate's placeholder is in the expression. */
export function containsAggregate(expression: Expression): boolean {
  return someExpression(expression, part => part.kind === 'column' && part.index < 0)
}

export class Grouping {
  readonly #statement: StatementContext
  readonly #calls: readonly AggregateCall[]
  readonly #keys: Expression[] = []

  constructor(statement: StatementContext, keys: readonly Expression[], calls: readonly AggregateCall[]) {
    this.#statement = statement
    this.#calls = calls
    for (const key of keys) if (this.#keyIndex(key) === -1) this.#keys.push(key)
  }

  #keyIndex(expression: Expression): number {
    return this.#keys.findIndex(key => sameExpression(key, expression))
  }

  /**
   * Checks that the expression is determined by its group. A column of a table whose whole primary key is
   * grouped by is determined too, and becomes a further key. To be called for all expressions before the
   * first `place`.
   */
  check(expression: Expression): void {
    if (this.#keyIndex(expression) !== -1 || isPlaceholder(expression)) return
    const column = this.#statement.columnOf(expression)
    if (column === undefined && expression.kind !== 'column') {
      for (const child of childrenOf(expression)) this.check(child)
      return
    }
    if (column === undefined || !this.#hasPrimaryKey(column)) throw this.#ungrouped(expression, column)
    this.#keys.push(expression)
  }

  #hasPrimaryKey(column: ScopeColumn): boolean {
    const { relation } = column.table
    if (relation === undefined || relation.kind !== 'table' || relation.primaryKey.length === 0) return false
    return relation.primaryKey.every(keyColumn =>
      this.#keys.some(key => {
        const grouped = this.#statement.columnOf(key)
        return grouped?.table === column.table && grouped.origin?.attribute === keyColumn + 1
      }),
    )
  }

  #ungrouped(expression: Expression, column: ScopeColumn | undefined): SqlError {
    const table = column?.table.name
    const name = table === undefined ? column?.name : `${table}.${column?.name}`
    return new SqlError(
      SqlState.groupingError,
      `column "${name}" must appear in the GROUP BY clause or be used in an aggregate function`,
      { position: this.#statement.locationOf(expression) },
    )
  }

  /** The expression over the aggregation's output. */
  place(expression: Expression): Expression {
    const placed = this.#place(expression)
    this.#statement.noteLocation(placed, this.#statement.locationOf(expression))
    return placed
  }

  #place(expression: Expression): Expression {
    const key = this.#keyIndex(expression)
    if (key !== -1) {
      return { kind: 'column', index: key, type: expression.type, nullable: isNullable(expression) }
    }
    if (isPlaceholder(expression)) return { ...expression, index: this.#keys.length - 1 - expression.index }
    return mapChildren(expression, child => this.#place(child))
  }

  plan(input: LogicalPlan): LogicalPlan {
    const keyFields = this.#keys.map((key, index) =>
      field(this.#statement.columnOf(key)?.name ?? `key${index + 1}`, key.type, isNullable(key)),
    )
    const callFields = this.#calls.map(call => field(call.signature.name, call.type, !isCount(call)))
    return {
      kind: 'aggregate',
      input,
      groupBy: [...this.#keys],
      aggregates: this.#calls,
      schema: [...keyFields, ...callFields],
    }
  }
}

function isPlaceholder(expression: Expression): expression is Expression & { kind: 'column' } {
  return expression.kind === 'column' && expression.index < 0
}

/**
 * Whether the value can be NULL. Computed values always can: a run-time error in a streaming job makes the
 * value NULL.
 */
export function isNullable(expression: Expression): boolean {
  if (expression.kind === 'column') return expression.nullable
  return expression.kind !== 'literal' || expression.text === null
}
