/** What a listener of notifications needs of its session, and which views its channels are. */

import type { RelationId } from '../planner/catalog.ts'
import { mayRead } from './auth/check-access.ts'
import type { ListenerOwner } from './notifications.ts'
import type { DatabaseSession } from './session.ts'

/** `isReady`: the session is between transactions. */
export function listenerOwner(session: DatabaseSession, isReady: () => boolean): ListenerOwner {
  const { processId } = session
  const terminate = session.terminate.bind(session)
  return { processId, isReady, terminate, viewOf: channel => viewOf(session, channel) }
}

/** A channel is called as the view, by itself or with its schema: `v`, `"s.v"`. */
function viewOf(session: DatabaseSession, channel: string): RelationId | undefined {
  const { database, searchPath } = session
  const { catalog } = database
  const dot = channel.indexOf('.')
  const relation =
    catalog.findRelation(undefined, channel, searchPath) ??
    (dot < 0 ? undefined : catalog.findRelation(channel.slice(0, dot), channel.slice(dot + 1), searchPath))
  if (relation?.kind !== 'materialized_view') return undefined
  return mayRead(session, relation.id) ? relation.id : undefined
}
