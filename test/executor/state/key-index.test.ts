import assert from 'node:assert/strict'
import { columnFromValues } from '../../../executor/batch/column-builder.ts'
import { readValue } from '../../../executor/batch/column-reader.ts'
import { Interval } from '../../../executor/batch/interval.ts'
import { Numeric } from '../../../executor/batch/numeric.ts'
import { encodeInterval } from '../../../executor/batch/value-codec.ts'
import { createKeyIndex, type KeyIndex, NO_ID } from '../../../executor/state/key-index.ts'
import {
  bpcharType,
  type DataType,
  float8Type,
  int4Type,
  int8Type,
  intervalType,
  numericType,
  textType,
} from '../../../planner/types.ts'
import { batchOf, Random, type Row, rowKey } from '../operators/harness.ts'

function ids(index: KeyIndex, types: readonly DataType[], rows: readonly Row[], insert = true): number[] {
  const { columns } = batchOf(types, rows)
  const found = new Int32Array(rows.length)
  if (insert) index.lookupOrInsert(columns, rows.length, found)
  else index.lookup(columns, rows.length, found)
  return [...found]
}

const tuples: readonly (readonly [string, readonly DataType[], (random: Random) => Row])[] = [
  [
    'bigint',
    [int8Type],
    random => [random.chance(1) ? null : BigInt(random.below(40_000)) << BigInt(random.below(30))],
  ],
  ['integer', [int4Type], random => [random.chance(1) ? null : random.below(40_000) - 20_000]],
  ['text', [textType], random => [random.chance(1) ? null : `text ${random.below(30_000)}`]],
  [
    'integer, bigint and text',
    [int4Type, int8Type, textType],
    random => [
      random.below(50),
      random.chance(5) ? null : BigInt(random.below(50)),
      'x'.repeat(random.below(20)),
    ],
  ],
  [
    'numeric',
    [numericType],
    random => [new Numeric(BigInt(random.below(5000)) << BigInt(random.below(80)), random.below(3))],
  ],
]

describe('KeyIndex', () => {
  for (const [name, types, makeRow] of tuples) {
    it(`gives each key of ${name} an id of its own, through growth, erasure and reuse`, () => {
      const random = new Random(61)
      const index = createKeyIndex(types)
      const keyOf = (row: Row) => rowKey(row.map(value => (value instanceof Numeric ? normal(value) : value)))
      const model = new Map<string, number>()
      for (let round = 0; round < 12; round++) {
        const rows = Array.from({ length: 3000 + random.below(9000) }, () => makeRow(random))
        const found = ids(index, types, rows)
        for (const [row, id] of found.entries()) {
          const key = keyOf(rows[row]!)
          assert.equal(model.get(key) ?? id, id, `seed 61, round ${round}`)
          model.set(key, id)
        }
        assert.equal(new Set(model.values()).size, model.size, 'ids are unique')
        assert.equal(index.size, model.size)
        const erased = [...model].filter(() => random.chance(40))
        for (const [key] of erased) model.delete(key)
        index.erase(
          Int32Array.from(erased, ([, id]) => id),
          erased.length,
        )
        assert.equal(index.size, model.size)
        const looked = ids(index, types, rows, false)
        for (const [row, id] of looked.entries()) assert.equal(id, model.get(keyOf(rows[row]!)) ?? NO_ID)
      }
      assert.ok(index.idEnd < 60_000, 'ids are used again')
    })
  }

  it('stores keys by id', () => {
    const index = createKeyIndex([textType, int4Type])
    const [first, second] = ids(
      index,
      [textType, int4Type],
      [
        ['one', 1],
        [null, 2],
        ['one', 1],
      ],
    )
    assert.deepEqual(
      [first, second].map(id => index.columns.map(column => readValue(column, id!))),
      [
        ['one', 1],
        [null, 2],
      ],
    )
  })

  it('takes keys for equal as SQL does', () => {
    const equal: readonly (readonly [DataType, readonly (Numeric | number | string | Uint8Array)[]])[] = [
      [numericType, [new Numeric(10n, 1), new Numeric(1n, 0), new Numeric(1000000n, 6)]],
      [numericType, [new Numeric(10n ** 40n, 0), new Numeric(10n ** 43n, 3)]],
      [float8Type, [0, -0]],
      [float8Type, [NaN, -NaN]],
      [bpcharType, ['a', 'a  ', 'a ']],
      [
        intervalType,
        [encodeInterval(new Interval(0, 1, 0n)), encodeInterval(new Interval(0, 0, 86_400_000_000n))],
      ],
      [intervalType, [encodeInterval(new Interval(1, 0, 0n)), encodeInterval(new Interval(0, 30, 0n))]],
    ]
    for (const [type, values] of equal) {
      const index = createKeyIndex([type])
      assert.equal(
        new Set(
          ids(
            index,
            [type],
            values.map(value => [value]),
          ),
        ).size,
        1,
        type.kind,
      )
    }
  })

  it('tells identical values from equal ones when asked to', () => {
    const different: readonly (readonly [DataType, readonly (Numeric | number | string | Uint8Array)[]])[] = [
      [numericType, [new Numeric(10n, 1), new Numeric(1n, 0)]],
      [numericType, [new Numeric(10n ** 40n, 0), new Numeric(10n ** 43n, 3)]],
      [float8Type, [0, -0]],
      [bpcharType, ['a', 'a ']],
      [
        intervalType,
        [encodeInterval(new Interval(0, 1, 0n)), encodeInterval(new Interval(0, 0, 86_400_000_000n))],
      ],
    ]
    for (const [type, values] of different) {
      const index = createKeyIndex([type], 'identical')
      assert.deepEqual(
        ids(
          index,
          [type],
          [...values, ...values].map(value => [value]),
        ),
        [0, 1, 0, 1],
        type.kind,
      )
    }
  })

  it('survives a million keys and their removal', function () {
    this.timeout(20_000)
    const index = createKeyIndex([int8Type])
    const values = new BigInt64Array(1 << 20).map((_, row) => BigInt(row) * 1_000_003n)
    const column = { ...columnFromValues(int8Type, [1n]), values, length: values.length }
    const found = new Int32Array(values.length)
    assert.equal(index.lookupOrInsert([column as never], values.length, found), values.length)
    assert.equal(found[values.length - 1], values.length - 1)
    index.erase(found, found.length)
    assert.equal(index.size, 0)
    index.clear()
    assert.equal(index.lookupOrInsert([column as never], 10, found), 10)
    assert.deepEqual([...found.subarray(0, 10)], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })
})

function normal(value: Numeric): Numeric {
  let { coefficient, scale } = value
  while (scale > 0 && coefficient % 10n === 0n) {
    coefficient /= 10n
    scale--
  }
  return new Numeric(coefficient, scale)
}
