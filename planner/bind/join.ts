/**
 * Joins: ON, USING, NATURAL and CROSS. RIGHT is LEFT with the sides swapped; the scope keeps the order of the
 * text.
 */

import { notSupported, SqlError, SqlState } from '../errors.ts'
import type { Expression, Position } from '../expression.ts'
import type { LogicalPlan } from '../logical-plan.ts'
import type { Schema } from '../schema.ts'
import type { FromItem } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import { boolType } from '../types.ts'
import { isNullable } from './aggregate.ts'
import type { QueryBinder } from './bound-query.ts'
import { coerceToBoolean, coerceToCommon } from './coerce.ts'
import { expressionBinder } from './expression.ts'
import type { BoundFrom } from './from.ts'
import { operatorCall } from './operator.ts'
import type { RangeTable, Scope, ScopeColumn } from './scope.ts'
import { joinScopes, shiftScope } from './scope.ts'
import type { StatementContext } from './statement-context.ts'

type SyntaxJoin = FromItem & { kind: 'join' }

/** `bindItem` is given because join operands are FROM items again. */
export function* bindJoin(
  query: QueryBinder,
  join: SyntaxJoin,
  bindItem: (query: QueryBinder, item: FromItem) => Steps<BoundFrom>,
): Steps<BoundFrom> {
  const position: Position = join.position || undefined
  if (join.asof) throw notSupported('ASOF JOIN', { position })
  if (join.joinType === 'full') throw notSupported('FULL JOIN', { position })
  const left = yield* bindItem(query, join.left)
  const right = yield* bindItem({ ...query, hidden: [...query.hidden, ...left.scope.tables] }, join.right)
  checkNames(left.scope, right.scope)
  const sides = placeSides(join.joinType, left, right)
  const names = join.natural ? commonNames(left.scope, right.scope) : join.using
  const merged = yield* mergeColumns(query.statement, join, names, sides)
  const condition =
    join.on === undefined
      ? conjunction(merged.map(({ condition: equal }) => equal))
      : yield* bindCondition(query, sides, join.on)
  const plan = joinPlan(sides, condition)
  return { plan, scope: aliasJoin(join, usingScope(sides, merged)) }
}

/** Both sides over the joined row. `first` is the plan's left input. */
interface Sides {
  readonly joinType: 'inner' | 'left'
  readonly first: BoundFrom
  readonly second: BoundFrom
  readonly left: Scope
  readonly right: Scope
}

function placeSides(joinType: 'inner' | 'left' | 'right', left: BoundFrom, right: BoundFrom): Sides {
  if (joinType === 'right') {
    return {
      joinType: 'left',
      first: right,
      second: left,
      left: shiftScope(left.scope, right.plan.schema.length, true),
      right: right.scope,
    }
  }
  return {
    joinType,
    first: left,
    second: right,
    left: left.scope,
    right: shiftScope(right.scope, left.plan.schema.length, joinType === 'left'),
  }
}

function joinPlan(sides: Sides, condition: Expression): LogicalPlan {
  const outer = sides.joinType === 'left'
  const second: Schema = sides.second.plan.schema.map(column =>
    outer ? { ...column, nullable: true } : column,
  )
  return {
    kind: 'join',
    joinType: sides.joinType,
    left: sides.first.plan,
    right: sides.second.plan,
    condition,
    schema: [...sides.first.plan.schema, ...second],
  }
}

/** Items of a FROM list: every pair of rows; WHERE decides. */
export function crossJoin(left: BoundFrom, right: BoundFrom): BoundFrom {
  checkNames(left.scope, right.scope)
  const sides = placeSides('inner', left, right)
  return { plan: joinPlan(sides, alwaysTrue), scope: joinScopes(sides.left, sides.right) }
}

const alwaysTrue: Expression = { kind: 'literal', text: 'true', type: boolType, position: undefined }

function conjunction(conditions: readonly Expression[]): Expression {
  if (conditions.length === 0) return alwaysTrue
  return conditions.length === 1
    ? (conditions[0] as Expression)
    : { kind: 'and', args: conditions, type: boolType }
}

function* bindCondition(query: QueryBinder, sides: Sides, on: SyntaxJoin['on'] & object): Steps<Expression> {
  const scope: Scope = { ...joinScopes(sides.left, sides.right), hidden: query.hidden }
  const binder = expressionBinder(
    query.statement,
    scope,
    'aggregate functions are not allowed in JOIN conditions',
  )
  return coerceToBoolean(query.statement, yield* binder.bind(on), 'JOIN/ON')
}

/** A table name may stand once, but for relations of different schemas without alias. */
function checkNames(left: Scope, right: Scope): void {
  for (const { table } of right.tables) {
    const conflict = left.tables.some(
      other =>
        table.name !== undefined &&
        other.table.name === table.name &&
        !areDifferentRelations(other.table, table),
    )
    if (conflict) {
      throw new SqlError(SqlState.duplicateAlias, `table name "${table.name}" specified more than once`)
    }
  }
}

function areDifferentRelations(left: RangeTable, right: RangeTable): boolean {
  return left.schemaName !== undefined && right.schemaName !== undefined && left.relation !== right.relation
}

function commonNames(left: Scope, right: Scope): readonly string[] {
  const rightNames = new Set(right.columns.map(column => column.name))
  return left.columns.map(column => column.name).filter(name => rightNames.has(name))
}

interface MergedColumn {
  readonly left: ScopeColumn
  readonly right: ScopeColumn
  readonly column: ScopeColumn
  readonly condition: Expression
}

function* mergeColumns(
  statement: StatementContext,
  join: SyntaxJoin,
  names: readonly string[],
  sides: Sides,
): Steps<readonly MergedColumn[]> {
  const position: Position = join.position || undefined
  const repeated = names.find((name, index) => names.indexOf(name) !== index)
  if (repeated !== undefined) {
    throw new SqlError(
      join.natural ? SqlState.ambiguousColumn : SqlState.duplicateColumn,
      join.natural
        ? `common column name "${repeated}" appears more than once in left table`
        : `column name "${repeated}" appears more than once in USING clause`,
    )
  }
  const merged: MergedColumn[] = []
  for (const name of names) {
    const left = usingColumn(sides.left, name, 'left')
    const right = usingColumn(sides.right, name, 'right')
    statement.noteRead(left)
    statement.noteRead(right)
    const condition = operatorCall(statement, '=', left.expression, right.expression, position)
    const common = yield* coerceToCommon(statement, [left.expression, right.expression], 'JOIN/USING')
    const isRight = join.joinType === 'right'
    const kept = isRight ? right : left
    const expression = common.expressions[isRight ? 1 : 0] as Expression
    const origin = expression === kept.expression ? kept.origin : undefined
    merged.push({ left, right, column: { ...kept, expression, origin }, condition })
  }
  return merged
}

function usingColumn(scope: Scope, name: string, side: 'left' | 'right'): ScopeColumn {
  const found = scope.columns.filter(column => column.name === name)
  if (found.length > 1) {
    throw new SqlError(
      SqlState.ambiguousColumn,
      `common column name "${name}" appears more than once in ${side} table`,
    )
  }
  if (found[0] === undefined) {
    throw new SqlError(
      SqlState.undefinedColumn,
      `column "${name}" specified in USING clause does not exist in ${side} table`,
    )
  }
  return found[0]
}

/** Merged columns first, then the rest of both sides. */
function usingScope(sides: Sides, merged: readonly MergedColumn[]): Scope {
  const both = joinScopes(sides.left, sides.right)
  if (merged.length === 0) return both
  const gone = new Set(merged.flatMap(({ left, right }) => [left, right]))
  const rest = both.columns.filter(column => !gone.has(column))
  return { ...both, columns: [...merged.map(({ column }) => column), ...rest] }
}

/** (a JOIN b …) AS j: only j can be named, its columns are those of `*`. */
function aliasJoin(join: SyntaxJoin, scope: Scope): Scope {
  const { alias } = join
  if (alias === undefined) return scope
  if (alias.columns.length > scope.columns.length) {
    throw new SqlError(
      SqlState.invalidColumnReference,
      `table "${alias.name}" has ${scope.columns.length} columns available` +
        ` but ${alias.columns.length} columns specified`,
    )
  }
  const table: RangeTable = {
    name: alias.name,
    schemaName: undefined,
    aliasOf: undefined,
    relation: undefined,
  }
  const columns = scope.columns.map(
    (column, index): ScopeColumn => ({
      ...column,
      name: alias.columns[index] ?? column.name,
      table,
    }),
  )
  return { tables: [{ table, columns }], columns, hidden: [...scope.hidden, ...scope.tables] }
}

/** For schemas of plans over such columns. */
export function scopeSchema(scope: Scope): Schema {
  return scope.columns.map(({ name, expression }) => ({
    name,
    type: expression.type,
    nullable: isNullable(expression),
  }))
}
