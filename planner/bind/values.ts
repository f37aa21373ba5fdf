/** VALUES lists as queries: columns column1, column2 … of the rows' common types. */

import { SqlError, SqlState } from '../errors.ts'
import type { Expression } from '../expression.ts'
import { field } from '../schema.ts'
import type { QueryBody } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import { endsStep } from '../steps.ts'
import type { DataType } from '../types.ts'
import { isNullable } from './aggregate.ts'
import type { BoundQuery, QueryBinder } from './bound-query.ts'
import { coerceToCommon } from './coerce.ts'
import { expressionBinder } from './expression.ts'
import { emptyScope } from './scope.ts'
import { checkTargetCount } from './width-limits.ts'

type SyntaxValues = QueryBody & { kind: 'values' }

export function* bindValues(query: QueryBinder, body: SyntaxValues): Steps<BoundQuery> {
  const { statement } = query
  const rows = yield* bindRows(query, body)
  const width = rows[0]?.length ?? 0
  checkTargetCount(width)
  const columns: { readonly expressions: readonly Expression[]; readonly type: DataType }[] = []
  for (let column = 0; column < width; column++) {
    const values = rows.map(row => row[column] as Expression)
    columns.push(yield* coerceToCommon(statement, values, 'VALUES'))
  }
  return {
    plan: {
      kind: 'values',
      rows: rows.map((_, row) => columns.map(column => column.expressions[row] as Expression)),
      schema: columns.map(({ type, expressions }, index) =>
        field(`column${index + 1}`, type, expressions.some(isNullable)),
      ),
    },
    origins: columns.map(() => undefined),
    locations: (rows[0] ?? []).map(expression => statement.locationOf(expression)),
  }
}

/** The expressions as they stand, in rows of one length. */
function* bindRows(query: QueryBinder, body: SyntaxValues): Steps<readonly (readonly Expression[])[]> {
  const binder = expressionBinder(
    query.statement,
    { ...emptyScope, hidden: query.hidden },
    'aggregate functions are not allowed in VALUES',
  )
  const rows: (readonly Expression[])[] = []
  for (const row of body.rows) {
    const bound: Expression[] = []
    for (const value of row) bound.push(binder.bindLeaf(value) ?? (yield* binder.bind(value)))
    if (bound.length !== body.rows[0]?.length) throw unequalLengths(query, bound)
    rows.push(bound)
    if (endsStep(rows.length)) yield
  }
  return rows
}

function unequalLengths(query: QueryBinder, row: readonly Expression[]): SqlError {
  return new SqlError(SqlState.syntaxError, 'VALUES lists must all be the same length', {
    position: row[0] && query.statement.locationOf(row[0]),
  })
}
