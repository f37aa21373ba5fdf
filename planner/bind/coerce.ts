/**
 * Conversions that the context of an expression asks for (parse_coerce.c): unknown literals and parameters
 * take the wanted type, other types get a cast where the rules allow one, precision and length are applied
 * last.
 */

import { assert } from '../assert.ts'
import { canCast, withoutModifier } from '../cast-rules.ts'
import { chooseCommonType } from '../common-type.ts'
import { SqlError, SqlState } from '../errors.ts'
import type { CastContext, Expression, Position } from '../expression.ts'
import type { Steps } from '../steps.ts'
import { endsStep } from '../steps.ts'
import type { DataType } from '../types.ts'
import { boolType, formatType, sameBaseType, textType, typeModifier } from '../types.ts'
import type { StatementContext } from './statement-context.ts'

/** The type's name in messages: without modifier. */
export function typeName(type: DataType): string {
  return formatType(withoutModifier(type))
}

/**
 * `expression` as `type`, or undefined when there is no such cast in `context`. `position` is the cast's own.
 */
export function tryCoerce(
  statement: StatementContext,
  expression: Expression,
  type: DataType,
  context: CastContext,
  position?: Position,
): Expression | undefined {
  if (!canCast(expression.type, type, context)) return undefined
  return coerce(statement, expression, type, context, position)
}

/** As `tryCoerce`, where the cast is known to exist. */
export function coerce(
  statement: StatementContext,
  expression: Expression,
  type: DataType,
  context: CastContext,
  position?: Position,
): Expression {
  const location = statement.locationOf(expression)
  const result = convert(statement, expression, type, context, position ?? location)
  statement.noteLocation(result, location)
  return result
}

function convert(
  statement: StatementContext,
  expression: Expression,
  type: DataType,
  context: CastContext,
  position: Position,
): Expression {
  const base = withoutModifier(type)
  // The fields of an interval type say what a bare number in a literal counts.
  const given = type.kind === 'interval' && expression.kind === 'literal' ? type : base
  const input = expression.type.kind === 'unknown' ? giveType(statement, expression, given) : expression
  if (input.kind === 'literal' && input.text === null) return { ...input, type }
  const hasBase = sameBaseType(input.type, base)
  const wanted = typeModifier(type)
  if (hasBase && (wanted === typeModifier(input.type) || (wanted === -1 && context !== 'explicit')))
    return input
  if (wanted === -1 && isWiderNumber(input, type)) return { ...input, type }
  return { kind: 'cast', input, type, context, position }
}

const numberKinds = ['int2', 'int4', 'int8', 'numeric', 'float4', 'float8']

/**
 * A number literal reads the same as any wider type, so that no cast is left to compute; but real has lost
 * digits that its text still has.
 */
function isWiderNumber(input: Expression, type: DataType): input is Expression & { kind: 'literal' } {
  const from = numberKinds.indexOf(input.type.kind)
  const isExact = from !== -1 && input.type.kind !== 'float4'
  if (input.kind !== 'literal' || !isExact || from >= numberKinds.indexOf(type.kind)) return false
  // -0.0 is 0 as a numeric, and stays it.
  return !/^-[0.]+$/.test(input.text ?? '')
}

/** An untyped literal is read as the type; an untyped parameter becomes of the type. */
function giveType(statement: StatementContext, expression: Expression, type: DataType): Expression {
  if (expression.kind === 'parameter') return statement.parameters.resolve(expression, type)
  assert(expression.kind === 'literal', 'only literals and parameters are of unknown type')
  const literal = { ...expression, type }
  return type.kind === 'text' ? literal : statement.readLiteral(literal)
}

/** What nothing else gave a type becomes text. */
export function resolveUnknown(statement: StatementContext, expression: Expression): Expression {
  return expression.type.kind === 'unknown' ? coerce(statement, expression, textType, 'implicit') : expression
}

/** Where any type goes, an untyped literal is text; an untyped parameter has no type (42P18 in the end). */
export function settleLiteral(statement: StatementContext, expression: Expression): Expression {
  return expression.kind === 'literal' ? resolveUnknown(statement, expression) : expression
}

/** Conditions: `what` is WHERE, AND, CASE/WHEN, … */
export function coerceToBoolean(
  statement: StatementContext,
  expression: Expression,
  what: string,
): Expression {
  return coerceArgument(statement, expression, boolType, what)
}

/** Arguments of a clause that must be of one type: LIMIT, WHERE, … */
export function coerceArgument(
  statement: StatementContext,
  expression: Expression,
  type: DataType,
  what: string,
): Expression {
  const result = tryCoerce(statement, expression, type, 'assignment')
  if (result !== undefined) return result
  throw new SqlError(
    SqlState.datatypeMismatch,
    `argument of ${what} must be type ${typeName(type)}, not type ${typeName(expression.type)}`,
    { position: statement.locationOf(expression) },
  )
}

/** Converts all to the one type they take together; `what` is CASE, COALESCE, ARRAY, … */
export function* coerceToCommon(
  statement: StatementContext,
  expressions: readonly Expression[],
  what: string,
): Steps<{ readonly expressions: readonly Expression[]; readonly type: DataType }> {
  const type = commonType(statement, expressions, what)
  const converted = yield* coerceAll(statement, expressions, type, what)
  return { expressions: converted, type: commonModifier(converted, type) }
}

/** Converts all, which may be many, to one type. */
export function* coerceAll(
  statement: StatementContext,
  expressions: readonly Expression[],
  type: DataType,
  what: string,
): Steps<Expression[]> {
  const converted: Expression[] = []
  for (const [index, expression] of expressions.entries()) {
    converted.push(coerceToType(statement, expression, type, what))
    if (endsStep(index)) yield
  }
  return converted
}

/** The common type without modifier; 42804 when there is none. */
export function commonType(
  statement: StatementContext,
  expressions: readonly Expression[],
  what: string,
): DataType {
  const common = chooseCommonType(expressions.map(expression => expression.type))
  if (common.kind === 'found') return withoutModifier(common.type)
  throw new SqlError(
    SqlState.datatypeMismatch,
    `${what} types ${typeName(common.left)} and ${typeName(common.right)} cannot be matched`,
    { position: statement.locationOf(expressions[common.index] as Expression) },
  )
}

export function coerceToType(
  statement: StatementContext,
  expression: Expression,
  type: DataType,
  what: string,
): Expression {
  const result = tryCoerce(statement, expression, type, 'implicit')
  if (result !== undefined) return result
  throw new SqlError(
    SqlState.cannotCoerce,
    `${what} could not convert type ${typeName(expression.type)} to ${typeName(type)}`,
    { position: statement.locationOf(expression) },
  )
}

/** The modifier that all have survives. */
export function commonModifier(
  expressions: readonly { readonly type: DataType }[],
  type: DataType,
): DataType {
  const first = expressions[0]
  if (first === undefined || !sameBaseType(first.type, type)) return type
  const modifier = typeModifier(first.type)
  return expressions.every(other => sameBaseType(other.type, type) && typeModifier(other.type) === modifier)
    ? first.type
    : type
}
