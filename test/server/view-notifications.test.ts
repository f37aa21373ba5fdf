import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { pino } from 'pino'
import { Database } from '../../server/database.ts'
import type { DatabaseSession } from '../../server/session.ts'
import { frame } from '../support/wire-client.ts'
import { TestServer, until } from '../support/wire-server.ts'
import { sessionAnswer, useSameAsPostgres } from './same-as-postgres.ts'

const sequences: Readonly<Record<string, readonly string[]>> = {
  'about channels': [
    'LISTEN d',
    'LISTEN c',
    'SELECT * FROM pg_listening_channels() ORDER BY 1',
    'SELECT count(*) AS n FROM pg_listening_channels() AS x (channel) WHERE channel = $$c$$',
    'UNLISTEN c',
    'SELECT pg_listening_channels FROM pg_listening_channels()',
    'UNLISTEN *',
    'SELECT * FROM pg_listening_channels()',
    'BEGIN',
    'LISTEN e',
    'SELECT * FROM pg_listening_channels()',
    'COMMIT',
    'SELECT * FROM pg_listening_channels()',
    'BEGIN',
    'UNLISTEN e',
    'ROLLBACK',
    'SELECT * FROM pg_listening_channels()',
    'DISCARD ALL',
    'SELECT * FROM pg_listening_channels()',
    'SELECT pg_notification_queue_usage()',
  ],
  'about what is too long': [
    "NOTIFY c, ''",
    "SELECT pg_notify('c', repeat('x', 7999))",
    "SELECT pg_notify('c', repeat('x', 8000))",
    "SELECT pg_notify('c', repeat('ä', 4000))",
    "SELECT pg_notify('', 'x')",
    "SELECT pg_notify(NULL, 'x')",
    "SELECT pg_notify('c', NULL)",
    "SELECT pg_notify(repeat('x', 63), 'x')",
    "SELECT pg_notify(repeat('x', 64), 'x')",
    `NOTIFY "${'y'.repeat(64)}"`,
    `LISTEN "${'y'.repeat(70)}"`,
    'SELECT * FROM pg_listening_channels()',
  ],
}

describe('LISTEN on a materialized view', () => {
  let database: Database
  let listener: DatabaseSession
  let writer: DatabaseSession
  let heard: [channel: string, processId: number, epoch: number][]
  beforeEach(async () => {
    database = await Database.open({ logger: pino({ level: 'silent' }), settings: { epoch_max: '10ms' } })
    listener = database.connectEmbedded()
    writer = database.connectEmbedded()
    heard = []
    listener.onNotification = ({ processId, channel, payload }) => {
      heard.push([channel, processId, Number(payload)])
      return 0
    }
    await write('CREATE TABLE t (id int PRIMARY KEY, v int)')
    await write('CREATE MATERIALIZED VIEW big AS SELECT id FROM t WHERE v > 10')
    await write('CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n FROM big')
  })
  afterEach(() => database.close())

  const write = async (sql: string): Promise<number> => {
    const answer = await sessionAnswer(writer, sql)
    assert.equal(typeof answer, 'object', String(answer))
    return database.engine.epoch
  }
  const listen = (sql: string) => sessionAnswer(listener, sql)

  it('tells of each epoch that changed the view, and of no other', async () => {
    await listen('LISTEN big')
    const first = await write('INSERT INTO t VALUES (1, 11)')
    await write('INSERT INTO t VALUES (2, 2)')
    const second = await write('UPDATE t SET v = 12 WHERE id = 2')
    assert.deepEqual(heard, [
      ['big', 0, first],
      ['big', 0, second],
    ])
  })

  it('goes by the name, alone or with its schema, as long as there is such a view', async () => {
    await listen('LISTEN total; LISTEN "public.total"; LISTEN t; LISTEN later')
    const first = await write('INSERT INTO t VALUES (1, 11)')
    assert.deepEqual(heard.splice(0), [
      ['total', 0, first],
      ['public.total', 0, first],
    ])
    await write('DROP MATERIALIZED VIEW total')
    await write('CREATE MATERIALIZED VIEW later AS SELECT sum(v) AS v FROM t')
    heard.length = 0
    const second = await write('INSERT INTO t VALUES (3, 3)')
    assert.deepEqual(heard.splice(0), [['later', 0, second]])
    await listen('UNLISTEN later')
    await write('INSERT INTO t VALUES (4, 4)')
    assert.deepEqual(heard, [])
  })

  it('waits for the end of a transaction, and then tells of the last change only', async () => {
    await listen('LISTEN total')
    await listen('BEGIN')
    await write('INSERT INTO t VALUES (1, 11)')
    await write('NOTIFY total')
    const last = await write('INSERT INTO t VALUES (2, 12)')
    assert.deepEqual(heard, [])
    await listen('COMMIT')
    assert.deepEqual(heard, [
      ['total', writer.processId, 0],
      ['total', 0, last],
    ])
  })

  it('tells only who may read the view', async () => {
    await write('CREATE ROLE ada LOGIN')
    await listen("SET SESSION AUTHORIZATION 'ada'")
    await listen('LISTEN total')
    await write('INSERT INTO t VALUES (1, 11)')
    assert.deepEqual(heard, [])
    await write('GRANT SELECT ON total TO ada')
    const epoch = await write('INSERT INTO t VALUES (2, 12)')
    assert.deepEqual(heard, [['total', 0, epoch]])
  })
})

describe('notifications', () => {
  describe('answer as PostgreSQL', () => {
    const assertSameAsPostgres = useSameAsPostgres()
    for (const [name, statements] of Object.entries(sequences)) {
      it(name, async () => {
        await assertSameAsPostgres('CREATE TABLE t (id int)', statements)
      })
    }
  })

  it('end a session whose client does not read them', async () => {
    const server = await TestServer.start({ databaseLimits: { notificationBytesMax: 256 * 1024 } })
    try {
      const deaf = await server.login()
      await deaf.send(frame('Q', 'LISTEN news\0'))
      await deaf.readUntilReady()
      const session = server.database.connectEmbedded()
      const text = `SELECT pg_notify('news', n || repeat('x', 7000)) FROM generate_series(1, 1000) AS s (n)`
      const isGone = () => server.database.notifications.usage === 0 && server.database.sessionCount === 1
      deaf.pause()
      for (let round = 0; round < 100 && !isGone(); round++) await sessionAnswer(session, text)
      await until(isGone)
      assert.deepEqual(server.internalErrors, [])
    } finally {
      await server.close()
    }
  })
})
