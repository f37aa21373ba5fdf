import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import type { MillraceSession } from '../../server/index.ts'
import { Millrace } from '../../server/index.ts'
import { failure } from './failure.ts'
import { useSameAsPostgres } from './same-as-postgres.ts'

const setup = 'CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 10), (2, 20)'
const look = 'SELECT id, v FROM t ORDER BY id'

/** Each a session from BEGIN on; every answer must be PostgreSQL's. */
const sequences: Readonly<Record<string, readonly string[]>> = {
  'ROLLBACK TO takes back what came after': [
    'BEGIN',
    'INSERT INTO t VALUES (3, 30)',
    'SAVEPOINT a',
    'INSERT INTO t VALUES (4, 40)',
    'DELETE FROM t WHERE id IN (1, 3)',
    'UPDATE t SET v = v + 1',
    look,
    'ROLLBACK TO a',
    look,
    'UPDATE t SET v = v + 5 WHERE id = 3',
    'ROLLBACK TO SAVEPOINT a',
    look,
    'COMMIT',
    look,
  ],
  'RELEASE keeps the work and forgets the names': [
    'BEGIN',
    'SAVEPOINT a',
    'INSERT INTO t VALUES (3, 30)',
    'SAVEPOINT b',
    'INSERT INTO t VALUES (4, 40)',
    'RELEASE SAVEPOINT a',
    look,
    'ROLLBACK TO b',
    look,
    'COMMIT',
    look,
  ],
  'the same name twice': [
    'BEGIN',
    'SAVEPOINT s',
    'INSERT INTO t VALUES (3, 30)',
    'SAVEPOINT s',
    'INSERT INTO t VALUES (4, 40)',
    'ROLLBACK TO s',
    look,
    'RELEASE s',
    'ROLLBACK TO s',
    look,
    'RELEASE s',
    'RELEASE s',
    'COMMIT',
    look,
  ],
  'a failed statement': [
    'BEGIN',
    'INSERT INTO t VALUES (3, 30)',
    'SAVEPOINT a',
    'DELETE FROM t',
    'SELECT 1/0',
    'SELECT 1',
    'SAVEPOINT b',
    'RELEASE a',
    'ROLLBACK TO nothing',
    'ROLLBACK TO a',
    look,
    'COMMIT',
    look,
  ],
  'a failure without a way back': ['BEGIN', 'DELETE FROM t', 'SELECT 1/0', 'ROLLBACK TO a', 'COMMIT', look],
  'outside a block': [
    'SAVEPOINT a',
    'RELEASE a',
    'ROLLBACK TO a',
    'COMMIT AND CHAIN',
    'ROLLBACK AND CHAIN',
    'BEGIN; SAVEPOINT a; DELETE FROM t; ROLLBACK TO a; COMMIT',
    look,
    'SELECT 1; SAVEPOINT a',
  ],
  'settings go back too': [
    'BEGIN',
    "SET application_name = 'one'",
    'SAVEPOINT a',
    "SET application_name = 'two'",
    "SET LOCAL statement_timeout = '5s'",
    'SHOW application_name',
    'ROLLBACK TO a',
    'SHOW application_name',
    'SHOW statement_timeout',
    'COMMIT',
    'SHOW application_name',
  ],
  'cursors go back too': [
    'BEGIN',
    'DECLARE c CURSOR FOR SELECT id FROM t ORDER BY id',
    'SAVEPOINT a',
    'DELETE FROM t',
    'DECLARE d CURSOR FOR SELECT id FROM t',
    'FETCH 1 FROM c',
    'FETCH 1 FROM d',
    'ROLLBACK TO a',
    'FETCH 1 FROM c',
    'FETCH 1 FROM d',
    'ROLLBACK TO a',
    'DELETE FROM t',
    'FETCH ALL FROM c',
    'ROLLBACK',
  ],
  'modes of a transaction': [
    'BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY',
    'SHOW transaction_isolation',
    'SHOW transaction_read_only',
    'INSERT INTO t VALUES (9, 9)',
    'ROLLBACK AND CHAIN',
    'SHOW transaction_isolation',
    'SHOW transaction_read_only',
    'COMMIT AND CHAIN',
    'SHOW TRANSACTION ISOLATION LEVEL',
    'COMMIT',
    'SHOW transaction_isolation',
    'START TRANSACTION READ WRITE, ISOLATION LEVEL SERIALIZABLE',
    'SELECT 1',
    'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE',
    'SET TRANSACTION READ ONLY',
    'SET TRANSACTION READ WRITE',
    'ROLLBACK',
    'BEGIN',
    'SELECT 1',
    'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ',
    'ROLLBACK',
    'BEGIN READ ONLY',
    'SAVEPOINT a',
    'SET TRANSACTION READ WRITE',
    'ROLLBACK TO a',
    'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE',
    'ROLLBACK',
  ],
  'modes of a session': [
    'SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ',
    'SHOW default_transaction_isolation',
    'SHOW transaction_isolation',
    'BEGIN',
    "SET default_transaction_isolation = 'serializable'",
    'SHOW transaction_isolation',
    'COMMIT',
    'SHOW transaction_isolation',
    'SET default_transaction_read_only = on',
    'DELETE FROM t',
    'CREATE TABLE nope (a int)',
    'TRUNCATE t',
    'BEGIN READ WRITE',
    'DELETE FROM t WHERE id = 1',
    'COMMIT',
    'SET transaction_read_only = off',
    'DELETE FROM t WHERE id = 1',
    look,
    'BEGIN',
    'SET transaction_read_only = off',
    'DELETE FROM t WHERE id = 2',
    'COMMIT',
    'RESET ALL',
    'SHOW transaction_read_only',
    look,
  ],
}

describe('savepoints and transaction modes', () => {
  const assertSameAsPostgres = useSameAsPostgres()
  let db: Millrace
  beforeEach(async () => {
    db = await Millrace.create({ settings: { epoch_max: '10ms' } })
    await db.exec(setup)
  })
  afterEach(() => db.close())

  for (const [name, statements] of Object.entries(sequences)) {
    it(`${name}: as PostgreSQL`, async () => {
      await assertSameAsPostgres(setup, statements)
    })
  }

  describe('reads', () => {
    let other: MillraceSession
    beforeEach(async () => {
      await db.exec('CREATE MATERIALIZED VIEW total AS SELECT sum(v) AS v FROM t')
      other = await db.session()
    })
    const total = async (): Promise<unknown> => (await db.query('SELECT v FROM total')).rows[0]?.['v']

    for (const modes of ['ISOLATION LEVEL REPEATABLE READ', 'ISOLATION LEVEL SERIALIZABLE', 'READ ONLY']) {
      it(`see one epoch in ${modes}, from the first statement on`, async () => {
        await db.exec(`BEGIN ${modes}`)
        await other.exec('UPDATE t SET v = v + 1')
        assert.equal(await total(), 32)
        await other.exec('UPDATE t SET v = v + 1; INSERT INTO t VALUES (3, 100)')
        await other.exec('CREATE TABLE u (a int); INSERT INTO u VALUES (1)')
        assert.equal(await total(), 32)
        assert.deepEqual((await db.query('SELECT v FROM t WHERE id = 1')).rows, [{ v: 11 }])
        assert.deepEqual((await db.query('SELECT * FROM u')).rows, [])
        await db.exec('COMMIT')
        assert.equal(await total(), 134)
        assert.deepEqual((await db.query('SELECT * FROM u')).rows, [{ a: 1 }])
      })
    }

    it('see the present in READ COMMITTED', async () => {
      await db.exec('BEGIN')
      assert.equal(await total(), 30)
      await other.exec('UPDATE t SET v = v + 1')
      assert.equal(await total(), 32)
      await db.exec('COMMIT')
    })

    it('conflict with a later change when they are written', async () => {
      await db.exec('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT v FROM t')
      await other.exec('UPDATE t SET v = 0 WHERE id = 1')
      const error = await failure(db.exec('UPDATE t SET v = v + 1 WHERE id = 1'))
      await db.exec('ROLLBACK')
      assert.deepEqual(
        [error.code, error.message],
        ['40001', 'could not serialize access due to concurrent update'],
      )
      assert.deepEqual((await db.query('SELECT v FROM t WHERE id = 1')).rows, [{ v: 0 }])
    })
  })
})
