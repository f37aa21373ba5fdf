/** The listening socket, the limits on how many connect, and CancelRequest's lookup. */

import { randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import type { Logger } from 'pino'
import type { Slicer } from '../../executor/runtime/slicer.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { Peer } from '../auth/hba.ts'
import type { Session } from '../session-contract.ts'
import type { Authentication } from './authentication.ts'
import { Connection, type ConnectionHost } from './connection.ts'
import { type WireLimits, wireLimits } from './limits.ts'
import { MessageMemory } from './message-memory.ts'
import type { Startup } from './startup.ts'
import { type Encryption, type TlsFiles, TlsUpgrade } from './tls-upgrade.ts'
import { listenOnUnixSocket } from './unix-socket.ts'

export interface WireServerOptions {
  readonly host: string
  /** 0 = any free port. */
  readonly port: number
  /** How a client has to prove who it is; throws FATAL SqlErrors. */
  readonly authenticate: (startup: Startup, peer: Peer) => Authentication
  /** The session of a client that is authenticated. */
  readonly connect: (startup: Startup, peer: Peer) => Promise<Session>
  /** How a connection shares the event loop with the others and with queries. */
  readonly createSlicer: () => Slicer
  readonly limits?: Partial<WireLimits> | undefined
  /** Directory of a Unix socket to listen on besides. */
  readonly socketDir?: string | undefined
  /** undefined = clients that ask for TLS are told that there is none. */
  readonly tls?: TlsFiles | undefined
  readonly logger: Pick<Logger, 'error'>
}

export interface WireServer {
  readonly host: string
  readonly port: number
  /** Clients, those in start-up included. */
  readonly connectionCount: number
  /** Bytes of messages that clients sent and that are not handled yet. */
  readonly inFlightBytes: number
  /** Reads certificate and key again; throws and keeps the old ones when they are not good. */
  reloadTls(): void
  /** Refuses new clients, tells the others 57P01 and closes them; forcibly after `drainMs`. */
  close(drainMs: number): Promise<void>
}

/** Starts listening; rejects with the system's error (EADDRINUSE, EACCES …) when it cannot. */
export async function startWireServer(options: WireServerOptions): Promise<WireServer> {
  const registry = new ConnectionRegistry(options)
  const server = createServer({ noDelay: true }, socket => registry.accept(socket, false))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  // A client that could not be accepted, for want of file descriptors: the others go on.
  server.on('error', error => registry.reportInternalError(error))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  const servers = [server]
  if (options.socketDir !== undefined) {
    const accept = (socket: Socket) => registry.accept(socket, true)
    servers.push(await orClose(server, listenOnUnixSocket(options.socketDir, port, accept)))
  }
  return {
    host: options.host,
    port,
    get connectionCount() {
      return registry.connectionCount
    },
    get inFlightBytes() {
      return registry.memory.bytes
    },
    reloadTls: () => registry.reloadTls(),
    close: drainMs => close(servers, registry, drainMs),
  }
}

/** A server that listens on one of its two addresses alone would be a surprise. */
async function orClose<T>(server: Server, starting: Promise<T>): Promise<T> {
  try {
    return await starting
  } catch (error) {
    server.close()
    throw error
  }
}

async function close(
  servers: readonly Server[],
  registry: ConnectionRegistry,
  drainMs: number,
): Promise<void> {
  const closed = Promise.all(
    servers.map(server => new Promise<void>(resolve => server.close(() => resolve()))),
  )
  registry.shutdown()
  const timer = setTimeout(() => registry.destroy(), drainMs)
  await closed
  clearTimeout(timer)
}

/** Cancel secrets have 4 bytes up to protocol 3.1; from 3.2 on their length is the server's choice. */
const SECRET_BYTES = 4
const LONG_SECRET_BYTES = 32
const LONG_SECRET_MINOR = 2

/** A connection, or one that may still become encrypted. */
type Client = Pick<Connection, 'isStarted' | 'shutdown' | 'destroy'>

interface Registered {
  readonly session: Session
  readonly user: string
  readonly secret: Buffer
}

class ConnectionRegistry implements ConnectionHost {
  readonly limits: WireLimits
  readonly memory: MessageMemory
  readonly #options: WireServerOptions
  /** In order of arrival; start-up may not have happened. */
  readonly #clients = new Set<Client>()
  readonly #tls: TlsUpgrade | undefined
  readonly #sessions = new Map<Connection, Registered>()
  /** Cancel requests of each peer in the current second. */
  readonly #cancels = new Map<string, number>()
  #cancelSecond = 0

  constructor(options: WireServerOptions) {
    this.#options = options
    this.limits = wireLimits(options.limits)
    const { tls } = options
    this.#tls = tls === undefined ? undefined : new TlsUpgrade(tls, this.limits.startupTimeoutMs)
    this.memory = new MessageMemory(this.limits.inFlightBytesMax)
  }

  createSlicer(): Slicer {
    return this.#options.createSlicer()
  }

  get connectionCount(): number {
    return this.#clients.size
  }

  /** `isLocal`: over the Unix socket, where TLS is neither needed nor possible. */
  accept(socket: Socket, isLocal: boolean): void {
    const pending = [...this.#clients].filter(client => !client.isStarted)
    if (pending.length >= this.limits.pendingConnectionsMax) pending[0]!.destroy()
    const address = isLocal ? undefined : socket.remoteAddress
    if (!isLocal && address === undefined) {
      // Gone already. Without an address it would pass for a local one.
      socket.destroy()
      return
    }
    if (this.#tls === undefined || isLocal) {
      this.#start(socket, address, undefined)
      return
    }
    const upgrade = this.#tls.accept(socket, (upgraded, encryption) => {
      this.#clients.delete(client)
      this.#start(upgraded, address, encryption)
    })
    const client = { ...upgrade, isStarted: false, shutdown: upgrade.destroy }
    this.#clients.add(client)
    socket.on('close', () => this.#clients.delete(client))
  }

  #start(socket: Socket, address: string | undefined, encryption: Encryption | undefined): void {
    const peer: Peer = {
      address,
      isEncrypted: encryption !== undefined,
      certificate: encryption?.certificate,
      channelBinding: encryption?.channelBinding,
    }
    const connection = new Connection(socket, peer, this)
    this.#clients.add(connection)
    socket.on('close', () => {
      this.#clients.delete(connection)
      this.#sessions.delete(connection)
    })
  }

  reloadTls(): void {
    this.#tls?.reload()
  }

  authenticate(startup: Startup, peer: Peer): Authentication {
    return this.#options.authenticate(startup, peer)
  }

  connect(startup: Startup, peer: Peer): Promise<Session> {
    return this.#options.connect(startup, peer)
  }

  admit(): void {
    if (this.#free <= 0) throw tooMany('sorry, too many clients already')
  }

  register(connection: Connection, session: Session, { user, minorVersion }: Startup): Buffer {
    this.#checkRoom(user, session)
    const secret = randomBytes(minorVersion >= LONG_SECRET_MINOR ? LONG_SECRET_BYTES : SECRET_BYTES)
    this.#sessions.set(connection, { session, user, secret })
    return secret
  }

  get #free(): number {
    return this.limits.connectionsMax - this.#sessions.size
  }

  #checkRoom(user: string, session: Session): void {
    const { connectionsReserved, connectionsPerUserMax } = this.limits
    // Others came meanwhile.
    this.admit()
    if (this.#free <= connectionsReserved && session.setting('is_superuser') !== 'on') {
      throw tooMany('remaining connection slots are reserved for non-replication superuser connections')
    }
    const own = [...this.#sessions.values()].filter(registered => registered.user === user)
    if (own.length >= connectionsPerUserMax) throw tooMany(`too many connections for role "${user}"`)
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
    for (const connection of this.#clients) {
      if (connection.isStarted) connection.shutdown(error)
      else connection.destroy()
    }
  }

  destroy(): void {
    for (const connection of this.#clients) connection.destroy()
  }
}

function tooMany(message: string): SqlError {
  return new SqlError(SqlState.tooManyConnections, message, { severity: 'FATAL' })
}
