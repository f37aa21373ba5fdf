/**
 * SUBSCRIBE: the changes of a relation or query as they happen, epoch by epoch. It ends only when it is
 * cancelled, so it is read through COPY, a cursor, a portal with a row limit, or the embedded API.
 */

import type { Subscription } from '../../executor/runtime/engine-contract.ts'
import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import type { Option, SubscribeStatement } from '../../planner/sql/ast.ts'
import type { Steps } from '../../planner/steps.ts'
import type { Need } from '../auth/check-access.ts'
import { checkNeeds } from '../auth/check-access.ts'
import type { Execution, PlannedStatement, Planning } from '../planned-statement.ts'
import { computedFields } from '../planned-statement.ts'
import type { ResultSchema } from '../session-contract.ts'
import { parseBool } from '../settings/setting-values.ts'
import { subscriptionRows, subscriptionSchema } from '../subscription-rows.ts'
import { streamingPlan } from './query.ts'
import { bindSubject } from './subject.ts'

export interface PlannedSubscription {
  readonly fields: ResultSchema
  readonly plan: PhysicalPlan
  readonly snapshot: boolean
  readonly progress: boolean
  readonly needs: readonly Need[]
}

export function* planSubscribe(statement: SubscribeStatement, planning: Planning): Steps<PlannedStatement> {
  const planned = yield* subscriptionOf(statement, planning)
  const { fields, progress } = planned
  return {
    parameterTypes: [],
    fields,
    isShared: false,
    async run(execution) {
      const rows = subscriptionRows(await openSubscription(planned, execution), progress)
      return { kind: 'rows', live: true, fields, rows, commandTag: rowCount => `SUBSCRIBE ${rowCount}` }
    },
  }
}

/** Binds and plans a SUBSCRIBE. */
export function* subscriptionOf(
  statement: SubscribeStatement,
  planning: Planning,
): Steps<PlannedSubscription> {
  if (statement.asOf !== undefined) throw notSupported('SUBSCRIBE … AS OF', { position: statement.position })
  if (statement.upTo !== undefined) throw notSupported('SUBSCRIBE … UP TO', { position: statement.position })
  const options = flags(statement.options)
  const subject = yield* bindSubject(statement.from, statement.emit, planning)
  const plan = yield* streamingPlan(subject.query)
  return {
    fields: computedFields(subscriptionSchema(subject.schema)),
    plan,
    snapshot: options.get('snapshot') ?? true,
    progress: options.get('progress') ?? false,
    needs: subject.needs,
  }
}

export function openSubscription(
  { plan, snapshot, progress, needs }: PlannedSubscription,
  { session, context, signal }: Pick<Execution, 'session' | 'context' | 'signal'>,
): Promise<Subscription> {
  checkNeeds(session, needs)
  const { engine, limits } = session.database
  const bufferBytesMax = limits.subscriptionBytesMax
  const streaming = { ...context, effects: undefined, onError: () => {} }
  return engine.subscribe(plan, { snapshot, progress, context: streaming, signal, bufferBytesMax })
}

function flags(options: readonly Option[]): ReadonlyMap<string, boolean> {
  const known = new Map<string, boolean>()
  for (const { name, value, position } of options) {
    if (name !== 'snapshot' && name !== 'progress') {
      throw new SqlError(SqlState.syntaxError, `unrecognized SUBSCRIBE option "${name}"`, { position })
    }
    const flag = parseBool(value ?? 'true')
    if (flag === undefined) {
      throw new SqlError(SqlState.syntaxError, `${name} requires a Boolean value`, { position })
    }
    known.set(name, flag)
  }
  return known
}
