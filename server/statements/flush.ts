/** FLUSH: returns when everything written or read from sources before it is visible. */

import { orAborted } from '../../executor/runtime/cancellation.ts'
import type { PlannedStatement } from '../planned-statement.ts'
import { command } from '../planned-statement.ts'

export function planFlush(): PlannedStatement {
  return command(async ({ session, signal }) => {
    await orAborted(session.database.engine.flush(), signal)
    return 'FLUSH'
  })
}
