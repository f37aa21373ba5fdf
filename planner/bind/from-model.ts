/** ML_PREDICT(TABLE t, MODEL m, DESCRIPTOR(a, b)) in FROM: the input's columns, then the model's outputs. */

import type { Expression } from '../expression.ts'
import type { LogicalPlan } from '../logical-plan.ts'
import { field } from '../schema.ts'
import type { FromItem, FunctionCall } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import type { QueryBinder } from './bound-query.ts'
import { expressionBinder } from './expression.ts'
import type { BoundFrom } from './from.ts'
import { scopeSchema } from './join.ts'
import { bindModelCall, missingModel } from './model-call.ts'
import type { RangeTable, ScopeColumn } from './scope.ts'
import { fieldOf } from './subscript.ts'

type SyntaxModel = FromItem & { kind: 'model' }

export function* bindModelItem(query: QueryBinder, item: SyntaxModel, input: BoundFrom): Steps<BoundFrom> {
  const { statement } = query
  const model = statement.findModel(item.model.schemaName, item.model.name)
  if (model === undefined) throw missingModel(item.model.name, item.model.position || undefined)
  const binder = expressionBinder(
    statement,
    input.scope,
    'aggregate functions are not allowed in functions in FROM',
  )
  const call = modelCallSyntax(item)
  const score = yield* bindModelCall(binder, model, call, call.args)
  const outputs = outputsOf(score, model.name)
  const plan: LogicalPlan = {
    kind: 'project',
    input: input.plan,
    expressions: [
      ...input.scope.columns.map(column => column.expression),
      ...outputs.map(output => output.expression),
    ],
    schema: [
      ...scopeSchema(input.scope),
      ...outputs.map(({ name, expression }) => field(name, expression.type)),
    ],
  }
  const inner = input.scope.tables[0]?.table
  const table: RangeTable =
    item.alias === undefined && inner !== undefined
      ? inner
      : { name: item.alias?.name, schemaName: undefined, aliasOf: inner?.name, relation: undefined }
  const columns = plan.schema.map(
    (column, index): ScopeColumn => ({
      name: item.alias?.columns[index] ?? column.name,
      expression: { kind: 'column', index, type: column.type, nullable: column.nullable },
      origin: input.scope.columns[index]?.origin,
      table,
    }),
  )
  return { plan, scope: { tables: [{ table, columns }], columns, hidden: input.scope.hidden } }
}

function modelCallSyntax(item: SyntaxModel): FunctionCall {
  return {
    kind: 'function',
    name: [item.model.name],
    args: item.args.map(value => ({ name: undefined, value, position: value.position })),
    star: false,
    distinct: false,
    variadic: false,
    orderBy: [],
    withinGroup: false,
    filter: undefined,
    over: undefined,
    sqlSyntax: false,
    position: item.position,
  }
}

interface Output {
  readonly name: string
  readonly expression: Expression
}

function outputsOf(score: Expression, name: string): readonly Output[] {
  const { type } = score
  if (type.kind !== 'record') return [{ name, expression: score }]
  return type.fields.map((output, index) => ({ name: output.name, expression: fieldOf(score, type, index) }))
}
