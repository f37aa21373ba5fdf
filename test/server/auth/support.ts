/** What the tests of roles and logging in share. */

import { batchRows } from '../../../executor/batch/column-reader.ts'
import type { SqlValue } from '../../../executor/expression/evaluation-context.ts'
import type { DatabaseSession } from '../../../server/session.ts'

/** Runs a text and returns the rows of its last statement. */
export async function queryRows(session: DatabaseSession, text: string): Promise<SqlValue[][]> {
  let rows: SqlValue[][] = []
  for await (const result of session.simpleQuery(text)) {
    rows = []
    if (result.kind !== 'rows') continue
    for (let batch = await result.rows.next(); batch !== undefined; batch = await result.rows.next()) {
      rows.push(...batchRows(batch))
    }
    result.rows.close()
  }
  return rows
}
