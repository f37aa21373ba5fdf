/**
 * The two servers of a comparison, alike to whoever measures them: Millrace as a process of its own, and a
 * real PostgreSQL 15 with its default memory settings.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type PostgresServer, startPostgres } from '../../support/postgres-server.ts'
import { ServerProcess } from '../../support/server-process.ts'

export interface BenchServer {
  readonly name: string
  readonly port: number
  readonly user: string
  readonly database: string
  /** For tables that are made and filled during the run: not logged where there is a log. */
  readonly createTable: string
  /** CPU time used so far in milliseconds, of all its processes. */
  cpuMs(): number
  stop(): Promise<void>
}

export interface BenchServers {
  readonly millrace: BenchServer
  readonly postgres: BenchServer
}

/** With a password both ask for SCRAM-SHA-256, else they trust. */
export async function withServers(
  password: string | undefined,
  run: (servers: BenchServers) => Promise<void>,
): Promise<void> {
  const postgres = benchPostgres(
    await startPostgres(password === undefined ? {} : { auth: 'scram-sha-256', password }),
  )
  try {
    const millrace = await startMillrace(password)
    try {
      await run({ millrace, postgres })
    } finally {
      await millrace.stop()
    }
  } finally {
    await postgres.stop()
  }
}

async function startMillrace(password: string | undefined): Promise<BenchServer> {
  if (password !== undefined) process.env['MILLRACE_ROOT_PASSWORD'] = password
  const server = await ServerProcess.start()
  return {
    name: 'Millrace',
    port: server.port,
    user: 'root',
    database: 'dev',
    createTable: 'CREATE TABLE',
    cpuMs: () => server.cpuMs(),
    stop: () => server.stop(),
  }
}

function benchPostgres(server: PostgresServer): BenchServer {
  const pidFile = readFileSync(join(server.socketDir, 'data', 'postmaster.pid'), 'utf8')
  const postmaster = Number(pidFile.split('\n')[0])
  return {
    name: 'PostgreSQL',
    port: server.port,
    user: server.user,
    database: server.database,
    createTable: 'CREATE UNLOGGED TABLE',
    cpuMs: () => processTreeCpuMs(postmaster),
    stop: () => server.stop(),
  }
}

/** The process with the children that it has waited for, and the children that it has now. */
function processTreeCpuMs(parent: number): number {
  for (;;) {
    const before = processStat(parent)!
    let total = before.ownMs + before.waitedMs
    for (const name of readdirSync('/proc')) {
      const stat = /^\d+$/.test(name) ? processStat(Number(name)) : undefined
      if (stat?.parent === parent) total += stat.ownMs
    }
    // A child that ended meanwhile may have been missed.
    if (processStat(parent)?.waitedMs === before.waitedMs) return total
  }
}

/** undefined when the process has ended. */
function processStat(pid: number) {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return undefined
    throw error
  }
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  const ticks = (from: number) => (fields[from]! + fields[from + 1]!) * 10
  return { parent: fields[1]!, ownMs: ticks(11), waitedMs: ticks(13) }
}
