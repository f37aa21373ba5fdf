/** CASE, COALESCE, GREATEST and LEAST: branches of one common type. */

import { notSupported, SqlError, SqlState } from '../errors.ts'
import type { CaseBranch, Expression } from '../expression.ts'
import { isVolatile } from '../expression-tree.ts'
import type { Expression as SyntaxExpression } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import { endsStep } from '../steps.ts'
import { unknownType } from '../types.ts'
import type { ExpressionBinder } from './binder.ts'
import { bindAll } from './binder.ts'
import { comparisonOf } from './builtin.ts'
import {
  coerceAll,
  coerceToBoolean,
  coerceToCommon,
  coerceToType,
  commonModifier,
  commonType,
  resolveUnknown,
  typeName,
} from './coerce.ts'
import { operatorCall } from './operator.ts'

type SyntaxCase = SyntaxExpression & { kind: 'case' }

/** `CASE x WHEN y` is `CASE WHEN x = y`. ELSE is considered first when the common type is chosen. */
export function* bindCase(binder: ExpressionBinder, expression: SyntaxCase): Steps<Expression> {
  const { statement } = binder
  const position = expression.position || undefined
  const before = statement.expressionCount
  const operand = expression.operand && resolveUnknown(statement, yield* binder.bind(expression.operand))
  if (operand !== undefined && isVolatile(operand))
    throw notSupported('a volatile CASE operand', { position })
  // Every branch compares it again.
  statement.countRepeated(statement.expressionCount - before, expression.branches.length - 1)
  const conditions: Expression[] = []
  const results: Expression[] = []
  for (const branch of expression.branches) {
    const when = binder.bindLeaf(branch.when) ?? (yield* binder.bind(branch.when))
    conditions.push(
      operand === undefined
        ? coerceToBoolean(statement, when, 'CASE/WHEN')
        : operatorCall(statement, '=', operand, when, statement.locationOf(when)),
    )
    results.push(binder.bindLeaf(branch.then) ?? (yield* binder.bind(branch.then)))
    if (endsStep(results.length)) yield
  }
  const otherwise =
    expression.otherwise === undefined ? nullLiteral() : yield* binder.bind(expression.otherwise)
  const type = commonType(statement, [otherwise, ...results], 'CASE')
  const converted = yield* coerceAll(statement, results, type, 'CASE/WHEN')
  const last = coerceToType(statement, otherwise, type, 'CASE/ELSE')
  return {
    kind: 'case',
    branches: conditions.map((when, index) => caseBranch(when, converted[index] as Expression)),
    otherwise: last,
    type: commonModifier([...converted, last], type),
  }
}

function caseBranch(when: Expression, result: Expression): CaseBranch {
  return { when, then: result }
}

function nullLiteral(): Expression {
  return { kind: 'literal', text: null, type: unknownType, position: undefined }
}

export function* bindCoalesce(
  binder: ExpressionBinder,
  args: readonly SyntaxExpression[],
): Steps<Expression> {
  const common = yield* coerceToCommon(binder.statement, yield* bindAll(binder, args), 'COALESCE')
  return { kind: 'coalesce', args: common.expressions, type: common.type }
}

type SyntaxExtremum = SyntaxExpression & { kind: 'extremum' }

export function* bindExtremum(binder: ExpressionBinder, expression: SyntaxExtremum): Steps<Expression> {
  const { which } = expression
  const bound = yield* bindAll(binder, expression.args)
  const common = yield* coerceToCommon(binder.statement, bound, which.toUpperCase())
  const less = comparisonOf(binder.statement, '<', common.type)
  if (less === undefined) {
    throw new SqlError(
      SqlState.undefinedFunction,
      `could not identify a comparison function for type ${typeName(common.type)}`,
      { position: expression.position || undefined },
    )
  }
  return { kind: 'extremum', which, args: common.expressions, less, type: common.type }
}
