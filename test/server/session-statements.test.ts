import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { pino } from 'pino'
import { Database } from '../../server/database.ts'
import type { DatabaseSession } from '../../server/session.ts'
import { sessionAnswer, useSameAsPostgres } from './same-as-postgres.ts'

const setup = 'CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 10)'

const sequences: Readonly<Record<string, readonly string[]>> = {
  set_config: [
    "SELECT set_config('application_name', 'one', false)",
    'SHOW application_name',
    "SELECT set_config('application_name', 'two', true)",
    'SHOW application_name',
    "SELECT set_config('no_such_thing', 'x', false)",
    "SELECT set_config('statement_timeout', '90s', false)",
    "SELECT set_config('statement_timeout', 'soon', false)",
    "SELECT set_config('app.user', 'ada', false)",
    "SELECT current_setting('app.user')",
    'BEGIN',
    "SELECT set_config('app.user', 'bob', true)",
    "SELECT current_setting('app.user')",
    "SELECT set_config('application_name', 'three', false)",
    'ROLLBACK',
    "SELECT current_setting('app.user')",
    'SHOW application_name',
    "SELECT set_config('application_name', 'four', false), 1/0",
    'SHOW application_name',
    "SELECT set_config('application_name', NULL, false)",
    "SELECT set_config(NULL, 'x', false)",
    "SELECT current_setting('no.such', true)",
    "SELECT current_setting('no.such')",
  ],
  'constants that differ': [
    'SELECT v FROM t WHERE id = 11',
    'INSERT INTO t VALUES (11, 110), (12, 120)',
    'SELECT v FROM t WHERE id = 11',
    'SELECT v FROM t WHERE id = 12',
    'SELECT v FROM t WHERE id = 13',
    'SELECT v FROM t WHERE id = 11 ORDER BY v',
    'SELECT id = 11, count(*) FROM t GROUP BY id = 11 ORDER BY 1',
    'SELECT id = 12, count(*) FROM t GROUP BY id = 12 ORDER BY 1',
    'SELECT v / (v - 110) FROM t WHERE id = 11',
    'SELECT v / (v - 110) FROM t WHERE id = 12',
    'SELECT v FROM t WHERE id = 11 AND nope = 12',
    'SELECT v FROM t WHERE id = 1111 AND nope = 12',
    'SELECT v FROM t WHERE id = $1 AND v = 12',
    "SELECT v FROM t WHERE id = 11 AND v = 'x'",
    "SELECT 'a' > 10",
    'UPDATE t SET v = 50 WHERE id = 11',
    'UPDATE t SET v = 60 WHERE id = 12',
    'SELECT * FROM t ORDER BY id',
    'DELETE FROM t WHERE v = 50',
    'DELETE FROM t WHERE v = 60',
    'SELECT * FROM t ORDER BY id',
  ],
  'SET LOCAL and RESET': [
    "SET LOCAL application_name = 'nowhere'",
    'SHOW application_name',
    'BEGIN',
    "SET LOCAL application_name = 'inside'",
    'SHOW application_name',
    'COMMIT',
    'SHOW application_name',
    "SET application_name = 'a'; SET statement_timeout = 1500; SET lock_timeout = '2min'",
    'SHOW statement_timeout',
    'SHOW lock_timeout',
    "SET idle_session_timeout = '36h'",
    'SHOW idle_session_timeout',
    "SET statement_timeout = '1 fortnight'",
    'RESET statement_timeout',
    'SHOW statement_timeout',
    'RESET ALL',
    'SHOW lock_timeout',
    'SET no_such_thing = 1',
    'RESET no_such_thing',
    'SHOW no_such_thing',
  ],
  'DISCARD and DEALLOCATE': [
    'DISCARD PLANS',
    'DISCARD SEQUENCES',
    'DISCARD TEMP',
    'PREPARE p AS SELECT 1',
    'PREPARE q AS SELECT 2',
    'DEALLOCATE p',
    'EXECUTE p',
    'DEALLOCATE ALL',
    'EXECUTE q',
    'PREPARE p AS SELECT 1',
    "SET application_name = 'x'",
    'DISCARD ALL',
    'SHOW application_name',
    'EXECUTE p',
    'BEGIN',
    'DISCARD ALL',
    'ROLLBACK',
  ],
  'prepared statements after DDL': [
    'PREPARE p AS SELECT * FROM t',
    'EXECUTE p',
    'DROP TABLE t',
    'EXECUTE p',
    'CREATE TABLE t (id int PRIMARY KEY, v int)',
    'EXECUTE p',
    'INSERT INTO t VALUES (2, 20)',
    'EXECUTE p',
    'DROP TABLE t',
    'CREATE TABLE t (id int PRIMARY KEY, v text)',
    'EXECUTE p',
    'DEALLOCATE p',
    'PREPARE p AS INSERT INTO t VALUES ($1, $2)',
    "EXECUTE p(1, 'one')",
    'DROP TABLE t',
    'CREATE TABLE t (id int PRIMARY KEY, v text, w int)',
    "EXECUTE p(1, 'one')",
    'SELECT * FROM t',
  ],
  pg_sleep: [
    'SELECT pg_sleep(0.01)',
    'SELECT pg_catalog.pg_sleep(NULL) AS nap',
    "SELECT pg_sleep('0')",
    "SELECT pg_sleep('long')",
  ],
}

describe('statements of a session', () => {
  const assertSameAsPostgres = useSameAsPostgres()

  for (const [name, statements] of Object.entries(sequences)) {
    it(`${name}: as PostgreSQL`, () => assertSameAsPostgres(setup, statements))
  }

  describe('pg_sleep', () => {
    let database: Database
    let session: DatabaseSession
    beforeEach(async () => {
      database = await Database.open({ logger: pino({ level: 'silent' }) })
      session = database.connectEmbedded()
    })
    afterEach(() => database.close())

    it('waits without holding up anyone, until it is cancelled', async () => {
      const other = database.connectEmbedded()
      const sleeping = sessionAnswer(session, 'SELECT pg_sleep(60)')
      assert.deepEqual(await sessionAnswer(other, 'SELECT 1'), [['SELECT 1', [['1']]]])
      session.cancel()
      assert.equal(await sleeping, '57014: canceling statement due to user request')
      await sessionAnswer(session, "SET statement_timeout = '30ms'")
      const timedOut = await sessionAnswer(session, 'SELECT pg_sleep(10)')
      assert.equal(timedOut, '57014: canceling statement due to statement timeout')
    })

    it('is refused inside a larger query', async () => {
      const answer = await sessionAnswer(session, 'SELECT pg_sleep(n) FROM generate_series(1, 2) AS g(n)')
      assert.match(String(answer), /^0A000: pg_sleep\(\) in a larger query is not supported/)
    })

    it('and set_config are refused in views', async () => {
      await sessionAnswer(session, 'CREATE TABLE t (a int)')
      const answer = await sessionAnswer(
        session,
        "CREATE MATERIALIZED VIEW m AS SELECT set_config('application_name', 'x', false) FROM t",
      )
      assert.match(String(answer), /^0A000/)
    })
  })
})
