/** `npm run soak:wire -- --seconds 300 --idle 500 --busy 100 --seed 7`: see wire-soak.ts. */

import { readOptions } from './load-options.ts'
import { soakWire } from './wire-soak.ts'

const options = readOptions(process.argv.slice(2), {
  seconds: 300,
  idle: 500,
  busy: 100,
  seed: Date.now() % 1_000_000_000,
})
const print = (line: string): void => void process.stdout.write(`${line}\n`)
print(
  `${options.idle} idle and ${options.busy} busy clients for ${options.seconds} s, --seed ${options.seed}`,
)
await soakWire(options, print)
