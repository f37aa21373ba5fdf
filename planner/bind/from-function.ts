/** Functions in FROM: generate_series and other table functions, and any scalar as a table of one row. */

import { notSupported } from '../errors.ts'
import type { Expression, Position } from '../expression.ts'
import type { LogicalPlan } from '../logical-plan.ts'
import type { Schema } from '../schema.ts'
import { field } from '../schema.ts'
import type { FromItem, FunctionCall } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import type { DataType } from '../types.ts'
import type { ExpressionBinder } from './binder.ts'
import { bindAll } from './binder.ts'
import type { QueryBinder } from './bound-query.ts'
import { convertArguments } from './call.ts'
import { resolveUnknown } from './coerce.ts'
import { expressionName } from './column-name.ts'
import { expressionBinder } from './expression.ts'
import type { BoundFrom } from './from.ts'
import { chooseFunction, functionsNamed } from './function-call.ts'
import type { RangeTable } from './scope.ts'
import { emptyScope, tableScope } from './scope.ts'
import { fieldOf } from './subscript.ts'

type SyntaxFunction = FromItem & { kind: 'function' }

export function* bindFromFunction(query: QueryBinder, item: SyntaxFunction): Steps<BoundFrom> {
  const position: Position = item.position || undefined
  if (item.withOrdinality) throw notSupported('WITH ORDINALITY', { position })
  if (item.columnDefinitions.length > 0) throw notSupported('a column definition list', { position })
  const [expression, ...others] = item.functions
  if (expression === undefined || others.length > 0)
    throw notSupported('ROWS FROM with several functions', { position })
  const binder = expressionBinder(
    query.statement,
    query.hidden.length === 0 ? emptyScope : { ...emptyScope, columnError: lateralError },
    'aggregate functions are not allowed in functions in FROM',
  )
  const name = expressionName(expression)
  const plan =
    (expression.kind === 'function' ? yield* bindTableFunction(binder, expression, item) : undefined) ??
    scalarPlan(resolveUnknown(query.statement, yield* binder.bind(expression)), item.alias?.name ?? name)
  const table: RangeTable = {
    name: item.alias?.name ?? name,
    schemaName: undefined,
    aliasOf: item.alias === undefined ? undefined : name,
    relation: undefined,
  }
  return { plan, scope: tableScope(table, plan.schema, item.alias?.columns ?? [], []) }
}

const lateralError = 'a function in FROM that reads other items of FROM is not supported'

/** undefined when the name is no table function's. */
function* bindTableFunction(
  binder: ExpressionBinder,
  call: FunctionCall,
  item: SyntaxFunction,
): Steps<LogicalPlan | undefined> {
  const signatures = functionsNamed(binder.statement, call)
  if (!signatures.some(signature => signature.kind === 'table')) return undefined
  const bound = yield* bindAll(
    binder,
    call.args.map(argument => argument.value),
  )
  const candidate = chooseFunction(binder.statement, call, signatures, bound)
  if (candidate?.signature.kind !== 'table') return undefined
  const { args, type } = convertArguments(binder.statement, candidate, bound)
  const { signature } = candidate
  return {
    kind: 'table_function',
    signature,
    args,
    schema: resultSchema(type, item.alias?.name ?? signature.name),
  }
}

/** A composite result has its fields as columns; a scalar goes by the alias. */
function resultSchema(type: DataType, name: string): Schema {
  if (type.kind === 'record')
    return type.fields.map(({ name: own, type: fieldType }) => field(own, fieldType))
  return [field(name, type)]
}

function scalarPlan(expression: Expression, name: string): LogicalPlan {
  const { type } = expression
  const row =
    type.kind === 'record' ? type.fields.map((_, index) => fieldOf(expression, type, index)) : [expression]
  return { kind: 'values', rows: [row], schema: resultSchema(type, name) }
}
