import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import pg from 'pg'
import { pino } from 'pino'
import { Database } from '../../server/database.ts'
import { Millrace } from '../../server/index.ts'
import type { DatabaseSession } from '../../server/session.ts'
import { sessionAnswer } from './same-as-postgres.ts'

describe('LISTEN and NOTIFY through the wire', () => {
  it('reaches a client that waits', async () => {
    const db = await Millrace.create()
    const { url } = await db.listen({ host: '127.0.0.1', port: 0 })
    const client = new pg.Client({ connectionString: url.replace('://', '://tester@') })
    await client.connect()
    try {
      await client.query('LISTEN news')
      const heard = new Promise<pg.Notification>(resolve => {
        client.once('notification', resolve)
      })
      await db.exec(`NOTIFY news, 'hello'`)
      const { channel, payload } = await heard
      assert.deepEqual([channel, payload], ['news', 'hello'])
      const own: (string | undefined)[] = []
      client.on('notification', message => own.push(message.payload))
      await client.query(`BEGIN; NOTIFY news, 'one'; NOTIFY news, 'two'; COMMIT`)
      assert.deepEqual(own, ['one', 'two'])
    } finally {
      await client.end()
      await db.close()
    }
  })
})

describe('LISTEN and NOTIFY', () => {
  let database: Database
  let listener: DatabaseSession
  let sender: DatabaseSession
  let heard: string[]
  beforeEach(async () => {
    database = await Database.open({ logger: pino({ level: 'silent' }), settings: { epoch_max: '10ms' } })
    listener = database.connectEmbedded()
    sender = database.connectEmbedded()
    heard = []
    listener.onNotification = ({ processId, channel, payload }) => {
      return heard.push(`${processId === sender.processId ? '' : 'own '}${channel}:${payload}`)
    }
    await sessionAnswer(listener, 'LISTEN news')
  })
  afterEach(() => database.close())

  const send = (sql: string) => sessionAnswer(sender, sql)

  it('tells every listener of a channel', async () => {
    assert.deepEqual(await send(`NOTIFY news, 'first'`), [['NOTIFY', []]])
    assert.deepEqual(await send('NOTIFY news'), [['NOTIFY', []]])
    await send(`NOTIFY other, 'x'; SELECT pg_notify('news', 'by ' || 'function')`)
    assert.deepEqual(heard, ['news:first', 'news:', 'news:by function'])
    assert.deepEqual(await sessionAnswer(listener, 'UNLISTEN news'), [['UNLISTEN', []]])
    await send('NOTIFY news')
    assert.equal(heard.length, 3)
  })

  it('speaks at COMMIT, of each message once, and never of what was rolled back', async () => {
    await send(`BEGIN; NOTIFY news, 'a'; NOTIFY news, 'b'; NOTIFY news, 'a'`)
    await send(`SAVEPOINT s; NOTIFY news, 'undone'; ROLLBACK TO s; NOTIFY news, 'c'`)
    assert.deepEqual(heard, [])
    await send('COMMIT')
    assert.deepEqual(heard, ['news:a', 'news:b', 'news:c'])
    await send(`BEGIN; NOTIFY news, 'd'; ROLLBACK`)
    await send(`NOTIFY news, 'e'; SELECT 1/0`)
    await send(`SELECT pg_notify('news', 'f'), 1/0`)
    await send('SELECT 1')
    assert.equal(heard.length, 3)
  })

  it('listens from COMMIT on', async () => {
    const late = database.connectEmbedded()
    const lateHeard: string[] = []
    late.onNotification = ({ payload }) => lateHeard.push(payload)
    await sessionAnswer(late, 'BEGIN; LISTEN news')
    await send(`NOTIFY news, '1'`)
    await sessionAnswer(late, 'COMMIT')
    await send(`NOTIFY news, '2'`)
    await sessionAnswer(late, 'BEGIN; UNLISTEN *; ROLLBACK')
    await send(`NOTIFY news, '3'`)
    await sessionAnswer(late, 'DISCARD ALL')
    await send(`NOTIFY news, '4'`)
    assert.deepEqual(lateHeard, ['2', '3'])
  })

  it('waits while the listener is in a transaction, and tells it of its own messages', async () => {
    await sessionAnswer(listener, 'BEGIN')
    await send(`NOTIFY news, 'waits'`)
    await sessionAnswer(listener, `NOTIFY news, 'mine'`)
    assert.deepEqual(heard, [])
    await sessionAnswer(listener, 'COMMIT')
    assert.deepEqual(heard, ['news:waits', 'own news:mine'])
  })

  it('has PostgreSQL’s limits', async () => {
    const long = 'x'.repeat(8000)
    assert.equal(await send(`NOTIFY news, '${long}'`), '22023: payload string too long')
    assert.equal(await send(`SELECT pg_notify('', 'x')`), '22023: channel name cannot be empty')
    assert.equal(await send(`SELECT pg_notify(repeat('c', 64), 'x')`), '22023: channel name too long')
    assert.deepEqual(await send(`NOTIFY news, '${long.slice(1)}'`), [['NOTIFY', []]])
    assert.equal(heard.length, 1)
  })

  it('refuses to queue without end for a session that stays in its transaction', async () => {
    await sessionAnswer(listener, 'BEGIN')
    const flood = `SELECT pg_notify('news', repeat('x', 7000) || n) FROM generate_series(1, 1500) AS g(n)`
    assert.equal((await send(flood)).length, 1)
    assert.equal(await send(flood), '54000: too many notifications in the NOTIFY queue')
    await sessionAnswer(listener, 'COMMIT')
    assert.equal(heard.length, 1500)
    assert.equal((await send(flood)).length, 1)
  })
})
