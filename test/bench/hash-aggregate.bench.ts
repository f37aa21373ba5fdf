/**
 * Guards hash aggregation: sum and count by a bigint key at 10 k and 1 M groups, beside DuckDB with one
 * thread on the same arrays. 'batch' = one epoch, as a query; 'epochs' = a change per million rows, as a
 * view, with retractions of the old rows; 'retract' = then everything is taken out again.
 *
 * 2-core AMD EPYC, Node 20.20, 2026-11, M rows per CPU second, engine / DuckDB: 10 k groups 53 / 94, 1 M
 * groups 9.3 / 15; epochs 44 and 3.9.
 *
 *     npm run bench -- hash-aggregate
 */

import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import { field } from '../../planner/schema.ts'
import { int8Type, numericType } from '../../planner/types.ts'
import { aggregate } from '../executor/operators/aggregate-call.ts'
import { column, scan, unbounded } from '../executor/operators/harness.ts'
import { DuckDb } from './duckdb.ts'
import { batchesOf, randomNumbers, report, timeBeside, timeEngine } from './engine-bench.ts'

const ROWS = 5_000_000
const ROUNDS = 15
const EPOCH_BATCHES = 128

function plan(inputAppendOnly: boolean): PhysicalPlan {
  const aggregates = [aggregate('sum', [column(1, int8Type)], numericType), aggregate('count', [], int8Type)]
  return {
    kind: 'hash_aggregate',
    input: scan([int8Type, int8Type]),
    groupBy: [column(0, int8Type)],
    aggregates,
    inputAppendOnly,
    expiry: undefined,
    emit: { kind: 'update' },
    schema: [field('k', int8Type), ...aggregates.map(each => field('a', each.type))],
    properties: unbounded,
  }
}

for (const groups of [10_000, 1_000_000]) {
  const random = randomNumbers(7)
  const columns = [
    { name: 'k', values: new BigInt64Array(ROWS).map(() => BigInt(random() % groups) * 1_000_003n) },
    { name: 'v', values: new BigInt64Array(ROWS).map(() => BigInt(random() % 10_000)) },
  ]
  const batches = batchesOf(columns)
  const duckDb = await DuckDb.open(columns)
  const query = 'select count(*), sum(s), sum(c) from (select k, sum(v) s, count(*) c from t group by k)'
  const name = `sum, count by key, ${groups} groups`
  const { engine: batch, duck } = await timeBeside(plan(true), batches, duckDb, query, ROUNDS)
  if (Number(duck.row[0]) !== batch.rowsOut)
    throw new Error(`${batch.rowsOut} groups, DuckDB has ${duck.row[0]}`)
  report(`${name}, batch`, ROWS, batch.ms, duck.ms)
  const epochs = timeEngine(plan(true), batches, EPOCH_BATCHES, ROUNDS)
  report(`${name}, epochs`, ROWS, epochs.ms, duck.ms)
  const back = [...batches, ...batchesOf(columns, -1)]
  const retract = timeEngine(plan(false), back, EPOCH_BATCHES, ROUNDS)
  report(`${name}, retract`, ROWS * 2, retract.ms)
  duckDb.close()
}
