/**
 * Aggregations that close early, compared with the same plans held back at the top alone: every epoch puts
 * out the same rows, whatever comes when, with the watermarks of several sources apart.
 */

import assert from 'node:assert/strict'
import type { DeltaBatch } from '../../executor/batch/delta-batch.ts'
import { buildPipeline } from '../../executor/build.ts'
import type { SqlValue } from '../../executor/expression/evaluation-context.ts'
import type { Pipeline } from '../../executor/runtime/pipeline.ts'
import { explainPhysical } from '../../planner/explain.ts'
import type { LogicalQuery } from '../../planner/logical-plan.ts'
import { optimize } from '../../planner/optimize/optimizer.ts'
import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import { planQuery } from '../../planner/physical-planner.ts'
import { finish } from '../../planner/steps.ts'
import { emitOnCloseProperties } from '../../planner/stream-properties.ts'
import { batchOf, context, noScorer, Random, Rows } from '../executor/operators/harness.ts'
import { endlessSlice } from '../support/endless-slice.ts'
import { PlanFixture } from './plan-fixture.ts'

const SECOND = 1_000_000n
const hop = "HOP(rides, ts, INTERVAL '10 seconds', INTERVAL '30 seconds')"
const tumble = "TUMBLE(rides, ts, INTERVAL '20 seconds')"
const counts = `(SELECT city, count(*) AS n, window_start, window_end FROM ${hop} GROUP BY 1, 3, 4)`
const fares = `(SELECT city, max(fare) AS fare, window_start AS since FROM ${tumble} GROUP BY 1, 3)`

/** Each puts out a time by which its rows are final. */
const queries = [
  `SELECT c.city, c.n, c.window_start FROM ${counts} c
     JOIN (SELECT max(n) AS most, window_start, window_end FROM ${counts} m GROUP BY 2, 3) b
     ON c.window_start = b.window_start AND c.window_end = b.window_end AND c.n >= b.most`,
  `SELECT a.city, a.fare, b.fare AS other, a.since FROM ${fares} a JOIN ${fares} b ON a.since = b.since
     AND a.city < b.city`,
  `SELECT window_end, sum(n) AS n, min(n) AS least FROM ${counts} c WHERE n > 1 GROUP BY window_end`,
  `SELECT date_trunc('minute', since) AS m, count(*) AS n FROM ${fares} f GROUP BY 1`,
  `SELECT city, since, count(*) AS n FROM (SELECT city, since FROM ${fares} f UNION ALL
     SELECT city, since FROM ${fares} g) u GROUP BY 1, 2`,
  `SELECT a.city, a.since, b.n FROM ${fares} a LEFT JOIN ${counts} b
     ON a.since = b.window_start AND a.city = b.city`,
  // Windows of different lengths: closes at the top alone.
  `SELECT a.city, a.since, b.n FROM ${fares} a JOIN ${counts} b
   ON a.since = b.window_start AND a.city = b.city`,
]

describe('EMIT ON WINDOW CLOSE below the top', () => {
  let fixture: PlanFixture
  before(async () => {
    fixture = await PlanFixture.start()
  })

  function query(sql: string): LogicalQuery {
    const bound = fixture.query(`CREATE MATERIALIZED VIEW v AS ${sql} EMIT ON WINDOW CLOSE`)
    return { ...bound, plan: finish(optimize(bound.plan)) }
  }

  /** All rows up to date at every moment, held back at the end. */
  function heldAtTop(logical: LogicalQuery): PhysicalPlan {
    const input = planQuery({ ...logical, emit: { kind: 'update' } }, 'streaming')
    const [time] = input.properties.timeColumns
    assert(time !== undefined, 'the query puts its time out')
    const properties = emitOnCloseProperties(input.properties, 0n)
    return { kind: 'emit_on_close', input, time, delayMicros: 0n, schema: input.schema, properties }
  }

  for (const sql of queries) {
    it(`puts out the same rows in every epoch: ${sql.replace(/\s+/g, ' ')}`, () => {
      const logical = query(sql)
      const plans = [planQuery(logical, 'streaming'), heldAtTop(logical)]
      for (let seed = 1; seed <= 12; seed++) compare(plans, seed * 7919)
    })
  }

  it('reaches all aggregations of Nexmark q5', () => {
    const lines = explainPhysical(planQuery(query(queries[0]!), 'streaming'))
    const aggregations = lines.filter(line => /Aggregate:/.test(line))
    assert.equal(aggregations.length, 3)
    for (const line of aggregations) assert.match(line, /emits on window close \{append-only/)
  })

  it('leaves aggregations alone whose rows are needed before they close', () => {
    for (const sql of queries.slice(-2)) {
      const lines = explainPhysical(planQuery(query(sql), 'streaming'))
      assert.deepEqual(
        lines.filter(line => /Aggregate:.*emits on window close/.test(line)),
        [],
      )
    }
  })
})

describe('a join of windows that close at different times', () => {
  it('keeps rows of the shorter ones while the longer ones change', async () => {
    const fixture = await PlanFixture.start()
    const plan = fixture.plan(
      `CREATE MATERIALIZED VIEW v AS SELECT a.id, b.n FROM
        (SELECT id, max(fare) AS fare, window_start FROM ${tumble} GROUP BY 1, 3) a JOIN
        (SELECT id, count(*) AS n, window_start FROM ${hop} GROUP BY 1, 3) b
        ON a.window_start = b.window_start AND a.id = b.id`,
      'streaming',
    )
    const run = new Run(plan)
    const push = (time: bigint) => {
      for (const [leaf, { plan: scan }] of run.pipeline.leaves.entries()) {
        const values: Readonly<Record<string, SqlValue>> = { fare: 1, ts: time }
        // More rows than a side has when it is swept first.
        const rows = Array.from({ length: 3000 }, (_, id) =>
          scan.schema.map(({ name }) => values[name] ?? BigInt(id)),
        )
        const types = scan.schema.map(({ type }) => type)
        run.pipeline.push(leaf, batchOf(types, rows))
        run.pipeline.advance(leaf, time + 24n * SECOND)
      }
    }
    push(SECOND)
    assert.equal(run.end(1).length, 3000)
    push(19n * SECOND)
    const changes = run.end(2)
    assert.deepEqual(
      changes.filter(line => line.startsWith('7 ')),
      ['7 | 1 ×-1', '7 | 2'],
    )
  })
})

/** Feeds all plans the same rows and watermarks. */
function compare(plans: readonly PhysicalPlan[], seed: number): void {
  const random = new Random(seed)
  const runs = plans.map(plan => new Run(plan))
  const leaves = runs[0]!.pipeline.leaves
  const clocks = leaves.map(() => 0n)
  let total = 0
  for (let epoch = 1; epoch <= 40; epoch++) {
    for (const [leaf, { plan }] of leaves.entries()) {
      const batch = randomRows(plan, random, clocks[leaf]!)
      if (random.below(4) > 0) clocks[leaf]! += BigInt(random.below(15)) * SECOND
      if (epoch === 40) clocks[leaf]! += 1000n * SECOND
      const advances = random.below(5) > 0 || epoch === 40
      for (const { pipeline } of runs) {
        if (batch.length > 0) pipeline.push(leaf, batch)
        if (advances) pipeline.advance(leaf, clocks[leaf]! - 10n * SECOND)
      }
    }
    const [early, held] = runs.map(run => run.end(epoch))
    assert.deepEqual(early, held, `seed ${seed}, epoch ${epoch}`)
    total += held!.length
  }
  assert(total > 0, 'windows closed')
}

class Run {
  readonly pipeline: Pipeline
  readonly #rows: DeltaBatch[] = []

  constructor(plan: PhysicalPlan) {
    this.pipeline = buildPipeline(plan, context, { modelScorer: noScorer })
    this.pipeline.connect({ push: batch => this.#rows.push(batch) })
  }

  /** The net rows of the epoch, in no order. */
  end(epoch: number): string[] {
    assert.equal(this.pipeline.flush(epoch, endlessSlice), undefined)
    const rows = new Rows()
    for (const batch of this.#rows.splice(0)) rows.addBatch(batch)
    return [...rows.lines()].sort()
  }
}

/** Rides around `now`, some of them late, in the columns that the leaf reads. */
function randomRows({ schema }: { readonly schema: PhysicalPlan['schema'] }, random: Random, now: bigint) {
  const values: Readonly<Record<string, () => SqlValue>> = {
    id: () => BigInt(random.below(1000)),
    city: () => 'abc'[random.below(4)] ?? null,
    fare: () => random.below(50) / 2,
    ts: () => (random.below(30) === 0 ? null : now + BigInt(random.below(30) - 20) * SECOND),
  }
  const rows = Array.from({ length: random.below(25) }, () => schema.map(({ name }) => values[name]!()))
  return batchOf(
    schema.map(({ type }) => type),
    rows,
  )
}
