/** READ ONLY, isolation levels and their defaults: every answer must be PostgreSQL's. */

import { describe, it } from 'mocha'
import { useSameAsPostgres } from './same-as-postgres.ts'

const setup = 'CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 10), (2, 20)'
const look = 'SELECT id, v FROM t ORDER BY id'

const inReadOnly: readonly string[] = [
  'INSERT INTO t VALUES (3, 3)',
  'INSERT INTO t SELECT 1, 1 WHERE false',
  'INSERT INTO t VALUES (1, 1) ON CONFLICT DO NOTHING',
  'UPDATE t SET v = 1 WHERE false',
  'DELETE FROM t',
  'TRUNCATE t',
  'CREATE TABLE u (a int)',
  'CREATE VIEW w AS SELECT 1 AS a',
  'CREATE MATERIALIZED VIEW w AS SELECT 1 AS a',
  'CREATE SCHEMA s',
  'DROP TABLE t',
  'DROP VIEW w',
  'DROP SCHEMA s',
  'GRANT SELECT ON t TO PUBLIC',
  'CREATE ROLE r',
  'ALTER ROLE r LOGIN',
  'DROP ROLE r',
  'ANALYZE',
  'VACUUM',
  'NOTIFY c',
  'LISTEN c',
  'UNLISTEN c',
  "SELECT pg_notify('c', 'x')",
  'PREPARE p AS INSERT INTO t VALUES (4, 4)',
  'DECLARE c CURSOR FOR SELECT * FROM t',
  'DISCARD ALL',
  'SET ROLE NONE',
  'SET application_name = x',
]

const sequences: Readonly<Record<string, readonly string[]>> = {
  'READ ONLY by default': [
    'SET default_transaction_read_only = on',
    'SHOW transaction_read_only',
    'INSERT INTO t VALUES (3, 3)',
    'BEGIN',
    'SHOW transaction_read_only',
    'SET TRANSACTION READ WRITE',
    'INSERT INTO t VALUES (3, 3)',
    'COMMIT',
    'BEGIN READ WRITE',
    'INSERT INTO t VALUES (4, 4)',
    'COMMIT',
    look,
    'SET default_transaction_read_only = off',
    'DELETE FROM t WHERE id = 4',
  ],
  'isolation by default': [
    "SET default_transaction_isolation = 'serializable'",
    'SHOW transaction_isolation',
    'BEGIN',
    'SHOW transaction_isolation',
    'SET TRANSACTION ISOLATION LEVEL READ COMMITTED',
    'SHOW transaction_isolation',
    look,
    'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ',
    'ROLLBACK',
    "SET default_transaction_isolation = 'repeatable'",
    'RESET default_transaction_isolation',
    'SHOW transaction_isolation',
  ],
  'READ ONLY may be asked for late, READ WRITE not': [
    'BEGIN',
    look,
    'SET TRANSACTION READ ONLY',
    'INSERT INTO t VALUES (5, 5)',
    'ROLLBACK',
    'BEGIN',
    look,
    'SET TRANSACTION READ ONLY',
    'SET TRANSACTION READ WRITE',
    'ROLLBACK',
    'BEGIN READ ONLY',
    'SET TRANSACTION READ WRITE',
    'INSERT INTO t VALUES (5, 5)',
    'ROLLBACK',
  ],
  'isolation inside a savepoint': [
    'BEGIN',
    'SAVEPOINT a',
    'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE',
    'ROLLBACK',
    'BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE',
    'SHOW transaction_deferrable',
    'COMMIT',
  ],
  'SET LOCAL over savepoints': [
    'BEGIN',
    'SET LOCAL statement_timeout = 5000',
    'SAVEPOINT a',
    'SET LOCAL statement_timeout = 7000',
    'SHOW statement_timeout',
    'ROLLBACK TO a',
    'SHOW statement_timeout',
    'SET statement_timeout = 9000',
    'RELEASE a',
    'SHOW statement_timeout',
    'SET LOCAL statement_timeout = 1000',
    'COMMIT',
    'SHOW statement_timeout',
    'RESET statement_timeout',
  ],
  'modes outside a transaction': [
    'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE',
    'SHOW transaction_isolation',
    'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY',
    'INSERT INTO t VALUES (6, 6)',
    'SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE, ISOLATION LEVEL REPEATABLE READ',
    'SHOW default_transaction_isolation',
    'DISCARD ALL',
    'SHOW default_transaction_isolation',
  ],
}

describe('transaction modes', () => {
  const assertSameAsPostgres = useSameAsPostgres()

  for (const statement of inReadOnly) {
    it(`${statement} in READ ONLY: as PostgreSQL`, async () => {
      await assertSameAsPostgres(setup, ['BEGIN READ ONLY', statement, 'ROLLBACK'])
    })
  }

  for (const [name, statements] of Object.entries(sequences)) {
    it(`${name}: as PostgreSQL`, async () => {
      await assertSameAsPostgres(setup, statements)
    })
  }
})
