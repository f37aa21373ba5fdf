import assert from 'node:assert/strict'
import type { DeltaBatch } from '../../../executor/batch/delta-batch.ts'
import type { SqlValue } from '../../../executor/expression/evaluation-context.ts'
import type { Sink, SinkStatus, SinkWriter } from '../../../executor/io/sink.ts'
import { deferred } from '../../../executor/runtime/deferred.ts'
import type { Engine } from '../../../executor/runtime/engine.ts'
import type { SubscribeOptions, Subscription } from '../../../executor/runtime/engine-contract.ts'
import type { Relation, RelationId } from '../../../planner/catalog.ts'
import type { PhysicalPlan } from '../../../planner/physical-plan.ts'
import { field } from '../../../planner/schema.ts'
import { int4Type, int8Type } from '../../../planner/types.ts'
import {
  changesOf,
  createTestEngine,
  jobOptions,
  select,
  testContext,
  until,
  weighted,
} from '../../support/engine.ts'
import { FakeSource } from '../../support/fake-source.ts'
import { countAndSum, relation, scan } from '../../support/plans.ts'
import { testSignatures } from '../../support/signatures.ts'
import { batchOf } from '../../support/small-operators.ts'

const schema = [field('id', int8Type, false), field('value', int4Type)]

/** A sink that keeps what it gets; writes wait while `gate` is set. */
class FakeSink implements Sink, SinkWriter {
  readonly written: SqlValue[][] = []
  readonly epochs: number[] = []
  gate: Promise<void> | undefined
  failure: Error | undefined
  closed = 0
  onStatus: ((status: SinkStatus) => void) | undefined

  async validate(): Promise<void> {}

  async open(_context: unknown, onStatus?: (status: SinkStatus) => void): Promise<SinkWriter> {
    this.onStatus = onStatus
    return this
  }

  async write(epoch: number, batches: readonly DeltaBatch[]): Promise<void> {
    if (this.gate !== undefined) await this.gate
    if (this.failure !== undefined) throw this.failure
    this.epochs.push(epoch)
    for (const batch of batches) this.written.push(...weighted(batch))
  }

  async close(): Promise<void> {
    this.closed++
  }
}

let engine: Engine
let table: Relation

async function insert(rows: SqlValue[][], into = table): Promise<number> {
  return engine.write([{ table: into.id, deletes: undefined, inserts: batchOf(schema, rows) }])
}

async function update(id: bigint, rows: SqlValue[][]): Promise<number> {
  const found = await select(engine, scan(table, [0], true))
  const deletes = BigInt64Array.from(found.filter(row => row[0] === id).map(row => row[1] as bigint))
  return engine.write([{ table: table.id, deletes, inserts: batchOf(schema, rows) }])
}

/** Each test gets an engine and a table with a primary key. */
function eachWithEngine(): void {
  beforeEach(() => {
    engine = createTestEngine({ epochMaxMs: 5, sliceMs: 1 }).engine
    table = relation('table', 't', schema, { primaryKey: [0] })
    engine.createTable(table)
  })
  afterEach(() => engine.close())
}

describe('Engine: SUBSCRIBE', () => {
  eachWithEngine()

  function subscribe(plan: PhysicalPlan, init: Partial<SubscribeOptions> = {}): Promise<Subscription> {
    const options = {
      snapshot: true,
      context: testContext,
      signal: undefined,
      bufferBytesMax: 10_000,
      ...init,
    }
    return engine.subscribe(plan, options)
  }

  it('gives the snapshot, then one consolidated event per epoch', async () => {
    const first = await insert([
      [1n, 10],
      [2n, 20],
    ])
    const subscription = await subscribe(scan(table))
    const snapshot = await subscription.next()
    assert.deepEqual(changesOf(snapshot), [
      [1n, 10, 1],
      [2n, 20, 1],
    ])
    assert.ok(typeof snapshot === 'object' && snapshot.epoch >= first)
    const waiting = subscription.next()
    const epoch = await update(1n, [[1n, 11]])
    const event = await waiting
    assert.deepEqual(changesOf(event), [
      [1n, 10, -1],
      [1n, 11, 1],
    ])
    assert.ok(typeof event === 'object' && event.epoch === epoch)
    assert.deepEqual(subscription.key, [0])
    subscription.close()
    assert.equal(await subscription.next(), undefined)
  })

  it('leaves the snapshot out, but keeps state of it', async () => {
    await insert([[1n, 10]])
    const totals = await subscribe(countAndSum(scan(table), [], 1, testSignatures), { snapshot: false })
    const plain = await subscribe(scan(table), { snapshot: false })
    assert.equal(await totals.next(0), 'timeout')
    await insert([[2n, 5]])
    assert.deepEqual(changesOf(await totals.next()), [
      [1n, 10n, -1],
      [2n, 15n, 1],
    ])
    assert.deepEqual(changesOf(await plain.next()), [[2n, 5, 1]])
  })

  it('says nothing of epochs that change nothing', async () => {
    const sums = await subscribe(countAndSum(scan(table), [], 1, testSignatures))
    assert.deepEqual(changesOf(await sums.next()), [[0n, null, 1]])
    await insert([[1n, 0]])
    await update(1n, [[2n, 0]])
    await update(2n, [[3n, 1]])
    assert.deepEqual(changesOf(await sums.next()), [
      [0n, null, -1],
      [1n, 0n, 1],
    ])
    assert.deepEqual(changesOf(await sums.next()), [
      [1n, 0n, -1],
      [1n, 1n, 1],
    ])
    assert.equal(await sums.next(5), 'timeout')
  })

  it('tells how far it is when asked to', async () => {
    const other = relation('table', 'other', schema)
    engine.createTable(other)
    const subscription = await subscribe(scan(table), { progress: true })
    const epoch = await insert([[1n, 1]], other)
    const event = await subscription.next(1500)
    assert.ok(typeof event === 'object' && event.batch === undefined && event.epoch === epoch)
  })

  it('cuts off a reader that falls behind, and nobody else', async () => {
    const slow = await subscribe(scan(table), { bufferBytesMax: 100 })
    const fast = await subscribe(scan(table))
    for (let id = 0; id < 20; id++) {
      await insert([[BigInt(id), 1]])
      assert.deepEqual(changesOf(await fast.next()), [[BigInt(id), 1, 1]])
    }
    await assert.rejects(slow.next(), { code: '53200', message: 'the subscription fell too far behind' })
  })

  it('ends when it is cancelled and when what it reads is dropped', async () => {
    const abort = new AbortController()
    const cancelled = await subscribe(scan(table), { signal: abort.signal })
    const orphan = await subscribe(scan(table))
    const waiting = cancelled.next()
    abort.abort()
    await assert.rejects(waiting, { code: '57014' })
    const reading = orphan.next()
    await engine.drop([table.id])
    await assert.rejects(reading, { code: '42P01' })
  })
})

describe('Engine: sinks', () => {
  const sinkId = 99 as RelationId
  let sink: FakeSink
  eachWithEngine()
  beforeEach(() => {
    sink = new FakeSink()
  })

  it('writes the snapshot, then consolidated changes, epochs in order', async () => {
    await insert([
      [1n, 10],
      [2n, 20],
    ])
    await engine.createSink(sinkId, scan(table), sink, jobOptions('s'))
    await until(() => sink.written.length === 2, 'the snapshot')
    await update(1n, [[1n, 11]])
    await insert([[3n, 30]])
    await until(() => sink.written.length === 5, 'the changes')
    assert.deepEqual(sink.written.slice(2), [
      [1n, 10, -1],
      [1n, 11, 1],
      [3n, 30, 1],
    ])
    assert.deepEqual(
      sink.epochs,
      [...sink.epochs].sort((left, right) => left - right),
    )
  })

  it('never writes a state between two epochs', async () => {
    await insert(Array.from({ length: 20_000 }, (_, id) => [BigInt(id), 1]))
    await engine.createSink(sinkId, countAndSum(scan(table), [], 1, testSignatures), sink, jobOptions('s'))
    await until(() => sink.written.length > 0, 'the snapshot')
    assert.deepEqual(sink.written, [[20_000n, 20_000n, 1]])
  })

  it('holds back its sources while its target is away, and shows that', async () => {
    const source = new FakeSource(schema, ['0'])
    const events = relation('source', 'events', schema, { appendOnly: true })
    engine.createSource(events, source, { watermark: undefined, deadLetters: undefined })
    const gate = deferred<void>()
    sink.gate = gate.promise
    await engine.createSink(sinkId, scan(events), sink, jobOptions('s'))
    sink.onStatus?.({ kind: 'retrying', error: new Error('broker away') })
    assert.deepEqual(
      engine.jobs().map(job => [job.state, job.error]),
      [['retrying', 'broker away']],
    )
    let appended = 0
    await until(async () => {
      source.append('0', [[BigInt(appended++), 1]])
      await new Promise(resolve => setImmediate(resolve))
      await new Promise(resolve => setImmediate(resolve))
      return Number(engine.sourceLag()[0]!.position) < appended - 20
    }, 'the source is held back')
    assert.equal(await insert([[1n, 1]]), engine.epoch)
    sink.onStatus?.({ kind: 'running' })
    sink.gate = undefined
    gate.resolve()
    await until(() => sink.written.length === appended, 'everything is written')
  })

  it('fails when its writer gives up', async () => {
    await engine.createSink(sinkId, scan(table), sink, jobOptions('s'))
    sink.failure = new Error('topic deleted')
    await insert([[1n, 1]])
    await until(() => engine.jobs()[0]!.state === 'failed', 'the sink fails')
    assert.equal(engine.jobs()[0]!.error, 'topic deleted')
    await insert([[2n, 1]])
  })

  it('lets the running write finish when it is dropped', async () => {
    await engine.createSink(sinkId, scan(table), sink, jobOptions('s'))
    const gate = deferred<void>()
    sink.gate = gate.promise
    await insert([[1n, 1]])
    await insert([[2n, 1]])
    const dropping = engine.drop([sinkId])
    await until(() => engine.jobs().length === 0, 'the sink is gone')
    await new Promise(resolve => setImmediate(resolve))
    assert.equal(sink.closed, 0)
    gate.resolve()
    await dropping
    assert.equal(sink.closed, 1)
    assert.deepEqual(sink.written, [[1n, 1, 1]])
  })

  it('does not open a sink that is not valid', async () => {
    const invalid = Object.assign(sink, { validate: () => Promise.reject(new Error('no such topic')) })
    await assert.rejects(engine.createSink(sinkId, scan(table), invalid, jobOptions('s')), /no such topic/)
    assert.deepEqual(engine.jobs(), [])
  })
})
