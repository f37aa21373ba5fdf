import assert from 'node:assert/strict'
import type { DeltaBatch } from '../../../executor/batch/delta-batch.ts'
import type { SqlValue } from '../../../executor/expression/evaluation-context.ts'
import type { Engine } from '../../../executor/runtime/engine.ts'
import type { Relation } from '../../../planner/catalog.ts'
import type { PhysicalPlan } from '../../../planner/physical-plan.ts'
import { field } from '../../../planner/schema.ts'
import { int4Type, int8Type } from '../../../planner/types.ts'
import { createTestEngine, jobOptions, rowsOf, select, testContext, until } from '../../support/engine.ts'
import { countAndSum, relation, scan, unionAll } from '../../support/plans.ts'
import { testSignatures } from '../../support/signatures.ts'
import { batchOf, buildSmall, Delayed, FailsOn } from '../../support/small-operators.ts'

const schema = [field('id', int8Type, false), field('value', int4Type)]

/** Rows of (id, value); values may be bigints, for brevity of the sums. */
function tableRows(rows: readonly (readonly SqlValue[])[]): DeltaBatch {
  return batchOf(
    schema,
    rows.map(([id, value]) => [id!, Number(value)]),
  )
}

/** A view relation for a plan. */
function view(name: string, plan: PhysicalPlan): Relation {
  return relation('materialized_view', name, plan.schema, {
    primaryKey: plan.properties.uniqueKey ?? [],
    appendOnly: plan.properties.appendOnly,
  })
}

async function createView(engine: Engine, name: string, plan: PhysicalPlan): Promise<Relation> {
  const created = view(name, plan)
  await engine.createMaterializedView(created, plan, jobOptions(name))
  return created
}

async function insert(engine: Engine, table: Relation, rows: SqlValue[][]): Promise<void> {
  await engine.write([{ table: table.id, deletes: undefined, inserts: tableRows(rows) }])
}

/** Deletes the rows with these ids, or as many as there are; others may delete them meanwhile. */
async function replace(engine: Engine, table: Relation, id: bigint, rows: SqlValue[][]): Promise<void> {
  const found = await select(engine, scan(table, [0], true))
  const deletes = BigInt64Array.from(found.filter(row => row[0] === id).map(row => row[1] as bigint))
  await engine.write([{ table: table.id, deletes, inserts: tableRows(rows) }])
}

describe('Engine: materialized views', () => {
  let engine: Engine
  let errors: string[]
  let table: Relation
  beforeEach(() => {
    const created = createTestEngine({
      epochMaxMs: 5,
      sliceMs: 1,
      build: plan =>
        buildSmall(plan, node => {
          if (node.kind !== 'filter_project') return undefined
          return node.predicate === undefined ? new Delayed() : new FailsOn(666n)
        }),
    })
    engine = created.engine
    errors = created.errors
    table = relation('table', 't', schema, { primaryKey: [0] })
    engine.createTable(table)
  })
  afterEach(() => engine.close())

  /** SELECT * FROM t, after a model or through an operator that fails on 666. */
  function through(input: PhysicalPlan, fails: boolean): PhysicalPlan {
    const predicate = fails
      ? { kind: 'literal' as const, text: 't', type: int8Type, position: undefined }
      : undefined
    return { ...input, kind: 'filter_project', input, predicate, expressions: undefined }
  }

  function total(input: PhysicalPlan): PhysicalPlan {
    return countAndSum(input, [], 1, testSignatures)
  }

  it('holds what existed, then follows every write before it is acknowledged', async () => {
    await insert(engine, table, [
      [1n, 10n],
      [2n, 20n],
    ])
    const sums = await createView(engine, 'sums', total(scan(table)))
    assert.deepEqual(await select(engine, scan(sums)), [[2n, 30n]])
    await insert(engine, table, [[3n, 5n]])
    assert.deepEqual(await select(engine, scan(sums)), [[3n, 35n]])
    await replace(engine, table, 1n, [[1n, 11n]])
    assert.deepEqual(await select(engine, scan(sums)), [[3n, 36n]])
  })

  it('keeps duplicates of views without a key', async () => {
    const all = unionAll([scan(table, [1]), scan(table, [1])])
    const doubled = await createView(engine, 'doubled', all)
    await insert(engine, table, [
      [1n, 10n],
      [2n, 10n],
    ])
    assert.deepEqual(await select(engine, scan(doubled)), [[10], [10], [10], [10]])
    await replace(engine, table, 1n, [])
    assert.deepEqual(await select(engine, scan(doubled)), [[10], [10]])
  })

  it('moves views on views within the same epoch, also behind an operator that waits', async () => {
    const scored = await createView(engine, 'scored', through(scan(table), false))
    const direct = await createView(engine, 'direct', total(scan(table)))
    const indirect = await createView(engine, 'indirect', total(scan(scored)))
    // (count, sum) of both must be equal at every epoch: the union of both has one row twice.
    const both = unionAll([scan(direct), scan(indirect)])
    let running = true
    const checks = (async () => {
      while (running) {
        const rows = await select(engine, both)
        assert.equal(rows.length, 2)
        assert.deepEqual(rows[0], rows[1])
        await new Promise(resolve => setImmediate(resolve))
      }
    })()
    const writers = [0, 1, 2].map(async writer => {
      for (let round = 0; round < 40; round++) {
        const id = BigInt(writer * 1000 + (round % 7))
        await replace(engine, table, id, round % 5 === 4 ? [] : [[id, BigInt(round * 31 + writer)]])
      }
    })
    await Promise.all(writers)
    running = false
    await checks
    const rows = await select(engine, scan(table))
    const sum = rows.reduce((all, row) => all + BigInt(row[1] as number), 0n)
    assert.deepEqual(await select(engine, scan(indirect)), [[BigInt(rows.length), sum]])
  })

  it('backfills while rows are written', async () => {
    const rows = Array.from({ length: 20_000 }, (_, index): SqlValue[] => [BigInt(index), 1n])
    await insert(engine, table, rows)
    const creating = createView(engine, 'late', total(scan(table)))
    for (let id = 0; id < 8; id++) await replace(engine, table, BigInt(id * 1000), [[BigInt(id * 1000), 2n]])
    const late = await creating
    await insert(engine, table, [[100_000n, 7n]])
    assert.deepEqual(await select(engine, scan(late)), [[20_001n, 20_015n]])
  })

  it('reports progress and can be cancelled', async () => {
    const rows = Array.from({ length: 60_000 }, (_, index): SqlValue[] => [BigInt(index), 1n])
    await insert(engine, table, rows)
    const abort = new AbortController()
    const plan = total(scan(table))
    const created = view('v', plan)
    const creating = engine.createMaterializedView(created, plan, jobOptions('v', { signal: abort.signal }))
    assert.deepEqual(
      engine.jobs().map(job => [job.name, job.state]),
      [['v', 'backfilling']],
    )
    await assert.rejects(
      async () => engine.query(scan(created), { context: testContext, signal: undefined }),
      {
        code: '55000',
        message: 'materialized view "v" is still being created',
      },
    )
    abort.abort()
    await assert.rejects(creating, { code: '57014' })
    assert.deepEqual(engine.jobs(), [])
    await insert(engine, table, [[100_000n, 7n]])
  })

  it('isolates a job that fails, and fails the jobs that read it', async () => {
    const healthy = await createView(engine, 'healthy', total(scan(table)))
    const fragile = await createView(engine, 'fragile', through(scan(table), true))
    const dependent = await createView(engine, 'dependent', total(scan(fragile)))
    await insert(engine, table, [[1n, 1n]])
    await insert(engine, table, [[666n, 1n]])
    await insert(engine, table, [[2n, 1n]])
    assert.deepEqual(await select(engine, scan(healthy)), [[3n, 3n]])
    await assert.rejects(select(engine, scan(fragile)), {
      code: '55000',
      message: 'materialized view "fragile" failed: the operator met 666',
    })
    await assert.rejects(
      select(engine, scan(dependent)),
      /upstream job "fragile" failed: the operator met 666/,
    )
    assert.deepEqual(
      engine.jobs().map(job => [job.name, job.state]),
      [
        ['healthy', 'running'],
        ['fragile', 'failed'],
        ['dependent', 'failed'],
      ],
    )
    assert.equal(errors.length, 2)
    await engine.drop([dependent.id, fragile.id])
    assert.deepEqual(
      engine.jobs().map(job => job.name),
      ['healthy'],
    )
  })

  it('fails the creation when history makes an operator fail', async () => {
    await insert(engine, table, [[666n, 1n]])
    await assert.rejects(createView(engine, 'v', through(scan(table), true)), /the operator met 666/)
    assert.deepEqual(engine.jobs(), [])
  })

  it('stops what was dropped and lets open queries finish', async () => {
    await insert(engine, table, [[1n, 10n]])
    const sums = await createView(engine, 'sums', total(scan(table)))
    const stream = engine.query(scan(sums), { context: testContext, signal: undefined })
    await engine.drop([sums.id])
    await insert(engine, table, [[2n, 10n]])
    assert.deepEqual(await rowsOf(stream), [[1n, 10n]])
    await assert.rejects(async () => select(engine, scan(sums)), { code: '42P01' })
    assert.deepEqual(engine.jobs(), [])
  })

  it('runs plans without input', async () => {
    const rows = [1, 2, 3].map(value => [
      { kind: 'literal' as const, text: String(value), type: int8Type, position: 0 },
    ])
    const values: PhysicalPlan = { ...scan(table, [0]), kind: 'values', rows }
    const fixed = await createView(engine, 'fixed', values)
    assert.deepEqual(await select(engine, scan(fixed)), [[1n], [2n], [3n]])
  })

  it('sleeps when there is nothing to do', async () => {
    await createView(engine, 'sums', total(scan(table)))
    await until(() => engine.epoch >= 0, 'an epoch')
    const { epoch } = engine
    await new Promise(resolve => setTimeout(resolve, 30))
    assert.equal(engine.epoch, epoch)
    assert.equal(await engine.flush(), epoch + 1)
  })
})
