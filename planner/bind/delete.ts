/** DELETE: the rows to remove and their ids. */

import { notSupported } from '../errors.ts'
import type { DeleteStatement } from '../sql/ast.ts'
import type { QueryBinder } from './bound-query.ts'
import type { BoundDml } from './bound-statement.ts'
import { withCommonTables } from './query.ts'
import { filteredScan } from './update.ts'
import { bindReturning, findWriteTarget, writeScope } from './write-target.ts'

export function* bindDelete(outer: QueryBinder, statement: DeleteStatement) {
  if (statement.using.length > 0) {
    throw notSupported('DELETE … USING', { position: statement.using[0]?.position || undefined })
  }
  const query = yield* withCommonTables(outer, statement.ctes, false)
  const table = findWriteTarget(query, statement.table, 'delete from')
  const source = yield* filteredScan(query, table, writeScope(table, statement.alias), statement.where)
  const returning = yield* bindReturning(query, table, statement.alias, statement.returning)
  return { kind: 'delete', table, source, returning } as const satisfies Omit<
    BoundDml & { kind: 'delete' },
    'parameterTypes'
  >
}
