/** Plans of queries: node order, hidden sort keys, grouping, what is known of result columns. */

import assert from 'node:assert/strict'
import { loadParser } from '../../../planner/sql/parse.ts'
import { formatType } from '../../../planner/types.ts'
import { bind, errorOf, findNode, planOf, shape, smallCatalog } from './bind-support.ts'

describe('bindSelect', () => {
  before(loadParser)

  const shapes: readonly (readonly [sql: string, shape: string])[] = [
    ['select 1', 'project values'],
    ['select a from t where b > 1 order by a limit 1', 'limit sort project filter scan'],
    ['select a from t order by b', 'project sort project scan'],
    ['select a, count(*) from t group by a having count(*) > 1', 'project filter aggregate scan'],
    ['select distinct a from t order by a', 'sort distinct project scan'],
    ['select 1 from t, o where t.id = o.id', 'project filter inner join [scan, scan]'],
    ['select 1 from t left join o on t.id = o.t_id', 'project left join [scan, scan]'],
    [
      'select a from t union all select b from t union all select id from o',
      'union_all [project project scan, project scan, project project scan]',
    ],
    ['select a from t union select a from t', 'distinct union_all [project scan, project scan]'],
    [
      'with c as (select a from t) select * from c x join c y using (a)',
      'project inner join [project scan, project scan]',
    ],
  ]
  for (const [sql, expected] of shapes) {
    it(sql, () => assert.equal(shape(planOf(smallCatalog(), sql)), expected))
  }

  it('computes an aggregate that is written twice once', () => {
    const plan = planOf(smallCatalog(), 'select sum(a), sum(a) + 1 from t having sum(a) > 1 order by sum(a)')
    assert.equal(findNode(plan, 'aggregate').aggregates.length, 1)
  })

  it('groups by further columns of a table whose primary key is grouped by', () => {
    const aggregate = findNode(planOf(smallCatalog(), 'select id, x from t group by id'), 'aggregate')
    assert.deepEqual(
      aggregate.schema.map(({ name }) => name),
      ['id', 'x'],
    )
  })

  it('keeps a RIGHT JOIN as a LEFT JOIN with the columns in the order of the text', () => {
    const plan = planOf(smallCatalog(), 'select * from t right join o on t.id = o.t_id')
    assert.equal(shape(plan), 'project left join [scan, scan]')
    assert.deepEqual(plan.schema.map(({ name }) => name).slice(0, 2), ['id', 'a'])
    const join = findNode(plan, 'join')
    assert.equal(join.left.kind === 'scan' && join.left.relation.name, 'o')
  })

  it('knows which result columns can be NULL', () => {
    const sql =
      'select t.id, o.id, o.t_id, 1, count(*), t.id + 1' +
      ' from t left join o on true group by t.id, o.id, o.t_id'
    const nullable = planOf(smallCatalog(), sql).schema.map(column => column.nullable)
    assert.deepEqual(nullable, [false, true, true, false, false, true])
  })

  it('keeps precision and length through columns, common types and casts', () => {
    const catalog = smallCatalog()
    catalog.createTable('create table m (n numeric(10,2), v varchar(3), w varchar(4))')
    const sql = `select n, coalesce(n, n), n + 1, coalesce(v, w), case when true then v end, v::varchar(2),
        n::numeric
      from m`
    const types = planOf(catalog, sql).schema.map(({ type }) => formatType(type))
    assert.deepEqual(types, [
      'numeric(10,2)',
      'numeric(10,2)',
      'numeric',
      'character varying',
      'character varying',
      'character varying(2)',
      'numeric',
    ])
  })

  it('tells the base columns of results', () => {
    const bound = bind(smallCatalog(), 'select s.q, s.q + 1, o.* from (select a as q from t) s, o')
    assert.ok(bound.kind === 'query')
    const origins = bound.origins.map(origin => origin && `${origin.relation.name}.${origin.attribute}`)
    assert.deepEqual(origins, ['t.2', undefined, 'o.1', 'o.2', 'o.3', 'o.4'])
  })

  it('replaces a view by its query', () => {
    const catalog = smallCatalog()
    const inner = bind(catalog, 'select a as q from t')
    assert.ok(inner.kind === 'query')
    const { plan } = inner.query
    catalog.add({
      name: 'v',
      kind: 'view',
      schema: plan.schema,
      primaryKey: [],
      appendOnly: false,
      watermark: undefined,
      defaults: [],
      view: inner.query,
    })
    assert.equal(shape(planOf(catalog, 'select v.q from v')), 'project project scan')
  })

  it('gives literals the types of the place, through set operations and sorts', () => {
    const plan = planOf(smallCatalog(), "insert into o (id, name) select '1', 'x' from t order by a")
    assert.deepEqual(
      plan.schema.map(({ type }) => type.kind),
      ['int4', 'int4', 'text', 'numeric'],
    )
    assert.equal(JSON.stringify(plan).includes('"unknown"'), false)
  })

  it('leaves no cast around number literals', () => {
    const project = findNode(planOf(smallCatalog(), 'select 1::numeric, 1::bigint, 1.5::float8'), 'project')
    assert.deepEqual(
      project.expressions.map(({ kind }) => kind),
      ['literal', 'literal', 'literal'],
    )
  })

  const rejected: readonly (readonly [sql: string, message: string])[] = [
    ['select a from t intersect select a from t', 'INTERSECT is not supported'],
    ['select a from t full join o using (id)', 'FULL JOIN is not supported'],
    ['select (select 1)', 'a subquery in an expression is not supported'],
    ['select sum(a) over () from t', 'a window function is not supported'],
    ['select distinct on (a) a from t', 'SELECT DISTINCT ON is not supported'],
    ['select a from t group by rollup (a)', 'GROUPING SETS, ROLLUP and CUBE is not supported'],
    [
      'with recursive r as (select 1 union all select * from r) select * from r',
      'WITH RECURSIVE is not supported',
    ],
    ['select 1 from t, lateral (select t.a) s', 'LATERAL is not supported'],
    [
      'select generate_series(1, 2)',
      'a set-returning function (generate_series) outside FROM is not supported',
    ],
    ['select x::inet from t', 'type inet is not supported'],
    [
      'with w as (delete from t returning *) select * from w',
      'a data-modifying statement in WITH is not supported',
    ],
  ]
  for (const [sql, message] of rejected) {
    it(`${sql}: 0A000`, () =>
      assert.equal(
        errorOf(() => planOf(smallCatalog(), sql)),
        `0A000 ${message}`,
      ))
  }

  // The operand of CASE and BETWEEN stands in the plan several times.
  const nested: readonly (readonly [what: string, nest: (inner: string) => string])[] = [
    ['CASE', inner => `case ${inner} when 1 then 2 when 2 then 3 end`],
    ['BETWEEN', inner => `(${inner}) between false and true`],
  ]
  for (const [what, nest] of nested) {
    it(`${what} nested in its operand: 54001 before memory is full`, () => {
      const levels = (count: number) => {
        let text = what === 'CASE' ? 'a' : 'a > 1'
        for (let level = 0; level < count; level++) text = nest(text)
        return `select ${text} from t`
      }
      assert.equal(planOf(smallCatalog(), levels(6)).kind, 'project')
      assert.equal(
        errorOf(() => planOf(smallCatalog(), levels(60))),
        '54001 statement is too complex',
      )
    })
  }
})
