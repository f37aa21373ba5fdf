import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { pino } from 'pino'
import { Database } from '../../server/database.ts'
import type { DatabaseSession } from '../../server/session.ts'
import { sessionAnswer } from './same-as-postgres.ts'

/** Each kind of statement that changes the catalog, with its name in the error. */
const definitions: readonly (readonly [sql: string, tag: string])[] = [
  ['CREATE TABLE u (a int)', 'CREATE TABLE'],
  ['CREATE SCHEMA s', 'CREATE SCHEMA'],
  ['CREATE VIEW w AS SELECT 1 AS a', 'CREATE VIEW'],
  ['CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n FROM t', 'CREATE MATERIALIZED VIEW'],
  ["CREATE SOURCE c (a int) WITH (connector = 'datagen')", 'CREATE SOURCE'],
  ["CREATE SINK k FROM v WITH (connector = 'blackhole')", 'CREATE SINK'],
  ["CREATE MODEL f FROM 'f.onnx'", 'CREATE MODEL'],
  ['CREATE ROLE r', 'CREATE ROLE'],
  ['ALTER ROLE ada LOGIN', 'ALTER ROLE'],
  ['ALTER ROLE ada RENAME TO bob', 'ALTER ROLE'],
  ['DROP ROLE ada', 'DROP ROLE'],
  ['GRANT SELECT ON t TO ada', 'GRANT'],
  ['REVOKE SELECT ON t FROM ada', 'REVOKE'],
  ['GRANT pg_monitor TO ada', 'GRANT ROLE'],
  ['ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ada', 'ALTER DEFAULT PRIVILEGES'],
  ['ALTER TABLE t OWNER TO ada', 'ALTER TABLE'],
  ['REASSIGN OWNED BY ada TO root', 'REASSIGN OWNED'],
  ['DROP OWNED BY ada', 'DROP OWNED'],
  ['DROP VIEW x', 'DROP VIEW'],
  ['DROP MATERIALIZED VIEW v', 'DROP MATERIALIZED VIEW'],
  ['DROP TABLE t CASCADE', 'DROP TABLE'],
  ['DROP SCHEMA public', 'DROP SCHEMA'],
  ['DISCARD ALL', 'DISCARD ALL'],
  ['VACUUM', 'VACUUM'],
]

describe('DDL and transactions', () => {
  let database: Database
  let session: DatabaseSession
  beforeEach(async () => {
    database = await Database.open({ logger: pino({ level: 'silent' }), settings: { epoch_max: '10ms' } })
    session = database.connectEmbedded()
    await run('CREATE TABLE t (id int PRIMARY KEY)')
    await run('CREATE MATERIALIZED VIEW v AS SELECT count(*) AS n FROM t')
    await run('CREATE VIEW x AS SELECT 1 AS a')
    await run('CREATE ROLE ada')
  })
  afterEach(() => database.close())

  const run = (sql: string) => sessionAnswer(session, sql)

  for (const [sql, tag] of definitions) {
    it(`${tag} is refused inside a block and changes nothing: ${sql}`, async () => {
      const before = database.catalog.epoch
      await run('BEGIN')
      await run('INSERT INTO t VALUES (1)')
      await run('SAVEPOINT a')
      const refusal = `25001: ${tag} cannot run inside a transaction block`
      assert.equal(await run(sql), refusal)
      assert.match(String(await run('SELECT 1')), /^25P02/)
      await run('ROLLBACK TO a')
      assert.deepEqual(await run('COMMIT'), [['COMMIT', []]])
      assert.equal(database.catalog.epoch, before)
      assert.deepEqual(await run('SELECT n FROM v'), [['SELECT 1', [['1']]]])
      assert.equal(await run(`BEGIN; ${sql}; COMMIT`), refusal)
      await run('ROLLBACK')
    })
  }

  it('TRUNCATE is part of the block', async () => {
    await run('INSERT INTO t VALUES (1), (2)')
    await run('BEGIN; TRUNCATE t')
    assert.deepEqual(await run('SELECT count(*) FROM t'), [['SELECT 1', [['0']]]])
    await run('INSERT INTO t VALUES (2)')
    await run('ROLLBACK')
    assert.deepEqual(await run('SELECT count(*) FROM t'), [['SELECT 1', [['2']]]])
  })

  it('a text of several statements commits before each of its definitions', async () => {
    const text = 'INSERT INTO t VALUES (1); CREATE TABLE u (a int); INSERT INTO t VALUES (2); SELECT 1/0'
    assert.match(String(await run(text)), /^22012/)
    assert.deepEqual(await run('SELECT id FROM t'), [['SELECT 1', [['1']]]])
    assert.deepEqual(await run('SELECT * FROM u'), [['SELECT 0', []]])
  })

  it('a table that is dropped meanwhile fails the transaction that wrote to it', async () => {
    const other = database.connectEmbedded()
    await run('BEGIN; INSERT INTO t VALUES (1)')
    await sessionAnswer(other, 'DROP TABLE t CASCADE')
    assert.match(String(await run('INSERT INTO t VALUES (2)')), /^42P01/)
    await run('ROLLBACK')
    await run('CREATE TABLE t (id int PRIMARY KEY)')
    await run('BEGIN; INSERT INTO t VALUES (1)')
    await sessionAnswer(other, 'DROP TABLE t')
    assert.match(String(await run('COMMIT')), /^42P01/)
  })
})
