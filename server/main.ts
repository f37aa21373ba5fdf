#!/usr/bin/env node
/**
 * The command line. On success stdout gets the one line `ready postgres://HOST:PORT/dev`; logs are JSON lines on stderr;
 * a mistake in the configuration is one line on stderr and exit code 1.
 */

import { existsSync, readFileSync } from 'node:fs'
import { pino } from 'pino'
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
  else await start(invocation.config)
} catch (error) {
  process.stderr.write(`millrace: ${startErrorText(error)}\n`)
  process.exit(1)
}

async function start(config: Config): Promise<void> {
  const logger = pino({ level: config.logLevel }, pino.destination({ fd: 2, sync: true }))
  const database = await Database.open({ logger, settings: config.settings })
  const wire = await startWireServer({
    host: config.host,
    port: config.port,
    connect: async startup => database.connect(startup),
    logger,
  })
  let isStopping = false
  const stop = (signal: NodeJS.Signals) => {
    if (isStopping) return
    isStopping = true
    logger.info({ signal }, 'shutting down')
    setTimeout(() => process.exit(0), SHUTDOWN_MS).unref()
    shutDown(wire, database).then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'shutdown failed')
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', stop).on('SIGINT', stop)
  const host = wire.host.includes(':') ? `[${wire.host}]` : wire.host
  process.stdout.write(`ready postgres://${host}:${wire.port}/${DATABASE_NAME}\n`)
}

/** Clients are told first; then the epoch that runs is finished. */
async function shutDown(wire: WireServer, database: Database): Promise<void> {
  await wire.close(DRAIN_MS)
  await database.close()
}

function startErrorText(error: unknown): string {
  if (error instanceof ConfigError || error instanceof SqlError) return error.message
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
