/** CAST(x AS t), x::t and `t 'literal'`. */

import { notSupported, SqlError, SqlState } from '../errors.ts'
import type { Expression, Position } from '../expression.ts'
import type { Expression as SyntaxExpression } from '../sql/ast.ts'
import type { DataType } from '../types.ts'
import { intervalType, textType } from '../types.ts'
import type { ExpressionBinder } from './binder.ts'
import { callBuiltin } from './builtin.ts'
import { tryCoerce, typeName } from './coerce.ts'
import { intervalUnit, qualifyInterval } from './interval-constant.ts'
import type { StatementContext } from './statement-context.ts'
import { bindTypeName } from './type-name.ts'

type SyntaxCast = SyntaxExpression & { kind: 'cast' }

export function bindCast(binder: ExpressionBinder, cast: SyntaxCast): Expression {
  const type = bindTypeName(cast.type)
  const position: Position = cast.position || cast.type.position || undefined
  if (type.kind === 'interval' && cast.type.modifiers.length > 0)
    return bindQualifiedInterval(binder, cast, position)
  if (type.kind === 'array' && cast.input.kind === 'array')
    return bindTypedArray(binder, cast.input, type, position)
  return castTo(binder.statement, binder.bind(cast.input), type, position)
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
function bindTypedArray(
  binder: ExpressionBinder,
  array: SyntaxExpression & { kind: 'array' },
  type: DataType & { kind: 'array' },
  position: Position,
): Expression {
  const elements = array.elements.map(element => {
    if (element.kind === 'array') return bindTypedArray(binder, element, type, position)
    const bound = binder.bind(element)
    return castTo(binder.statement, bound, bound.type.kind === 'array' ? type : type.element, position)
  })
  return { kind: 'array', elements, type }
}

/** INTERVAL '90' MINUTE, x::interval day: what is below the qualifier's last field is cut off. */
function bindQualifiedInterval(binder: ExpressionBinder, cast: SyntaxCast, position: Position): Expression {
  if (cast.type.arrayDimensions > 0) throw notSupported('an array of qualified intervals', { position })
  if (cast.input.kind === 'literal' && cast.input.literal === 'string') {
    const { text, truncateTo } = qualifyInterval(cast.input.text, cast.type)
    return truncate(
      binder.statement,
      literal(text, intervalType, cast.input.position || undefined),
      truncateTo,
    )
  }
  const input = castTo(binder.statement, binder.bind(cast.input), intervalType, position)
  return truncate(binder.statement, input, intervalUnit(cast.type))
}

function truncate(statement: StatementContext, input: Expression, unit: string | undefined): Expression {
  if (unit === undefined || unit === 'second') return input
  return callBuiltin(statement, 'date_trunc', [literal(unit, textType, undefined), input])
}

function literal(text: string, type: DataType, position: Position): Expression {
  return { kind: 'literal', text, type, position }
}
