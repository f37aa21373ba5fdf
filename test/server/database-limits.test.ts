/** Sizes and counts that sessions and statements may reach: past each an error, and the session goes on. */

import { strict as assert } from 'node:assert'
import { serialize } from 'pg-protocol'
import type { DatabaseLimits } from '../../server/database-limits.ts'
import { errorField, summary, type WireClient } from '../support/wire-client.ts'
import { TestServer } from '../support/wire-server.ts'

describe('database limits', () => {
  let server: TestServer
  let client: WireClient

  afterEach(() => server.close())

  async function start(databaseLimits: Partial<DatabaseLimits>): Promise<void> {
    server = await TestServer.start({ databaseLimits })
    client = await server.login()
  }

  async function ask(sql: string, other = client): Promise<string> {
    await other.send(serialize.query(sql))
    return summary(await other.readUntilReady())
  }

  /** SQLSTATE and message of the only error. */
  async function failure(sql: string): Promise<string> {
    await client.send(serialize.query(sql))
    const { body } = (await client.readUntilReady()).find(({ type }) => type === 'E')!
    return `${errorField(body, 'C')} ${errorField(body, 'M')}`
  }

  it('hold for the text of a statement', async () => {
    await start({ statementBytesMax: 2000 })
    const text = `SELECT '${'é'.repeat(1000)}'`
    assert.equal(await failure(text), '54000 statement text is too long')
    await client.send(serialize.parse({ text }), serialize.sync())
    assert.equal(summary(await client.readUntilReady()), 'E(54000) Z(I)')
    assert.equal(await ask(`SELECT '${'é'.repeat(900)}'`), 'T(1) D C(SELECT 1) Z(I)')
  })

  it('may let a statement be longer than the default', async () => {
    await start({ statementBytesMax: 3 * 1024 * 1024 })
    const text = `SELECT length('${'x'.repeat(2 * 1024 * 1024)}')`
    assert.equal(await ask(text), 'T(1) D C(SELECT 1) Z(I)')
  })

  it('hold for the number of prepared statements and the length of their texts', async () => {
    await start({ preparedStatementsMax: 2, preparedBytesMax: 300 })
    const long = `SELECT '${'x'.repeat(200)}'`
    const texts = 'the texts of prepared statements are too long (at most 300 bytes in a session)'
    assert.equal(await ask(`PREPARE a AS ${long}`), 'C(PREPARE) Z(I)')
    assert.equal(await failure(`PREPARE b AS ${long}`), `54000 ${texts}`)
    assert.equal(await ask('PREPARE b AS SELECT 1'), 'C(PREPARE) Z(I)')
    const count = 'too many prepared statements (at most 2 in a session)'
    assert.equal(await failure('PREPARE c AS SELECT 1'), `54000 ${count}`)
    assert.equal(await ask('DEALLOCATE a'), 'C(DEALLOCATE) Z(I)')
    assert.equal(await ask(`PREPARE c AS ${long}`), 'C(PREPARE) Z(I)')
    // The unnamed one is replaced, and does not count.
    await client.send(serialize.parse({ text: `${long}, 2` }), serialize.sync())
    assert.equal(summary(await client.readUntilReady()), '1 Z(I)')
    assert.equal(await ask('DEALLOCATE ALL'), 'C(DEALLOCATE ALL) Z(I)')
    assert.equal(await ask(`PREPARE a AS ${long}`), 'C(PREPARE) Z(I)')
  })

  it('hold for portals and cursors', async () => {
    await start({ portalsMax: 1, cursorsMax: 1 })
    await ask('BEGIN')
    assert.equal(await ask('DECLARE a CURSOR FOR SELECT 1'), 'C(DECLARE CURSOR) Z(T)')
    assert.equal(await failure('DECLARE b CURSOR FOR SELECT 1'), '54000 too many cursors (at most 1)')
    await ask('ROLLBACK')
    await client.send(
      serialize.parse({ text: 'SELECT 1' }),
      serialize.bind({ portal: 'a' }),
      serialize.bind({ portal: 'b' }),
      serialize.sync(),
    )
    assert.equal(summary(await client.readUntilReady()), '1 2 E(54000) Z(I)')
  })

  for (const [what, query] of [
    ['sorted rows', 'SELECT g FROM generate_series(1, 1000000) g ORDER BY g % 7'],
    ['groups', 'SELECT g, count(*) FROM generate_series(1, 1000000) g GROUP BY g'],
    ['distinct rows', 'SELECT DISTINCT g FROM generate_series(1, 1000000) g'],
    ['joined rows', 'SELECT 1 FROM generate_series(1, 9) a JOIN generate_series(1, 1000000) b ON a = b'],
    ['collected values', "SELECT string_agg(g::text, ',') FROM generate_series(1, 10000000) g"],
  ] as const) {
    it(`hold for what a query keeps in memory: ${what}`, async () => {
      await start({ queryMemoryMax: 1_000_000 })
      assert.equal(await failure(query), '53200 out of memory')
      assert.equal(await ask('SELECT g FROM generate_series(1, 9) g ORDER BY 1'), 'T(1) D*9 C(SELECT 9) Z(I)')
    })
  }

  for (const [what, query] of [
    ['repeated', "SELECT length(repeat('ab', 5001))"],
    ['padded', "SELECT lpad('x', 10001)"],
    ['replaced', "SELECT length(replace(repeat('a', 5001), 'a', 'xy'))"],
    ['put together', "SELECT repeat('a', 9000) || repeat('b', 1001)"],
    ['put together from strings', "SELECT concat(repeat('a', 9000), repeat('b', 1001))"],
    ['matched', "SELECT regexp_replace(repeat('a', 5001), 'a', 'xy', 'g')"],
    ['split', "SELECT string_to_array(repeat('a,', 3000), ',')"],
    ['joined', "SELECT string_agg(g::text, ',') FROM generate_series(1, 5000) g"],
    ['collected', 'SELECT array_agg(g) FROM generate_series(1, 5000) g'],
    ['described', 'SELECT json_agg(g) FROM generate_series(1, 5000) g'],
  ] as const) {
    it(`hold for one value: ${what}`, async () => {
      await start({ valueBytesMax: 10_000 })
      assert.equal(await failure(query), '54000 requested length too large')
    })
  }

  it('leave a longer value usable that came in', async () => {
    await start({ valueBytesMax: 10_000 })
    await ask('CREATE TABLE kept (v text)')
    await ask(`INSERT INTO kept VALUES ('${'x'.repeat(20_000)}')`)
    const query = "SELECT v, length(v), coalesce(v, ''), left(v, -1) FROM kept WHERE v LIKE 'x%' ORDER BY v"
    assert.equal(await ask(query), 'T(4) D C(SELECT 1) Z(I)')
    assert.equal(await failure("SELECT v || 'x' FROM kept"), '54000 requested length too large')
  })

  it('leave a query alone whose rows pass through', async () => {
    await start({ queryMemoryMax: 1_000_000 })
    const query = 'SELECT count(*) FROM generate_series(1, 3000000)'
    assert.equal(await ask(query), 'T(1) D C(SELECT 1) Z(I)')
    const sorted = 'SELECT g FROM generate_series(1, 1000000) g ORDER BY g DESC LIMIT 3'
    assert.equal(await ask(sorted), 'T(1) D*3 C(SELECT 3) Z(I)')
  })

  it('hold for notifications that a listener does not take', async () => {
    await start({ notificationBytesMax: 10_000 })
    const busy = await server.login()
    await ask('LISTEN news', busy)
    await ask('BEGIN', busy)
    const notify = `SELECT pg_notify('news', repeat('x', 5000) || $1)`.replace('$1', 'now()::text')
    const answers: string[] = []
    for (let times = 0; times < 4; times++) answers.push(await ask(notify))
    assert.match(answers[0]!, /C\(SELECT 1\) Z\(I\)$/)
    assert.match(answers[3]!, /E\(54000\) Z\(I\)$/)
    await ask('COMMIT', busy)
    assert.match(await ask(notify), /C\(SELECT 1\) Z\(I\)$/)
  })

  it('are far, and joins can be cancelled all the same', async () => {
    await start({})
    await ask("SET statement_timeout = '200ms'")
    const series = Array.from({ length: 4 }, (_, index) => `generate_series(1, 3000) s${index}`)
    const query = `SELECT count(*) FROM ${series.join(' CROSS JOIN ')}`
    assert.equal(await failure(query), '57014 canceling statement due to statement timeout')
  })
})
