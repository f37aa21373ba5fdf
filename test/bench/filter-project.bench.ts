/**
 * Guards filter and projection: half the rows pass, two computed columns, summed up so that DuckDB (one
 * thread, the same arrays) has to compute them as well.
 *
 * 2-core AMD EPYC, Node 20.20, 2026-11, M rows per CPU second, engine / DuckDB: filter, project and sum 70 /
 * 116, filter and project alone 121 / 116.
 *
 *     npm run bench -- filter-project
 */

import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import { field } from '../../planner/schema.ts'
import { boolType, float8Type, int8Type, numericType } from '../../planner/types.ts'
import { aggregate } from '../executor/operators/aggregate-call.ts'
import { call, column, literal, scan, unbounded } from '../executor/operators/harness.ts'
import { DuckDb } from './duckdb.ts'
import { batchesOf, randomNumbers, report, timeBeside, timeEngine } from './engine-bench.ts'

const ROWS = 5_000_000
const ROUNDS = 12

const [a, b, x] = [column(0, int8Type), column(1, int8Type), column(2, float8Type)]

/** select a * 2 + b, x * 1.5 from t where a < 5000 and b <> 17 */
const projected: PhysicalPlan = {
  kind: 'filter_project',
  input: scan([int8Type, int8Type, float8Type]),
  predicate: {
    kind: 'and',
    type: boolType,
    args: [call('<', [a, literal('5000', int8Type)]), call('<>', [b, literal('17', int8Type)])],
  },
  expressions: [
    call('+', [call('*', [a, literal('2', int8Type)], int8Type), b], int8Type),
    call('*', [x, literal('1.5', float8Type)], float8Type),
  ],
  schema: [field('p', int8Type), field('q', float8Type)],
  properties: unbounded,
}

const aggregates = [
  aggregate('sum', [column(0, int8Type)], numericType),
  aggregate('max', [column(1, float8Type)], float8Type),
]
const summed: PhysicalPlan = {
  kind: 'hash_aggregate',
  input: projected,
  groupBy: [],
  aggregates,
  inputAppendOnly: true,
  expiry: undefined,
  emit: { kind: 'update' },
  schema: aggregates.map(each => field('a', each.type)),
  properties: unbounded,
}

const random = randomNumbers(11)
const columns = [
  { name: 'a', values: new BigInt64Array(ROWS).map(() => BigInt(random() % 10_000)) },
  { name: 'b', values: new BigInt64Array(ROWS).map(() => BigInt(random() % 100)) },
  { name: 'x', values: new Float64Array(ROWS).map(() => random() / 1000) },
]
const batches = batchesOf(columns)
const duckDb = await DuckDb.open(columns)
const where = 'from t where a < 5000 and b <> 17'
const query = `select sum(p), max(q) from (select a * 2 + b as p, x * 1.5 as q ${where})`
const sums = await timeBeside(summed, batches, duckDb, query, ROUNDS)
report('filter, project and sum', ROWS, sums.engine.ms, sums.duck.ms)
const alone = timeEngine(projected, batches, Infinity, ROUNDS)
report('filter and project alone', ROWS, alone.ms, sums.duck.ms)
duckDb.close()
