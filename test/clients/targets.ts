/**
 * The servers that client programs run against: Millrace, and a PostgreSQL 15, so that what a program expects
 * is known to be what PostgreSQL does.
 */

import { usePostgres } from '../support/postgres-server.ts'
import { ServerProcess } from '../support/server-process.ts'

/** Where a client connects to; everybody may log in. */
export interface Target {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
}

export interface MillraceTarget extends Target {
  readonly server: ServerProcess
}

/**
 * Call inside describe: a Millrace in a process of its own for the tests of it. Clients have to be closed
 * before it stops: an `after` for them comes before this call.
 */
export function useMillrace(): () => MillraceTarget {
  let server: ServerProcess | undefined
  before(async () => {
    server = await ServerProcess.start()
  })
  after(() => server?.stop())
  return () => ({ host: '127.0.0.1', port: server!.port, user: 'tester', database: 'dev', server: server! })
}

/** For the same tests with each server; `use` as useMillrace. */
export const targets: readonly { readonly name: string; use(): () => Target }[] = [
  { name: 'Millrace', use: useMillrace },
  { name: 'PostgreSQL', use: usePostgres },
]

/** What libpq and most drivers read of the environment. */
export function connectionVariables({ host, port, user, database }: Target): NodeJS.ProcessEnv {
  return { PGHOST: host, PGPORT: String(port), PGUSER: user, PGDATABASE: database, PGCONNECT_TIMEOUT: '10' }
}

/** A connection string for the drivers of Node. */
export function connectionUrl({ host, port, user, database }: Target): string {
  return `postgres://${user}@${host}:${port}/${database}`
}
