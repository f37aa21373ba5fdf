/** UNION [ALL]: sides of equal width, columns of common types, names of the left side. */

import { withoutModifier } from '../cast-rules.ts'
import { chooseCommonType } from '../common-type.ts'
import { notSupported, SqlError, SqlState } from '../errors.ts'
import type { LogicalPlan } from '../logical-plan.ts'
import type { QueryBody } from '../sql/ast.ts'
import type { DataType } from '../types.ts'
import type { BoundQuery, QueryBinder } from './bound-query.ts'
import { coerceToType, commonModifier, typeName } from './coerce.ts'
import { requireEquality } from './ordering.ts'
import { convertOutputs } from './output.ts'

type SetOperation = QueryBody & { kind: 'set_operation' }

export function bindSetOperation(query: QueryBinder, body: SetOperation): BoundQuery {
  const position = body.position || undefined
  if (body.operation !== 'union') throw notSupported(body.operation.toUpperCase(), { position })
  const leaf: QueryBinder = { ...query, keepUnknown: true }
  const left = query.statement.bindQuery(body.left, leaf)
  const right = query.statement.bindQuery(body.right, leaf)
  if (left.plan.schema.length !== right.plan.schema.length) {
    throw new SqlError(SqlState.syntaxError, 'each UNION query must have the same number of columns', {
      position: right.locations[0],
    })
  }
  const types = left.plan.schema.map((_, column) => columnType(left, right, column))
  const inputs = [left, right].map(side => convertSide(query, side, types))
  const schema = left.plan.schema.map(({ name }, column) => ({
    name,
    type: types[column] as DataType,
    nullable: inputs.some(input => input.schema[column]?.nullable ?? true),
  }))
  if (!body.all) for (const [column, type] of types.entries()) requireEquality(type, left.locations[column])
  const union: LogicalPlan = { kind: 'union_all', inputs: inputs.flatMap(flatten), schema }
  return {
    plan: body.all ? union : { kind: 'distinct', input: union, schema },
    origins: types.map(() => undefined),
    locations: left.locations,
  }
}

/** UNION ALL of UNION ALL is one. */
function flatten(plan: LogicalPlan): readonly LogicalPlan[] {
  return plan.kind === 'union_all' ? plan.inputs : [plan]
}

function columnType(left: BoundQuery, right: BoundQuery, column: number): DataType {
  const sides = [left, right].map(side => side.plan.schema[column] as { readonly type: DataType })
  const common = chooseCommonType(sides.map(side => side.type))
  if (common.kind === 'found') return commonModifier(sides, withoutModifier(common.type))
  throw new SqlError(
    SqlState.datatypeMismatch,
    `UNION types ${typeName(common.left)} and ${typeName(common.right)} cannot be matched`,
    { position: right.locations[column] },
  )
}

function convertSide(query: QueryBinder, side: BoundQuery, types: readonly DataType[]): LogicalPlan {
  return convertOutputs(
    side,
    (expression, column) => coerceToType(query.statement, expression, types[column] as DataType, 'UNION'),
    query.statement,
  )
}
