import assert from 'node:assert/strict'
import { batchRows } from '../../../executor/batch/column-reader.ts'
import type { SqlValue } from '../../../executor/expression/evaluation-context.ts'
import type { Engine } from '../../../executor/runtime/engine.ts'
import type { LiveRows, TableChange } from '../../../executor/runtime/engine-contract.ts'
import { NO_ROW } from '../../../executor/runtime/engine-contract.ts'
import { ReadSet } from '../../../executor/runtime/read-set.ts'
import type { Relation } from '../../../planner/catalog.ts'
import { field } from '../../../planner/schema.ts'
import { int8Type, textType } from '../../../planner/types.ts'
import { createTestEngine, rowsOf, select, testContext } from '../../support/engine.ts'
import { keyLookup, limit, literal, relation, scan, unionAll } from '../../support/plans.ts'
import { batchOf } from '../../support/small-operators.ts'

const schema = [field('id', int8Type, false), field('name', textType)]

function insert(table: Relation, rows: SqlValue[][]): TableChange {
  return { table: table.id, deletes: undefined, inserts: batchOf(table.schema, rows) }
}

async function rowIds(engine: Engine, table: Relation, ids: readonly bigint[]): Promise<BigInt64Array> {
  const rows = await select(engine, scan(table, [0], true))
  return BigInt64Array.from(rows.filter(row => ids.includes(row[0] as bigint)).map(row => row[1] as bigint))
}

describe('Engine: tables', () => {
  let engine: Engine
  let table: Relation
  beforeEach(() => {
    engine = createTestEngine().engine
    table = relation('table', 't', schema, { primaryKey: [0] })
    engine.createTable(table)
  })
  afterEach(() => engine.close())

  it('shows a write when it is acknowledged', async () => {
    const epoch = await engine.write([
      insert(table, [
        [1n, 'a'],
        [2n, null],
      ]),
    ])
    assert.equal(engine.epoch, epoch)
    assert.deepEqual(await select(engine, scan(table)), [
      [1n, 'a'],
      [2n, null],
    ])
    assert.equal(engine.relationRows(table.id), 2)
  })

  it('rejects a duplicate key and leaves no trace of the write', async () => {
    await engine.write([insert(table, [[1n, 'a']])])
    const [failed, other] = await Promise.allSettled([
      engine.write([
        insert(table, [[5n, 'x']]),
        insert(table, [
          [6n, 'y'],
          [1n, 'b'],
        ]),
      ]),
      engine.write([insert(table, [[7n, 'z']])]),
    ])
    assert.equal(failed.status, 'rejected')
    const { code, message, detail, fields } = failed.reason
    assert.equal(code, '23505')
    assert.equal(message, 'duplicate key value violates unique constraint "t_pkey"')
    assert.equal(detail, 'Key (id)=(1) already exists.')
    assert.equal(fields.constraint, 't_pkey')
    assert.equal(other.status, 'fulfilled')
    assert.deepEqual(await select(engine, scan(table)), [
      [1n, 'a'],
      [7n, 'z'],
    ])
    await engine.write([insert(table, [[5n, 'again']])])
  })

  it('rejects equal keys within one insert', async () => {
    await assert.rejects(
      engine.write([
        insert(table, [
          [3n, 'a'],
          [4n, 'b'],
          [3n, 'c'],
        ]),
      ]),
      {
        code: '23505',
        detail: 'Key (id)=(3) already exists.',
      },
    )
    assert.deepEqual(await select(engine, scan(table)), [])
  })

  it('rejects NULL in a NOT NULL column', async () => {
    await assert.rejects(engine.write([insert(table, [[null, 'a']])]), {
      code: '23502',
      message: 'null value in column "id" of relation "t" violates not-null constraint',
      detail: 'Failing row contains (null, a).',
    })
  })

  it('updates a row under its own key', async () => {
    await engine.write([
      insert(table, [
        [1n, 'a'],
        [2n, 'b'],
      ]),
    ])
    const deletes = await rowIds(engine, table, [1n, 2n])
    await engine.write([
      {
        table: table.id,
        deletes,
        inserts: batchOf(schema, [
          [2n, 'a'],
          [1n, 'B'],
        ]),
      },
    ])
    assert.deepEqual(await select(engine, scan(table)), [
      [1n, 'B'],
      [2n, 'a'],
    ])
  })

  it('takes back deletes of a write that fails later', async () => {
    await engine.write([
      insert(table, [
        [1n, 'a'],
        [2n, 'b'],
      ]),
    ])
    const deletes = await rowIds(engine, table, [1n])
    const change = {
      table: table.id,
      deletes,
      inserts: batchOf(schema, [
        [1n, 'c'],
        [2n, 'd'],
      ]),
    }
    await assert.rejects(engine.write([change]), { code: '23505' })
    assert.deepEqual(await select(engine, scan(table)), [
      [1n, 'a'],
      [2n, 'b'],
    ])
    assert.deepEqual(await select(engine, keyLookup(table, [literal('1')])), [[1n, 'a']])
    await engine.write([{ ...change, inserts: batchOf(schema, [[1n, 'c']]) }])
    assert.deepEqual(await select(engine, keyLookup(table, [literal('1')])), [[1n, 'c']])
  })

  it('reports a row that is gone as a serialization failure', async () => {
    await engine.write([insert(table, [[1n, 'a']])])
    const deletes = await rowIds(engine, table, [1n])
    await engine.write([{ table: table.id, deletes, inserts: undefined }])
    await engine.write([insert(table, [[1n, 'b']])])
    await engine.write([insert(table, [[2n, 'c']])])
    await assert.rejects(engine.write([{ table: table.id, deletes, inserts: undefined }]), {
      code: '40001',
      message: 'could not serialize access due to concurrent update',
    })
    assert.deepEqual(await select(engine, scan(table)), [
      [1n, 'b'],
      [2n, 'c'],
    ])
  })

  it('lets a change decide against the rows that are there in its turn', async () => {
    const inserts = batchOf(schema, [
      [1n, 'b'],
      [2n, 'b'],
    ])
    const seen: unknown[] = []
    const decide = (live: LiveRows): TableChange => {
      const held = (live.find(inserts) ?? new BigInt64Array(0)).filter(id => id !== NO_ROW)
      seen.push(batchRows(live.read(held)))
      return { table: table.id, deletes: held, inserts }
    }
    await Promise.all([
      engine.write([insert(table, [[1n, 'a']])]),
      engine.write([{ table: table.id, decide }]),
      engine.write([{ table: table.id, decide }]),
    ])
    assert.deepEqual(seen, [
      [[1n, 'a']],
      [
        [1n, 'b'],
        [2n, 'b'],
      ],
    ])
    assert.equal(engine.relationRows(table.id), 2)
  })

  it('calls a taken key a conflict when the write was checked before', async () => {
    await engine.write([insert(table, [[1n, 'a']])])
    await assert.rejects(engine.write([insert(table, [[1n, 'b']])], { isChecked: true }), {
      code: '40001',
      message: 'could not serialize access due to concurrent update',
      fields: { detail: 'Key (id)=(1) already exists.' },
    })
  })

  it('says while a write of many rows is half done', async () => {
    const many = createTestEngine({ sliceMs: 0 }).engine
    try {
      many.createTable(table)
      const rows = Array.from({ length: 30_000 }, (_, index): SqlValue[] => [BigInt(index), 'x'])
      const failing = many.write([insert(table, [...rows, [5n, 'again']])])
      assert.equal(many.settled(table.id), undefined)
      let seen = 0
      for (let turn = 0; turn < 1000 && seen === 0; turn++) {
        await new Promise(resolve => setImmediate(resolve))
        if (many.settled(table.id) !== undefined) seen = many.relationRows(table.id)
      }
      assert.ok(seen > 0 && seen < rows.length, `${seen} rows were there`)
      await many.settled(table.id)
      assert.equal(many.settled(table.id), undefined)
      assert.equal(many.relationRows(table.id), 0)
      await assert.rejects(failing, { code: '23505' })
    } finally {
      await many.close()
    }
  })

  it('checks what was read, by key or as a whole, when the write comes in', async () => {
    const other = relation('table', 'other', schema, { primaryKey: [0] })
    engine.createTable(other)
    await engine.write([insert(table, [[1n, 'a']])])
    const readOne = (key: string) => {
      const reads = new ReadSet()
      const options = { context: testContext, signal: undefined, reads }
      engine.query(keyLookup(table, [literal(key)]), options).close()
      return reads
    }
    const whole = new ReadSet()
    engine.query(scan(table), { context: testContext, signal: undefined, reads: whole }).close()
    const [one, none] = [readOne('1'), readOne('2')]
    await engine.write([insert(table, [[2n, 'b']])])
    await engine.write([insert(other, [[1n, 'x']])], { reads: one })
    for (const reads of [whole, none]) {
      await assert.rejects(engine.write([insert(other, [[2n, 'y']])], { reads }), {
        code: '40001',
        message: 'could not serialize access due to read/write dependencies among transactions',
      })
    }
    assert.equal(engine.relationRows(other.id), 1)
  })

  it('says whether the row that is gone was updated or deleted, while a reader keeps it', async () => {
    await engine.write([
      insert(table, [
        [1n, 'a'],
        [2n, 'b'],
      ]),
    ])
    const snapshot = engine.snapshot()
    const [one, two] = [await rowIds(engine, table, [1n]), await rowIds(engine, table, [2n])]
    await engine.write([{ ...insert(table, [[1n, 'A']]), deletes: one }])
    await engine.write([{ table: table.id, deletes: two, inserts: undefined }])
    const message = 'could not serialize access due to concurrent'
    const remove = (deletes: BigInt64Array) =>
      engine.write([{ table: table.id, deletes, inserts: undefined }])
    await assert.rejects(remove(one), { code: '40001', message: `${message} update` })
    await assert.rejects(remove(two), { code: '40001', message: `${message} delete` })
    snapshot.close()
  })

  it('refuses deletes from an append-only table', async () => {
    const log = relation('table', 'log', schema, { appendOnly: true })
    engine.createTable(log)
    await engine.write([insert(log, [[1n, 'a']])])
    const deletes = await rowIds(engine, log, [1n])
    await assert.rejects(engine.write([{ table: log.id, deletes, inserts: undefined }]), { code: '0A000' })
  })

  it('keeps a snapshot while rows are written', async () => {
    await engine.write([
      insert(table, [
        [1n, 'a'],
        [2n, 'b'],
      ]),
    ])
    const scanned = engine.query(scan(table), { context: testContext, signal: undefined })
    const looked = engine.query(keyLookup(table, [literal('1')]), { context: testContext, signal: undefined })
    const missing = engine.query(keyLookup(table, [literal('9')]), {
      context: testContext,
      signal: undefined,
    })
    for (let round = 0; round < 5; round++) {
      const deletes = await rowIds(engine, table, [1n, 2n])
      await engine.write([{ table: table.id, deletes, inserts: batchOf(schema, [[1n, `a${round}`]]) }])
    }
    await engine.write([insert(table, [[9n, 'new']])])
    assert.deepEqual(await rowsOf(scanned), [
      [1n, 'a'],
      [2n, 'b'],
    ])
    assert.deepEqual(await rowsOf(looked), [[1n, 'a']])
    assert.deepEqual(await rowsOf(missing), [])
    assert.deepEqual(await select(engine, scan(table)), [
      [1n, 'a4'],
      [9n, 'new'],
    ])
    assert.deepEqual(await select(engine, keyLookup(table, [literal(null)])), [])
  })

  it('stops reading when LIMIT has its rows', async () => {
    const rows = Array.from({ length: 20_000 }, (_, index): SqlValue[] => [BigInt(index), 'x'])
    await engine.write([insert(table, rows)])
    let read = 0
    const system = relation('system', 's', schema)
    engine.createSystemRelation(system, () => {
      read++
      return batchOf(schema, [[-1n, 'system']])
    })
    const first = limit(unionAll([scan(table), scan(system)]), 10)
    assert.equal((await select(engine, first)).length, 10)
    assert.equal(read, 0)
    assert.equal((await select(engine, unionAll([scan(table), scan(system)]))).length, 20_001)
    assert.equal(read, 1)
  })

  it('cancels a query between two batches', async () => {
    const rows = Array.from({ length: 20_000 }, (_, index): SqlValue[] => [BigInt(index), 'x'])
    await engine.write([insert(table, rows)])
    const abort = new AbortController()
    const stream = engine.query(scan(table), { context: testContext, signal: abort.signal })
    assert.ok(((await stream.next())?.length ?? 0) > 0)
    abort.abort()
    await assert.rejects(async () => stream.next(), {
      code: '57014',
      message: 'canceling statement due to user request',
    })
    assert.equal(await stream.next(), undefined)
    stream.close()
  })

  it('rejects writes to a dropped table and after close', async () => {
    await engine.drop([table.id])
    await assert.rejects(engine.write([insert(table, [[1n, 'a']])]), { code: '42P01' })
    await engine.close()
    await assert.rejects(engine.flush(), { code: '57P01' })
  })
})
