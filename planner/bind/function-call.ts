/**
 * Calls in function notation: functions, aggregates, models, and type names used as functions (parse_func.c).
 */

import { canCast, typeNamedByFunction } from '../cast-rules.ts'
import { notSupported, SqlError, SqlState } from '../errors.ts'
import type { Expression, Position } from '../expression.ts'
import type { FunctionSignature } from '../function-signature.ts'
import type { Candidate } from '../overload-resolution.ts'
import { resolveFunction } from '../overload-resolution.ts'
import type { FunctionCall } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import type { DataType } from '../types.ts'
import { typeCategory } from '../types.ts'
import { bindAggregate } from './aggregate-call.ts'
import type { ExpressionBinder } from './binder.ts'
import { bindAll } from './binder.ts'
import { makeCall } from './call.ts'
import { castTo } from './cast.ts'
import { missingFunction, schemaOf } from './function-error.ts'
import { bindModelCall, bindPredict } from './model-call.ts'
import type { StatementContext } from './statement-context.ts'
import { checkArgumentCount } from './width-limits.ts'

export function* bindFunction(binder: ExpressionBinder, call: FunctionCall): Steps<Expression> {
  const position: Position = call.position || undefined
  if (call.over !== undefined) throw notSupported('a window function', { position })
  if (call.withinGroup) throw notSupported('WITHIN GROUP', { position })
  if (call.variadic) throw notSupported('VARIADIC in a call', { position })
  const name = call.name[call.name.length - 1] ?? ''
  const signatures = functionsNamed(binder.statement, call)
  if (signatures.length === 0) {
    if (call.name.length === 1 && name === 'predict') return yield* bindPredict(binder, call)
    const model = binder.statement.findModel(schemaOf(call), name)
    if (model !== undefined) return yield* bindModelCall(binder, model, call, call.args)
  }
  checkArgumentCount(call.args.length, position)
  if (signatures.some(signature => signature.kind === 'aggregate'))
    return yield* bindAggregate(binder, call, signatures)
  const bound = yield* bindAll(
    binder,
    call.args.map(argument => argument.value),
  )
  const given = { ...call, args: call.args.filter((_, index) => !isOutParameter(bound[index]!)) }
  const args = bound.filter(argument => !isOutParameter(argument))
  const candidate = chooseFunction(binder.statement, given, signatures, args)
  rejectAggregateSyntax(call, name)
  if (candidate === undefined)
    return castTo(binder.statement, args[0] as Expression, castTarget(given) as DataType, position)
  if (candidate.signature.kind === 'table') {
    throw notSupported(`a set-returning function (${name}) outside FROM`, { position })
  }
  return makeCall(binder.statement, candidate, args, position)
}

/** JDBC declares what `{? = call f(?)}` returns as a parameter of type void, and sends it as an argument. */
function isOutParameter(argument: Expression): boolean {
  return argument.kind === 'parameter' && argument.type.kind === 'void'
}

/** The overloads the name may mean: all of ours are in pg_catalog. */
export function functionsNamed(
  statement: StatementContext,
  call: FunctionCall,
): readonly FunctionSignature[] {
  const schemaName = schemaOf(call)
  if (schemaName !== undefined && schemaName !== 'pg_catalog') return []
  const signatures = statement.catalog.findFunctions(call.name[call.name.length - 1] ?? '')
  return signatures.filter(signature => signature.kind !== 'operator')
}

/** The overload, or undefined when the call is a cast in function notation. */
export function chooseFunction(
  statement: StatementContext,
  call: FunctionCall,
  signatures: readonly FunctionSignature[],
  args: readonly Expression[],
): Candidate | undefined {
  const types = args.map(argument => argument.type)
  const named = call.args.some(argument => argument.name !== undefined)
  const resolution = named ? { kind: 'none' as const } : resolveFunction(signatures, types)
  if (resolution.kind === 'found' && isExact(resolution.candidate, types)) return resolution.candidate
  const target = castTarget(call)
  if (target !== undefined && !named && isFunctionCast(args[0] as Expression, target)) return undefined
  if (resolution.kind === 'found') return resolution.candidate
  throw missingFunction(statement, call, types, resolution.kind)
}

function isExact(candidate: Candidate, types: readonly DataType[]): boolean {
  return candidate.declared.every((declared, index) => declared.kind === types[index]?.kind)
}

/** The type that `name(x)` casts to, if the name is a type's. */
function castTarget(call: FunctionCall): DataType | undefined {
  if (call.args.length !== 1 || call.star) return undefined
  return typeNamedByFunction(call.name[call.name.length - 1] ?? '')
}

/** typename(x) is a cast when x is an untyped literal or there is an explicit cast. */
function isFunctionCast(argument: Expression, target: DataType): boolean {
  if (argument.type.kind === 'unknown') return argument.kind === 'literal'
  if (argument.type.kind === 'record' && typeCategory(target).category === 'S') return false
  return canCast(argument.type, target, 'explicit')
}

/** What only aggregates may have. */
function rejectAggregateSyntax(call: FunctionCall, name: string): void {
  const specified = call.star
    ? `${name}(*)`
    : call.distinct
      ? 'DISTINCT'
      : call.orderBy.length > 0
        ? 'ORDER BY'
        : call.filter !== undefined
          ? 'FILTER'
          : undefined
  if (specified === undefined) return
  throw new SqlError(
    SqlState.wrongObjectType,
    `${specified} specified, but ${name} is not an aggregate function`,
    { position: call.position || undefined },
  )
}
