/**
 * LISTEN and NOTIFY: which sessions listen to which channels, and what waits for a session that is inside a
 * transaction. What a transaction announces becomes known at its COMMIT, in order, the same message once.
 * A channel with the name of a materialized view also tells of each epoch that changed the view.
 */

import type { Epoch } from '../executor/operators/operator.ts'
import type { RelationId } from '../planner/catalog.ts'
import { SqlError, SqlState } from '../planner/errors.ts'
import type { Notification } from './session-contract.ts'

/** What COMMIT does about notifications. UNLISTEN without a channel = all. */
export type NotificationAction =
  | { readonly kind: 'listen'; readonly channel: string }
  | { readonly kind: 'unlisten'; readonly channel: string | undefined }
  | { readonly kind: 'notify'; readonly channel: string; readonly payload: string }

/** PostgreSQL's NAMEDATALEN and NOTIFY_PAYLOAD_MAX_LENGTH. */
const CHANNEL_BYTES_MAX = 63
const PAYLOAD_BYTES_MAX = 7999

/** 22023 for a channel or payload that is too long. */
export function notifyAction(channel: string, payload: string): NotificationAction {
  if (channel === '') throw invalid('channel name cannot be empty')
  if (Buffer.byteLength(channel) > CHANNEL_BYTES_MAX) throw invalid('channel name too long')
  if (Buffer.byteLength(payload) > PAYLOAD_BYTES_MAX) throw invalid('payload string too long')
  return { kind: 'notify', channel, payload }
}

function invalid(message: string): SqlError {
  return new SqlError(SqlState.invalidParameterValue, message)
}

/** The session of a listener. */
export interface ListenerOwner {
  readonly processId: number
  /** The client may be told now. */
  isReady(): boolean
  /** The materialized view that a channel's name means to the session, if it may read it. */
  viewOf(channel: string): RelationId | undefined
  /** Ends the session; its client is told the error. */
  terminate(error: SqlError): void
}

/** The sender of what no session sent. */
const NO_PROCESS = 0

/** A session's end: gets notifications, and hands them on while the session is between transactions. */
export class Listener {
  readonly owner: ListenerOwner
  readonly channels = new Set<string>()
  /** Returns the bytes that the client has yet to take. */
  onNotification: ((notification: Notification) => number) | undefined
  readonly #bytesMax: number
  #queue: Notification[] = []
  #bytes = 0
  /** The last epoch that changed a view, by its channel: one that waits makes those before it needless. */
  #changes = new Map<string, Epoch>()

  /** `bytesMax`: what may wait before COMMIT of a NOTIFY fails, or a client that does not read is dropped. */
  constructor(owner: ListenerOwner, bytesMax: number) {
    this.owner = owner
    this.#bytesMax = bytesMax
  }

  /** How full the queue is, 0 … 1. */
  get usage(): number {
    return Math.min(1, this.#bytes / this.#bytesMax)
  }

  get isFull(): boolean {
    return this.#bytes > this.#bytesMax
  }

  receive(notification: Notification): void {
    this.#queue.push(notification)
    this.#bytes += notification.channel.length + notification.payload.length + 64
    this.flush()
  }

  /** The view of that channel changed. */
  receiveChange(channel: string, epoch: Epoch): void {
    this.#changes.set(channel, epoch)
    this.flush()
  }

  /** Hands on what waits, if the session is ready. */
  flush(): void {
    if ((this.#queue.length === 0 && this.#changes.size === 0) || !this.owner.isReady()) return
    const changes = [...this.#changes].map(([channel, epoch]) => {
      return { processId: NO_PROCESS, channel, payload: String(epoch) }
    })
    const queue = [...this.#queue, ...changes]
    this.#queue = []
    this.#bytes = 0
    this.#changes.clear()
    for (const notification of queue) {
      const waiting = this.onNotification?.(notification) ?? 0
      if (waiting <= this.#bytesMax) continue
      this.owner.terminate(unread())
      return
    }
  }
}

function unread(): SqlError {
  return new SqlError(
    SqlState.idleSessionTimeout,
    'terminating connection because its notifications are not being read',
    { severity: 'FATAL' },
  )
}

export class NotificationHub {
  /** Sessions with at least one channel. */
  readonly #listeners = new Set<Listener>()

  /** 54000 when a listener is too far behind; before COMMIT makes anything visible. */
  checkRoom(actions: readonly NotificationAction[]): void {
    if (!actions.some(({ kind }) => kind === 'notify')) return
    for (const { isFull, channels } of this.#listeners) {
      if (isFull && actions.some(action => action.kind === 'notify' && channels.has(action.channel))) {
        throw new SqlError(SqlState.programLimitExceeded, 'too many notifications in the NOTIFY queue')
      }
    }
  }

  /** Does what a transaction of `sender` announced. */
  apply(sender: Listener, actions: readonly NotificationAction[]): void {
    const sent = new Set<string>()
    for (const action of actions) {
      switch (action.kind) {
        case 'listen':
          sender.channels.add(action.channel)
          this.#listeners.add(sender)
          break
        case 'unlisten':
          if (action.channel === undefined) sender.channels.clear()
          else sender.channels.delete(action.channel)
          if (sender.channels.size === 0) this.#listeners.delete(sender)
          break
        case 'notify': {
          const key = JSON.stringify([action.channel, action.payload])
          if (!sent.has(key)) this.#publish(sender, action.channel, action.payload)
          sent.add(key)
        }
      }
    }
  }

  /** An epoch is complete: LISTEN to a view hears of it when the view changed. */
  announceChanges(epoch: Epoch, changedAt: (view: RelationId) => Epoch): void {
    for (const listener of this.#listeners) {
      for (const channel of listener.channels) {
        const view = listener.owner.viewOf(channel)
        if (view !== undefined && changedAt(view) === epoch) listener.receiveChange(channel, epoch)
      }
    }
  }

  /** How full the fullest queue is, 0 … 1. */
  get usage(): number {
    return Math.max(0, ...[...this.#listeners].map(listener => listener.usage))
  }

  /** The session ended. */
  remove(listener: Listener): void {
    this.#listeners.delete(listener)
  }

  #publish({ owner: { processId } }: Listener, channel: string, payload: string): void {
    for (const listener of this.#listeners) {
      if (listener.channels.has(channel)) listener.receive({ processId, channel, payload })
    }
  }
}
