/** Certificates of clients beside passwords and in the place of them, with node-postgres over TLS. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, afterEach, before, describe, it } from 'mocha'
import pg from 'pg'
import type { HbaRule, IdentEntry } from '../../../server/auth/hba.ts'
import { CertificateFolder, type KeyPair } from '../../support/certificates.ts'
import { missingProgram, requirePart } from '../../support/requirement.ts'
import { TestServer } from '../../support/wire-server.ts'

const roles = [{ name: 'ada', password: 'correct horse' }, { name: 'bob' }]
const rule: HbaRule = {
  type: 'hostssl',
  databases: ['all'],
  users: ['all'],
  address: 'all',
  method: 'scram-sha-256',
}

describe('client certificates', function () {
  this.timeout(20_000)
  let folder: CertificateFolder
  let own: KeyPair
  let ofAda: object
  let ofBob: object
  let server: TestServer | undefined
  before(function () {
    requirePart(this, 'openssl', missingProgram('openssl', 'version'))
    folder = new CertificateFolder()
    own = folder.issue('localhost')
    ofAda = credentials(folder.issue('ada'))
    ofBob = credentials(folder.issue('bob'))
  })
  after(() => folder?.remove())
  afterEach(async () => {
    await server?.close()
    server = undefined
  })

  async function listen(changes: Partial<HbaRule>, identities: readonly IdentEntry[] = []): Promise<void> {
    const tls = { ...own, caFile: folder.ca.certFile, minVersion: 'TLSv1.2' as const }
    server = await TestServer.start({ roles, tls, hostRules: [{ ...rule, ...changes }], identities })
  }

  function credentials({ certFile, keyFile }: KeyPair): object {
    return { cert: readFileSync(certFile), key: readFileSync(keyFile) }
  }

  /** The user that the session is of, or the error. */
  async function login(user: string, own: object, password?: string): Promise<string> {
    const ssl = { ca: readFileSync(folder.ca.certFile), ...own }
    const { port } = server!.wire
    const client = new pg.Client({ host: '127.0.0.1', port, user, password, database: 'dev', ssl })
    try {
      await client.connect()
      return (await client.query('SELECT current_user AS me')).rows[0].me
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error
      return `${error.severity} ${error.code} ${error.message}`
    } finally {
      await client.end()
    }
  }

  const missing = 'FATAL 28000 connection requires a valid client certificate'
  const wrongPassword = 'FATAL 28P01 password authentication failed for user "ada"'

  it('are wanted besides a password, of anybody whom the CA knows', async () => {
    await listen({ clientCertificate: 'verify-ca' })
    assert.equal(await login('ada', ofAda, 'correct horse'), 'ada')
    assert.equal(await login('ada', ofBob, 'correct horse'), 'ada')
    assert.equal(await login('ada', ofBob, 'wrong'), wrongPassword)
    assert.equal(await login('ada', {}, 'correct horse'), missing)
  })

  it('are wanted besides a password, of the user alone', async () => {
    await listen({ clientCertificate: 'verify-full' })
    assert.equal(await login('ada', ofAda, 'correct horse'), 'ada')
    assert.equal(await login('ada', ofBob, 'correct horse'), wrongPassword)
    assert.equal(await login('ada', ofAda, 'wrong'), wrongPassword)
  })

  it('are enough, by common name, subject or map', async () => {
    await listen({ method: 'cert' })
    assert.equal(await login('bob', ofBob), 'bob')
    const failed = 'FATAL 28000 certificate authentication failed for user "bob"'
    assert.equal(await login('bob', ofAda), failed)
    await server!.close()
    const bySubject: IdentEntry = { map: 'm', systemUser: 'CN=ada', databaseUser: 'bob' }
    await listen({ method: 'cert', clientName: 'DN', map: 'm' }, [bySubject])
    assert.equal(await login('bob', ofAda), 'bob')
    assert.equal(await login('bob', ofBob), failed)
    assert.equal(await login('ada', ofAda), 'FATAL 28000 certificate authentication failed for user "ada"')
  })

  it('let nobody in whose role is not there or may not log in', async () => {
    await listen({ method: 'cert' })
    const ofEve = credentials(folder.issue('eve'))
    assert.equal(await login('eve', ofEve), 'FATAL 28000 role "eve" does not exist')
    const root = server!.database.connectEmbedded()
    for await (const _ of root.simpleQuery('ALTER ROLE bob NOLOGIN')) {
      // Nothing to read.
    }
    assert.equal(await login('bob', ofBob), 'FATAL 28000 role "bob" is not permitted to log in')
  })
})
