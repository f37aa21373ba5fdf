/** Calls of aggregates: arguments, DISTINCT, ORDER BY and FILTER over the rows that are aggregated. */

import { SqlError, SqlState } from '../errors.ts'
import type { Expression, Position, SortKey } from '../expression.ts'
import { sameExpression } from '../expression-tree.ts'
import type { FunctionSignature } from '../function-signature.ts'
import { resolveFunction } from '../overload-resolution.ts'
import type { FunctionCall } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import type { ExpressionBinder } from './binder.ts'
import { bindAll } from './binder.ts'
import { convertArguments } from './call.ts'
import { coerceToBoolean, resolveUnknown } from './coerce.ts'
import { missingFunction } from './function-error.ts'
import { requireEquality, sortKey } from './ordering.ts'

export function* bindAggregate(
  binder: ExpressionBinder,
  call: FunctionCall,
  signatures: readonly FunctionSignature[],
): Steps<Expression> {
  const { statement } = binder
  const position: Position = call.position || undefined
  const inner = binder.withoutAggregates('aggregate function calls cannot be nested')
  const actual = yield* bindAll(
    inner,
    call.args.map(argument => argument.value),
  )
  const named = call.args.some(argument => argument.name !== undefined)
  const types = actual.map(argument => argument.type)
  const resolution = named ? { kind: 'none' as const } : resolveFunction(signatures, types)
  if (resolution.kind !== 'found') throw missingFunction(statement, call, types, resolution.kind)
  const { candidate } = resolution
  const name = candidate.signature.name
  if (actual.length === 0 && !call.star) {
    throw new SqlError(
      SqlState.wrongObjectType,
      `${name}(*) must be used to call a parameterless aggregate function`,
      { position },
    )
  }
  const { args, type } = convertArguments(statement, candidate, actual)
  const orderBy: SortKey[] = []
  for (const item of call.orderBy) {
    orderBy.push(sortKey(item, resolveUnknown(statement, yield* inner.bind(item.expression))))
  }
  if (call.distinct) checkDistinct(binder, args, orderBy)
  const filter = call.filter && (yield* bindFilter(binder, call))
  if (typeof binder.aggregates === 'string') {
    throw new SqlError(SqlState.groupingError, binder.aggregates, { position })
  }
  const { signature } = candidate
  return binder.aggregates.add({ signature, args, distinct: call.distinct, filter, orderBy, type, position })
}

function* bindFilter(binder: ExpressionBinder, call: FunctionCall): Steps<Expression | undefined> {
  if (call.filter === undefined) return undefined
  const inner = binder.withoutAggregates('aggregate functions are not allowed in FILTER')
  return coerceToBoolean(binder.statement, yield* inner.bind(call.filter), 'FILTER')
}

function checkDistinct(
  binder: ExpressionBinder,
  args: readonly Expression[],
  orderBy: readonly SortKey[],
): void {
  for (const argument of args) {
    requireEquality(argument.type, binder.statement.locationOf(argument))
  }
  const missing = orderBy.find(key => !args.some(argument => sameExpression(argument, key.expression)))
  if (missing === undefined) return
  throw new SqlError(
    SqlState.invalidColumnReference,
    'in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list',
    { position: binder.statement.locationOf(missing.expression) },
  )
}
