import assert from 'node:assert/strict'
import { PlanFixture } from './plan-fixture.ts'

const minute = "TUMBLE(rides, ts, INTERVAL '1 minute')"
const hour = "HOP(rides, ts, INTERVAL '1 minute', INTERVAL '1 hour')"

const streaming: readonly (readonly [title: string, sql: string, plan: readonly string[]])[] = [
  [
    'groups without event time for ever',
    'SELECT city, sum(fare) FROM rides GROUP BY city',
    [
      'HashAggregate: sum(fare) by city {updates; key city; unbounded state}',
      '  Scan: public.rides (city, fare) {append-only}',
    ],
  ],
  [
    'a global aggregate is one row',
    'SELECT count(*) FROM t',
    ['HashAggregate: count(*) {updates; one row}', '  Scan: public.t () {updates}'],
  ],
  [
    'a maximum over retractions keeps all values',
    'SELECT max(v) FROM upserts',
    ['HashAggregate: max(v) {updates; one row; unbounded state}', '  Scan: public.upserts (v) {updates}'],
  ],
  [
    'aggregates windows per slide',
    `SELECT city, window_end, max(fare) FROM ${hour} WHERE fare > 1 GROUP BY city, window_end`,
    [
      'WindowAggregate: hop(ts, 00:01:00, 01:00:00) max(fare) by city, window_end ' +
        '{updates; key city, window_end; time window_end}',
      '  Filter: (fare > 1) {append-only; time ts}',
      '    Scan: public.rides (city, fare, ts) {append-only; time ts}',
    ],
  ],
  [
    'aggregates what cannot be merged per window',
    `SELECT window_start, count(DISTINCT id) FROM ${hour} GROUP BY 1`,
    [
      'WindowAggregate: hop(ts, 00:01:00, 01:00:00) count(DISTINCT id) by window_start ' +
        '{updates; key window_start; time window_start + 01:00:00}',
      '  Scan: public.rides (id, ts) {append-only; time ts}',
    ],
  ],
  [
    'expands windows of which an aggregate reads a bound',
    `SELECT window_start, max(window_end - ts) FROM ${hour} GROUP BY 1`,
    [
      'HashAggregate: max((window_end - ts)) by window_start expires by window_start + 01:00:00 ' +
        '{updates; key window_start; time window_start + 01:00:00}',
      '  WindowExpand: hop(ts, 00:01:00, 01:00:00) ' +
        '{append-only; time ts, window_start + 01:00:00, window_end}',
      '    Scan: public.rides (ts) {append-only; time ts}',
    ],
  ],
  [
    'windows without a watermark never close',
    "SELECT window_start, count(*) FROM TUMBLE(log, ts, INTERVAL '1 day') GROUP BY 1",
    [
      'WindowAggregate: tumble(ts, 1 day) count(*) by window_start never closes ' +
        '{updates; key window_start; unbounded state}',
      '  Scan: public.log (ts) {append-only}',
    ],
  ],
  [
    'keeps or drops whole windows after they are aggregated',
    `SELECT window_end, count(*) FROM ${minute} GROUP BY 1 HAVING window_end > '2024-01-01'`,
    [
      "Filter: (window_end > '2024-01-01'::timestamp with time zone) " +
        '{updates; key window_end; time window_end}',
      '  WindowAggregate: tumble(ts, 00:01:00) count(*) by window_end ' +
        '{updates; key window_end; time window_end}',
      '    Scan: public.rides (ts) {append-only; time ts}',
    ],
  ],
  [
    'truncated event time expires at the end of its unit',
    "SELECT date_trunc('hour', ts) AS h, count(*) FROM rides GROUP BY 1",
    [
      "HashAggregate: count(*) by date_trunc('hour', ts) expires by date_trunc('hour', ts) + 01:00:00 " +
        '{updates; key h; time h + 01:00:00}',
      '  Scan: public.rides (ts) {append-only; time ts}',
    ],
  ],
  [
    'DISTINCT over rows that stay only adds',
    'SELECT DISTINCT city FROM rides',
    [
      'HashDistinct: by city {append-only; key city; unbounded state}',
      '  Scan: public.rides (city) {append-only}',
    ],
  ],
  [
    'joins by equalities, of one type, and the rest',
    'SELECT t.id, u.name FROM t JOIN u ON t.id = u.k AND t.a < u.id',
    [
      'Project: id#0 AS id, name {updates; unbounded state}',
      '  HashJoin: id::bigint = k where (a < id#3) {updates; key id#0, k, id#3; unbounded state}',
      '    Scan: public.t (id, a) {updates; key id}',
      '    Scan: public.u (k, id, name) {updates; key k, id}',
    ],
  ],
  [
    'a join by the key of one side keeps the key of the other',
    'SELECT u.k, u.id AS uid, t.b FROM u LEFT JOIN t ON u.id = t.id',
    [
      'Project: k, id#1 AS uid, b {updates; key k, uid; unbounded state}',
      '  HashLeftJoin: id = id {updates; key k, id#1; unbounded state}',
      '    Scan: public.u (k, id) {updates; key k, id}',
      '    Scan: public.t (id, b) {updates; key id}',
    ],
  ],
  [
    'joins without an equality',
    'SELECT log.a FROM log, clicks WHERE log.ts < clicks.ts',
    [
      'Project: a {append-only; unbounded state}',
      '  HashJoin: every pair where (ts#1 < ts#2) {append-only; unbounded state}',
      '    Scan: public.log (a, ts) {append-only}',
      '    Scan: public.clicks (ts) {append-only; time ts}',
    ],
  ],
  [
    'a join of windows forgets what is past',
    `SELECT x.id, y.city FROM ${minute} x JOIN ${minute} y
    ON x.window_end = y.window_end AND x.id = y.id`,
    [
      'Project: id#0 AS id, city {append-only}',
      '  HashJoin: window_end = window_end, id = id expires by window_end and window_end ' +
        '{append-only; time window_end#1, window_end#4}',
      '    Project: id, window_end {append-only; time window_end}',
      '      WindowExpand: tumble(ts, 00:01:00) {append-only; time ts, window_start + 00:01:00, window_end}',
      '        Scan: public.rides (id, ts) {append-only; time ts}',
      '    Project: id, city, window_end {append-only; time window_end}',
      '      WindowExpand: tumble(ts, 00:01:00) {append-only; time ts, window_start + 00:01:00, window_end}',
      '        Scan: public.rides (id, city, ts) {append-only; time ts}',
    ],
  ],
  [
    'UNION ALL knows what all inputs share',
    'SELECT id, ts FROM rides UNION ALL SELECT id, at FROM clicks',
    [
      'UnionAll {append-only}',
      '  Scan: public.rides (id, ts) {append-only; time ts}',
      '  Scan: public.clicks (id, at) {append-only}',
    ],
  ],
  [
    'an order means nothing in a view',
    'SELECT id FROM t ORDER BY id',
    ['Scan: public.t (id) {updates; key id}'],
  ],
  [
    'scores after the cheap conditions, once',
    "SELECT id, fraud(fare) FROM rides WHERE fraud(fare) > 0.5 AND city = 'x'",
    [
      'FilterProject: id, fraud where (fraud > 0.5) {append-only}',
      '  ModelScore: fraud v1(fare) {append-only}',
      "    Filter: (city = 'x') {append-only}",
      '      Scan: public.rides (id, city, fare) {append-only}',
    ],
  ],
  [
    'scores the argument of a score first',
    'SELECT fraud(fraud(fare) + 1) FROM rides',
    [
      'Project: fraud#2 AS fraud {append-only}',
      '  ModelScore: fraud v1((fraud + 1)) {append-only}',
      '    ModelScore: fraud v1(fare) {append-only}',
      '      Scan: public.rides (fare) {append-only}',
    ],
  ],
  [
    'scores below an aggregation',
    `SELECT window_start, avg(fraud(fare)) FROM ${minute} GROUP BY 1 HAVING avg(fraud(fare)) > 1`,
    [
      'Filter: (avg > 1) {updates; key window_start; time window_start + 00:01:00}',
      '  WindowAggregate: tumble(ts, 00:01:00) avg(fraud) by window_start ' +
        '{updates; key window_start; time window_start + 00:01:00}',
      '    ModelScore: fraud v1(fare) {append-only; time ts}',
      '      Scan: public.rides (fare, ts) {append-only; time ts}',
    ],
  ],
  [
    'keeps scores of rows that may be retracted',
    'SELECT fraud(a) FROM t',
    [
      'Project: fraud {updates; unbounded state}',
      '  ModelScore: fraud v1(a::double precision) {updates; unbounded state}',
      '    Scan: public.t (a) {updates}',
    ],
  ],
]

const onClose: readonly (readonly [title: string, sql: string, plan: readonly string[]])[] = [
  [
    'windows',
    `SELECT window_start, count(*) FROM ${minute} GROUP BY 1 HAVING count(*) > 2 EMIT ON WINDOW CLOSE`,
    [
      'Filter: (count > 2) {append-only; key window_start; time window_start + 00:01:00}',
      '  WindowAggregate: tumble(ts, 00:01:00) count(*) by window_start emits on window close ' +
        '{append-only; key window_start; time window_start + 00:01:00}',
      '    Scan: public.rides (ts) {append-only; time ts}',
    ],
  ],
  [
    'groups, later by the delay',
    "SELECT ts, count(*) FROM rides GROUP BY ts EMIT ON WINDOW CLOSE WITH DELAY INTERVAL '5 s'",
    [
      'HashAggregate: count(*) by ts expires by ts emits on window close after 00:00:05 ' +
        '{append-only; key ts; time ts + 00:00:05}',
      '  Scan: public.rides (ts) {append-only; time ts}',
    ],
  ],
  [
    'rows of windows',
    `SELECT id FROM ${minute} WHERE window_start > '2024-01-01' EMIT ON WINDOW CLOSE`,
    [
      "FilterProject: id where (window_start > '2024-01-01'::timestamp with time zone) {append-only}",
      '  EmitOnClose: window_start + 00:01:00 {append-only; time ts, window_start + 00:01:00, window_end}',
      '    WindowExpand: tumble(ts, 00:01:00) {append-only; time ts, window_start + 00:01:00, window_end}',
      '      Scan: public.rides (id, ts) {append-only; time ts}',
    ],
  ],
  [
    'rows in order of event time',
    'SELECT id, ts FROM rides EMIT ON WINDOW CLOSE',
    ['EmitOnClose: ts {append-only; time ts}', '  Scan: public.rides (id, ts) {append-only; time ts}'],
  ],
]

const oneShot: readonly (readonly [title: string, sql: string, plan: readonly string[]])[] = [
  ['looks up a primary key', 'SELECT * FROM t WHERE id = 5', ['KeyLookup: public.t (id, a, b, c) key (5)']],
  [
    'and filters what it finds',
    "SELECT b FROM t WHERE a > 3 AND $1 = id AND b <> 'x'",
    ['Project: b', "  Filter: ((a > 3) AND (b <> 'x'))", '    KeyLookup: public.t (id, a, b) key ($1)'],
  ],
  [
    'looks up a key of several columns, of narrower values',
    'SELECT name FROM u WHERE id = 4 AND k = 3',
    ['KeyLookup: public.u (name) key (3, 4)'],
  ],
  [
    'looks up a list of keys',
    'SELECT * FROM t WHERE id IN (5, 6) AND a > 3',
    ['Filter: (a > 3)', '  KeyLookup: public.t (id, a, b, c) key (any of ARRAY[5, 6])'],
  ],
  [
    'looks up keys of which one column is a list',
    'SELECT name FROM u WHERE id = ANY ($1) AND k = 3',
    ['KeyLookup: public.u (name) key (3, any of $1)'],
  ],
  [
    'scans for a part of the key',
    'SELECT name FROM u WHERE k = 3',
    ['FilterProject: name where (k = 3)', '  Scan: public.u (k, name)'],
  ],
  [
    'scans for a value wider than the key',
    'SELECT b FROM t WHERE id = 5000000000',
    ['FilterProject: b where (id = 5000000000)', '  Scan: public.t (id, b)'],
  ],
  [
    'sorts and cuts at once',
    'SELECT a, b FROM t ORDER BY a DESC NULLS LAST, b LIMIT 10 OFFSET 5',
    ['TopN: a DESC NULLS LAST, b limit 10 offset 5', '  Scan: public.t (a, b)'],
  ],
  ['cuts without an order', 'SELECT a FROM t LIMIT 10', ['Limit: limit 10', '  Scan: public.t (a)']],
  [
    'sorts by a score',
    'SELECT a FROM t ORDER BY fraud(a)',
    [
      'Project: a',
      '  Sort: sort1',
      '    Project: a, fraud AS sort1',
      '      ModelScore: fraud v1(a::double precision)',
      '        Scan: public.t (a)',
    ],
  ],
  ['computes without a table', 'SELECT 1 + 2 AS x', ['Project: (1 + 2) AS x', '  Values: 1 row']],
  [
    'scores without a table',
    'SELECT fraud(1)',
    ['Project: fraud', '  ModelScore: fraud v1(1)', '    Values: 1 row'],
  ],
  [
    'has windows that end with the input',
    `SELECT window_start, count(*) FROM ${minute} GROUP BY 1`,
    [
      'WindowAggregate: tumble(ts, 00:01:00) count(*) by window_start never closes',
      '  Scan: public.rides (ts)',
    ],
  ],
]

const rejected: readonly (readonly [sql: string, message: string])[] = [
  ['SELECT id FROM t LIMIT 3', 'LIMIT in a streaming query is not supported'],
  ['SELECT id FROM t OFFSET 3', 'OFFSET in a streaming query is not supported'],
  ['SELECT id FROM t WHERE random() > 0.5', 'volatile function random() in a streaming query'],
  ['SELECT id FROM rides WHERE ts > now()', 'now() in a streaming query is not supported'],
  [
    "SELECT id FROM rides WHERE ts > 'yesterday'",
    "timestamp with time zone 'yesterday' in a streaming query is not supported",
  ],
  [
    'SELECT city, count(*) FROM rides GROUP BY city EMIT ON WINDOW CLOSE',
    'EMIT ON WINDOW CLOSE needs a column that is bound to event time',
  ],
  [
    'SELECT a FROM log EMIT ON WINDOW CLOSE',
    'EMIT ON WINDOW CLOSE needs a column that is bound to event time',
  ],
  [
    'SELECT t.a FROM t LEFT JOIN u ON fraud(t.a) > u.k',
    'a model call in the condition of a LEFT JOIN is not supported',
  ],
]

describe('planQuery', () => {
  let fixture: PlanFixture
  before(async () => {
    fixture = await PlanFixture.start()
  })

  describe('of a streaming query', () => {
    for (const [title, sql, plan] of streaming) {
      it(title, () => assert.deepEqual(fixture.streaming(sql), plan))
    }
    for (const [sql, message] of rejected) {
      it(`rejects ${sql}`, () => assert.throws(() => fixture.streaming(sql), { code: '0A000', message }))
    }
  })

  describe('with EMIT ON WINDOW CLOSE holds back', () => {
    for (const [title, sql, plan] of onClose) {
      it(title, () => assert.deepEqual(fixture.streaming(sql), plan))
    }
  })

  describe('of a query that is read once', () => {
    for (const [title, sql, plan] of oneShot) {
      it(title, () => assert.deepEqual(fixture.oneShot(sql), plan))
    }
  })

  it('names the columns as the query does', () => {
    const names = (sql: string) => fixture.plan(sql, 'one_shot').schema.map(({ name }) => name)
    assert.deepEqual(names('SELECT a AS x, b AS y FROM t ORDER BY a'), ['x', 'y'])
    assert.deepEqual(names('SELECT id AS x FROM log'), ['x'])
  })

  it('knows that nothing is retracted from what is read once', () => {
    const { properties } = fixture.plan('SELECT a, count(*) FROM t GROUP BY a', 'one_shot')
    assert.equal(properties.appendOnly, true)
    assert.equal(fixture.plan('SELECT v FROM upserts', 'one_shot').properties.appendOnly, false)
  })
})
