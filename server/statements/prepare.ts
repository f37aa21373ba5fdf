/** PREPARE, EXECUTE, DEALLOCATE: SQL's own spelling of prepared statements. */

import { evaluateConstant } from '../../executor/expression/compile.ts'
import { whenReady } from '../../executor/runtime/awaitable.ts'
import { untilAborted } from '../../executor/runtime/cancellation.ts'
import { bindExecuteArguments } from '../../planner/bind/bind.ts'
import { bindTypeName } from '../../planner/bind/type-name.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { Expression } from '../../planner/expression.ts'
import type { DeallocateStatement, ExecuteStatement, PrepareStatement } from '../../planner/sql/ast.ts'
import type { Steps } from '../../planner/steps.ts'
import type { PlannedStatement, Planning, SessionAccess } from '../planned-statement.ts'
import { command } from '../planned-statement.ts'
import { checkColumns } from '../portal.ts'
import { bindOptions } from './bind-options.ts'

export function planPrepare(statement: PrepareStatement, planning: Planning): PlannedStatement {
  const types = statement.types.map(bindTypeName)
  return command(async ({ session }) => {
    await session.preparedStatements.prepare(statement.name, statement.statement, planning.text, types)
    return 'PREPARE'
  })
}

export function planExecute(statement: ExecuteStatement, planning: Planning): PlannedStatement {
  // As PostgreSQL: a statement that is not there, or wrong arguments, are errors when it is executed.
  const fields = planning.session.preparedStatements.fields(statement.name)
  return {
    parameterTypes: [],
    fields,
    isShared: false,
    run(execution) {
      const { session, signal } = execution
      const steps = untilAborted(bindCall(statement, session), () => signal)
      return whenReady(session.database.engine.createSlicer().run(steps), ({ plan, args }) => {
        checkColumns(fields, plan.fields)
        const parameters = args.map(arg => evaluateConstant(arg, execution.context))
        return plan.run({ ...execution, parameters, context: { ...execution.context, parameters } })
      })
    },
  }
}

/** The plan and what is passed to it. */
function* bindCall(
  statement: ExecuteStatement,
  session: SessionAccess,
): Steps<{ readonly plan: PlannedStatement; readonly args: readonly Expression[] }> {
  const plan = yield* session.preparedStatements.current(statement.name)
  const expected = plan.parameterTypes.length
  if (statement.args.length !== expected) {
    throw new SqlError(
      SqlState.syntaxError,
      `wrong number of parameters for prepared statement "${statement.name}"`,
      { detail: `Expected ${expected} parameters but got ${statement.args.length}.` },
    )
  }
  const { database, searchPath } = session
  const options = bindOptions(session, searchPath, undefined)
  const args = yield* bindExecuteArguments(statement.args, plan.parameterTypes, database.catalog, options)
  return { plan, args }
}

export function planDeallocate({ name }: DeallocateStatement): PlannedStatement {
  return command(({ session }) => {
    if (name === undefined) {
      session.preparedStatements.closeAll()
      return 'DEALLOCATE ALL'
    }
    if (!session.preparedStatements.has(name)) {
      throw new SqlError(SqlState.invalidSqlStatementName, `prepared statement "${name}" does not exist`)
    }
    session.preparedStatements.close(name)
    return 'DEALLOCATE'
  })
}
