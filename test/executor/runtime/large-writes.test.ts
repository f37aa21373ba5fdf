/** Writes of more rows than are applied at once: all or nothing, while others have their turns. */

import assert from 'node:assert/strict'
import type { Engine } from '../../../executor/runtime/engine.ts'
import type { TableChange } from '../../../executor/runtime/engine-contract.ts'
import type { Relation } from '../../../planner/catalog.ts'
import { field } from '../../../planner/schema.ts'
import { int8Type } from '../../../planner/types.ts'
import { createTestEngine, select } from '../../support/engine.ts'
import { relation, scan } from '../../support/plans.ts'
import { batchOf } from '../../support/small-operators.ts'

const ROWS = 50_000

describe('large writes', () => {
  let engine: Engine
  let table: Relation
  beforeEach(() => {
    engine = createTestEngine().engine
    table = relation('table', 't', [field('id', int8Type, false)], { primaryKey: [0] })
    engine.createTable(table)
  })
  afterEach(() => engine.close())

  const inserts = (ids: readonly bigint[]): TableChange => ({
    table: table.id,
    deletes: undefined,
    inserts: batchOf(
      table.schema,
      ids.map(id => [id]),
    ),
  })
  const series = (from: number, count: number): bigint[] =>
    Array.from({ length: count }, (_, index) => BigInt(from + index))
  const ids = async (): Promise<bigint[]> => (await select(engine, scan(table))).map(([id]) => id as bigint)
  const rowIds = async (): Promise<bigint[]> =>
    (await select(engine, scan(table, [0], true))).map(row => row[1] as bigint)

  it('let the event loop turn, and are seen as a whole', async () => {
    const seen = new Set<number>()
    let turns = 0
    let isDone = false
    const written = engine.write([inserts(series(0, ROWS))]).then(() => {
      isDone = true
    })
    while (!isDone) {
      seen.add((await ids()).length)
      turns++
      await new Promise(resolve => setImmediate(resolve))
    }
    await written
    seen.add((await ids()).length)
    assert(turns > 2, `${turns} turns`)
    assert.deepEqual([...seen], [0, ROWS])
  })

  it('leave no trace when a key comes twice, far apart', async () => {
    await engine.write([inserts([-1n])])
    const deletes = BigInt64Array.from(await rowIds())
    await assert.rejects(
      engine.write([{ ...inserts([...series(0, ROWS), 7n]), deletes }, inserts(series(ROWS, 10))]),
      { code: '23505', detail: 'Key (id)=(7) already exists.' },
    )
    assert.deepEqual(await ids(), [-1n])
    await engine.write([inserts(series(0, ROWS))])
    assert.equal((await ids()).length, ROWS + 1)
  })

  it('replace rows by others with their keys, and free their slots', async () => {
    await engine.write([inserts(series(0, ROWS))])
    for (let times = 0; times < 4; times++) {
      const deletes = BigInt64Array.from(await rowIds())
      await engine.write([{ ...inserts(series(0, ROWS)), deletes }])
    }
    const all = await ids()
    assert.equal(new Set(all).size, ROWS)
    assert.equal(all.length, ROWS)
    // Twice the same row: deleted once.
    const twice = await rowIds()
    const deletes = BigInt64Array.from([...twice, ...twice.slice(0, 5)])
    await engine.write([{ table: table.id, deletes, inserts: undefined }])
    assert.deepEqual(await ids(), [])
    assert.equal(engine.relationRows(table.id), 0)
  })
})
