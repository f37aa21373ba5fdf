import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import type { Notice } from '../../server/index.ts'
import { Millrace } from '../../server/index.ts'
import { failure } from './failure.ts'

describe('DDL', () => {
  let db: Millrace
  let notices: Notice[]
  beforeEach(async () => {
    db = await Millrace.create({ settings: { epoch_max: '10ms' } })
    notices = []
    db.on('notice', notice => notices.push(notice))
  })
  afterEach(() => db.close())

  const names = async (show: string): Promise<unknown[]> => {
    return (await db.query<unknown[]>(`SHOW ${show}`, [], { rowMode: 'array' })).rows.map(row => row[0])
  }

  const refusal = async (sql: string): Promise<unknown> => {
    const { code, message, detail, hint } = await failure(db.exec(sql))
    return { code, message, ...(detail && { detail }), ...(hint && { hint }) }
  }

  it('answers with command tags', async () => {
    const results = await db.exec(`
      CREATE SCHEMA s; CREATE TABLE s.t (id int); CREATE VIEW v AS SELECT id FROM s.t;
      CREATE MATERIALIZED VIEW m AS SELECT id FROM v; DROP MATERIALIZED VIEW m; DROP VIEW v; DROP TABLE s.t;
      DROP SCHEMA s`)
    assert.deepEqual(
      results.map(result => result.command),
      [
        'CREATE SCHEMA',
        'CREATE TABLE',
        'CREATE VIEW',
        'CREATE MATERIALIZED VIEW',
        'DROP MATERIALIZED VIEW',
        'DROP VIEW',
        'DROP TABLE',
        'DROP SCHEMA',
      ],
    )
  })

  it('keeps names unique among relations', async () => {
    await db.exec('CREATE TABLE t (id int)')
    assert.deepEqual(await refusal('CREATE VIEW t AS SELECT 1 AS one'), {
      code: '42P07',
      message: 'relation "t" already exists',
    })
    assert.deepEqual(await refusal('CREATE SCHEMA public'), {
      code: '42P06',
      message: 'schema "public" already exists',
    })
    await db.exec('CREATE TABLE IF NOT EXISTS t (other text); CREATE SCHEMA IF NOT EXISTS public')
    assert.deepEqual(
      notices.map(({ severity, code, message }) => [severity, code, message]),
      [
        ['NOTICE', '42P07', 'relation "t" already exists, skipping'],
        ['NOTICE', '42P06', 'schema "public" already exists, skipping'],
      ],
    )
  })

  it('refuses to drop what others need', async () => {
    await db.exec(`
      CREATE TABLE t (id int);
      CREATE VIEW v AS SELECT id FROM t;
      CREATE MATERIALIZED VIEW m AS SELECT id + 1 AS next FROM v`)
    assert.deepEqual(await refusal('DROP TABLE t'), {
      code: '2BP01',
      message: 'cannot drop table t because other objects depend on it',
      detail: 'view v depends on table t\nmaterialized view m depends on view v',
      hint: 'Use DROP ... CASCADE to drop the dependent objects too.',
    })
    assert.deepEqual(await names('VIEWS'), ['v'])
    await db.exec('DROP VIEW v CASCADE')
    await db.exec('CREATE VIEW v AS SELECT id FROM t; CREATE VIEW w AS SELECT id FROM v')
    await db.exec('DROP TABLE t CASCADE')
    assert.deepEqual(
      notices.map(({ message, detail }) => (detail === undefined ? [message] : [message, detail])),
      [
        ['drop cascades to materialized view m'],
        ['drop cascades to 2 other objects', 'drop cascades to view v\ndrop cascades to view w'],
      ],
    )
    assert.deepEqual(
      [await names('TABLES'), await names('VIEWS'), await names('MATERIALIZED VIEWS')],
      [[], [], []],
    )
  })

  it('drops several at once, dependents among them', async () => {
    await db.exec('CREATE TABLE a (id int); CREATE TABLE b (id int); CREATE VIEW v AS SELECT id FROM a')
    assert.deepEqual(await refusal('DROP TABLE a, b'), {
      code: '2BP01',
      message: 'cannot drop desired object(s) because other objects depend on them',
      detail: 'view v depends on table a',
      hint: 'Use DROP ... CASCADE to drop the dependent objects too.',
    })
    await db.exec('DROP VIEW v; DROP TABLE a, b')
    assert.deepEqual(await names('TABLES'), [])
  })

  it('says what is not there or of another kind', async () => {
    await db.exec('CREATE TABLE t (id int); CREATE VIEW v AS SELECT id FROM t')
    assert.deepEqual(await refusal('DROP TABLE nope'), {
      code: '42P01',
      message: 'table "nope" does not exist',
    })
    assert.deepEqual(await refusal('DROP SINK nope'), {
      code: '42704',
      message: 'sink "nope" does not exist',
    })
    assert.deepEqual(await refusal('DROP SCHEMA nope'), {
      code: '3F000',
      message: 'schema "nope" does not exist',
    })
    assert.deepEqual(await refusal('DROP TABLE v'), {
      code: '42809',
      message: '"v" is not a table',
      hint: 'Use DROP VIEW to remove a view.',
    })
    await db.exec('DROP TABLE IF EXISTS nope')
    assert.deepEqual(
      notices.map(notice => notice.message),
      ['table "nope" does not exist, skipping'],
    )
  })

  it('drops a schema with what is in it', async () => {
    await db.exec('CREATE SCHEMA s; CREATE TABLE s.t (id int); CREATE VIEW v AS SELECT id FROM s.t')
    assert.deepEqual(await refusal('DROP SCHEMA s'), {
      code: '2BP01',
      message: 'cannot drop schema s because other objects depend on it',
      detail: 'table s.t depends on schema s\nview v depends on table s.t',
      hint: 'Use DROP ... CASCADE to drop the dependent objects too.',
    })
    await db.exec('DROP SCHEMA s CASCADE')
    assert.deepEqual(await names('SCHEMAS'), ['information_schema', 'pg_catalog', 'public', 'stream_catalog'])
    assert.deepEqual(await names('VIEWS'), [])
  })

  it('finds names along the search path', async () => {
    await db.exec(
      `CREATE SCHEMA s; SET search_path TO s, public; CREATE TABLE t (id int); INSERT INTO t VALUES (1)`,
    )
    assert.deepEqual((await db.query('SELECT id FROM s.t')).rows, [{ id: 1 }])
    assert.deepEqual(await names('TABLES FROM s'), ['t'])
    await db.exec('SET search_path TO public')
    assert.equal((await failure(db.query('SELECT id FROM t'))).code, '42P01')
    assert.deepEqual(await names('TABLES'), [])
  })

  it('leaves nothing of a view that failed', async () => {
    await db.exec(`CREATE TABLE t (id int)`)
    assert.equal((await failure(db.exec('CREATE MATERIALIZED VIEW m AS SELECT nope FROM t'))).code, '42703')
    assert.deepEqual(await names('MATERIALIZED VIEWS'), [])
    await db.exec('CREATE MATERIALIZED VIEW m AS SELECT id FROM t; DROP MATERIALIZED VIEW m; DROP TABLE t')
  })

  it('replaces views that nothing reads', async () => {
    await db.exec('CREATE VIEW v AS SELECT 1 AS a; CREATE OR REPLACE VIEW v AS SELECT 2 AS b')
    assert.deepEqual((await db.query('SELECT * FROM v')).rows, [{ b: 2 }])
    await db.exec('CREATE VIEW w AS SELECT b FROM v')
    assert.equal((await failure(db.exec('CREATE OR REPLACE VIEW v AS SELECT 3 AS c'))).code, '0A000')
  })

  it('describes relations', async () => {
    await db.exec('CREATE TABLE t (id bigint PRIMARY KEY, price numeric(10,2) NOT NULL, tags text[])')
    assert.deepEqual((await db.query('DESCRIBE t')).rows, [
      { name: 'id', type: 'bigint', nullable: false, key: 'primary key' },
      { name: 'price', type: 'numeric(10,2)', nullable: false, key: '' },
      { name: 'tags', type: 'text[]', nullable: true, key: '' },
    ])
    assert.deepEqual((await db.query('SHOW CREATE TABLE t')).rows, [
      {
        name: 't',
        create_sql: 'CREATE TABLE t (id bigint PRIMARY KEY, price numeric(10,2) NOT NULL, tags text[])',
      },
    ])
    assert.equal((await failure(db.query('DESCRIBE nope'))).code, '42P01')
  })

  it('lists by LIKE', async () => {
    await db.exec('CREATE TABLE apple (id int); CREATE TABLE apricot (id int); CREATE TABLE berry (id int)')
    assert.deepEqual(await names(`TABLES LIKE 'ap%'`), ['apple', 'apricot'])
  })

  it('shows jobs and relations in stream_catalog', async () => {
    await db.exec(
      'CREATE TABLE t (id int); CREATE MATERIALIZED VIEW m AS SELECT id FROM t; INSERT INTO t VALUES (1)',
    )
    const { rows } = await db.query('SELECT name, kind, state, rows_in, rows_out FROM stream_catalog.jobs')
    assert.deepEqual(rows, [
      { name: 'm', kind: 'materialized view', state: 'running', rows_in: 1, rows_out: 1 },
    ])
    const relations = await db.query(`SELECT name, kind, rows FROM stream_catalog.relations ORDER BY name`)
    assert.deepEqual(relations.rows, [
      { name: 'm', kind: 'materialized view', rows: 1 },
      { name: 't', kind: 'table', rows: 1 },
    ])
    assert.equal((await failure(db.exec('DROP TABLE stream_catalog.jobs'))).code, '42501')
  })

  it('plans again when the catalog changed', async () => {
    await db.exec('CREATE TABLE t (id int); INSERT INTO t VALUES (1)')
    assert.deepEqual((await db.query('SELECT * FROM t')).rows, [{ id: 1 }])
    await db.exec('PREPARE p AS SELECT * FROM t')
    assert.deepEqual((await db.query('EXECUTE p')).rows, [{ id: 1 }])
    await db.exec('DROP TABLE t; CREATE TABLE t (id int); INSERT INTO t VALUES (2)')
    assert.deepEqual((await db.query('SELECT * FROM t')).rows, [{ id: 2 }])
    assert.deepEqual((await db.query('EXECUTE p')).rows, [{ id: 2 }])
    await db.exec('DROP TABLE t; CREATE TABLE t (id text)')
    const error = await failure(db.query('EXECUTE p'))
    assert.deepEqual([error.code, error.message], ['0A000', 'cached plan must not change result type'])
  })

  it('explains', async () => {
    await db.exec('CREATE TABLE t (id int PRIMARY KEY, v int)')
    const lines = async (sql: string) =>
      (await db.query(sql)).rows.map(row => String(row['QUERY PLAN'])).join('\n')
    assert.match(await lines('EXPLAIN SELECT v FROM t WHERE v > 1'), /filter/i)
    assert.match(await lines('EXPLAIN (LOGICAL) SELECT v FROM t'), /scan/i)
    assert.match(await lines('EXPLAIN CREATE MATERIALIZED VIEW m AS SELECT count(*) FROM t'), /aggregate/i)
    assert.match(await lines('EXPLAIN (CODEGEN) SELECT v + 1 FROM t'), /-- filter_project/)
  })
})
