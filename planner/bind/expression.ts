/** Binds expressions: one method's worth per node kind, longer ones in files of their own. */

import { unreachable } from '../assert.ts'
import { notSupported, SqlError, SqlState } from '../errors.ts'
import type { Expression, Position } from '../expression.ts'
import type { Expression as SyntaxExpression } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import { endsStep } from '../steps.ts'
import { arrayOf, boolType, unknownType } from '../types.ts'
import type { AggregateSink, ExpressionBinder } from './binder.ts'
import { bindAll } from './binder.ts'
import { bindCast } from './cast.ts'
import { coerceToBoolean, coerceToCommon, settleLiteral, typeName } from './coerce.ts'
import { expandStar, findTable, reference, resolveColumn, rowOf } from './column-reference.ts'
import { bindCase, bindCoalesce, bindExtremum } from './conditional.ts'
import { bindFunction } from './function-call.ts'
import { locationOf } from './location.ts'
import { numberType } from './number-literal.ts'
import {
  bindBetween,
  bindDistinctFrom,
  bindIn,
  bindNullif,
  bindOperator,
  bindQuantified,
} from './operator.ts'
import type { Scope } from './scope.ts'
import { bindSqlValue } from './sql-value.ts'
import type { StatementContext } from './statement-context.ts'
import { bindField, bindSubscript } from './subscript.ts'
import { checkRowWidth } from './width-limits.ts'

/**
 * Binds over rows of `scope`. `aggregates` collects them, or is the message of the error where they cannot
 * be.
 */
export function expressionBinder(
  statement: StatementContext,
  scope: Scope,
  aggregates: AggregateSink | string,
): ExpressionBinder {
  return new ScopeBinder(statement, scope, aggregates)
}

class ScopeBinder implements ExpressionBinder {
  readonly statement: StatementContext
  readonly scope: Scope
  readonly aggregates: AggregateSink | string

  constructor(statement: StatementContext, scope: Scope, aggregates: AggregateSink | string) {
    this.statement = statement
    this.scope = scope
    this.aggregates = aggregates
  }

  bindLeaf(expression: SyntaxExpression): Expression | undefined {
    const bound = bindLeaf(this, expression)
    if (bound === undefined) return undefined
    this.statement.countExpression()
    this.statement.noteLocation(bound, locationOf(expression))
    return bound
  }

  *bind(expression: SyntaxExpression): Steps<Expression> {
    this.statement.countExpression()
    if (this.statement.endsStep()) yield
    const bound = bindLeaf(this, expression) ?? (yield* bindInner(this, expression as InnerExpression))
    this.statement.noteLocation(bound, locationOf(expression))
    return bound
  }

  withoutAggregates(message: string): ExpressionBinder {
    return new ScopeBinder(this.statement, this.scope, message)
  }
}

/** Constants, columns and parameters: what has no expressions in it. undefined for all others. */
function bindLeaf(binder: ExpressionBinder, expression: SyntaxExpression): Expression | undefined {
  const position: Position = expression.position || undefined
  switch (expression.kind) {
    case 'literal':
      return bindLiteral(expression, position)
    case 'column':
      return resolveColumn(binder.statement, binder.scope, expression.path, position)
    case 'star':
      return rowOf(
        binder.statement,
        findTable(binder.statement, binder.scope, expression.path, position, expression.path.join('.')),
      )
    case 'parameter':
      return binder.statement.parameters.bind(expression.number, position)
    case 'sql_value':
      return bindSqlValue(binder.statement, expression)
    default:
      return undefined
  }
}

type InnerExpression = Exclude<
  SyntaxExpression,
  { readonly kind: 'literal' | 'column' | 'star' | 'parameter' | 'sql_value' }
>

function bindInner(binder: ExpressionBinder, expression: InnerExpression): Steps<Expression> {
  const position: Position = expression.position || undefined
  switch (expression.kind) {
    case 'function':
      return bindFunction(binder, expression)
    case 'operator':
      return bindOperator(binder, expression)
    case 'and':
    case 'or':
      return bindLogic(binder, expression.kind, expression.args)
    case 'not':
      return bindNot(binder, expression.input)
    case 'cast':
      return bindCast(binder, expression)
    case 'case':
      return bindCase(binder, expression)
    case 'coalesce':
      return bindCoalesce(binder, expression.args)
    case 'nullif':
      return bindNullif(binder, expression)
    case 'extremum':
      return bindExtremum(binder, expression)
    case 'in':
      return bindIn(binder, expression)
    case 'between':
      return bindBetween(binder, expression)
    case 'is_null':
      return bindIsNull(binder, expression)
    case 'is_bool':
      return bindIsBool(binder, expression)
    case 'is_distinct':
      return bindDistinctFrom(binder, expression)
    case 'quantified':
      return bindQuantified(binder, expression)
    case 'array':
      return bindArray(binder, expression.elements, position)
    case 'row':
      return bindRow(binder, expression.elements, position)
    case 'subscript':
      return bindSubscript(binder, expression)
    case 'field':
      return bindField(binder, expression)
    case 'collate':
      return bindCollate(binder, expression)
    case 'slice':
    case 'sublink':
    case 'grouping':
      throw notSupported(missingKinds[expression.kind], { position })
    case 'field_star':
      throw notSupported('row expansion via "*" here', { position })
    case 'default':
      throw new SqlError(SqlState.syntaxError, 'DEFAULT is not allowed in this context', { position })
    default:
      return unreachable(expression)
  }
}

const missingKinds = {
  slice: 'an array slice',
  sublink: 'a subquery in an expression',
  grouping: 'GROUPING',
} as const

type SyntaxLiteral = SyntaxExpression & { kind: 'literal' }

function bindLiteral(literal: SyntaxLiteral, position: Position): Expression {
  switch (literal.literal) {
    case 'integer':
    case 'number':
      return { kind: 'literal', text: literal.text, type: numberType(literal.text), position }
    case 'string':
      return { kind: 'literal', text: literal.text, type: unknownType, position }
    case 'boolean':
      return { kind: 'literal', text: literal.text, type: boolType, position }
    case 'null':
      return { kind: 'literal', text: null, type: unknownType, position }
    case 'bit_string':
      throw notSupported('a bit string', { position })
    default:
      return unreachable(literal.literal)
  }
}

function* bindCondition(
  binder: ExpressionBinder,
  expression: SyntaxExpression,
  what: string,
): Steps<Expression> {
  return coerceToBoolean(binder.statement, yield* binder.bind(expression), what)
}

function* bindLogic(
  binder: ExpressionBinder,
  kind: 'and' | 'or',
  args: readonly SyntaxExpression[],
): Steps<Expression> {
  const conditions: Expression[] = []
  for (const [index, argument] of args.entries()) {
    const bound = binder.bindLeaf(argument) ?? (yield* binder.bind(argument))
    conditions.push(coerceToBoolean(binder.statement, bound, kind.toUpperCase()))
    if (endsStep(index)) yield
  }
  return { kind, args: conditions, type: boolType }
}

function* bindNot(binder: ExpressionBinder, input: SyntaxExpression): Steps<Expression> {
  return { kind: 'not', input: yield* bindCondition(binder, input, 'NOT'), type: boolType }
}

/** A row is null when all of its fields are, and not null when none is. */
function* bindIsNull(
  binder: ExpressionBinder,
  expression: SyntaxExpression & { kind: 'is_null' },
): Steps<Expression> {
  const { negated } = expression
  const input = settleLiteral(binder.statement, yield* binder.bind(expression.input))
  if (input.kind !== 'row') return { kind: 'is_null', input, negated, type: boolType }
  const tests = input.elements.map(
    (element): Expression => ({
      kind: 'is_null',
      input: element,
      negated,
      type: boolType,
    }),
  )
  if (tests.length === 0) return { kind: 'literal', text: 'true', type: boolType, position: undefined }
  return tests.length === 1 ? (tests[0] as Expression) : { kind: 'and', args: tests, type: boolType }
}

function* bindIsBool(
  binder: ExpressionBinder,
  expression: SyntaxExpression & { kind: 'is_bool' },
): Steps<Expression> {
  const { test, negated } = expression
  const what = `IS ${negated ? 'NOT ' : ''}${test.toUpperCase()}`
  return {
    kind: 'is_bool',
    input: yield* bindCondition(binder, expression.input, what),
    test,
    negated,
    type: boolType,
  }
}

function* bindArray(
  binder: ExpressionBinder,
  elements: readonly SyntaxExpression[],
  position: Position,
): Steps<Expression> {
  if (elements.length === 0) {
    throw new SqlError(SqlState.indeterminateDatatype, 'cannot determine type of empty array', {
      position,
      hint: 'Explicitly cast to the desired type, for example ARRAY[]::integer[].',
    })
  }
  const common = yield* coerceToCommon(binder.statement, yield* bindAll(binder, elements), 'ARRAY')
  // Arrays are the further dimensions of one array.
  const type = common.type.kind === 'array' ? common.type : arrayOf(common.type)
  return { kind: 'array', elements: common.expressions, type }
}

/** ROW(…): fields are named f1, f2, … */
function* bindRow(
  binder: ExpressionBinder,
  elements: readonly SyntaxExpression[],
  position: Position,
): Steps<Expression> {
  const { statement, scope } = binder
  // t.* stands for its columns here, and not for a row of them.
  const values: Expression[] = []
  for (const element of elements) {
    if (element.kind === 'star') {
      const columns = expandStar(statement, scope, element.path, element.position || undefined)
      values.push(...columns.map(column => reference(statement, column)))
    } else {
      const bound = binder.bindLeaf(element) ?? (yield* binder.bind(element))
      values.push(settleLiteral(statement, bound))
    }
  }
  checkRowWidth(values.length, position)
  const fields = values.map((value, index) => ({ name: `f${index + 1}`, type: value.type }))
  return { kind: 'row', elements: values, type: { kind: 'record', fields } }
}

const binaryCollations: ReadonlySet<string> = new Set(['C', 'default', 'POSIX', 'ucs_basic'])

/** Text compares by bytes here; collations that mean this are accepted. */
function* bindCollate(
  binder: ExpressionBinder,
  expression: SyntaxExpression & { kind: 'collate' },
): Steps<Expression> {
  const position: Position = expression.position || undefined
  const name = expression.collation[expression.collation.length - 1] ?? ''
  if (!binaryCollations.has(name)) {
    throw new SqlError(
      SqlState.undefinedObject,
      `collation "${expression.collation.join('.')}" for encoding "UTF8" does not exist`,
      { position },
    )
  }
  const input = yield* binder.bind(expression.input)
  if (!['text', 'varchar', 'bpchar', 'name', 'unknown', 'array'].includes(input.type.kind)) {
    throw new SqlError(
      SqlState.datatypeMismatch,
      `collations are not supported by type ${typeName(input.type)}`,
      { position },
    )
  }
  return input
}
