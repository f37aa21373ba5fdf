/**
 * The whole engine with its real operators: views kept incrementally equal the same plans run anew, at every
 * epoch.
 */

import assert from 'node:assert/strict'
import type { SqlValue } from '../../../executor/expression/evaluation-context.ts'
import type { Engine } from '../../../executor/runtime/engine.ts'
import type { DecidedChange, LiveRows } from '../../../executor/runtime/engine-contract.ts'
import { NO_ROW } from '../../../executor/runtime/engine-contract.ts'
import type { Relation } from '../../../planner/catalog.ts'
import type { PhysicalPlan } from '../../../planner/physical-plan.ts'
import { field } from '../../../planner/schema.ts'
import { int4Type, int8Type, timestamptzType } from '../../../planner/types.ts'
import { createTestEngine, jobOptions, rowsOf, select, sorted, testContext } from '../../support/engine.ts'
import { FakeSource } from '../../support/fake-source.ts'
import { column, countAndSum, properties, relation, scan, unionAll } from '../../support/plans.ts'
import { testSignatures } from '../../support/signatures.ts'
import { batchOf } from '../../support/small-operators.ts'

const schema = [field('id', int8Type, false), field('value', int4Type)]

/** Deterministic pseudo-random numbers below `bound`. */
function generator(seed: number): (bound: number) => number {
  let state = seed
  return bound => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return (state >>> 8) % bound
  }
}

function join(joinType: 'inner' | 'left', left: PhysicalPlan, right: PhysicalPlan): PhysicalPlan {
  return {
    kind: 'hash_join',
    joinType,
    left,
    right,
    leftKeys: [column(1, int4Type)],
    rightKeys: [column(1, int4Type)],
    residual: undefined,
    leftAppendOnly: false,
    rightAppendOnly: false,
    expiry: undefined,
    schema: [...left.schema, ...right.schema],
    properties: properties(false),
  }
}

describe('Engine: incremental equals recomputed', () => {
  let engine: Engine
  beforeEach(() => {
    engine = createTestEngine({ epochMaxMs: 5, sliceMs: 0 }).engine
  })
  afterEach(() => engine.close())

  async function createView(name: string, plan: PhysicalPlan): Promise<Relation> {
    const { uniqueKey: primaryKey = [], appendOnly } = plan.properties
    const created = relation('materialized_view', name, plan.schema, { primaryKey, appendOnly })
    await engine.createMaterializedView(created, plan, jobOptions(name))
    return created
  }

  /** Both reads start in the same turn, so they see the same epoch. */
  async function assertCurrent(view: Relation, plan: PhysicalPlan, seed: number): Promise<void> {
    const options = { context: testContext, signal: undefined }
    const streams = [engine.query(scan(view), options), engine.query(plan, options)]
    const [kept, recomputed] = await Promise.all(streams.map(rowsOf))
    assert.deepEqual(sorted(kept!), sorted(recomputed!), `${view.name} with seed ${seed}`)
  }

  async function randomWrite(tables: readonly Relation[], random: (bound: number) => number): Promise<void> {
    const changes: DecidedChange[] = []
    for (const table of tables) {
      if (random(3) === 0) continue
      const present = await select(engine, scan(table, [0], true))
      const doomed = present.filter(() => random(4) === 0)
      const deletes = BigInt64Array.from(doomed.map(row => row[1] as bigint))
      const rows: SqlValue[][] = doomed.filter(() => random(2) === 0).map(row => [row[0]!, random(5)])
      for (let count = random(4); count > 0; count--) rows.push([BigInt(random(40)), random(6) || null])
      const inserts = batchOf(schema, [...new Map(rows.map(row => [row[0], row])).values()])
      const replacing = (live: LiveRows) => {
        const replaced = (live.find(inserts) ?? new BigInt64Array(0)).filter(id => id !== NO_ROW)
        return { table: table.id, deletes: BigInt64Array.from([...deletes, ...replaced]), inserts }
      }
      changes.push({ table: table.id, decide: replacing })
    }
    await engine.write(changes).catch((error: { code: string }) => assert.equal(error.code, '40001'))
  }

  it('under random writes by several writers, with views created in between', async () => {
    const seed = Date.now() % 1_000_000
    const random = generator(seed)
    const left = relation('table', 'l', schema, { primaryKey: [0] })
    const right = relation('table', 'r', schema, { primaryKey: [0] })
    engine.createTable(left)
    engine.createTable(right)
    const views: [Relation, PhysicalPlan][] = []
    const plans: [string, PhysicalPlan][] = [
      ['counted', countAndSum(scan(left), [1], 1, testSignatures)],
      ['inner', join('inner', scan(left), scan(right))],
      ['outer', join('left', scan(left), countAndSum(scan(right), [1], 1, testSignatures))],
      ['both', countAndSum(unionAll([scan(left), scan(right)]), [], 1, testSignatures)],
    ]
    // The aggregate's key is its first column, not its second.
    const outer = plans[2]![1] as Extract<PhysicalPlan, { kind: 'hash_join' }>
    plans[2]![1] = { ...outer, rightKeys: [column(0, int4Type)] }
    let running = true
    const writers = [0, 1].map(async () => {
      while (running) await randomWrite([left, right], random)
    })
    for (const [name, plan] of plans) {
      const view = await createView(name, plan)
      views.push([view, plan])
      const onView = countAndSum(scan(view), [], 1, testSignatures)
      views.push([await createView(`${name}_total`, onView), onView])
      for (let check = 0; check < 10; check++) {
        for (const [relation, checked] of views) await assertCurrent(relation, checked, seed)
      }
    }
    running = false
    await Promise.all(writers)
    for (const [relation, checked] of views) await assertCurrent(relation, checked, seed)
    assert.ok(engine.jobs().every(job => job.state === 'running'))
  })

  it('closes windows by the watermark of all splits and counts late rows', async () => {
    const eventSchema = [field('ts', timestamptzType), field('value', int4Type)]
    const source = new FakeSource(eventSchema, ['0', '1'])
    const watermark = { column: 0, expression: column(0, timestamptzType), idleTimeoutMs: undefined }
    const events = relation('source', 'events', eventSchema, { appendOnly: true, watermark })
    engine.createSource(events, source, { watermark, deadLetters: undefined })
    const aggregate = countAndSum(scan(events), [], 1, testSignatures) as Extract<
      PhysicalPlan,
      { kind: 'hash_aggregate' }
    >
    const plan: PhysicalPlan = {
      kind: 'window_aggregate',
      input: aggregate.input,
      window: { kind: 'tumble', timeColumn: 0, sizeMicros: 10n, slideMicros: 10n, offsetMicros: 0n },
      keys: [{ kind: 'window_start' }, { kind: 'window_end' }],
      aggregates: aggregate.aggregates,
      inputAppendOnly: true,
      closes: true,
      emit: { kind: 'window_close', delayMicros: 0n },
      schema: [
        field('window_start', timestamptzType),
        field('window_end', timestamptzType),
        ...aggregate.schema,
      ],
      properties: properties(true, [0, 1]),
    }
    const windows = await createView('windows', plan)
    source.append('0', [
      [1n, 1],
      [5n, 1],
      [12n, 1],
    ])
    await engine.flush()
    assert.deepEqual(await select(engine, scan(windows)), [])
    source.append('1', [
      [9n, 5],
      [25n, 1],
    ])
    await engine.flush()
    assert.deepEqual(await select(engine, scan(windows)), [[0n, 10n, 3n, 7n]])
    source.append('1', [
      [2n, 1],
      [3n, 1],
    ])
    source.append('0', [[31n, 1]])
    await engine.flush()
    assert.deepEqual(await select(engine, scan(windows)), [
      [0n, 10n, 3n, 7n],
      [10n, 20n, 1n, 1n],
    ])
    assert.equal(engine.jobs()[0]!.lateRows, 2)
    // Read anew, the input ends: every window closes, and nothing is late.
    assert.deepEqual(await select(engine, plan), [
      [0n, 10n, 5n, 9n],
      [10n, 20n, 1n, 1n],
      [20n, 30n, 1n, 1n],
      [30n, 40n, 1n, 1n],
    ])
  })
})
