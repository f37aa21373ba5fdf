/**
 * `npm run bench [-- NAME [ARGUMENTS]]`: runs test/bench/NAME.bench.ts, without a name all benches that need
 * nothing but this package. Each runs in a process of its own, so that none inherits another's compiled code
 * and memory. Results go to stdout; docs/performance.md says what they mean.
 */

import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Take minutes, and Kafka and Apache Flink, or PostgreSQL 15. */
const onDemand = ['nexmark-kafka', 'postgres']

const names = readdirSync(import.meta.dirname)
  .filter(file => file.endsWith('.bench.js'))
  .map(file => file.slice(0, -'.bench.js'.length))

const [name, ...options] = process.argv.slice(2)
if (name !== undefined && !names.includes(name)) {
  process.stderr.write(`there is no bench "${name}"; there are ${names.join(', ')}\n`)
  process.exit(1)
}
const chosen = name === undefined ? names.filter(each => !onDemand.includes(each)) : [name]
for (const each of chosen) {
  if (chosen.length > 1) process.stdout.write(`\n${each}\n`)
  process.exitCode ||= await runBench(each, options)
}

function runBench(bench: string, options: readonly string[]): Promise<number> {
  const file = join(import.meta.dirname, `${bench}.bench.js`)
  const child = spawn(process.execPath, [file, ...options], { stdio: 'inherit' })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', code => resolve(code ?? 1))
  })
}
