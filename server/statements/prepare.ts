/** PREPARE, EXECUTE, DEALLOCATE: SQL's own spelling of prepared statements. */

import { readValue } from '../../executor/batch/column-reader.ts'
import type { SqlValue } from '../../executor/expression/evaluation-context.ts'
import { bindTypeName } from '../../planner/bind/type-name.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type {
  DeallocateStatement,
  ExecuteStatement,
  Expression,
  PrepareStatement,
  SelectStatement,
  TypeName,
} from '../../planner/sql/ast.ts'
import type { DataType } from '../../planner/types.ts'
import type { Execution, PlannedStatement, Planning } from '../planned-statement.ts'
import { command } from '../planned-statement.ts'
import { selectRow } from './select-all.ts'

export function planPrepare(statement: PrepareStatement, planning: Planning): PlannedStatement {
  const types = statement.types.map(bindTypeName)
  return command(({ session }) => {
    session.preparedStatements.prepare(statement.name, statement.statement, planning.text, types)
    return 'PREPARE'
  })
}

export function planExecute(statement: ExecuteStatement, planning: Planning): PlannedStatement {
  const { session, text } = planning
  const plan = session.preparedStatements.current(statement.name)
  const expected = plan.parameterTypes.length
  if (statement.args.length !== expected) {
    throw new SqlError(
      SqlState.syntaxError,
      `wrong number of parameters for prepared statement "${statement.name}"`,
      { detail: `Expected ${expected} parameters but got ${statement.args.length}.` },
    )
  }
  const args = argumentQuery(statement, plan.parameterTypes)
  const argsPlan = args === undefined ? undefined : session.plan(args, text, undefined)
  return {
    parameterTypes: [],
    fields: plan.fields,
    isShared: false,
    async run(execution) {
      const parameters = argsPlan === undefined ? [] : await onlyRow(argsPlan, execution)
      return plan.run({ ...execution, parameters, context: { ...execution.context, parameters } })
    },
  }
}

/** The arguments as a query of one row, each converted to its parameter's type. */
function argumentQuery(
  { args, position }: ExecuteStatement,
  types: readonly DataType[],
): SelectStatement | undefined {
  if (args.length === 0) return undefined
  const converted = args.map((input, index): Expression => {
    return { kind: 'cast', input, type: typeNameOf(types[index]!, input.position), position: input.position }
  })
  return selectRow(converted, position)
}

function typeNameOf(type: DataType, position: number): TypeName {
  const element = type.kind === 'array' ? type.element : type
  const arrayDimensions = type.kind === 'array' ? 1 : 0
  return { names: ['pg_catalog', element.kind], modifiers: [], arrayDimensions, setof: false, position }
}

async function onlyRow(plan: PlannedStatement, execution: Execution): Promise<readonly SqlValue[]> {
  const result = await plan.run(execution)
  if (result.kind !== 'rows') throw new TypeError('a query returns rows')
  try {
    const batch = await result.rows.next()
    return batch === undefined ? [] : batch.columns.map(column => readValue(column, 0))
  } finally {
    result.rows.close()
  }
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
