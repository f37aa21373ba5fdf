/**
 * Whoever tries user names learns nothing: a user that is not there gets the same messages as a wrong
 * password does, at the price of the same work, and so do roles that no password lets in.
 */

import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { describe, it } from 'mocha'
import { SqlError } from '../../../planner/errors.ts'
import type { HbaMethod, HbaRule, Peer } from '../../../server/auth/hba.ts'
import { newRole, RoleSet, rootRole } from '../../../server/auth/role.ts'
import { makeVerifier } from '../../../server/auth/scram-verifier.ts'
import { Authenticator } from '../../../server/pgwire/authentication.ts'

const peer: Peer = {
  address: '192.0.2.1',
  isEncrypted: true,
  certificate: undefined,
  channelBinding: undefined,
}

/** The first is the one whose password is merely wrong. */
const users = ['ada', 'eve', 'bare', 'expired', 'group']

async function authenticator(method: HbaMethod, logged: unknown[] = []): Promise<Authenticator> {
  const verifier = await makeVerifier('correct horse')
  const roles = new RoleSet([
    rootRole,
    { ...newRole(20_001, 'ada'), login: true, verifier },
    { ...newRole(20_002, 'bare'), login: true },
    { ...newRole(20_003, 'expired'), login: true, verifier, validUntil: 0n },
    { ...newRole(20_004, 'group'), verifier },
  ])
  const rule: HbaRule = { type: 'host', databases: ['all'], users: ['all'], address: 'all', method }
  const logger = { info: (...line: unknown[]) => void logged.push(line) }
  return new Authenticator({ roles: () => roles, rules: [rule], logger })
}

/** What the server says to a user who gives a wrong password; the last is the error. */
async function answers(server: Authenticator, user: string, responses: readonly Buffer[]): Promise<string[]> {
  const attempt = server.start({ user, database: 'dev' }, peer)
  const said: string[] = []
  try {
    for (const response of [undefined, ...responses]) {
      const { requests, isDone } = await attempt.next(response && withNonce(response, said))
      assert(!isDone, 'nobody is let in')
      said.push(...requests.map(request => request.toString('latin1')))
    }
  } catch (error) {
    if (!(error instanceof SqlError)) throw error
    const { code, message, severity, fields } = error
    said.push(JSON.stringify({ code, message, severity, fields }))
  }
  return said
}

/** The last message of SCRAM repeats the nonce of the server. */
function withNonce(response: Buffer, said: readonly string[]): Buffer {
  const nonce = /r=([^,]*)/.exec(said.at(-1) ?? '')?.[1] ?? ''
  return Buffer.from(response.toString('latin1').replace('NONCE', nonce), 'latin1')
}

const scramResponses = [
  Buffer.from('SCRAM-SHA-256\0\0\0\0\x0cn,,n=,r=abcd', 'latin1'),
  Buffer.from(`c=biws,r=NONCE,p=${Buffer.alloc(32, 7).toString('base64')}`),
]
const cleartextResponses = [Buffer.from('wrong\0')]

/** Without what may differ: the name, and the random nonce and salt of the same length. */
function comparable(said: readonly string[], user: string): string[] {
  return said.map(text =>
    text
      .replaceAll(`\\"${user}\\"`, 'USER')
      .replace(/r=abcd[A-Za-z0-9+/]{24},s=[A-Za-z0-9+/=]{24},i=4096/, 'r=NONCE,s=SALT,i=4096'),
  )
}

describe('answers to wrong users and wrong passwords', () => {
  const methods = [
    ['scram-sha-256', scramResponses],
    ['password', cleartextResponses],
  ] as const
  for (const [method, responses] of methods) {
    it(`are the same messages with ${method}, and the same lines in the log`, async () => {
      const logged: unknown[] = []
      const server = await authenticator(method, logged)
      const said: string[][] = []
      for (const user of users) said.push(comparable(await answers(server, user, responses), user))
      assert.equal(said[0]!.length, responses.length + 1)
      assert.match(
        said[0]!.at(-1)!,
        /"code":"28P01","message":"password authentication failed for user USER"/,
      )
      for (const other of said) assert.deepEqual(other, said[0])
      const lines = logged.map((line, index) => JSON.stringify(line).replace(users[index]!, 'USER'))
      assert.equal(new Set(lines).size, 1)
      assert.equal(lines.length, users.length)
    })

    it(`cost the same work with ${method}`, async () => {
      const server = await authenticator(method)
      const work: Record<string, number>[] = []
      for (const user of users) work.push(await countHashes(() => answers(server, user, responses)))
      assert(Object.values(work[0]!).some(count => count > 0))
      for (const other of work) assert.deepEqual(other, work[0])
    })
  }

  it('keep the salt of a user that is not there, in every attempt and connection', async () => {
    const server = await authenticator('scram-sha-256')
    const saltOf = async (user: string) =>
      /,s=([^,]*),/.exec((await answers(server, user, scramResponses))[1]!)![1]
    for (const user of users) assert.equal(await saltOf(user), await saltOf(user), user)
    const salts = new Set(await Promise.all([...users, 'mallory'].map(saltOf)))
    // ada and group have the same verifier.
    assert.equal(salts.size, users.length)
  })

  it('keep that salt when other roles come and go', async () => {
    const verifier = await makeVerifier('x')
    let roles = new RoleSet([rootRole, { ...newRole(20_001, 'ada'), login: true, verifier }])
    const rules: HbaRule[] = [
      { type: 'host', databases: ['all'], users: ['all'], address: 'all', method: 'scram-sha-256' },
    ]
    const server = new Authenticator({ roles: () => roles, rules, logger: { info: () => undefined } })
    const saltOf = async () => /,s=([^,]*),/.exec((await answers(server, 'eve', scramResponses))[1]!)![1]
    const before = await saltOf()
    roles = new RoleSet([...roles.all(), { ...newRole(20_002, 'bob'), login: true, verifier }])
    assert.equal(await saltOf(), before)
  })
})

/** How often `run` uses each of the functions that passwords cost. */
async function countHashes(run: () => Promise<unknown>): Promise<Record<string, number>> {
  const names = ['createHmac', 'createHash', 'pbkdf2', 'timingSafeEqual'] as const
  const counts: Record<string, number> = {}
  const module = crypto as unknown as Record<string, (...args: unknown[]) => unknown>
  const originals = names.map(name => [name, module[name]!] as const)
  for (const [name, original] of originals) {
    counts[name] = 0
    module[name] = (...args) => {
      counts[name]! += 1
      return original(...args)
    }
  }
  syncBuiltinESMExports()
  try {
    await run()
  } finally {
    for (const [name, original] of originals) module[name] = original
    syncBuiltinESMExports()
  }
  return counts
}
