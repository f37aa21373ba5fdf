/**
 * Times one Nexmark query over topics that are already filled, as flink/run-nexmark.sh does for Flink: in one
 * process, RUNS times, each in a fresh database. Prints "QUERY WALL_MS CPU_MS ROWS_IN ROWS_OUT" for each run.
 *
 *     node nexmark-run.js BROKERS PREFIX QUERY [RUNS]
 *
 * The time is that of CREATE SINK, which returns when everything that the topic held has gone through; the
 * CPU time is of the whole process, all its threads.
 */

import { Millrace } from '../../server/index.ts'
import { bidSource, nexmarkQueries } from './nexmark-queries.ts'

interface JobCounts {
  readonly rows_in: bigint
  readonly rows_out: bigint
}

const [brokers = '', prefix = '', query = '', runs = '3'] = process.argv.slice(2)
for (let run = 0; run < Number(runs); run++) await timeQuery()

async function timeQuery(): Promise<void> {
  const database = await Millrace.create()
  await database.exec(bidSource(brokers, prefix))
  const text = `CREATE SINK result AS ${nexmarkQueries[query]!} WITH (connector = 'blackhole')`
  const startedMs = performance.now()
  const cpuBefore = process.cpuUsage()
  await database.exec(text)
  const cpu = process.cpuUsage(cpuBefore)
  const wallMs = performance.now() - startedMs
  const { rows } = await database.query<JobCounts>('SELECT rows_in, rows_out FROM stream_catalog.jobs')
  await database.close()
  const [counts] = rows
  const cpuMs = (cpu.user + cpu.system) / 1000
  const figures = [wallMs, cpuMs].map(ms => ms.toFixed(0))
  process.stdout.write(`${[query, ...figures, counts!.rows_in, counts!.rows_out].join(' ')}\n`)
}
