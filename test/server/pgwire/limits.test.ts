/** Sizes, counts and times past which a client is refused, and what happens to the others. */

import { strict as assert } from 'node:assert'
import { serialize } from 'pg-protocol'
import { type BackendMessage, errorField, startup, summary } from '../../support/wire-client.ts'
import { TestServer, type TestServerOptions, until } from '../../support/wire-server.ts'

/** ReadyForQuery. */
const READY_BYTES = 6
const series = 'SELECT count(*) FROM generate_series(1, 1000000000)'

function errorText(message: BackendMessage | undefined): string {
  assert.equal(message?.type, 'E')
  return ['S', 'C', 'M'].map(field => errorField(message.body, field)).join(' ')
}

describe('wire limits', () => {
  let server: TestServer

  afterEach(() => server.close())

  async function start(limits: TestServerOptions['limits'] = {}): Promise<void> {
    server = await TestServer.start({ limits })
  }

  it('refuses a start-up packet that is too long', async () => {
    await start()
    const client = await server.open()
    await client.send(startup({ user: 'x', database: 'dev', application_name: 'x'.repeat(10_000) }))
    assert.equal(errorText(await client.read()), 'FATAL 08P01 invalid length of startup packet')
    assert.equal(await client.read(), undefined)
  })

  it('closes a connection that does not start up in time, silently', async () => {
    await start({ startupTimeoutMs: 30 })
    const client = await server.open()
    await client.send(startup({ user: 'x', database: 'dev' }).subarray(0, 20))
    assert.equal(await client.read(), undefined)
    await until(() => server.wire.connectionCount === 0)
  })

  it('drops the oldest of too many connections in start-up', async () => {
    await start({ pendingConnectionsMax: 2 })
    const oldest = await server.open()
    const second = await server.open()
    const third = await server.login()
    assert.equal(await oldest.read(), undefined)
    await second.send(startup({ user: 'tester', database: 'dev' }))
    assert.match(summary(await second.readUntilReady()), /Z\(I\)$/)
    third.close()
  })

  it('refuses connections past the total and past those of one user', async () => {
    await start({ connectionsMax: 3, connectionsPerUserMax: 2 })
    const first = await server.login()
    await server.login()
    const refused = await server.open()
    await refused.send(startup({ user: 'tester', database: 'dev' }))
    assert.equal((await refused.read())?.type, 'R')
    const perUser = 'FATAL 53300 too many connections for role "tester"'
    assert.equal(errorText(await refused.read()), perUser)
    await server.login({ user: 'other' })
    const last = await server.open()
    await last.send(startup({ user: 'third', database: 'dev' }))
    assert.equal(errorText(await last.read()), 'FATAL 53300 sorry, too many clients already')
    assert.equal(await last.read(), undefined)
    assert.equal(server.database.sessionCount, 3)
    first.close()
    await until(() => server.database.sessionCount === 2)
    await server.login()
  })

  it('gives others their turn while a client sends messages without a pause', async () => {
    await start()
    const hasty = await server.login()
    const other = await server.login()
    const syncs = 100_000
    await Promise.all([
      hasty.send(Buffer.concat(Array<Buffer>(syncs).fill(serialize.sync()))),
      other.send(serialize.query('SELECT 1')),
    ])
    await other.readUntilReady()
    // Of the 64 KiB that Node.js reads at once, not all were handled before.
    const answered = hasty.bufferedBytes / READY_BYTES
    assert.ok(answered < 13_000, `${answered} messages were handled first`)
  })

  it('refuses long messages and lives on', async () => {
    await start({ queryBytesMax: 2000, bindBytesMax: 3000, messageBytesMax: 1000 })
    const client = await server.login()
    await client.send(
      Buffer.concat([
        serialize.query(`SELECT '${'x'.repeat(3000)}'`),
        serialize.parse({ text: `SELECT '${'x'.repeat(3000)}'` }),
        serialize.sync(),
        serialize.parse({ text: 'SELECT $1' }),
        serialize.bind({ values: ['x'.repeat(4000)] }),
        serialize.sync(),
        serialize.bind({ values: ['x'.repeat(2500)] }),
        serialize.execute({}),
        serialize.sync(),
      ]),
    )
    const answers = 'E(54000) Z(I) E(54000) Z(I) 1 E(54000) Z(I) 2 D C(SELECT 1) Z(I)'
    assert.equal(summary(await client.readUntilReady(4)), answers)
  })

  it('refuses statements over 1 MiB in both protocols', async () => {
    await start()
    const client = await server.login()
    const text = `SELECT '${'x'.repeat(1024 * 1024)}'`
    await client.send(serialize.query(text), serialize.parse({ text }), serialize.sync())
    assert.equal(summary(await client.readUntilReady(2)), 'E(54000) Z(I) E(54000) Z(I)')
  })

  it('takes 65 535 parameters', async () => {
    await start()
    const client = await server.login()
    const count = 65_535
    const types = new Array<number>(count).fill(23)
    await client.send(
      Buffer.concat([
        serialize.parse({ text: 'SELECT $1 + $65535', types }),
        serialize.describe({ type: 'S' }),
        serialize.bind({ values: types.map((_, index) => String(index)) }),
        serialize.execute({}),
        serialize.sync(),
      ]),
    )
    const messages = await client.readUntilReady()
    assert.equal(messages.map(({ type }) => type).join(' '), '1 t T 2 D C Z')
    assert.equal(messages[1]!.body.length, 2 + 4 * count)
    assert.equal(messages[4]!.body.toString('latin1', 6), '65534')
  })

  it('knows no parameter with a number that no Bind can carry', async () => {
    await start()
    const client = await server.login()
    for (const number of ['65536', '2147483647', '99999999999']) {
      await client.send(serialize.parse({ text: `SELECT $${number}::int` }), serialize.sync())
      assert.match(summary(await client.readUntilReady()), /^E\(42(P02|601)\) Z\(I\)$/)
    }
  })

  it('limits prepared statements and portals of a session', async () => {
    await start()
    const client = await server.login()
    const parses = Array.from({ length: 1001 }, (_, index) =>
      serialize.parse({ name: `s${index}`, text: 'SELECT 1' }),
    )
    await client.send(Buffer.concat([...parses, serialize.sync()]))
    const parsed = (await client.readUntilReady()).map(({ type }) => type)
    assert.deepEqual([parsed.length, parsed.slice(-3)], [1002, ['1', 'E', 'Z']])
    const binds = Array.from({ length: 257 }, (_, index) =>
      serialize.bind({ portal: `p${index}`, statement: 's0' }),
    )
    await client.send(Buffer.concat([...binds, serialize.sync()]))
    const messages = await client.readUntilReady()
    assert.equal(messages.length, 258)
    assert.equal(errorField(messages[256]!.body, 'C'), '54000')
  })

  it('refuses long messages of a server that holds too many bytes, and only those', async () => {
    await start({ inFlightBytesMax: 300_000, smallMessageBytes: 10_000 })
    const clients = await Promise.all([1, 2, 3, 4].map(() => server.login()))
    const long = serialize.query(`SELECT length('${'x'.repeat(100_000)}')`)
    for (const client of clients) await client.send(long.subarray(0, 90_000))
    await until(() => server.wire.inFlightBytes >= 270_000)
    const other = await server.login()
    await other.send(serialize.query('SELECT 1'))
    assert.equal(summary(await other.readUntilReady()), 'T(1) D C(SELECT 1) Z(I)')
    const answers: string[] = []
    for (const client of clients) {
      await client.send(long.subarray(90_000), serialize.query('SELECT 1'))
      answers.push(summary(await client.readUntilReady(2)))
    }
    const refused = answers.filter(answer => answer === 'E(53400) Z(I) T(1) D C(SELECT 1) Z(I)')
    assert.equal(refused.length, 1, answers.join(' | '))
    assert.equal(server.wire.inFlightBytes, 0)
    clients[0]!.send(long.subarray(0, 50_000))
    await until(() => server.wire.inFlightBytes === 50_000)
    clients[0]!.close()
    await until(() => server.wire.inFlightBytes === 0)
  })

  it('stops reading from a busy client, and goes on when it has caught up', async () => {
    await start({ inputBytesMax: 10_000 })
    const client = await server.login()
    const query = serialize.query('SELECT 1')
    await client.send(serialize.query('SELECT count(*) FROM generate_series(1, 3000000)'))
    await client.send(Buffer.concat(new Array<Buffer>(3000).fill(query)))
    assert.equal((await client.readUntilReady(3001)).filter(({ type }) => type === 'D').length, 3001)
  })

  it('handles no more messages of a client that does not read the answers', async () => {
    await start({ outputBytesMax: 100_000, inputBytesMax: 10_000 })
    const client = await server.login()
    client.pause()
    const query = serialize.query(`SELECT repeat('x', 100000)`)
    const sent = client.send(Buffer.concat(new Array<Buffer>(300).fill(query)))
    await until(() => server.wire.inFlightBytes > 0)
    await new Promise(resolve => setTimeout(resolve, 50))
    assert(server.wire.inFlightBytes > 0, 'the rest of the queries waits')
    client.resume()
    await sent
    assert.equal((await client.readUntilReady(300)).filter(({ type }) => type === 'D').length, 300)
  })

  it('ends idle sessions', async () => {
    await start()
    const client = await server.login({ idle_session_timeout: '20ms' })
    const idle = 'FATAL 57P05 terminating connection due to idle-session timeout'
    assert.equal(errorText(await client.read()), idle)
    assert.equal(await client.read(), undefined)
    await until(() => server.database.sessionCount === 0)
  })

  it('ends sessions that are idle in a transaction, failed or not, and no others', async () => {
    await start()
    const limit = { idle_in_transaction_session_timeout: '20ms' }
    for (const end of ['SELECT 1', 'SELECT nope']) {
      const client = await server.login(limit)
      await client.send(serialize.query('BEGIN'), serialize.query(end))
      await client.readUntilReady(2)
      const idle = 'FATAL 25P03 terminating connection due to idle-in-transaction timeout'
      assert.equal(errorText(await client.read()), idle)
      assert.equal(await client.read(), undefined)
    }
    const client = await server.login(limit)
    await client.send(serialize.query('BEGIN; SELECT 1; COMMIT'))
    await client.readUntilReady()
    await new Promise(resolve => setTimeout(resolve, 60))
    await client.send(serialize.query('SELECT 1'))
    assert.equal(summary(await client.readUntilReady()), 'T(1) D C(SELECT 1) Z(I)')
  })

  it('cancels statements that take too long', async () => {
    await start()
    const client = await server.login({ statement_timeout: '30ms' })
    await client.send(serialize.query(series))
    const messages = await client.readUntilReady()
    const canceled = 'ERROR 57014 canceling statement due to statement timeout'
    assert.equal(errorText(messages.find(({ type }) => type === 'E')), canceled)
  })

  it('lets others have their turn between the statements of a long text', async () => {
    await start()
    const [client, other] = [await server.login(), await server.login()]
    const count = 20_000
    let isDone = false
    await client.send(serialize.query('SELECT 1;'.repeat(count)))
    const answered = client.readUntilReady().then(messages => {
      isDone = true
      return messages.length
    })
    let turns = 0
    while (!isDone) {
      await other.send(serialize.query('SELECT 1'))
      await other.readUntilReady()
      turns++
    }
    assert.equal(await answered, 3 * count + 1)
    assert(turns > 5, `${turns} turns`)
  })

  it('does not count the time that a portal waits for its next Execute', async () => {
    await start()
    const client = await server.login({ statement_timeout: '300ms' })
    await client.send(
      serialize.query('BEGIN'),
      serialize.parse({ text: 'SELECT g FROM generate_series(1, 100000) g' }),
      serialize.bind({}),
      serialize.execute({ rows: 5 }),
      serialize.flush(),
    )
    await client.readUntilReady()
    for (const type of '12DDDDDs') assert.equal((await client.read())?.type, type)
    await new Promise(resolve => setTimeout(resolve, 400))
    await client.send(serialize.execute({ rows: 9000 }), serialize.sync())
    assert.equal(summary(await client.readUntilReady()), 'D*9000 s Z(T)')
  })
})
