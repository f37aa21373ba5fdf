/**
 * Operators and what PostgreSQL defines by operators: BETWEEN, IN, ANY/ALL, DISTINCT FROM, NULLIF, row
 * comparison.
 */

import { canCast, withoutModifier } from '../cast-rules.ts'
import { selectCommonType } from '../common-type.ts'
import { notSupported, SqlError, SqlState } from '../errors.ts'
import type { Expression, Position } from '../expression.ts'
import { isVolatile, readsNoColumn } from '../expression-tree.ts'
import type { Candidate } from '../overload-resolution.ts'
import { resolveOperator } from '../overload-resolution.ts'
import type { Expression as SyntaxExpression } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import { mapInSteps } from '../steps.ts'
import type { DataType } from '../types.ts'
import { arrayOf, boolType, unknownType } from '../types.ts'
import type { ExpressionBinder } from './binder.ts'
import { bindAll } from './binder.ts'
import { asTextParameter, convertArguments, makeCall } from './call.ts'
import { coerce, coerceAll, settleLiteral, typeName } from './coerce.ts'
import { foldNegative } from './number-literal.ts'
import type { StatementContext } from './statement-context.ts'

type Syntax<Kind extends SyntaxExpression['kind']> = SyntaxExpression & { kind: Kind }

export function* bindOperator(binder: ExpressionBinder, operator: Syntax<'operator'>): Steps<Expression> {
  const position: Position = operator.position || undefined
  const { name, left, right } = operator
  if (left === undefined) {
    return (
      foldNegative(operator) ??
      operatorCall(binder.statement, name, undefined, yield* binder.bind(right), position)
    )
  }
  if (left.kind === 'row' && right.kind === 'row')
    return yield* bindRowComparison(binder, name, left, right, position)
  const first = binder.bindLeaf(left) ?? (yield* binder.bind(left))
  const second = binder.bindLeaf(right) ?? (yield* binder.bind(right))
  return operatorCall(binder.statement, name, first, second, position)
}

/** The call of an operator on bound operands; `left` undefined for a prefix operator. */
export function operatorCall(
  statement: StatementContext,
  name: string,
  left: Expression | undefined,
  right: Expression,
  position: Position,
): Expression {
  const candidate = chooseOperator(statement, name, left?.type, right.type, position)
  return makeCall(statement, candidate, left === undefined ? [right] : [left, right], position)
}

function chooseOperator(
  statement: StatementContext,
  name: string,
  left: DataType | undefined,
  right: DataType,
  position: Position,
): Candidate {
  const resolution = resolveOperator(statement.operators(name), left, right)
  if (resolution.kind === 'found') return resolution.candidate
  const shown =
    left === undefined ? `${name} ${typeName(right)}` : `${typeName(left)} ${name} ${typeName(right)}`
  if (resolution.kind === 'ambiguous') {
    throw new SqlError(SqlState.ambiguousFunction, `operator is not unique: ${shown}`, {
      position,
      hint: 'Could not choose a best candidate operator. You might need to add explicit type casts.',
    })
  }
  throw new SqlError(SqlState.undefinedFunction, `operator does not exist: ${shown}`, {
    position,
    hint:
      left === undefined
        ? 'No operator matches the given name and argument type. You might need to add an explicit type cast.'
        : 'No operator matches the given name and argument types. You might need to add explicit type casts.',
  })
}

function* bindRowComparison(
  binder: ExpressionBinder,
  name: string,
  left: Syntax<'row'>,
  right: Syntax<'row'>,
  position: Position,
): Steps<Expression> {
  if (left.elements.length !== right.elements.length) {
    throw new SqlError(SqlState.syntaxError, 'unequal number of entries in row expressions', { position })
  }
  if (left.elements.length === 0) {
    throw new SqlError(SqlState.featureNotSupported, 'cannot compare rows of zero length', { position })
  }
  const pairs: (readonly [Expression, Expression])[] = []
  for (const [index, element] of left.elements.entries()) {
    const bound = yield* binder.bind(element)
    pairs.push([bound, yield* binder.bind(right.elements[index] as SyntaxExpression)])
  }
  return compareRows(binder.statement, name, pairs, position)
}

/** Pairs decide from left to right; a NULL met before the decision makes it unknown, as nested AND/OR do. */
function compareRows(
  statement: StatementContext,
  name: string,
  pairs: readonly (readonly [Expression, Expression])[],
  position: Position,
): Expression {
  const compare = (operator: string, [left, right]: readonly [Expression, Expression]) =>
    operatorCall(statement, operator, left, right, position)
  if (name === '=')
    return combine(
      'and',
      pairs.map(pair => compare('=', pair)),
    )
  if (name === '<>')
    return combine(
      'or',
      pairs.map(pair => compare('<>', pair)),
    )
  if (!['<', '<=', '>', '>='].includes(name)) {
    throw new SqlError(
      SqlState.featureNotSupported,
      `could not determine interpretation of row comparison operator ${name}`,
      { position, hint: 'Row comparison operators must be associated with btree operator families.' },
    )
  }
  rejectVolatile(pairs.flat(), 'a volatile function in a row comparison', position)
  const strict = name[0] as string
  const decide = (index: number): Expression => {
    const pair = pairs[index] as readonly [Expression, Expression]
    if (index === pairs.length - 1) return compare(name, pair)
    return combine('or', [compare(strict, pair), combine('and', [compare('=', pair), decide(index + 1)])])
  }
  return decide(0)
}

function combine(kind: 'and' | 'or', args: readonly Expression[]): Expression {
  return args.length === 1 ? (args[0] as Expression) : { kind, args, type: boolType }
}

function rejectVolatile(expressions: readonly Expression[], what: string, position: Position): void {
  if (expressions.some(isVolatile)) throw notSupported(what, { position })
}

/** a BETWEEN b AND c is a >= b AND a <= c; SYMMETRIC also tries the bounds the other way round. */
export function* bindBetween(binder: ExpressionBinder, between: Syntax<'between'>): Steps<Expression> {
  const { low, high, symmetric, negated } = between
  const first = yield* bindRange(binder, between, low, high)
  if (!symmetric) return first
  return combine(negated ? 'and' : 'or', [first, yield* bindRange(binder, between, high, low)])
}

function* bindRange(
  binder: ExpressionBinder,
  between: Syntax<'between'>,
  low: SyntaxExpression,
  high: SyntaxExpression,
): Steps<Expression> {
  const { negated } = between
  const [kind, under, over] = negated ? (['or', '<', '>'] as const) : (['and', '>=', '<='] as const)
  const lower = yield* bindBound(binder, between, under, low)
  return combine(kind, [lower, yield* bindBound(binder, between, over, high)])
}

function* bindBound(
  binder: ExpressionBinder,
  between: Syntax<'between'>,
  name: string,
  bound: SyntaxExpression,
): Steps<Expression> {
  const position: Position = between.position || undefined
  const input = yield* binder.bind(between.input)
  rejectVolatile([input], 'a volatile function before BETWEEN', position)
  return operatorCall(binder.statement, name, input, yield* binder.bind(bound), position)
}

/**
 * x IN (list): the items that read no column become one array, compared by = ANY, when all of them and x have
 * a common type; the others are compared one by one. NOT IN is <> ALL.
 */
export function* bindIn(binder: ExpressionBinder, expression: Syntax<'in'>): Steps<Expression> {
  const { negated } = expression
  const position: Position = expression.position || undefined
  const name = negated ? '<>' : '='
  const kind = negated ? 'and' : 'or'
  if (expression.input.kind === 'row') {
    const row = expression.input
    return combine(
      kind,
      yield* mapInSteps(expression.list, item => {
        if (item.kind !== 'row')
          throw notSupported('comparing a row with a value that is not one', { position })
        return bindRowComparison(binder, name, row, item, position)
      }),
    )
  }
  const { statement } = binder
  const input = yield* binder.bind(expression.input)
  const items = yield* bindAll(binder, expression.list)
  const constants = items.filter(readsNoColumn)
  const type = constants.length > 1 ? arrayableType([input, ...constants]) : undefined
  if (type === undefined) {
    return combine(
      kind,
      items.map(item => operatorCall(statement, name, input, item, position)),
    )
  }
  const elements = yield* coerceAll(statement, constants, type, 'IN')
  const array: Expression = { kind: 'array', elements, type: arrayOf(type) }
  const tests = [quantifiedCall(statement, name, negated ? 'all' : 'any', input, array, position)]
  for (const item of items) {
    if (!readsNoColumn(item)) tests.push(operatorCall(statement, name, input, item, position))
  }
  return combine(kind, tests)
}

function arrayableType(expressions: readonly Expression[]): DataType | undefined {
  const common = selectCommonType(expressions.map(expression => expression.type))
  if (common === undefined || common.kind === 'record' || common.kind === 'array') return undefined
  const type = withoutModifier(common)
  return expressions.every(expression => canCast(expression.type, type, 'implicit')) ? type : undefined
}

export function* bindQuantified(
  binder: ExpressionBinder,
  expression: Syntax<'quantified'>,
): Steps<Expression> {
  const position: Position = expression.position || undefined
  const left = yield* binder.bind(expression.left)
  const array = yield* binder.bind(expression.array)
  return quantifiedCall(binder.statement, expression.operator, expression.quantifier, left, array, position)
}

function quantifiedCall(
  statement: StatementContext,
  name: string,
  quantifier: 'any' | 'all',
  left: Expression,
  array: Expression,
  position: Position,
): Expression {
  const fail = (what: string) =>
    new SqlError(SqlState.wrongObjectType, `op ANY/ALL (array) requires ${what}`, { position })
  const arrayType = array.type
  if (arrayType.kind !== 'array' && arrayType.kind !== 'unknown') throw fail('array on right side')
  const elementType = arrayType.kind === 'array' ? arrayType.element : unknownType
  const candidate = chooseOperator(statement, name, left.type, elementType, position)
  const element: Expression = { kind: 'literal', text: null, type: elementType, position: undefined }
  const converted = convertArguments(statement, candidate, [left, element])
  if (converted.type.kind !== 'bool') throw fail('operator to yield boolean')
  const declared = arrayOf(withoutModifier((converted.args[1] as Expression).type))
  return {
    kind: 'quantified',
    quantifier,
    operator: candidate.signature,
    left: converted.args[0] as Expression,
    array: coerce(statement, asTextParameter(statement, array, declared), declared, 'implicit'),
    type: boolType,
    position,
  }
}

/** Against a plain NULL this is IS [NOT] NULL. */
export function* bindDistinctFrom(
  binder: ExpressionBinder,
  expression: Syntax<'is_distinct'>,
): Steps<Expression> {
  const { negated } = expression
  const position: Position = expression.position || undefined
  if (expression.left.kind === 'row' || expression.right.kind === 'row') {
    throw notSupported('IS DISTINCT FROM between rows', { position })
  }
  for (const [side, other] of [
    [expression.right, expression.left],
    [expression.left, expression.right],
  ] as const) {
    if (side.kind === 'literal' && side.literal === 'null') {
      return {
        kind: 'is_null',
        input: settleLiteral(binder.statement, yield* binder.bind(other)),
        negated: !negated,
        type: boolType,
      }
    }
  }
  const { equals, left, right } = yield* bindEquals(binder, expression.left, expression.right, position)
  return { kind: 'is_distinct', left, right, negated, equals, type: boolType }
}

/** The result has the first operand's type after both were made comparable. */
export function* bindNullif(binder: ExpressionBinder, expression: Syntax<'nullif'>): Steps<Expression> {
  const { equals, left, right } = yield* bindEquals(
    binder,
    expression.left,
    expression.right,
    expression.position || undefined,
  )
  return { kind: 'nullif', left, right, equals, type: left.type }
}

function* bindEquals(
  binder: ExpressionBinder,
  leftSyntax: SyntaxExpression,
  rightSyntax: SyntaxExpression,
  position: Position,
) {
  const left = yield* binder.bind(leftSyntax)
  const right = yield* binder.bind(rightSyntax)
  const candidate = chooseOperator(binder.statement, '=', left.type, right.type, position)
  const { args } = convertArguments(binder.statement, candidate, [left, right])
  return { equals: candidate.signature, left: args[0] as Expression, right: args[1] as Expression }
}
