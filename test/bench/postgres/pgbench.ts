/** PostgreSQL's own load generator: its select-only script over a table of 100 000 accounts. */

import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import type { BenchServer } from './bench-server.ts'
import type { Comparison, Round } from './compare.ts'
import { copyData, RawClient } from './raw-client.ts'

const ACCOUNTS = 100_000
const CLIENTS = '8'
const SECONDS = '4'

export const queryModes = ['simple', 'extended', 'prepared'] as const

/** What `pgbench -i` makes, as far as the select-only script needs it. */
export async function createAccounts(server: BenchServer): Promise<void> {
  const client = await RawClient.open(server)
  const lines = Array.from({ length: ACCOUNTS }, (_, index) => `${index + 1}\t1\t0\t\n`)
  await client.query(
    'CREATE TABLE pgbench_accounts (aid int PRIMARY KEY, bid int, abalance int, filler char(84))',
  )
  await client.query('CREATE TABLE pgbench_branches (bid int PRIMARY KEY, bbalance int, filler char(88))')
  await client.query("INSERT INTO pgbench_branches VALUES (1, 0, '')")
  await client.copyIn('COPY pgbench_accounts FROM STDIN', copyData(Buffer.from(lines.join(''))))
  await client.query('VACUUM pgbench_accounts')
  client.close()
}

export function pointLookups(mode: (typeof queryModes)[number]): Comparison {
  return {
    name: `pgbench -S, ${mode}`,
    unit: 'tps',
    goal: 0.6,
    run: server => pgbench(server, ['-S', '-M', mode]),
  }
}

/** Each transaction logs in with SCRAM, asks once and goes. */
export function connects(password: string): Comparison {
  return {
    name: 'connect, SCRAM, query, close',
    unit: 'per s',
    goal: 0.6,
    run: server => pgbench(server, ['-C', '-f', '-'], { script: 'SELECT 1;', password }),
  }
}

async function pgbench(
  server: BenchServer,
  options: readonly string[],
  { script = '', password }: { readonly script?: string; readonly password?: string } = {},
): Promise<Round> {
  const where = ['-h', '127.0.0.1', '-p', String(server.port), '-U', server.user]
  const load = ['-n', '-c', CLIENTS, '-j', '1', '-T', SECONDS, ...options]
  const child = spawn('pgbench', [...where, ...load, server.database], {
    stdio: 'pipe',
    env: { ...process.env, PGSSLMODE: 'disable', PGGSSENCMODE: 'disable', PGPASSWORD: password },
  })
  child.stdin.end(script)
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  const count = Number(/actually processed: (\d+)/.exec(output)?.[1])
  const tps = Number(/tps = ([\d.]+)/.exec(output)?.[1])
  if (!(count > 0) || !/failed transactions: 0 /.test(output))
    throw new Error(`pgbench failed: ${errors}${output}`)
  return { count, seconds: count / tps }
}
