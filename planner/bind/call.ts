/**
 * From a chosen overload to a call: arguments converted to the declared types, polymorphic types resolved.
 */

import { withoutModifier } from '../cast-rules.ts'
import { SqlError, SqlState } from '../errors.ts'
import type { Expression, Position } from '../expression.ts'
import type { SignatureType } from '../function-signature.ts'
import type { Candidate } from '../overload-resolution.ts'
import type { PolymorphicTypes } from '../polymorphic.ts'
import { bindPolymorphic, resolveDeclared } from '../polymorphic.ts'
import type { DataType } from '../types.ts'
import { arrayOf, textType } from '../types.ts'
import { coerce, settleLiteral, typeName } from './coerce.ts'
import type { StatementContext } from './statement-context.ts'

export interface ConvertedCall {
  readonly args: readonly Expression[]
  readonly type: DataType
}

export function makeCall(
  statement: StatementContext,
  candidate: Candidate,
  args: readonly Expression[],
  position: Position,
): Expression {
  const converted = convertArguments(statement, candidate, args)
  return {
    kind: 'call',
    signature: candidate.signature,
    args: converted.args,
    type: converted.type,
    position,
  }
}

/** The arguments as the overload declares them, and the type of the result. */
export function convertArguments(
  statement: StatementContext,
  candidate: Candidate,
  args: readonly Expression[],
): ConvertedCall {
  const actual = args.map(argument => argument.type)
  const types = bindPolymorphic(candidate.declared, actual)
  const converted = args.map((argument, index) => {
    const declared = candidate.declared[index]
    return declared === undefined
      ? argument
      : convertArgument(statement, argument, declaredType(declared, types))
  })
  const { returns } = candidate.signature
  return { args: converted, type: withoutModifier(declaredType(returns, types) ?? textType) }
}

/** undefined for `any`, which takes what comes. */
function declaredType(declared: SignatureType, types: PolymorphicTypes): DataType | undefined {
  if (declared.kind === 'any') return undefined
  const resolved = resolveDeclared(declared, types)
  if (resolved?.kind === 'array' && resolved.element.kind === 'array') {
    throw new SqlError(
      SqlState.undefinedObject,
      `could not find array type for data type ${typeName(resolved.element)}`,
    )
  }
  if (resolved !== undefined) return resolved
  throw new SqlError(
    SqlState.datatypeMismatch,
    'could not determine polymorphic type because input has type unknown',
  )
}

function convertArgument(
  statement: StatementContext,
  argument: Expression,
  type: DataType | undefined,
): Expression {
  if (type === undefined) return settleLiteral(statement, argument)
  return coerce(statement, asTextParameter(statement, argument, type), type, 'implicit')
}

/**
 * PostgreSQL compares varchar by the operators of text: a parameter that an operator wants as varchar is text
 * to the client.
 */
export function asTextParameter(
  statement: StatementContext,
  argument: Expression,
  type: DataType,
): Expression {
  const isOpen = argument.kind === 'parameter' && argument.type.kind === 'unknown'
  if (!isOpen) return argument
  if (type.kind === 'varchar') return coerce(statement, argument, textType, 'implicit')
  const isArray = type.kind === 'array' && type.element.kind === 'varchar'
  return isArray ? coerce(statement, argument, arrayOf(textType), 'implicit') : argument
}
