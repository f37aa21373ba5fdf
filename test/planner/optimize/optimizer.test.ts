import assert from 'node:assert/strict'
import { optimize } from '../../../planner/optimize/optimizer.ts'
import { finish } from '../../../planner/steps.ts'
import { PlanFixture } from '../plan-fixture.ts'

const terms = (count: number, term: (index: number) => string, separator: string) =>
  Array.from({ length: count }, (_, index) => term(index)).join(separator)

const plans: readonly (readonly [title: string, sql: string, plan: readonly string[]])[] = [
  [
    'reads only the columns that are used',
    'SELECT a + 1 AS x FROM t WHERE c > 5',
    ['Project: (a + 1) AS x', '  Filter: (c > 5)', '    Project: a, c', '      Scan: public.t'],
  ],
  ['reads all columns without a projection', 'SELECT * FROM t', ['Scan: public.t']],
  [
    'computes through subqueries once',
    'SELECT y * 2 AS z FROM (SELECT x + 1 AS y FROM (SELECT a AS x, b FROM t) p) q',
    ['Project: ((x + 1) * 2) AS z', '  Project: a AS x', '    Scan: public.t'],
  ],
  [
    'keeps a value that is used twice',
    'SELECT y * y AS z FROM (SELECT a + 1 AS y FROM t) q',
    ['Project: (y * y) AS z', '  Project: (a + 1) AS y', '    Project: a', '      Scan: public.t'],
  ],
  [
    'filters below projections',
    "SELECT x FROM (SELECT a AS x, b || 'x' AS y FROM t) q WHERE y = 'ax' AND x > 1",
    [
      'Project: a AS x',
      "  Filter: (((b || 'x') = 'ax') AND (a > 1))",
      '    Project: a, b',
      '      Scan: public.t',
    ],
  ],
  [
    'looks a column up that is compared with many constants',
    `SELECT a FROM t WHERE c > 0 AND (${terms(17, n => `a = ${n}`, ' OR ')})`,
    [
      'Project: a',
      `  Filter: ((c > 0) AND (a = ANY (ARRAY[${terms(17, n => `${n}`, ', ')}])))`,
      '    Project: a, c',
      '      Scan: public.t',
    ],
  ],
  [
    'compares a column with a few constants',
    'SELECT a FROM t WHERE a = 0 OR a = 1',
    ['Filter: ((a = 0) OR (a = 1))', '  Project: a', '    Scan: public.t'],
  ],
  [
    'evaluates inner conditions before outer ones',
    'SELECT a FROM (SELECT a, c FROM t WHERE c <> 0) q WHERE a / c > 1',
    ['Project: a', '  Filter: ((c <> 0) AND ((a / c) > 1))', '    Project: a, c', '      Scan: public.t'],
  ],
  [
    'filters both sides of an inner join',
    'SELECT t.a FROM t, u WHERE t.id = u.id AND t.a > 1 AND u.k = 2',
    [
      'Project: a',
      '  InnerJoin: (id#0 = id#2)',
      '    Filter: (a > 1)',
      '      Project: id, a',
      '        Scan: public.t',
      '    Project: id',
      '      Filter: (k = 2)',
      '        Project: k, id',
      '          Scan: public.u',
    ],
  ],
  [
    'keeps the conditions of a left join on their side',
    `SELECT t.a FROM t LEFT JOIN u ON t.id = u.id AND t.a > 1 AND u.k = 2
    WHERE t.c = 3 AND u.name IS NULL`,
    [
      'Project: a',
      '  Filter: (name IS NULL)',
      '    LeftJoin: ((id#0 = id#2) AND (a > 1))',
      '      Project: id, a',
      '        Filter: (c = 3)',
      '          Project: id, a, c',
      '            Scan: public.t',
      '      Project: id, name',
      '        Filter: (k = 2)',
      '          Project: k, id, name',
      '            Scan: public.u',
    ],
  ],
  [
    'joins inner where an unmatched row cannot pass',
    "SELECT t.a FROM t LEFT JOIN u ON t.id = u.id WHERE u.name LIKE 'x%'",
    [
      'Project: a',
      '  InnerJoin: (id#0 = id#2)',
      '    Project: id, a',
      '      Scan: public.t',
      '    Project: id',
      "      Filter: (name ~~ 'x%')",
      '        Project: id, name',
      '          Scan: public.u',
    ],
  ],
  [
    'filters every input of UNION ALL',
    'SELECT x FROM (SELECT a AS x FROM t UNION ALL SELECT id FROM log) q WHERE x = 1',
    [
      'UnionAll',
      '  Filter: (x = 1)',
      '    Project: a AS x',
      '      Scan: public.t',
      '  Filter: (id = 1)',
      '    Project: id',
      '      Scan: public.log',
    ],
  ],
  [
    'makes one list of neighbouring rows of constants',
    'SELECT a FROM t UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL VALUES (3), (4) UNION ALL SELECT 1 + 4',
    [
      'UnionAll',
      '  Project: a',
      '    Scan: public.t',
      '  Values: 4 rows',
      '  Project: (1 + 4)',
      '    Values: 1 row',
    ],
  ],
  [
    'filters below GROUP BY by its keys, not by its results',
    'SELECT a, count(*) AS n FROM t GROUP BY a HAVING a > 1 AND count(*) > 2',
    [
      'Filter: (count > 2)',
      '  Aggregate: count(*) by a',
      '    Filter: (a > 1)',
      '      Project: a',
      '        Scan: public.t',
    ],
  ],
  [
    'filters a global aggregate above, which has a row without rows',
    'SELECT count(*) FROM t HAVING $1 = 1',
    ['Filter: ($1 = 1)', '  Aggregate: count(*)', '    Project: ', '      Scan: public.t'],
  ],
  [
    'drops aggregates that nobody reads',
    "SELECT a FROM (SELECT a, sum(c) AS s, max(b) AS m FROM t GROUP BY a) q WHERE m = 'x'",
    [
      'Project: a',
      "  Filter: (max = 'x')",
      '    Aggregate: max(b) by a',
      '      Project: a, b',
      '        Scan: public.t',
    ],
  ],
  [
    'groups by what a projection computes',
    'SELECT x, count(*) FROM (SELECT a % 10 AS x FROM t) q GROUP BY x',
    ['Aggregate: count(*) by (a % 10)', '  Project: a', '    Scan: public.t'],
  ],
  [
    'filters windows by their input, not by their bounds',
    `SELECT id FROM TUMBLE(log, ts, INTERVAL '1 min')
    WHERE a = 1 AND window_start > '2024-01-01'`,
    [
      'Project: id',
      "  Filter: (window_start > '2024-01-01'::timestamp without time zone)",
      '    Window: tumble(ts, 00:01:00)',
      '      Filter: (a = 1)',
      '        Scan: public.log',
    ],
  ],
  [
    'does not filter below LIMIT',
    'SELECT a FROM (SELECT a FROM t ORDER BY a LIMIT 3) q WHERE a > 1',
    ['Filter: (a > 1)', '  Limit: limit 3', '    Sort: a', '      Project: a', '        Scan: public.t'],
  ],
  [
    'makes DISTINCT a GROUP BY',
    'SELECT DISTINCT a FROM t',
    ['Aggregate: by a', '  Project: a', '    Scan: public.t'],
  ],
  [
    'drops what is always true',
    'SELECT a FROM t WHERE true AND (true AND a = 1)',
    ['Filter: (a = 1)', '  Project: a', '    Scan: public.t'],
  ],
  ['reads nothing when it is always false', 'SELECT a FROM t WHERE false AND a = 1', ['Values: 0 rows']],
  [
    'scores no more rows than it must',
    "SELECT t.id FROM t JOIN u ON t.id = u.id WHERE fraud(t.a) > 0.5 AND u.name = 'x'",
    [
      'Project: id#0 AS id',
      '  Filter: (fraud(a::double precision) > 0.5)',
      '    InnerJoin: (id#0 = id#2)',
      '      Project: id, a',
      '        Scan: public.t',
      '      Project: id',
      "        Filter: (name = 'x')",
      '          Project: id, name',
      '            Scan: public.u',
    ],
  ],
]

describe('optimize', () => {
  let fixture: PlanFixture
  before(async () => {
    fixture = await PlanFixture.start()
  })

  for (const [title, sql, plan] of plans) {
    it(title, () => assert.deepEqual(fixture.logical(sql), plan))
  }

  it('changes nothing the second time', () => {
    for (const [, sql] of plans) {
      const once = finish(optimize(fixture.query(sql).plan))
      assert.deepEqual(finish(optimize(once)), once, sql)
    }
  })

  it('keeps the names and types of the result', () => {
    for (const [, sql] of plans) {
      const { plan } = fixture.query(sql)
      assert.equal(finish(optimize(plan)).schema, plan.schema)
    }
  })
})
