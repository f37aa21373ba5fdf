/** Cursors WITH HOLD: at COMMIT they take the rows that they will give. */

import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { pino } from 'pino'
import { Database } from '../../server/database.ts'
import type { DatabaseSession } from '../../server/session.ts'
import { sessionAnswer, useSameAsPostgres } from './same-as-postgres.ts'

const setup = `
  CREATE TABLE t (id int PRIMARY KEY, v int);
  INSERT INTO t SELECT n, n - 3 FROM generate_series(1, 6) AS s (n)`

const sequences: Readonly<Record<string, readonly string[]>> = {
  'keep their rows and their place': [
    'BEGIN',
    'INSERT INTO t VALUES (7, 70)',
    'DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT id FROM t ORDER BY id',
    'DECLARE d NO SCROLL CURSOR WITH HOLD FOR SELECT id FROM t ORDER BY id DESC',
    'DECLARE e CURSOR FOR SELECT id FROM t',
    'FETCH 2 FROM c',
    'MOVE 3 FROM d',
    'DELETE FROM t WHERE id > 5',
    'COMMIT',
    'DROP TABLE t',
    'FETCH 2 FROM c',
    'FETCH BACKWARD 3 FROM c',
    'FETCH LAST FROM c',
    'FETCH 2 FROM d',
    'FETCH ALL FROM d',
    'FETCH 1 FROM e',
    'CLOSE ALL',
  ],
  'fail their transaction with their own errors': [
    'BEGIN',
    'INSERT INTO t VALUES (7, 70)',
    'DECLARE c CURSOR WITH HOLD FOR SELECT 10 / v AS x FROM t ORDER BY id',
    'COMMIT',
    'SELECT count(*) FROM t',
    'FETCH 1 FROM c',
    'DECLARE c CURSOR WITH HOLD FOR SELECT 10 / v AS x FROM t ORDER BY id',
    'FETCH 1 FROM c',
    'DECLARE c CURSOR WITH HOLD FOR SELECT 10 / v AS x FROM t WHERE v > 0 ORDER BY id',
    'FETCH ALL FROM c',
  ],
  'end with a ROLLBACK of their own transaction alone': [
    'DECLARE a CURSOR WITH HOLD FOR SELECT id FROM t ORDER BY id',
    'BEGIN',
    'FETCH 1 FROM a',
    'DECLARE b CURSOR WITH HOLD FOR SELECT id FROM t ORDER BY id',
    'ROLLBACK',
    'FETCH 1 FROM a',
    'FETCH 1 FROM b',
    'DECLARE b CURSOR WITH HOLD FOR SELECT id FROM t ORDER BY id; FETCH 1 FROM b',
    'FETCH 1 FROM b',
  ],
}

describe('cursors WITH HOLD', () => {
  describe('as PostgreSQL', () => {
    const assertSameAsPostgres = useSameAsPostgres()
    for (const [name, statements] of Object.entries(sequences)) {
      it(name, async () => {
        await assertSameAsPostgres(setup, statements)
      })
    }
  })

  describe('and their limit', () => {
    let database: Database
    let session: DatabaseSession
    beforeEach(async () => {
      database = await Database.open({
        logger: pino({ level: 'silent' }),
        settings: { epoch_max: '10ms' },
        limits: { cursorBytesMax: 100_000 },
      })
      session = database.connectEmbedded()
      await run(setup)
    })
    afterEach(() => database.close())

    const run = (sql: string) => sessionAnswer(session, sql)
    const many = 'SELECT n FROM generate_series(1, 200000) AS s (n)'

    it('refuses a COMMIT that would keep too much, and nothing of it stays', async () => {
      await run('BEGIN')
      await run('INSERT INTO t VALUES (9, 9)')
      await run(`DECLARE c NO SCROLL CURSOR WITH HOLD FOR ${many}`)
      assert.equal(
        await run('COMMIT'),
        '54000: rows of cursor "c" WITH HOLD take more than 100000 bytes (Fetch its rows before COMMIT.)',
      )
      assert.equal(session.transactionStatus, 'I')
      assert.deepEqual(await run('SELECT id FROM t WHERE id = 9'), [['SELECT 0', []]])
    })

    it('counts only what is left, and not cursors that were closed', async () => {
      await run(
        `BEGIN; DECLARE c NO SCROLL CURSOR WITH HOLD FOR ${many}; DECLARE d CURSOR WITH HOLD FOR ${many}`,
      )
      assert.deepEqual(await run('MOVE 199990 FROM c; CLOSE d; COMMIT'), [
        ['MOVE 199990', []],
        ['CLOSE CURSOR', []],
        ['COMMIT', []],
      ])
      assert.deepEqual(await run('FETCH 2 FROM c'), [['FETCH 2', [['199991'], ['199992']]]])
    })
  })
})
