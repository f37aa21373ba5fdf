/** Sort keys, and which types can be compared at all. */

import { notSupported, SqlError, SqlState } from '../errors.ts'
import type { Expression, Position, SortKey } from '../expression.ts'
import type { OrderItem } from '../sql/ast.ts'
import type { DataType } from '../types.ts'
import { typeName } from './coerce.ts'
import { locationOf } from './location.ts'

/** The key of one ORDER BY item whose expression is bound and of a known type. */
export function sortKey(item: OrderItem, expression: Expression): SortKey {
  const position = locationOf(item.expression)
  if (item.using !== undefined && item.using !== '<' && item.using !== '>') {
    throw notSupported(`ORDER BY … USING ${item.using}`, { position })
  }
  if (!isComparable(expression.type)) {
    throw new SqlError(
      SqlState.undefinedFunction,
      `could not identify an ordering operator for type ${typeName(expression.type)}`,
      { position, hint: 'Use an explicit ordering operator or modify the query.' },
    )
  }
  const descending = item.using === undefined ? item.descending : item.using === '>'
  const nullsFirst = item.nulls === undefined ? descending : item.nulls === 'first'
  return { expression, descending, nullsFirst }
}

/** GROUP BY, DISTINCT and UNION need equality. */
export function requireEquality(type: DataType, position: Position): void {
  if (isComparable(type)) return
  throw new SqlError(
    SqlState.undefinedFunction,
    `could not identify an equality operator for type ${typeName(type)}`,
    { position },
  )
}

/** json has neither equality nor order; composites have them when their fields do. */
function isComparable(type: DataType): boolean {
  switch (type.kind) {
    case 'json':
    case 'void':
      return false
    case 'array':
      return isComparable(type.element)
    case 'record':
      return type.fields.every(field => isComparable(field.type))
    default:
      return true
  }
}
