/** postgres.js against Millrace and PostgreSQL: named statements, described before they are bound. */

import { strict as assert } from 'node:assert'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { connectionUrl, targets } from './targets.ts'

for (const { name, use } of targets) {
  describe(`postgres.js on ${name}`, () => {
    let sql: postgres.Sql
    const notices: (string | undefined)[] = []
    after(() => sql?.end())
    const target = use()

    before(() => {
      sql = postgres(connectionUrl(target()), {
        max: 3,
        onnotice: ({ message }) => notices.push(message),
        connection: { TimeZone: 'UTC' },
      })
    })

    async function table(name: string, columns: string): Promise<void> {
      await sql.unsafe(`DROP TABLE IF EXISTS ${name}`)
      await sql.unsafe(`CREATE TABLE ${name} (${columns})`)
    }

    it('sends and receives values', async () => {
      const when = new Date('2026-05-06T07:08:09.123Z')
      const [row] = await sql`SELECT ${true}::bool AS b, ${7}::int AS i, ${'9007199254740993'}::int8 AS l,
        ${1.5}::float8 AS f, ${'1.50'}::numeric AS n, ${'grün'}::text AS t,
        ${Buffer.from([0, 255])}::bytea AS y,
        ${when}::timestamptz AS w, ${sql.json({ a: [1, null] })}::jsonb AS j, ${null}::text AS nothing`
      assert.deepEqual(
        { ...row },
        {
          b: true,
          i: 7,
          l: '9007199254740993',
          f: 1.5,
          n: '1.50',
          t: 'grün',
          y: Buffer.from([0, 255]),
          w: when,
          j: { a: [1, null] },
          nothing: null,
        },
      )
    })

    it('infers the types of parameters', async () => {
      await table('js_inferred', 'k int8 PRIMARY KEY, v text, n numeric(8,2), t timestamptz')
      const when = new Date('2026-01-01T00:00:00Z')
      await sql`INSERT INTO js_inferred ${sql({ k: 1, v: 'x', n: 2.5, t: when })}`
      const rows = await sql`SELECT * FROM js_inferred WHERE k = ${1} AND t <= ${when} LIMIT ${5}`
      assert.deepEqual([...rows], [{ k: '1', v: 'x', n: '2.50', t: when }])
      const updated = await sql`UPDATE js_inferred SET ${sql({ v: 'y' }, 'v')} WHERE k IN ${sql([1, 2])}`
      assert.deepEqual([updated.command, updated.count], ['UPDATE', 1])
    })

    it('builds statements from parts', async () => {
      await table('js_dynamic', 'a int, b text')
      await sql`INSERT INTO ${sql('js_dynamic')} ${sql(
        [
          { a: 1, b: 'x' },
          { a: 2, b: 'y' },
        ],
        'a',
        'b',
      )}`
      const condition = sql`b = ${'y'}`
      const rows = await sql`SELECT ${sql(['b', 'a'])} FROM js_dynamic WHERE ${condition} OR ${false}`
      assert.deepEqual([...rows], [{ b: 'y', a: 2 }])
    })

    it('runs statements without parameters simply, several at once', async () => {
      const results = await sql.unsafe('SELECT 1 AS a; SELECT 2 AS b').simple()
      assert.deepEqual(
        [...results].map(rows => [...(rows as Iterable<unknown>)]),
        [[{ a: 1 }], [{ b: 2 }]],
      )
      assert.deepEqual([...(await sql.unsafe('SELECT $1::int + 1 AS c', [2], { prepare: true }))], [{ c: 3 }])
      assert.deepEqual([...(await sql`SELECT 1, 'x'`.values())], [[1, 'x']])
    })

    it('prepares a statement once', async () => {
      const { types, columns } = await sql`SELECT ${1}::int4 AS a, ${'x'}::text AS b`.describe()
      assert.deepEqual(
        [types, columns.map(({ name, type }) => [name, type])],
        [
          [23, 25],
          [
            ['a', 23],
            ['b', 25],
          ],
        ],
      )
      for (let number = 0; number < 20; number++) {
        assert.equal((await sql`SELECT ${number}::int AS n`)[0]?.['n'], number)
      }
    })

    it('sends many statements without waiting', async () => {
      const rows = await Promise.all(Array.from({ length: 200 }, (_, n) => sql`SELECT ${n}::int AS n`))
      assert.deepEqual(
        rows.map(([row]) => row?.['n']),
        Array.from({ length: 200 }, (_, n) => n),
      )
    })

    it('reads through cursors', async () => {
      const sizes: number[] = []
      for await (const rows of sql`SELECT g FROM generate_series(1, ${2500}) g`.cursor(1000))
        sizes.push(rows.length)
      assert.deepEqual(sizes, [1000, 1000, 500])
      await sql`SELECT g FROM generate_series(1, 1000000) g`.cursor(10, () => sql.CLOSE)
      let count = 0
      await sql`SELECT g FROM generate_series(1, 5000) g`.forEach(() => {
        count++
      })
      assert.equal(count, 5000)
    })

    it('copies in and out', async () => {
      await table('js_copied', 'a int, b text')
      const into = await sql`COPY js_copied FROM STDIN`.writable()
      await pipeline(async function* () {
        for (let row = 0; row < 20_000; row++) yield `${row}\trow ${row}\n`
      }, into)
      // postgres.js sometimes forgets to resume a connection after this, whatever the server.
      const own = postgres(connectionUrl(target()), { max: 1 })
      const out = await own`COPY (SELECT a FROM js_copied ORDER BY a) TO STDOUT`.readable()
      let text = ''
      for await (const chunk of out) text += chunk
      await own.end({ timeout: 0 })
      assert.equal(text, Array.from({ length: 20_000 }, (_, row) => `${row}\n`).join(''))
    })

    it('nests transactions', async () => {
      await table('js_tx', 'k int PRIMARY KEY')
      await sql.begin(async tx => {
        await tx`INSERT INTO js_tx VALUES (1)`
        await assert.rejects(
          tx.savepoint(async inner => {
            await inner`INSERT INTO js_tx VALUES (2)`
            await inner`INSERT INTO js_tx VALUES (1)`
          }),
          { code: '23505' },
        )
        await tx.savepoint(inner => inner`INSERT INTO js_tx VALUES (3)`)
      })
      await assert.rejects(
        sql.begin('READ ONLY', tx => tx`INSERT INTO js_tx VALUES (4)`),
        { code: '25006' },
      )
      assert.deepEqual([...(await sql`SELECT k FROM js_tx ORDER BY k`)], [{ k: 1 }, { k: 3 }])
    })

    it('listens', async () => {
      const heard: string[] = []
      const { unlisten } = await sql.listen('js_channel', payload => heard.push(payload))
      await sql.notify('js_channel', 'one')
      await sql`SELECT pg_notify('js_channel', ${'two'})`
      while (heard.length < 2) await sleep(10)
      assert.deepEqual(heard, ['one', 'two'])
      await unlisten()
    })

    it('reports errors and notices', async () => {
      await assert.rejects(sql`SELECT ${1}::int + nope`, { code: '42703', position: '18' })
      await assert.rejects(sql`SELECT ${'x'}::int`, { code: '22P02' })
      notices.length = 0
      await sql`DROP TABLE IF EXISTS js_nothing`
      assert.deepEqual(notices, ['table "js_nothing" does not exist, skipping'])
    })

    it('cancels', async () => {
      // On a connection that no test before used: see the COPY above.
      const own = postgres(connectionUrl(target()), { max: 1 })
      await own`SELECT 1`
      const query = own`SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b`
      // Before the statement runs a cancel has no effect, and postgres.js sends one only.
      setTimeout(() => query.cancel(), 500)
      await assert.rejects(query, { code: '57014' })
      assert.deepEqual([...(await own`SELECT 1 AS one`)], [{ one: 1 }])
      await own.end({ timeout: 0 })
    })
  })
}
