/** SELECT, VALUES, TABLE: a one-shot query over the last complete epoch. */

import type { QueryOptions } from '../../executor/runtime/engine-contract.ts'
import { bindDml } from '../../planner/bind/bind.ts'
import type { ColumnOrigin } from '../../planner/bind/bound-statement.ts'
import type { Relation } from '../../planner/catalog.ts'
import { notSupported } from '../../planner/errors.ts'
import type { LogicalPlan, LogicalQuery } from '../../planner/logical-plan.ts'
import { optimize } from '../../planner/optimize/optimizer.ts'
import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import { planQuery as planPhysical } from '../../planner/physical-planner.ts'
import type { Schema } from '../../planner/schema.ts'
import type { SelectStatement } from '../../planner/sql/ast.ts'
import { AccessRecorder, checkNeeds } from '../auth/check-access.ts'
import type { Execution, PlannedStatement, Planning } from '../planned-statement.ts'
import type { ResultSchema } from '../session-contract.ts'
import { bindOptions } from './bind-options.ts'
import { planSleep, sleepCall } from './sleep.ts'

export function planQuery(statement: SelectStatement, planning: Planning): PlannedStatement {
  const sleep = sleepCall(statement)
  if (sleep !== undefined) return planSleep(sleep, planning, planQuery)
  const { catalog, session, searchPath, parameterTypes } = planning
  const access = new AccessRecorder(catalog)
  const bound = bindDml(statement, access, bindOptions(session, searchPath, parameterTypes))
  if (bound.kind !== 'query') throw new TypeError('a SELECT binds to a query')
  const plan = oneShotPlan(bound.query)
  const fields = resultFields(bound.query.plan.schema, bound.origins)
  const reads = scannedRelations(bound.query.plan)
  const needs = access.reads()
  return {
    parameterTypes: bound.parameterTypes,
    fields,
    isShared: true,
    async run(execution) {
      checkNeeds(execution.session, needs)
      refuseUnsettled(execution, reads, 'SELECT')
      const rows = execution.session.database.engine.query(plan, readOptions(execution))
      return { kind: 'rows', fields, rows, commandTag: rowCount => `SELECT ${rowCount}` }
    },
  }
}

/** What a query of this session reads: REPEATABLE READ and READ ONLY see one epoch all along. */
export function readOptions({ session, context, signal }: Execution): QueryOptions {
  const { transaction, settings, database } = session
  const isPinned =
    !transaction.isIdle &&
    (settings.get('transaction_read_only') === 'on' ||
      !settings.get('transaction_isolation').startsWith('read '))
  const snapshot = transaction.readAt(isPinned ? () => database.engine.snapshot() : undefined)
  return { context, signal, overlay: transaction.overlay, snapshot }
}

/** The plan of a query that runs once and ends. */
export function oneShotPlan(query: LogicalQuery): PhysicalPlan {
  return planPhysical({ ...query, plan: optimize(query.plan) }, 'one_shot')
}

/** The plan of a query that is kept up to date. */
export function streamingPlan(query: LogicalQuery): PhysicalPlan {
  return planPhysical({ ...query, plan: optimize(query.plan) }, 'streaming')
}

/** Result columns with the base columns that they are. */
export function resultFields(schema: Schema, origins: readonly ColumnOrigin[]): ResultSchema {
  return {
    schema,
    tableOids: schema.map((_, index) => origins[index]?.relation.id ?? 0),
    attributeNumbers: schema.map((_, index) => origins[index]?.attribute ?? 0),
  }
}

/**
 * What INSERT … ON CONFLICT did is known at COMMIT; reading the table before in the same transaction is
 * refused.
 */
export function refuseUnsettled({ session }: Execution, reads: readonly Relation[], verb: string): void {
  const { transaction } = session
  if (!transaction.hasWrites) return
  const own = reads.find(relation => transaction.writesTo(relation.id)?.isReadable === false)
  if (own === undefined) return
  throw notSupported(
    `${verb} that reads table "${own.name}" after INSERT … ON CONFLICT into it in the same transaction`,
  )
}

/** The relations that a plan scans. */
export function scannedRelations(plan: LogicalPlan): readonly Relation[] {
  switch (plan.kind) {
    case 'scan':
      return [plan.relation]
    case 'values':
    case 'table_function':
      return []
    case 'join':
      return [...scannedRelations(plan.left), ...scannedRelations(plan.right)]
    case 'union_all':
      return plan.inputs.flatMap(scannedRelations)
    default:
      return scannedRelations(plan.input)
  }
}
