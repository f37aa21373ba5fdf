import assert from 'node:assert/strict'
import { columnFromValues } from '../../../executor/batch/column-builder.ts'
import { batchRows, readValue } from '../../../executor/batch/column-reader.ts'
import { concatBatches, concatColumns } from '../../../executor/batch/concat.ts'
import { consolidate } from '../../../executor/batch/consolidate.ts'
import { gatherBatch, gatherColumn, sliceBatch } from '../../../executor/batch/gather.ts'
import { nullColumn } from '../../../executor/batch/null-column.ts'
import { Numeric } from '../../../executor/batch/numeric.ts'
import type { SqlValue } from '../../../executor/expression/evaluation-context.ts'
import {
  boolType,
  type DataType,
  float4Type,
  float8Type,
  int2Type,
  int4Type,
  int8Type,
  numericType,
  textType,
} from '../../../planner/types.ts'
import { batchOf, Random, type Row, Rows, rowKey } from '../operators/harness.ts'

const types = [boolType, int2Type, int4Type, int8Type, float4Type, float8Type, numericType, textType]

function randomRow(random: Random): Row {
  const orNull = (value: SqlValue) => (random.chance(20) ? null : value)
  return [
    orNull(random.chance(50)),
    orNull(random.below(9) - 4),
    orNull(random.below(9)),
    orNull(BigInt(random.below(9))),
    orNull(random.below(9) / 4),
    orNull(random.below(9) / 8),
    orNull(new Numeric(BigInt(random.below(9)) << BigInt(random.chance(30) ? 80 : 0), random.below(3))),
    orNull('text'.repeat(random.below(60))),
  ]
}

function randomRows(random: Random, count: number): Row[] {
  return Array.from({ length: count }, () => randomRow(random))
}

describe('gather', () => {
  it('takes rows in the order asked for, of every layout', () => {
    const random = new Random(101)
    const rows = randomRows(random, 100)
    const wanted = Int32Array.from({ length: 150 }, () => random.below(100))
    const gathered = gatherBatch(
      batchOf(
        types,
        rows,
        rows.map((_, index) => index + 1),
      ),
      wanted,
      150,
    )
    assert.deepEqual(
      batchRows(gathered).map(rowKey),
      [...wanted].map(row => rowKey(rows[row]!)),
    )
    assert.deepEqual(
      gathered.weights,
      wanted.map(row => row + 1),
    )
  })

  it('moves no bytes of text', () => {
    const column = columnFromValues(textType, ['a', 'b', 'c'])
    const gathered = gatherColumn(column, Int32Array.of(2, 0), 2)
    assert.ok(column.layout === 'bytes' && gathered.layout === 'bytes')
    assert.equal(gathered.bytes, column.bytes)
  })

  it('slices at any row', () => {
    const rows = randomRows(new Random(102), 60)
    for (const [start, end] of [
      [0, 60],
      [3, 50],
      [8, 9],
      [17, 60],
    ] as const) {
      const sliced = sliceBatch(batchOf(types, rows), start, end)
      assert.deepEqual(batchRows(sliced).map(rowKey), rows.slice(start, end).map(rowKey))
    }
  })
})

describe('concat', () => {
  it('appends rows of every layout, with and without weights', () => {
    const random = new Random(103)
    const parts = [randomRows(random, 13), randomRows(random, 1), randomRows(random, 40)]
    const [first, second, third] = parts.map(rows => batchOf(types, rows))
    const weighted = { ...second!, weights: Int32Array.of(-3) }
    const joined = concatBatches([first!, weighted, third!])
    assert.deepEqual(batchRows(joined).map(rowKey), parts.flat().map(rowKey))
    assert.deepEqual([...joined.weights!], [...parts[0]!.map(() => 1), -3, ...parts[2]!.map(() => 1)])
    assert.equal(concatBatches([first!, third!]).weights, undefined)
  })

  it('copies no bytes when all parts share them', () => {
    const column = columnFromValues(textType, ['a', 'b', null, 'd'])
    const parts = [gatherColumn(column, Int32Array.of(3, 2), 2), gatherColumn(column, Int32Array.of(0), 1)]
    const joined = concatColumns(parts)
    assert.ok(column.layout === 'bytes' && joined.layout === 'bytes')
    assert.equal(joined.bytes, column.bytes)
    assert.deepEqual(
      [0, 1, 2].map(row => readValue(joined, row)),
      ['d', null, 'a'],
    )
  })

  it('appends columns of NULLs', () => {
    for (const type of types) {
      const joined = concatColumns([nullColumn(type, 3), nullColumn(type, 10)])
      assert.deepEqual(
        Array.from({ length: 13 }, (_, row) => readValue(joined, row)),
        new Array(13).fill(null),
      )
    }
  })
})

describe('consolidate', () => {
  it('sums the weights of identical rows', () => {
    for (const kinds of [types, [int8Type], [textType], [numericType, int4Type]] as readonly DataType[][]) {
      const random = new Random(104)
      const pool = randomRows(random, 40).map(row => kinds.map(type => row[types.indexOf(type)]!))
      const rows = Array.from({ length: 2000 }, () => random.pick(pool))
      const batch = batchOf(
        kinds,
        rows,
        rows.map(() => random.below(5) - 2 || 1),
      )
      const [before, after] = [new Rows(), new Rows()]
      before.addBatch(batch)
      const result = consolidate(batch)
      after.addBatch(result)
      assert.deepEqual(after.lines(), before.lines())
      assert.equal(result.length, before.counts.size, 'one row for each')
      const byKey = consolidate(batch, [0])
      assert.deepEqual(batchRows(byKey), batchRows(result), 'whatever is hashed')
      assert.deepEqual(byKey.weights, result.weights)
    }
  })

  it('keeps 1.0 apart from 1.00, and a batch without retractions as it is', () => {
    const update = batchOf([numericType], [[new Numeric(10n, 1)], [new Numeric(100n, 2)]], [-1, 1])
    assert.equal(consolidate(update).length, 2)
    const inserts = batchOf([int4Type], [[1], [1]])
    assert.equal(consolidate(inserts), inserts)
  })

  it('leaves nothing of rows that cancel out', () => {
    assert.equal(consolidate(batchOf([int4Type], [[1], [1]], [-1, 1])).length, 0)
  })
})
