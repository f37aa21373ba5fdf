import assert from 'node:assert/strict'
import { Numeric } from '../../../executor/batch/numeric.ts'
import { END_OF_INPUT } from '../../../executor/operators/operator.ts'
import type { AggregateCall } from '../../../planner/expression.ts'
import type { EmitMode, WindowSpec } from '../../../planner/logical-plan.ts'
import type { PhysicalPlan } from '../../../planner/physical-plan.ts'
import { field } from '../../../planner/schema.ts'
import {
  type DataType,
  dateType,
  float8Type,
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
  rowsOf,
  scan,
  unbounded,
} from './harness.ts'

const types: readonly DataType[] = [textType, timestampType, int8Type, float8Type]

interface Options {
  readonly emit?: EmitMode
  readonly closes?: boolean
  readonly appendOnly?: boolean
}

function window(size: number, slide: number, offset = 0): WindowSpec {
  return {
    kind: size === slide ? 'tumble' : 'hop',
    timeColumn: 1,
    sizeMicros: BigInt(size),
    slideMicros: BigInt(slide),
    offsetMicros: BigInt(offset),
  }
}

/** Columns: window_end, the text key, window_start, the aggregates. */
function windowed(
  spec: WindowSpec,
  aggregates: readonly AggregateCall[],
  options: Options = {},
): PhysicalPlan {
  return {
    kind: 'window_aggregate',
    input: scan(types),
    window: spec,
    aggregates,
    keys: [
      { kind: 'window_end' },
      { kind: 'expression', expression: column(0, textType) },
      { kind: 'window_start' },
    ],
    inputAppendOnly: options.appendOnly ?? false,
    closes: options.closes ?? false,
    emit: options.emit ?? { kind: 'update' },
    schema: [
      field('e', timestampType),
      field('k', textType),
      field('s', timestampType),
      ...aggregates.map(each => field('a', each.type)),
    ],
    properties: unbounded,
  }
}

function windowsOf(time: bigint, { sizeMicros, slideMicros, offsetMicros }: WindowSpec): bigint[] {
  const starts: bigint[] = []
  for (let start = -500n * slideMicros + offsetMicros; start <= time; start += slideMicros) {
    if (time < start + sizeMicros) starts.push(start)
  }
  return starts
}

function recomputed(rows: readonly Row[], spec: WindowSpec, values: (rows: readonly Row[]) => Row): Row[] {
  const groups = new Map<string, { start: bigint; rows: Row[] }>()
  for (const row of rows) {
    if (row[1] === null) continue
    for (const start of windowsOf(row[1] as bigint, spec)) {
      const key = `${row[0]}|${start}`
      const group = groups.get(key) ?? { start, rows: [] }
      group.rows.push(row)
      groups.set(key, group)
    }
  }
  return [...groups.values()].map(({ start, rows: group }) => [
    start + spec.sizeMicros,
    group[0]![0]!,
    start,
    ...values(group),
  ])
}

const linear = [
  aggregate('count', [], int8Type),
  aggregate('sum', [column(2, int8Type)], numericType),
  aggregate('sum', [column(3, float8Type)], float8Type),
]

function linearValues(rows: readonly Row[]): Row {
  const big = rows.flatMap(row => (row[2] === null ? [] : [row[2] as bigint]))
  const floats = rows.flatMap(row => (row[3] === null ? [] : [row[3] as number]))
  return [
    BigInt(rows.length),
    big.length === 0
      ? null
      : new Numeric(
          big.reduce((sum, value) => sum + value, 0n),
          0,
        ),
    floats.length === 0 ? null : floats.reduce((sum, value) => sum + value, 0),
  ]
}

const maxCall = [aggregate('max', [column(2, int8Type)], int8Type)]

function maxValue(rows: readonly Row[]): Row {
  const big = rows.flatMap(row => (row[2] === null ? [] : [row[2] as bigint]))
  return [big.sort((left, right) => Number(right - left))[0] ?? null]
}

function randomRow(random: Random): Row {
  return [
    random.pick(['a', 'b', null]),
    random.chance(5) ? null : BigInt(random.below(300) - 100),
    random.chance(10) ? null : BigInt(random.below(50)),
    random.chance(10) ? null : random.below(64) / 8,
  ]
}

const specs: readonly (readonly [string, WindowSpec])[] = [
  ['tumbling windows', window(10, 10)],
  ['tumbling windows with an offset', window(10, 10, 3)],
  ['hopping windows', window(30, 10)],
  ['hopping windows of no whole number of slides', window(25, 10, 4)],
  ['hopping windows with gaps', window(7, 20)],
]

describe('WindowAggregate', () => {
  for (const [name, spec] of specs) {
    it(`keeps ${name} equal to a recomputation`, () => {
      for (const seed of [31, 32]) {
        const input = new Changing(types, new Random(seed), randomRow)
        checkIncremental(seed, windowed(spec, linear), [input], 10, 30, () =>
          recomputed(input.rows, spec, linearValues),
        )
      }
    })

    it(`keeps ${name} of an aggregate that cannot be merged equal to a recomputation`, () => {
      const input = new Changing(types, new Random(33), randomRow)
      checkIncremental(33, windowed(spec, maxCall), [input], 10, 30, () =>
        recomputed(input.rows, spec, maxValue),
      )
    })

    it(`keeps ${name} over append-only input equal to a recomputation`, () => {
      const input = new Changing(types, new Random(34), randomRow, true)
      const plan = windowed(spec, [...maxCall, ...linear], { appendOnly: true })
      checkIncremental(34, plan, [input], 8, 30, () =>
        recomputed(input.rows, spec, rows => [...maxValue(rows), ...linearValues(rows)]),
      )
    })

    for (const calls of [linear, maxCall]) {
      it(`EMIT ON WINDOW CLOSE of ${name} writes ${calls[0]!.signature.name} once per window`, () => {
        checkOnClose(spec, calls, calls === linear ? linearValues : maxValue)
      })
    }
  }

  it('drops closed windows, keeps what they wrote, and counts late rows', () => {
    const maintained = new Maintained(windowed(window(20, 10), linear, { closes: true }))
    const rows: Row[] = [
      ['a', 5n, 1n, 1],
      ['a', 15n, 2n, 2],
      ['a', 25n, 3n, 3],
    ]
    maintained.epoch([[batchOf(types, rows)]], 20n)
    assert.deepEqual(maintained.output.lines(), [
      '10 | a | -10 | 1 | 1 | 1',
      '20 | a | 0 | 2 | 3 | 3',
      '30 | a | 10 | 2 | 5 | 5',
      '40 | a | 20 | 1 | 3 | 3',
    ])
    // 5 lies in closed windows only, 15 in one that is closed and one that is open.
    maintained.epoch([
      [
        batchOf(types, [
          ['a', 5n, 1n, 1],
          ['a', 15n, 10n, 10],
        ]),
      ],
    ])
    assert.deepEqual(maintained.output.lines(), [
      '10 | a | -10 | 1 | 1 | 1',
      '20 | a | 0 | 2 | 3 | 3',
      '30 | a | 10 | 3 | 15 | 15',
      '40 | a | 20 | 1 | 3 | 3',
    ])
    assert.equal(maintained.pipeline.lateRows(), 1)
  })

  it('handles dates, far times and infinity', () => {
    const far = 9_100_000_000_000_000_000n
    const spec = window(20, 10)
    const maintained = new Maintained(windowed(spec, linear))
    maintained.epoch([
      [
        batchOf(types, [
          ['a', far, 1n, 1],
          ['a', 2n ** 63n - 1n, 1n, 1],
          ['a', -(2n ** 63n), 1n, 1],
        ]),
      ],
    ])
    assert.deepEqual(
      maintained.output.lines(),
      [`${far + 10n} | a | ${far - 10n} | 1 | 1 | 1`, `${far + 20n} | a | ${far} | 1 | 1 | 1`].sort(),
    )
    const day = 86_400_000_000n
    const plan = windowed({ ...spec, sizeMicros: 2n * day, slideMicros: day }, [linear[0]!])
    const dates: PhysicalPlan = {
      ...(plan as Extract<PhysicalPlan, { kind: 'window_aggregate' }>),
      input: scan([textType, dateType]),
      schema: [field('e', dateType), field('k', textType), field('s', dateType), field('a', int8Type)],
    }
    const byDay = new Maintained(dates)
    byDay.epoch([
      [
        batchOf(
          [textType, dateType],
          [
            ['a', -1],
            ['a', 0],
          ],
        ),
      ],
    ])
    assert.deepEqual(byDay.output.lines(), ['0 | a | -2 | 1', '1 | a | -1 | 2', '2 | a | 0 | 1'])
  })
})

/** Random rows and a rising watermark: a window is written once, with the rows that were not late for it. */
function checkOnClose(
  spec: WindowSpec,
  calls: readonly AggregateCall[],
  values: (rows: readonly Row[]) => Row,
): void {
  const seed = 41
  const random = new Random(seed)
  const maintained = new Maintained(
    windowed(spec, calls, { closes: true, emit: { kind: 'window_close', delayMicros: 7n } }),
  )
  const accepted: { readonly row: Row; readonly open: (start: bigint) => boolean }[] = []
  let watermark = -1000n
  for (let epoch = 1; epoch <= 20; epoch++) {
    const before = watermark
    const open = (start: bigint) => start + spec.sizeMicros + 7n > before
    const rows = Array.from({ length: 12 }, (): Row => {
      const [key, , ...rest] = randomRow(random)
      return [
        key!,
        watermark < -100n ? BigInt(random.below(60)) : watermark + BigInt(random.below(60) - 30),
        ...rest,
      ]
    })
    for (const row of rows) accepted.push({ row, open })
    watermark = watermark < -100n ? 5n : watermark + BigInt(random.below(25))
    maintained.epoch([[batchOf(types, rows)]], epoch === 20 ? END_OF_INPUT : watermark)
    const bound = epoch === 20 ? END_OF_INPUT : watermark
    assert.ok(
      maintained.batches.every(batch => batch.weights === undefined),
      'nothing is retracted',
    )
    const expected = closedWindows(accepted, spec, values, bound)
    assert.deepEqual(maintained.output.lines(), rowsOf(expected).lines(), `seed ${seed}, epoch ${epoch}`)
  }
}

function closedWindows(
  accepted: readonly { readonly row: Row; readonly open: (start: bigint) => boolean }[],
  spec: WindowSpec,
  values: (rows: readonly Row[]) => Row,
  watermark: bigint,
): Row[] {
  const groups = new Map<string, { start: bigint; rows: Row[] }>()
  for (const { row, open } of accepted) {
    for (const start of windowsOf(row[1] as bigint, spec)) {
      if (!open(start) || start + spec.sizeMicros + 7n > watermark) continue
      const key = `${row[0]}|${start}`
      const group = groups.get(key) ?? { start, rows: [] }
      group.rows.push(row)
      groups.set(key, group)
    }
  }
  return [...groups.values()].map(({ start, rows }) => [
    start + spec.sizeMicros,
    rows[0]![0]!,
    start,
    ...values(rows),
  ])
}
