/**
 * Whole plans, judged by PostgreSQL: each query is answered from the tables, and kept as a materialized view
 * while rows come, change and go; both must always be what PostgreSQL answers.
 */

import assert from 'node:assert/strict'
import { PGlite } from '@electric-sql/pglite'
import { Millrace } from '../../server/index.ts'

const tables = [
  'CREATE TABLE t (id int PRIMARY KEY, a int, b text, c bigint)',
  'CREATE TABLE u (k bigint, id int, name text, n numeric(10,2), PRIMARY KEY (k, id))',
  'CREATE TABLE e (id int, g int, at timestamp)',
]

const changes = [
  `INSERT INTO t SELECT i, i % 4, 'n' || i % 3, i % 5 FROM generate_series(1, 20) i`,
  `INSERT INTO t VALUES (21, NULL, NULL, NULL), (22, 1, NULL, 7)`,
  `INSERT INTO u SELECT i % 5, i, 'n' || i % 4, i / 4.0 FROM generate_series(1, 12) i`,
  `INSERT INTO e SELECT i, i % 3, timestamp '2024-01-01' + i * interval '25 seconds'
    FROM generate_series(1, 30) i`,
  `UPDATE t SET a = a + 1, b = b || 'x' WHERE id % 3 = 0`,
  `DELETE FROM t WHERE id % 5 = 0`,
  `UPDATE u SET name = 'n1', k = k + 1 WHERE id < 5`,
  `DELETE FROM e WHERE g = 1`,
  `INSERT INTO t VALUES (5, 9, 'n1', 1)`,
  `DELETE FROM u`,
]

const queries = [
  'SELECT * FROM t',
  "SELECT id, a + 1 AS x, b || 'y' AS y FROM t WHERE c > 1 AND a IS NOT NULL",
  'SELECT x * x AS z FROM (SELECT a + 1 AS x, c FROM t) q WHERE x > 1',
  'SELECT a, count(*) AS n, sum(c) AS s, min(b) AS lo, max(b) AS hi FROM t GROUP BY a',
  'SELECT count(*) AS n, sum(a) AS s, avg(c) AS m FROM t WHERE id > 100',
  'SELECT a, count(*) AS n FROM t GROUP BY a HAVING count(*) > 2 AND a > 0',
  'SELECT a, s FROM (SELECT a, sum(c) AS s, max(b) AS m FROM t GROUP BY a) q WHERE m IS NOT NULL AND a >= 1',
  'SELECT count(DISTINCT a) AS n, sum(DISTINCT c) FILTER (WHERE a > 1) AS s FROM t',
  'SELECT DISTINCT a, c FROM t',
  'SELECT x, count(*) AS n FROM (SELECT a % 2 AS x FROM t) q GROUP BY x',
  'SELECT t.id, u.name, u.n FROM t JOIN u ON t.id = u.id WHERE t.a > 0 AND u.k < 4',
  'SELECT t.id, u.id AS uid FROM t JOIN u ON t.c = u.k AND t.a < u.id',
  'SELECT t.id, u.name FROM t LEFT JOIN u ON t.c = u.k AND u.name = t.b',
  "SELECT t.id, u.name FROM t LEFT JOIN u ON t.id = u.id AND t.a > 1 AND u.name <> 'n2' WHERE t.c < 4",
  "SELECT t.id FROM t LEFT JOIN u ON t.id = u.id WHERE u.name LIKE 'n%'",
  'SELECT t.id FROM t LEFT JOIN u ON t.id = u.id WHERE u.name IS NULL',
  'SELECT t.id, u.k FROM t RIGHT JOIN u ON t.id = u.id',
  'SELECT count(*) AS n FROM t, u WHERE t.a < u.k',
  'SELECT x.a, count(y.id) AS n FROM t x LEFT JOIN t y ON x.a = y.c GROUP BY x.a',
  'SELECT id FROM t UNION ALL SELECT id FROM u WHERE k > 2',
  'SELECT id AS x FROM t WHERE a = 1 UNION SELECT g FROM e',
  'SELECT q.g, q.n, t.b FROM (SELECT g, count(*) AS n FROM e GROUP BY g) q JOIN t ON t.a = q.g',
  'SELECT max(n) AS m FROM (SELECT a, count(*) AS n FROM t GROUP BY a) q',
  'SELECT sum(n) AS m FROM (SELECT count(*) AS n FROM t GROUP BY a UNION ALL SELECT -id FROM e) q',
  "SELECT date_trunc('minute', at) AS m, count(*) AS n FROM e GROUP BY 1",
  'SELECT CASE WHEN a > 1 THEN b ELSE name END AS v FROM t JOIN u ON c = k',
  'SELECT id FROM t WHERE a IN (1, 3) OR c IS DISTINCT FROM 2',
]

/** Only from tables: rows are cut by an order. */
const ordered = [
  'SELECT id, a FROM t ORDER BY a DESC NULLS LAST, id LIMIT 5 OFFSET 2',
  'SELECT a FROM (SELECT a, id FROM t ORDER BY id LIMIT 10) q WHERE a > 1 ORDER BY a',
  'SELECT b FROM t WHERE id = 7',
  'SELECT name FROM u WHERE id = 7 AND k = 2 AND n > 0',
  'SELECT a, count(*) AS n FROM t GROUP BY a ORDER BY n DESC, a LIMIT 2',
  'SELECT id FROM t WHERE false',
  'SELECT count(*) AS n FROM t WHERE NULL',
]

describe('plans, compared with PostgreSQL', function () {
  this.timeout(120_000)
  let postgres: PGlite
  let millrace: Millrace
  before(async () => {
    postgres = new PGlite()
    millrace = await Millrace.create({ settings: { epoch_max: '5ms' } })
    for (const table of tables) {
      await postgres.exec(table)
      await millrace.exec(table)
    }
    for (const [index, query] of queries.entries()) {
      await millrace.exec(`CREATE MATERIALIZED VIEW v${index} AS ${query}`)
    }
  })
  after(async () => {
    await millrace.close()
    await postgres.close()
  })

  for (const change of ['SELECT 1', ...changes]) {
    it(`after ${change}`, async () => {
      await postgres.exec(change)
      await millrace.exec(change)
      for (const [index, query] of queries.entries()) {
        const expected = await fromPostgres(query)
        assert.deepEqual((await fromMillrace(query)).sort(), [...expected].sort(), query)
        assert.deepEqual(
          (await fromMillrace(`SELECT * FROM v${index}`)).sort(),
          [...expected].sort(),
          `view of ${query}`,
        )
      }
      for (const query of ordered)
        assert.deepEqual(await fromMillrace(query), await fromPostgres(query), query)
    })
  }

  /** Rows as text, so that both sides' own value types do not matter. */
  function asText(query: string): string {
    return `SELECT q::text AS row FROM (${query}) q`
  }

  async function fromPostgres(query: string): Promise<string[]> {
    return (await postgres.query<{ row: string }>(asText(query))).rows.map(({ row }) => row)
  }

  async function fromMillrace(query: string): Promise<string[]> {
    return (await millrace.query(asText(query))).rows.map(({ row }) => String(row))
  }
})
