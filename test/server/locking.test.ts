/** SELECT … FOR UPDATE and LOCK TABLE in one session; two sessions are in interleaved.test.ts. */

import { describe, it } from 'mocha'
import { useSameAsPostgres } from './same-as-postgres.ts'

const setup = 'CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 10), (2, 20)'

const sequences: Readonly<Record<string, readonly string[]>> = {
  'rows with their locks': [
    'SELECT * FROM t ORDER BY id FOR UPDATE',
    'BEGIN',
    'SELECT * FROM t WHERE id = 1 FOR UPDATE',
    'SELECT * FROM t ORDER BY id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED',
    'SELECT v FROM t ORDER BY id FOR SHARE NOWAIT',
    'SELECT id + 1 AS n FROM t ORDER BY v DESC LIMIT 1 FOR KEY SHARE',
    'UPDATE t SET v = 0 WHERE id = 1',
    'INSERT INTO t VALUES (3, 30)',
    'SELECT * FROM t ORDER BY id FOR UPDATE',
    'DELETE FROM t WHERE id = 2',
    'COMMIT',
    'SELECT * FROM t ORDER BY id',
  ],
  'joins, aliases and subqueries': [
    'SELECT a.id FROM t a JOIN t b ON a.id = b.id ORDER BY a.id FOR UPDATE OF a',
    'SELECT a.id FROM t a, t b WHERE a.id = b.id ORDER BY 1 FOR UPDATE',
    'SELECT a.id FROM t a, (SELECT id FROM t) b WHERE a.id = b.id ORDER BY 1 FOR SHARE',
    'SELECT id FROM t a ORDER BY 1 FOR UPDATE OF a FOR SHARE',
    'SELECT * FROM t FOR UPDATE OF x',
    'SELECT * FROM t a FOR UPDATE OF t',
    'SELECT 1 AS one FOR UPDATE',
  ],
  'rows that are no rows of a table': [
    'SELECT count(*) FROM t FOR UPDATE',
    'SELECT DISTINCT v FROM t FOR UPDATE',
    'SELECT v FROM t GROUP BY v FOR SHARE',
    'SELECT 1 AS a FROM t HAVING true FOR NO KEY UPDATE',
    'SELECT 1 AS a UNION SELECT 2 FOR UPDATE',
    'VALUES (1) FOR KEY SHARE',
  ],
  'in READ ONLY': [
    'BEGIN READ ONLY',
    'SELECT * FROM t FOR UPDATE',
    'ROLLBACK',
    'BEGIN READ ONLY',
    'SELECT * FROM t FOR KEY SHARE',
    'ROLLBACK',
    'BEGIN READ ONLY',
    'LOCK TABLE t IN ACCESS SHARE MODE',
    'ROLLBACK',
  ],
  'LOCK TABLE': [
    'LOCK TABLE t',
    'BEGIN',
    'LOCK TABLE t',
    'LOCK t, t IN SHARE ROW EXCLUSIVE MODE NOWAIT',
    'INSERT INTO t VALUES (3, 30)',
    'COMMIT',
    'BEGIN',
    'LOCK TABLE nothing',
    'ROLLBACK',
    'SELECT * FROM t ORDER BY id',
  ],
  'READ ONLY ends with its savepoint': [
    'BEGIN',
    'SAVEPOINT a',
    'SET TRANSACTION READ ONLY',
    'INSERT INTO t VALUES (3, 30)',
    'ROLLBACK TO a',
    'INSERT INTO t VALUES (4, 40)',
    'SET TRANSACTION READ ONLY',
    'SHOW transaction_read_only',
    'RELEASE a',
    'SHOW transaction_read_only',
    'INSERT INTO t VALUES (5, 50)',
    'COMMIT',
    'SELECT * FROM t ORDER BY id',
  ],
}

describe('locks', () => {
  const assertSameAsPostgres = useSameAsPostgres()

  for (const [name, statements] of Object.entries(sequences)) {
    it(`${name}: as PostgreSQL`, async () => {
      await assertSameAsPostgres(setup, statements)
    })
  }
})
