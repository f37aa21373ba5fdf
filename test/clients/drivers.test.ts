/**
 * node-postgres (with cursors) and postgres.js: the two drivers of Node, each in the way its users use it.
 */

import { strict as assert } from 'node:assert'
import pg from 'pg'
import Cursor from 'pg-cursor'
import postgres from 'postgres'
import { Millrace } from '../../server/index.ts'

describe('drivers', () => {
  let database: Millrace
  let url: string

  before(async () => {
    database = await Millrace.create()
    ;({ url } = await database.listen({ host: '127.0.0.1', port: 0 }))
    await database.exec(`
      CREATE TABLE item (
        id int PRIMARY KEY, name text, price numeric(10,2), tags text[], made timestamptz, data jsonb, ok bool
      );
      CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n, sum(price) AS price FROM item`)
  })
  after(() => database.close())

  describe('node-postgres', () => {
    let client: pg.Client
    before(async () => {
      client = new pg.Client({
        connectionString: url.replace('://', '://tester@'),
        statement_timeout: 30_000,
        application_name: 'test',
      })
      await client.connect()
    })
    after(() => client.end())

    it('writes with parameters and reads its own writes', async () => {
      const made = new Date('2026-05-06T07:08:09.123Z')
      const inserted = await client.query(
        'INSERT INTO item VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id, name',
        [1, 'Bürste', '12.50', ['a', 'b,c'], made, { x: [1] }, true],
      )
      assert.deepEqual(
        [inserted.rows, inserted.rowCount, inserted.command],
        [[{ id: 1, name: 'Bürste' }], 1, 'INSERT'],
      )
      const { rows } = await client.query('SELECT * FROM item WHERE id = $1', [1])
      assert.deepEqual(rows, [
        { id: 1, name: 'Bürste', price: '12.50', tags: ['a', 'b,c'], made, data: { x: [1] }, ok: true },
      ])
      assert.deepEqual((await client.query('SELECT * FROM total')).rows, [{ n: '1', price: '12.50' }])
    })

    it('uses named statements again', async () => {
      for (const id of [1, 2, 3]) {
        const { rows } = await client.query({ name: 'plus', text: 'SELECT $1::int + 1 AS v', values: [id] })
        assert.deepEqual(rows, [{ v: id + 1 }])
      }
    })

    it('rolls back and commits', async () => {
      await client.query('BEGIN')
      await client.query("INSERT INTO item (id, name) VALUES (7, 'x')")
      await client.query('ROLLBACK')
      assert.equal((await client.query('SELECT * FROM item WHERE id = 7')).rowCount, 0)
      await client.query('BEGIN')
      await client.query("INSERT INTO item (id, name) VALUES (8, 'x')")
      await client.query("INSERT INTO item (id, name) VALUES (9, 'y')")
      await client.query('COMMIT')
      assert.equal((await client.query('DELETE FROM item WHERE id IN (8, 9)')).rowCount, 2)
    })

    it('reports errors with their fields', async () => {
      await assert.rejects(
        client.query("INSERT INTO item (id, name) VALUES (1, 'again')"),
        (error: pg.DatabaseError) => {
          assert.equal(error.code, '23505')
          assert.equal(error.message, 'duplicate key value violates unique constraint "item_pkey"')
          assert.equal(error.detail, 'Key (id)=(1) already exists.')
          return true
        },
      )
      await assert.rejects(client.query('SELECT nope FROM item'), { code: '42703', position: '8' })
    })

    it('reads through a cursor', async () => {
      const cursor = client.query(
        new Cursor<{ g: number }>('SELECT g FROM generate_series(1, $1::int) g', [2500]),
      )
      const sizes: number[] = []
      for (let rows = await cursor.read(1000); rows.length > 0; rows = await cursor.read(1000))
        sizes.push(rows.length)
      await cursor.close()
      assert.deepEqual(sizes, [1000, 1000, 500])
      assert.equal((await client.query('SELECT 1 AS one')).rows[0].one, 1)
    })
  })

  describe('postgres.js', () => {
    let sql: postgres.Sql
    before(() => {
      sql = postgres(url, { user: 'tester', max: 2, onnotice: () => undefined })
    })
    after(() => sql.end())

    it('queries with templates', async () => {
      const name = 'b'
      const rows = await sql`SELECT ${name} || 'c' AS t, ${41}::int + 1 AS n, ${true}::bool AS b,
          ${'2026-01-02'}::date AS d`
      assert.deepEqual({ ...rows[0] }, { t: 'bc', n: 42, b: true, d: new Date('2026-01-02') })
    })

    it('inserts objects in a transaction', async () => {
      await sql.begin(async tx => {
        await tx`INSERT INTO item ${tx([
          { id: 20, name: 'p' },
          { id: 21, name: 'q' },
        ])}`
      })
      const rows = await sql`SELECT id FROM item WHERE id = ANY(${[20, 21, 22]}) ORDER BY id`
      assert.deepEqual(
        rows.map(row => row['id']),
        [20, 21],
      )
      await sql`DELETE FROM item WHERE id >= 20`
    })

    it('reads with a cursor', async () => {
      let count = 0
      await sql`SELECT g FROM generate_series(1, 1000) g`.cursor(300, rows => {
        count += rows.length
      })
      assert.equal(count, 1000)
    })
  })

  it('streams a million rows through a cursor', async function () {
    this.timeout(60_000)
    const client = new pg.Client({ connectionString: url.replace('://', '://tester@') })
    await client.connect()
    const cursor = client.query(
      new Cursor('SELECT g, g * 2 AS twice, md5(g::text) AS hash FROM generate_series(1, 1000000) g'),
    )
    let rows = 0
    for (let batch = await cursor.read(20_000); batch.length > 0; batch = await cursor.read(20_000)) {
      rows += batch.length
    }
    await client.end()
    assert.equal(rows, 1_000_000)
  })
})
