/**
 * The whole path from Kafka: fetch, JSON, operators, sink, beside Apache Flink on the same topics.
 *
 *     npm run bench -- nexmark-kafka [--events N] [--no-flink] [--check] [QUERY …]
 *
 * Fills the topics from the nexmark source through the Kafka sink (3 M events, of which 2.76 M are bids; one
 * partition), then runs each query three times in a process of its own, Flink after Millrace, one at a time;
 * the third run counts. --check first compares every query's rows with a plain computation
 * (nexmark-check.ts). Prints thousands of events (of all three streams, as Nexmark counts) per second of
 * wall time and of CPU time. Numbers and what they mean: docs/performance.md.
 */

import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { Millrace } from '../../server/index.ts'
import { startBroker, type TestBroker } from '../support/kafka-node.ts'
import { projectRoot } from '../support/project-root.ts'
import { nexmarkGenerators, nexmarkQueries } from './nexmark-queries.ts'

/** The last of a query's runs. */
interface Run {
  readonly wallMs: number
  readonly cpuMs: number
  /** What else the program printed of the run. */
  readonly counts: readonly string[]
}

const RUNS = '3'
/** How often each stream occurs in 50 events. */
const shares = { person: 1, auction: 3, bid: 46 } as const
type Stream = keyof typeof shares

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    events: { type: 'string', default: '3000000' },
    'no-flink': { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
})
const events = Number(options.events)
const queries = positionals.length === 0 ? Object.keys(nexmarkQueries) : positionals
const broker = await startBroker()
try {
  await main(broker)
} finally {
  await broker.dispose()
}

async function main({ bootstrap }: TestBroker): Promise<void> {
  const prefix = `nexmark-${process.pid}`
  await fill(prefix)
  if (options.check) process.stdout.write(await runProgram('nexmark-check', [bootstrap, prefix]))
  const ours = new Map<string, Run>()
  for (const query of queries) ours.set(query, await runOurs(bootstrap, prefix, query))
  const missing = options['no-flink'] ? '--no-flink' : missingForFlink()
  const flink = missing === undefined ? await runFlink(bootstrap, prefix) : new Map<string, Run>()
  if (missing !== undefined) process.stderr.write(`\n*** FLINK SKIPPED: ${missing}\n\n`)
  print(ours, flink)
}

async function fill(prefix: string): Promise<void> {
  const startedMs = performance.now()
  const database = await Millrace.create()
  for (const stream of Object.keys(shares) as Stream[]) {
    await broker.createTopic(`${prefix}-${stream}`, 1)
    const type = stream[0]!.toUpperCase() + stream.slice(1)
    await database.exec(`CREATE SOURCE ${stream} (${nexmarkGenerators[stream]})
      WITH (connector = 'nexmark', nexmark.table.type = '${type}', nexmark.event.num = ${events})`)
    await database.exec(`CREATE SINK ${stream}_topic FROM ${stream}
      WITH (connector = 'kafka', properties.bootstrap.server = '${broker.bootstrap}',
        topic = '${prefix}-${stream}')
      FORMAT PLAIN ENCODE JSON`)
    await waitForRecords(`${prefix}-${stream}`, recordsOf(stream))
  }
  await database.close()
  const seconds = (performance.now() - startedMs) / 1000
  process.stdout.write(`filled topics with ${events} events in ${seconds.toFixed(1)} s\n`)
}

function recordsOf(stream: Stream): number {
  return (events / 50) * shares[stream]
}

/** CREATE SINK returns when the sink has the rows; the broker gets the last of them a little later. */
async function waitForRecords(topic: string, count: number): Promise<void> {
  const admin = broker.client().admin()
  await admin.connect()
  try {
    for (;;) {
      const [partition] = await admin.fetchTopicOffsets(topic)
      if (Number(partition?.high) === count) return
      if (Number(partition?.high) > count) throw new Error(`${topic} has more than ${count} records`)
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  } finally {
    await admin.disconnect()
  }
}

/** A program of this folder, in a process of its own. */
async function runProgram(name: string, options: readonly string[]): Promise<string> {
  const file = join(import.meta.dirname, `${name}.js`)
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...options])
  return stdout
}

async function runOurs(brokers: string, prefix: string, query: string): Promise<Run> {
  const output = await runProgram('nexmark-run', [brokers, prefix, query, RUNS])
  const run = lastRun('millrace', query, output)
  const [rowsIn] = run.counts
  const scans = query === 'q5' ? 2 : 1
  if (Number(rowsIn) !== recordsOf('bid') * scans) throw new Error(`${query} read ${rowsIn} rows`)
  return run
}

function missingForFlink(): string | undefined {
  const missing = ['mvn', 'java'].filter(program => spawnSync(program, ['-version']).status !== 0)
  return missing.length === 0 ? undefined : `${missing.join(' and ')} cannot be run`
}

async function runFlink(brokers: string, prefix: string): Promise<Map<string, Run>> {
  const folder = join(projectRoot, '.cache', 'flink')
  mkdirSync(folder, { recursive: true })
  const script = join(projectRoot, 'test', 'bench', 'flink', 'run-nexmark.sh')
  const env = { ...process.env, RUNS }
  const runs = new Map<string, Run>()
  for (const query of queries) {
    const { stdout } = await promisify(execFile)(script, [folder, brokers, prefix, query], { env })
    runs.set(query, lastRun('flink', query, stdout))
  }
  return runs
}

function lastRun(engine: string, query: string, output: string): Run {
  process.stdout.write(output.replace(/^/gm, `${engine} `).slice(0, -engine.length - 1))
  const [name, wallMs, cpuMs, ...counts] = output.trim().split('\n').at(-1)!.split(' ')
  if (name !== query) throw new Error(`${engine} did not run ${query}: ${output}`)
  return { wallMs: Number(wallMs), cpuMs: Number(cpuMs), counts }
}

function print(ours: ReadonlyMap<string, Run>, flink: ReadonlyMap<string, Run>): void {
  const rate = (ms: number) => (events / ms).toFixed(0)
  const ratio = (ourMs: number, theirMs: number) => `${(theirMs / ourMs).toFixed(2)}×`
  const lines = [...ours].map(([query, own]) => {
    const other = flink.get(query)
    const compared =
      other === undefined
        ? []
        : [
            `${rate(other.wallMs)} / ${rate(other.cpuMs)}`,
            `${ratio(own.wallMs, other.wallMs)} / ${ratio(own.cpuMs, other.cpuMs)}`,
          ]
    return [query, `${rate(own.wallMs)} / ${rate(own.cpuMs)}`, ...compared]
  })
  const header = ['query', 'Millrace wall / CPU', 'Flink wall / CPU', 'ratio wall / CPU']
  process.stdout.write('\nK events/s per second of\n')
  for (const line of [header, ...lines]) {
    process.stdout.write(
      `| ${line.map((cell, column) => cell.padEnd(header[column]!.length)).join(' | ')} |\n`,
    )
  }
}
