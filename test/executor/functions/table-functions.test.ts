import assert from 'node:assert/strict'
import { readValue } from '../../../executor/batch/column-reader.ts'
import type { SqlValue } from '../../../executor/expression/evaluation-context.ts'
import { formatValue, parseValue } from '../../../executor/expression/text-format.ts'
import { tableFunctions } from '../../../executor/functions/table-functions.ts'
import {
  arrayOf,
  charType,
  type DataType,
  int4Type,
  int8Type,
  intervalType,
  jsonbType,
  numericType,
  textType,
  timestampType,
  timestamptzType,
} from '../../../planner/types.ts'
import { context } from '../operators/harness.ts'

const evaluation = { ...context, timeZone: 'Europe/Berlin' }

/** All rows of a call as text. */
function rows(
  name: string,
  types: readonly DataType[],
  args: readonly (string | null)[],
  type: DataType,
): (string | null)[] {
  const record = tableFunctions.find(
    each =>
      each.name === name &&
      each.args
        .slice(0, types.length)
        .every((arg, index) => arg.kind === types[index]!.kind || arg.kind === 'anyarray'),
  )
  assert.ok(record !== undefined)
  const values = args.map(
    (arg, index): SqlValue => (arg === null ? null : parseValue(types[index]!, arg, evaluation)),
  )
  const next = record.open(values, type, evaluation)
  const result: (string | null)[] = []
  for (let column = next(); column !== undefined; column = next()) {
    for (let row = 0; row < column.length; row++) {
      const value = readValue(column, row)
      result.push(value === null ? null : formatValue(type, value, evaluation))
    }
  }
  return result
}

const series = (type: DataType, ...args: (string | null)[]) => {
  const third = type === timestampType || type === timestamptzType ? intervalType : type
  return rows('generate_series', [type, type, third].slice(0, args.length), args, type)
}

describe('generate_series', () => {
  it('counts up and down', () => {
    assert.deepEqual(series(int4Type, '1', '4'), ['1', '2', '3', '4'])
    assert.deepEqual(series(int4Type, '5', '1', '-2'), ['5', '3', '1'])
    assert.deepEqual(series(int8Type, '3', '1'), [])
    assert.deepEqual(series(numericType, '0', '1.1', '0.50'), ['0', '0.50', '1.00'])
  })

  it('ends where the type does', () => {
    assert.deepEqual(series(int4Type, '2147483646', '2147483647'), ['2147483646', '2147483647'])
    assert.deepEqual(series(int8Type, '9223372036854775806', '9223372036854775807', '5'), [
      '9223372036854775806',
    ])
  })

  it('has no rows when an argument is NULL', () => {
    assert.deepEqual(series(int4Type, '1', null), [])
  })

  it('makes long series in batches', () => {
    assert.equal(series(int8Type, '1', '20000').length, 20_000)
  })

  it('steps over months and days as PostgreSQL', () => {
    assert.deepEqual(series(timestampType, '2024-01-31', '2024-05-01', '1 month'), [
      '2024-01-31 00:00:00',
      '2024-02-29 00:00:00',
      '2024-03-29 00:00:00',
      '2024-04-29 00:00:00',
    ])
    assert.deepEqual(series(timestamptzType, '2024-03-30 12:00', '2024-04-01 12:00', '1 day'), [
      '2024-03-30 12:00:00+01',
      '2024-03-31 12:00:00+02',
      '2024-04-01 12:00:00+02',
    ])
    assert.deepEqual(series(timestampType, '2024-01-02', '2024-01-01', '-12 hours').length, 3)
  })

  it('refuses a step of zero and numerics that are not numbers', () => {
    assert.throws(() => series(int4Type, '1', '2', '0'), {
      code: '22023',
      message: 'step size cannot equal zero',
    })
    assert.throws(() => series(numericType, '1', 'NaN'), {
      code: '22023',
      message: 'stop value cannot be NaN',
    })
    assert.throws(() => series(numericType, '1', '2', 'Infinity'), {
      code: '22023',
      message: 'step size cannot be infinity',
    })
  })
})

describe('unnest', () => {
  it('has a row per element, those of inner arrays too', () => {
    assert.deepEqual(rows('unnest', [arrayOf(textType)], ['{a,NULL,"b c"}'], textType), ['a', null, 'b c'])
    assert.deepEqual(rows('unnest', [arrayOf(int4Type)], ['{{1,2},{3,4}}'], int4Type), ['1', '2', '3', '4'])
    assert.deepEqual(rows('unnest', [arrayOf(int4Type)], [null], int4Type), [])
  })

  it('reads long arrays batch by batch, of types whose columns hold other bytes too', () => {
    const values = Array.from({ length: 20_000 }, (_, index) => (index % 7 === 3 ? null : String(index % 50)))
    const literal = `{${values.map(value => value ?? 'NULL').join(',')}}`
    for (const type of [textType, jsonbType, int4Type, numericType]) {
      assert.deepEqual(rows('unnest', [arrayOf(type)], [literal], type), values)
    }
    const chars = values.map(value => value?.slice(0, 1) ?? null)
    assert.deepEqual(rows('unnest', [arrayOf(charType)], [literal], charType), chars)
  })
})
