/** Every aggregate beside PostgreSQL (PGlite) on the same rows, inserted and after retractions. */

import assert from 'node:assert/strict'
import { PGlite } from '@electric-sql/pglite'
import { columnFromValues } from '../../../../executor/batch/column-builder.ts'
import { readValue } from '../../../../executor/batch/column-reader.ts'
import type { DeltaBatch } from '../../../../executor/batch/delta-batch.ts'
import type { SqlValue } from '../../../../executor/expression/evaluation-context.ts'
import { formatValue, parseValue } from '../../../../executor/expression/text-format.ts'
import { aggregateSpec } from '../../../../executor/operators/aggregate-inputs.ts'
import { AggregateState } from '../../../../executor/state/aggregate-state.ts'
import type { AggregateCall } from '../../../../planner/expression.ts'
import type { FunctionSignature } from '../../../../planner/function-signature.ts'
import * as types from '../../../../planner/types.ts'
import {
  arrayOf,
  type DataType,
  formatType,
  intervalType,
  jsonbType,
  jsonType,
  textType,
} from '../../../../planner/types.ts'
import { aggregate } from '../../operators/aggregate-call.ts'
import { column, context, Random } from '../../operators/harness.ts'

const {
  int2Type,
  int4Type,
  int8Type,
  float4Type,
  float8Type,
  numericType,
  boolType,
  dateType,
  timestampType,
} = types

/** Values of a type as text, NULL included. */
const samples = new Map<DataType, readonly (string | null)[]>([
  [int2Type, ['1', '-7', '32767', '0', null, '12', '-32768', '5']],
  [int4Type, ['1', '-7', '2147483647', '0', null, '2147483647', '100', '-3']],
  [int8Type, ['1', '-7', '9223372036854775807', null, '9223372036854775807', '42', '-9223372036854775808']],
  [float4Type, ['1.5', '-2.25', null, '1000', '0.125', '3']],
  [float8Type, ['1.5', '-2.25', null, '1e10', '0.125', '3', '7.75']],
  [numericType, ['1.50', '-2.255', null, '123456789012345678901234567890.5', '0', '1e-10', '3']],
  [boolType, ['true', 'true', null, 'false']],
  [textType, ['b', 'a', null, '', 'b', 'zebra', 'älter']],
  [dateType, ['2024-01-31', '1999-12-31', null, '2024-02-29']],
  [timestampType, ['2024-01-31 12:00:00', '1999-12-31 23:59:59.999999', null, 'infinity']],
  [intervalType, ['1 day', '25 hours', null, '1 mon -3 days 04:05:06.789', '-2 years', '1 mon']],
])

const numbers = [int2Type, int4Type, int8Type, float4Type, float8Type, numericType]

interface Case {
  readonly name: string
  readonly type: DataType
  readonly returns: DataType
  readonly more?: Partial<AggregateCall>
  readonly sql: string
}

function sumType(type: DataType): DataType {
  if (type === int2Type || type === int4Type) return int8Type
  return type === int8Type ? numericType : type
}

function statisticType(type: DataType): DataType {
  return type === float4Type || type === float8Type ? float8Type : numericType
}

const statistics = ['variance', 'var_pop', 'var_samp', 'stddev', 'stddev_pop', 'stddev_samp']

const cases: readonly Case[] = [
  ...[...samples.keys()].flatMap((type): Case[] => [
    { name: 'count', type, returns: int8Type, sql: 'count(x)' },
    { name: 'count', type, returns: int8Type, more: { distinct: true }, sql: 'count(distinct x)' },
    ...(type === boolType ? [] : ['min', 'max']).map(name => ({
      name,
      type,
      returns: type,
      sql: `${name}(x)`,
    })),
    {
      name: 'array_agg',
      type,
      returns: arrayOf(type),
      more: { orderBy: byX(type) },
      sql: 'array_agg(x order by x)',
    },
    {
      name: 'array_agg',
      type,
      returns: arrayOf(type),
      more: { orderBy: byX(type), distinct: true },
      sql: 'array_agg(distinct x order by x)',
    },
    {
      name: 'json_agg',
      type,
      returns: jsonType,
      more: { orderBy: byX(type) },
      sql: 'json_agg(x order by x)',
    },
    {
      name: 'jsonb_agg',
      type,
      returns: jsonbType,
      more: { orderBy: byX(type) },
      sql: 'jsonb_agg(x order by x)',
    },
  ]),
  ...numbers.flatMap((type): Case[] => [
    { name: 'sum', type, returns: sumType(type), sql: 'sum(x)' },
    { name: 'sum', type, returns: sumType(type), more: { distinct: true }, sql: 'sum(distinct x)' },
    { name: 'avg', type, returns: statisticType(type), sql: 'avg(x)' },
    ...statistics.map(name => ({ name, type, returns: statisticType(type), sql: `${name}(x)` })),
  ]),
  { name: 'sum', type: intervalType, returns: intervalType, sql: 'sum(x)' },
  { name: 'avg', type: intervalType, returns: intervalType, sql: 'avg(x)' },
  ...['bool_and', 'bool_or', 'every'].map(name => ({
    name,
    type: boolType,
    returns: boolType,
    sql: `${name}(x)`,
  })),
  ...[int2Type, int4Type, int8Type].flatMap(type =>
    ['bit_and', 'bit_or'].map(name => ({ name, type, returns: type, sql: `${name}(x)` })),
  ),
]

function byX(type: DataType): AggregateCall['orderBy'] {
  return [{ expression: column(0, type), descending: false, nullsFirst: false }]
}

function callOf({ name, type, returns, more }: Case): AggregateCall {
  return aggregate(name, [column(0, type)], returns, more)
}

/** The aggregate after inserting all rows and retracting those that `retracted` names. */
function evaluate(
  call: AggregateCall,
  rows: readonly SqlValue[],
  retracted: readonly SqlValue[],
  appendOnly: boolean,
): SqlValue {
  const state = new AggregateState([aggregateSpec(call, appendOnly, context)])
  state.reserve(3)
  const group = 2
  const add = (values: readonly SqlValue[], weight: number) => {
    if (values.length === 0) return
    const arg = columnFromValues(call.args[0]!.type, values)
    const args = call.orderBy.length > 0 ? [arg, arg] : [arg]
    const groups = new Int32Array(values.length).fill(group)
    const weights: DeltaBatch['weights'] = appendOnly ? undefined : new Int32Array(values.length).fill(weight)
    state.update([{ args, filter: undefined }], groups, weights, values.length)
  }
  add(rows.slice(0, 3), 1)
  add(rows.slice(3), 1)
  add(retracted, -1)
  return readValue(state.results(Int32Array.of(group), 1)[0]!, 0)
}

function text(type: DataType, value: SqlValue): string | null {
  if (typeof value === 'boolean') return String(value)
  return value === null ? null : formatValue(type, value, context)
}

describe('aggregates beside PostgreSQL', function () {
  this.timeout(60_000)
  let postgres: PGlite

  before(async () => {
    postgres = await PGlite.create()
    await postgres.exec("set extra_float_digits = 1; set timezone = 'UTC'")
  })

  after(async () => {
    await postgres.close()
  })

  async function expected(
    sql: string,
    type: DataType,
    values: readonly (string | null)[],
  ): Promise<string | null> {
    const { rows } = await postgres.query<{ r: string | null }>(
      `select (${sql})::text as r from unnest($1::text[]) as t(v),
        lateral (select v::${formatType(type)} as x) as c`,
      [values],
    )
    return rows[0]!.r
  }

  for (const test of cases) {
    it(`${test.sql} of ${formatType(test.type)}`, async () => {
      const all = samples.get(test.type)!
      const call = callOf(test)
      const extra = new Random(3)
      for (const kept of [all, all.slice(1), all.slice(0, 3), all.slice(0, 1), [null], []]) {
        const values = kept.map(value => (value === null ? null : parseValue(test.type, value, context)))
        const wanted = await expectedOrError(() => expected(test.sql, test.type, kept))
        const retracted = [...all, ...all]
          .filter(() => extra.chance(60))
          .map(value => (value === null ? null : parseValue(test.type, value, context)))
        const message = `over ${JSON.stringify(kept)}`
        assert.equal(got(call, values, [], true, test.returns), wanted, `append-only ${message}`)
        if (!isRounded(test)) {
          assert.equal(
            got(call, [...retracted, ...values], retracted, false, test.returns),
            wanted,
            `retracting ${message}`,
          )
        }
      }
    })
  }

  it('count(*) counts NULLs', () => {
    const state = new AggregateState([aggregateSpec(aggregate('count', [], int8Type), false, context)])
    state.reserve(1)
    state.update([{ args: [], filter: undefined }], new Int32Array(3), Int32Array.of(1, 1, -1), 3)
    assert.equal(readValue(state.results(new Int32Array(1), 1)[0]!, 0), 1n)
  })

  it('string_agg keeps the order of arrival and joins by each delimiter', () => {
    const call = aggregate('string_agg', [column(0, textType), column(1, textType)], textType)
    const state = new AggregateState([aggregateSpec(call, true, context)])
    state.reserve(1)
    const args = [
      columnFromValues(textType, ['b', null, 'a', 'b']),
      columnFromValues(textType, ['-', '-', null, '+']),
    ]
    state.update([{ args, filter: undefined }], new Int32Array(4), undefined, 4)
    assert.equal(readValue(state.results(new Int32Array(1), 1)[0]!, 0), 'ba+b')
  })
})

/** Plain float sums round at every step; sums that can be retracted round once. */
function isRounded(test: Case): boolean {
  return (
    (test.type === float4Type || test.type === float8Type) &&
    !['count', 'min', 'max', 'array_agg', 'json_agg', 'jsonb_agg'].includes(test.name)
  )
}

function got(
  call: AggregateCall & { signature: FunctionSignature },
  rows: readonly SqlValue[],
  retracted: readonly SqlValue[],
  appendOnly: boolean,
  type: DataType,
): string | null {
  try {
    return text(type, evaluate(call, rows, retracted, appendOnly))
  } catch (error) {
    return `error ${(error as Error).message}`
  }
}

async function expectedOrError(query: () => Promise<string | null>): Promise<string | null> {
  try {
    return await query()
  } catch (error) {
    return `error ${(error as Error).message}`
  }
}
