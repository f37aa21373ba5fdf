/** What transactions, cursors and prepared statements hold: past a limit 53200, and all is given back. */

import { strict as assert } from 'node:assert'
import { serialize } from 'pg-protocol'
import type { DatabaseLimits } from '../../server/database-limits.ts'
import { errorField, summary, type WireClient } from '../support/wire-client.ts'
import { TestServer } from '../support/wire-server.ts'

const TRANSACTION = { detail: /^The transaction holds \d+ bytes; 1000000 are allowed\.$/ }
const ALL = { detail: /^All sessions together hold \d+ bytes; 1000000 are allowed\.$/ }

describe('memory limits', () => {
  let server: TestServer
  let client: WireClient

  afterEach(() => server.close())

  async function start(databaseLimits: Partial<DatabaseLimits>): Promise<void> {
    server = await TestServer.start({ databaseLimits })
    client = await server.login()
    await ask('CREATE TABLE t (k int, v text)')
    await ask('CREATE TABLE u (k int PRIMARY KEY, v text)')
    assert.equal(held(), 0)
  }

  const held = () => server.database.memory.bytes

  async function ask(sql: string, other = client): Promise<string> {
    await other.send(serialize.query(sql))
    return summary(await other.readUntilReady())
  }

  async function refused(
    sql: string,
    { detail }: { readonly detail: RegExp },
    other = client,
  ): Promise<void> {
    await other.send(serialize.query(sql))
    const { body } = (await other.readUntilReady()).find(({ type }) => type === 'E')!
    assert.equal(`${errorField(body, 'C')} ${errorField(body, 'M')}`, '53200 out of memory', sql)
    assert.match(errorField(body, 'D')!, detail)
  }

  const many = (table: string, from = 1, count = 30_000) =>
    `INSERT INTO ${table} SELECT g, 'row ' || g FROM generate_series(${from}, ${from + count - 1}) g`

  for (const table of ['t', 'u']) {
    it(`hold for the rows of a transaction block: table ${table}`, async () => {
      await start({ transactionMemoryMax: 1_000_000 })
      await ask('BEGIN')
      assert.equal(await ask(many(table, 1, 5000)), 'C(INSERT 0 5000) Z(T)')
      await refused(many(table, 5001), TRANSACTION)
      assert.equal(await ask('SELECT 1'), 'E(25P02) Z(E)')
      assert.equal(await ask('ROLLBACK'), 'C(ROLLBACK) Z(I)')
      assert.equal(held(), 0)
      assert.equal(
        await ask(`BEGIN;${many(table, 1, 5000)};COMMIT`),
        'C(BEGIN) C(INSERT 0 5000) C(COMMIT) Z(I)',
      )
      assert.equal(held(), 0)
    })
  }

  it('hold for many statements, each with one row', async () => {
    await start({ transactionMemoryMax: 100_000 })
    await ask('BEGIN')
    const one = `INSERT INTO t VALUES (1, repeat('x', 10000));`
    const answer = await ask(one.repeat(20))
    assert.match(answer, /^(C\(INSERT 0 1\) ){3,9}E\(53200\) Z\(E\)$/)
    await ask('ROLLBACK')
    assert.equal(held(), 0)
  })

  it('hold for deleted and updated rows', async () => {
    await start({ transactionMemoryMax: 1_000_000 })
    for (let start = 1; start < 60_000; start += 10_000) await ask(many('u', start, 10_000))
    await ask('BEGIN')
    await refused('DELETE FROM u', TRANSACTION)
    await ask('ROLLBACK')
    await ask('BEGIN')
    await refused('UPDATE u SET k = k + 1', TRANSACTION)
    await ask('ROLLBACK')
    assert.equal(held(), 0)
    assert.equal(await ask('DELETE FROM u WHERE k <= 10000'), 'C(DELETE 10000) Z(I)')
    assert.equal(held(), 0)
  })

  it('hold across savepoints, and give back what came after one', async () => {
    await start({ transactionMemoryMax: 2_000_000 })
    const allowed = { detail: /^The transaction holds \d+ bytes; 2000000 are allowed\.$/ }
    await ask('BEGIN')
    await ask('INSERT INTO t VALUES (0)')
    const before = held()
    for (let times = 0; times < 5; times++) {
      await ask('SAVEPOINT s')
      assert.equal(await ask(many('t', 1, 20_000)), 'C(INSERT 0 20000) Z(T)')
      assert.ok(held() > 800_000, `${held()}`)
      await refused(many('t', 1, 50_000), allowed)
      assert.equal(await ask('ROLLBACK TO s'), 'C(ROLLBACK) Z(T)')
      assert.ok(held() - before < 500_000, `${held()}`)
    }
    assert.equal(await ask('COMMIT'), 'C(COMMIT) Z(I)')
    assert.equal(held(), 0)
    assert.equal(await ask('SELECT * FROM t'), 'T(2) D C(SELECT 1) Z(I)')
  })

  it('give a table back that a savepoint knows nothing of', async () => {
    await start({})
    await ask('BEGIN; SAVEPOINT s')
    await ask(many('u'))
    assert.ok(held() > 1_000_000)
    await ask('ROLLBACK TO s')
    assert.equal(held(), 0)
    assert.equal(await ask(`${many('u')}; COMMIT`), 'C(INSERT 0 30000) C(COMMIT) Z(I)')
    assert.equal(held(), 0)
  })

  it('hold for a statement by itself', async () => {
    await start({ transactionMemoryMax: 1_000_000 })
    await refused(many('t', 1, 100_000), TRANSACTION)
    assert.equal(held(), 0)
    assert.equal(await ask(many('t', 1, 20_000)), 'C(INSERT 0 20000) Z(I)')
    assert.equal(held(), 0)
    await refused(`UPDATE t SET v = repeat(v, 100)`, TRANSACTION)
    assert.equal(await ask('SELECT DISTINCT length(v) < 10 FROM t'), 'T(1) D C(SELECT 1) Z(I)')
    assert.equal(held(), 0)
  })

  it('hold for what RETURNING keeps for the client, before anything is written', async () => {
    await start({ transactionMemoryMax: 1_000_000 })
    await refused(`${many('t', 1, 9000)} RETURNING repeat(v, 50)`, TRANSACTION)
    assert.equal(await ask('SELECT count(*) FROM t HAVING count(*) > 0'), 'T(1) C(SELECT 0) Z(I)')
    assert.equal(held(), 0)
    await client.send(
      serialize.parse({ text: `${many('t', 1, 9000)} RETURNING *` }),
      serialize.bind(),
      serialize.execute({ rows: 1 }),
      serialize.flush(),
    )
    for (let type = ''; type !== 's'; ) type = (await client.read())!.type
    assert.ok(held() > 100_000, `${held()}`)
    await client.send(serialize.sync())
    await client.readUntilReady()
    await ask('SELECT 1')
    assert.equal(held(), 0)
  })

  it('hold for COPY', async () => {
    await start({ transactionMemoryMax: 1_000_000 })
    const data = Buffer.from('1\tsome text\n'.repeat(100_000))
    const copy = async (from: Buffer) => {
      await client.send(
        serialize.query('COPY t FROM STDIN'),
        serialize.copyData(from as never),
        serialize.copyDone(),
      )
      return summary(await client.readUntilReady())
    }
    assert.equal(await copy(data), 'G E(53200) Z(I)')
    assert.equal(held(), 0)
    await ask('BEGIN')
    assert.equal(await copy(data), 'G E(53200) Z(E)')
    await ask('ROLLBACK')
    assert.equal(held(), 0)
    assert.equal(await copy(data.subarray(0, 120_000)), 'G C(COPY 10000) Z(I)')
    assert.equal(held(), 0)
  })

  it('hold for notifications that COMMIT is to send', async () => {
    await start({ transactionMemoryMax: 1_000_000 })
    await ask('BEGIN; SAVEPOINT s')
    const notify = `SELECT pg_notify('news', repeat('x', 5000)) FROM generate_series(1, 1000)`
    await refused(notify, TRANSACTION)
    await ask('ROLLBACK TO s')
    assert.equal(held(), 0)
    assert.equal(await ask(`NOTIFY news, 'x'; COMMIT`), 'C(NOTIFY) C(COMMIT) Z(I)')
    assert.equal(held(), 0)
  })

  it('hold for all sessions together, and those that go on are not hurt', async () => {
    await start({ workMemoryMax: 1_000_000 })
    const other = await server.login()
    assert.equal(await ask(`BEGIN;${many('t', 1, 15_000)}`, other), 'C(BEGIN) C(INSERT 0 15000) Z(T)')
    await ask('BEGIN')
    await refused(many('t', 1, 15_000), ALL)
    await ask('ROLLBACK')
    await refused('SELECT g FROM generate_series(1, 1000000) g ORDER BY g % 7', ALL)
    assert.equal(await ask('COMMIT', other), 'C(COMMIT) Z(I)')
    assert.equal(held(), 0)
    assert.equal(await ask(`BEGIN;${many('t', 1, 15_000)}`, other), 'C(BEGIN) C(INSERT 0 15000) Z(T)')
    other.close()
    while (held() > 0) await new Promise(resolve => setTimeout(resolve, 5))
    assert.equal(await ask(many('t', 1, 15_000)), 'C(INSERT 0 15000) Z(I)')
  })

  it('hold for cursors that keep their rows', async () => {
    await start({ workMemoryMax: 1_000_000 })
    const rows = 'SELECT g FROM generate_series(1, 1000000) g'
    await ask(`BEGIN; DECLARE c SCROLL CURSOR FOR ${rows}`)
    await refused('MOVE ALL c', ALL)
    await ask('ROLLBACK')
    assert.equal(held(), 0)
    await ask(`BEGIN; DECLARE c CURSOR WITH HOLD FOR ${rows}`)
    await refused('COMMIT', ALL)
    assert.equal(held(), 0)
    assert.match(
      await ask(`BEGIN; DECLARE c CURSOR WITH HOLD FOR ${rows} LIMIT 9; COMMIT`),
      /C\(COMMIT\) Z\(I\)/,
    )
    assert.ok(held() > 0)
    await ask('CLOSE c')
    assert.equal(held(), 0)
    // One that was not asked to scroll forgets them.
    await ask(`DECLARE a SCROLL CURSOR WITH HOLD FOR ${rows} LIMIT 200000`)
    await ask(`BEGIN; DECLARE b CURSOR FOR ${rows}; MOVE 100000 b`)
    assert.equal(await ask('MOVE 100000 b'), 'C(MOVE 100000) Z(T)')
    assert.equal(await ask('MOVE BACKWARD ALL b'), 'E(55000) Z(E)')
    await ask('ROLLBACK')
    await ask('CLOSE ALL')
    assert.equal(held(), 0)
  })

  it('hold for rows of a FETCH that another one leaves behind', async () => {
    await start({ workMemoryMax: 1_000_000 })
    await ask('BEGIN; DECLARE c NO SCROLL CURSOR FOR SELECT g FROM generate_series(1, 1000000) g')
    await client.send(
      serialize.parse({ text: 'FETCH ALL c' }),
      serialize.bind({ portal: 'p' }),
      serialize.execute({ portal: 'p', rows: 1 }),
      serialize.sync(),
    )
    assert.equal(summary(await client.readUntilReady()), '1 2 D s Z(T)')
    await refused('FETCH c', ALL)
    await ask('ROLLBACK')
    assert.equal(held(), 0)
  })

  it('hold for prepared statements', async () => {
    await start({ workMemoryMax: 1_000_000 })
    const long = `SELECT '${'x'.repeat(10_000)}'`
    assert.equal(await ask(`PREPARE a AS ${long}`), 'C(PREPARE) Z(I)')
    const other = await server.login()
    assert.equal(await ask(`PREPARE a AS ${long}`, other), 'C(PREPARE) Z(I)')
    await refused(`PREPARE b AS ${long}`, ALL)
    assert.equal(await ask('DEALLOCATE a', other), 'C(DEALLOCATE) Z(I)')
    assert.equal(await ask(`PREPARE b AS ${long}`), 'C(PREPARE) Z(I)')
    await ask('DEALLOCATE ALL')
    assert.equal(held(), 0)
  })
})
