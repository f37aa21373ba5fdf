import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { pino } from 'pino'
import type { RelationId } from '../../planner/catalog.ts'
import { Database } from '../../server/database.ts'
import type { DatabaseSession } from '../../server/session.ts'
import { WriteTurns } from '../../server/write-turns.ts'
import { sessionAnswer } from './same-as-postgres.ts'

describe('WriteTurns', () => {
  const table = 1 as RelationId

  it('gives turns in the order in which they were asked for', async () => {
    const turns = new WriteTurns()
    const order: number[] = []
    const [first, second, third] = [turns.take(table), turns.take(table), turns.take(table)]
    const all = [first, second, third].map((turn, index) => turn.started.then(() => order.push(index)))
    await first.started
    second.end()
    first.end()
    first.end()
    await Promise.all([all[0], all[2]])
    assert.deepEqual(order, [0, 2])
    assert.equal(turns.isTaken(table), true)
    third.end()
    assert.equal(turns.isTaken(table), false)
    await turns.take(table).started
  })
})

describe('statements that write the same row', () => {
  let database: Database
  let session: DatabaseSession
  let table: RelationId
  beforeEach(async () => {
    database = await Database.open({ logger: pino({ level: 'silent' }) })
    session = database.connectEmbedded()
    await run('CREATE TABLE t (id int PRIMARY KEY, n int)')
    await run('INSERT INTO t VALUES (1, 0)')
    table = database.catalog.findRelation(undefined, 't', ['public'])!.id
  })
  afterEach(() => database.close())

  const run = (sql: string, other = session) => sessionAnswer(other, sql)

  it('all come through, more of them than one statement has attempts', async () => {
    const sessions = Array.from({ length: 60 }, () => database.connectEmbedded())
    const answers = await Promise.all(
      sessions.map((other, index) => {
        const upsert = 'INSERT INTO t VALUES (1, 0) ON CONFLICT (id) DO UPDATE SET n = t.n + 1'
        return run(index % 2 === 0 ? 'UPDATE t SET n = n + 1 WHERE id = 1' : upsert, other)
      }),
    )
    assert.deepEqual([...new Set(answers.map(answer => JSON.stringify(answer)))].sort(), [
      '[["INSERT 0 1",[]]]',
      '[["UPDATE 1",[]]]',
    ])
    assert.deepEqual(await run('SELECT n FROM t'), [['SELECT 1', [['60']]]])
    assert.equal(database.writeTurns.isTaken(table), false)
  })

  it('wait for their turn no longer than lock_timeout, or statement_timeout', async () => {
    const turn = database.writeTurns.take(table)
    await run('SET lock_timeout = 20')
    assert.equal(await run('UPDATE t SET n = 5'), '55P03: canceling statement due to lock timeout')
    await run('SET lock_timeout = 0; SET statement_timeout = 20')
    assert.equal(await run('DELETE FROM t'), '57014: canceling statement due to statement timeout')
    await run('RESET statement_timeout')
    const waiting = run('UPDATE t SET n = 7')
    turn.end()
    assert.deepEqual(await waiting, [['UPDATE 1', []]])
  })

  it('are cancelled while they wait', async () => {
    const turn = database.writeTurns.take(table)
    const waiting = run('UPDATE t SET n = 7')
    while (!session.isRunning) await new Promise(resolve => setImmediate(resolve))
    session.cancel()
    assert.equal(await waiting, '57014: canceling statement due to user request')
    turn.end()
    assert.equal(database.writeTurns.isTaken(table), false)
  })
})
