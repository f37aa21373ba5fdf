import assert from 'node:assert/strict'
import { after, before, describe, it } from 'mocha'
import { Millrace, SqlError } from '../../server/index.ts'
import { failure } from './failure.ts'

describe('Millrace', () => {
  let db: Millrace
  before(async () => {
    db = await Millrace.create({ settings: { epoch_max: '20ms' } })
    await db.exec(`
      CREATE TABLE t (id int PRIMARY KEY, name text, v float8);
      CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n, sum(id) AS total FROM t;
    `)
  })
  after(() => db.close())

  it('answers SELECT 1', async () => {
    assert.deepEqual(await db.query('SELECT 1 AS one'), {
      rows: [{ one: 1 }],
      fields: [{ name: 'one', dataTypeID: 23 }],
      rowCount: 1,
      command: 'SELECT',
    })
  })

  it('shows writes in the views once they are acknowledged', async () => {
    const inserted = await db.query(`INSERT INTO t VALUES (1, 'a', 0.5), (2, 'b', NULL) RETURNING id, name`)
    assert.deepEqual(inserted.rows, [
      { id: 1, name: 'a' },
      { id: 2, name: 'b' },
    ])
    assert.equal(inserted.command, 'INSERT')
    assert.equal(inserted.rowCount, 2)
    assert.deepEqual((await db.query('SELECT n, total FROM m')).rows, [{ n: 2, total: 3 }])
    const updated = await db.query(`UPDATE t SET id = id + 10 WHERE name = $1`, ['a'])
    assert.equal(updated.rowCount, 1)
    assert.deepEqual((await db.query('SELECT n, total FROM m')).rows, [{ n: 2, total: 13 }])
    const deleted = await db.query('DELETE FROM t RETURNING id')
    assert.deepEqual(deleted.rows.map(row => row['id']).sort(), [11, 2])
    assert.deepEqual((await db.query('SELECT n, total FROM m')).rows, [{ n: 0, total: null }])
  })

  it('converts values both ways', async () => {
    const { rows } = await db.query(
      `SELECT $1::int8 AS small, $2::int8 AS big, $3::numeric AS n, $4::date AS d, $5::timestamptz AS ts,
        $6::jsonb AS j, $7::bytea AS b, $8::int[] AS a, $9::bool AS t, $10::uuid AS u, $11::interval AS i,
        $12::text AS nothing, $13::float8 AS f, $14::timestamp AS lt`,
      [
        7,
        2n ** 60n,
        '12.50',
        new Date('2026-02-03T00:00:00Z'),
        new Date('2026-02-03T04:05:06.789Z'),
        { x: [1, null] },
        Uint8Array.of(1, 255),
        [1, null, 3],
        true,
        '00112233-4455-6677-8899-aabbccddeeff',
        '1 day 02:00:00',
        null,
        0.1,
        new Date('2026-02-03T04:05:06Z'),
      ],
    )
    assert.deepEqual(rows, [
      {
        small: 7,
        big: 2n ** 60n,
        n: '12.50',
        d: new Date('2026-02-03T00:00:00Z'),
        ts: new Date('2026-02-03T04:05:06.789Z'),
        j: { x: [1, null] },
        b: Uint8Array.of(1, 255),
        a: [1, null, 3],
        t: true,
        u: '00112233-4455-6677-8899-aabbccddeeff',
        i: '1 day 02:00:00',
        nothing: null,
        f: 0.1,
        lt: new Date('2026-02-03T04:05:06Z'),
      },
    ])
  })

  it('takes parsers by type OID and gives rows as arrays', async () => {
    const { rows } = await db.query<unknown[]>(`SELECT 5::int8, date '2026-01-02', 5::int8`, [], {
      rowMode: 'array',
      parsers: { 20: BigInt, 1082: text => text },
    })
    assert.deepEqual(rows, [[5n, '2026-01-02', 5n]])
  })

  it('passes template values as parameters', async () => {
    const name = `'; DROP TABLE t; --`
    const { rows } = await db.sql<{ x: string; y: number }>`SELECT ${name}::text AS x, ${2}::int AS y`
    assert.deepEqual(rows, [{ x: name, y: 2 }])
  })

  it('inserts objects and arrays', async () => {
    await db.exec(`CREATE TABLE d (id int PRIMARY KEY, made int DEFAULT 40 + 2, tags text[])`)
    assert.equal(await db.insert('d', [{ id: 1 }, { id: 2, made: 7, tags: ['x', 'y'] }]), 2)
    assert.equal(await db.insert('public.d', [[3, null, []]]), 1)
    assert.deepEqual((await db.query('SELECT * FROM d ORDER BY id')).rows, [
      { id: 1, made: 42, tags: null },
      { id: 2, made: 7, tags: ['x', 'y'] },
      { id: 3, made: null, tags: [] },
    ])
    assert.equal((await failure(db.insert('d', [{ id: 1 }]))).code, '23505')
    assert.equal(
      (await failure(db.insert('d', [{ nope: 1 }]))).message,
      'column "nope" of relation "d" does not exist',
    )
    assert.equal((await failure(db.insert('nope', [{ id: 1 }]))).code, '42P01')
    assert.equal((await failure(db.insert('d', [{ id: 'x' }]))).code, '22P02')
  })

  it('gives and takes Arrow', async () => {
    await db.exec(
      `CREATE TABLE a (
        id bigint PRIMARY KEY, price numeric(10,2), name varchar(5), at timestamptz, d int DEFAULT 7
      )`,
    )
    await db.exec(
      `INSERT INTO a VALUES (1, 1.25, 'x', '2026-01-02 03:04:05.678901Z', 1), (2, NULL, NULL, NULL, 2)`,
    )
    const table = await db.queryArrow('SELECT id + $1 AS id, price, name, at FROM a ORDER BY id', [10])
    assert.equal(table.numRows, 2)
    assert.deepEqual(
      table.schema.fields.map(field => field.name),
      ['id', 'price', 'name', 'at'],
    )
    assert.equal(await db.insert('a', table), 2)
    const { rows } = await db.query('SELECT id, price, name, at::text AS at, d FROM a ORDER BY id', [], {
      rowMode: 'array',
    })
    assert.deepEqual(rows.slice(2), [
      [11, '1.25', 'x', '2026-01-02 03:04:05.678901+00', 7],
      [12, null, null, null, 7],
    ])
    assert.equal(await db.insert('a', (await db.queryArrow(`SELECT 20::int2 AS id`)).batches[0]!), 1)
    const bad = db.insert('a', await db.queryArrow(`SELECT 21 AS id, 'too long' AS name`))
    assert.equal((await failure(bad)).code, '22001')
    const wrong = await failure(db.insert('a', await db.queryArrow(`SELECT true AS id`)))
    assert.deepEqual(
      [wrong.code, wrong.message],
      ['42804', 'column "id" is of type bigint but the Arrow column is of type boolean'],
    )
    const changes = db.subscribeArrow('SELECT id FROM a WHERE id = 20')
    const first = await changes.next()
    assert(first.done === false)
    assert.deepEqual(
      first.value.schema.fields.map(field => field.name),
      ['millrace_epoch', 'millrace_weight', 'id'],
    )
    assert.equal(first.value.numRows, 1)
    await changes.return(undefined)
  })

  it('rejects with the fields of PostgreSQL', async () => {
    const error = await failure(db.query('SELECT nope FROM t'))
    assert(error instanceof SqlError && error instanceof Error)
    assert.equal(error.code, '42703')
    assert.equal(error.message, 'column "nope" does not exist')
    assert.equal(error.position, 8)
    assert.equal(error.severity, 'ERROR')
    assert.equal((await failure(db.query('SELECT $1::int', []))).code, '08P01')
    assert.equal((await failure(db.query('SELECT 1; SELECT 2'))).code, '42601')
    assert.equal((await failure(db.exec('SELECT 1; SELEC 2'))).code, '42601')
    assert.equal((await failure(db.query('SELECT 1/0'))).code, '22012')
  })

  it('runs several statements and gives a result for each', async () => {
    const results = await db.exec(`SELECT 1 AS a; -- nothing\n SELECT 2 AS b, 'x' AS c;`)
    assert.deepEqual(
      results.map(result => result.rows),
      [[{ a: 1 }], [{ b: 2, c: 'x' }]],
    )
    assert.deepEqual(await db.exec(' -- only a comment'), [])
  })

  it('lets callers take turns', async () => {
    const all = await Promise.all([1, 2, 3].map(n => db.query<{ n: number }>('SELECT $1::int AS n', [n])))
    assert.deepEqual(
      all.map(result => result.rows[0]?.n),
      [1, 2, 3],
    )
  })

  it('gives sessions their own settings', async () => {
    await using session = await db.session()
    await session.exec(`SET TIME ZONE 'Asia/Tokyo'`)
    assert.deepEqual((await session.query('SHOW TimeZone')).rows, [{ TimeZone: 'Asia/Tokyo' }])
    assert.deepEqual((await db.query('SHOW TimeZone')).rows, [{ TimeZone: 'UTC' }])
  })

  it('cancels by signal', async () => {
    const query = db.query('SELECT count(*) FROM generate_series(1, 1000000000)', [], {
      signal: AbortSignal.timeout(50),
    })
    const error = await failure(query)
    assert.equal(error.code, '57014')
    assert.equal(error.message, 'canceling statement due to user request')
    await db.query('SELECT 1')
  })

  it('ends a statement at its time-out', async () => {
    await using session = await db.session()
    await session.exec('SET statement_timeout = 50')
    const error = await failure(session.query('SELECT count(*) FROM generate_series(1, 1000000000)'))
    assert.equal(error.code, '57014')
    assert.equal(error.message, 'canceling statement due to statement timeout')
  })

  it('tells of notices', async () => {
    const messages: string[] = []
    const off = db.on('notice', notice => messages.push(notice.message))
    await db.exec('CREATE TABLE IF NOT EXISTS t (id int)')
    off()
    await db.exec('DROP TABLE IF EXISTS nothing')
    assert.deepEqual(messages, ['relation "t" already exists, skipping'])
  })

  it('refuses to listen beyond this machine', async () => {
    await assert.rejects(db.listen({ host: '0.0.0.0' }), /refusing to listen/)
  })
})

describe('Millrace.close', () => {
  it('ends what is open, twice without harm', async () => {
    const db = await Millrace.create()
    await db.exec('CREATE TABLE t (id int)')
    const reading = (async () => {
      for await (const _ of db.subscribe('t')) {
        // until the end
      }
    })()
    await db.close()
    await reading.catch(error => assert.equal((error as SqlError).code, '57P01'))
    await db.close()
    await assert.rejects(db.session(), { code: '57P03' })
  })

  it('refuses unknown settings', async () => {
    await assert.rejects(Millrace.create({ settings: { nope: '1' } }), { code: '42704' })
  })
})
