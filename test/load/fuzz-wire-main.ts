/** `npm run fuzz:wire -- --seconds 300 --seed 7 --clients 1`: see wire-fuzz.ts. */

import { readOptions } from './load-options.ts'
import { attackNames, fuzzWire } from './wire-fuzz.ts'

const options = readOptions(process.argv.slice(2), {
  seconds: 300,
  seed: Date.now() % 1_000_000_000,
  clients: 0,
})
const print = (line: string): void => void process.stdout.write(`${line}\n`)
print(`fuzzing for ${options.seconds} s with --seed ${options.seed}: ${attackNames}`)
await fuzzWire(options, print)
