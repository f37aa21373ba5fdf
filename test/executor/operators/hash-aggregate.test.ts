import assert from 'node:assert/strict'
import { Numeric } from '../../../executor/batch/numeric.ts'
import type { SqlValue } from '../../../executor/expression/evaluation-context.ts'
import { NO_WATERMARK } from '../../../executor/operators/operator.ts'
import type { AggregateCall, Expression } from '../../../planner/expression.ts'
import type { EmitMode } from '../../../planner/logical-plan.ts'
import type { PhysicalPlan, TimeColumn } from '../../../planner/physical-plan.ts'
import { field } from '../../../planner/schema.ts'
import {
  boolType,
  type DataType,
  float8Type,
  int4Type,
  int8Type,
  numericType,
  textType,
  timestampType,
} from '../../../planner/types.ts'
import { aggregate } from './aggregate-call.ts'
import {
  batchOf,
  Changing,
  checkIncremental,
  column,
  Maintained,
  Random,
  type Row,
  scan,
  unbounded,
} from './harness.ts'

interface Options {
  readonly appendOnly?: boolean
  readonly expiry?: TimeColumn
  readonly emit?: EmitMode
}

function grouped(
  types: readonly DataType[],
  groupBy: readonly Expression[],
  aggregates: readonly AggregateCall[],
  options: Options = {},
): PhysicalPlan {
  return {
    kind: 'hash_aggregate',
    input: scan(types),
    groupBy,
    aggregates,
    inputAppendOnly: options.appendOnly ?? false,
    expiry: options.expiry,
    emit: options.emit ?? { kind: 'update' },
    schema: [...groupBy, ...aggregates].map((each, index) => field(`c${index}`, each.type)),
    properties: unbounded,
  }
}

/** Groups rows by the text of their keys; no keys = one group. */
function recomputed(
  rows: readonly Row[],
  keys: readonly number[],
  values: (rows: readonly Row[]) => Row,
): Row[] {
  const groups = new Map<string, Row[]>()
  if (keys.length === 0) groups.set('', [])
  for (const row of rows) {
    const key = keys.map(index => String(normal(row[index]!))).join('|')
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  return [...groups.values()].map(group => [...keys.map(index => group[0]![index]!), ...values(group)])
}

function normal(value: SqlValue): SqlValue {
  if (value instanceof Numeric) return Number(value.toString())
  return Object.is(value, -0) ? 0 : value
}

function present<T extends SqlValue>(rows: readonly Row[], index: number): T[] {
  return rows.map(row => row[index]!).filter(value => value !== null) as T[]
}

const types = [int4Type, int8Type, float8Type, textType, numericType, boolType]
const names = ['red', 'green', 'blue', 'a rather long name that does not fit anywhere', '']

function randomRow(random: Random): Row {
  const orNull = (value: SqlValue) => (random.chance(15) ? null : value)
  return [
    orNull(random.below(5)),
    orNull(BigInt(random.below(1000)) - 500n),
    orNull((random.below(400) - 200) / 4),
    orNull(random.pick(names)),
    orNull(new Numeric(BigInt(random.below(2000) - 1000), 2)),
    orNull(random.chance(50)),
  ]
}

const extremes = (values: readonly (bigint | number | string)[], sign: number): SqlValue =>
  values.length === 0
    ? null
    : values.reduce((best, value) => ((value < best ? -1 : 1) === sign ? value : best))

const sumBig = (values: readonly bigint[]) => values.reduce((sum, value) => sum + value, 0n)

const calls: readonly AggregateCall[] = [
  aggregate('count', [], int8Type),
  aggregate('count', [column(1, int8Type)], int8Type),
  aggregate('sum', [column(1, int8Type)], numericType),
  aggregate('sum', [column(2, float8Type)], float8Type),
  aggregate('sum', [column(4, numericType)], numericType),
  aggregate('min', [column(1, int8Type)], int8Type),
  aggregate('max', [column(3, textType)], textType),
  aggregate('bool_and', [column(5, boolType)], boolType),
  aggregate('count', [column(3, textType)], int8Type, { distinct: true }),
  aggregate('count', [], int8Type, { filter: column(5, boolType) }),
]

function values(rows: readonly Row[]): Row {
  const big = present<bigint>(rows, 1)
  const floats = present<number>(rows, 2)
  const texts = present<string>(rows, 3)
  const numerics = present<Numeric>(rows, 4)
  const flags = present<boolean>(rows, 5)
  return [
    BigInt(rows.length),
    BigInt(big.length),
    big.length === 0 ? null : new Numeric(sumBig(big), 0),
    floats.length === 0 ? null : floats.reduce((sum, value) => sum + value, 0),
    numerics.length === 0 ? null : new Numeric(sumBig(numerics.map(value => value.coefficient)), 2),
    extremes(big, -1),
    extremes(texts, 1),
    flags.length === 0 ? null : flags.every(flag => flag),
    BigInt(new Set(texts).size),
    BigInt(flags.filter(flag => flag).length),
  ]
}

describe('HashAggregate', () => {
  const keyed: readonly (readonly [string, readonly number[]])[] = [
    ['an int4 key', [0]],
    ['a bigint key', [1]],
    ['a text key', [3]],
    ['a numeric key', [4]],
    ['a float key', [2]],
    ['two keys', [0, 3]],
    ['no key', []],
  ]
  for (const [name, keys] of keyed) {
    it(`keeps groups by ${name} equal to a recomputation`, () => {
      for (const seed of [1, 2, 3]) {
        const input = new Changing(types, new Random(seed * 77), randomRow)
        const plan = grouped(
          types,
          keys.map(index => column(index, types[index]!)),
          calls,
        )
        checkIncremental(seed, plan, [input], 12, 40, () => recomputed(input.rows, keys, values))
      }
    })

    it(`keeps groups by ${name} over append-only input equal to a recomputation`, () => {
      const input = new Changing(types, new Random(5), randomRow, true)
      const plan = grouped(
        types,
        keys.map(index => column(index, types[index]!)),
        calls,
        { appendOnly: true },
      )
      checkIncremental(5, plan, [input], 6, 60, () => recomputed(input.rows, keys, values))
    })
  }

  it('emits the row of a global aggregate over no rows once', () => {
    const plan = grouped(
      [int4Type],
      [],
      [aggregate('count', [], int8Type), aggregate('sum', [column(0, int4Type)], int8Type)],
    )
    const maintained = new Maintained(plan)
    maintained.epoch([])
    assert.deepEqual(maintained.output.lines(), ['0 | NULL'])
    maintained.epoch([])
    assert.equal(maintained.batches.length, 0)
    maintained.epoch([[batchOf([int4Type], [[7], [null]])]])
    assert.deepEqual(maintained.output.lines(), ['2 | 7'])
    maintained.epoch([[batchOf([int4Type], [[7], [null]], [-1, -1])]])
    assert.deepEqual(maintained.output.lines(), ['0 | NULL'])
  })

  it('emits nothing for groups whose row did not change', () => {
    const maintained = new Maintained(
      grouped(
        [int4Type, int4Type],
        [column(0, int4Type)],
        [aggregate('max', [column(1, int4Type)], int4Type)],
      ),
    )
    const two = [int4Type, int4Type]
    maintained.epoch([
      [
        batchOf(two, [
          [1, 10],
          [2, 20],
        ]),
      ],
    ])
    maintained.epoch([
      [
        batchOf(two, [
          [1, 5],
          [2, 30],
        ]),
      ],
    ])
    assert.deepEqual(
      maintained.batches.map(batch => batch.length),
      [2],
    )
    assert.deepEqual(maintained.output.lines(), ['1 | 10', '2 | 30'])
  })

  it('is DISTINCT without aggregates', () => {
    const input = new Changing([textType, int4Type], new Random(9), random => [
      random.pick(names),
      random.chance(20) ? null : random.below(3),
    ])
    const plan = grouped(input.types, [column(0, textType), column(1, int4Type)], [])
    checkIncremental(9, plan, [input], 15, 20, () => recomputed(input.rows, [0, 1], () => []))
  })

  it('multiplies weights', () => {
    const plan = grouped(
      [int8Type],
      [],
      [aggregate('count', [], int8Type), aggregate('sum', [column(0, int8Type)], numericType)],
    )
    const maintained = new Maintained(plan)
    maintained.epoch([[batchOf([int8Type], [[9_000_000_000_000_000_000n]], [2_000_000_000])]])
    assert.deepEqual(maintained.output.lines(), ['2000000000 | 18000000000000000000000000000'])
    maintained.epoch([[batchOf([int8Type], [[9_000_000_000_000_000_000n]], [-2_000_000_000])]])
    assert.deepEqual(maintained.output.lines(), ['0 | NULL'])
  })

  it('drops groups that the watermark passed, keeps what it wrote, and counts late rows', () => {
    const two = [timestampType, int4Type]
    const maintained = new Maintained(
      grouped(two, [column(0, timestampType)], [aggregate('sum', [column(1, int4Type)], int8Type)], {
        expiry: { column: 0, plusMicros: 0n, inclusive: true },
      }),
    )
    maintained.epoch(
      [
        [
          batchOf(two, [
            [10n, 1],
            [20n, 2],
          ]),
        ],
      ],
      10n,
    )
    assert.deepEqual(maintained.output.lines(), ['10 | 1', '20 | 2'])
    maintained.epoch(
      [
        [
          batchOf(two, [
            [10n, 5],
            [20n, 5],
          ]),
        ],
      ],
      15n,
    )
    assert.deepEqual(maintained.output.lines(), ['10 | 1', '20 | 7'])
    assert.equal(maintained.pipeline.lateRows(), 1)
  })

  it('EMIT ON WINDOW CLOSE writes a group once, when its delay has passed', () => {
    const two = [timestampType, int4Type]
    const maintained = new Maintained(
      grouped(two, [column(0, timestampType)], [aggregate('sum', [column(1, int4Type)], int8Type)], {
        expiry: { column: 0, plusMicros: 0n, inclusive: true },
        emit: { kind: 'window_close', delayMicros: 5n },
      }),
    )
    maintained.epoch(
      [
        [
          batchOf(two, [
            [10n, 1],
            [20n, 2],
            [null, 3],
            [12n, 1],
          ]),
        ],
      ],
      14n,
    )
    assert.deepEqual(maintained.output.lines(), [])
    maintained.epoch(
      [
        [
          batchOf(
            two,
            [
              [10n, 4],
              [12n, 1],
            ],
            [1, -1],
          ),
        ],
      ],
      15n,
    )
    assert.deepEqual(maintained.output.lines(), ['10 | 5'])
    assert.equal(maintained.pipeline.watermark(), 10n)
    maintained.epoch([[batchOf(two, [[10n, 4]])]], 2n ** 63n - 1n)
    assert.deepEqual(maintained.output.lines(), ['10 | 5', '20 | 2', 'NULL | 3'])
    assert.equal(maintained.pipeline.lateRows(), 1)
  })

  it('reports no watermark before there is one', () => {
    const maintained = new Maintained(grouped([int4Type], [column(0, int4Type)], []))
    maintained.epoch([])
    assert.equal(maintained.pipeline.watermark(), NO_WATERMARK)
  })
})
