/**
 * Incremental = recomputed, through SQL: random INSERT, UPDATE and DELETE on tables with views of every
 * kind. After each batch `SELECT * FROM view` is the view's own query run afresh, here and on PostgreSQL
 * (PGlite) with the same statements. SEED=n repeats a run, ROUNDS=n makes it longer.
 */

import { strict as assert } from 'node:assert'
import { PGlite } from '@electric-sql/pglite'
import { Millrace } from '../../server/index.ts'
import { queryPostgres } from '../support/slt-postgres.ts'
import { type SltConnection, serverTarget } from '../support/slt-run.ts'

const tables = [
  'CREATE TABLE a (id int PRIMARY KEY, k int, v int, s text)',
  'CREATE TABLE b (id int PRIMARY KEY, k int, w numeric)',
  'CREATE TABLE c (k int, x int)',
]

/** Queries of views by name; a later one may read an earlier one. */
const views: Readonly<Record<string, string>> = {
  filtered: "SELECT id, v * 2 AS twice, coalesce(s, '?') || k AS label FROM a WHERE v > 3 OR k IS NULL",
  joined: 'SELECT a.id, b.id AS other, a.v + b.w AS total FROM a JOIN b ON a.k = b.k',
  conditional: 'SELECT a.id, b.id AS other FROM a JOIN b ON a.k = b.k AND a.v < b.w',
  outer_joined: 'SELECT a.id, a.k, b.id AS other, b.w FROM a LEFT JOIN b ON a.k = b.k',
  outer_conditional: 'SELECT a.id, b.w FROM a LEFT JOIN b ON a.k = b.k AND a.v < b.w AND a.id % 2 = 0',
  repeated: 'SELECT a.id, c.x FROM a LEFT JOIN c ON a.k = c.k WHERE a.v < 8',
  three: 'SELECT a.id, b.id AS bid, c.x FROM a JOIN b ON a.k = b.k LEFT JOIN c ON c.k = b.k',
  sums: 'SELECT k, count(*) AS n, count(v) AS nv, sum(v) AS s, avg(v) AS m FROM a GROUP BY k',
  extremes: 'SELECT k, min(v) AS lo, max(v) AS hi, min(s) AS first, max(s) AS last FROM a GROUP BY k',
  distinct_counts: 'SELECT v % 3 AS g, count(DISTINCT k) AS ks, sum(DISTINCT v) AS vs FROM a GROUP BY v % 3',
  collected:
    "SELECT k, string_agg(s, ',' ORDER BY id) AS all, array_agg(v ORDER BY v, id) AS vs FROM a GROUP BY k",
  filtered_counts:
    'SELECT k, count(*) FILTER (WHERE v > 4) AS big, max(v) FILTER (WHERE s IS NULL) AS m FROM a GROUP BY k',
  overall: 'SELECT count(*) AS n, sum(w) AS s, max(w) AS m, min(k) AS lo FROM b',
  having_many: 'SELECT k, count(*) AS n FROM a GROUP BY k HAVING count(*) > 1 AND sum(v) < 30',
  distinct_rows: 'SELECT DISTINCT k, v % 2 AS odd FROM a',
  unioned: 'SELECT k FROM a UNION SELECT k FROM b',
  all_rows: 'SELECT k, x FROM c UNION ALL SELECT k, v FROM a UNION ALL SELECT k, x FROM c WHERE x > 2',
  of_join: 'SELECT a.k, count(b.id) AS n, sum(b.w) AS s FROM a LEFT JOIN b ON a.k = b.k GROUP BY a.k',
  of_view: 'SELECT n, count(*) AS groups, sum(s) AS s FROM sums GROUP BY n',
  with_view: 'SELECT b.id, s.n, s.s FROM b LEFT JOIN sums s ON s.k = b.k',
  cased: 'SELECT id, CASE WHEN v > 5 THEN k WHEN s IS NULL THEN -1 END AS c FROM a',
  self_joined: 'SELECT l.id, r.id AS other FROM a l JOIN a r ON l.k = r.k AND l.id < r.id',
}

/** Windows have no counterpart in PostgreSQL; they are compared with themselves run afresh. */
const windows: Readonly<Record<string, string>> = {
  tumbled: `SELECT window_start, count(*) AS n, max(v) AS m
    FROM TUMBLE((SELECT v, timestamp '2026-01-01' + v * interval '20 seconds' AS ts FROM a), ts,
      INTERVAL '1 minute') GROUP BY window_start`,
  hopped: `SELECT window_start, k, sum(v) AS s
    FROM HOP(timed, ts, INTERVAL '30 seconds', INTERVAL '90 seconds') GROUP BY window_start, k`,
}

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
const rounds = Number(process.env['ROUNDS'] ?? 10)

describe('views under random writes', function () {
  this.timeout(60_000 + rounds * 2_000)

  it(`equal their queries run afresh (SEED=${seed} ROUNDS=${rounds})`, async () => {
    const database = await Millrace.create()
    const postgres = await PGlite.create()
    try {
      const { url } = await database.listen({ host: '127.0.0.1', port: 0 })
      const session = await serverTarget(url).connect()
      await run(session, postgres)
      await session.end()
    } finally {
      await database.close()
      await postgres.close()
    }
  })
})

async function run(session: SltConnection, postgres: PGlite): Promise<void> {
  const random = generator(seed)
  const both = async (sql: string): Promise<void> => {
    await session.query(sql)
    await queryPostgres(postgres, sql)
  }
  for (const sql of tables) await both(sql)
  await session.query(
    "CREATE VIEW timed AS SELECT k, v, timestamp '2026-01-01' + v * interval '20 seconds' AS ts FROM a",
  )
  for (let batch = 0; batch < 4; batch++) await both(randomWrite(random))
  for (const [name, sql] of Object.entries(views)) await both(`CREATE MATERIALIZED VIEW ${name} AS ${sql}`)
  for (const [name, sql] of Object.entries(windows)) {
    await session.query(`CREATE MATERIALIZED VIEW ${name} AS ${sql}`)
  }
  const written: string[] = []
  for (let round = 0; round < rounds; round++) {
    const statements = Array.from({ length: 1 + random(4) }, () => randomWrite(random))
    const batch = random(3) === 0 ? ['BEGIN', ...statements, 'COMMIT'] : statements
    for (const sql of batch) await both(sql)
    written.push(...batch)
    for (const [name, sql] of Object.entries({ ...views, ...windows })) {
      const kept = await sortedRows(session.query(`SELECT * FROM ${name}`))
      const explain = `view ${name}, SEED=${seed}, round ${round}, after\n${written.slice(-12).join('\n')}`
      assert.deepEqual(kept, await sortedRows(session.query(sql)), `recomputed: ${explain}`)
      if (name in windows) continue
      assert.deepEqual(kept, await sortedRows(queryPostgres(postgres, sql)), `PostgreSQL: ${explain}`)
    }
  }
}

async function sortedRows(rows: Promise<readonly (readonly (string | null)[])[]>): Promise<string[]> {
  return (await rows).map(row => row.map(value => value ?? 'NULL').join(' | ')).sort()
}

type Random = (bound: number) => number

/** One statement that succeeds whatever the tables hold. */
function randomWrite(random: Random): string {
  const table = 'abc'[random(3)]!
  switch (random(5)) {
    case 0:
      return `DELETE FROM ${table} WHERE ${condition(table, random)}`
    case 1:
    case 2:
      return randomUpdate(table, random)
    default:
      return randomInsert(table, random)
  }
}

function condition(table: string, random: Random): string {
  const column = table === 'c' ? 'x' : 'id'
  return random(3) === 0 ? `k = ${random(5)}` : `${column} % 5 = ${random(5)}`
}

function randomUpdate(table: string, random: Random): string {
  const changes: Readonly<Record<string, readonly string[]>> = {
    a: [
      'v = v + 1',
      'k = (k + 1) % 5',
      'v = NULL',
      "s = s || 'x'",
      'k = NULL',
      's = NULL, v = 3',
      'id = id + 1000',
    ],
    b: ['w = w * 2', 'k = (k + 2) % 5', 'w = NULL', 'k = 1', 'id = id + 1000, w = 1.50'],
    c: ['x = x + 1', 'k = 3 - k', 'x = NULL'],
  }
  const choices = changes[table]!
  return `UPDATE ${table} SET ${choices[random(choices.length)]!} WHERE ${condition(table, random)}`
}

let nextId = 1

function randomInsert(table: string, random: Random): string {
  const rows = Array.from({ length: 1 + random(5) }, () => {
    const k = random(6) === 0 ? 'NULL' : String(random(5))
    const v = random(8) === 0 ? 'NULL' : String(random(10))
    const s = random(5) === 0 ? 'NULL' : `'${'pqrs'[random(4)]!}'`
    const id = nextId++
    if (table === 'a') return `(${id}, ${k}, ${v}, ${s})`
    return table === 'b' ? `(${id}, ${k}, ${v}.25)`.replace('NULL.25', 'NULL') : `(${k}, ${v})`
  })
  return `INSERT INTO ${table} VALUES ${rows.join(', ')}`
}

/** mulberry32 */
function generator(start: number): Random {
  let state = start
  return bound => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound
  }
}
