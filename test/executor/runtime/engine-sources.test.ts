import assert from 'node:assert/strict'
import type { SqlValue } from '../../../executor/expression/evaluation-context.ts'
import { deadLetterSchema } from '../../../executor/runtime/dead-letters.ts'
import type { Engine } from '../../../executor/runtime/engine.ts'
import type { JobStatus } from '../../../executor/runtime/engine-contract.ts'
import type { Relation } from '../../../planner/catalog.ts'
import type { PhysicalPlan } from '../../../planner/physical-plan.ts'
import { field } from '../../../planner/schema.ts'
import { int4Type, int8Type, timestamptzType } from '../../../planner/types.ts'
import { createTestEngine, jobOptions, select, until } from '../../support/engine.ts'
import { FakeSource } from '../../support/fake-source.ts'
import { column, countAndSum, relation, scan } from '../../support/plans.ts'
import { testSignatures } from '../../support/signatures.ts'
import { batchOf } from '../../support/small-operators.ts'

const schema = [field('id', int8Type), field('value', int4Type), field('ts', timestamptzType)]

/** Rows with these ids, value 1 and ts = id. */
function rows(from: number, count: number): SqlValue[][] {
  return Array.from({ length: count }, (_, index) => [BigInt(from + index), 1, BigInt(from + index)])
}

describe('Engine: sources', () => {
  let engine: Engine
  let source: FakeSource
  let events: Relation
  beforeEach(() => {
    engine = createTestEngine({ epochMaxMs: 5, sliceMs: 1 }).engine
    source = new FakeSource(schema, ['0', '1'])
    events = addSource(undefined)
  })
  afterEach(() => engine.close())

  function addSource(idleTimeoutMs: number | undefined, from = source): Relation {
    const watermark = { column: 2, expression: column(2, timestamptzType), idleTimeoutMs }
    const created = relation('source', 'events', schema, { appendOnly: true, watermark })
    engine.createSource(created, from, { watermark, deadLetters: undefined })
    return created
  }

  async function createView(name: string, plan: PhysicalPlan): Promise<Relation> {
    const { uniqueKey: primaryKey = [], appendOnly } = plan.properties
    const created = relation('materialized_view', name, plan.schema, { primaryKey, appendOnly })
    await engine.createMaterializedView(created, plan, jobOptions(name))
    return created
  }

  const total = (of = events) => countAndSum(scan(of, [0, 1]), [], 1, testSignatures)

  function job(name: string): JobStatus {
    return engine.jobs().find(status => status.name === name)!
  }

  it('holds everything that existed at the call, then follows', async () => {
    source.append('0', rows(0, 500))
    source.append('1', rows(0, 300))
    const view = await createView('v', total())
    assert.deepEqual(await select(engine, scan(view)), [[800n, 800n]])
    source.append('1', rows(300, 5))
    await engine.flush()
    assert.deepEqual(await select(engine, scan(view)), [[805n, 805n]])
    assert.equal(job('v').rowsIn, 805)
  })

  it('attaches a later job without gap or repeat while rows arrive, through one shared reader', async () => {
    source.append('0', rows(0, 3000))
    const first = await createView('first', total())
    let next = 3000
    let arriving = true
    const arrivals = (async () => {
      while (arriving) {
        source.append(String(next % 2), rows(next, 10))
        next += 10
        await new Promise(resolve => setImmediate(resolve))
      }
    })()
    const second = await createView('second', countAndSum(scan(events, [2, 1]), [], 1, testSignatures))
    const third = await createView('third', scan(events, [0]))
    arriving = false
    await arrivals
    await engine.flush()
    const expected = BigInt(next)
    assert.deepEqual(await select(engine, scan(first)), [[expected, expected]])
    assert.deepEqual(await select(engine, scan(second)), [[expected, expected]])
    const ids = (await select(engine, scan(third))).map(row => row[0])
    assert.equal(ids.length, next)
    assert.equal(new Set(ids).size, next)
    assert.equal(source.readers, 1)
    await engine.drop([first.id, second.id, third.id])
    assert.equal(source.readers, 0)
  })

  it('shows all views at the same position in every epoch', async () => {
    const left = await createView('left', total())
    const right = await createView('right', total())
    for (let round = 0; round < 30; round++) {
      source.append(String(round % 2), rows(round * 10, 7))
      const counts = await Promise.all([select(engine, scan(left)), select(engine, scan(right))])
      assert.deepEqual(counts[0], counts[1])
      await new Promise(resolve => setImmediate(resolve))
    }
  })

  it('opens the reader with the union of the columns that jobs and the watermark need', async () => {
    await createView('a', scan(events, [1]))
    await createView('b', scan(events, [2]))
    await createView('c', scan(events, [0]))
    assert.deepEqual(source.opened, [
      [1, 2],
      [0, 1, 2],
    ])
  })

  it('takes the least watermark of all splits, which never goes back', async () => {
    await createView('v', total())
    source.append('0', rows(100, 10))
    await engine.flush()
    assert.equal(job('v').watermark, undefined)
    source.append('1', rows(50, 1))
    await engine.flush()
    assert.equal(job('v').watermark, 50n)
    source.append('1', rows(10, 1))
    await engine.flush()
    assert.equal(job('v').watermark, 50n)
    source.append('1', rows(200, 1))
    await engine.flush()
    assert.equal(job('v').watermark, 109n)
    assert.deepEqual(
      engine.sourceLag().map(lag => [lag.split, lag.position, lag.watermark]),
      [
        ['0', 10n, 109n],
        ['1', 3n, 200n],
      ],
    )
  })

  it('leaves out splits that are silent for longer than IDLE TIMEOUT', async () => {
    const idle = addSource(30)
    await createView('v', total(idle))
    source.append('0', rows(100, 10))
    await engine.flush()
    assert.equal(job('v').watermark, undefined)
    let next = 110
    await until(() => {
      source.append('0', rows(next++, 1))
      return job('v').watermark !== undefined
    }, 'the idle split is left out')
    const reached = job('v').watermark!
    assert.ok(reached >= 109n && reached < BigInt(next))
    source.append('2', rows(5, 1))
    await engine.flush()
    assert.equal(job('v').watermark, reached)
  })

  it('hands the watermark on to a job that attaches late', async () => {
    await createView('first', total())
    source.append('0', rows(100, 10))
    source.append('1', rows(100, 20))
    await engine.flush()
    await createView('late', total())
    assert.equal(job('late').watermark, 109n)
  })

  it('keeps each undecodable record once in the dead-letter table', async () => {
    const letters = relation('table', 'dead', deadLetterSchema, { appendOnly: true })
    engine.createTable(letters)
    const fragile = relation('source', 'fragile', schema, { appendOnly: true })
    engine.createSource(fragile, source, { watermark: undefined, deadLetters: letters.id })
    source.append('0', rows(0, 3))
    source.appendBad('0', 'not json')
    source.append('0', rows(3, 2))
    const first = await createView('first', scan(fragile, [0]))
    await createView('second', scan(fragile, [0]))
    source.appendBad('1', 'too long')
    await until(() => engine.relationRows(letters.id) === 2, 'two dead letters')
    await engine.flush()
    const kept = await select(engine, scan(letters, [0, 1, 2, 4]))
    assert.deepEqual(kept, [
      ['fake', 0, 3n, 'not json'],
      ['fake', 1, 0n, 'too long'],
    ])
    assert.equal((await select(engine, scan(first))).length, 5)
  })

  it('shows retries and fails the jobs of a source that fails for good, no others', async () => {
    const table = relation('table', 't', schema)
    engine.createTable(table)
    await createView('a', total())
    await createView('b', scan(table))
    source.report({ kind: 'retrying', error: new Error('broker away') })
    assert.deepEqual([job('a').state, job('a').error], ['retrying', 'broker away'])
    source.report({ kind: 'running' })
    assert.equal(job('a').state, 'running')
    source.report({ kind: 'failed', error: new Error('topic deleted') })
    await until(() => job('a').state === 'failed', 'the job fails')
    assert.equal(job('a').error, 'topic deleted')
    assert.equal(job('b').state, 'running')
    await until(() => source.readers === 0, 'the reader is closed')
    await engine.write([{ table: table.id, deletes: undefined, inserts: batchOf(schema, rows(0, 1)) }])
  })

  it('reads what is there now in a query', async () => {
    source.append('0', rows(0, 200))
    source.append('1', rows(200, 100))
    assert.deepEqual(await select(engine, total()), [[300n, 300n]])
    assert.equal((await select(engine, scan(events, [0]))).length, 300)
    await until(() => source.readers === 0, 'the readers are closed')
  })

  it('refuses to read all of an endless source, but keeps views on it', async () => {
    const endless = new FakeSource(schema, ['0'], true)
    const generated = addSource(undefined, endless)
    await assert.rejects(select(engine, scan(generated)), {
      code: '0A000',
      hint: 'Create a materialized view on "events" and query that.',
    })
    endless.append('0', rows(0, 10))
    const view = await createView('v', total(generated))
    await until(async () => (await select(engine, scan(view)))[0]![0] === 10n, 'ten rows')
  })

  it('joins history of a source and a table in one job', async () => {
    const table = relation('table', 't', schema)
    engine.createTable(table)
    await engine.write([{ table: table.id, deletes: undefined, inserts: batchOf(schema, rows(0, 50)) }])
    source.append('0', rows(0, 100))
    await createView('other', total())
    source.append('0', rows(100, 100))
    const both: PhysicalPlan = {
      ...scan(events, [0, 1]),
      kind: 'union_all',
      inputs: [scan(events, [0, 1]), scan(table, [0, 1]), scan(events, [2, 1])],
    }
    const view = await createView('v', countAndSum(both, [], 1, testSignatures))
    assert.deepEqual(await select(engine, scan(view)), [[450n, 450n]])
  })

  it('closes the reader and the source that are dropped with their jobs', async () => {
    const view = await createView('v', total())
    await engine.drop([view.id, events.id])
    assert.equal(source.readers, 0)
    assert.equal(source.closed, true)
  })

  it('removes a half-built job when it is cancelled, and its reader', async () => {
    source.append('0', rows(0, 20_000))
    const abort = new AbortController()
    const plan = total()
    const view = relation('materialized_view', 'v', plan.schema)
    const notices: string[] = []
    const creating = engine.createMaterializedView(view, plan, {
      ...jobOptions('v', { signal: abort.signal }),
      onNotice: notice => notices.push(notice.message),
    })
    await until(() => source.readers === 1, 'the reader is open')
    abort.abort()
    await assert.rejects(creating, { code: '57014' })
    assert.equal(source.readers, 0)
    assert.deepEqual(engine.jobs(), [])
  })
})
