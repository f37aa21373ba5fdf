/** Queries that name a list of primary keys, which are looked up, answered as PostgreSQL answers them. */

import { useSameAsPostgres } from './same-as-postgres.ts'

const setup = `CREATE TABLE t (k int PRIMARY KEY, v text);
  INSERT INTO t SELECT g, 'v' || g FROM generate_series(1, 20) g;
  CREATE TABLE u (a text, b bigint, n int, PRIMARY KEY (a, b));
  INSERT INTO u SELECT 'a' || g % 3, g, g FROM generate_series(1, 20) g`

const ids = [1, 2, 3].map(id => `00000000-0000-0000-0000-00000000000${id}`)

const statements: Readonly<Record<string, readonly string[]>> = {
  'one column': [
    'SELECT * FROM t WHERE k IN (3, 1, 7) ORDER BY k',
    'SELECT v FROM t WHERE k IN (3, 3, 99, NULL, 3) ORDER BY k',
    "SELECT * FROM t WHERE k = ANY ('{5,2,5,77}') ORDER BY k",
    "SELECT * FROM t WHERE k = ANY ('{{5,2},{7,8}}'::int[]) ORDER BY k",
    "SELECT * FROM t WHERE k = ANY ('{}') ORDER BY k",
    'SELECT * FROM t WHERE k = ANY (NULL::int[]) ORDER BY k',
    'SELECT * FROM t WHERE k IN (1 + 1, 2 * 2, length(current_user)) ORDER BY k',
    'SELECT * FROM t WHERE k IN (1, 2, 3) AND k IN (2, 3, 4) ORDER BY k',
    "SELECT * FROM t WHERE k IN (1, 2, 3) AND v <> 'v2' ORDER BY k",
    'SELECT * FROM t WHERE k IN (1, 2, 3) AND k = 2',
    'SELECT * FROM t WHERE k IN (1, 2) OR k = 9 ORDER BY k',
    'SELECT * FROM t WHERE k NOT IN (1, 2) AND k < 5 ORDER BY k',
    'SELECT * FROM t WHERE k IN (1, 3000000000) ORDER BY k',
    'SELECT * FROM t WHERE k IN (1, 2.0, 3.5) ORDER BY k',
    'SELECT * FROM t WHERE k <> ANY (ARRAY[1, 2]) AND k < 4 ORDER BY k',
    'SELECT count(*) FROM t WHERE k IN (1, 2, 3, 4, 5)',
    `SELECT count(*), sum(k) FROM t WHERE k IN (${Array.from({ length: 5000 }, (_, n) => n - 2000)})`,
    'SELECT x.v, y.v FROM t x JOIN t y ON y.k = x.k + 1 WHERE x.k IN (4, 6) ORDER BY x.k',
  ],
  'two columns': [
    "SELECT n FROM u WHERE a = 'a1' AND b IN (1, 2, 4, 7) ORDER BY n",
    "SELECT n FROM u WHERE a IN ('a1', 'a2') AND b = 4 ORDER BY n",
    "SELECT n FROM u WHERE a IN ('a1', 'a2') AND b IN (4, 5) ORDER BY n",
    "SELECT n FROM u WHERE b = ANY ('{1,4}') AND a = 'a1' AND n > 1 ORDER BY n",
  ],
  'other types': [
    `CREATE TABLE i (id uuid PRIMARY KEY, v int); INSERT INTO i VALUES ('${ids[0]}', 1), ('${ids[1]}', 2)`,
    `SELECT v FROM i WHERE id IN ('${ids[1]}', '${ids[1]}', '${ids[2]}', '${ids[0]}') ORDER BY v`,
    'CREATE TABLE n (id numeric PRIMARY KEY, v int); INSERT INTO n VALUES (1.50, 1), (2, 2)',
    'SELECT v FROM n WHERE id IN (1.5, 1.50, 2.000, 7) ORDER BY v',
    'CREATE TABLE d (id date PRIMARY KEY, v int)',
    "INSERT INTO d VALUES ('2026-01-01', 1), ('2026-01-02', 2)",
    "SELECT v FROM d WHERE id IN ('2026-01-02', '2026-01-01', '2026-01-02') ORDER BY v",
    'DROP TABLE i; DROP TABLE n; DROP TABLE d',
  ],
  writes: [
    "UPDATE t SET v = 'new' WHERE k IN (2, 2, 4, 99)",
    'DELETE FROM t WHERE k = ANY (ARRAY[1, 1, 3])',
    'SELECT * FROM t WHERE k < 6 ORDER BY k',
    'BEGIN',
    "INSERT INTO t VALUES (1, 'own'), (50, 'own')",
    "UPDATE t SET v = 'changed' WHERE k IN (5, 50)",
    'DELETE FROM t WHERE k IN (6, 51)',
    'SELECT * FROM t WHERE k IN (50, 1, 2, 5, 6, 50) ORDER BY k',
    'DECLARE c CURSOR FOR SELECT * FROM t WHERE k IN (1, 7, 50) ORDER BY k',
    'DELETE FROM t WHERE k IN (7, 50)',
    'FETCH ALL FROM c',
    'SELECT * FROM t WHERE k IN (1, 7, 50)',
    'ROLLBACK',
    'SELECT * FROM t WHERE k IN (1, 2, 5, 6, 50) ORDER BY k',
    'BEGIN ISOLATION LEVEL SERIALIZABLE',
    'SELECT * FROM t WHERE k IN (8, 9) ORDER BY k',
    'UPDATE t SET k = 60 WHERE k IN (9)',
    'COMMIT',
    'SELECT * FROM t WHERE k IN (9, 60)',
  ],
}

describe('lists of keys', function () {
  this.timeout(60_000)
  const assertSameAsPostgres = useSameAsPostgres()

  for (const [name, texts] of Object.entries(statements)) {
    it(name, () => assertSameAsPostgres(setup, texts))
  }
})
