/** UNION [ALL]: sides of equal width, columns of common types, names of the left side. */

import { withoutModifier } from '../cast-rules.ts'
import { chooseCommonType } from '../common-type.ts'
import { notSupported, SqlError, SqlState } from '../errors.ts'
import type { LogicalPlan } from '../logical-plan.ts'
import type { QueryBody, SelectStatement } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import type { DataType } from '../types.ts'
import type { BoundQuery, QueryBinder } from './bound-query.ts'
import { coerceToType, commonModifier, typeName } from './coerce.ts'
import { requireEquality } from './ordering.ts'
import { convertOutputs } from './output.ts'

type SetOperation = QueryBody & { kind: 'set_operation' }

/** A chain to the left, `a UNION b UNION c …`, is bound in a loop: it may be thousands long. */
export function* bindSetOperation(query: QueryBinder, body: SetOperation): Steps<BoundQuery> {
  const operations = leftChain(body)
  for (const { operation, position } of operations) {
    if (operation !== 'union') {
      throw notSupported(operation.toUpperCase(), { position: position || undefined })
    }
  }
  const leaf: QueryBinder = { ...query, keepUnknown: true }
  let left = yield* query.statement.bindQuery(operations.at(-1)!.left, leaf)
  // Of the UNION ALL that `left` is, if it was made here: it grows, since nobody else has seen it.
  let inputs: LogicalPlan[] | undefined
  for (const { all, right: syntax } of operations.reverse()) {
    const right = yield* query.statement.bindQuery(syntax, leaf)
    yield
    const types = commonTypes(left, right)
    const first = convertSide(query, left, types)
    const second = convertSide(query, right, types)
    inputs = first === left.plan && inputs !== undefined ? inputs : [...branches(first)]
    for (const branch of branches(second)) inputs.push(branch)
    const schema = left.plan.schema.map(({ name }, column) => ({
      name,
      type: types[column] as DataType,
      nullable: [first, second].some(side => side.schema[column]?.nullable ?? true),
    }))
    if (!all) for (const [column, type] of types.entries()) requireEquality(type, left.locations[column])
    const union: LogicalPlan = { kind: 'union_all', inputs, schema }
    if (!all) inputs = undefined
    left = {
      plan: all ? union : { kind: 'distinct', input: union, schema },
      origins: types.map(() => undefined),
      locations: left.locations,
    }
  }
  return left
}

/** The operation and those that its left side consists of, outermost first. */
function leftChain(body: SetOperation): SetOperation[] {
  const chain = [body]
  for (let inner = plainOperation(body.left); inner !== undefined; inner = plainOperation(inner.left)) {
    chain.push(inner)
  }
  return chain
}

/** The set operation that the query is, when there is nothing around it. */
function plainOperation({ body, ...around }: SelectStatement): SetOperation | undefined {
  const { ctes, orderBy, limit, offset, locking } = around
  const isPlain = ctes.length + orderBy.length + locking.length === 0 && (limit ?? offset) === undefined
  return isPlain && body.kind === 'set_operation' ? body : undefined
}

/** UNION ALL of UNION ALL is one. */
function branches(plan: LogicalPlan): readonly LogicalPlan[] {
  return plan.kind === 'union_all' ? plan.inputs : [plan]
}

function commonTypes(left: BoundQuery, right: BoundQuery): readonly DataType[] {
  if (left.plan.schema.length !== right.plan.schema.length) {
    throw new SqlError(SqlState.syntaxError, 'each UNION query must have the same number of columns', {
      position: right.locations[0],
    })
  }
  return left.plan.schema.map((_, column) => columnType(left, right, column))
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
