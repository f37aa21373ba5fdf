/** A real PostgreSQL with the role and the database that the scripts name. */

import { join } from 'node:path'
import type { PostgresServer } from '../../../support/postgres-server.ts'
import { type BackendMessage, frame, startup, WireClient } from '../../../support/wire-client.ts'
import type { Target } from './run-script.ts'

export const scriptLogin = { user: 'tester', database: 'dev' } as const

export async function preparePostgres({ port, socketDir, user, database }: PostgresServer): Promise<Target> {
  const client = await WireClient.open(port)
  await client.send(startup({ user, database }))
  await client.readUntilReady()
  for (const statement of ['CREATE ROLE tester LOGIN SUPERUSER', 'CREATE DATABASE dev']) {
    await client.send(frame('Q', `${statement}\0`))
    await client.readUntilReady()
  }
  client.close()
  const target = listeningTarget(port, socketDir)
  return { ...target, untilAsleep: () => untilAsleep(target) }
}

/** A server, PostgreSQL or ours, that listens on a port and on a Unix socket. */
export function listeningTarget(port: number, socketDir: string): Target {
  const socketPath = join(socketDir, `.s.PGSQL.${port}`)
  return { ...scriptLogin, connect: isLocal => WireClient.open(isLocal ? socketPath : port) }
}

async function untilAsleep(target: Target): Promise<void> {
  const client = await target.connect(false)
  await client.send(startup({ user: target.user, database: target.database }))
  await client.readUntilReady()
  for (let answers: BackendMessage[] = []; !answers.some(({ type }) => type === 'D'); ) {
    await client.send(frame('Q', "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'\0"))
    answers = await client.readUntilReady()
  }
  client.close()
}
