/** node-postgres against Millrace and PostgreSQL: values, statements, transactions, pools, errors. */

import { strict as assert } from 'node:assert'
import { once } from 'node:events'
import pg from 'pg'
import { connectionUrl, targets } from './targets.ts'

for (const { name, use } of targets) {
  describe(`node-postgres on ${name}`, () => {
    let client: pg.Client
    after(() => client?.end())
    const target = use()
    before(async () => {
      client = new pg.Client({ connectionString: connectionUrl(target()), application_name: 'node-postgres' })
      await client.connect()
      await client.query("SET TimeZone = 'UTC'")
    })

    async function table(name: string, columns: string): Promise<void> {
      await client.query(`DROP TABLE IF EXISTS ${name}; CREATE TABLE ${name} (${columns})`)
    }

    async function value(text: string, ...values: readonly unknown[]): Promise<unknown> {
      const { rows } = await client.query({ text, values: [...values], rowMode: 'array' })
      return rows[0]?.[0]
    }

    it('sends and receives values', async () => {
      const when = new Date('2026-05-06T07:08:09.123Z')
      const cases: readonly (readonly [string, unknown, unknown?])[] = [
        ['bool', true],
        ['int2', -5],
        ['int4', 70_000],
        ['int8', -(2n ** 63n), '-9223372036854775808'],
        ['float4', 1.5],
        ['float8', -2.25e100],
        ['numeric', '-12345678901234567890.1230'],
        ['text', "it's \\ grün 😀"],
        ['bytea', Buffer.from([0, 1, 92, 255])],
        ['date', '2026-05-06', new Date(2026, 4, 6)],
        ['time', '07:08:09.123456'],
        ['timestamptz', when],
        ['uuid', '12345678-1234-5678-1234-567812345678'],
        ['jsonb', { a: [1, null, { b: 'ü' }] }],
        ['int4[]', [1, null, -3]],
        [
          'int4[]',
          [
            [1, 2],
            [3, 4],
          ],
        ],
        ['text[]', ['a', 'b"c', null, 'd,e', '', '\\']],
        ['timestamptz[]', [when, null]],
        ['jsonb[]', ['{"a": 1}'], [{ a: 1 }]],
      ]
      for (const [type, sent, received = sent] of cases) {
        assert.deepEqual(await value(`SELECT $1::${type}`, sent), received, type)
        assert.equal(await value(`SELECT $1::${type}`, null), null, type)
      }
    })

    it('receives binary results', async () => {
      const text = 'SELECT $1::int4 AS i, $2::int8 AS l, $3::text AS t, $4::bool AS b'
      const query = { text, values: [7, '8', 'x', true], binary: true }
      assert.deepEqual((await client.query(query)).rows, [{ i: 7, l: '8', t: 'x', b: true }])
    })

    it('describes results', async () => {
      await table('pg_described', "id int PRIMARY KEY, name varchar(9), price numeric(7,2) DEFAULT '1'")
      const { fields, command, rowCount } = await client.query(
        'SELECT name, price, 1 AS one FROM pg_described',
      )
      const seen = fields.map(({ name, dataTypeID, columnID, dataTypeModifier, dataTypeSize }) => {
        return [name, dataTypeID, columnID, dataTypeModifier, dataTypeSize]
      })
      assert.deepEqual(seen, [
        ['name', 1043, 2, 13, -1],
        ['price', 1700, 3, ((7 << 16) | 2) + 4, -1],
        ['one', 23, 0, -1, 4],
      ])
      assert.deepEqual([command, rowCount], ['SELECT', 0])
    })

    it('returns rows as arrays and by its own parsers', async () => {
      const types = { getTypeParser: (oid: number) => (text: string) => `${oid}:${text}` }
      const { rows } = await client.query({
        text: "SELECT 1 AS a, 'x' AS a",
        rowMode: 'array',
        types: types as never,
      })
      assert.deepEqual(rows, [['23:1', '25:x']])
    })

    it('returns a result for each statement', async () => {
      const results = (await client.query('SELECT 1 AS a; SELECT 2 AS b, 3 AS c; BEGIN; COMMIT')) as unknown
      const seen = (results as pg.QueryResult[]).map(({ command, rows }) => [command, rows])
      assert.deepEqual(seen, [
        ['SELECT', [{ a: 1 }]],
        ['SELECT', [{ b: 2, c: 3 }]],
        ['BEGIN', []],
        ['COMMIT', []],
      ])
    })

    it('runs named statements again and again', async () => {
      for (let number = 0; number < 30; number++) {
        const query = {
          name: `plus-${number % 3}`,
          text: `SELECT $1::int + ${number % 3} AS v`,
          values: [number],
        }
        assert.deepEqual((await client.query(query)).rows, [{ v: number + (number % 3) }])
      }
      await assert.rejects(client.query({ name: 'plus-0', text: 'SELECT 1' }), /must be unique/)
    })

    it('keeps its transactions apart', async () => {
      await table('pg_tx', 'k int PRIMARY KEY')
      const other = new pg.Client(connectionUrl(target()))
      await other.connect()
      await client.query('BEGIN')
      await client.query('INSERT INTO pg_tx VALUES ($1), ($2)', [1, 2])
      assert.equal((await other.query('SELECT 1 FROM pg_tx')).rowCount, 0)
      await client.query('SAVEPOINT a')
      await assert.rejects(client.query('INSERT INTO pg_tx VALUES ($1)', [1]), { code: '23505' })
      await assert.rejects(client.query('SELECT 1'), { code: '25P02' })
      await client.query('ROLLBACK TO a')
      await client.query('COMMIT')
      assert.equal((await other.query('SELECT 1 FROM pg_tx')).rowCount, 2)
      await other.end()
    })

    it('reports the fields of an error', async () => {
      await table('pg_unique', 'k int PRIMARY KEY')
      await client.query('INSERT INTO pg_unique VALUES (1)')
      await assert.rejects(client.query('INSERT INTO pg_unique VALUES ($1)', [1]), {
        severity: 'ERROR',
        code: '23505',
        message: 'duplicate key value violates unique constraint "pg_unique_pkey"',
        detail: 'Key (k)=(1) already exists.',
        schema: 'public',
        table: 'pg_unique',
        constraint: 'pg_unique_pkey',
      })
      await assert.rejects(client.query('SELECT $1 + nope', [1]), { code: '42703', position: '13' })
      await assert.rejects(client.query('SELECT $1::int', ['x']), { code: '22P02' })
    })

    it('hears notices, notifications and settings', async () => {
      const notices: (string | undefined)[] = []
      client.on('notice', ({ message }) => notices.push(message))
      await client.query('DROP TABLE IF EXISTS pg_nothing')
      assert.deepEqual(notices, ['table "pg_nothing" does not exist, skipping'])
      const heard = once(client, 'notification')
      await client.query('LISTEN pg_channel')
      await client.query("SELECT pg_notify('pg_channel', $1)", ['payload'])
      const [{ channel, payload }] = await heard
      assert.deepEqual([channel, payload], ['pg_channel', 'payload'])
    })

    it('gives up after statement_timeout and query_timeout', async () => {
      const slow = 'SELECT count(*) FROM generate_series(1, 2000000000)'
      await client.query('SET statement_timeout = 100')
      await assert.rejects(client.query(slow), { code: '57014' })
      await client.query('SET statement_timeout = 0')
      assert.equal(await value('SELECT 1'), 1)
      const impatient = new pg.Client({ connectionString: connectionUrl(target()), query_timeout: 100 })
      impatient.on('error', () => undefined)
      await impatient.connect()
      await assert.rejects(impatient.query(slow), /Query read timeout/)
      impatient.connection.stream.destroy()
    })

    it('serves a pool', async () => {
      const pool = new pg.Pool({ connectionString: connectionUrl(target()), max: 4 })
      const results = await Promise.all(
        Array.from({ length: 40 }, (_, number) => pool.query('SELECT $1::int * 2 AS v', [number])),
      )
      const seen = results.map(({ rows }) => rows[0].v)
      assert.deepEqual(
        seen,
        Array.from({ length: 40 }, (_, number) => number * 2),
      )
      assert.equal(pool.totalCount, 4)
      await pool.end()
    })
  })
}
