/** Calls that the binder itself makes, of functions the catalog must have. */

import { notSupported } from '../errors.ts'
import type { Expression, Position } from '../expression.ts'
import type { FunctionSignature } from '../function-signature.ts'
import { findOperator, resolveFunction } from '../overload-resolution.ts'
import type { DataType } from '../types.ts'
import { makeCall } from './call.ts'
import type { StatementContext } from './statement-context.ts'

/** A call of the catalog's function `name`; the arguments decide the overload. */
export function callBuiltin(
  statement: StatementContext,
  name: string,
  args: readonly Expression[],
  position?: Position,
): Expression {
  const signatures = statement.catalog.findFunctions(name).filter(signature => signature.kind === 'function')
  const resolution = resolveFunction(
    signatures,
    args.map(argument => argument.type),
  )
  if (resolution.kind !== 'found') throw notSupported(`function ${name}`, { position })
  return makeCall(statement, resolution.candidate, args, position)
}

/** The comparison operator of a type, for what is defined by one: DISTINCT FROM, NULLIF, GREATEST. */
export function comparisonOf(
  statement: StatementContext,
  name: '=' | '<',
  type: DataType,
): FunctionSignature | undefined {
  return findOperator(statement.operators(name), type, type)
}
