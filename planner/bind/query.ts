/** A whole query: WITH, the body, and what stands around it. */

import { notSupported, SqlError, SqlState } from '../errors.ts'
import type { LogicalPlan } from '../logical-plan.ts'
import type { CommonTableExpression, SelectStatement } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import type { BoundQuery, CommonTable, QueryBinder } from './bound-query.ts'
import { expressionBinder } from './expression.ts'
import { bindLimit, limitPlan } from './limit.ts'
import { refuseLocks } from './locking.ts'
import { bindOutputOrderBy } from './order-by.ts'
import type { RangeTable } from './scope.ts'
import { tableScope } from './scope.ts'
import { bindSelect } from './select.ts'
import { bindSetOperation } from './set-operation.ts'
import type { Target } from './target-list.ts'
import { bindValues } from './values.ts'

export function* bindSelectStatement(statement: SelectStatement, outer: QueryBinder): Steps<BoundQuery> {
  const query = yield* withCommonTables(outer, statement.ctes, statement.recursive)
  const { body } = statement
  if (body.kind === 'select') return yield* bindSelect(query, statement, body)
  refuseLocks(statement)
  const result =
    body.kind === 'values' ? yield* bindValues(query, body) : yield* bindSetOperation(query, body)
  return { ...result, plan: yield* orderAndLimit(query, statement, result) }
}

/** The query's binder with the common tables of a WITH clause in reach; every one is bound, read or not. */
export function* withCommonTables(
  query: QueryBinder,
  ctes: readonly CommonTableExpression[],
  recursive: boolean,
): Steps<QueryBinder> {
  let commonTables = query.commonTables
  for (const [index, cte] of ctes.entries()) {
    const position = cte.position || undefined
    if (ctes.findIndex(other => other.name === cte.name) !== index) {
      throw new SqlError(SqlState.duplicateAlias, `WITH query name "${cte.name}" specified more than once`, {
        position,
      })
    }
    const { statement } = cte
    if (statement.kind !== 'select') throw notSupported('a data-modifying statement in WITH', { position })
    const visible = recursive ? [...commonTables, { name: cte.name, query: undefined }] : commonTables
    const bound = yield* query.statement.bindQuery(statement, {
      ...query,
      commonTables: visible,
      keepUnknown: false,
    })
    commonTables = [...commonTables, renamed(cte, bound)]
  }
  return { ...query, commonTables }
}

/** WITH name (columns): 42P10 for more names than columns. */
function renamed(cte: CommonTableExpression, query: BoundQuery): CommonTable {
  const { plan } = query
  if (cte.columns.length > plan.schema.length) {
    throw new SqlError(
      SqlState.invalidColumnReference,
      `WITH query "${cte.name}" has ${plan.schema.length} columns available` +
        ` but ${cte.columns.length} columns specified`,
      { position: cte.position || undefined },
    )
  }
  if (cte.columns.length === 0) return { name: cte.name, query }
  const schema = plan.schema.map((column, index) => ({ ...column, name: cte.columns[index] ?? column.name }))
  return { name: cte.name, query: { ...query, plan: { ...plan, schema } as LogicalPlan } }
}

/** ORDER BY and LIMIT of VALUES and set operations. */
function* orderAndLimit(
  query: QueryBinder,
  statement: SelectStatement,
  result: BoundQuery,
): Steps<LogicalPlan> {
  const { plan, origins } = result
  const table: RangeTable = {
    name: undefined,
    schemaName: undefined,
    aliasOf: undefined,
    relation: undefined,
  }
  const scope = tableScope(table, plan.schema, [], origins)
  const binder = expressionBinder(query.statement, scope, 'aggregate functions are not allowed in ORDER BY')
  const targets = scope.columns.map(
    (column, index): Target => ({
      name: column.name,
      expression: column.expression,
      origin: column.origin,
      location: result.locations[index],
    }),
  )
  const keys = yield* bindOutputOrderBy(query.statement, binder, targets, statement.orderBy)
  const limit = yield* bindLimit(binder, statement)
  const sorted: LogicalPlan =
    keys.length === 0 ? plan : { kind: 'sort', input: plan, keys, schema: plan.schema }
  return limitPlan(sorted, limit)
}
