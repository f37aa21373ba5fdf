/**
 * A real PostgreSQL 15 for tests and benches that compare with it: Debian's package, a new cluster in a
 * temporary folder, a free port of 127.0.0.1 and a Unix socket. PostgreSQL refuses to run as root, so root
 * runs it as the package's user. It ends with this process however that ends: the kernel tells it.
 */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requirePart } from './requirement.ts'

export interface PostgresOptions {
  /** Of postgresql.conf, over the defaults here: `fsync` off, time zone UTC, messages in English. */
  readonly settings?: Readonly<Record<string, string | number>>
  /** How everybody logs in; trust by default. */
  readonly auth?: 'trust' | 'scram-sha-256'
  /** The superuser's, needed for scram-sha-256. */
  readonly password?: string
}

export interface PostgresServer {
  readonly host: string
  readonly port: number
  readonly socketDir: string
  /** The superuser. */
  readonly user: string
  readonly database: string
  /** Ends every connection at once and removes the cluster. Idempotent. */
  stop(): Promise<void>
}

const START_TIMEOUT_MS = 60_000
const PORT_ATTEMPTS_MAX = 5
/** The group, for chown. */
const UNCHANGED = -1
const OUTPUT_KEPT = 16_384
const programs = process.env['POSTGRES_BIN'] ?? '/usr/lib/postgresql/15/bin'
const user = 'postgres'

/** Why PostgreSQL 15 cannot be started here, or undefined. */
export function missingPostgres(): string | undefined {
  if (!existsSync(join(programs, 'postgres'))) {
    return `${programs}/postgres is not there (Debian: apt-get install postgresql-15; else POSTGRES_BIN)`
  }
  if (runsAsRoot() && packageUser() === undefined) {
    return `PostgreSQL does not run as root, and there is no user "${user}"`
  }
  return undefined
}

/** Call inside describe: gives every test of it the server, or skips them; with CI=true that is a failure. */
export function usePostgres(options: PostgresOptions = {}): () => PostgresServer {
  let server: PostgresServer | undefined
  before(async function () {
    requirePart(this, 'PostgreSQL 15', missingPostgres())
    this.timeout(START_TIMEOUT_MS)
    server = await startPostgres(options)
  })
  after(() => server?.stop())
  return () => server!
}

/** Resolves when connections are accepted; whoever starts one stops it. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const missing = missingPostgres()
  if (missing !== undefined) throw new Error(missing)
  const folder = await mkdtemp(join(tmpdir(), 'millrace-postgres-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    await createCluster(folder, options)
    const { port, stop } = await startOnFreePort(folder, options.settings ?? {})
    return {
      host: '127.0.0.1',
      port,
      socketDir: folder,
      user,
      database: 'postgres',
      stop: async () => {
        await stop()
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}

async function createCluster(folder: string, { auth = 'trust', password }: PostgresOptions): Promise<void> {
  const args = [...clusterArgs(folder), '--auth', auth]
  if (password !== undefined) {
    const file = join(folder, 'password')
    await writeFile(file, password, { mode: 0o600 })
    if (runsAsRoot()) await chown(file, packageUser()!, UNCHANGED)
    args.push('--pwfile', file)
  }
  if (runsAsRoot()) await chown(folder, packageUser()!, UNCHANGED)
  const { child, output } = run('initdb', args)
  const [status] = await once(child, 'close')
  if (status !== 0) throw new Error(`initdb failed: ${output()}`)
}

function clusterArgs(folder: string): string[] {
  const names = ['--username', user, '--encoding', 'UTF8', '--locale', 'C', '--no-sync', '--no-instructions']
  return ['--pgdata', join(folder, 'data'), ...names]
}

interface Running {
  readonly port: number
  stop(): Promise<void>
}

/** A port that was free may be another's by the time PostgreSQL asks for it. */
async function startOnFreePort(folder: string, settings: PostgresOptions['settings']): Promise<Running> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    try {
      return { port, stop: await startOn(port, folder, settings) }
    } catch (error) {
      const isTaken = (error as Error).message.includes('could not bind')
      if (!isTaken || attempt === PORT_ATTEMPTS_MAX) throw error
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** Resolves with what stops it again. */
async function startOn(
  port: number,
  folder: string,
  settings: PostgresOptions['settings'],
): Promise<() => Promise<void>> {
  const all = {
    fsync: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    lc_messages: 'C',
    ...settings,
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
  }
  const assignments = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const { child, output } = run('postgres', ['-D', join(folder, 'data'), ...assignments])
  let isRunning = true
  const closed = once(child, 'close').then(() => {
    isRunning = false
  })
  const stop = async () => {
    // Immediate shutdown: the cluster is thrown away.
    if (isRunning) child.kill('SIGQUIT')
    await closed
  }
  const timeout = AbortSignal.timeout(START_TIMEOUT_MS)
  while (!output().includes('database system is ready to accept connections')) {
    const more = once(child.stderr, 'data', { signal: timeout }).catch(() => undefined)
    await Promise.race([more, closed])
    if (isRunning && !timeout.aborted) continue
    await stop()
    throw new Error(`PostgreSQL did not become ready: ${output()}`)
  }
  return stop
}

/** A program of PostgreSQL that dies with this process, and the end of what it printed so far. */
function run(program: string, args: readonly string[]) {
  const asPackageUser = runsAsRoot() ? ['--reuid', user, '--regid', user, '--clear-groups'] : []
  const command = [...asPackageUser, '--pdeathsig', 'QUIT', join(programs, program), ...args]
  const child = spawn('setpriv', command, { stdio: ['ignore', 'pipe', 'pipe'], cwd: tmpdir() })
  let tail = ''
  const keep = (chunk: Buffer) => {
    tail = (tail + chunk.toString()).slice(-OUTPUT_KEPT)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  return { child, output: () => tail }
}

function runsAsRoot(): boolean {
  return process.getuid?.() === 0
}

/** The user id of the package's user. */
function packageUser(): number | undefined {
  const { status, stdout } = spawnSync('id', ['-u', user], { encoding: 'utf8' })
  return status === 0 ? Number(stdout) : undefined
}
