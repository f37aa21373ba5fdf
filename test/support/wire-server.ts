/** A database with a wire server whose limits a test chooses. */

import { pino } from 'pino'
import type { HbaRule, IdentEntry } from '../../server/auth/hba.ts'
import type { InitialRole } from '../../server/auth/initial-roles.ts'
import { Database } from '../../server/database.ts'
import type { DatabaseLimits } from '../../server/database-limits.ts'
import type { WireLimits } from '../../server/pgwire/limits.ts'
import type { TlsFiles } from '../../server/pgwire/tls-upgrade.ts'
import { startWireServer, type WireServer } from '../../server/pgwire/wire-server.ts'
import { startup, WireClient } from './wire-client.ts'

export interface TestServerOptions {
  readonly limits?: Partial<WireLimits>
  readonly databaseLimits?: Partial<DatabaseLimits>
  readonly roles?: readonly InitialRole[]
  readonly hostRules?: readonly HbaRule[]
  readonly identities?: readonly IdentEntry[]
  readonly tls?: TlsFiles
  readonly socketDir?: string
}

export class TestServer {
  readonly database: Database
  readonly wire: WireServer
  /** Errors that were logged as bugs. */
  readonly internalErrors: unknown[]
  readonly #clients: WireClient[] = []

  private constructor(database: Database, wire: WireServer, internalErrors: unknown[]) {
    this.database = database
    this.wire = wire
    this.internalErrors = internalErrors
  }

  static async start(options: TestServerOptions = {}): Promise<TestServer> {
    const { limits, databaseLimits, roles, hostRules, identities, tls, socketDir } = options
    const internalErrors: unknown[] = []
    const database = await Database.open({
      logger: pino({ level: 'silent' }),
      limits: databaseLimits,
      roles,
      hostRules,
      identities,
    })
    const wire = await startWireServer({
      host: '127.0.0.1',
      port: 0,
      authenticate: (request, peer) => database.authenticator.start(request, peer),
      connect: async (request, { address }) => database.connect({ ...request, clientAddress: address }),
      createSlicer: () => database.engine.createSlicer(),
      limits,
      tls,
      socketDir,
      logger: { error: (fields: unknown) => internalErrors.push(fields) },
    })
    return new TestServer(database, wire, internalErrors)
  }

  /** A connection before start-up; closed with the server. */
  async open(): Promise<WireClient> {
    const client = await WireClient.open(this.wire.port)
    this.#clients.push(client)
    return client
  }

  /** A client that is ready; `parameters` besides user and database. */
  async login(parameters: Readonly<Record<string, string>> = {}): Promise<WireClient> {
    const client = await this.open()
    await client.send(startup({ user: 'tester', database: 'dev', ...parameters }))
    await client.readUntilReady()
    return client
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close()
    await this.wire.close(0)
    await this.database.close()
  }
}

/** Waits until `condition` holds; the test's own timeout is the limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 2))
}
