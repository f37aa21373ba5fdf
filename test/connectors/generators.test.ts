/** datagen and nexmark: the same offsets give the same rows, whatever was read before and in which pieces. */

import { strict as assert } from 'node:assert'
import { createSource } from '../../connectors/registry.ts'
import { batchRows } from '../../executor/batch/column-reader.ts'
import type { SqlValue } from '../../executor/expression/evaluation-context.ts'
import type { Source, SourceReader } from '../../executor/io/source.ts'
import { field, type Schema } from '../../planner/schema.ts'
import { float8Type, int4Type, int8Type, textType, timestampType } from '../../planner/types.ts'

const bidSchema: Schema = [
  field('auction', int8Type),
  field('bidder', int8Type),
  field('price', int8Type),
  field('channel', textType),
  field('url', textType),
  field('date_time', timestampType),
  field('extra', textType),
]

function source(schema: Schema, options: Record<string, string>): Source {
  return createSource({
    name: 's',
    schema,
    options: new Map(Object.entries(options)),
    format: undefined,
    includes: [],
    primaryKey: [],
  })
}

async function open(from: Source, start: bigint, columns: readonly number[]): Promise<SourceReader> {
  const splits = await from.discover()
  return from.open({
    columns,
    positions: splits.map(({ split }) => ({ split, offset: start })),
    stopAt: splits.flatMap(({ split, end }) => (end === undefined ? [] : [{ split, offset: end }])),
    onBadRecords: () => assert.fail('no bad records'),
    onStatus: () => undefined,
  })
}

async function readAll(
  from: Source,
  start: bigint,
  columns: readonly number[],
  rowsMax = 100,
): Promise<SqlValue[][]> {
  const reader = await open(from, start, columns)
  const rows: SqlValue[][] = []
  while (!reader.done) {
    const polled = reader.poll(rowsMax)
    if (polled !== undefined) rows.push(...batchRows(polled.batch))
  }
  await reader.close()
  return rows
}

describe('nexmark source', () => {
  const options = { connector: 'nexmark', 'nexmark.table.type': 'Bid', 'nexmark.event.num': '5000' }

  it('makes 46 bids of 50 events, hot ones among them', async () => {
    const rows = await readAll(source(bidSchema, options), 0n, [0, 1, 2, 3, 4, 5, 6])
    assert.equal(rows.length, 4600)
    const hot = rows.filter(row => Number(row[0]) % 100 === 0).length
    assert.ok(hot > 2000 && hot < 2900, `${hot} hot bids`)
    assert.equal(rows[0]![5], 1_436_918_400_000_000n + 4n * 100n)
    assert.match(String(rows[0]![4]), /^https:\/\/www\.nexmark\.com\/\w+\/\w+\/\w+\/item\.htm\?query=1/)
  })

  it('gives the same rows from any offset, in any pieces and columns', async () => {
    const all = await readAll(source(bidSchema, options), 0n, [0, 1, 2, 3, 4, 5, 6])
    const late = await readAll(source(bidSchema, options), 2500n, [4, 2], 7)
    assert.deepEqual(
      late,
      all.slice(2300).map(row => [row[4], row[2]]),
    )
  })

  it('splits without loss', async () => {
    const one = await readAll(source(bidSchema, options), 0n, [2, 5])
    const three = await readAll(source(bidSchema, { ...options, 'nexmark.split.num': '3' }), 0n, [2, 5])
    const byTime = (left: SqlValue[], right: SqlValue[]): number =>
      Number((left[1] as bigint) - (right[1] as bigint))
    assert.deepEqual(three.sort(byTime), one)
  })

  it('names the fields it has when asked for another', () => {
    assert.throws(() => source([field('nope', int8Type)], options), {
      code: '42703',
      message: 'nexmark\'s bid stream has no field "nope"',
    })
  })
})

describe('datagen source', () => {
  const schema = [
    field('id', int4Type),
    field('v', float8Type),
    field('s', textType),
    field('at', timestampType),
  ]
  const options = {
    connector: 'datagen',
    'fields.id.kind': 'sequence',
    'fields.id.start': '5',
    'fields.id.end': '104',
    'fields.v.min': '-1',
    'fields.v.max': '1',
    'fields.s.length': '4',
    'datagen.rows.per.second': '0',
  }

  it('makes sequences and random values within their bounds', async () => {
    const rows = await readAll(source(schema, options), 0n, [0, 1, 2])
    assert.deepEqual(
      rows.map(row => row[0]),
      Array.from({ length: 100 }, (_, index) => index + 5),
    )
    assert.ok(rows.every(row => Number(row[1]) >= -1 && Number(row[1]) < 1 && String(row[2]).length === 4))
    assert.deepEqual(
      await readAll(source(schema, options), 60n, [2, 1], 3),
      rows.slice(60).map(row => [row[2], row[1]]),
    )
  })

  it('keeps to its pace', async () => {
    const reader = await open(source(schema, { ...options, 'datagen.rows.per.second': '200' }), 0n, [0])
    assert.equal(reader.poll(100), undefined)
    await reader.ready()
    const polled = reader.poll(100)
    assert.ok(polled !== undefined && polled.batch.length >= 1 && polled.batch.length < 50)
    await reader.close()
  })

  it('refuses what it does not know', () => {
    assert.throws(() => source(schema, { ...options, 'fields.v.mni': '1' }), { code: '22023' })
    assert.throws(() => source(schema, { ...options, 'fields.v.max': '-2' }), { code: '22023' })
  })
})
