/** TRUNCATE: DELETE of every row of each table. */

import type { TruncateStatement } from '../../planner/sql/ast.ts'
import type { Steps } from '../../planner/steps.ts'
import { mapInSteps } from '../../planner/steps.ts'
import type { PlannedStatement, Planning } from '../planned-statement.ts'
import { command } from '../planned-statement.ts'
import { refuseReadOnly } from './transaction.ts'
import { planWrite } from './write.ts'

export function* planTruncate(statement: TruncateStatement, planning: Planning): Steps<PlannedStatement> {
  const { position } = statement
  const deletes = yield* mapInSteps(statement.tables, table => {
    const deletion = {
      kind: 'delete',
      ctes: [],
      table,
      alias: undefined,
      using: [],
      where: undefined,
    } as const
    return planWrite({ ...deletion, returning: [], position }, planning, 'TRUNCATE')
  })
  return command(async execution => {
    refuseReadOnly(execution.session, 'TRUNCATE TABLE')
    for (const deletion of deletes) await deletion.run(execution)
    return 'TRUNCATE TABLE'
  })
}
