/** GRANT and REVOKE, owners and views: who may do what with the objects of others. */

import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { pino } from 'pino'
import { SqlError } from '../../../planner/errors.ts'
import { Database } from '../../../server/database.ts'
import type { DatabaseSession } from '../../../server/session.ts'
import { queryRows } from './support.ts'

describe('privileges', () => {
  let database: Database
  let root: DatabaseSession
  let ada: DatabaseSession
  let bob: DatabaseSession
  const session = (user: string) => database.connect({ user, database: 'dev' })
  beforeEach(async () => {
    database = await Database.open({ logger: pino({ level: 'silent' }), settings: { epoch_max: '10ms' } })
    root = session('root')
    await queryRows(root, 'CREATE USER ada; CREATE USER bob; CREATE TABLE t (id int PRIMARY KEY, v int)')
    await queryRows(root, 'INSERT INTO t VALUES (1, 10)')
    ada = session('ada')
    bob = session('bob')
  })
  afterEach(() => database.close())

  const failure = async (on: DatabaseSession, text: string): Promise<string> => {
    try {
      await queryRows(on, text)
    } catch (error) {
      if (error instanceof SqlError) return `${error.code} ${error.message}`
      throw error
    }
    return 'no error'
  }
  const denied = async (on: DatabaseSession, text: string, what: string) => {
    assert.equal(await failure(on, text), `42501 permission denied for ${what}`, text)
  }

  it('lets others do what they were granted, until it is revoked', async () => {
    const statements = {
      SELECT: 'SELECT v FROM t',
      INSERT: 'INSERT INTO t VALUES (2, 20)',
      UPDATE: 'UPDATE t SET v = 1',
      DELETE: 'DELETE FROM t',
      TRUNCATE: 'TRUNCATE t',
    }
    for (const [privilege, text] of Object.entries(statements)) {
      await denied(ada, text, 'table t')
      await queryRows(root, `GRANT ${privilege} ON t TO ada`)
      await queryRows(ada, text)
      await denied(bob, text, 'table t')
      await queryRows(root, `REVOKE ${privilege} ON t FROM ada`)
      await denied(ada, text, 'table t')
    }
  })

  it('needs SELECT where a write reads columns', async () => {
    await queryRows(root, 'GRANT INSERT, UPDATE, DELETE ON t TO ada')
    for (const text of [
      'UPDATE t SET v = v + 1',
      'UPDATE t SET v = 1 WHERE id = 1',
      'DELETE FROM t WHERE id = 1',
      'INSERT INTO t VALUES (2, 2) RETURNING id',
      'INSERT INTO t VALUES (1, 2) ON CONFLICT (id) DO NOTHING',
      'INSERT INTO t SELECT id + 5, v FROM t',
    ]) {
      await denied(ada, text, 'table t')
    }
    await queryRows(root, 'GRANT SELECT ON t TO ada')
    await queryRows(ada, 'INSERT INTO t SELECT id + 5, v FROM t; UPDATE t SET v = v + 1 WHERE id > 1')
  })

  it('covers every way to read', async () => {
    for (const text of [
      'TABLE t',
      'COPY t TO STDOUT',
      'SELECT * FROM (SELECT 1 AS one) AS x, t',
      'WITH w AS (SELECT * FROM t) SELECT count(*) FROM w',
      'INSERT INTO t SELECT * FROM t',
      'COPY (SUBSCRIBE t) TO STDOUT',
      'BEGIN; DECLARE c CURSOR FOR SELECT * FROM t; FETCH c',
    ]) {
      await denied(ada, text, 'table t')
      await queryRows(ada, 'ROLLBACK')
    }
    await denied(ada, 'COPY t FROM STDIN', 'table t')
  })

  it('counts through memberships, PUBLIC and SET ROLE', async () => {
    await queryRows(root, 'CREATE ROLE team; GRANT team TO ada; GRANT SELECT ON t TO team')
    await queryRows(ada, 'SELECT * FROM t')
    await queryRows(root, 'ALTER ROLE ada NOINHERIT')
    await denied(ada, 'SELECT * FROM t', 'table t')
    await queryRows(ada, 'SET ROLE team; SELECT * FROM t; RESET ROLE')
    await queryRows(root, 'GRANT SELECT ON t TO PUBLIC')
    await queryRows(bob, 'SELECT * FROM t')
    await queryRows(root, 'SET ROLE bob')
    await denied(root, 'DELETE FROM t', 'table t')
  })

  it('checks prepared statements each time they run', async () => {
    await queryRows(root, 'GRANT SELECT ON t TO ada')
    await queryRows(ada, 'PREPARE p AS SELECT * FROM t; EXECUTE p')
    await queryRows(root, 'REVOKE ALL ON t FROM ada')
    await denied(ada, 'EXECUTE p', 'table t')
  })

  it('reads views with the rights of their owner', async () => {
    await queryRows(root, 'CREATE VIEW v AS SELECT v FROM t; GRANT SELECT ON v TO ada')
    assert.deepEqual(await queryRows(ada, 'SELECT * FROM v'), [[10]])
    await denied(bob, 'SELECT * FROM v', 'view v')
    await queryRows(root, 'GRANT CREATE ON SCHEMA public TO ada')
    await queryRows(ada, 'CREATE VIEW mine AS SELECT * FROM t; GRANT SELECT ON mine TO bob')
    await denied(bob, 'SELECT * FROM mine', 'table t')
    await queryRows(root, 'GRANT SELECT ON t TO ada')
    assert.deepEqual(await queryRows(bob, 'SELECT v FROM mine'), [[10]])
  })

  it('makes materialized views with the rights of who makes them', async () => {
    await queryRows(root, 'GRANT CREATE ON SCHEMA public TO ada')
    await denied(ada, 'CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n FROM t', 'table t')
    await queryRows(root, 'GRANT SELECT ON t TO ada')
    await queryRows(ada, 'CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n FROM t')
    await queryRows(root, 'REVOKE SELECT ON t FROM ada')
    assert.deepEqual(await queryRows(ada, 'SELECT * FROM m'), [[1n]])
    await denied(bob, 'SELECT * FROM m', 'materialized view m')
  })

  it('lets owners do all with what is theirs, and nobody else drop it', async () => {
    await denied(ada, 'CREATE TABLE mine (a int)', 'schema public')
    await denied(ada, 'CREATE SCHEMA s', 'database dev')
    await queryRows(root, 'CREATE SCHEMA s; GRANT USAGE, CREATE ON SCHEMA s TO ada')
    await queryRows(ada, 'CREATE TABLE s.mine (a int); INSERT INTO s.mine VALUES (1)')
    await denied(bob, 'SELECT * FROM s.mine', 'schema s')
    await queryRows(ada, 'GRANT SELECT ON s.mine TO bob')
    await denied(bob, 'SELECT * FROM s.mine', 'schema s')
    await queryRows(root, 'GRANT USAGE ON SCHEMA s TO bob')
    assert.deepEqual(await queryRows(bob, 'SELECT * FROM s.mine'), [[1]])
    assert.equal(await failure(bob, 'DROP TABLE s.mine'), '42501 must be owner of table mine')
    assert.equal(await failure(ada, 'DROP SCHEMA s'), '42501 must be owner of schema s')
    await queryRows(ada, 'DROP TABLE s.mine')
  })

  it('gives objects to other owners', async () => {
    assert.equal(await failure(ada, 'ALTER TABLE t OWNER TO ada'), '42501 must be owner of table t')
    await queryRows(root, 'GRANT CREATE ON SCHEMA public TO ada; ALTER TABLE t OWNER TO ada')
    await queryRows(ada, 'SELECT * FROM t; GRANT SELECT ON t TO bob')
    assert.equal(await failure(ada, 'ALTER TABLE t OWNER TO bob'), '42501 must be member of role "bob"')
    const depends = '2BP01 role "ada" cannot be dropped because some objects depend on it'
    assert.equal(await failure(root, 'DROP ROLE ada'), depends)
    await queryRows(root, 'REVOKE CREATE ON SCHEMA public FROM ada; REASSIGN OWNED BY ada TO root')
    await queryRows(root, 'DROP ROLE ada')
    await queryRows(bob, 'SELECT * FROM t')
  })

  it('passes grants on with the grant option, and takes them back together', async () => {
    await denied(ada, 'GRANT SELECT ON t TO bob', 'table t')
    await queryRows(root, 'GRANT SELECT ON t TO ada')
    const notices: string[] = []
    ada.onNotice = ({ message }) => notices.push(message)
    await queryRows(ada, 'GRANT SELECT ON t TO bob')
    assert.deepEqual(notices, ['no privileges were granted for "t"'])
    await queryRows(root, 'GRANT SELECT ON t TO ada WITH GRANT OPTION')
    await queryRows(ada, 'GRANT SELECT ON t TO bob')
    await queryRows(bob, 'SELECT * FROM t')
    assert.equal(await failure(root, 'REVOKE SELECT ON t FROM ada'), '2BP01 dependent privileges exist')
    await queryRows(root, 'REVOKE GRANT OPTION FOR SELECT ON t FROM ada CASCADE')
    await queryRows(ada, 'SELECT * FROM t')
    await denied(bob, 'SELECT * FROM t', 'table t')
  })

  it('grants on all tables of a schema, and on those to come', async () => {
    await queryRows(root, 'CREATE TABLE u (a int); GRANT SELECT ON ALL TABLES IN SCHEMA public TO ada')
    await queryRows(ada, 'SELECT * FROM t; SELECT * FROM u')
    await queryRows(root, 'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO ada, bob')
    await queryRows(root, 'CREATE TABLE w (a int)')
    await queryRows(ada, 'SELECT * FROM w')
    await queryRows(root, 'ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON TABLES FROM ada')
    await queryRows(root, 'CREATE MATERIALIZED VIEW x AS SELECT 1 AS one')
    await denied(ada, 'SELECT * FROM x', 'materialized view x')
    await queryRows(bob, 'SELECT * FROM x')
  })

  it('names kinds of objects that PostgreSQL does not have', async () => {
    const options = "connector = 'datagen', 'fields.a.kind' = 'sequence'"
    await queryRows(root, `CREATE SOURCE s (a int) WITH (${options})`)
    await denied(ada, 'COPY (SUBSCRIBE s) TO STDOUT', 'source s')
    await queryRows(root, 'GRANT SELECT ON SOURCE s TO ada')
    await queryRows(root, 'CREATE VIEW v AS SELECT 1 AS one; GRANT SELECT ON VIEW v TO ada')
    await queryRows(ada, 'SELECT * FROM v')
    assert.equal(await failure(root, 'GRANT EXECUTE ON MODEL m TO ada'), '42704 model "m" does not exist')
    assert.match(await failure(root, 'GRANT ALL ON SINK x TO ada'), /^0A000 /)
  })

  it('wants the columns that windows and subscriptions read', async () => {
    await queryRows(root, 'CREATE TABLE e (a int, ts timestamp); GRANT SELECT (a) ON e TO ada')
    const starts = "SELECT window_start FROM TUMBLE(TABLE e, ts, INTERVAL '1 minute')"
    await denied(ada, starts, 'table e')
    await denied(ada, 'COPY (SUBSCRIBE e) TO STDOUT', 'table e')
    await denied(ada, 'DECLARE c CURSOR WITH HOLD FOR SELECT ts FROM e', 'table e')
    await queryRows(root, 'GRANT SELECT (ts) ON e TO ada')
    await queryRows(ada, starts)
    await queryRows(root, 'GRANT CREATE ON SCHEMA public TO ada')
    await queryRows(ada, 'CREATE MATERIALIZED VIEW m AS SELECT a FROM e')
    await queryRows(root, 'REVOKE SELECT (ts) ON e FROM ada')
    await denied(ada, 'CREATE MATERIALIZED VIEW n AS SELECT ts FROM e', 'table e')
    await denied(ada, "CREATE SINK k AS SELECT ts FROM e WITH (connector = 'blackhole')", 'table e')
  })

  it('gives sources, sinks and models to other owners', async () => {
    await queryRows(
      root,
      "CREATE SOURCE s (a int) WITH (connector = 'datagen', 'fields.a.kind' = 'sequence')",
    )
    await queryRows(root, "CREATE SINK k FROM t WITH (connector = 'blackhole')")
    assert.equal(await failure(ada, 'ALTER SOURCE s OWNER TO ada'), '42501 must be owner of source s')
    assert.equal(await failure(ada, 'DROP SINK k'), '42501 must be owner of sink k')
    await queryRows(root, 'ALTER SOURCE s OWNER TO ada; ALTER SINK k OWNER TO ada')
    assert.equal(await failure(root, 'ALTER SOURCE t OWNER TO ada'), '42809 "t" is not a source')
    assert.equal(await failure(root, 'ALTER SINK t OWNER TO ada'), '42704 sink "t" does not exist')
    assert.equal(await failure(root, 'ALTER MODEL m OWNER TO ada'), '42704 model "m" does not exist')
    assert.equal(await failure(root, 'ALTER SINK k OWNER TO nobody'), '42704 role "nobody" does not exist')
    assert.equal(await failure(root, 'ALTER SINK k OWNER TO'), '42601 syntax error at end of input')
    assert.match(await failure(root, 'ALTER SINK k RENAME TO l'), /^0A000 ALTER SINK/)
    await queryRows(ada, 'DROP SINK k; DROP SOURCE s')
  })

  it('drops all that a role owns, of every kind', async () => {
    await queryRows(
      root,
      "CREATE SOURCE s (a int) WITH (connector = 'datagen', 'fields.a.kind' = 'sequence')",
    )
    await queryRows(root, 'ALTER SOURCE s OWNER TO ada; CREATE MATERIALIZED VIEW m AS SELECT v FROM t')
    await queryRows(
      root,
      "ALTER MATERIALIZED VIEW m OWNER TO ada; CREATE SINK k FROM m WITH (connector = 'blackhole')",
    )
    const depends = '2BP01 cannot drop desired object(s) because other objects depend on them'
    assert.equal(await failure(root, 'DROP OWNED BY ada'), depends)
    await queryRows(root, 'DROP OWNED BY ada CASCADE')
    assert.deepEqual(await queryRows(root, 'SELECT name FROM stream_catalog.relations'), [['t']])
    assert.deepEqual(await queryRows(root, 'SELECT name FROM stream_catalog.sinks'), [])
    await queryRows(root, 'DROP ROLE ada')
  })

  it('refuses what makes no sense', async () => {
    const cases = [
      ['GRANT EXECUTE ON t TO ada', '0LP01 invalid privilege type EXECUTE for relation'],
      ['GRANT SELECT ON SCHEMA public TO ada', '0LP01 invalid privilege type SELECT for schema'],
      ['GRANT SELECT ON nope TO ada', '42P01 relation "nope" does not exist'],
      ['GRANT SELECT ON t TO nobody', '42704 role "nobody" does not exist'],
      ['GRANT USAGE ON SCHEMA nope TO ada', '3F000 schema "nope" does not exist'],
      ['GRANT SELECT ON t TO PUBLIC WITH GRANT OPTION', '0LP01 grant options can only be granted to roles'],
      ['GRANT EXECUTE (v) ON MODEL t TO ada', '42704 model "t" does not exist'],
      ['GRANT USAGE (v) ON SCHEMA public TO ada', '0LP01 column privileges are only valid for relations'],
    ] as const
    for (const [text, expected] of cases) assert.equal(await failure(root, text), expected)
    const model = '42501 must be superuser to create a model from a file of the server'
    assert.equal(await failure(ada, "CREATE MODEL m FROM '/etc/passwd'"), model)
  })

  it('shows system relations to everyone', async () => {
    await queryRows(ada, 'SELECT * FROM pg_catalog.pg_type; SELECT * FROM stream_catalog.relations')
  })
})
