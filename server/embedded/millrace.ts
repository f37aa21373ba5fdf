/** The embedded database: the public class of the package. */

import type { RecordBatch } from 'apache-arrow'
import { pino } from 'pino'
import type { Notice } from '../../planner/errors.ts'
import { checkHost } from '../config.ts'
import { DATABASE_NAME, Database } from '../database.ts'
import type { WireServer } from '../pgwire/wire-server.ts'
import { startWireServer } from '../pgwire/wire-server.ts'
import { MillraceSession } from './millrace-session.ts'
import { Runner } from './runner.ts'
import type { Change, SubscribeOptions } from './subscribe.ts'
import { subscribeBatches, subscribeRows } from './subscribe.ts'

export interface MillraceOptions {
  /**
   * What sessions start with (`{ TimeZone: 'Europe/Berlin' }`), and `epoch_max` ('100ms'), the longest epoch.
   */
  readonly settings?: Readonly<Record<string, string>> | undefined
  /**
   * Bytes of changes kept for a subscriber that reads too slowly; past it its iterator throws 53200. Default
   * 64 MiB.
   */
  readonly subscriptionBytesMax?: number | undefined
  /** JSON lines on stderr from this level on. Default 'silent'. */
  readonly logLevel?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent' | undefined
}

/** Where `listen` listens. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
  /** `postgres://127.0.0.1:5433/dev` */
  readonly url: string
}

/** How far a view or sink is while it is being created. */
export interface Progress {
  readonly name: string
  readonly message: string
}

export interface MillraceEvents {
  /** A background failure: a source, sink or view that stopped. */
  error: Error
  /** NOTICE and WARNING messages of the default session. */
  notice: Notice
  progress: Progress
}

/** Closing waits this long for wire clients to read their last message. */
const DRAIN_MS = 1000

export class Millrace extends MillraceSession {
  readonly #database: Database
  readonly #servers: WireServer[] = []
  readonly #listeners = new Map<keyof MillraceEvents, Set<(event: never) => void>>()
  #closing: Promise<void> | undefined

  private constructor(database: Database) {
    const session = database.connectEmbedded()
    super(new Runner(session))
    this.#database = database
    session.onNotice = notice => this.#emit('notice', notice)
    database.onProgress = progress => this.#emit('progress', progress)
    database.onError = error => this.#emit('error', error)
  }

  /** A new database in memory. Rejects with 42704 or 22023 for wrong settings. */
  static async create(options: MillraceOptions = {}): Promise<Millrace> {
    const { settings, subscriptionBytesMax, logLevel = 'silent' } = options
    const logger = pino({ level: logLevel }, pino.destination({ fd: 2, sync: true }))
    const limits = subscriptionBytesMax === undefined ? undefined : { subscriptionBytesMax }
    return new Millrace(await Database.open({ logger, settings, limits }))
  }

  /**
   * The changes of a relation (by name) or query, first its present rows. Starts when the iteration starts,
   * and stops when it ends. A reader that falls too far behind gets an error with code 53200; nothing else
   * slows down.
   */
  subscribe<Row = Record<string, unknown>>(
    subject: string,
    options: SubscribeOptions = {},
  ): AsyncGenerator<Change<Row>> {
    return subscribeRows<Row>(this.#database, subject, options)
  }

  /**
   * Like subscribe, as Arrow record batches with `millrace_epoch` and `millrace_weight` (+1, −1) in front.
   */
  subscribeArrow(
    subject: string,
    options: Omit<SubscribeOptions, 'parsers' | 'progress'> = {},
  ): AsyncGenerator<RecordBatch> {
    return subscribeBatches(this.#database, subject, options)
  }

  /** A session of its own, like another connection. */
  async session(): Promise<MillraceSession> {
    return new MillraceSession(new Runner(this.#database.connectEmbedded()))
  }

  /**
   * Serves PostgreSQL clients from this process. Port 0 (default) is any free one; only loopback addresses.
   */
  async listen(options: { readonly host?: string; readonly port?: number } = {}): Promise<ListenAddress> {
    const { host = '127.0.0.1', port = 0 } = options
    checkHost(host, { roles: [], hostRules: undefined, tls: undefined })
    const database = this.#database
    const server = await startWireServer({
      host,
      port,
      authenticate: (startup, peer) => database.authenticator.start(startup, peer),
      connect: async (startup, { address }) => database.connect({ ...startup, clientAddress: address }),
      createSlicer: () => database.engine.createSlicer(),
      logger: database.logger,
    })
    this.#servers.push(server)
    const shownHost = server.host.includes(':') ? `[${server.host}]` : server.host
    const url = `postgres://${shownHost}:${server.port}/${DATABASE_NAME}`
    return { host: server.host, port: server.port, url }
  }

  /** Calls `listener` for each event; returns a function that ends this. */
  on<E extends keyof MillraceEvents>(event: E, listener: (value: MillraceEvents[E]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, listeners)
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  /** Ends sessions, subscriptions and servers, then the engine. Idempotent. */
  override close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    for (const server of this.#servers) await server.close(DRAIN_MS)
    await this.#database.close()
  }

  #emit<E extends keyof MillraceEvents>(event: E, value: MillraceEvents[E]): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(value as never)
  }
}
