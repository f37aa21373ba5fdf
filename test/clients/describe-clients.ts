/** The tests of compiled clients: their groups against us, against PostgreSQL 15, and logging in. */

import assert from 'node:assert/strict'
import { CertificateFolder } from '../support/certificates.ts'
import { missingPostgres, startPostgres } from '../support/postgres-server.ts'
import { missingProgram, requirePart } from '../support/requirement.ts'
import { TestServer } from '../support/wire-server.ts'
import { type CompiledClients, type Reports, runGroups } from './compiled-clients.ts'
import type { Target } from './targets.ts'

/** Building, with what is downloaded the first time, and all groups on a slow machine. */
const TIMEOUT_MS = 300_000

/** What each group of checks is about, by its name. */
export type Groups = Readonly<Record<string, string>>

/** `groups` are all that run by default, `logins` those that need TLS and a password. */
export function describeClients(clients: CompiledClients, groups: Groups, logins: Groups): void {
  let command: readonly string[]
  let ours: Reports

  before(async function () {
    this.timeout(TIMEOUT_MS)
    requirePart(this, 'a compiler of clients', clients.missing())
    command = await clients.build()
    ours = await runOurs(command)
  })

  for (const [group, title] of Object.entries(groups)) {
    it(title, () => assert.deepEqual(ours.get(group)?.failures, []))
  }

  it('has no other groups', () => assert.deepEqual([...ours.keys()], Object.keys(groups)))

  describe('beside PostgreSQL 15', () => {
    let theirs: Reports
    before(async function () {
      this.timeout(TIMEOUT_MS)
      requirePart(this, 'PostgreSQL 15', missingPostgres())
      theirs = await runTheirs(command)
    })
    for (const [group, title] of Object.entries(groups)) {
      it(title, () => {
        assert.deepEqual(theirs.get(group)?.failures, [])
        assert.deepEqual(ours.get(group)?.seen, theirs.get(group)?.seen)
      })
    }
  })

  describe('with SCRAM and TLS', () => {
    let reports: Reports
    before(async function () {
      this.timeout(TIMEOUT_MS)
      requirePart(this, 'openssl', missingProgram('openssl', 'version'))
      reports = await runLogins(command, Object.keys(logins))
    })
    for (const [group, title] of Object.entries(logins)) {
      it(title, () => assert.deepEqual(reports.get(group)?.failures, []))
    }
  })
}

async function runOurs(command: readonly string[]): Promise<Reports> {
  const server = await TestServer.start()
  try {
    const reports = await runGroups(command, address(server, 'root'))
    assert.deepEqual(server.internalErrors, [])
    return reports
  } finally {
    await server.close()
  }
}

async function runTheirs(command: readonly string[]): Promise<Reports> {
  // It misses a cancel that arrives while its compiler is loaded.
  const server = await startPostgres({ settings: { jit: 'off' } })
  try {
    return await runGroups(command, server)
  } finally {
    await server.stop()
  }
}

async function runLogins(command: readonly string[], groups: readonly string[]): Promise<Reports> {
  const folder = new CertificateFolder()
  const other = new CertificateFolder()
  const password = 'correct-horse'
  const server = await TestServer.start({
    roles: [{ name: 'ada', password }],
    tls: { ...folder.issue('localhost'), caFile: folder.ca.certFile, minVersion: 'TLSv1.2' },
  })
  try {
    const environment = {
      CLIENT_PASSWORD: password,
      PGSSLROOTCERT: folder.ca.certFile,
      CLIENT_OTHER_CA: other.ca.certFile,
    }
    return await runGroups(command, address(server, 'ada'), groups, environment)
  } finally {
    await server.close()
    folder.remove()
    other.remove()
  }
}

function address({ wire }: TestServer, user: string): Target {
  return { host: '127.0.0.1', port: wire.port, user, database: 'dev' }
}
