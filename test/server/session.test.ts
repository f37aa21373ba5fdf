import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { pino } from 'pino'
import { batchRows } from '../../executor/batch/column-reader.ts'
import type { SqlValue } from '../../executor/expression/evaluation-context.ts'
import type { SqlError } from '../../planner/errors.ts'
import { formatType } from '../../planner/types.ts'
import { Database } from '../../server/database.ts'
import type { DatabaseSession } from '../../server/session.ts'
import type { StatementResult } from '../../server/session-contract.ts'
import { failure } from './failure.ts'

/** Sessions as the wire protocol uses them. */
describe('DatabaseSession', () => {
  let database: Database
  let session: DatabaseSession
  let other: DatabaseSession
  beforeEach(async () => {
    database = await Database.open({ logger: pino({ level: 'silent' }), settings: { epoch_max: '10ms' } })
    session = database.connectEmbedded()
    other = database.connectEmbedded()
    await simple(session, 'CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 10)')
  })
  afterEach(() => database.close())

  async function take(result: StatementResult): Promise<SqlValue[][]> {
    const rows: SqlValue[][] = []
    if (result.kind !== 'rows') return rows
    for (let batch = await result.rows.next(); batch !== undefined; batch = await result.rows.next()) {
      rows.push(...batchRows(batch))
    }
    result.rows.close()
    return rows
  }

  async function simple(on: DatabaseSession, text: string): Promise<SqlValue[][]> {
    let rows: SqlValue[][] = []
    for await (const result of on.simpleQuery(text)) rows = await take(result)
    return rows
  }

  async function run(text: string, isLast: boolean, ...parameters: SqlValue[]): Promise<SqlValue[][]> {
    const portal = await session.bind('', await session.prepare('', text, []), () => parameters)
    return take(await portal.execute(isLast))
  }

  const thrown = async (action: () => unknown): Promise<string> => {
    try {
      await action()
    } catch (error) {
      return (error as SqlError).code
    }
    throw new Error('expected an error')
  }

  const ids = async (): Promise<SqlValue[]> => (await simple(other, 'SELECT id FROM t ORDER BY id')).flat()

  it('holds the writes of a pipeline until Sync', async () => {
    await run('INSERT INTO t VALUES ($1, 1)', false, 2)
    await run('INSERT INTO t VALUES ($1, 1)', false, 3)
    assert.deepEqual(await run('SELECT count(*) FROM t', false), [[3n]])
    assert.deepEqual(await ids(), [1])
    await session.sync()
    assert.deepEqual(await ids(), [1, 2, 3])
    assert.equal(session.transactionStatus, 'I')
  })

  it('drops a pipeline that failed', async () => {
    await run('INSERT INTO t VALUES ($1, 1)', false, 2)
    assert.equal((await failure(run('SELECT 1/$1', false, 0))).code, '22012')
    session.fail()
    await session.sync()
    assert.deepEqual(await ids(), [1])
  })

  it('reports a duplicate at its statement, and a conflict with others at Sync', async () => {
    await run('INSERT INTO t VALUES ($1, 1)', false, 2)
    await simple(other, 'INSERT INTO t VALUES (2, 2)')
    assert.equal((await failure(session.sync()!)).code, '40001')
    await simple(other, 'DELETE FROM t WHERE id = 2')
    assert.equal((await failure(run('INSERT INTO t VALUES ($1, 1)', false, 1))).code, '23505')
    session.fail()
    await session.sync()
    assert.equal((await failure(run('INSERT INTO t VALUES ($1, 1)', true, 1))).code, '23505')
    session.fail()
    await session.sync()
    assert.deepEqual(await ids(), [1])
  })

  it('goes on in a block after Sync', async () => {
    await run('BEGIN', true)
    await session.sync()
    assert.equal(session.transactionStatus, 'T')
    await run('INSERT INTO t VALUES ($1, 1)', true, 2)
    await session.sync()
    assert.deepEqual(await ids(), [1])
    await run('COMMIT', true)
    await session.sync()
    assert.deepEqual(await ids(), [1, 2])
  })

  it('infers parameter types and describes results', async () => {
    const statement = await session.prepare('s', 'SELECT v + $2 AS x, id FROM t WHERE id = $1 LIMIT $3', [])
    assert.deepEqual(
      statement.parameterTypes.map(type => type.kind),
      ['int4', 'int4', 'int8'],
    )
    const { schema, tableOids, attributeNumbers } = statement.fields!
    assert.deepEqual(
      schema.map(column => [column.name, column.type.kind]),
      [
        ['x', 'int4'],
        ['id', 'int4'],
      ],
    )
    assert.equal(tableOids[0], 0)
    assert(tableOids[1]! >= 16384)
    assert.deepEqual(attributeNumbers, [0, 1])
    assert.equal((await session.prepare('i', 'INSERT INTO t VALUES (1)', [])).fields, undefined)
    assert.equal((await session.prepare('r', 'DELETE FROM t RETURNING v', [])).fields?.schema.length, 1)
    assert.equal((await session.prepare('e', ' -- nothing', [])).isEmpty, true)
    assert.deepEqual(
      (await session.prepare('o', 'SELECT $1', [23])).parameterTypes.map(type => type.kind),
      ['int4'],
    )
  })

  it('infers text for parameters that are compared with varchar', async () => {
    await simple(session, 'CREATE TABLE w (v varchar(5) PRIMARY KEY)')
    const types = async (text: string) => (await session.prepare('', text, [])).parameterTypes.map(formatType)
    assert.deepEqual(await types('SELECT v FROM w WHERE v = $1 AND $2 < v AND v = ANY($3)'), [
      'text',
      'text',
      'text[]',
    ])
    assert.deepEqual(await types('SELECT v FROM w WHERE v IN ($1, $2) AND coalesce(v, $3) IN ($4)'), [
      'character varying',
      'character varying',
      'character varying',
      'text',
    ])
    assert.deepEqual(await types('INSERT INTO w VALUES ($1)'), ['character varying'])
  })

  it("takes no notice of arguments that are JDBC's OUT parameters", async () => {
    const results = [2278, 1043]
    const statement = await session.prepare('c', 'SELECT * FROM upper($1, $2) AS result', results)
    assert.deepEqual(
      statement.parameterTypes.map(type => type.kind),
      ['void', 'varchar'],
    )
    assert.deepEqual(
      statement.fields!.schema.map(({ name, type }) => [name, type.kind]),
      [['result', 'text']],
    )
    await assert.rejects(async () => session.prepare('d', 'SELECT upper($1)', [2278]), {
      code: '42883',
      message: 'function upper() does not exist',
    })
  })

  it('keeps names apart', async () => {
    await session.prepare('s', 'SELECT 1', [])
    assert.equal(await thrown(() => session.prepare('s', 'SELECT 1', [])), '42P05')
    session.closePreparedStatement('s')
    session.closePreparedStatement('s')
    assert.equal(await thrown(() => session.preparedStatement('s')), '26000')
    const statement = await session.prepare('', 'SELECT 1', [])
    await session.prepare('', 'SELECT 2', [])
    session.bind('p', statement, () => [])
    assert.equal(await thrown(() => session.bind('p', statement, () => [])), '42P03')
    session.closePortal('p')
    assert.equal(await thrown(() => session.portal('p')), '34000')
    assert.equal(await thrown(() => session.prepare('', 'SELECT 1; SELECT 2', [])), '42601')
  })

  it('has limits on statements and portals', async () => {
    for (let index = 0; index < 1000; index++) await session.prepare(`s${index}`, 'SELECT 1', [])
    assert.equal(await thrown(() => session.prepare('one more', 'SELECT 1', [])), '54000')
    const statement = await session.prepare('', 'SELECT 1', [])
    for (let index = 0; index < 256; index++) session.bind(`p${index}`, statement, () => [])
    assert.equal(await thrown(() => session.bind('one more', statement, () => [])), '54000')
  })

  it('plans a text once', async () => {
    const text = 'SELECT v FROM t WHERE id = $1'
    const statement = await session.prepare('', text, [])
    assert.equal((await other.prepare('', text, [])).statement, statement.statement)
    await simple(session, 'CREATE TABLE u (id int)')
    assert.notEqual((await other.prepare('', text, [])).statement, statement.statement)
    assert.notEqual(
      (await other.prepare('', text, [20])).statement,
      (await other.prepare('', text, [])).statement,
    )
  })

  it('takes PREPARE for what it is, also the second time', async () => {
    const text = 'PREPARE p AS SELECT v FROM t WHERE id = $1'
    await simple(session, text)
    await simple(other, text)
    assert.deepEqual(await simple(session, 'EXECUTE p(1)'), [[10]])
    assert.deepEqual(await simple(other, `EXECUTE p('1')`), [[10]])
    assert.equal((await failure(simple(session, 'EXECUTE p'))).code, '42601')
    await simple(session, 'DEALLOCATE p')
    assert.equal((await failure(simple(session, 'EXECUTE p(1)'))).code, '26000')
  })

  it('cancels what runs and nothing else', async () => {
    session.cancel()
    assert.deepEqual(await simple(session, 'SELECT 1'), [[1]])
    const portal = await session.bind(
      '',
      await session.prepare('', 'SELECT n FROM generate_series(1, 100000) g(n)', []),
      () => [],
    )
    const result = await portal.execute()
    assert(result.kind === 'rows')
    await result.rows.next()
    session.cancel()
    assert.equal((await failure((async () => result.rows.next())())).code, '57014')
  })

  it('knows one database', async () => {
    const refused = await failure((async () => database.connect({ user: 'ada', database: 'other' }))())
    assert.deepEqual([refused.code, refused.severity], ['3D000', 'FATAL'])
    const settings = [['nope', '1']] as const
    const wrong = await failure((async () => database.connect({ user: 'ada', database: 'dev', settings }))())
    assert.deepEqual([wrong.code, wrong.severity], ['42704', 'FATAL'])
  })
})
