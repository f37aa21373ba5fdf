import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import type { MillraceSession, Notice } from '../../server/index.ts'
import { Millrace } from '../../server/index.ts'
import { failure } from './failure.ts'

describe('transactions', () => {
  let db: Millrace
  let other: MillraceSession
  let notices: Notice[]
  beforeEach(async () => {
    db = await Millrace.create({ settings: { epoch_max: '10ms' } })
    other = await db.session()
    notices = []
    db.on('notice', notice => notices.push(notice))
    await db.exec(`
      CREATE TABLE t (id int PRIMARY KEY, v int);
      CREATE TABLE u (id int);
      CREATE MATERIALIZED VIEW joined AS SELECT t.id AS id FROM t JOIN u ON t.id = u.id;
    `)
    await db.exec('INSERT INTO t VALUES (1, 10), (2, 20)')
  })
  afterEach(() => db.close())

  const ids = async (): Promise<unknown[]> => {
    return (await other.query('SELECT id FROM t ORDER BY id')).rows.map(row => row['id'])
  }

  it('makes writes visible together at COMMIT', async () => {
    await db.exec('BEGIN')
    await db.exec('INSERT INTO t VALUES (3, 30)')
    await db.exec('INSERT INTO u VALUES (3)')
    assert.deepEqual(await ids(), [1, 2])
    const [commit] = await db.exec('COMMIT')
    assert.equal(commit?.command, 'COMMIT')
    assert.deepEqual(await ids(), [1, 2, 3])
    assert.deepEqual((await other.query('SELECT id FROM joined')).rows, [{ id: 3 }])
  })

  it('lets writes vanish on ROLLBACK', async () => {
    await db.exec('BEGIN; INSERT INTO t VALUES (3, 30); DELETE FROM u; ROLLBACK')
    assert.deepEqual(await ids(), [1, 2])
  })

  it('fails as a whole', async () => {
    await db.exec('BEGIN')
    await db.exec('INSERT INTO t VALUES (3, 30)')
    assert.equal((await failure(db.exec('SELECT 1/0'))).code, '22012')
    const error = await failure(db.query('SELECT 1'))
    assert.equal(error.code, '25P02')
    assert.equal(
      error.message,
      'current transaction is aborted, commands ignored until end of transaction block',
    )
    const [commit] = await db.exec('COMMIT')
    assert.equal(commit?.command, 'ROLLBACK')
    assert.deepEqual(await ids(), [1, 2])
  })

  it('warns of a second BEGIN and of a COMMIT outside', async () => {
    await db.exec('BEGIN; BEGIN; COMMIT; COMMIT; ROLLBACK')
    assert.deepEqual(
      notices.map(({ severity, code, message }) => [severity, code, message]),
      [
        ['WARNING', '25001', 'there is already a transaction in progress'],
        ['WARNING', '25P01', 'there is no transaction in progress'],
        ['WARNING', '25P01', 'there is no transaction in progress'],
      ],
    )
  })

  it('takes several statements of one text as one transaction', async () => {
    const error = await failure(
      db.exec('INSERT INTO t VALUES (3, 30); SELECT 1/0; INSERT INTO t VALUES (4, 40)'),
    )
    assert.equal(error.code, '22012')
    assert.deepEqual(await ids(), [1, 2])
    await db.exec('INSERT INTO t VALUES (3, 30); INSERT INTO t VALUES (4, 40)')
    assert.deepEqual(await ids(), [1, 2, 3, 4])
  })

  it('reports a duplicate key at its statement', async () => {
    await db.exec('BEGIN; INSERT INTO u VALUES (9)')
    const error = await failure(db.exec('INSERT INTO t VALUES (5, 5), (1, 1)'))
    const { detail, schema, table, constraint } = error.fields
    assert.deepEqual(
      [error.code, error.message, detail, schema, table, constraint],
      [
        '23505',
        'duplicate key value violates unique constraint "t_pkey"',
        'Key (id)=(1) already exists.',
        'public',
        't',
        't_pkey',
      ],
    )
    assert.equal((await failure(db.exec('SELECT 1'))).code, '25P02')
    await db.exec('COMMIT')
    assert.deepEqual((await other.query('SELECT * FROM u')).rows, [])
    await db.exec('INSERT INTO t VALUES (5, 5)')
  })

  it('reports a key that was taken meanwhile at COMMIT, as a conflict, and keeps nothing', async () => {
    await db.exec('BEGIN; INSERT INTO u VALUES (9); INSERT INTO t VALUES (5, 1)')
    await other.exec('INSERT INTO t VALUES (5, 2)')
    const error = await failure(db.exec('COMMIT'))
    assert.deepEqual(
      [error.code, error.message, error.fields.detail],
      ['40001', 'could not serialize access due to concurrent update', 'Key (id)=(5) already exists.'],
    )
    assert.deepEqual((await other.query('SELECT * FROM u')).rows, [])
  })

  it('sees its own writes in tables, and updates and deletes them', async () => {
    await db.exec('BEGIN; INSERT INTO t VALUES (3, 30), (4, 40); UPDATE t SET v = v + 1 WHERE id IN (1, 3)')
    const seen = async () =>
      (await db.query('SELECT id, v FROM t ORDER BY id', [], { rowMode: 'array' })).rows
    assert.deepEqual(await seen(), [
      [1, 11],
      [2, 20],
      [3, 31],
      [4, 40],
    ])
    assert.deepEqual((await db.query('SELECT v FROM t WHERE id = 3')).rows, [{ v: 31 }])
    assert.deepEqual((await db.query('SELECT v FROM t WHERE id = 2')).rows, [{ v: 20 }])
    assert.equal((await db.query('DELETE FROM t WHERE id IN (2, 4)')).rowCount, 2)
    assert.deepEqual((await db.query('SELECT v FROM t WHERE id = 2')).rows, [])
    assert.equal((await db.query('UPDATE t SET v = v + 1')).rowCount, 2)
    assert.deepEqual(await seen(), [
      [1, 12],
      [3, 32],
    ])
    assert.deepEqual(await ids(), [1, 2])
    await db.exec('COMMIT')
    assert.deepEqual((await other.query('SELECT id, v FROM t ORDER BY id', [], { rowMode: 'array' })).rows, [
      [1, 12],
      [3, 32],
    ])
  })

  it('refuses DDL inside a block', async () => {
    await db.exec('BEGIN')
    const error = await failure(db.exec('CREATE TABLE x (a int)'))
    assert.deepEqual(
      [error.code, error.message],
      ['25001', 'CREATE TABLE cannot run inside a transaction block'],
    )
    await db.exec('ROLLBACK')
  })

  it('respects READ ONLY', async () => {
    await db.exec('BEGIN READ ONLY')
    const error = await failure(db.exec('DELETE FROM t'))
    assert.deepEqual(
      [error.code, error.message],
      ['25006', 'cannot execute DELETE in a read-only transaction'],
    )
    await db.exec('ROLLBACK')
    await db.exec('DELETE FROM t')
  })

  it('runs an update again that met another one', async () => {
    const sessions = await Promise.all(Array.from({ length: 8 }, () => db.session()))
    await Promise.all(sessions.map(session => session.exec('UPDATE t SET v = v + 1 WHERE id = 1')))
    assert.deepEqual((await db.query('SELECT v FROM t WHERE id = 1')).rows, [{ v: 18 }])
  })

  it('reports a conflict of explicit transactions at COMMIT', async () => {
    await db.exec('BEGIN; UPDATE t SET v = 0 WHERE id = 1')
    await other.exec('UPDATE t SET v = 1 WHERE id = 1')
    const error = await failure(db.exec('COMMIT'))
    assert.deepEqual(
      [error.code, error.message],
      ['40001', 'could not serialize access due to concurrent update'],
    )
    assert.deepEqual((await db.query('SELECT v FROM t WHERE id = 1')).rows, [{ v: 1 }])
  })

  it('runs callbacks in a transaction', async () => {
    const value = await db.transaction(async tx => {
      await tx.query('INSERT INTO t VALUES ($1, $2)', [3, 30])
      assert.equal(await tx.insert('u', [{ id: 3 }]), 1)
      assert.deepEqual(await ids(), [1, 2])
      return 'done'
    })
    assert.equal(value, 'done')
    assert.deepEqual(await ids(), [1, 2, 3])
    await assert.rejects(
      db.transaction(async tx => {
        await tx.exec('INSERT INTO t VALUES (4, 40)')
        throw new Error('no')
      }),
      /^Error: no$/,
    )
    await db.transaction(async tx => {
      await tx.exec('INSERT INTO t VALUES (4, 40)')
      await tx.rollback()
    })
    assert.deepEqual(await ids(), [1, 2, 3])
  })

  it('keeps now() for the whole transaction', async () => {
    const [first] = await db.exec('BEGIN; SELECT now() AS t').then(results => results.slice(1))
    await new Promise(resolve => setTimeout(resolve, 5))
    const [second] = await db.exec('SELECT now() AS t, now() < clock_timestamp() AS later')
    await db.exec('COMMIT')
    assert.deepEqual(second?.rows[0]?.['t'], first?.rows[0]?.['t'])
    assert.equal(second?.rows[0]?.['later'], true)
  })
})
