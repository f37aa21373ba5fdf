/**
 * Sizes and times past which a client is refused, with the reaction that wire-server.ts and connection.ts
 * document.
 */

export interface WireLimits {
  /** Bytes of a start-up frame (PostgreSQL's own limit); longer ones close the connection with 08P01. */
  readonly startupBytesMax: number
  /** Milliseconds from accept to authenticated; then the connection is closed silently. */
  readonly startupTimeoutMs: number
  /** Connections that completed start-up; one more gets 53300. */
  readonly connectionsMax: number
  /** Connections that have not; the oldest is dropped for a new one. */
  readonly pendingConnectionsMax: number
  /** Bytes of one Query or Parse frame; a longer one is skipped with 54000 and the connection lives. */
  readonly queryBytesMax: number
  /** Bytes of one Bind frame; likewise. */
  readonly bindBytesMax: number
  /** Bytes of any other frame; likewise. */
  readonly messageBytesMax: number
  /** Unread bytes of a busy connection after which its socket is paused. */
  readonly inputBytesMax: number
  /** CancelRequests a second that one peer address may make; more are dropped. */
  readonly cancelsPerSecondMax: number
}

export const defaultLimits: WireLimits = {
  startupBytesMax: 10_000,
  startupTimeoutMs: 30_000,
  connectionsMax: 500,
  pendingConnectionsMax: 64,
  queryBytesMax: 16 * 1024 * 1024,
  bindBytesMax: 64 * 1024 * 1024,
  messageBytesMax: 64 * 1024,
  inputBytesMax: 1024 * 1024,
  cancelsPerSecondMax: 100,
}
