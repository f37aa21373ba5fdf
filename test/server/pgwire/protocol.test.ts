/**
 * What the scripted sessions (sessions.test.ts) do not reach: our own protocol versions and limits, cancel
 * secrets.
 */

import { strict as assert } from 'node:assert'
import { Millrace } from '../../../server/index.ts'
import { cancelRequest, errorField, frame, startup, summary, WireClient } from '../../support/wire-client.ts'

describe('wire protocol', () => {
  let database: Millrace
  let port: number

  before(async () => {
    database = await Millrace.create()
    ;({ port } = await database.listen({ host: '127.0.0.1', port: 0 }))
  })
  after(() => database.close())

  async function login(): Promise<WireClient> {
    const client = await WireClient.open(port)
    await client.send(startup({ user: 'tester', database: 'dev' }))
    await client.readUntilReady()
    return client
  }

  it('answers N to encryption requests and goes on', async () => {
    const client = await WireClient.open(port)
    for (const code of [80877103, 80877104]) {
      const request = Buffer.alloc(8)
      request.writeInt32BE(8, 0)
      request.writeInt32BE(code, 4)
      await client.send(request)
      assert.equal(await client.readByte(), 'N')
    }
    await client.send(startup({ user: 'tester', database: 'dev' }))
    const messages = await client.readUntilReady()
    assert.match(summary(messages), /^R S( S){12} K Z\(I\)$/)
    client.close()
  })

  it('negotiates a newer minor version and unknown options', async () => {
    const client = await WireClient.open(port)
    await client.send(startup({ user: 'tester', database: 'dev', '_pq_.thing': '1' }, (3 << 16) | 2))
    const messages = await client.readUntilReady()
    assert.equal(messages[0]!.type, 'v')
    assert.equal(messages[0]!.body.readInt32BE(0), (3 << 16) | 2)
    assert.equal(messages[0]!.body.toString('utf8', 8), '_pq_.thing\0')
    client.close()
    const newer = await WireClient.open(port)
    await newer.send(startup({ user: 'tester', database: 'dev' }, (3 << 16) | 9999))
    const answer = (await newer.readUntilReady())[0]!
    assert.deepEqual([answer.type, answer.body.readInt32BE(0), answer.body.length], ['v', (3 << 16) | 2, 8])
    newer.close()
  })

  it('gives long cancel secrets from protocol 3.2 on', async () => {
    for (const [minor, bytes] of [
      [0, 4],
      [2, 32],
    ] as const) {
      const client = await WireClient.open(port)
      await client.send(startup({ user: 'tester', database: 'dev' }, (3 << 16) | minor))
      const messages = await client.readUntilReady()
      assert(!messages.some(({ type }) => type === 'v'))
      const keyData = messages.find(({ type }) => type === 'K')!.body
      assert.equal(keyData.length, 4 + bytes)
      await client.send(frame('Q', 'SELECT pg_sleep(60)\0'))
      const canceller = await WireClient.open(port)
      await canceller.send(cancelRequest(keyData))
      assert.match(summary(await client.readUntilReady()), /E\(57014\) Z\(I\)$/)
      canceller.close()
      client.close()
    }
  })

  it('refuses start-up packets that make no sense', async () => {
    const cases = [
      [startup({ database: 'dev' }), '28000'],
      [startup({ user: 'x' }, 2 << 16), '0A000'],
      [startup({ user: 'x', replication: 'database' }), '0A000'],
    ] as const
    for (const [bytes, code] of cases) {
      const client = await WireClient.open(port)
      await client.send(bytes)
      const error = await client.read()
      assert.equal(error?.type, 'E')
      assert.equal(errorField(error!.body, 'C'), code)
      assert.equal(errorField(error!.body, 'S'), 'FATAL')
      assert.equal(await client.read(), undefined)
      client.close()
    }
  })

  it('skips an oversized message and lives on', async () => {
    const client = await login()
    await client.send(frame('D', Buffer.alloc(100_000, 65)), frame('S'), frame('Q', 'SELECT 1\0'))
    assert.equal(summary(await client.readUntilReady(2)), 'E(54000) Z(I) T(1) D C(SELECT 1) Z(I)')
    client.close()
  })

  it('cancels a running statement with the right secret only', async () => {
    const client = await WireClient.open(port)
    await client.send(startup({ user: 'tester', database: 'dev' }))
    const key = (await client.readUntilReady()).find(message => message.type === 'K')!.body
    await client.send(frame('Q', 'SELECT count(*) FROM generate_series(1, 100000000)\0'))
    for (const secret of [key.readInt32BE(4) ^ 1, key.readInt32BE(4)]) {
      const canceller = await WireClient.open(port)
      const request = Buffer.alloc(16)
      request.writeInt32BE(16, 0)
      request.writeInt32BE(80877102, 4)
      request.writeInt32BE(key.readInt32BE(0), 8)
      request.writeInt32BE(secret, 12)
      await canceller.send(request)
      assert.equal(await canceller.read(), undefined)
    }
    const messages = await client.readUntilReady()
    assert.equal(summary(messages.filter(message => message.type !== 'T')), 'E(57014) Z(I)')
    client.close()
  })
})
