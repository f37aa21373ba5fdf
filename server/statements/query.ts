/** SELECT, VALUES, TABLE: a one-shot query over the last complete epoch. */

import type { QueryOptions } from '../../executor/runtime/engine-contract.ts'
import { bindDml } from '../../planner/bind/bind.ts'
import type { ColumnOrigin } from '../../planner/bind/bound-statement.ts'
import type { RelationId } from '../../planner/catalog.ts'
import type { LogicalQuery } from '../../planner/logical-plan.ts'
import { optimize } from '../../planner/optimize/optimizer.ts'
import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import { planQuery as planPhysical } from '../../planner/physical-planner.ts'
import type { Schema } from '../../planner/schema.ts'
import type { SelectStatement } from '../../planner/sql/ast.ts'
import type { Steps } from '../../planner/steps.ts'
import { AccessRecorder, checkNeeds } from '../auth/check-access.ts'
import type { Execution, PlannedStatement, Planning } from '../planned-statement.ts'
import type { ResultSchema } from '../session-contract.ts'
import { bindOptions } from './bind-options.ts'
import { lockedRows, lockNeeds } from './lock-rows.ts'
import { planSleep, sleepCall } from './sleep.ts'
import { refuseReadOnly } from './transaction.ts'

export function* planQuery(statement: SelectStatement, planning: Planning): Steps<PlannedStatement> {
  const sleep = sleepCall(statement)
  if (sleep !== undefined) return yield* planSleep(sleep, planning, planQuery)
  const { catalog, session, searchPath, parameterTypes } = planning
  const access = new AccessRecorder(catalog, session)
  const bound = yield* bindDml(statement, access, bindOptions(session, searchPath, parameterTypes))
  if (bound.kind !== 'query') throw new TypeError('a SELECT binds to a query')
  const { locks } = bound
  const plan = yield* oneShotPlan(bound.query)
  const { schema } = bound.query.plan
  const fields = resultFields(locks?.rows === undefined ? schema : schema.slice(0, -1), bound.origins)
  const needs = [...access.reads(), ...lockNeeds(locks)]
  return {
    parameterTypes: bound.parameterTypes,
    fields,
    isShared: true,
    run(execution) {
      checkNeeds(execution.session, needs)
      if (locks !== undefined) refuseReadOnly(execution.session, locks.command)
      const stream = execution.session.database.engine.query(plan, readOptions(execution))
      const rows = locks === undefined ? stream : lockedRows(stream, locks, execution.session)
      return { kind: 'rows', fields, rows, commandTag: rowCount => `SELECT ${rowCount}` }
    },
  }
}

/** What a query of this session reads: REPEATABLE READ and READ ONLY see one epoch all along. */
export function readOptions({ session, context, signal }: Execution): QueryOptions {
  const { transaction, settings, database } = session
  const { engine } = database
  const isolation = settings.get('transaction_isolation')
  const isPinned = settings.get('transaction_read_only') === 'on' || !isolation.startsWith('read ')
  transaction.beginQuery(isPinned ? () => engine.snapshot() : undefined)
  const overlay = (id: RelationId) => transaction.writesTo(id)?.overlay(engine.liveRows(id))
  return {
    context,
    signal,
    overlay: transaction.hasWrites ? overlay : undefined,
    snapshot: transaction.snapshot,
    reads: isolation === 'serializable' && !transaction.isIdle ? transaction.reads : undefined,
  }
}

/** The plan of a query that runs once and ends. */
export function* oneShotPlan(query: LogicalQuery): Steps<PhysicalPlan> {
  return planPhysical({ ...query, plan: yield* optimize(query.plan) }, 'one_shot')
}

/** The plan of a query that is kept up to date. */
export function* streamingPlan(query: LogicalQuery): Steps<PhysicalPlan> {
  return planPhysical({ ...query, plan: yield* optimize(query.plan) }, 'streaming')
}

/** Result columns with the base columns that they are. */
export function resultFields(schema: Schema, origins: readonly ColumnOrigin[]): ResultSchema {
  return {
    schema,
    tableOids: schema.map((_, index) => origins[index]?.relation.id ?? 0),
    attributeNumbers: schema.map((_, index) => origins[index]?.attribute ?? 0),
  }
}
