/** VALUES lists as queries: columns column1, column2 … of the rows' common types. */

import { SqlError, SqlState } from '../errors.ts'
import type { Expression } from '../expression.ts'
import { field } from '../schema.ts'
import type { QueryBody } from '../sql/ast.ts'
import { isNullable } from './aggregate.ts'
import type { BoundQuery, QueryBinder } from './bound-query.ts'
import { coerceToCommon } from './coerce.ts'
import { expressionBinder } from './expression.ts'
import { emptyScope } from './scope.ts'

type SyntaxValues = QueryBody & { kind: 'values' }

export function bindValues(query: QueryBinder, body: SyntaxValues): BoundQuery {
  const { statement } = query
  const rows = bindRows(query, body)
  const width = rows[0]?.length ?? 0
  const columns = Array.from({ length: width }, (_, column) =>
    coerceToCommon(
      statement,
      rows.map(row => row[column] as Expression),
      'VALUES',
    ),
  )
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
function bindRows(query: QueryBinder, body: SyntaxValues): readonly (readonly Expression[])[] {
  const binder = expressionBinder(
    query.statement,
    { ...emptyScope, hidden: query.hidden },
    'aggregate functions are not allowed in VALUES',
  )
  return body.rows.map(row => {
    const bound = row.map(expression => binder.bind(expression))
    if (bound.length !== body.rows[0]?.length) throw unequalLengths(query, bound)
    return bound
  })
}

function unequalLengths(query: QueryBinder, row: readonly Expression[]): SqlError {
  return new SqlError(SqlState.syntaxError, 'VALUES lists must all be the same length', {
    position: row[0] && query.statement.locationOf(row[0]),
  })
}
