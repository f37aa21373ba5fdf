/** TLS, channel binding and client certificates, with node-postgres, psql and bare sockets. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { copyFileSync, readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { after, afterEach, before, describe, it } from 'mocha'
import pg from 'pg'
import type { HbaRule } from '../../../server/auth/hba.ts'
import { CertificateFolder, type KeyPair } from '../../support/certificates.ts'
import { missingProgram, requirePart } from '../../support/requirement.ts'
import { errorField, frame, startup } from '../../support/wire-client.ts'
import { TestServer, type TestServerOptions, until } from '../../support/wire-server.ts'

const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])
const gssRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x30])
const roles = [{ name: 'ada', password: 'correct horse' }]

describe('TLS', function () {
  this.timeout(20_000)
  let folder: CertificateFolder
  let own: KeyPair
  let server: TestServer | undefined
  before(function () {
    requirePart(this, 'openssl', missingProgram('openssl', 'version'))
    folder = new CertificateFolder()
    own = folder.issue('localhost')
  })
  after(() => folder?.remove())
  afterEach(async () => {
    await server?.close()
    server = undefined
  })

  async function listen(options: TestServerOptions = {}): Promise<TestServer> {
    const tls = { ...own, caFile: folder.ca.certFile, minVersion: 'TLSv1.2' as const }
    server = await TestServer.start({ roles, tls, ...options })
    return server
  }

  const ca = () => readFileSync(folder.ca.certFile)

  async function query(user: string, password: string | undefined, ssl: object | false): Promise<unknown> {
    const { port } = server!.wire
    const client = new pg.Client({
      host: '127.0.0.1',
      port,
      user,
      password,
      database: 'dev',
      ssl,
      enableChannelBinding: true,
    })
    try {
      await client.connect()
      return (await client.query('SELECT current_user')).rows[0]
    } finally {
      await client.end()
    }
  }

  /** Runs psql; returns what it printed. */
  async function psql(connection: string, environment: Record<string, string> = {}): Promise<string> {
    const text = `host=127.0.0.1 port=${server!.wire.port} dbname=dev ${connection}`
    const child = spawn('psql', ['-XAtw', '-d', text, '-c', 'SELECT current_user'], {
      env: { PATH: process.env['PATH'], ...environment },
    })
    let output = ''
    child.stdout.on('data', chunk => (output += chunk))
    child.stderr.on('data', chunk => (output += chunk))
    await new Promise(resolve => child.on('close', resolve))
    return output.trim()
  }

  it('encrypts, and binds SCRAM to the channel', async () => {
    await listen()
    assert.deepEqual(await query('ada', 'correct horse', { ca: ca() }), { current_user: 'ada' })
    assert.deepEqual(await query('ada', 'correct horse', false), { current_user: 'ada' })
    await assert.rejects(query('ada', 'wrong', { ca: ca() }), { code: '28P01' })
  })

  for (const digest of ['sha256', 'sha384', 'sha512']) {
    it(`binds to a certificate signed with ${digest}`, async function () {
      requirePart(this, 'psql', missingProgram('psql'))
      own = folder.issue('localhost', { file: digest, digest })
      await listen()
      const secure = `user=ada sslmode=verify-full sslrootcert=${folder.ca.certFile} channel_binding=require`
      assert.equal(await psql(secure, { PGPASSWORD: 'correct horse' }), 'ada')
    })
  }

  it('lets clients choose whether to bind to the channel', async function () {
    requirePart(this, 'psql', missingProgram('psql'))
    await listen()
    const password = { PGPASSWORD: 'correct horse' }
    for (const choice of ['disable', 'prefer', 'require']) {
      assert.equal(await psql(`user=ada sslmode=require channel_binding=${choice}`, password), 'ada', choice)
    }
    const plain = await psql('user=ada sslmode=disable channel_binding=require', password)
    assert.match(plain, /channel binding required, but SSL not in use/)
  })

  it('refuses a client that hides channel binding', async () => {
    await listen()
    const socket = await encrypted()
    socket.write(startup({ user: 'ada', database: 'dev' }))
    const offered = await nextBytes(socket)
    assert.equal(offered.toString('latin1', 9), 'SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0')
    socket.write(frame('p', Buffer.from('SCRAM-SHA-256\0\0\0\0\x0by,,n=,r=abc', 'latin1')))
    const answer = await nextBytes(socket)
    assert.equal(errorField(answer.subarray(5), 'M'), 'SCRAM channel binding negotiation error')
    socket.destroy()
  })

  it('asks only encrypted clients for a password in clear text', async () => {
    const rule = {
      type: 'hostssl',
      databases: ['all'],
      users: ['all'],
      address: 'all',
      method: 'password',
    } as const
    await listen({ hostRules: [rule] })
    assert.deepEqual(await query('ada', 'correct horse', { ca: ca() }), { current_user: 'ada' })
    const wrong = { code: '28P01', message: 'password authentication failed for user "ada"' }
    await assert.rejects(query('ada', 'wrong', { ca: ca() }), wrong)
    await assert.rejects(query('ada', 'correct horse', false), { code: '28000' })
  })

  it('lets a client certificate in under its common name', async () => {
    const rule: HbaRule = {
      type: 'hostssl',
      databases: ['all'],
      users: ['all'],
      address: 'all',
      method: 'cert',
    }
    await listen({ hostRules: [rule] })
    const pair = folder.issue('ada')
    const ssl = { ca: ca(), cert: readFileSync(pair.certFile), key: readFileSync(pair.keyFile) }
    assert.deepEqual(await query('ada', undefined, ssl), { current_user: 'ada' })
    await assert.rejects(query('root', undefined, ssl), {
      code: '28000',
      message: 'certificate authentication failed for user "root"',
    })
    const needs = { code: '28000', message: 'connection requires a valid client certificate' }
    await assert.rejects(query('ada', undefined, { ca: ca() }), needs)
    const stranger = new CertificateFolder()
    const forged = stranger.issue('ada')
    const other = { ca: ca(), cert: readFileSync(forged.certFile), key: readFileSync(forged.keyFile) }
    await assert.rejects(query('ada', undefined, other), needs)
    stranger.remove()
  })

  it('refuses plain bytes behind an SSLRequest', async () => {
    await listen()
    const socket = createConnection(server!.wire.port, '127.0.0.1')
    socket.write(Buffer.concat([sslRequest, startup({ user: 'ada', database: 'dev' })]))
    assert.equal((await untilClosed(socket)).toString('latin1'), '')
  })

  it('answers a GSS request first, and then TLS', async () => {
    await listen()
    const socket = createConnection(server!.wire.port, '127.0.0.1')
    socket.write(gssRequest)
    assert.equal((await nextBytes(socket)).toString(), 'N')
    socket.write(sslRequest)
    assert.equal((await nextBytes(socket)).toString(), 'S')
    socket.destroy()
  })

  it('starts TLS at once for clients that name the protocol', async () => {
    await listen()
    const options = { host: '127.0.0.1', port: server!.wire.port, ca: ca() }
    const socket = connectTls({ ...options, ALPNProtocols: ['postgresql'] })
    await new Promise(resolve => socket.once('secureConnect', resolve))
    assert.equal(socket.alpnProtocol, 'postgresql')
    socket.write(startup({ user: 'ada', database: 'dev' }))
    assert.equal((await nextBytes(socket)).toString('latin1', 0, 1), 'R')
    socket.destroy()
    const without = connectTls(options)
    assert.equal((await untilClosed(without)).length, 0)
    const other = connectTls({ ...options, ALPNProtocols: ['http/1.1'] })
    assert.equal((await untilClosed(other)).length, 0)
  })

  it('refuses versions below the least one', async () => {
    await listen({ tls: { ...own, caFile: undefined, minVersion: 'TLSv1.3' } })
    await assert.rejects(query('ada', 'correct horse', { ca: ca(), maxVersion: 'TLSv1.2' }))
    assert.deepEqual(await query('ada', 'correct horse', { ca: ca() }), { current_user: 'ada' })
  })

  it('takes a new certificate for connections to come, unless it is not good', async () => {
    own = folder.issue('localhost', { file: 'first' })
    await listen()
    const before = await encrypted()
    const second = folder.issue('localhost', { file: 'second' })
    copyFileSync(second.certFile, own.certFile)
    assert.throws(() => server!.wire.reloadTls(), /key values mismatch/)
    // The channel is bound to the certificate that stayed.
    assert.deepEqual(await query('ada', 'correct horse', { ca: ca() }), { current_user: 'ada' })
    const still = await encrypted()
    assert.equal(still.getPeerCertificate().fingerprint256, before.getPeerCertificate().fingerprint256)
    copyFileSync(second.keyFile, own.keyFile)
    server!.wire.reloadTls()
    const renewed = await encrypted()
    assert.notEqual(renewed.getPeerCertificate().fingerprint256, before.getPeerCertificate().fingerprint256)
    assert.deepEqual(await query('ada', 'correct horse', { ca: ca() }), { current_user: 'ada' })
    for (const socket of [before, still, renewed]) socket.destroy()
  })

  it('closes handshakes that do not come to an end', async () => {
    await listen({ limits: { startupTimeoutMs: 100 } })
    const socket = createConnection(server!.wire.port, '127.0.0.1')
    socket.write(sslRequest)
    assert.equal((await untilClosed(socket)).toString(), 'S')
    const silent = createConnection(server!.wire.port, '127.0.0.1')
    assert.equal((await untilClosed(silent)).length, 0)
    await until(() => server!.wire.connectionCount === 0)
  })

  /** A connection upgraded by SSLRequest. */
  async function encrypted(): Promise<TLSSocket> {
    const socket = createConnection(server!.wire.port, '127.0.0.1')
    socket.write(sslRequest)
    assert.equal((await nextBytes(socket)).toString(), 'S')
    const secure = connectTls({ socket, ca: ca(), host: '127.0.0.1' })
    await new Promise((resolve, reject) => secure.once('secureConnect', resolve).once('error', reject))
    return secure
  }
})

function nextBytes(socket: NodeJS.EventEmitter): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    socket.once('data', resolve)
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('closed')))
  })
}

/** Everything up to the end of the connection. */
function untilClosed(socket: NodeJS.EventEmitter): Promise<Buffer> {
  const chunks: Buffer[] = []
  return new Promise(resolve => {
    socket.on('data', chunk => chunks.push(chunk))
    socket.on('error', () => {})
    socket.on('close', () => resolve(Buffer.concat(chunks)))
  })
}
