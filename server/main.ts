#!/usr/bin/env node
/**
 * The command line. On success the stdout of `start` gets the one line `ready postgres://HOST:PORT/dev`; logs
 * are JSON lines on stderr; a mistake in the configuration is one line on stderr and exit code 1.
 */

import { existsSync, readFileSync } from 'node:fs'
import { type Logger, pino } from 'pino'
import { SqlError } from '../planner/errors.ts'
import type { Config } from './config.ts'
import { ConfigError, readInvocation } from './config.ts'
import { DATABASE_NAME, Database } from './database.ts'
import type { WireServer } from './pgwire/wire-server.ts'
import { startWireServer } from './pgwire/wire-server.ts'

/** How long clients may take to read their last message, and the whole shutdown may take. */
const DRAIN_MS = 2000
const SHUTDOWN_MS = 4500

try {
  const invocation = readInvocation(process.argv.slice(2), process.env, packageVersion())
  if (invocation.kind === 'print') process.stdout.write(invocation.text)
  else if (invocation.kind === 'demo') await demo(invocation.config)
  else await start(invocation.config)
} catch (error) {
  process.stderr.write(`millrace: ${startErrorText(error)}\n`)
  process.exit(1)
}

async function start(config: Config): Promise<void> {
  const logger = pino({ level: config.logLevel }, pino.destination({ fd: 2, sync: true }))
  const { host: listenHost, port, settings, roles, hostRules, tls, socketDir, limits, identities } = config
  const database = await Database.open({ logger, settings, roles, hostRules, identities, limits })
  const wire = await startWireServer({
    host: listenHost,
    port,
    tls,
    socketDir,
    limits,
    authenticate: (startup, peer) => database.authenticator.start(startup, peer),
    connect: async (startup, { address }) => database.connect({ ...startup, clientAddress: address }),
    createSlicer: () => database.engine.createSlicer(),
    logger,
  })
  if (database.catalog.roles.isOpen) {
    logger.info('no roles yet: every user of this machine may connect, and is the superuser root')
  }
  onReloadSignal(wire, database, logger)
  onStopSignal(signal => {
    logger.info({ signal }, 'shutting down')
    return shutDown(wire, database)
  })
  const host = wire.host.includes(':') ? `[${wire.host}]` : wire.host
  process.stdout.write(`ready postgres://${host}:${wire.port}/${DATABASE_NAME}\n`)
}

/** The demo's screen has the terminal, so that only failures are logged. */
async function demo(config: Config): Promise<void> {
  if (config.roles.length > 0 || config.hostRules !== undefined || config.tls !== undefined) {
    throw new ConfigError('the demo has neither roles nor host rules nor TLS: they are for start')
  }
  const { Millrace } = await import('./embedded/millrace.ts')
  const { runDemo } = await import('./demo/demo.ts')
  const logLevel = config.logLevel === 'info' ? 'error' : config.logLevel
  const database = await Millrace.create({ settings: config.settings, logLevel })
  const { url } = await database.listen({ host: config.host, port: config.port })
  const controller = new AbortController()
  const running = runDemo({ database, url, out: process.stdout, signal: controller.signal })
  onStopSignal(async () => {
    controller.abort()
    await running
    await database.close()
  })
  await running
}

/** Runs `stop` on the first SIGTERM or SIGINT, then exits: with 0, within SHUTDOWN_MS whatever happens. */
function onStopSignal(stop: (signal: NodeJS.Signals) => Promise<void>): void {
  let isStopping = false
  const onSignal = (signal: NodeJS.Signals) => {
    if (isStopping) return
    isStopping = true
    setTimeout(() => process.exit(0), SHUTDOWN_MS).unref()
    stop(signal).then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`millrace: ${startErrorText(error)}\n`)
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal)
}

/** SIGHUP: certificate, key, host rules and maps are read again, for connections to come. */
function onReloadSignal(wire: WireServer, database: Database, logger: Logger): void {
  const reload = (what: string, read: () => void) => {
    try {
      read()
      logger.info(`${what} are loaded again`)
    } catch (error) {
      logger.error({ err: error }, `the new ${what} cannot be used: the old ones stay`)
    }
  }
  process.on('SIGHUP', () => {
    reload('certificates', () => wire.reloadTls())
    reload('host rules', () => {
      const { hostRules: rules, identities } = startConfig()
      database.authenticator.hostRules = { rules, identities }
    })
  })
}

/** The configuration as its places are now. */
function startConfig(): Config {
  const invocation = readInvocation(process.argv.slice(2), process.env, packageVersion())
  if (invocation.kind === 'print') throw new ConfigError('there is nothing to start')
  return invocation.config
}

/** Clients are told first; then the epoch that runs is finished. */
async function shutDown(wire: WireServer, database: Database): Promise<void> {
  await wire.close(DRAIN_MS)
  await database.close()
}

function startErrorText(error: unknown): string {
  if (error instanceof ConfigError) return error.message
  if (error instanceof SqlError)
    return [error.message, error.detail].filter(part => part !== undefined).join(': ')
  if (!(error instanceof Error)) return String(error)
  const { code, port, address } = error as NodeJS.ErrnoException & { port?: number; address?: string }
  if (code === 'EADDRINUSE') return `port ${port} of ${address} is already in use`
  if (code === 'EACCES') return `no permission to listen on port ${port} of ${address}`
  if (code === 'ENOTFOUND' || code === 'EADDRNOTAVAIL') return `cannot listen: ${error.message}`
  return error.stack ?? error.message
}

/** From the nearest package.json above: the compiled file is deeper than its source. */
function packageVersion(): string {
  for (let directory = new URL('.', import.meta.url); ; directory = new URL('..', directory)) {
    const file = new URL('package.json', directory)
    if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
    if (directory.pathname === '/') return 'unknown'
  }
}
