/** TUMBLE and HOP in both spellings, and constant intervals. */

import assert from 'node:assert/strict'
import { intervalMicros } from '../../../planner/bind/interval-constant.ts'
import { loadParser } from '../../../planner/sql/parse.ts'
import { errorOf, findNode, planOf, smallCatalog, statementOf } from './bind-support.ts'

const second = 1_000_000n
const minute = 60n * second
const day = 1440n * minute

function windowOf(from: string) {
  return findNode(planOf(smallCatalog(), `select * from ${from}`), 'window')
}

describe('bindTimeWindow', () => {
  before(loadParser)

  it('binds TUMBLE', () => {
    const { window, schema } = windowOf("tumble(t, ts, interval '1 minute')")
    assert.deepEqual(window, {
      kind: 'tumble',
      timeColumn: 4,
      sizeMicros: minute,
      slideMicros: minute,
      offsetMicros: 0n,
    })
    assert.deepEqual(
      schema.slice(-2).map(({ name, type }) => [name, type.kind]),
      [
        ['window_start', 'timestamp'],
        ['window_end', 'timestamp'],
      ],
    )
  })

  it('binds HOP with slide, size and offset', () => {
    const { window } = windowOf("hop(t, ts, interval '10' second, interval '1 minute', interval '5 seconds')")
    assert.deepEqual(window, {
      kind: 'hop',
      timeColumn: 4,
      sizeMicros: minute,
      slideMicros: 10n * second,
      offsetMicros: 5n * second,
    })
  })

  it("binds Flink's spelling", () => {
    const { window } = windowOf("table(tumble(table t, descriptor(ts), interval '1' minute))")
    assert.equal(window.sizeMicros, minute)
  })

  it('resolves columns through the name of the input, or the alias', () => {
    const sql = (from: string, name: string) =>
      planOf(smallCatalog(), `select ${name}.a, ${name}.window_end from ${from} group by 1, 2`)
    assert.equal(sql("tumble(t, ts, interval '1 minute')", 't').schema.length, 2)
    assert.equal(sql("tumble(t, ts, interval '1 minute') w", 'w').schema.length, 2)
  })

  it('takes a subquery', () => {
    assert.equal(windowOf("tumble((select ts as q from t), q, interval '1 day') w").window.timeColumn, 0)
  })

  const errors: readonly (readonly [from: string, error: string])[] = [
    [
      "tumble(t, x, interval '1 s')",
      '42804 the time column of TUMBLE must be of type date or timestamp, not type text',
    ],
    ["tumble(t, nosuch, interval '1 s')", '42703 column "nosuch" does not exist'],
    ["tumble(t, ts, interval '0 s')", '22023 the size of TUMBLE must be positive'],
    ['tumble(t, ts, 5)', '22023 the size of TUMBLE must be an INTERVAL constant'],
    ["tumble(t, ts, interval '1 month')", '0A000 the size of TUMBLE in months or years is not supported'],
    [
      "hop(t, ts, interval '7 s', interval '1 minute')",
      '22023 the size of HOP must be a multiple of its slide',
    ],
    ["tumble(t, d, interval '1 hour')", '22023 TUMBLE over a date column needs whole days'],
    ["cumulate(t, ts, interval '1 s', interval '2 s')", '0A000 CUMULATE is not supported'],
  ]
  for (const [from, error] of errors) {
    it(`${from}: error`, () =>
      assert.equal(
        errorOf(() => windowOf(from)),
        error,
      ))
  }
})

describe('intervalMicros', () => {
  before(loadParser)

  const intervals: readonly (readonly [sql: string, micros: bigint])[] = [
    ["interval '1 day 2 hours'", day + 120n * minute],
    ["interval '1:30'", 90n * minute],
    ["interval '00:00:01.5'", 1_500_000n],
    ["interval '1 day -1:00'", day - 60n * minute],
    ["interval '2' day", 2n * day],
    ["interval '90' minute", 90n * minute],
    ["interval '1.5 hours'", 90n * minute],
    ["interval 'PT1H30M'", 90n * minute],
    ["interval '5'", 5n * second],
    ["interval '250 ms'", 250_000n],
    ["'10 seconds'::interval", 10n * second],
    ["'10 seconds'", 10n * second],
  ]
  for (const [sql, micros] of intervals) {
    it(sql, () => {
      const statement = statementOf(`select ${sql}`)
      assert.ok(statement.kind === 'select' && statement.body.kind === 'select')
      const expression = statement.body.targets[0]?.expression
      assert.ok(expression !== undefined)
      assert.equal(intervalMicros(expression, 'it'), micros)
    })
  }
})
