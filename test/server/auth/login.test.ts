/**
 * Logging in over the wire: SCRAM-SHA-256 with real clients, and exchanges that are not as they should be.
 */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, it } from 'mocha'
import pg from 'pg'
import postgres from 'postgres'
import { deriveKeys, hmac, makeVerifier, sha256 } from '../../../server/auth/scram-verifier.ts'
import { listenOnUnixSocket } from '../../../server/pgwire/unix-socket.ts'
import {
  type BackendMessage,
  errorField,
  frame,
  startup,
  type WireClient,
} from '../../support/wire-client.ts'
import { TestServer, type TestServerOptions } from '../../support/wire-server.ts'

const ada = { name: 'ada', password: 'correct horse' }

describe('logging in', () => {
  let server: TestServer | undefined
  afterEach(async () => {
    await server?.close()
    server = undefined
  })

  async function listen(options: TestServerOptions = { roles: [ada] }): Promise<TestServer> {
    server = await TestServer.start(options)
    return server
  }

  async function query(user: string, password: string | undefined, database = 'dev'): Promise<unknown> {
    const client = new pg.Client({ host: '127.0.0.1', port: server!.wire.port, user, password, database })
    try {
      await client.connect()
      return (await client.query('SELECT current_user')).rows[0]
    } finally {
      await client.end()
    }
  }

  const refused = (promise: Promise<unknown>, code: string, message: string) =>
    assert.rejects(promise, { code, message, severity: 'FATAL' })

  /** A client that was asked for SASL, and the bodies of what it was sent. */
  async function asked(user: string): Promise<WireClient> {
    const client = await server!.open()
    await client.send(startup({ user, database: 'dev' }))
    const message = await client.read()
    assert.deepEqual(message, { type: 'R', body: Buffer.from('\0\0\0\x0aSCRAM-SHA-256\0\0', 'latin1') })
    return client
  }

  function initial(message: string, mechanism = 'SCRAM-SHA-256'): Buffer {
    const length = Buffer.alloc(4)
    length.writeInt32BE(Buffer.byteLength(message))
    return frame('p', Buffer.concat([Buffer.from(`${mechanism}\0`), length, Buffer.from(message)]))
  }

  function error(message: BackendMessage | undefined): string {
    if (message?.type !== 'E') return `not an error: ${message?.type}`
    return ['S', 'C', 'M'].map(field => errorField(message.body, field)).join(' ')
  }

  it('takes the right password by SCRAM-SHA-256', async () => {
    await listen()
    assert.deepEqual(await query('ada', ada.password), { current_user: 'ada' })
    const sql = postgres({
      host: '127.0.0.1',
      port: server!.wire.port,
      database: 'dev',
      user: 'ada',
      pass: ada.password,
    })
    assert.deepEqual([...(await sql`SELECT session_user AS me`)], [{ me: 'ada' }])
    await sql.end()
  })

  it('takes passwords whose verifier the client made, and non-ASCII ones in any normal form', async () => {
    const verifier = await makeVerifier('caf\u00e9\u00a0Å')
    await listen({ roles: [{ name: 'ada', password: verifier }] })
    assert.deepEqual(await query('ada', 'cafe\u0301 \u212b'.normalize('NFKC')), { current_user: 'ada' })
  })

  it('says the same of a wrong password and of a user that is not there', async () => {
    await listen({ roles: [ada, { name: 'bare' }] })
    await refused(query('ada', 'wrong'), '28P01', 'password authentication failed for user "ada"')
    await refused(query('eve', 'wrong'), '28P01', 'password authentication failed for user "eve"')
    await refused(query('bare', 'wrong'), '28P01', 'password authentication failed for user "bare"')
  })

  it('gives a user that is not there the same salt each time', async () => {
    await listen()
    const salts: (string | undefined)[] = []
    for (const user of ['eve', 'eve', 'mallory', 'ada']) {
      const client = await asked(user)
      await client.send(initial('n,,n=,r=abc'))
      const reply = (await client.read())!.body.toString('utf8', 4)
      const match = /^r=abc[^,]{24},s=([A-Za-z0-9+/=]{24}),i=4096$/.exec(reply)
      salts.push(match?.[1])
    }
    assert(salts.every(salt => salt !== undefined))
    assert.equal(salts[0], salts[1])
    assert.equal(new Set(salts).size, 3)
  })

  it('refuses a password that is no longer valid', async () => {
    await listen()
    const root = server!.database.connectEmbedded()
    for await (const _ of root.simpleQuery("ALTER ROLE ada VALID UNTIL '2020-01-01'")) {
      // Nothing to read.
    }
    await refused(query('ada', ada.password), '28P01', 'password authentication failed for user "ada"')
  })

  it('says what is wrong with the role or database only after the password', async () => {
    await listen({ roles: [ada, { name: 'group', password: 'x', login: false }] })
    await refused(query('group', 'x'), '28000', 'role "group" is not permitted to log in')
    await refused(query('ada', ada.password, 'nope'), '3D000', 'database "nope" does not exist')
    await refused(query('ada', 'wrong', 'nope'), '28P01', 'password authentication failed for user "ada"')
  })

  it('follows host rules in order', async () => {
    const any = {
      type: 'host',
      databases: ['all'],
      users: ['all'],
      address: '127.0.0.1',
      method: 'trust',
    } as const
    await listen({
      roles: [
        { name: 'team', login: false },
        { name: 'ada', memberOf: ['team'] },
        { name: 'bob' },
        { name: 'eve' },
      ],
      hostRules: [
        { ...any, address: '10.0.0.0/8' },
        { ...any, type: 'hostssl' },
        { ...any, users: ['eve'], method: 'reject' },
        { ...any, users: ['+team'] },
      ],
    })
    assert.deepEqual(await query('ada', undefined), { current_user: 'ada' })
    const rejects =
      'pg_hba.conf rejects connection for host "127.0.0.1", user "eve", database "dev", no encryption'
    await refused(query('eve', undefined), '28000', rejects)
    const none = 'no pg_hba.conf entry for host "127.0.0.1", user "bob", database "dev", no encryption'
    await refused(query('bob', undefined), '28000', none)
  })

  it('trusts this machine while there are no passwords', async () => {
    await listen({})
    assert.deepEqual(await query('anybody', undefined), { current_user: 'anybody' })
  })

  it('refuses exchanges that are not as they should be', async () => {
    await listen()
    const cases: readonly (readonly [Buffer, string])[] = [
      [frame('Q', 'SELECT 1\0'), '08P01 expected password response, got message type 81'],
      [frame('p', Buffer.alloc(8193)), '08P01 invalid message length'],
      [frame('p', 'SCRAM-SHA-256\0'), '08P01 invalid message format'],
      [
        initial('n,,n=,r=abc', 'SCRAM-SHA-1'),
        '08P01 client selected an invalid SASL authentication mechanism',
      ],
      [initial('p=tls-unique,,n=,r=abc'), '08P01 malformed SCRAM message'],
      [initial('n,a=root,n=,r=abc'), '0A000 client uses authorization identity, but it is not supported'],
      [initial('n,,m=x,n=,r=abc'), '0A000 client requires an unsupported SCRAM extension'],
      [initial('n,,n='), '08P01 malformed SCRAM message'],
      [initial('n,,n=,r='), '08P01 malformed SCRAM message'],
      [initial(''), '08P01 malformed SCRAM message'],
    ]
    for (const [message, expected] of cases) {
      const client = await asked('ada')
      await client.send(message)
      assert.equal(error(await client.read()), `FATAL ${expected}`)
      assert.equal(await client.read(), undefined)
    }
  })

  it('checks nonce, channel binding and proof of the last message', async () => {
    await listen()
    const attempt = async (change: (parts: { c: string; r: string; p: string }) => string) => {
      const client = await asked('ada')
      await client.send(initial('n,,n=,r=abc'))
      const first = (await client.read())!.body.toString('utf8', 4)
      const [, nonce, salt, iterations] = /^r=(.*),s=(.*),i=(.*)$/.exec(first)!
      const keys = await deriveKeys(ada.password, Buffer.from(salt!, 'base64'), Number(iterations))
      const withoutProof = `c=biws,r=${nonce}`
      const signature = hmac(keys.storedKey, `n=,r=abc,${first},${withoutProof}`)
      const clientKey = await clientKeyOf(ada.password, Buffer.from(salt!, 'base64'), Number(iterations))
      const proof = Buffer.from(clientKey.map((byte, index) => byte ^ signature[index]!)).toString('base64')
      await client.send(frame('p', change({ c: 'biws', r: nonce!, p: proof })))
      const reply = await client.read()
      return reply?.type === 'R' ? reply.body.readInt32BE(0) : error(reply)
    }
    assert.equal(await attempt(({ c, r, p }) => `c=${c},r=${r},p=${p}`), 12)
    const wrong = 'FATAL 28P01 password authentication failed for user "ada"'
    assert.equal(await attempt(({ c, r }) => `c=${c},r=${r},p=${Buffer.alloc(32).toString('base64')}`), wrong)
    assert.equal(
      await attempt(({ c, r, p }) => `c=${c},r=${r}x,p=${p}`),
      'FATAL 08P01 invalid SCRAM response',
    )
    const binding = 'FATAL 08P01 unexpected SCRAM channel-binding attribute in client-final-message'
    assert.equal(await attempt(({ r, p }) => `c=eSws,r=${r},p=${p}`), binding)
    assert.equal(await attempt(({ c, r }) => `c=${c},r=${r}`), 'FATAL 08P01 malformed SCRAM message')
    assert.equal(await attempt(({ c, r }) => `c=${c},r=${r},p=AAAA`), 'FATAL 08P01 malformed SCRAM message')
  })

  it('takes messages cut at every byte', async () => {
    await listen()
    const client = await server!.open()
    const bytes = [...startup({ user: 'ada', database: 'dev' }), ...initial('n,,n=,r=abc')]
    await client.send(...bytes.map(byte => Buffer.from([byte])))
    assert.deepEqual([(await client.read())?.type, (await client.read())?.body.readInt32BE(0)], ['R', 11])
  })

  it('closes a connection that does not log in in time', async () => {
    await listen({ roles: [ada], limits: { startupTimeoutMs: 50 } })
    const client = await asked('ada')
    assert.equal(await client.read(), undefined)
  })

  it('listens on a Unix socket, for which local rules count', async () => {
    const socketDir = mkdtempSync(join(tmpdir(), 'millrace-socket-'))
    const local = {
      type: 'local',
      databases: ['all'],
      users: ['all'],
      address: undefined,
      method: 'trust',
    } as const
    await listen({ roles: [ada], socketDir, hostRules: [local] })
    const { port } = server!.wire
    const client = new pg.Client({ host: socketDir, port, user: 'ada', database: 'dev' })
    await client.connect()
    assert.deepEqual((await client.query('SELECT 1 AS one')).rows, [{ one: 1 }])
    await client.end()
    await assert.rejects(query('ada', undefined), { code: '28000' })
    await assert.rejects(
      listenOnUnixSocket(socketDir, port, () => {}),
      { code: 'EADDRINUSE' },
    )
    await server!.close()
    server = undefined
    assert.deepEqual(readdirSync(socketDir), [])
    rmdirSync(socketDir)
  })

  it('takes the place of a Unix socket that a killed server left', async () => {
    const socketDir = mkdtempSync(join(tmpdir(), 'millrace-socket-'))
    const path = join(socketDir, '.s.PGSQL.5433')
    const killed = '() => process.kill(process.pid, 9)'
    const leave = `require('net').createServer().listen(${JSON.stringify(path)}, ${killed})`
    spawnSync(process.execPath, ['-e', leave])
    assert.deepEqual(readdirSync(socketDir), ['.s.PGSQL.5433'])
    const socket = await listenOnUnixSocket(socketDir, 5433, () => {})
    await new Promise(resolve => socket.close(resolve))
    rmdirSync(socketDir)
  })

  it('keeps passwords out of what it logs and says', async () => {
    const lines: string[] = []
    await listen()
    const root = server!.database.connectEmbedded()
    root.onNotice = notice => lines.push(JSON.stringify(notice))
    for (const text of [
      "CREATE ROLE x PASSWORD 'hunter2' LOGIN LOGIN",
      "ALTER ROLE nobody PASSWORD 'hunter2'",
    ]) {
      const run = async () => {
        for await (const _ of root.simpleQuery(text)) {
          // Nothing to read.
        }
      }
      await run().catch((caught: unknown) => lines.push(JSON.stringify(caught), String(caught)))
    }
    assert.equal(lines.length, 4)
    assert(!lines.join('\n').includes('hunter2'))
  })
})

async function clientKeyOf(password: string, salt: Buffer, iterations: number): Promise<Buffer> {
  const { pbkdf2Sync } = await import('node:crypto')
  const key = hmac(pbkdf2Sync(password, salt, iterations, 32, 'sha256'), 'Client Key')
  assert.deepEqual(sha256(key), (await deriveKeys(password, salt, iterations)).storedKey)
  return key
}
