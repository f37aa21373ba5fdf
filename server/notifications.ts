/**
 * LISTEN and NOTIFY: which sessions listen to which channels, and what waits for a session that is inside a
 * transaction. What a transaction announces becomes known at its COMMIT, in order, the same message once.
 */

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

/** A session's end: gets notifications, and hands them on while the session is between transactions. */
export class Listener {
  readonly processId: number
  readonly channels = new Set<string>()
  onNotification: ((notification: Notification) => void) | undefined
  readonly #isReady: () => boolean
  readonly #bytesMax: number
  #queue: Notification[] = []
  #bytes = 0

  /** `isReady`: the client may be told now. `bytesMax`: what may wait before COMMIT of a NOTIFY fails. */
  constructor(processId: number, isReady: () => boolean, bytesMax: number) {
    this.processId = processId
    this.#isReady = isReady
    this.#bytesMax = bytesMax
  }

  get isFull(): boolean {
    return this.#bytes > this.#bytesMax
  }

  receive(notification: Notification): void {
    this.#queue.push(notification)
    this.#bytes += notification.channel.length + notification.payload.length + 64
    this.flush()
  }

  /** Hands on what waits, if the session is ready. */
  flush(): void {
    if (this.#queue.length === 0 || !this.#isReady()) return
    const queue = this.#queue
    this.#queue = []
    this.#bytes = 0
    for (const notification of queue) this.onNotification?.(notification)
  }
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

  /** The session ended. */
  remove(listener: Listener): void {
    this.#listeners.delete(listener)
  }

  #publish({ processId }: Listener, channel: string, payload: string): void {
    for (const listener of this.#listeners) {
      if (listener.channels.has(channel)) listener.receive({ processId, channel, payload })
    }
  }
}
