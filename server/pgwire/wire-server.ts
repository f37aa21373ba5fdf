/** The listening socket, the limits on how many connect, and CancelRequest's lookup. */

import { randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import type { Logger } from 'pino'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { Session } from '../session-contract.ts'
import { Connection, type ConnectionHost } from './connection.ts'
import { defaultLimits, type WireLimits } from './limits.ts'
import type { Startup } from './startup.ts'

export interface WireServerOptions {
  readonly host: string
  /** 0 = any free port. */
  readonly port: number
  readonly connect: (startup: Startup) => Promise<Session>
  readonly limits?: Partial<WireLimits> | undefined
  readonly logger: Pick<Logger, 'error'>
}

export interface WireServer {
  readonly host: string
  readonly port: number
  /** Refuses new clients, tells the others 57P01 and closes them; forcibly after `drainMs`. */
  close(drainMs: number): Promise<void>
}

/** Starts listening; rejects with the system's error (EADDRINUSE, EACCES …) when it cannot. */
export async function startWireServer(options: WireServerOptions): Promise<WireServer> {
  const registry = new ConnectionRegistry(options)
  const server = createServer({ noDelay: true }, socket => registry.accept(socket))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  return { host: options.host, port, close: drainMs => close(server, registry, drainMs) }
}

async function close(server: Server, registry: ConnectionRegistry, drainMs: number): Promise<void> {
  const closed = new Promise<void>(resolve => server.close(() => resolve()))
  registry.shutdown()
  const timer = setTimeout(() => registry.destroy(), drainMs)
  await closed
  clearTimeout(timer)
}

interface Registered {
  readonly session: Session
  readonly secret: Buffer
}

class ConnectionRegistry implements ConnectionHost {
  readonly limits: WireLimits
  readonly #options: WireServerOptions
  /** In order of arrival; start-up may not have happened. */
  readonly #connections = new Set<Connection>()
  readonly #sessions = new Map<Connection, Registered>()
  /** Cancel requests of each peer in the current second. */
  readonly #cancels = new Map<string, number>()
  #cancelSecond = 0

  constructor(options: WireServerOptions) {
    this.#options = options
    this.limits = { ...defaultLimits, ...options.limits }
  }

  accept(socket: Socket): void {
    const pending = [...this.#connections].filter(connection => !connection.isStarted)
    if (pending.length >= this.limits.pendingConnectionsMax) pending[0]!.destroy()
    const connection = new Connection(socket, this)
    this.#connections.add(connection)
    socket.on('close', () => {
      this.#connections.delete(connection)
      this.#sessions.delete(connection)
    })
  }

  async connect(startup: Startup): Promise<Session> {
    if (this.#sessions.size >= this.limits.connectionsMax) throw tooManyClients()
    return this.#options.connect(startup)
  }

  register(connection: Connection, session: Session): Buffer {
    if (this.#sessions.size >= this.limits.connectionsMax) throw tooManyClients()
    const secret = randomBytes(4)
    this.#sessions.set(connection, { session, secret })
    return secret
  }

  cancel(processId: number, secret: Buffer, peer: string): void {
    if (!this.#mayCancel(peer)) return
    for (const { session, secret: expected } of this.#sessions.values()) {
      if (session.processId !== processId) continue
      if (secret.length === expected.length && timingSafeEqual(secret, expected)) session.cancel()
      return
    }
  }

  #mayCancel(peer: string): boolean {
    const second = Math.floor(Date.now() / 1000)
    if (second !== this.#cancelSecond) {
      this.#cancelSecond = second
      this.#cancels.clear()
    }
    const count = (this.#cancels.get(peer) ?? 0) + 1
    this.#cancels.set(peer, count)
    return count <= this.limits.cancelsPerSecondMax
  }

  reportInternalError(error: unknown): void {
    this.#options.logger.error({ err: error }, 'internal error')
  }

  shutdown(): void {
    const error = new SqlError(
      SqlState.adminShutdown,
      'terminating connection due to administrator command',
      { severity: 'FATAL' },
    )
    for (const connection of this.#connections) {
      if (connection.isStarted) connection.shutdown(error)
      else connection.destroy()
    }
  }

  destroy(): void {
    for (const connection of this.#connections) connection.destroy()
  }
}

function tooManyClients(): SqlError {
  return new SqlError(SqlState.tooManyConnections, 'sorry, too many clients already', { severity: 'FATAL' })
}
