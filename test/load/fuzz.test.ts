/** A short share of `npm run fuzz:wire`. */

import { fuzzWire } from './wire-fuzz.ts'

const SECONDS = 20
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000)

describe('hostile clients', function () {
  this.timeout(SECONDS * 1000 + 120_000)

  it(`do no harm for ${SECONDS} s (SEED=${seed})`, async () => {
    const lines: string[] = []
    await fuzzWire({ seconds: SECONDS, seed, clients: 0 }, line => lines.push(line))
    process.stdout.write(`      ${lines.at(-1)}\n`)
  })
})
