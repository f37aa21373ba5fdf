import { strict as assert } from 'node:assert'
import fc from 'fast-check'
import type { EvaluationContext } from '../../../executor/expression/evaluation-context.ts'
import {
  civilDay,
  civilFromDays,
  civilMonth,
  civilYear,
  DATE_INFINITY,
  DAY_END,
  DAY_MIN,
  daysFromCivil,
  TIMESTAMP_INFINITY,
} from '../../../executor/functions/datetime-calendar.ts'
import {
  formatDate,
  formatTimestamp,
  formatTimestamptz,
  parseDate,
  parseTimestamp,
  parseTimestamptz,
} from '../../../executor/functions/datetime-text.ts'
import { formatInterval, parseInterval } from '../../../executor/functions/interval-text.ts'
import { loadParser } from '../../../planner/sql/parse.ts'
import { evaluateText, testContext } from '../../support/sql-expressions.ts'

function withSettings(timeZone: string, settings: Readonly<Record<string, string>> = {}): EvaluationContext {
  return { ...testContext, timeZone, settings: new Map(Object.entries(settings)) }
}

describe('the calendar', () => {
  it('converts days to dates and back over the whole range', () => {
    fc.assert(
      fc.property(fc.integer({ min: DAY_MIN, max: DAY_END - 1 }), days => {
        const civil = civilFromDays(days)
        assert.equal(daysFromCivil(civilYear(civil), civilMonth(civil), civilDay(civil)), days)
      }),
    )
  })

  it('agrees with JS Date where that reaches', () => {
    fc.assert(
      fc.property(fc.integer({ min: -719_528, max: 2_932_896 }), days => {
        const date = new Date(days * 86_400_000)
        const civil = civilFromDays(days)
        assert.deepEqual(
          [civilYear(civil), civilMonth(civil), civilDay(civil)],
          [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()],
        )
      }),
    )
  })
})

describe('text of dates and times', () => {
  it('round trips every timestamp, in every zone and style that is unambiguous', () => {
    const zones = ['UTC', 'America/New_York', 'Asia/Kathmandu', '<+03>-03']
    const micros = fc.bigInt({ min: -210_866_803_200_000_000n, max: 9_224_000_000_000_000_000n - 10n ** 16n })
    fc.assert(
      fc.property(micros, fc.constantFrom(...zones), (value, zone) => {
        const context = withSettings(zone)
        assert.equal(parseTimestamp(formatTimestamp(value, context), context), value)
        assert.equal(parseTimestamptz(formatTimestamptz(value, context), context), value)
      }),
    )
  })

  it('has the words of the day', () => {
    const context = withSettings('America/New_York')
    const shown = ['today', 'tomorrow', 'yesterday', 'now'].map(text =>
      formatDate(parseDate(text, context), context),
    )
    assert.deepEqual(shown, ['2023-11-14', '2023-11-15', '2023-11-13', '2023-11-14'])
    assert.equal(parseTimestamptz('now', context), context.transactionTimestamp)
  })

  it('keeps infinities', () => {
    assert.equal(parseDate('infinity', testContext), DATE_INFINITY)
    assert.equal(parseTimestamp('infinity', testContext), TIMESTAMP_INFINITY)
    assert.equal(formatTimestamp(TIMESTAMP_INFINITY, testContext), 'infinity')
  })

  it('reads days and months in the order of DateStyle', () => {
    const read = (text: string, style: string) =>
      formatDate(parseDate(text, withSettings('UTC', { datestyle: style })), testContext)
    assert.equal(read('1/2/2003', 'ISO, MDY'), '2003-01-02')
    assert.equal(read('1/2/2003', 'ISO, DMY'), '2003-02-01')
    assert.equal(read('1/2/3', 'ISO, YMD'), '2001-02-03')
  })

  it('refuses what is beyond microseconds since 1970 in 64 bits', () => {
    assert.equal(
      formatTimestamp(parseTimestamp('294246-12-31', testContext), testContext),
      '294246-12-31 00:00:00',
    )
    assert.throws(() => parseTimestamp('294248-01-01', testContext), {
      code: '22008',
      message: 'timestamp out of range: "294248-01-01"',
    })
  })

  it('raises the errors of PostgreSQL 15', () => {
    assert.throws(() => parseDate('13/13/2020', testContext), {
      code: '22008',
      hint: 'Perhaps you need a different "datestyle" setting.',
    })
    assert.throws(() => parseTimestamptz('x', testContext), {
      code: '22007',
      message: 'invalid input syntax for type timestamp with time zone: "x"',
    })
    assert.throws(() => parseInterval('infinity', testContext), {
      code: '22007',
      message: 'invalid input syntax for type interval: "infinity"',
    })
  })
})

describe('text of intervals', () => {
  it('round trips in every style', () => {
    const int32 = fc.integer({ min: -2_147_483_648, max: 2_147_483_647 })
    const styles = ['postgres', 'postgres_verbose', 'iso_8601', 'sql_standard']
    fc.assert(
      fc.property(
        int32,
        fc.integer(),
        fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
        fc.constantFrom(...styles),
        (months, days, micros, style) => {
          // "@ 2147483648 days ago" is out of range before it is turned around, in PostgreSQL too.
          fc.pre(style !== 'postgres_verbose' || days !== -2_147_483_648)
          const context = withSettings('UTC', { intervalstyle: style })
          const text = formatInterval({ months, days, micros }, context)
          assert.deepEqual({ ...parseInterval(text, context) }, { months, days, micros })
        },
      ),
    )
  })
})

describe('functions that read the context', () => {
  before(() => loadParser())

  it('tell the time of the transaction in the zone', () => {
    const context = withSettings('Asia/Tokyo')
    assert.equal(evaluateText('now()', context), '2023-11-15 07:13:20+09')
    assert.equal(evaluateText('current_date', context), '2023-11-15')
    assert.equal(evaluateText('localtimestamp', context), '2023-11-15 07:13:20')
    assert.equal(evaluateText("age('2020-02-29'::timestamp)", context), '3 years 8 mons 15 days')
  })

  it('tell the session', () => {
    const context = withSettings('Asia/Tokyo', {
      current_user: 'alice',
      current_database: 'shop',
      search_path: '"$user", sales, public',
      backend_pid: '42',
    })
    const shown = [
      'current_user',
      'current_database()',
      'current_schema',
      'current_schemas(true)',
      'pg_backend_pid()',
      "current_setting('TimeZone')",
      "current_setting('no.such', true)",
      'pg_typeof(1::int8)',
      'version()',
    ].map(text => evaluateText(text, context))
    assert.deepEqual(shown, [
      'alice',
      'shop',
      'sales',
      '{pg_catalog,sales,public}',
      '42',
      'Asia/Tokyo',
      null,
      'bigint',
      'PostgreSQL 15.0 (Millrace 0.1.0)',
    ])
    assert.throws(() => evaluateText("current_setting('no.such')", context), {
      code: '42704',
      message: 'unrecognized configuration parameter "no.such"',
    })
  })
})
