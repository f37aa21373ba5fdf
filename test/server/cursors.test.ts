import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import type { QueryResult } from '../../server/index.ts'
import { Millrace } from '../../server/index.ts'
import { failure } from './failure.ts'

describe('cursors', () => {
  let db: Millrace
  beforeEach(async () => {
    db = await Millrace.create({ settings: { epoch_max: '10ms' } })
    await db.exec('CREATE TABLE t (id int PRIMARY KEY, v int)')
  })
  afterEach(() => db.close())

  const last = async (sql: string): Promise<QueryResult> => {
    const result = (await db.exec(sql)).at(-1)
    assert(result !== undefined)
    return result
  }
  const column = (result: QueryResult, name: string): unknown[] => result.rows.map(row => row[name])

  it('fetches forward', async () => {
    await db.exec('BEGIN; DECLARE c NO SCROLL CURSOR FOR SELECT n FROM generate_series(1, 5) AS g(n)')
    const first = await last('FETCH 2 FROM c')
    assert.deepEqual([first.command, first.rowCount, column(first, 'n')], ['FETCH', 2, [1, 2]])
    assert.deepEqual(column(await last('FETCH NEXT FROM c'), 'n'), [3])
    assert.equal((await last('MOVE 1 FROM c')).rowCount, 1)
    assert.deepEqual(column(await last('FETCH ALL FROM c'), 'n'), [5])
    assert.deepEqual(column(await last('FETCH 3 FROM c'), 'n'), [])
    assert.equal((await last('CLOSE c')).command, 'CLOSE CURSOR')
    await db.exec('COMMIT')
  })

  it('keeps its snapshot', async () => {
    await db.exec('INSERT INTO t VALUES (1, 1)')
    const other = await db.session()
    await db.exec('BEGIN; DECLARE c CURSOR FOR SELECT id FROM t')
    await other.exec('INSERT INTO t VALUES (2, 2)')
    assert.deepEqual(column(await last('FETCH ALL FROM c'), 'id'), [1])
    await db.exec('COMMIT')
  })

  it('ends with the transaction unless WITH HOLD', async () => {
    await db.exec(
      `BEGIN; DECLARE c CURSOR FOR SELECT 1 AS n; DECLARE h CURSOR WITH HOLD FOR SELECT 2 AS n; COMMIT`,
    )
    const error = await failure(db.exec('FETCH 1 FROM c'))
    assert.deepEqual([error.code, error.message], ['34000', 'cursor "c" does not exist'])
    assert.deepEqual(column(await last('FETCH 1 FROM h'), 'n'), [2])
    await db.exec('CLOSE ALL')
  })

  it('wants a transaction', async () => {
    const outside = await failure(db.exec('DECLARE c CURSOR FOR SELECT 1'))
    assert.deepEqual(
      [outside.code, outside.message],
      ['25P01', 'DECLARE CURSOR can only be used in transaction blocks'],
    )
    await db.exec('BEGIN; DECLARE c CURSOR FOR SELECT 1')
    const taken = await failure(db.exec('DECLARE c CURSOR FOR SELECT 1'))
    assert.deepEqual([taken.code, taken.message], ['42P03', 'cursor "c" already exists'])
    await db.exec('ROLLBACK')
  })

  it('follows a subscription', async () => {
    await db.exec('INSERT INTO t VALUES (1, 10)')
    await db.exec('DECLARE c CURSOR FOR SUBSCRIBE t')
    const shown = (result: QueryResult) => result.rows.map(row => [row['millrace_op'], row['id'], row['v']])
    assert.deepEqual(shown(await last('FETCH 10 FROM c')), [['insert', 1, 10]])
    assert.deepEqual(shown(await last(`FETCH 10 FROM c WITH (timeout = '10ms')`)), [])
    const other = await db.session()
    await other.exec('UPDATE t SET v = 11; INSERT INTO t VALUES (2, 20)')
    const changes = await last(`FETCH 3 FROM c WITH (timeout = '2s')`)
    assert.deepEqual(shown(changes).sort(), [
      ['insert', 2, 20],
      ['update_delete', 1, 10],
      ['update_insert', 1, 11],
    ])
    assert.equal(typeof changes.rows[0]?.['millrace_epoch'], 'number')
    await db.exec('CLOSE c')
  })

  it('waits for the first change, and can be cancelled without losing it', async () => {
    await db.exec('DECLARE c CURSOR FOR SUBSCRIBE t WITH (SNAPSHOT = false)')
    const waiting = failure(db.exec('FETCH 1 FROM c', { signal: AbortSignal.timeout(30) }))
    assert.equal((await waiting).code, '57014')
    const other = await db.session()
    await other.exec('INSERT INTO t VALUES (7, 70)')
    assert.deepEqual(column(await last('FETCH 1 FROM c'), 'id'), [7])
  })
})

describe('subscribe', () => {
  let db: Millrace
  beforeEach(async () => {
    db = await Millrace.create({ settings: { epoch_max: '10ms' } })
    await db.exec(`
      CREATE TABLE t (id int PRIMARY KEY, k text, v int);
      CREATE MATERIALIZED VIEW m AS SELECT k, sum(v) AS total FROM t GROUP BY k;
      INSERT INTO t VALUES (1, 'a', 1)`)
  })
  afterEach(() => db.close())

  it('yields the snapshot, then every change with its epoch', async () => {
    const seen: unknown[] = []
    const epochs: number[] = []
    const controller = new AbortController()
    const reading = (async () => {
      for await (const { epoch, op, row } of db.subscribe('m', { signal: controller.signal })) {
        seen.push([op, row])
        epochs.push(epoch)
        if (seen.length === 1) await db.exec(`INSERT INTO t VALUES (2, 'a', 5)`)
        if (seen.length === 3) await db.exec(`INSERT INTO t VALUES (3, 'b', 7)`)
        if (seen.length === 4) await db.exec(`DELETE FROM t WHERE k = 'a'`)
        if (seen.length === 5) break
      }
    })()
    await reading
    assert.deepEqual(seen, [
      ['insert', { k: 'a', total: 1 }],
      ['update_delete', { k: 'a', total: 1 }],
      ['update_insert', { k: 'a', total: 6 }],
      ['insert', { k: 'b', total: 7 }],
      ['delete', { k: 'a', total: 6 }],
    ])
    assert(
      epochs[0]! < epochs[1]! &&
        epochs[1] === epochs[2] &&
        epochs[2]! < epochs[3]! &&
        epochs[3]! < epochs[4]!,
    )
  })

  it('follows queries, without the snapshot when asked', async () => {
    const iterator = db.subscribe<{ id: number }>('SELECT id FROM t WHERE v > 5', { snapshot: false })
    const next = iterator.next()
    await new Promise(resolve => setTimeout(resolve, 30))
    await db.exec(`INSERT INTO t VALUES (2, 'b', 1), (3, 'b', 10)`)
    const first = await next
    assert(first.done === false)
    assert.deepEqual([first.value.op, first.value.row], ['insert', { id: 3 }])
    await iterator.return(undefined)
  })

  it('ends with the reason of its signal', async () => {
    const controller = new AbortController()
    const reading = (async () => {
      for await (const _ of db.subscribe('t', { signal: controller.signal }))
        controller.abort(new Error('enough'))
    })()
    await assert.rejects(reading, /^Error: enough$/)
  })

  it('is refused where a result is waited for', async () => {
    assert.equal((await failure(db.exec('SUBSCRIBE t'))).code, '0A000')
    assert.equal((await failure(db.query('SUBSCRIBE t'))).code, '0A000')
    assert.equal((await failure(db.query('COPY t TO STDOUT'))).code, '0A000')
    await db.query('SELECT 1')
  })

  it('fails for what is not there', async () => {
    await assert.rejects(db.subscribe('nope').next(), { code: '42P01' })
  })
})
