import assert from 'node:assert/strict'
import { columnFromValues } from '../../../executor/batch/column-builder.ts'
import { readValue } from '../../../executor/batch/column-reader.ts'
import type { SqlValue } from '../../../executor/expression/evaluation-context.ts'
import { OrderedMultiset } from '../../../executor/state/ordered-multiset.ts'
import { type DataType, float8Type, int8Type, textType } from '../../../planner/types.ts'
import { Random } from '../operators/harness.ts'

const kinds: readonly (readonly [DataType, (random: Random, range: number) => SqlValue])[] = [
  [int8Type, (random, range) => BigInt(random.below(range))],
  [float8Type, (random, range) => random.below(range) / 4],
  [textType, (random, range) => `value ${random.below(range)}`],
]

describe('OrderedMultiset', () => {
  for (const [type, makeValue] of kinds) {
    for (const range of [5, 200, 20_000]) {
      it(`knows min and max of ${type.kind} values out of ${range} as they come and go`, () => {
        const random = new Random(71)
        const multiset = new OrderedMultiset(type)
        const model: SqlValue[][] = [[], [], []]
        for (let round = 0; round < 8; round++) {
          // Grow to thousands of values, then shrink to none.
          const target = [50, 2000, 4000, 3000, 1500, 20, 3, 0][round]!
          for (const [group, values] of model.entries()) {
            change(
              multiset,
              type,
              group,
              target * (group + 1) - values.length,
              values,
              () => makeValue(random, range),
              random,
            )
          }
          const groups = Int32Array.of(0, 1, 2, 3)
          for (const greatest of [false, true]) {
            const column = multiset.extremes(groups, 4, greatest)
            const got = [0, 1, 2, 3].map(row => readValue(column, row))
            assert.deepEqual(
              got,
              [...model.map(values => extreme(values, greatest)), null],
              `seed 71, round ${round}`,
            )
          }
        }
      })
    }
  }

  it('takes a retraction that comes before its insertion', () => {
    const multiset = new OrderedMultiset(int8Type)
    const group = new Int32Array(1)
    const add = (value: bigint, weight: number) =>
      multiset.update(columnFromValues(int8Type, [value]), undefined, group, Int32Array.of(weight), 1)
    add(5n, -1)
    add(7n, 1)
    assert.equal(readValue(multiset.extremes(group, 1, false), 0), 7n)
    add(5n, 2)
    assert.equal(readValue(multiset.extremes(group, 1, false), 0), 5n)
  })

  it('forgets groups', () => {
    const multiset = new OrderedMultiset(int8Type)
    const values = Array.from({ length: 3000 }, (_, index) => BigInt(index))
    const groups = new Int32Array(values.length)
    multiset.update(columnFromValues(int8Type, values), undefined, groups, undefined, values.length)
    const bytes = multiset.byteLength
    for (let round = 0; round < 5; round++) {
      multiset.clear(groups, 1)
      assert.equal(readValue(multiset.extremes(groups, 1, true), 0), null)
      multiset.update(columnFromValues(int8Type, values), undefined, groups, undefined, values.length)
    }
    assert.equal(multiset.byteLength, bytes)
  })
})

/** Inserts or retracts `difference` random values. */
function change(
  multiset: OrderedMultiset,
  type: DataType,
  group: number,
  difference: number,
  values: SqlValue[],
  makeValue: () => SqlValue,
  random: Random,
): void {
  const changed: SqlValue[] = []
  for (let count = Math.abs(difference); count > 0; count--) {
    if (difference > 0) {
      changed.push(makeValue())
      values.push(changed.at(-1)!)
      continue
    }
    const last = values.length - 1
    const victim = random.below(values.length)
    changed.push(values[victim]!)
    values[victim] = values[last]!
    values.pop()
  }
  const groups = new Int32Array(changed.length).fill(group)
  const weights = new Int32Array(changed.length).fill(Math.sign(difference))
  multiset.update(columnFromValues(type, changed), undefined, groups, weights, changed.length)
}

function extreme(values: readonly SqlValue[], greatest: boolean): SqlValue {
  return values.reduce<SqlValue>(
    (best, value) => (best === null || (greatest ? value! > best : value! < best) ? value : best),
    null,
  )
}
