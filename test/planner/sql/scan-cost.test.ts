/** Texts that PostgreSQL's scanner would take minutes for. */

import { strict as assert } from 'node:assert'
import { loadParser, parse } from '../../../planner/sql/parse.ts'
import { scanSteps, scanStepsMax } from '../../../planner/sql/scan-cost.ts'

describe('scan cost', () => {
  before(loadParser)

  it('grows with the square of a run of operator characters', () => {
    const blanks = ' '.repeat(5000)
    assert.equal(scanSteps(`${blanks}SELECT 1 + 1 <= 2`), 5 + 0)
    assert.equal(scanSteps(`${blanks}SELECT ${'-'.repeat(1000)}`), 1_000_000)
    assert.equal(scanSteps('+'.repeat(100)), 0)
  })

  it('refuses texts over the bound, and takes long ones of the usual kind', () => {
    const hostile = [
      `SELECT ${'+'.repeat(100_000)}1`,
      `SELECT 1 ${'/*'.repeat(100_000)}${'*/'.repeat(100_000)}`,
      `SELECT ${`${'@-'.repeat(3000)} `.repeat(100)}1`,
    ]
    for (const text of hostile) assert.throws(() => parse(text), { code: '54001' })
    const rows = Array.from({ length: 20_000 }, (_, row) => `(${row} - 1, '-- == ${row}')`)
    const banner = `/${'*'.repeat(200)}/\n`
    const usual = `${banner.repeat(100)}INSERT INTO t VALUES ${rows.join(', ')}`
    assert(scanSteps(usual) < scanStepsMax / 4)
    assert.equal(parse(usual).length, 1)
  })
})
