/** array[i], array[i][j], jsonb['key'] and (record).field. */

import { SqlError, SqlState } from '../errors.ts'
import type { Expression } from '../expression.ts'
import type { Expression as SyntaxExpression } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import type { DataType, TypeField } from '../types.ts'
import { int4Type, textType } from '../types.ts'
import type { ExpressionBinder } from './binder.ts'
import { tryCoerce, typeName } from './coerce.ts'
import { expressionName } from './column-name.ts'
import { operatorCall } from './operator.ts'

/** `isInner`: a further subscript follows, so that of an array its next dimension is meant. */
export function* bindSubscript(
  binder: ExpressionBinder,
  expression: SyntaxExpression & { kind: 'subscript' },
  isInner = false,
): Steps<Expression> {
  const inner = expression.input
  const input =
    inner.kind === 'subscript' ? yield* bindSubscript(binder, inner, true) : yield* binder.bind(inner)
  const index = yield* binder.bind(expression.index)
  if (input.type.kind === 'jsonb') return bindJsonSubscript(binder, input, index)
  if (input.type.kind !== 'array') {
    throw new SqlError(
      SqlState.datatypeMismatch,
      `cannot subscript type ${typeName(input.type)} because it does not support subscripting`,
      { position: binder.statement.locationOf(input) },
    )
  }
  const converted = tryCoerce(binder.statement, index, int4Type, 'assignment')
  if (converted === undefined) {
    throw new SqlError(SqlState.datatypeMismatch, 'array subscript must have type integer', {
      position: binder.statement.locationOf(index),
    })
  }
  return { kind: 'subscript', input, index: converted, type: isInner ? input.type : input.type.element }
}

/** j[x] is j -> x. */
function bindJsonSubscript(binder: ExpressionBinder, input: Expression, index: Expression): Expression {
  const { statement } = binder
  const position = statement.locationOf(index)
  const wanted = index.type.kind === 'unknown' ? textType : index.type
  const converted =
    tryCoerce(statement, index, wanted.kind === 'text' ? textType : int4Type, 'implicit') ??
    tryCoerce(statement, index, textType, 'implicit')
  if (converted !== undefined) return operatorCall(statement, '->', input, converted, position)
  throw new SqlError(SqlState.datatypeMismatch, `subscript type ${typeName(index.type)} is not supported`, {
    position,
    hint: 'jsonb subscript must be coercible to either integer or text.',
  })
}

export function* bindField(
  binder: ExpressionBinder,
  expression: SyntaxExpression & { kind: 'field' },
): Steps<Expression> {
  const input = yield* binder.bind(expression.input)
  const { type } = input
  const position = expression.position || undefined
  if (type.kind !== 'record') {
    throw new SqlError(
      SqlState.wrongObjectType,
      `column notation .${expression.name} applied to type ${typeName(type)}, which is not a composite type`,
      { position },
    )
  }
  const index = findField(type.fields, expression.name)
  if (index === -1) {
    throw new SqlError(
      SqlState.undefinedColumn,
      isTableName(binder, expression.input)
        ? `column ${expressionName(expression.input)}.${expression.name} does not exist`
        : `could not identify column "${expression.name}" in record data type`,
      { position },
    )
  }
  return fieldOf(input, type, index)
}

function isTableName(binder: ExpressionBinder, input: SyntaxExpression): boolean {
  return (
    input.kind === 'column' && binder.scope.tables.some(({ table }) => table.name === expressionName(input))
  )
}

/** Names of a model's outputs may have capitals; an unquoted name finds them too. */
function findField(fields: readonly TypeField[], name: string): number {
  const exact = fields.findIndex(field => field.name === name)
  return exact === -1 ? fields.findIndex(field => field.name.toLowerCase() === name) : exact
}

/** One field of a record value. */
export function fieldOf(input: Expression, type: DataType & { kind: 'record' }, index: number): Expression {
  if (input.kind === 'row') return input.elements[index] as Expression
  return { kind: 'field', input, index, type: (type.fields[index] as TypeField).type }
}
