/** A short share of `npm run soak:wire`. */

import { soakWire } from './wire-soak.ts'

const SECONDS = 20
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000)

describe('many clients', function () {
  this.timeout(SECONDS * 1000 + 120_000)

  it(`get on for ${SECONDS} s (SEED=${seed})`, async () => {
    const lines: string[] = []
    await soakWire({ seconds: SECONDS, seed, idle: 60, busy: 20 }, line => lines.push(line))
    process.stdout.write(`      ${lines.at(-1)}\n`)
  })
})
