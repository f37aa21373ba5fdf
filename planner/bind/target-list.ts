/** Select and RETURNING lists: stars expanded, names figured, types of literals settled late. */

import { SqlError, SqlState } from '../errors.ts'
import type { Expression, Position } from '../expression.ts'
import type { Field } from '../schema.ts'
import type { Expression as SyntaxExpression, Target as SyntaxTarget } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import { mapInSteps } from '../steps.ts'
import { isNullable } from './aggregate.ts'
import type { ExpressionBinder } from './binder.ts'
import type { ColumnOrigin } from './bound-statement.ts'
import { resolveUnknown, typeName } from './coerce.ts'
import { columnName } from './column-name.ts'
import { expandStar, reference } from './column-reference.ts'
import type { StatementContext } from './statement-context.ts'
import { fieldOf } from './subscript.ts'

export interface Target {
  readonly name: string
  /** Replaced when ORDER BY, GROUP BY or DISTINCT give a literal its type. */
  expression: Expression
  readonly origin: ColumnOrigin
  readonly location: Position
}

export function* bindTargets(binder: ExpressionBinder, targets: readonly SyntaxTarget[]): Steps<Target[]> {
  return (yield* mapInSteps(targets, target => bindTarget(binder, target))).flat()
}

function* bindTarget(binder: ExpressionBinder, target: SyntaxTarget): Steps<readonly Target[]> {
  const { expression } = target
  if (expression.kind === 'star') return starTargets(binder, expression)
  if (expression.kind === 'field_star') return yield* fieldTargets(binder, expression)
  return [targetOf(binder.statement, columnName(target), yield* binder.bind(expression))]
}

function targetOf(statement: StatementContext, name: string, expression: Expression): Target {
  const origin = statement.columnOf(expression)?.origin
  return { name, expression, origin, location: statement.locationOf(expression) }
}

function starTargets(binder: ExpressionBinder, star: SyntaxExpression & { kind: 'star' }): readonly Target[] {
  const { statement, scope } = binder
  const position: Position = star.position || undefined
  return expandStar(statement, scope, star.path, position).map(column => {
    const expression = reference(statement, column)
    statement.noteLocation(expression, position)
    return targetOf(statement, column.name, expression)
  })
}

/** (record).*: a column for every field. */
function* fieldTargets(
  binder: ExpressionBinder,
  star: SyntaxExpression & { kind: 'field_star' },
): Steps<readonly Target[]> {
  const { statement } = binder
  const input = yield* binder.bind(star.input)
  const { type } = input
  if (type.kind !== 'record') {
    throw new SqlError(SqlState.wrongObjectType, `type ${typeName(type)} is not composite`, {
      position: statement.locationOf(input),
    })
  }
  return type.fields.map((own, index) => {
    const expression = fieldOf(input, type, index)
    if (statement.locationOf(expression) === undefined) {
      statement.noteLocation(expression, statement.locationOf(input))
    }
    return targetOf(statement, own.name, expression)
  })
}

/** Settles on text, when nothing else can still give the target a type. */
export function settleTarget(statement: StatementContext, target: Target): void {
  target.expression = resolveUnknown(statement, target.expression)
}

export function targetField(target: Target): Field {
  const { name, expression } = target
  return { name, type: expression.type, nullable: isNullable(expression) }
}
