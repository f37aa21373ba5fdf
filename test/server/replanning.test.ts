/** Prepared statements, portals and cursors whose tables and views are replaced under them. */

import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { pino } from 'pino'
import { batchRows } from '../../executor/batch/column-reader.ts'
import type { SqlValue } from '../../executor/expression/evaluation-context.ts'
import { Database } from '../../server/database.ts'
import type { DatabaseSession } from '../../server/session.ts'
import type { Portal } from '../../server/session-contract.ts'
import { failure } from './failure.ts'
import { sessionAnswer, useSameAsPostgres } from './same-as-postgres.ts'

const changed = 'cached plan must not change result type'

const setup = 'CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 10), (2, 20)'

const executions: Readonly<Record<string, readonly string[]>> = {
  'of a query': [
    'PREPARE p AS SELECT * FROM t ORDER BY id',
    'EXECUTE p',
    'DROP TABLE t',
    'EXECUTE p',
    'CREATE TABLE t (id int PRIMARY KEY, v int)',
    'EXECUTE p',
    'DROP TABLE t; CREATE TABLE t (id int, v text)',
    'EXECUTE p',
    'DROP TABLE t; CREATE TABLE t (id int, w int)',
    'EXECUTE p',
    'DROP TABLE t; CREATE TABLE t (id int, v int, w int)',
    'EXECUTE p',
    'DROP TABLE t; CREATE TABLE t (id int, v int)',
    'EXECUTE p',
  ],
  'of an INSERT': [
    'PREPARE p AS INSERT INTO t VALUES ($1, $2) RETURNING *',
    'EXECUTE p (5, 6)',
    'DROP TABLE t; CREATE TABLE t (id int, v int)',
    'EXECUTE p (5, 6)',
    'DROP TABLE t; CREATE TABLE t (id bigint, v int)',
    'EXECUTE p (5, 6)',
    'PREPARE q AS INSERT INTO t VALUES ($1, $2)',
    'DROP TABLE t; CREATE TABLE t (id bigint, v int, w int)',
    'EXECUTE q (5, 6)',
    'SELECT * FROM t',
    'PREPARE r AS SELECT count(*) AS n FROM t',
    'CREATE SCHEMA s; CREATE TABLE s.t (a int); INSERT INTO s.t VALUES (1), (2)',
    'EXECUTE r',
    'SET search_path = s',
    'EXECUTE r',
    'DROP TABLE s.t; DROP SCHEMA s; SET search_path = public',
    'EXECUTE r',
  ],
}

describe('replanning', () => {
  describe('by EXECUTE, as PostgreSQL', () => {
    const assertSameAsPostgres = useSameAsPostgres()
    for (const [name, statements] of Object.entries(executions)) {
      it(name, async () => {
        await assertSameAsPostgres(setup, statements)
      })
    }
  })

  describe('in the protocol', () => {
    let database: Database
    let session: DatabaseSession
    let other: DatabaseSession
    beforeEach(async () => {
      database = await Database.open({ logger: pino({ level: 'silent' }), settings: { epoch_max: '10ms' } })
      session = database.connectEmbedded()
      other = database.connectEmbedded()
      await define('CREATE TABLE t (id int PRIMARY KEY, v int)')
      await define('INSERT INTO t SELECT n, n * 10 FROM generate_series(1, 5) AS s (n)')
    })
    afterEach(() => database.close())

    const define = async (sql: string) => {
      const answer = await sessionAnswer(other, sql)
      assert.equal(typeof answer, 'object', String(answer))
    }
    const fetch = async (portal: Portal, rowsMax = 0): Promise<SqlValue[][]> => {
      const result = await portal.execute(false, rowsMax)
      assert.equal(result.kind, 'rows')
      const rows: SqlValue[][] = []
      if (result.kind !== 'rows') return rows
      for (let batch = await result.rows.next(); batch !== undefined; batch = await result.rows.next()) {
        rows.push(...batchRows(batch))
      }
      return rows
    }
    const bound = async (sql: string) => await session.bind('', await session.prepare('', sql, []), () => [])

    it('a portal that was bound before', async () => {
      const portal = await bound('SELECT * FROM t')
      await define('DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (7, 70)')
      assert.deepEqual(await fetch(portal), [[7, 70]])
      await session.sync()
      const stale = await bound('SELECT * FROM t')
      await define('DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, v text)')
      const error = await failure(fetch(stale))
      assert.deepEqual([error.code, error.message], ['0A000', changed])
      session.fail()
      await session.sync()
    })

    it('a named statement, again and again', async () => {
      const statement = await session.prepare('s', 'SELECT v FROM t WHERE id = $1', [])
      const rows = async () => fetch(await session.bind('', statement, () => [1]))
      assert.deepEqual(await rows(), [[10]])
      await session.sync()
      await define('DROP TABLE t')
      assert.equal((await failure(rows())).code, '42P01')
      session.fail()
      await session.sync()
      await define('CREATE TABLE t (v int, id int PRIMARY KEY); INSERT INTO t VALUES (11, 1)')
      assert.deepEqual(await rows(), [[11]])
      await session.sync()
      await define('DROP TABLE t; CREATE VIEW t AS SELECT 12 AS v, 1 AS id')
      assert.deepEqual(await rows(), [[12]])
      await session.sync()
      await define('DROP VIEW t; CREATE MATERIALIZED VIEW t AS SELECT 1.5 AS v, 1 AS id')
      assert.equal((await failure(rows())).message, changed)
      session.fail()
      await session.sync()
    })

    it('a portal and a cursor that are half read go on with the rows of before', async () => {
      await sessionAnswer(session, 'BEGIN')
      await sessionAnswer(session, 'DECLARE c CURSOR FOR SELECT id FROM t ORDER BY id')
      assert.deepEqual(await sessionAnswer(session, 'FETCH 2 FROM c'), [['FETCH 2', [['1'], ['2']]]])
      const portal = await session.bind(
        'p',
        await session.prepare('', 'SELECT v FROM t ORDER BY id', []),
        () => [],
      )
      assert.deepEqual(await fetch(portal, 2), [[10], [20]])
      session.suspend()
      await define('DROP TABLE t; CREATE TABLE t (id text, v text)')
      assert.deepEqual(await fetch(portal, 2), [[30], [40]])
      assert.deepEqual(await sessionAnswer(session, 'FETCH ALL FROM c'), [['FETCH 3', [['3'], ['4'], ['5']]]])
      assert.deepEqual(await fetch(portal), [[50]])
      assert.deepEqual(await sessionAnswer(session, 'COMMIT'), [['COMMIT', []]])
    })
  })
})
