/**
 * Guards the way between client and stored rows, beside a real PostgreSQL 15 on the same machine in the same
 * run: point lookups by pgbench, large results, COPY FROM STDIN, and logging in. Both are reached over TCP on
 * the loopback interface, without TLS; PostgreSQL runs with fsync off, and copies into unlogged tables.
 *
 *     npm run build && npm run bench -- postgres [pgbench | results | copy | connect]
 *
 * Goals are shares of PostgreSQL's rate. docs/performance.md has the last numbers.
 */

import { withServers } from './postgres/bench-server.ts'
import { copies, createResultTable, millionRows, results } from './postgres/bulk.ts'
import { compare, printHeader } from './postgres/compare.ts'
import { connects, createAccounts, pointLookups, queryModes } from './postgres/pgbench.ts'

const PASSWORD = 'bench'
const [only] = process.argv.slice(2)
const isWanted = (part: string) => only === undefined || only === part

printHeader()
await withServers(undefined, async servers => {
  const each = [servers.millrace, servers.postgres]
  if (isWanted('pgbench')) {
    for (const server of each) await createAccounts(server)
    for (const mode of queryModes) await compare(pointLookups(mode), servers)
  }
  if (!isWanted('results') && !isWanted('copy')) return
  const data = millionRows()
  if (isWanted('results')) {
    for (const server of each) await createResultTable(server, data)
    for (const format of ['text', 'binary'] as const) await compare(results(format), servers)
  }
  if (isWanted('copy')) for (const key of [false, true]) await compare(copies(key, data), servers)
})
if (isWanted('connect')) {
  await withServers(PASSWORD, servers => compare(connects(PASSWORD), servers))
}
