/**
 * One figure of both servers. They take turns, so that what else runs on the machine hits both; the best
 * round of each counts, by wall time and by the CPU time that the server used.
 */

import { performance } from 'node:perf_hooks'
import type { BenchServer, BenchServers } from './bench-server.ts'

const ROUNDS = 4

/** What one round did; `seconds` where it took less than the whole call. */
export interface Round {
  readonly count: number
  readonly seconds?: number
}

export interface Comparison {
  readonly name: string
  readonly unit: string
  /** Of PostgreSQL's rate. */
  readonly goal: number
  /** Before each round, not measured. */
  prepare?(server: BenchServer): Promise<void>
  run(server: BenchServer): Promise<Round>
}

interface Rates {
  readonly wall: number
  readonly cpu: number
}

export function printHeader(): void {
  const columns = [
    'Millrace'.padStart(10),
    'PostgreSQL'.padStart(10),
    'ratio',
    ' goal',
    'ratio per CPU second',
  ]
  process.stdout.write(`${' '.repeat(36)}${columns.join('  ')}\n`)
}

export async function compare(comparison: Comparison, servers: BenchServers): Promise<void> {
  const ours: Rates[] = []
  const theirs: Rates[] = []
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await measure(comparison, servers.millrace))
    theirs.push(await measure(comparison, servers.postgres))
  }
  const best = (rates: readonly Rates[], of: keyof Rates) => Math.max(...rates.map(each => each[of]))
  const [mine, other] = [best(ours, 'wall'), best(theirs, 'wall')]
  const figures = [
    String(Math.round(mine)).padStart(10),
    String(Math.round(other)).padStart(10),
    (mine / other).toFixed(2).padStart(5),
    comparison.goal.toFixed(2).padStart(5),
    (best(ours, 'cpu') / best(theirs, 'cpu')).toFixed(2).padStart(20),
  ]
  process.stdout.write(`${`${comparison.name}, ${comparison.unit}`.padEnd(36)}${figures.join('  ')}\n`)
}

async function measure(comparison: Comparison, server: BenchServer): Promise<Rates> {
  await comparison.prepare?.(server)
  const cpuStart = server.cpuMs()
  const start = performance.now()
  const { count, seconds = (performance.now() - start) / 1000 } = await comparison.run(server)
  const cpuSeconds = Math.max(server.cpuMs() - cpuStart, 10) / 1000
  return { wall: count / seconds, cpu: count / cpuSeconds }
}
