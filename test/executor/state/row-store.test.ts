import assert from 'node:assert/strict'
import { batchRows } from '../../../executor/batch/column-reader.ts'
import { Numeric } from '../../../executor/batch/numeric.ts'
import { RowIndex } from '../../../executor/state/row-index.ts'
import type { RowCursor } from '../../../executor/state/row-store.ts'
import { RowStore } from '../../../executor/state/row-store.ts'
import { type DataType, int4Type, numericType, textType } from '../../../planner/types.ts'
import { batchOf, Random, type Row, rowKey, rowsOf } from '../operators/harness.ts'

const types: readonly DataType[] = [int4Type, textType, numericType]

function insert(store: RowStore, rows: readonly Row[], epoch: number): Int32Array {
  const ids = new Int32Array(rows.length)
  store.insert(batchOf(types, rows).columns, undefined, rows.length, epoch, ids)
  return ids
}

function read(cursor: RowCursor): Row[] {
  const rows: Row[] = []
  for (let batch = cursor.next(); batch !== undefined; batch = cursor.next()) {
    assert.ok(batch.length <= 8192)
    rows.push(...batchRows(batch))
  }
  cursor.close()
  return rows
}

function randomRow(random: Random): Row {
  return [
    random.below(1000),
    random.chance(10) ? null : `text ${random.below(50)} ${'x'.repeat(random.below(30))}`,
    random.chance(10)
      ? null
      : new Numeric(BigInt(random.below(1000)) << BigInt(random.chance(5) ? 90 : 0), 2),
  ]
}

describe('RowStore', () => {
  it('shows every pinned epoch as it was, whatever is written later', () => {
    const seed = 81
    const random = new Random(seed)
    const store = new RowStore(types)
    const live = new Map<number, Row>()
    const pinned = new Map<
      number,
      { readonly cursor: RowCursor; readonly rows: Row[]; readonly expected: string[] }
    >()
    for (let epoch = 1; epoch <= 40; epoch++) {
      const victims = [...live.keys()].filter(() => random.chance(30))
      store.delete(Int32Array.from(victims), victims.length, epoch)
      for (const id of victims) live.delete(id)
      const rows = Array.from({ length: random.below(1500) }, () => randomRow(random))
      const ids = insert(store, rows, epoch)
      for (const [index, id] of ids.entries()) {
        assert.ok(!live.has(id), 'a live row keeps its slot')
        live.set(id, rows[index]!)
      }
      store.reclaim(epoch)
      assert.equal(store.rowCount, live.size)
      const cursor = store.scan(epoch, [0, 1, 2])
      // Cursors are at different places while epochs go by.
      pinned.set(epoch, { cursor, rows: [], expected: rowsOf([...live.values()]).lines() })
      for (const [at, open] of pinned) {
        const batch = open.cursor.next()
        if (batch !== undefined) {
          open.rows.push(...batchRows(batch))
          if (at < epoch - 3) open.rows.push(...read(open.cursor))
          else continue
        }
        open.cursor.close()
        assert.deepEqual(
          rowsOf(open.rows).lines(),
          open.expected,
          `seed ${seed}, epoch ${at} read at ${epoch}`,
        )
        pinned.delete(at)
      }
    }
    assert.ok(store.idEnd < 40_000, 'slots are used again')
  })

  it('keeps batches of a cursor as they were when slots are used again', () => {
    const store = new RowStore(types)
    const ids = insert(
      store,
      [
        [1, 'first', null],
        [2, 'second', null],
      ],
      1,
    )
    const cursor = store.scan(1, [0, 1])
    const batch = cursor.next()!
    cursor.close()
    store.delete(ids, 2, 2)
    store.reclaim(2)
    assert.deepEqual(
      [
        ...insert(
          store,
          [
            [3, 'third', null],
            [4, 'fourth', null],
          ],
          3,
        ),
      ].sort(),
      [0, 1],
    )
    assert.deepEqual(batchRows(batch), [
      [1, 'first'],
      [2, 'second'],
    ])
  })

  it('gathers rows of several chunks', () => {
    const store = new RowStore(types)
    const rows = Array.from({ length: 20_000 }, (_, index): Row => [index, `row ${index}`, null])
    const ids = insert(store, rows, 1)
    const wanted = Int32Array.of(ids[19_999]!, ids[3]!, ids[10_000]!, ids[10_001]!, ids[3]!)
    const [numbers, texts] = store.gather(wanted, 5, [0, 1])
    const got = batchRows({ columns: [numbers!, texts!], length: 5, weights: undefined })
    assert.deepEqual(
      got.map(rowKey),
      [19_999, 3, 10_000, 10_001, 3].map(index => `${index} | row ${index}`),
    )
  })

  it('does not take a public id for the row that came into its slot', () => {
    const store = new RowStore(types)
    const [id] = insert(store, [[1, 'a', null]], 1)
    const publicId = store.publicIds(Int32Array.of(id!), 1).values[0]!
    assert.equal(store.resolve(publicId), id)
    store.delete(Int32Array.of(id!), 1, 2)
    assert.equal(store.resolve(publicId), -1)
    store.reclaim(2)
    assert.deepEqual([...insert(store, [[2, 'b', null]], 3)], [id])
    assert.equal(store.resolve(publicId), -1)
  })

  it('keeps its size under constant updates', () => {
    const store = new RowStore(types)
    let ids = insert(
      store,
      Array.from({ length: 2000 }, (_, index): Row => [index, 'a text of some length', null]),
      1,
    )
    let bytes = 0
    for (let epoch = 2; epoch < 40; epoch++) {
      store.delete(ids, ids.length, epoch)
      ids = insert(
        store,
        Array.from({ length: 2000 }, (_, index): Row => [index, `version ${epoch} of a text`, null]),
        epoch,
      )
      store.reclaim(epoch)
      if (epoch === 10) bytes = store.byteLength
    }
    assert.ok(store.byteLength <= bytes * 1.5, `${store.byteLength} bytes after ${bytes}`)
  })
})

describe('RowIndex', () => {
  it('finds rows to retract in a multiset with many duplicates', () => {
    const seed = 91
    const random = new Random(seed)
    const store = new RowStore(types)
    const index = new RowIndex(store)
    const live: Row[] = []
    for (let epoch = 1; epoch <= 30; epoch++) {
      const rows = Array.from(
        { length: 300 },
        (): Row =>
          random.chance(30) ? [1, 'the same', null] : [random.below(20), random.pick(['a', null]), null],
      )
      const ids = insert(store, rows, epoch)
      index.insert(batchOf(types, rows).columns, undefined, rows.length, ids)
      live.push(...rows)
      const victims = Array.from(
        { length: random.below(400) },
        () => live.splice(random.below(live.length), 1)[0]!,
      ).filter(row => row !== undefined)
      const found = new Int32Array(victims.length)
      index.take(batchOf(types, victims).columns, undefined, victims.length, found)
      assert.equal(
        new Set(found).size,
        victims.length,
        `seed ${seed}: each retraction finds a row of its own`,
      )
      const columns = store.gather(found, found.length)
      const got = batchRows({ columns, length: found.length, weights: undefined })
      assert.deepEqual(got.map(rowKey), victims.map(rowKey))
      store.delete(found, found.length, epoch)
      store.reclaim(epoch)
    }
    const missing = new Int32Array(1)
    index.take(batchOf(types, [[77, 'none', null]]).columns, undefined, 1, missing)
    assert.equal(missing[0], -1)
  })

  it('finds rows by key, and removes rows from the middle of a chain', () => {
    const store = new RowStore(types)
    const index = new RowIndex(store, [0])
    const rows: Row[] = [
      [1, 'a', null],
      [1, 'b', null],
      [1, 'c', null],
      [2, 'd', null],
    ]
    const ids = insert(store, rows, 1)
    const keys = batchOf(
      [int4Type],
      rows.map(row => [row[0]!]),
    ).columns
    index.insert(keys, undefined, 4, ids)
    assert.deepEqual(index.findAll(keys, 0).sort(), [0, 1, 2])
    index.remove(Int32Array.of(1), 1)
    assert.deepEqual(index.findAll(keys, 0).sort(), [0, 2])
    index.remove(Int32Array.of(2, 0), 2)
    assert.deepEqual(index.findAll(keys, 0), [])
    const found = new Int32Array(1)
    index.find(keys, Int32Array.of(3), 1, found)
    assert.equal(found[0], 3)
  })
})
