import assert from 'node:assert/strict'
import { loadParser } from '../../../planner/sql/parse.ts'
import { brief, parseExpression } from './parse-one.ts'

const column = (...path: string[]) => ({ kind: 'column', path })
const integer = (value: number) => ({ kind: 'literal', literal: 'integer', text: String(value) })
const string = (text: string) => ({ kind: 'literal', literal: 'string', text })
const [a, b, c] = [column('a'), column('b'), column('c')]
const call = (name: string, ...values: object[]) => {
  return { kind: 'function', name: name.split('.'), args: values.map(value => ({ value })) }
}
const operator = (name: string, left: object, right: object) => ({ kind: 'operator', name, left, right })

const shapes: readonly (readonly [text: string, tree: object])[] = [
  ['0', integer(0)],
  ['-1', integer(-1)],
  ['9999999999', { kind: 'literal', literal: 'number', text: '9999999999' }],
  ['0x1FFFFFFFFF', { kind: 'literal', literal: 'number', text: '137438953471' }],
  ['1.50', { kind: 'literal', literal: 'number', text: '1.50' }],
  ['1e3', { kind: 'literal', literal: 'number', text: '1e3' }],
  ["''", string('')],
  ["E'a\\nb'", string('a\nb')],
  ['$$x$$', string('x')],
  ["b'101'", { kind: 'literal', literal: 'bit_string', text: 'b101' }],
  ['false', { kind: 'literal', literal: 'boolean', text: 'false' }],
  ['NULL', { kind: 'literal', literal: 'null', text: '' }],
  ['"A".b', column('A', 'b')],
  ['*', { kind: 'star' }],
  ['t.*', { kind: 'star', path: ['t'] }],
  ['$2', { kind: 'parameter', number: 2 }],
  ['a + b', operator('+', a, b)],
  ['-a', { kind: 'operator', name: '-', right: a }],
  ['a OPERATOR(pg_catalog.+) b', { ...operator('+', a, b), schemaName: 'pg_catalog' }],
  ['a AND b AND c', { kind: 'and', args: [a, b, c] }],
  ['a OR b AND NOT c', { kind: 'or', args: [a, { kind: 'and', args: [b, { kind: 'not', input: c }] }] }],
  [
    'a::numeric(10,2)[]',
    {
      kind: 'cast',
      input: a,
      type: { names: ['pg_catalog', 'numeric'], modifiers: [10, 2], arrayDimensions: 1 },
    },
  ],
  ['CAST(a AS text)', { kind: 'cast', input: a, type: { names: ['text'] } }],
  [
    "INTERVAL '1' MINUTE",
    {
      kind: 'cast',
      input: string('1'),
      type: { names: ['pg_catalog', 'interval'], modifiers: [2048] },
    },
  ],
  [
    'CASE a WHEN 1 THEN b ELSE c END',
    {
      kind: 'case',
      operand: a,
      branches: [{ when: integer(1), then: b }],
      otherwise: c,
    },
  ],
  ['CASE WHEN a THEN b END', { kind: 'case', branches: [{ when: a, then: b }] }],
  ['COALESCE(a, b)', { kind: 'coalesce', args: [a, b] }],
  ['NULLIF(a, b)', { kind: 'nullif', left: a, right: b }],
  ['LEAST(a, b)', { kind: 'extremum', which: 'least', args: [a, b] }],
  ['a IN (1, 2)', { kind: 'in', input: a, list: [integer(1), integer(2)] }],
  ['a NOT IN (1)', { kind: 'in', input: a, list: [integer(1)], negated: true }],
  ['a BETWEEN b AND c', { kind: 'between', input: a, low: b, high: c }],
  [
    'a NOT BETWEEN SYMMETRIC b AND c',
    {
      kind: 'between',
      input: a,
      low: b,
      high: c,
      symmetric: true,
      negated: true,
    },
  ],
  ['a LIKE b', operator('~~', a, b)],
  ['a NOT ILIKE b', operator('!~~*', a, b)],
  ["a LIKE b ESCAPE 'x'", operator('~~', a, call('pg_catalog.like_escape', b, string('x')))],
  ['a SIMILAR TO b', operator('~', a, call('pg_catalog.similar_to_escape', b))],
  ['a !~* b', operator('!~*', a, b)],
  ['a IS NULL', { kind: 'is_null', input: a }],
  ['a IS NOT NULL', { kind: 'is_null', input: a, negated: true }],
  ['a IS NOT UNKNOWN', { kind: 'is_bool', input: a, test: 'unknown', negated: true }],
  ['a IS DISTINCT FROM b', { kind: 'is_distinct', left: a, right: b }],
  ['a IS NOT DISTINCT FROM b', { kind: 'is_distinct', left: a, right: b, negated: true }],
  ['a = ANY (b)', { kind: 'quantified', quantifier: 'any', operator: '=', left: a, array: b }],
  ['a <> ALL (b)', { kind: 'quantified', quantifier: 'all', operator: '<>', left: a, array: b }],
  ['ARRAY[a, b]', { kind: 'array', elements: [a, b] }],
  ['ROW(a, b)', { kind: 'row', elements: [a, b], explicit: true }],
  ['(a, b)', { kind: 'row', elements: [a, b] }],
  ['a[1]', { kind: 'subscript', input: a, index: integer(1) }],
  ['a[:b]', { kind: 'slice', input: a, upper: b }],
  ['(a).b', { kind: 'field', input: a, name: 'b' }],
  ['(a).*', { kind: 'field_star', input: a }],
  ['a[1].b', { kind: 'field', input: { kind: 'subscript', input: a, index: integer(1) }, name: 'b' }],
  ['count(*)', { kind: 'function', name: ['count'], star: true }],
  [
    'f(x => a, b => 1)',
    {
      kind: 'function',
      name: ['f'],
      args: [
        { name: 'x', value: a },
        { name: 'b', value: integer(1) },
      ],
    },
  ],
  ['s.f(VARIADIC a)', { ...call('s.f', a), variadic: true }],
  [
    'sum(DISTINCT a ORDER BY b DESC NULLS LAST) FILTER (WHERE c)',
    {
      ...call('sum', a),
      distinct: true,
      filter: c,
      orderBy: [{ expression: b, descending: true, nulls: 'last' }],
    },
  ],
  [
    'mode() WITHIN GROUP (ORDER BY a)',
    {
      kind: 'function',
      name: ['mode'],
      withinGroup: true,
      orderBy: [{ expression: a }],
    },
  ],
  ['sum(a) OVER w', { ...call('sum', a), over: { name: 'w' } }],
  [
    'sum(a) OVER (w PARTITION BY b ORDER BY c ROWS 1 PRECEDING)',
    {
      ...call('sum', a),
      over: { base: 'w', partitionBy: [b], orderBy: [{ expression: c }], frame: true },
    },
  ],
  ['EXTRACT(year FROM a)', { ...call('pg_catalog.extract', string('year'), a), sqlSyntax: true }],
  ['POSITION(a IN b)', { ...call('pg_catalog.position', b, a), sqlSyntax: true }],
  [
    'SUBSTRING(a FROM 1 FOR 2)',
    {
      ...call('pg_catalog.substring', a, integer(1), integer(2)),
      sqlSyntax: true,
    },
  ],
  ["TRIM(LEADING 'x' FROM a)", { ...call('pg_catalog.ltrim', a, string('x')), sqlSyntax: true }],
  ["a AT TIME ZONE 'UTC'", { ...call('pg_catalog.timezone', string('UTC'), a), sqlSyntax: true }],
  ['CURRENT_DATE', { kind: 'sql_value', name: 'current_date' }],
  ['CURRENT_TIMESTAMP(3)', { kind: 'sql_value', name: 'current_timestamp', precision: 3 }],
  ['a COLLATE "C"', { kind: 'collate', input: a, collation: ['C'] }],
  ['GROUPING(a)', { kind: 'grouping', args: [a] }],
]

describe('expressions', () => {
  before(loadParser)

  for (const [text, tree] of shapes) {
    it(text, () => {
      const expected = JSON.parse(JSON.stringify(tree))
      assert.deepEqual(
        brief(withoutZeroDimensions(parseExpression(text))),
        brief(withoutZeroDimensions(expected)),
      )
    })
  }

  it('knows the kind and operands of subqueries', () => {
    const shape = (text: string) => {
      const expression = parseExpression(text)
      if (expression.kind !== 'sublink') return expression.kind
      return [expression.sublink, expression.operator, brief(expression.left), expression.query.kind]
    }
    assert.deepEqual(shape('EXISTS (SELECT 1)'), ['exists', undefined, undefined, 'select'])
    assert.deepEqual(shape('(SELECT 1)'), ['scalar', undefined, undefined, 'select'])
    assert.deepEqual(shape('ARRAY(SELECT 1)'), ['array', undefined, undefined, 'select'])
    assert.deepEqual(shape('a IN (SELECT 1)'), ['any', '=', a, 'select'])
    assert.deepEqual(shape('a > ALL (SELECT 1)'), ['all', '>', a, 'select'])
    assert.equal(shape('a NOT IN (SELECT 1)'), 'not')
  })

  it('counts positions in characters, from 1', () => {
    const position = (text: string) => parseExpression(text).position
    assert.equal(position('a'), 8)
    assert.equal(position('a + b'), 10)
    assert.equal(position('a::int'), 9)
    assert.equal(position("INTERVAL '1 s'"), 8)
    const sum = parseExpression("'é' || 'x\u{1F600}' || a")
    assert.equal(sum.position, 20)
    assert.equal(sum.kind === 'operator' ? sum.right.position : 0, 23)
  })

  it('refuses what the dialect does not have', () => {
    for (const [text, what] of [
      ['JSON_OBJECT()', 'JSON_OBJECT'],
      ['a IS JSON', 'IS JSON'],
      ['XMLELEMENT(name a)', 'XML'],
    ]) {
      assert.throws(() => parseExpression(text!), { code: '0A000', message: `${what} is not supported` })
    }
  })
})

/** Types have a number where the other trees have lists and flags. */
function withoutZeroDimensions(tree: unknown): unknown {
  return JSON.parse(
    JSON.stringify(tree, (key, value) => (key === 'arrayDimensions' && value === 0 ? undefined : value)),
  )
}
