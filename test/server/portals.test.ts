/** Portals of the protocol as SQL's cursors and the other way round; what a second Execute does. */

import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { pino } from 'pino'
import { batchRows } from '../../executor/batch/column-reader.ts'
import type { SqlValue } from '../../executor/expression/evaluation-context.ts'
import { Database } from '../../server/database.ts'
import type { DatabaseSession } from '../../server/session.ts'
import type { StatementResult } from '../../server/session-contract.ts'
import { failure } from './failure.ts'

describe('portals', () => {
  let database: Database
  let session: DatabaseSession
  beforeEach(async () => {
    database = await Database.open({ logger: pino({ level: 'silent' }), settings: { epoch_max: '10ms' } })
    session = database.connectEmbedded()
    await simple('CREATE TABLE t (id int PRIMARY KEY)')
    await simple('BEGIN')
  })
  afterEach(() => database.close())

  /** Values of the first column, and the command tag. */
  async function take(result: StatementResult): Promise<readonly [SqlValue[], string]> {
    if (result.kind === 'command') return [[], result.commandTag]
    if (result.kind !== 'rows') throw new TypeError(result.kind)
    const values: SqlValue[] = []
    for (let batch = await result.rows.next(); batch !== undefined; batch = await result.rows.next()) {
      values.push(...batchRows(batch).map(row => row[0]!))
    }
    result.rows.close()
    return [values, result.commandTag(values.length)]
  }

  async function simple(text: string): Promise<readonly [SqlValue[], string]> {
    let last: readonly [SqlValue[], string] = [[], '']
    for await (const result of session.simpleQuery(text)) last = await take(result)
    return last
  }

  const bind = async (name: string, text: string): Promise<void> => {
    await session.bind(name, await session.prepare('', text, []), () => [])
  }
  const execute = async (name: string, rowsMax = 0) =>
    take(await session.portal(name).execute(false, rowsMax))
  const codeOf = async (action: () => Promise<unknown>): Promise<string> =>
    (await failure((async () => action())())).code

  it('are moved by FETCH and MOVE', async () => {
    await bind('p', 'SELECT g FROM generate_series(1, 9) g')
    assert.deepEqual(await execute('p', 2), [[1, 2], 'SELECT 2'])
    assert.deepEqual(await simple('FETCH 2 FROM p'), [[3, 4], 'FETCH 2'])
    assert.deepEqual(await simple('MOVE 2 IN p'), [[], 'MOVE 2'])
    assert.deepEqual(await execute('p', 1), [[7], 'SELECT 1'])
    assert.equal(await codeOf(() => simple('FETCH PRIOR FROM p')), '55000')
  })

  it('are moved before they were executed, and closed', async () => {
    await bind('p', 'SELECT g FROM generate_series(1, 9) g')
    assert.deepEqual(await simple('MOVE 8 IN p'), [[], 'MOVE 8'])
    assert.deepEqual(await execute('p'), [[9], 'SELECT 1'])
    assert.deepEqual(await simple('CLOSE p'), [[], 'CLOSE CURSOR'])
    assert.equal(await codeOf(() => execute('p')), '34000')
  })

  it('share their names with cursors', async () => {
    await bind('p', 'SELECT 1')
    await simple('SAVEPOINT s')
    assert.equal(await codeOf(() => simple('DECLARE p CURSOR FOR SELECT 2')), '42P03')
    await simple('ROLLBACK TO s; DECLARE c CURSOR FOR SELECT 2')
    await assert.rejects(bind('c', 'SELECT 3'), { code: '42P03', message: 'cursor "c" already exists' })
  })

  it('stand for cursors', async () => {
    await simple('DECLARE c SCROLL CURSOR FOR SELECT g FROM generate_series(1, 9) g')
    assert.equal(session.portal('c').fields?.schema[0]?.name, 'g')
    assert.deepEqual(await execute('c', 2), [[1, 2], 'SELECT 2'])
    assert.deepEqual(await simple('FETCH PRIOR FROM c'), [[1], 'FETCH 1'])
    assert.deepEqual(await execute('c'), [[2, 3, 4, 5, 6, 7, 8, 9], 'SELECT 8'])
    session.closePortal('c')
    assert.equal(await codeOf(() => simple('FETCH c')), '34000')
  })

  it('run once, unless they return rows', async () => {
    await bind('p', 'INSERT INTO t VALUES (1)')
    assert.deepEqual(await execute('p'), [[], 'INSERT 0 1'])
    const error = await failure((async () => execute('p'))())
    assert.deepEqual([error.code, error.message], ['55000', 'portal "p" cannot be run'])
  })

  it('count the rows of each part of RETURNING', async () => {
    await bind('p', 'INSERT INTO t SELECT g FROM generate_series(1, 5) g RETURNING id')
    assert.deepEqual(await execute('p', 2), [[1, 2], 'INSERT 0 2'])
    assert.deepEqual(await execute('p'), [[3, 4, 5], 'INSERT 0 3'])
    assert.deepEqual(await simple('SELECT count(*) FROM t'), [[5n], 'SELECT 1'])
  })

  it('end with the savepoint after which they were made', async () => {
    await bind('early', 'SELECT 1')
    await simple('SAVEPOINT s')
    await bind('late', 'SELECT 2')
    await simple('ROLLBACK TO s')
    assert.deepEqual(await execute('early'), [[1], 'SELECT 1'])
    assert.equal(await codeOf(() => execute('late')), '34000')
  })

  it('do not go on in a failed transaction', async () => {
    await bind('p', 'SELECT g FROM generate_series(1, 9) g')
    await execute('p', 2)
    assert.equal(await codeOf(() => simple('SELECT 1/0')), '22012')
    assert.equal(await codeOf(() => execute('p', 2)), '25P02')
  })
})
