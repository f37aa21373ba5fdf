/** Sessions controlled by others: pg_cancel_backend, pg_terminate_backend, and the last connections. */

import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'mocha'
import { serialize } from 'pg-protocol'
import type { WireClient } from '../../support/wire-client.ts'
import { type BackendMessage, errorField, frame, startup, summary } from '../../support/wire-client.ts'
import { TestServer, type TestServerOptions, until } from '../../support/wire-server.ts'

describe('control of sessions', () => {
  let server: TestServer
  afterEach(() => server.close())

  async function start(options: TestServerOptions = {}): Promise<void> {
    server = await TestServer.start(options)
  }

  async function query(client: WireClient, text: string): Promise<BackendMessage[]> {
    await client.send(frame('Q', `${text}\0`))
    return client.readUntilReady()
  }

  async function processId(client: WireClient): Promise<string> {
    const row = (await query(client, 'SELECT pg_backend_pid()')).find(message => message.type === 'D')
    return row!.body.toString('utf8', 6)
  }

  it('cancels what another session runs, and nothing when it runs nothing', async () => {
    await start()
    const [busy, other] = [await server.login(), await server.login()]
    const pid = await processId(busy)
    assert.equal(summary(await query(other, `SELECT pg_cancel_backend(${pid})`)), 'T(1) D C(SELECT 1) Z(I)')
    await busy.send(frame('Q', 'SELECT pg_sleep(60)\0'))
    await untilActive(server, pid)
    await query(other, `SELECT pg_cancel_backend(${pid})`)
    const answer = await busy.readUntilReady()
    const error = answer.find(message => message.type === 'E')!
    assert.equal(errorText(error), 'ERROR 57014 canceling statement due to user request')
    assert.equal(summary(await query(busy, 'SELECT 1')), 'T(1) D C(SELECT 1) Z(I)')
  })

  it('terminates sessions that are idle, busy, in a transaction, in the middle of a result', async () => {
    await start()
    const root = await server.login()
    await query(root, 'CREATE TABLE t (a int PRIMARY KEY)')
    const idle = await server.login()
    const busy = await server.login()
    const inTransaction = await server.login()
    const suspended = await server.login()
    const pids = await Promise.all([idle, busy, inTransaction, suspended].map(processId))
    await busy.send(frame('Q', 'SELECT pg_sleep(60)\0'))
    await query(inTransaction, 'BEGIN; INSERT INTO t VALUES (1)')
    await suspended.send(
      Buffer.concat([
        serialize.parse({ text: 'SELECT * FROM generate_series(1, 100000)' }),
        serialize.bind({}),
        serialize.execute({ rows: 1 }),
        serialize.flush(),
      ]),
    )
    while ((await suspended.read())?.type !== 's');
    await untilActive(server, pids[1]!)
    for (const pid of pids) await query(root, `SELECT pg_terminate_backend(${pid}, 1000)`)
    for (const client of [idle, busy, inTransaction, suspended]) {
      assert.deepEqual((await client.readUntilReady()).filter(({ type }) => type === 'E').map(errorText), [
        'FATAL 57P01 terminating connection due to administrator command',
      ])
    }
    assert.equal(server.database.sessionCount, 1)
    await until(() => server.wire.connectionCount === 1)
    assert.equal(summary(await query(root, 'SELECT * FROM t')), 'T(1) C(SELECT 0) Z(I)')
    assert.deepEqual(server.internalErrors, [])
  })

  it('terminates a session whose client does not read, at once', async () => {
    await start()
    const [root, deaf] = [await server.login(), await server.login()]
    const pid = await processId(deaf)
    deaf.pause()
    await deaf.send(frame('Q', "SELECT repeat('x', 1000) FROM generate_series(1, 200000)\0"))
    await untilActive(server, pid)
    await query(root, `SELECT pg_terminate_backend(${pid})`)
    assert.equal(server.database.sessionCount, 1)
    deaf.close()
    await until(() => server.wire.connectionCount === 1)
    assert.deepEqual(server.internalErrors, [])
  })

  it('terminates COPY and subscriptions, of which nothing stays', async () => {
    await start()
    const [root, copying, following] = [await server.login(), await server.login(), await server.login()]
    await query(root, 'CREATE TABLE t (a int)')
    const pids = [await processId(copying), await processId(following)]
    await copying.send(Buffer.concat([frame('Q', 'COPY t FROM STDIN\0'), frame('d', '1\n2\n')]))
    await following.send(frame('Q', 'COPY (SUBSCRIBE t) TO STDOUT\0'))
    for (const client of [copying, following]) while (!['G', 'H'].includes((await client.read())!.type));
    for (const pid of pids) await query(root, `SELECT pg_terminate_backend(${pid})`)
    for (const client of [copying, following]) {
      const errors = (await client.readUntilReady()).filter(({ type }) => type === 'E').map(errorText)
      assert.deepEqual(errors, ['FATAL 57P01 terminating connection due to administrator command'])
    }
    assert.equal(server.database.sessionCount, 1)
    assert.equal(summary(await query(root, 'SELECT * FROM t')), 'T(1) C(SELECT 0) Z(I)')
    assert.equal(summary(await query(root, 'INSERT INTO t VALUES (1)')), 'C(INSERT 0 1) Z(I)')
    assert.deepEqual(server.internalErrors, [])
  })

  it('ends the session that terminates itself', async () => {
    await start()
    const client = await server.login()
    const messages = await query(client, 'SELECT pg_terminate_backend(pg_backend_pid())')
    const errors = messages.filter(({ type }) => type === 'E').map(errorText)
    assert.deepEqual(errors, ['FATAL 57P01 terminating connection due to administrator command'])
    await until(() => server.database.sessionCount === 0 && server.wire.connectionCount === 0)
  })

  it('keeps the last connections for superusers', async () => {
    const roles = ['ada', 'bob'].map(name => ({ name }))
    await start({ roles, limits: { connectionsMax: 4, connectionsReserved: 2 } })
    await server.login({ user: 'ada' })
    const second = await server.login({ user: 'bob' })
    const reserved = 'remaining connection slots are reserved for non-replication superuser connections'
    assert.equal(await refusal('ada'), `FATAL 53300 ${reserved}`)
    await server.login({ user: 'root' })
    await server.login({ user: 'root' })
    // Before anybody has to prove who he is, as in PostgreSQL.
    const full = 'FATAL 53300 sorry, too many clients already'
    assert.equal(await refusal('root', 'E(53300)'), full)
    assert.equal(await refusal('ada', 'E(53300)'), full)
    assert.equal(server.database.sessionCount, 4)
    second.close()
    await until(() => server.wire.connectionCount === 3)
    assert.equal(await refusal('ada'), `FATAL 53300 ${reserved}`)
    await server.login({ user: 'root' })
  })

  async function refusal(user: string, answer = 'R E(53300)'): Promise<string> {
    const client = await server.open()
    await client.send(startup({ user, database: 'dev' }))
    const messages = await client.readUntilReady()
    assert.equal(summary(messages), answer)
    return errorText(messages.at(-1)!)
  }
})

/** Waits until a session runs a statement. */
async function untilActive(server: TestServer, pid: string): Promise<void> {
  const session = [...server.database.sessions()].find(({ processId }) => String(processId) === pid)!
  await until(() => session.isRunning)
}

function errorText({ body }: BackendMessage): string {
  return ['S', 'C', 'M'].map(field => errorField(body, field)).join(' ')
}
