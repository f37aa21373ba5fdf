/** CAST(x AS t), x::t and `t 'literal'`. */

import { anonymousRecord, SqlError, SqlState } from '../errors.ts'
import type { Expression, Position } from '../expression.ts'
import type { Expression as SyntaxExpression, TypeName } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import { mapInSteps } from '../steps.ts'
import type { DataType } from '../types.ts'
import type { ExpressionBinder } from './binder.ts'
import { tryCoerce, typeName } from './coerce.ts'
import type { StatementContext } from './statement-context.ts'
import { bindTypeName } from './type-name.ts'

type SyntaxCast = SyntaxExpression & { kind: 'cast' }

export function* bindCast(binder: ExpressionBinder, cast: SyntaxCast): Steps<Expression> {
  if (isRecord(cast.type)) return yield* bindRecordCast(binder, cast)
  const type = bindTypeName(cast.type)
  const position: Position = cast.position || cast.type.position || undefined
  if (type.kind === 'array' && cast.input.kind === 'array')
    return yield* bindTypedArray(binder, cast.input, type, position)
  return castTo(binder.statement, yield* binder.bind(cast.input), type, position)
}

function isRecord({ names }: TypeName): boolean {
  return names.at(-1) === 'record' && (names.length === 1 || names[0] === 'pg_catalog')
}

/** To record, which says nothing of its fields: only what is one stays. */
function* bindRecordCast(binder: ExpressionBinder, cast: SyntaxCast): Steps<Expression> {
  const input = yield* binder.bind(cast.input)
  const isArray = cast.type.arrayDimensions > 0
  const element = isArray && input.type.kind === 'array' ? input.type.element : input.type
  if (element.kind === 'record' && isArray === (input.type.kind === 'array')) return input
  const position: Position = cast.position || cast.type.position || undefined
  if (input.type.kind === 'unknown') throw anonymousRecord({ position })
  const name = `record${isArray ? '[]' : ''}`
  throw new SqlError(SqlState.cannotCoerce, `cannot cast type ${typeName(input.type)} to ${name}`, {
    position,
  })
}

/** An explicit cast; 42846 when there is none. */
export function castTo(
  statement: StatementContext,
  input: Expression,
  type: DataType,
  position: Position,
): Expression {
  const result = tryCoerce(statement, input, type, 'explicit', position)
  if (result !== undefined) return result
  throw new SqlError(SqlState.cannotCoerce, `cannot cast type ${typeName(input.type)} to ${typeName(type)}`, {
    position: position ?? statement.locationOf(input),
  })
}

/** ARRAY[…]::t[] casts the elements, so that an empty or untyped list has a type. */
function* bindTypedArray(
  binder: ExpressionBinder,
  array: SyntaxExpression & { kind: 'array' },
  type: DataType & { kind: 'array' },
  position: Position,
): Steps<Expression> {
  const elements = yield* mapInSteps(array.elements, element =>
    bindTypedElement(binder, element, type, position),
  )
  return { kind: 'array', elements, type }
}

function* bindTypedElement(
  binder: ExpressionBinder,
  element: SyntaxExpression,
  type: DataType & { kind: 'array' },
  position: Position,
): Steps<Expression> {
  if (element.kind === 'array') return yield* bindTypedArray(binder, element, type, position)
  const bound = binder.bindLeaf(element) ?? (yield* binder.bind(element))
  return castTo(binder.statement, bound, bound.type.kind === 'array' ? type : type.element, position)
}
