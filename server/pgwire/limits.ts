/** Sizes, times and counts past which a client is refused or waited for, with the reaction of each. */

export interface WireLimits {
  /** Bytes of a start-up frame (PostgreSQL's own limit); longer ones close the connection with 08P01. */
  readonly startupBytesMax: number
  /** Bytes of a password or SASL message; longer ones close the connection with 08P01. */
  readonly passwordBytesMax: number
  /** Milliseconds from accept to authenticated; then the connection is closed silently. */
  readonly startupTimeoutMs: number
  /** Connections that completed start-up; one more gets 53300. */
  readonly connectionsMax: number
  /** Of those, so many that only superusers may take; others get 53300 before. */
  readonly connectionsReserved: number
  /** Of one user; likewise. */
  readonly connectionsPerUserMax: number
  /** Connections that have not completed start-up; the oldest is dropped for a new one. */
  readonly pendingConnectionsMax: number
  /** Bytes of one Query or Parse frame; a longer one is skipped with 54000 and the connection lives. */
  readonly queryBytesMax: number
  /** Bytes of one Bind frame; likewise. */
  readonly bindBytesMax: number
  /** Bytes of one CopyData frame; likewise, and the COPY fails. */
  readonly copyDataBytesMax: number
  /** Bytes of any other frame; likewise. */
  readonly messageBytesMax: number
  /** Unread bytes of a busy connection after which its socket is paused. */
  readonly inputBytesMax: number
  /**
   * Bytes of messages that all clients together have sent and that are not handled yet. Past it, messages
   * over `smallMessageBytes` are skipped with 53400 and the connection lives.
   */
  readonly inFlightBytesMax: number
  /** Messages up to this size are never refused for what other clients hold. */
  readonly smallMessageBytes: number
  /** Bytes that a socket holds back for a slow client before the source of the rows waits. */
  readonly outputBytesMax: number
  /** A subscription's client that reads nothing for this long is disconnected with 57P05. */
  readonly subscriptionStallMs: number
  /** CancelRequests a second that one peer address may make; more are dropped. */
  readonly cancelsPerSecondMax: number
}

const MIB = 1024 * 1024

const fixedLimits: Omit<WireLimits, 'pendingConnectionsMax'> = {
  startupBytesMax: 10_000,
  passwordBytesMax: 8192,
  startupTimeoutMs: 30_000,
  connectionsMax: 500,
  connectionsReserved: 3,
  connectionsPerUserMax: 200,
  queryBytesMax: 16 * MIB,
  bindBytesMax: 64 * MIB,
  copyDataBytesMax: 16 * MIB,
  messageBytesMax: 64 * 1024,
  inputBytesMax: MIB,
  inFlightBytesMax: 256 * MIB,
  smallMessageBytes: 64 * 1024,
  outputBytesMax: 256 * 1024,
  subscriptionStallMs: 60_000,
  cancelsPerSecondMax: 100,
}

/** So many may log in at once however few may stay: they would drop each other. */
const PENDING_MIN = 16

/** The defaults with `given` in their place. */
export function wireLimits(given: Partial<WireLimits> = {}): WireLimits {
  const limits = { ...fixedLimits, ...given }
  const share = Math.floor(limits.connectionsMax / 5)
  const pendingConnectionsMax = Math.max(PENDING_MIN, Math.min(64, share))
  return { pendingConnectionsMax, ...limits }
}
