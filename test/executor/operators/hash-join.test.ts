import assert from 'node:assert/strict'
import type { Expression } from '../../../planner/expression.ts'
import type { JoinType } from '../../../planner/logical-plan.ts'
import type { PhysicalPlan } from '../../../planner/physical-plan.ts'
import { type DataType, int4Type, int8Type, textType, timestampType } from '../../../planner/types.ts'
import {
  batchOf,
  Changing,
  call,
  checkIncremental,
  column,
  Maintained,
  Random,
  type Row,
  scan,
  unbounded,
} from './harness.ts'

interface Options {
  readonly joinType?: JoinType
  readonly residual?: Expression
  readonly keys?: readonly number[]
  readonly appendOnly?: readonly [left: boolean, right: boolean]
}

const types: readonly DataType[] = [int4Type, textType, int8Type]

function join(options: Options, left = types, right = types): Extract<PhysicalPlan, { kind: 'hash_join' }> {
  const keys = options.keys ?? [0]
  const [leftInput, rightInput] = [scan(left), scan(right)]
  return {
    kind: 'hash_join',
    joinType: options.joinType ?? 'inner',
    left: leftInput,
    right: rightInput,
    leftKeys: keys.map(index => column(index, left[index]!)),
    rightKeys: keys.map(index => column(index, right[index]!)),
    residual: options.residual,
    leftAppendOnly: options.appendOnly?.[0] ?? false,
    rightAppendOnly: options.appendOnly?.[1] ?? false,
    expiry: undefined,
    schema: [...leftInput.schema, ...rightInput.schema],
    properties: unbounded,
  }
}

/** left.c2 < right.c2 */
const less = () => call('<', [column(2, int8Type), column(5, int8Type)])

function recomputed(
  left: readonly Row[],
  right: readonly Row[],
  keys: readonly number[],
  isLeft: boolean,
  residual: (left: Row, right: Row) => boolean,
): Row[] {
  const rows: Row[] = []
  for (const row of left) {
    const matches = right.filter(
      other => keys.every(key => row[key] !== null && row[key] === other[key]) && residual(row, other),
    )
    for (const match of matches) rows.push([...row, ...match])
    if (isLeft && matches.length === 0) rows.push([...row, ...row.map(() => null)])
  }
  return rows
}

function randomRow(random: Random): Row {
  return [
    random.chance(10) ? null : random.below(6),
    random.pick(['a', 'b', 'a longer text']),
    random.chance(10) ? null : BigInt(random.below(8)),
  ]
}

const everything = () => true
const isLess = (left: Row, right: Row) => left[2] !== null && right[2] !== null && left[2]! < right[2]!

describe('HashJoin', () => {
  for (const joinType of ['inner', 'left'] as const) {
    for (const withResidual of [false, true]) {
      for (const keys of [[0], [0, 1], [2]]) {
        const suffix = withResidual ? ' with a condition' : ''
        it(`${joinType} on ${keys.length} keys, first ${types[keys[0]!]!.kind}${suffix}`, () => {
          for (const seed of [11, 12, 13]) {
            const random = new Random(seed)
            const left = new Changing(types, random, randomRow)
            const right = new Changing(types, random, randomRow)
            const plan = join({ joinType, keys, ...(withResidual ? { residual: less() } : {}) })
            checkIncremental(seed, plan, [left, right], 14, 14, () =>
              recomputed(
                left.rows,
                right.rows,
                keys,
                joinType === 'left',
                withResidual ? isLess : everything,
              ),
            )
          }
        })
      }
    }

    for (const appendOnly of [
      [true, true],
      [true, false],
      [false, true],
    ] as const) {
      it(`${joinType} with append-only sides ${appendOnly.join(', ')}`, () => {
        const random = new Random(21)
        const left = new Changing(types, random, randomRow, appendOnly[0])
        const right = new Changing(types, random, randomRow, appendOnly[1])
        checkIncremental(21, join({ joinType, appendOnly, residual: less() }), [left, right], 10, 10, () =>
          recomputed(left.rows, right.rows, [0], joinType === 'left', isLess),
        )
      })
    }
  }

  it('retracts the row with NULLs when the first match arrives, restores it when the last goes', () => {
    const maintained = new Maintained(join({ joinType: 'left' }))
    maintained.epoch([[batchOf(types, [[1, 'l', 1n]])], []])
    assert.deepEqual(maintained.output.lines(), ['1 | l | 1 | NULL | NULL | NULL'])
    maintained.epoch([
      [],
      [
        batchOf(types, [
          [1, 'r', 2n],
          [1, 's', 3n],
        ]),
      ],
    ])
    assert.deepEqual(maintained.output.lines(), ['1 | l | 1 | 1 | r | 2', '1 | l | 1 | 1 | s | 3'])
    maintained.epoch([[], [batchOf(types, [[1, 'r', 2n]], [-1])]])
    assert.deepEqual(maintained.output.lines(), ['1 | l | 1 | 1 | s | 3'])
    maintained.epoch([[], [batchOf(types, [[1, 's', 3n]], [-1])]])
    assert.deepEqual(maintained.output.lines(), ['1 | l | 1 | NULL | NULL | NULL'])
  })

  it('multiplies multiplicities', () => {
    const maintained = new Maintained(join({}))
    maintained.epoch([[batchOf(types, [[1, 'l', 1n]], [3])], [batchOf(types, [[1, 'r', 2n]], [2])]])
    assert.deepEqual(maintained.output.lines(), ['1 | l | 1 | 1 | r | 2 ×6'])
  })

  it('frees its state when all rows are retracted', () => {
    const maintained = new Maintained(join({ joinType: 'left' }))
    const bytes: number[] = []
    for (let epoch = 0; epoch < 40; epoch++) {
      const rows = Array.from({ length: 300 }, (_, index): Row => [index, `a text of epoch ${epoch}`, 1n])
      maintained.epoch([[batchOf(types, rows)], [batchOf(types, rows)]])
      const down = rows.map(() => -1)
      maintained.epoch([[batchOf(types, rows, down)], [batchOf(types, rows, down)]])
      assert.deepEqual(maintained.output.lines(), [])
      bytes.push(maintained.pipeline.stateBytes())
    }
    assert.ok(bytes[39]! <= Math.max(...bytes.slice(0, 20)), 'state does not grow')
  })

  it('joins a key with more pairs than a batch holds', () => {
    const maintained = new Maintained(join({}))
    const rows = Array.from({ length: 200 }, (_, index): Row => [1, 'x', BigInt(index)])
    maintained.epoch([[batchOf(types, rows)], [batchOf(types, rows)]])
    assert.equal(maintained.output.counts.size, 40_000)
    assert.ok(maintained.batches.every(batch => batch.length <= 8192))
  })

  it('drops rows that the watermark passed', () => {
    const two = [int4Type, timestampType]
    const time = { column: 1, plusMicros: 3n, inclusive: false }
    const plan = { ...join({ appendOnly: [true, true] }, two, two), expiry: { left: time, right: time } }
    const maintained = new Maintained(plan)
    const bytes: number[] = []
    for (let epoch = 0n; epoch < 30n; epoch++) {
      const rows = Array.from({ length: 400 }, (_, index): Row => [index * 31 + Number(epoch), epoch])
      maintained.epoch([[batchOf(two, rows)], [batchOf(two, rows)]], epoch)
      bytes.push(maintained.pipeline.stateBytes())
    }
    assert.ok(bytes[29]! <= Math.max(...bytes.slice(0, 15)), 'state does not grow')
  })
})
