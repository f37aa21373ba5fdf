/** Host rules one word at a time; test/server/auth/login.test.ts and tls.test.ts have them over sockets. */

import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { describe, it } from 'mocha'
import {
  certificateFits,
  type HbaRule,
  type IdentEntry,
  type LoginRequest,
  matchRules,
  openRules,
  type Peer,
} from '../../../server/auth/hba.ts'
import { newRole, RoleSet, rootRole } from '../../../server/auth/role.ts'

const rule: HbaRule = {
  type: 'host',
  databases: ['all'],
  users: ['all'],
  address: 'all',
  method: 'scram-sha-256',
}
const peer: Peer = {
  address: '10.1.2.3',
  isEncrypted: false,
  certificate: undefined,
  channelBinding: undefined,
}
const request: LoginRequest = { user: 'ada', database: 'dev' }
const member = (...ids: readonly number[]) => new Map(ids.map(id => [id, { admin: false }]))
const roles = new RoleSet([
  rootRole,
  newRole(20_001, 'staff'),
  { ...newRole(20_002, 'analysts'), memberOf: member(20_001) },
  { ...newRole(20_003, 'ada'), memberOf: member(20_002) },
  { ...newRole(20_004, 'boss'), superuser: true },
  { ...newRole(20_005, 'dev'), memberOf: member() },
  { ...newRole(20_006, 'bob'), memberOf: member(20_005) },
])

function matches(
  changes: Partial<HbaRule>,
  from: Partial<Peer> = {},
  login: Partial<LoginRequest> = {},
): boolean {
  const found = matchRules([{ ...rule, ...changes }], { ...peer, ...from }, { ...request, ...login }, roles)
  return found !== undefined
}

describe('host rules', () => {
  it('are tried in order, and the first that matches decides', () => {
    const rules: HbaRule[] = [
      { ...rule, users: ['eve'], method: 'trust' },
      { ...rule, address: '10.1.0.0/16', method: 'reject' },
      { ...rule, method: 'password' },
    ]
    const method = (user: string, address: string) =>
      matchRules(rules, { ...peer, address }, { ...request, user }, roles)?.method
    assert.equal(method('eve', '10.1.2.3'), 'trust')
    assert.equal(method('ada', '10.1.2.3'), 'reject')
    assert.equal(method('ada', '10.2.2.3'), 'password')
    assert.equal(matchRules([], peer, request, roles), undefined)
  })

  it('tell kinds of connections apart', () => {
    const [plain, encrypted, local] = [{}, { isEncrypted: true }, { address: undefined }]
    const table = (type: HbaRule['type']) => {
      const address = type === 'local' ? undefined : 'all'
      return [plain, encrypted, local].map(from => matches({ type, address }, from))
    }
    assert.deepEqual(table('host'), [true, true, false])
    assert.deepEqual(table('hostssl'), [false, true, false])
    assert.deepEqual(table('hostnossl'), [true, false, false])
    assert.deepEqual(table('local'), [false, false, true])
  })

  it('match addresses and ranges of both families', () => {
    const cases: readonly (readonly [address: string, peer: string, boolean])[] = [
      ['10.1.2.3', '10.1.2.3', true],
      ['10.1.2.3', '10.1.2.4', false],
      ['10.1.0.0/16', '10.1.255.255', true],
      ['10.1.0.0/16', '10.2.0.0', false],
      ['10.1.2.3', '::ffff:10.1.2.3', true],
      ['0.0.0.0/0', '203.0.113.9', true],
      ['0.0.0.0/0', '2001:db8::1', false],
      ['::/0', '2001:db8::1', true],
      ['::/0', '203.0.113.9', false],
      ['2001:db8::/32', '2001:db8:ffff::1', true],
      ['2001:db8::/32', '2001:db9::1', false],
      ['all', '2001:db9::1', true],
    ]
    for (const [address, from, expected] of cases) {
      assert.equal(matches({ address }, { address: from }), expected, `${from} in ${address}`)
    }
  })

  it('match addresses of this machine and of its networks', () => {
    const own = Object.values(networkInterfaces()).flatMap(addresses => addresses ?? [])
    for (const { address } of own.filter(each => !each.address.includes('%'))) {
      assert(matches({ address: 'samehost' }, { address }), address)
      assert(matches({ address: 'samenet' }, { address }), address)
    }
    assert(matches({ address: 'samenet' }, { address: '127.200.1.1' }))
    assert(!matches({ address: 'samehost' }, { address: '127.200.1.1' }))
    assert(!matches({ address: 'samehost' }, { address: '203.0.113.9' }))
    assert(!matches({ address: 'samenet' }, { address: '203.0.113.9' }))
  })

  it('match databases', () => {
    const cases: readonly (readonly [string, string, boolean])[] = [
      ['all', 'ada', true],
      ['dev', 'ada', true],
      ['other', 'ada', false],
      ['sameuser', 'ada', false],
      ['sameuser', 'dev', true],
      ['samerole', 'bob', true],
      ['samegroup', 'bob', true],
      ['samerole', 'ada', false],
      ['samerole', 'boss', false],
      ['replication', 'ada', false],
      ['"all"', 'ada', false],
      ['"dev"', 'ada', true],
      ['/^de', 'ada', true],
      ['/^e', 'ada', false],
    ]
    for (const [name, user, expected] of cases) {
      assert.equal(matches({ databases: ['nope', name] }, {}, { user }), expected, `${user} with ${name}`)
    }
  })

  it('match users and members of roles', () => {
    const cases: readonly (readonly [string, string, boolean])[] = [
      ['all', 'nobody', true],
      ['ada', 'ada', true],
      ['Ada', 'ada', false],
      ['+analysts', 'ada', true],
      ['+staff', 'ada', true],
      ['+staff', 'staff', true],
      ['+staff', 'bob', false],
      // A superuser is everything, but no member.
      ['+staff', 'boss', false],
      ['+nobody', 'ada', false],
      ['+staff', 'nobody', false],
      ['"+staff"', 'ada', false],
      ['"all"', 'ada', false],
      ['"all"', 'all', true],
      ['/^a.a$', 'ada', true],
      ['/^a.$', 'ada', false],
    ]
    for (const [name, user, expected] of cases) {
      assert.equal(matches({ users: ['nope', name] }, {}, { user }), expected, `${user} with ${name}`)
    }
  })

  it('are open where others get in without a proof', () => {
    const open = (changes: Partial<HbaRule>) => openRules([{ ...rule, method: 'trust', ...changes }]).length
    for (const address of ['127.0.0.1', '127.0.0.0/8', '::1', 'samehost']) assert.equal(open({ address }), 0)
    for (const address of ['all', 'samenet', '10.0.0.0/8', '127.0.0.0/7', '::/0']) {
      assert.equal(open({ address }), 1, address)
    }
    assert.equal(open({ method: 'scram-sha-256' }), 0)
    assert.equal(open({ type: 'local', address: undefined }), 0)
  })
})

describe('names in client certificates', () => {
  const names = { CN: 'ada@example.com', DN: 'CN=ada@example.com,OU=analysts,O=Example' }
  const entry = (systemUser: string, databaseUser: string, map = 'm'): IdentEntry => {
    return { map, systemUser, databaseUser }
  }
  const fits = (changes: Partial<HbaRule>, user: string, ...entries: readonly IdentEntry[]) =>
    certificateFits({ ...rule, ...changes }, entries, names, user)

  it('are the user without a map', () => {
    assert(fits({}, 'ada@example.com'))
    assert(!fits({}, 'ada'))
    assert(!fits({}, 'Ada@example.com'))
    assert(fits({ clientName: 'DN' }, names.DN))
    assert(!fits({ clientName: 'DN' }, 'ada@example.com'))
    assert(!certificateFits(rule, [], { CN: undefined, DN: '' }, ''))
  })

  it('stand for users in a map', () => {
    const map = 'm'
    assert(fits({ map }, 'ada', entry('x', 'y'), entry('ada@example.com', 'ada')))
    assert(!fits({ map }, 'ada', entry('ada@example.com', 'ada', 'other')))
    assert(!fits({ map }, 'ada@example.com', entry('ada@example.com', 'ada')))
    assert(fits({ map }, 'ada', entry('/^(.*)@example\\.com$', '\\1')))
    assert(!fits({ map }, 'bob', entry('/^(.*)@example\\.com$', '\\1')))
    assert(fits({ map }, 'reader', entry('/@example\\.com$', 'reader')))
    assert(fits({ map, clientName: 'DN' }, 'analysts', entry('/OU=([^,]*)', '\\1')))
  })
})
