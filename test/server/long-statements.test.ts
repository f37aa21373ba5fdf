/** Statements that programs write, thousands of parts long, answered as PostgreSQL answers them. */

import { useSameAsPostgres } from './same-as-postgres.ts'

const setup = `CREATE TABLE t (a int, b text, c bigint, d numeric);
  INSERT INTO t SELECT g, 'k' || g, g * 3, g + 0.5 FROM generate_series(1, 50) g;
  INSERT INTO t VALUES (NULL, NULL, NULL, NULL)`

const parts = (count: number, part: (index: number) => string): string[] =>
  Array.from({ length: count }, (_, index) => part(index))

const select = (condition: string) => `SELECT a FROM t WHERE ${condition} ORDER BY a`

const statements: Readonly<Record<string, readonly string[]>> = {
  OR: [
    select(parts(4000, n => `a = ${n * 3}`).join(' OR ')),
    select(parts(2000, n => `(a = ${n * 3} AND b = 'k${n * 3}')`).join(' OR ')),
    `SELECT a, (${parts(2000, n => `c = ${n * 6}`).join(' OR ')}) AS found FROM t ORDER BY a`,
  ],
  AND: [
    select(parts(4000, n => `a <> ${n + 10}`).join(' AND ')),
    `SELECT a, (${parts(2000, n => `(b <> 'k${n}' OR c IS NULL)`).join(' AND ')}) AS kept FROM t ORDER BY a`,
  ],
  IN: [
    select(`a IN (${parts(20_000, n => `${n * 7}`)})`),
    select(`c IN (${parts(5000, n => `${n * 7}`)})`),
    select(`d IN (${parts(5000, n => `${n * 7}.50`)})`),
    select(`b IN (${parts(5000, n => `'k${n * 7}'`)})`),
    select(`a NOT IN (${parts(5000, n => `${n + 3}`)})`),
    select(`a NOT IN (NULL, ${parts(5000, n => `${n + 3}`)})`),
    select(`a IN (NULL, ${parts(5000, n => `${n} + 3`)})`),
    select(`a IN (c / 3, ${parts(500, n => `${n + 60}`)})`),
    select(`a = ANY (ARRAY[${parts(5000, n => `${n * 2}`)}])`),
    `SELECT cardinality(ARRAY[${parts(5000, n => `${n}`)}])`,
  ],
  CASE: [
    `SELECT CASE a ${parts(3000, n => `WHEN ${n} THEN 'v${n}'`).join(' ')} END FROM t ORDER BY a`,
    `SELECT CASE ${parts(3000, n => `WHEN a = ${n} THEN d * ${n}`).join(' ')} ELSE -1 END FROM t ORDER BY a`,
    `SELECT ${parts(500, n => `CASE WHEN a > ${n} THEN`).join(' ')} 1 ${'END '.repeat(500)}FROM t ORDER BY a`,
  ],
  COALESCE: [
    `SELECT coalesce(${parts(2000, n => `nullif(a, a + ${n} - ${n})`)}, 7) FROM t ORDER BY a`,
    `SELECT greatest(${parts(1000, n => `a + ${n}`)}) FROM t ORDER BY a`,
  ],
  UNION: [
    parts(2000, n => `SELECT ${n}`).join(' UNION ALL '),
    `${parts(1000, n => `SELECT a, b FROM t WHERE a = ${n}`).join(' UNION ALL ')} ORDER BY 1`,
    `${parts(500, n => `SELECT ${n % 7}`).join(' UNION ')} ORDER BY 1`,
    "SELECT '1' UNION ALL SELECT 2 UNION ALL SELECT 3.5 UNION ALL SELECT a FROM t WHERE a < 3",
    "SELECT 'x' UNION ALL SELECT NULL UNION SELECT 'x' UNION ALL SELECT b FROM t WHERE a < 3 ORDER BY 1",
    'SELECT 1 UNION ALL (SELECT 2 UNION SELECT 2) UNION ALL (SELECT a FROM t ORDER BY a LIMIT 1) ORDER BY 1',
    '(SELECT a FROM t ORDER BY a LIMIT 2) UNION ALL SELECT 1 UNION ALL SELECT 2 ORDER BY 1 LIMIT 3',
    'SELECT 1, 2 UNION ALL SELECT 1, 2 UNION ALL SELECT 1',
    "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 'x'",
    'SELECT 1 UNION ALL SELECT true UNION ALL SELECT 3',
  ],
  VALUES: [
    `VALUES ${parts(5000, n => `(${n}, 'v${n}', ${n}.5)`)}`,
    `INSERT INTO t VALUES ${parts(5000, n => `(${n}, 'v${n}', ${n}, ${n}.5)`)}`,
    'SELECT count(*), sum(a), sum(d), max(b) FROM t',
  ],
  targets: [
    `SELECT ${parts(1600, n => `a + ${n} AS c${n}`)} FROM t ORDER BY a`,
    `SELECT ${parts(1600, n => (n % 3 === 0 ? `b || '${n}'` : `d * ${n}`))} FROM t ORDER BY a`,
    `SELECT ${parts(1600, n => (n === 1500 ? '1 / (a - 7)' : `a + ${n}`))} FROM t ORDER BY a`,
  ],
  'what is too wide': [
    `SELECT ${parts(1664, n => `${n}`)}`,
    `SELECT ${parts(1665, n => `${n}`)}`,
    `SELECT ${parts(1664, n => `${n}`)} FROM t ORDER BY a + 1`,
    `VALUES (${parts(1665, n => `${n}`)})`,
    `SELECT ROW(${parts(1665, n => `${n}`)})`,
    `SELECT concat(${parts(100, n => `${n}`)})`,
    `SELECT a, concat(${parts(101, n => `${n}`)}) FROM t`,
    `SELECT 1 + f(${parts(101, n => `${n}`)})`,
    `CREATE TABLE wide (${parts(1601, n => `c${n} int`)})`,
    `CREATE VIEW wide AS SELECT ${parts(1601, n => `${n} AS c${n}`)}`,
  ],
}

/** Expressions whose code is cut into parts, and among their terms some that must not be evaluated. */
function wideExpressions(count: number): readonly string[] {
  const pairs = parts(count, n => `(a = ${n * 3} AND b = 'k${n * 3}')`).join(' OR ')
  const branches = parts(count, n => `WHEN a = ${n + 20} THEN b || ${n}`).join(' ')
  const name = (n: number) => (n % 5 === 0 ? 'NULL' : `'v${n}'`)
  const named = `CASE a ${parts(count, n => `WHEN ${n + 10} THEN ${name(n)}`).join(' ')}`
  const nulls = parts(count, n => `nullif(a, a + ${n} - ${n})`)
  const failing = '1 / (a - 30) > 0'
  return [
    select(pairs),
    select(`NOT (${pairs})`),
    `SELECT a, ${pairs} AS found FROM t ORDER BY a`,
    `SELECT a, (${pairs}) IS NULL AS unknown FROM t ORDER BY a`,
    select(parts(count, n => `(a <> ${n + 15} OR c > ${n})`).join(' AND ')),
    select(`a < 1000 AND (a < 1000 OR ${pairs} OR ${failing})`),
    select(`${pairs} OR ${failing}`),
    `SELECT a, (a > 30 AND ${parts(count, n => `c <> ${n}`).join(' AND ')} AND ${failing}) FROM t ORDER BY a`,
    `SELECT a, CASE ${branches} END FROM t ORDER BY a`,
    `SELECT a, CASE ${branches} ELSE b END FROM t ORDER BY a`,
    `SELECT a, ${named} END FROM t ORDER BY a`,
    `SELECT a, upper(${named} ELSE b END) FROM t ORDER BY a`,
    `SELECT length(${named} ELSE 'none' END) + 1 FROM t ORDER BY a`,
    `SELECT CASE ${parts(count, n => `WHEN a = ${n} THEN d * ${n}`).join(' ')} END FROM t ORDER BY a`,
    `SELECT CASE WHEN a < 99 THEN a ${branches.replaceAll('b ||', 'c +')} ELSE 1 / (a - a) END FROM t
      ORDER BY a`,
    `SELECT CASE WHEN a IS NULL THEN 0 ${parts(count, n => `WHEN a = ${n + 31} THEN ${n}`).join(' ')}
      WHEN ${failing} THEN -1 ELSE a END FROM t ORDER BY a`,
    `SELECT coalesce(${nulls}, a, 1 / (a - a)) FROM t WHERE a > 0 ORDER BY a`,
    `SELECT coalesce(${nulls}) FROM t ORDER BY a`,
    `SELECT coalesce(${nulls}, 1 / (a - 30)) FROM t ORDER BY a`,
    `SELECT least(${parts(count, n => `c - ${n}`)}), greatest(${parts(count, n => `b || ${n}`)}) FROM t
      ORDER BY a`,
    `SELECT cardinality(e), e[1], e[${count}] FROM (SELECT ARRAY[${parts(count, n => `a + ${n}`)}] e FROM t) q
      ORDER BY 2`,
    select(`a = ANY (ARRAY[${parts(count, n => `c + ${n}`)}])`),
    `SELECT count(*) FILTER (WHERE ${pairs}) FROM t`,
    `SELECT max(${named} END) FROM t`,
    `SELECT ${named} END, count(*) FROM t GROUP BY 1 ORDER BY 1`,
    `SELECT a FROM t ORDER BY ${named} END, a`,
    `SELECT x.a FROM t x LEFT JOIN t y ON x.a = y.a AND (${pairs.replaceAll(/\b[ab] =/g, 'y.$&')})
      WHERE y.a IS NULL ORDER BY 1`,
    `UPDATE t SET b = ${named} ELSE b END`,
    `UPDATE t SET c = 0 WHERE ${pairs}`,
    `SELECT * FROM t ORDER BY a`,
    `DELETE FROM t WHERE ${pairs}`,
  ]
}

/** One operator inside the other. */
function deepExpressions(count: number): readonly string[] {
  return [
    `SELECT a ${parts(count, n => `+ ${n}`).join(' ')}, c ${parts(count, n => `- c * ${n}`).join(' ')} FROM t
      ORDER BY a`,
    `SELECT b ${parts(count, n => `|| ${n}`).join(' ')} FROM t ORDER BY a`,
    `SELECT d ${parts(count, n => `+ d * ${n}`).join(' ')} FROM t ORDER BY a`,
    `SELECT 1 ${parts(count, () => '+ 1').join(' ')}`,
    `SELECT 1 ${parts(count, n => `+ 1 / (a - ${n})`).join(' ')} FROM t WHERE a = 5`,
  ]
}

describe('long statements', function () {
  this.timeout(120_000)
  const assertSameAsPostgres = useSameAsPostgres()

  for (const [name, texts] of Object.entries(statements)) {
    it(name, () => assertSameAsPostgres(setup, texts))
  }

  for (const count of [1000, 5000, 20_000]) {
    it(`${count} terms of an expression`, () => assertSameAsPostgres(setup, wideExpressions(count)))
  }

  it('expressions of some depth', () => assertSameAsPostgres(setup, deepExpressions(250)))
})
