/**
 * pg_catalog.pg_stat_activity: the sessions and what they do. PostgreSQL's columns but those about processes,
 * locks and transaction ids, which there are not here. What a session does is seen by its own role, members
 * of that, superusers and pg_read_all_stats; secrets in statements by nobody.
 */

import type { EvaluationContext, SqlValue } from '../../executor/expression/evaluation-context.ts'
import type { Schema } from '../../planner/schema.ts'
import { field } from '../../planner/schema.ts'
import { int4Type, nameType, oidType, textType, timestamptzType } from '../../planner/types.ts'
import { READ_ALL_STATS_ROLE_ID, type Role } from '../auth/role.ts'
import type { Database } from '../database.ts'
import type { DatabaseSession } from '../session.ts'

export const activitySchema: Schema = [
  field('datname', nameType),
  field('pid', int4Type),
  field('usesysid', oidType),
  field('usename', nameType),
  field('application_name', textType),
  field('client_addr', textType),
  field('backend_start', timestamptzType),
  field('xact_start', timestamptzType),
  field('query_start', timestamptzType),
  field('state_change', timestamptzType),
  field('state', textType),
  field('query', textType),
  field('backend_type', textType),
]

export function activityRows(
  database: Database,
  { settings }: EvaluationContext,
): readonly (readonly SqlValue[])[] {
  const { roles } = database.catalog
  const isSuperuser = settings.get('is_superuser') === 'on'
  const asking = roles.find(settings.get('current_user') ?? '')
  return [...database.sessions()].map(session => {
    const { roleId } = session.identity.login
    const isShown = isSuperuser || (asking !== undefined && maySee(database, asking, roleId))
    const shown = isShown ? shownActivity(session) : hiddenActivity
    return [
      ...[database.catalog.databaseName, session.processId, roleId, roles.get(roleId)?.name ?? null],
      ...[session.setting('application_name'), ...shown, 'client backend'],
    ]
  })
}

function maySee({ catalog: { roles } }: Database, asking: Role, roleId: number): boolean {
  return [roleId, READ_ALL_STATS_ROLE_ID].some(id => roles.hasPrivilegesOf(asking, id))
}

const hiddenActivity: readonly SqlValue[] = [null, null, null, null, null, null, '<insufficient privilege>']

function shownActivity(session: DatabaseSession): readonly SqlValue[] {
  const { activity, transaction, isRunning, transactionStatus } = session
  const queryStart = micros(activity.statementStartedAt)
  const started = transaction.isIdle ? undefined : transaction.timestamp(() => session.database.now())
  return [
    session.clientAddress ?? null,
    micros(activity.startedAt),
    started ?? (isRunning ? queryStart : null),
    queryStart,
    micros(activity.changedAt),
    isRunning ? 'active' : idleStates[transactionStatus],
    activity.shownText,
  ]
}

const idleStates = { I: 'idle', T: 'idle in transaction', E: 'idle in transaction (aborted)' } as const

function micros(milliseconds: number | undefined): bigint | null {
  return milliseconds === undefined ? null : BigInt(milliseconds) * 1000n
}
