/**
 * Guards window aggregation: sum and count per key over TUMBLE and HOP, whose cost per row must not grow
 * with the number of windows a row is in. Beside DuckDB (one thread, the same arrays), once with the best
 * query there is (aggregate per slide, then combine) and once as a user would write it (each row joined
 * with its windows). 'batch' = one epoch; 'epochs' = a change per million rows.
 *
 * 2-core AMD EPYC, Node 20.20, 2026-11, M rows per CPU second, engine / DuckDB: tumble 14.5 / 44, hop of 10
 * slides 11.7 / 35 (plain SQL in DuckDB 4.4), hop of 100 slides 5.1 / 13.
 *
 *     npm run bench -- hop-window
 */

import type { EmitMode } from '../../planner/logical-plan.ts'
import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import { field } from '../../planner/schema.ts'
import { int8Type, numericType, timestampType } from '../../planner/types.ts'
import { aggregate } from '../executor/operators/aggregate-call.ts'
import { column, scan, unbounded } from '../executor/operators/harness.ts'
import { DuckDb } from './duckdb.ts'
import { batchesOf, randomNumbers, report, timeBeside, timeEngine } from './engine-bench.ts'

const ROWS = 5_000_000
const ROUNDS = 5
const EPOCH_BATCHES = 128
const KEYS = 100
const SLIDE = 1_000_000
/** Rows per second of event time. */
const RATE = 5000

function plan(slides: number, emit: EmitMode): PhysicalPlan {
  const aggregates = [aggregate('sum', [column(2, int8Type)], numericType), aggregate('count', [], int8Type)]
  return {
    kind: 'window_aggregate',
    input: scan([int8Type, timestampType, int8Type]),
    aggregates,
    window: {
      kind: slides === 1 ? 'tumble' : 'hop',
      timeColumn: 1,
      sizeMicros: BigInt(SLIDE * slides),
      slideMicros: BigInt(SLIDE),
      offsetMicros: 0n,
    },
    keys: [{ kind: 'expression', expression: column(0, int8Type) }, { kind: 'window_start' }],
    inputAppendOnly: true,
    closes: emit.kind === 'window_close',
    emit,
    schema: [
      field('k', int8Type),
      field('w', timestampType),
      ...aggregates.map(each => field('a', each.type)),
    ],
    properties: unbounded,
  }
}

const random = randomNumbers(13)
const start = 1_700_000_000_000_000
const columns = [
  { name: 'k', values: new BigInt64Array(ROWS).map(() => BigInt(random() % KEYS)) },
  {
    name: 'ts',
    values: new BigInt64Array(ROWS).map((_, row) =>
      BigInt(start + Math.floor((row * 1e6) / RATE) + (random() % 500_000)),
    ),
  },
  { name: 'v', values: new BigInt64Array(ROWS).map(() => BigInt(random() % 10_000)) },
]
const batches = batchesOf(columns)
const duckDb = await DuckDb.open(columns)
for (const slides of [1, 10, 100]) {
  const name = `${slides === 1 ? 'tumble' : `hop of ${slides} slides`}, ${KEYS} keys`
  const combining = `with s as (select k, ts - ts % ${SLIDE} as s, sum(v) as v, count(*) as c
    from t group by all), w as (select k, s - i * ${SLIDE} as w, sum(v) as v, sum(c) as c
    from s, range(${slides}) as r(i) group by all) select count(*), sum(v), sum(c) from w`
  const update = plan(slides, { kind: 'update' })
  const { engine: batch, duck: combined } = await timeBeside(update, batches, duckDb, combining, ROUNDS)
  if (Number(combined.row[0]) !== batch.rowsOut)
    throw new Error(`${batch.rowsOut} windows, not ${combined.row[0]}`)
  report(`${name}, batch`, ROWS, batch.ms, combined.ms)
  report(`${name}, epochs`, ROWS, timeEngine(update, batches, EPOCH_BATCHES, ROUNDS).ms, combined.ms)
  if (slides === 10) {
    const plain = await duckDb.time(
      `select count(*) from (select k, ts - ts % ${SLIDE} - i * ${SLIDE} as w, sum(v),
      count(*) from t, range(${slides}) as r(i) group by all)`,
      1,
    )
    report(`${name}, batch, plain SQL in DuckDB`, ROWS, batch.ms, plain.ms)
  }
}
duckDb.close()
