/** Live changes for the embedded API: a subscription on a session of its own, read as an async iterator. */

import type { RecordBatch } from 'apache-arrow'
import type { DeltaBatch } from '../../executor/batch/delta-batch.ts'
import type { Subscription } from '../../executor/runtime/engine-contract.ts'
import type { SubscribeStatement } from '../../planner/sql/ast.ts'
import { parse } from '../../planner/sql/parse.ts'
import type { Database } from '../database.ts'
import type { DatabaseSession } from '../session.ts'
import { openSubscription, subscriptionOf } from '../statements/subscribe.ts'
import type { ChangeOp } from '../subscription-rows.ts'
import { changeOps, orderChanges } from '../subscription-rows.ts'
import type { Parsers } from './js-values.ts'
import { jsReader } from './js-values.ts'

export interface SubscribeOptions {
  /** Begin with the rows that are there, as inserts. Default true. */
  readonly snapshot?: boolean | undefined
  /**
   * Also report epochs in which nothing changed, at most one a second, as `{ op: 'progress' }`. Default
   * false.
   */
  readonly progress?: boolean | undefined
  /** Ends the iteration by throwing the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Conversions by type OID, from PostgreSQL's text form. */
  readonly parsers?: Parsers | undefined
}

/** One changed row. An update is `update_delete` with the old row, then `update_insert` with the new one. */
export interface Change<Row = Record<string, unknown>> {
  readonly epoch: number
  readonly op: ChangeOp
  /** undefined for `progress`. */
  readonly row: Row
}

/** `subject`: the name of a relation, or a query. */
export async function* subscribeRows<Row>(
  database: Database,
  subject: string,
  options: SubscribeOptions,
): AsyncGenerator<Change<Row>> {
  for await (const { epoch, batch, subscription, session } of subscriptionEvents(
    database,
    subject,
    options,
  )) {
    if (batch === undefined) {
      if (options.progress === true) yield { epoch, op: 'progress', row: undefined as Row }
      continue
    }
    const { rows, ops, count } = orderChanges(batch, subscription.key)
    const context = session.context([])
    const readers = batch.columns.map(column => jsReader(column, context, options.parsers ?? {}))
    const names = subscription.schema.map(column => column.name)
    for (let index = 0; index < count; index++) {
      const row = Object.fromEntries(readers.map((read, column) => [names[column], read(rows[index]!)]))
      yield { epoch, op: changeOps[ops[index]!]!, row: row as Row }
    }
  }
}

/** The same as Arrow batches, with `millrace_epoch` and `millrace_weight` in front: one batch per epoch. */
export async function* subscribeBatches(
  database: Database,
  subject: string,
  options: Omit<SubscribeOptions, 'parsers' | 'progress'>,
): AsyncGenerator<RecordBatch> {
  const { toArrowChanges } = await import('../../executor/batch/arrow.ts')
  for await (const { epoch, batch, subscription } of subscriptionEvents(database, subject, options)) {
    if (batch !== undefined) yield toArrowChanges(subscription.schema, batch, epoch)
  }
}

interface Event {
  readonly epoch: number
  /** undefined when nothing changed. */
  readonly batch: DeltaBatch | undefined
  readonly subscription: Subscription
  readonly session: DatabaseSession
}

async function* subscriptionEvents(
  database: Database,
  subject: string,
  { snapshot = true, progress = false, signal }: SubscribeOptions,
): AsyncGenerator<Event> {
  signal?.throwIfAborted()
  const session = database.connectEmbedded()
  try {
    const subscription = await openNamed(session, subject, { snapshot, progress }, signal)
    try {
      for (let event = await subscription.next(); event !== undefined; event = await subscription.next()) {
        if (event === 'timeout') continue
        const batch = event.batch === undefined || event.batch.length === 0 ? undefined : event.batch
        yield { epoch: event.epoch, batch, subscription, session }
      }
    } finally {
      subscription.close()
    }
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    await session.close()
  }
}

async function openNamed(
  session: DatabaseSession,
  subject: string,
  { snapshot, progress }: { readonly snapshot: boolean; readonly progress: boolean },
  signal: AbortSignal | undefined,
): Promise<Subscription> {
  const { database, searchPath } = session
  const isQuery = /^\s*(select|with|values|table|\()/i.test(subject)
  const text = `SUBSCRIBE TO ${isQuery ? `(${subject})` : subject}`
  const statement = parse(text)[0]?.statement as SubscribeStatement
  const planning = { database, catalog: database.catalog, searchPath, parameterTypes: [], text, session }
  const planned = await database.engine.createSlicer().run(subscriptionOf(statement, planning))
  const ending = signal === undefined ? session.closing : AbortSignal.any([signal, session.closing])
  return openSubscription(
    { ...planned, snapshot, progress },
    { session, context: session.context([]), signal: ending },
  )
}
