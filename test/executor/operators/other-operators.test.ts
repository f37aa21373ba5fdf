import assert from 'node:assert/strict'
import type { Column } from '../../../executor/batch/column.ts'
import { columnFromValues } from '../../../executor/batch/column-builder.ts'
import { batchRows, readValue } from '../../../executor/batch/column-reader.ts'
import { Numeric } from '../../../executor/batch/numeric.ts'
import type { ModelScorer } from '../../../executor/operators/model-scorer.ts'
import { END_OF_INPUT } from '../../../executor/operators/operator.ts'
import type { PhysicalPlan } from '../../../planner/physical-plan.ts'
import { field } from '../../../planner/schema.ts'
import {
  type DataType,
  float8Type,
  int4Type,
  int8Type,
  numericType,
  textType,
  timestampType,
} from '../../../planner/types.ts'
import {
  batchOf,
  Changing,
  call,
  checkIncremental,
  column,
  int,
  literal,
  Maintained,
  Random,
  type Row,
  rowKey,
  scan,
  unbounded,
} from './harness.ts'

const types: readonly DataType[] = [int4Type, textType]
const two = scan(types)

function randomRow(random: Random): Row {
  return [
    random.chance(15) ? null : random.below(20),
    random.chance(15) ? null : random.pick(['x', 'yy', 'zzz']),
  ]
}

/** Everything the maintained plan wrote in its last epoch, in order. */
function written(maintained: Maintained): string[] {
  return maintained.batches.flatMap(batch => batchRows(batch).map(rowKey))
}

describe('FilterProject', () => {
  const plan: PhysicalPlan = {
    kind: 'filter_project',
    input: two,
    predicate: call('>', [column(0, int4Type), int(7)]),
    expressions: [column(1, textType), call('+', [column(0, int4Type), int(1)], int4Type)],
    schema: [field('a', textType), field('b', int4Type)],
    properties: unbounded,
  }

  it('keeps rows equal to a recomputation', () => {
    const input = new Changing(types, new Random(51), randomRow)
    checkIncremental(51, plan, [input], 10, 30, () =>
      input.rows.flatMap(row =>
        row[0] !== null && (row[0] as number) > 7 ? [[row[1]!, (row[0] as number) + 1]] : [],
      ),
    )
  })

  it('passes the batch on when all rows pass', () => {
    const maintained = new Maintained({ ...plan, expressions: undefined, schema: two.schema })
    const batch = batchOf(types, [
      [8, 'x'],
      [9, 'y'],
    ])
    maintained.epoch([[batch]])
    assert.equal(maintained.batches[0], batch)
  })
})

describe('UnionAll', () => {
  it('keeps rows equal to a recomputation', () => {
    const random = new Random(52)
    const inputs = [new Changing(types, random, randomRow), new Changing(types, random, randomRow)]
    const plan: PhysicalPlan = {
      kind: 'union_all',
      inputs: [two, two],
      schema: two.schema,
      properties: unbounded,
    }
    checkIncremental(52, plan, inputs, 8, 10, () => inputs.flatMap(input => input.rows))
  })
})

describe('WindowExpand', () => {
  it('keeps rows equal to a recomputation', () => {
    const timed = [timestampType, int4Type]
    const input = new Changing(timed, new Random(53), random => [
      random.chance(10) ? null : BigInt(random.below(100) - 50),
      random.below(5),
    ])
    const plan: PhysicalPlan = {
      kind: 'window_expand',
      input: scan(timed),
      window: { kind: 'hop', timeColumn: 0, sizeMicros: 20n, slideMicros: 5n, offsetMicros: 2n },
      schema: [...scan(timed).schema, field('s', timestampType), field('e', timestampType)],
      properties: unbounded,
    }
    checkIncremental(53, plan, [input], 8, 20, () =>
      input.rows.flatMap(row => {
        const rows: Row[] = []
        for (let start = -98n; row[0] !== null && start <= (row[0] as bigint); start += 5n) {
          if ((row[0] as bigint) < start + 20n) rows.push([...row, start, start + 20n])
        }
        return rows
      }),
    )
  })
})

describe('EmitOnClose', () => {
  const timed = [timestampType, textType]
  const plan: PhysicalPlan = {
    kind: 'emit_on_close',
    input: scan(timed),
    time: { column: 0, plusMicros: 10n, inclusive: false },
    delayMicros: 5n,
    schema: scan(timed).schema,
    properties: unbounded,
  }

  it('writes rows once the watermark passed them, without those retracted before', () => {
    const maintained = new Maintained(plan)
    maintained.epoch(
      [
        [
          batchOf(timed, [
            [1n, 'a'],
            [1n, 'a'],
            [2n, 'b'],
            [3n, 'c'],
          ]),
        ],
      ],
      16n,
    )
    assert.deepEqual(maintained.output.lines(), [])
    maintained.epoch(
      [
        [
          batchOf(
            timed,
            [
              [2n, 'b'],
              [1n, 'late'],
            ],
            [-1, 1],
          ),
        ],
      ],
      18n,
    )
    assert.deepEqual(maintained.output.lines(), ['1 | a ×2', '1 | late'])
    assert.equal(maintained.pipeline.watermark(), 13n)
    maintained.epoch(
      [
        [
          batchOf(timed, [
            [1n, 'too late'],
            [null, 'never'],
          ]),
        ],
      ],
      19n,
    )
    assert.deepEqual(maintained.output.lines(), ['1 | a ×2', '1 | late', '3 | c'])
    assert.equal(maintained.pipeline.lateRows(), 1)
    maintained.epoch([[]], END_OF_INPUT)
    assert.deepEqual(maintained.output.lines(), ['1 | a ×2', '1 | late', '3 | c', 'NULL | never'])
  })
})

describe('Sort', () => {
  const rows: Row[] = [
    [3, 'b'],
    [null, 'a'],
    [1, null],
    [3, 'a'],
    [2, 'ab'],
    [1, 'z'],
  ]
  const sort = (descending: boolean, nullsFirst: boolean, count?: number, offset?: number): PhysicalPlan => ({
    kind: 'sort',
    input: two,
    schema: two.schema,
    properties: unbounded,
    keys: [
      { expression: column(0, int4Type), descending, nullsFirst },
      { expression: column(1, textType), descending: false, nullsFirst: false },
    ],
    count: count === undefined ? undefined : literal(String(count), int8Type),
    offset: offset === undefined ? undefined : literal(String(offset), int8Type),
  })

  function sorted(plan: PhysicalPlan): string[] {
    const maintained = new Maintained(plan)
    maintained.pipeline.push(0, batchOf(types, rows.slice(0, 2)))
    maintained.pipeline.push(0, batchOf(types, rows.slice(2)))
    maintained.pipeline.end(0, 1)
    return written(maintained)
  }

  it('puts NULLs where they are asked for', () => {
    assert.deepEqual(sorted(sort(false, false)), [
      '1 | z',
      '1 | NULL',
      '2 | ab',
      '3 | a',
      '3 | b',
      'NULL | a',
    ])
    assert.deepEqual(sorted(sort(true, true)), ['NULL | a', '3 | a', '3 | b', '2 | ab', '1 | z', '1 | NULL'])
  })

  it('applies LIMIT and OFFSET', () => {
    assert.deepEqual(sorted(sort(false, false, 2, 1)), ['1 | NULL', '2 | ab'])
    assert.deepEqual(sorted(sort(false, false, 0)), [])
    assert.deepEqual(sorted(sort(false, false, undefined, 5)), ['NULL | a'])
  })

  it('keeps few rows under a limit, and is stable', () => {
    const maintained = new Maintained({
      ...sort(false, false, 3),
      keys: [{ expression: column(0, int4Type), descending: false, nullsFirst: false }],
    } as PhysicalPlan)
    for (let batch = 0; batch < 50; batch++) {
      const some = Array.from({ length: 2000 }, (_, index): Row => [(index * 7) % 1000, `${batch}-${index}`])
      maintained.pipeline.push(0, batchOf(types, some))
    }
    maintained.pipeline.end(0, 1)
    assert.deepEqual(written(maintained), ['0 | 0-0', '0 | 0-1000', '0 | 1-0'])
  })

  it('sorts numerics and floats by value', () => {
    for (const [type, values, expected] of [
      [
        numericType,
        [new Numeric(100n, 2), new Numeric(5n, 1), new Numeric(10n ** 30n, 0)],
        ['0.5', '1.00', `1${'0'.repeat(30)}`],
      ],
      [float8Type, [NaN, 1, -Infinity, Infinity, -0.5], ['-Infinity', '-0.5', '1', 'Infinity', 'NaN']],
    ] as const) {
      const input = scan([type])
      const maintained = new Maintained({
        kind: 'sort',
        input,
        schema: input.schema,
        properties: unbounded,
        count: undefined,
        offset: undefined,
        keys: [{ expression: column(0, type), descending: false, nullsFirst: false }],
      })
      maintained.pipeline.push(
        0,
        batchOf(
          [type],
          values.map(value => [value]),
        ),
      )
      maintained.pipeline.end(0, 1)
      assert.deepEqual(written(maintained), expected)
    }
  })

  it('refuses a negative LIMIT and OFFSET', () => {
    assert.throws(() => sorted(sort(false, false, -1)), {
      code: '2201W',
      message: 'LIMIT must not be negative',
    })
    assert.throws(() => sorted(sort(false, false, 1, -1)), {
      code: '2201X',
      message: 'OFFSET must not be negative',
    })
  })
})

describe('Limit', () => {
  it('takes the first rows after OFFSET and then wants no more', () => {
    const maintained = new Maintained({
      kind: 'limit',
      input: two,
      count: literal('3', int8Type),
      offset: literal('2', int8Type),
      schema: two.schema,
      properties: unbounded,
    })
    maintained.pipeline.push(0, batchOf(types, [[1, 'a']]))
    maintained.pipeline.push(
      0,
      batchOf(types, [
        [2, 'a'],
        [3, 'a'],
        [4, 'a'],
      ]),
    )
    assert.equal(maintained.pipeline.wants(0), true)
    maintained.pipeline.push(0, batchOf(types, [[5, 'a']], [5]))
    assert.equal(maintained.pipeline.wants(0), false)
    assert.deepEqual(written(maintained), ['3 | a', '4 | a', '5 | a'])
  })
})

describe('ModelScore', () => {
  /** Scores are 100 × the argument + the number of rows asked so far, so that a second question shows. */
  class CountingScorer implements ModelScorer {
    asked = 0

    score(_model: string, _version: number, args: readonly Column[], length: number) {
      const scores = Array.from(
        { length },
        (_, row) => (readValue(args[0]!, row) as number) * 100 + this.asked++,
      )
      return Promise.resolve({ column: columnFromValues(float8Type, scores), failures: new Map() })
    }
  }

  function scored(inputAppendOnly: boolean, scorer: ModelScorer): Maintained {
    return new Maintained(
      {
        kind: 'model_score',
        input: two,
        model: 'm',
        modelVersion: 1,
        args: [column(0, int4Type)],
        inputAppendOnly,
        schema: [...two.schema, field('score', float8Type)],
        properties: unbounded,
      },
      scorer,
    )
  }

  it('scores append-only rows in order, and does not ask for NULL', async () => {
    const scorer = new CountingScorer()
    const maintained = scored(true, scorer)
    await maintained.epoch([
      [
        batchOf(types, [
          [5, 'a'],
          [null, 'b'],
        ]),
        batchOf(types, [[6, 'c']]),
      ],
    ])
    assert.deepEqual(written(maintained), ['5 | a | 500', 'NULL | b | NULL', '6 | c | 601'])
    assert.equal(scorer.asked, 2)
  })

  it('replays the stored score on retraction', async () => {
    const scorer = new CountingScorer()
    const maintained = scored(false, scorer)
    await maintained.epoch([
      [
        batchOf(types, [
          [5, 'a'],
          [5, 'a'],
          [6, 'b'],
          [null, 'n'],
        ]),
      ],
    ])
    assert.deepEqual(maintained.output.lines(), ['5 | a | 500 ×2', '6 | b | 601', 'NULL | n | NULL'])
    await maintained.epoch([
      [
        batchOf(
          types,
          [
            [5, 'a'],
            [6, 'b'],
            [7, 'c'],
          ],
          [-1, -1, 1],
        ),
      ],
    ])
    assert.deepEqual(maintained.output.lines(), ['5 | a | 500', '7 | c | 702', 'NULL | n | NULL'])
    await maintained.epoch([
      [
        batchOf(
          types,
          [
            [5, 'a'],
            [7, 'c'],
            [null, 'n'],
          ],
          [-1, -1, -1],
        ),
      ],
    ])
    assert.deepEqual(maintained.output.lines(), [])
    await maintained.epoch([[batchOf(types, [[5, 'a']])]])
    assert.deepEqual(maintained.output.lines(), ['5 | a | 503'])
  })
})
