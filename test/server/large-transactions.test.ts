/** Statements in a transaction block that write more rows than go into one batch. */

import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { pino } from 'pino'
import { Database } from '../../server/database.ts'
import type { DatabaseSession } from '../../server/session.ts'
import { sessionAnswer } from './same-as-postgres.ts'

const ROWS = 60_000

describe('large transactions', function () {
  this.timeout(30_000)
  let database: Database
  let session: DatabaseSession
  beforeEach(async () => {
    database = await Database.open({ logger: pino({ level: 'silent' }) })
    session = database.connectEmbedded()
    await run('CREATE TABLE t (k int PRIMARY KEY, v int)')
    await run(`INSERT INTO t SELECT g, g % 7 FROM generate_series(1, ${ROWS}) g`)
  })
  afterEach(() => database.close())

  const run = (sql: string, other = session) => sessionAnswer(other, sql)
  const totals = async (other = session) => {
    const answer = await run('SELECT count(*), min(k), max(k), sum(k::bigint), sum(v::bigint) FROM t', other)
    return (answer as [[string, [string[]]]])[0][1][0].map(Number)
  }
  const sumTo = (count: number) => (count * (count + 1)) / 2
  const values = Array.from({ length: ROWS }, (_, index) => (index + 1) % 7).reduce((a, b) => a + b, 0)
  const before = [ROWS, 1, ROWS, sumTo(ROWS), values]

  it('let others run between their rows', async () => {
    let turns = 0
    let isDone = false
    const count = () => {
      turns++
      if (!isDone) setImmediate(count)
    }
    await run('BEGIN')
    setImmediate(count)
    await run('UPDATE t SET v = v + 1')
    isDone = true
    assert.ok(turns > 5, `${turns} turns`)
    await run('COMMIT')
    assert.deepEqual(await totals(), [...before.slice(0, 4), values + ROWS])
  })

  it('go back to a savepoint as a whole', async () => {
    await run('BEGIN')
    await run(`INSERT INTO t SELECT g, 0 FROM generate_series(${ROWS + 1}, ${ROWS + 20_000}) g`)
    await run('SAVEPOINT s')
    await run('UPDATE t SET v = v + 1')
    await run(`DELETE FROM t WHERE k % 2 = 0`)
    assert.deepEqual((await totals())[0], (ROWS + 20_000) / 2)
    await run('ROLLBACK TO s')
    const all = ROWS + 20_000
    assert.deepEqual(await totals(), [all, 1, all, sumTo(all), values])
    await run('COMMIT')
    assert.deepEqual(await totals(database.connectEmbedded()), [all, 1, all, sumTo(all), values])
  })

  it('move keys onto those of later rows', async () => {
    await run('BEGIN')
    await run('UPDATE t SET k = k - 1')
    await run('UPDATE t SET k = k - 1')
    const moved = [ROWS, -1, ROWS - 2, sumTo(ROWS) - 2 * ROWS, values]
    assert.deepEqual(await totals(), moved)
    await run('COMMIT')
    assert.deepEqual(await totals(database.connectEmbedded()), moved)
  })

  it('are gone with their session, whenever it ends', async () => {
    for (let turns = 0; turns < 60; turns += 6) {
      const other = database.connectEmbedded()
      await run('BEGIN', other)
      const updating = run('UPDATE t SET v = v + 1', other)
      for (let turn = 0; turn < turns; turn++) await new Promise(resolve => setImmediate(resolve))
      await other.close()
      await updating
      assert.deepEqual(await totals(), before)
    }
    await run('UPDATE t SET v = 0')
    assert.deepEqual(await totals(), [...before.slice(0, 4), 0])
  })
})
