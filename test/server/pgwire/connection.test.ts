/** What a connection does around its statements: start-up, settings, notices, disconnects, subscriptions. */

import { strict as assert } from 'node:assert'
import { serialize } from 'pg-protocol'
import {
  type BackendMessage,
  cancelRequest,
  errorField,
  frame,
  startup,
  summary,
} from '../../support/wire-client.ts'
import { TestServer, type TestServerOptions, until } from '../../support/wire-server.ts'

const longQuery = 'SELECT count(*) FROM generate_series(1, 1000000000)'

function errorText(message: BackendMessage | undefined): string {
  assert.equal(message?.type, 'E')
  return ['S', 'C', 'M'].map(field => errorField(message.body, field)).join(' ')
}

/** Messages with ParameterStatus as `S(name=value)`. */
function withSettings(messages: readonly BackendMessage[]): string {
  return messages
    .map(message => {
      if (message.type !== 'S') return summary([message])
      const [name, value] = message.body.toString('utf8').split('\0')
      return `S(${name}=${value})`
    })
    .join(' ')
}

function sslRequest(code = 80877103): Buffer {
  const request = Buffer.alloc(8)
  request.writeInt32BE(8, 0)
  request.writeInt32BE(code, 4)
  return request
}

describe('wire connection', () => {
  let server: TestServer

  beforeEach(() => start())
  afterEach(() => server.close())

  async function start(options?: TestServerOptions): Promise<void> {
    await server?.close()
    server = await TestServer.start(options)
  }

  it('answers each kind of encryption request once', async () => {
    const client = await server.open()
    await client.send(sslRequest())
    assert.equal(await client.readByte(), 'N')
    await client.send(sslRequest())
    assert.match(errorText(await client.read()), /^FATAL 0A000 unsupported frontend protocol 1234\.5679/)
    assert.equal(await client.read(), undefined)
  })

  it('makes every error of start-up FATAL, and leaves no session behind', async () => {
    const cases: readonly (readonly [Record<string, string>, string])[] = [
      [{ user: 'x', database: 'nope' }, 'FATAL 3D000 database "nope" does not exist'],
      [
        { user: 'x', database: 'dev', client_encoding: 'LATIN99' },
        'FATAL 22023 invalid value for parameter "client_encoding": "LATIN99"',
      ],
      [
        { user: 'x', database: 'dev', no_such_thing: '1' },
        'FATAL 42704 unrecognized configuration parameter "no_such_thing"',
      ],
      [
        { user: 'x', database: 'dev', options: '-c statement_timeout=abc' },
        'FATAL 22023 invalid value for parameter "statement_timeout": "abc"',
      ],
    ]
    for (const [parameters, expected] of cases) {
      const client = await server.open()
      await client.send(startup(parameters))
      assert.equal((await client.read())?.type, 'R')
      assert.equal(errorText(await client.read()), expected)
      assert.equal(await client.read(), undefined)
    }
    await until(() => server.wire.connectionCount === 0)
    assert.equal(server.database.sessionCount, 0)
  })

  it('reports settings once, when the client may go on', async () => {
    const client = await server.login()
    await client.send(
      serialize.query("SET application_name = 'a'; SET application_name = 'b'; SELECT 1"),
      serialize.query("SET TimeZone = 'UTC'"),
      serialize.query("BEGIN; SET LOCAL IntervalStyle = 'sql_standard'"),
      serialize.query('COMMIT'),
      serialize.query("BEGIN; SET IntervalStyle = 'iso_8601'; ROLLBACK"),
      serialize.parse({ text: "SET application_name = 'c'" }),
      serialize.bind({}),
      serialize.execute({}),
      serialize.sync(),
    )
    const expected = [
      'C(SET) C(SET) T(1) D C(SELECT 1) S(application_name=b) Z(I)',
      'C(SET) Z(I)',
      'C(BEGIN) C(SET) S(IntervalStyle=sql_standard) Z(T)',
      'C(COMMIT) S(IntervalStyle=postgres) Z(I)',
      'C(BEGIN) C(SET) C(ROLLBACK) Z(I)',
      '1 2 C(SET) S(application_name=c) Z(I)',
    ]
    assert.equal(withSettings(await client.readUntilReady(expected.length)), expected.join(' '))
  })

  it('prints and reads values as the settings say', async () => {
    const settings = { DateStyle: 'ISO, DMY', IntervalStyle: 'iso_8601' }
    const client = await server.login(settings)
    await client.send(
      serialize.parse({ text: "SELECT $1::date, interval '1 day 2 hours'" }),
      serialize.bind({ values: ['01/02/2026'] }),
      serialize.execute({}),
      serialize.sync(),
    )
    const row = (await client.readUntilReady()).find(({ type }) => type === 'D')!
    assert.match(row.body.toString('latin1'), /2026-02-01.*P1DT2H$/s)
  })

  it('sends notices while a statement runs', async () => {
    const client = await server.login()
    await client.send(serialize.query(`COMMIT; ${longQuery}`))
    const notice = await client.read()
    assert.deepEqual([notice?.type, errorField(notice!.body, 'C')], ['N', '25P01'])
  })

  it('ends the connection for messages that cannot be', async () => {
    const cases: readonly (readonly [Buffer, string])[] = [
      [frame('!'), 'FATAL 08P01 invalid frontend message type 33'],
      [Buffer.from('Q\0\0\0\x03'), 'FATAL 08P01 invalid message length'],
      [Buffer.from([0x51, 0xff, 0xff, 0xff, 0xff]), 'FATAL 08P01 invalid message length'],
      [Buffer.from([0x51, 0x7f, 0xff, 0xff, 0xff]), 'FATAL 08P01 invalid message length'],
      [
        Buffer.concat([serialize.parse({ text: 'SELECT nope' }), frame('!')]),
        'ERROR 42703 column "nope" does not exist FATAL 08P01 invalid frontend message type 33',
      ],
    ]
    for (const [bytes, expected] of cases) {
      const client = await server.login()
      await client.send(bytes)
      const errors = (await client.readUntilReady()).filter(({ type }) => type === 'E')
      assert.equal(errors.map(errorText).join(' '), expected)
    }
  })

  it('answers malformed and unsupported messages, and is ready again', async () => {
    const client = await server.login()
    const cases: readonly (readonly [Buffer, string])[] = [
      [frame('F', Buffer.alloc(8)), 'E(0A000) Z(I)'],
      [frame('Q', 'SELECT 1'), 'E(08P01) Z(I)'],
      [frame('Q', 'SELECT 1\0x'), 'E(08P01) Z(I)'],
      [frame('Q', Buffer.from([0xc3, 0x28, 0])), 'E(22021) Z(I)'],
      [frame('S', 'x'), 'E(08P01) Z(I)'],
      [Buffer.concat([frame('H', 'x'), frame('S')]), 'E(08P01) Z(I)'],
      [Buffer.concat([frame('D', 'Xname\0'), frame('S')]), 'E(08P01) Z(I)'],
      [Buffer.concat([frame('C', ''), frame('S')]), 'E(08P01) Z(I)'],
      [Buffer.concat([frame('E', 'p\0\0\0'), frame('S')]), 'E(08P01) Z(I)'],
      [Buffer.concat([frame('P', '\0SELECT 1\0\0\x01'), frame('S')]), 'E(08P01) Z(I)'],
    ]
    for (const [bytes, expected] of cases) {
      await client.send(bytes)
      assert.equal(summary(await client.readUntilReady()), expected)
    }
    await client.send(serialize.query('BEGIN'), frame('Q', 'x'), serialize.query('SELECT 1'))
    assert.equal(summary(await client.readUntilReady(3)), 'C(BEGIN) Z(T) E(08P01) Z(E) E(25P02) Z(E)')
  })

  it('cancels what runs when the client goes away', async () => {
    for (const leave of ['close', 'endSending'] as const) {
      const client = await server.login()
      await client.send(serialize.query(`COMMIT; ${longQuery}`))
      assert.equal((await client.read())?.type, 'N')
      client[leave]()
      await until(() => server.wire.connectionCount === 0)
      assert.equal(server.database.sessionCount, 0)
    }
  })

  it('forgets a client that went away without reading its result', async () => {
    const client = await server.login()
    client.pause()
    await client.send(serialize.query(`SELECT repeat('x', 1000) FROM generate_series(1, 1000000)`))
    await new Promise(resolve => setTimeout(resolve, 100))
    client.endSending()
    await until(() => server.wire.connectionCount === 0)
    assert.equal(server.database.sessionCount, 0)
  })

  it('finishes what a client reads slowly after it said goodbye', async () => {
    const client = await server.login()
    client.pause()
    await client.send(serialize.query(`SELECT repeat('x', 1000) FROM generate_series(1, 500)`), frame('X'))
    await new Promise(resolve => setTimeout(resolve, 100))
    client.resume()
    assert.match(summary(await client.readUntilReady()), /^T\(1\) D\*500 C\(SELECT 500\) Z\(I\)$/)
  })

  it('has no effect on a suspended portal when it is cancelled', async () => {
    const client = await server.open()
    await client.send(startup({ user: 'tester', database: 'dev' }))
    const key = (await client.readUntilReady()).find(({ type }) => type === 'K')!.body
    await client.send(
      serialize.query('BEGIN'),
      serialize.parse({ text: 'SELECT g FROM generate_series(1, 100000) g' }),
      serialize.bind({}),
      serialize.execute({ rows: 1 }),
      serialize.flush(),
    )
    await client.readUntilReady()
    for (const type of '12Ds') assert.equal((await client.read())?.type, type)
    const canceller = await server.open()
    await canceller.send(cancelRequest(key))
    assert.equal(await canceller.read(), undefined)
    await client.send(serialize.execute({ rows: 9000 }), serialize.sync())
    assert.equal(summary(await client.readUntilReady()), 'D*9000 s Z(T)')
  })

  it('sends the changes of a subscription through a portal with a row limit', async () => {
    const client = await server.login()
    await client.send(
      serialize.query('CREATE TABLE t (a int); INSERT INTO t VALUES (1), (2), (3)'),
      serialize.query('BEGIN'),
      serialize.parse({ text: 'SUBSCRIBE t' }),
      serialize.bind({}),
      serialize.execute({ rows: 2 }),
      serialize.execute({ rows: 2 }),
      serialize.flush(),
    )
    await client.readUntilReady(2)
    for (const type of '12DDsDs') assert.equal((await client.read())?.type, type)
    await client.send(serialize.execute({ rows: 10 }), serialize.flush())
    const writer = await server.login()
    await writer.send(serialize.query('INSERT INTO t VALUES (4)'))
    await writer.readUntilReady()
    for (const type of 'Ds') assert.equal((await client.read())?.type, type)
    await client.send(serialize.sync(), serialize.query('COMMIT'))
    assert.equal(summary(await client.readUntilReady(2)), 'Z(T) C(COMMIT) Z(I)')
  })

  it('refuses a subscription whose end the client would wait for', async () => {
    const client = await server.login()
    await client.send(
      serialize.query('CREATE TABLE t (a int)'),
      serialize.query('SUBSCRIBE t'),
      serialize.parse({ text: 'SUBSCRIBE t' }),
      serialize.bind({}),
      serialize.execute({}),
      serialize.sync(),
    )
    const expected = 'C(CREATE TABLE) Z(I) E(0A000) Z(I) 1 2 E(0A000) Z(I)'
    assert.equal(summary(await client.readUntilReady(3)), expected)
  })

  it('disconnects a client that does not read its subscription', async () => {
    await start({ limits: { subscriptionStallMs: 50, outputBytesMax: 50_000 } })
    const client = await server.login()
    await client.send(serialize.query('CREATE TABLE t (a text)'))
    await client.readUntilReady()
    await client.send(serialize.query('COPY (SUBSCRIBE t) TO STDOUT'))
    assert.equal((await client.read())?.type, 'H')
    client.pause()
    const writer = await server.login()
    await writer.send(
      serialize.query(`INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, 20000)`),
    )
    await writer.readUntilReady()
    await until(() => server.wire.connectionCount === 1)
    assert.equal(server.database.sessionCount, 1)
  })

  it('disconnects a subscriber that falls too far behind', async () => {
    await start({ limits: { outputBytesMax: 50_000 }, databaseLimits: { subscriptionBytesMax: 1_000_000 } })
    const client = await server.login()
    await client.send(serialize.query('CREATE TABLE t (a text)'))
    await client.readUntilReady()
    await client.send(serialize.query('COPY (SUBSCRIBE t) TO STDOUT'))
    assert.equal((await client.read())?.type, 'H')
    client.pause()
    const writer = await server.login()
    for (let round = 0; round < 12; round++) {
      await writer.send(
        serialize.query(`INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, 900)`),
      )
      await writer.readUntilReady()
    }
    client.resume()
    const messages = await client.readUntilReady()
    const behind = 'FATAL 53200 the subscription fell too far behind'
    assert.equal(errorText(messages.at(-1)), behind)
    await until(() => server.wire.connectionCount === 1)
  })
})
