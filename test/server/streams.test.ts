import assert from 'node:assert/strict'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { Millrace } from '../../server/index.ts'
import { projectRoot } from '../support/project-root.ts'
import { failure } from './failure.ts'

describe('sources, sinks and models', () => {
  let db: Millrace
  beforeEach(async () => {
    db = await Millrace.create({ settings: { epoch_max: '10ms' } })
  })
  afterEach(() => db.close())

  const source = (name: string, options = ''): string => `
    CREATE SOURCE ${name} (id bigint, v int) WITH (
      connector = 'datagen', fields.id.kind = 'sequence', fields.id.start = '1', fields.id.end = '100',
      fields.v.kind = 'random', fields.v.min = '1', fields.v.max = '5', fields.v.seed = '1',
      datagen.rows.per.second = '100000' ${options}) FORMAT PLAIN ENCODE JSON`

  async function eventually(check: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + 5000
    while (!(await check())) {
      assert(performance.now() < deadline, 'it took too long')
      await new Promise(resolve => setTimeout(resolve, 10))
    }
  }

  it('keeps views over a source current', async () => {
    await db.exec(source('s'))
    await db.exec('CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n, max(id) AS last FROM s')
    await eventually(async () => (await db.query<{ n: number }>('SELECT n FROM m')).rows[0]?.n === 100)
    assert.deepEqual((await db.query('SELECT last FROM m')).rows, [{ last: 100 }])
    assert.deepEqual((await db.query('SHOW SOURCES')).rows, [{ name: 's', connector: 'datagen' }])
    const lag = await db.query('SELECT source, position FROM stream_catalog.source_lag')
    assert.deepEqual(lag.rows, [{ source: 's', position: 100 }])
  })

  it('keeps dead letters with the source', async () => {
    await db.exec(source('s', `, on_error = 'dead_letter'`))
    assert.deepEqual(
      (await db.query('SELECT * FROM s_dead_letters')).fields.map(field => field.name),
      ['topic', 'partition', 'offset', 'bytes', 'error', 'received'],
    )
    const owned = await failure(db.exec('DROP TABLE s_dead_letters'))
    assert.deepEqual(
      [owned.code, owned.message, owned.hint],
      [
        '2BP01',
        'cannot drop table s_dead_letters because source s requires it',
        'You can drop source s instead.',
      ],
    )
    await db.exec('DROP SOURCE s')
    assert.equal((await failure(db.query('SELECT * FROM s_dead_letters'))).code, '42P01')
  })

  it('refuses wrong options and leaves nothing', async () => {
    assert.equal((await failure(db.exec(`CREATE SOURCE s (a int) WITH (connector = 'nope')`))).code, '22023')
    assert.equal((await failure(db.exec(source('s', `, nope = '1'`)))).code, '22023')
    assert.equal((await failure(db.exec(source('s', `, on_error = 'ignore'`)))).code, '22023')
    assert.deepEqual((await db.query('SELECT name FROM stream_catalog.relations')).rows, [])
  })

  it('carries changes out through sinks', async () => {
    await db.exec(`
      CREATE TABLE t (id int PRIMARY KEY);
      CREATE SINK direct FROM t WITH (connector = 'blackhole');
      CREATE SINK computed AS SELECT id + 1 AS next FROM t WITH (connector = 'blackhole');
      INSERT INTO t VALUES (1), (2)`)
    assert.deepEqual((await db.query('SHOW SINKS')).rows, [
      { name: 'computed', connector: 'blackhole' },
      { name: 'direct', connector: 'blackhole' },
    ])
    const jobs = await db.query('SELECT name, kind, rows_in FROM stream_catalog.jobs ORDER BY name')
    assert.deepEqual(jobs.rows, [
      { name: 'computed', kind: 'sink', rows_in: 2 },
      { name: 'direct', kind: 'sink', rows_in: 2 },
    ])
    const error = await failure(db.exec('DROP TABLE t'))
    assert.equal(error.detail, 'sink direct depends on table t\nsink computed depends on table t')
    await db.exec('DROP SINK direct, computed; DROP TABLE t')
    assert.equal(
      (await failure(db.exec(`CREATE SINK s FROM nope WITH (connector = 'blackhole')`))).code,
      '42P01',
    )
  })

  it('calls models by name', async () => {
    const path = join(projectRoot, 'examples/datacentre/anomaly.onnx')
    await db.exec(`CREATE MODEL anomaly FROM '${path}' WITH (provider = 'cpu')`)
    const { rows } = await db.query('SELECT name, provider, path FROM stream_catalog.models')
    assert.deepEqual(rows, [{ name: 'anomaly', provider: 'cpu', path }])
    assert.equal((await db.query('SHOW MODELS')).rows.length, 1)
    await db.exec(`
      CREATE TABLE t (a float8);
      CREATE MATERIALIZED VIEW scored AS SELECT anomaly(a, a, a, a, a, a) BETWEEN 0 AND 1 AS ok FROM t;
      INSERT INTO t VALUES (0.5)`)
    assert.deepEqual((await db.query('SELECT ok FROM scored')).rows, [{ ok: true }])
    const error = await failure(db.exec('DROP MODEL anomaly'))
    assert.deepEqual(
      [error.code, error.detail],
      ['2BP01', 'materialized view scored depends on model anomaly'],
    )
    await db.exec('DROP MODEL anomaly CASCADE')
    assert.equal((await failure(db.query('SELECT anomaly(1, 1, 1, 1, 1, 1)'))).code, '42883')
    assert.equal((await failure(db.exec(`CREATE MODEL m FROM '/nowhere.onnx'`))).code, '58P01')
  })
})
