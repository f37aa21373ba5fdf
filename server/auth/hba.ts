/**
 * Host rules: which client may log in as whom, and how it proves who it is. The words and the order are those
 * of PostgreSQL's pg_hba.conf: the first rule that matches decides, and without a match the client is
 * refused.
 */

import { BlockList, isIP } from 'node:net'
import type { RoleSet } from './role.ts'

export const hbaTypes = ['local', 'host', 'hostssl', 'hostnossl'] as const
export type HbaType = (typeof hbaTypes)[number]

/** `password` sends the password itself, so that its rules must be `hostssl`. */
export const hbaMethods = ['trust', 'reject', 'scram-sha-256', 'password', 'cert'] as const
export type HbaMethod = (typeof hbaMethods)[number]

export interface HbaRule {
  readonly type: HbaType
  /** `all`, `sameuser`, or names. */
  readonly databases: readonly string[]
  /** `all`, names, or `+role` for its members. */
  readonly users: readonly string[]
  /** `all`, an address, or one with a mask length; undefined for `local` alone. */
  readonly address: string | undefined
  readonly method: HbaMethod
}

/** How a client is connected. */
export interface Peer {
  /** IP address; undefined over a Unix socket. */
  readonly address: string | undefined
  readonly isEncrypted: boolean
  /** Common name of a client certificate that the CA signed. */
  readonly certificateName: string | undefined
  /** Hash of our certificate that SCRAM-SHA-256-PLUS binds to; undefined = cannot be bound. */
  readonly channelBinding: Buffer | undefined
}

/** Who wants to log in. */
export interface LoginRequest {
  readonly user: string
  readonly database: string
}

/** The method of the first rule that matches; undefined = none does. */
export function matchRules(
  rules: readonly HbaRule[],
  peer: Peer,
  request: LoginRequest,
  roles: RoleSet,
): HbaMethod | undefined {
  return rules.find(
    rule =>
      matchesType(rule, peer) &&
      matchesAddress(rule, peer.address) &&
      rule.databases.some(name => matchesDatabase(name, request)) &&
      rule.users.some(name => matchesUser(name, request.user, roles)),
  )?.method
}

/** Without rules of one's own: trust on this machine until a role has a password; passwords otherwise. */
export function defaultRules(roles: RoleSet): readonly HbaRule[] {
  const own: HbaMethod = roles.hasPasswords ? 'scram-sha-256' : 'trust'
  const everyone = { databases: ['all'], users: ['all'] } as const
  return [
    { ...everyone, type: 'local', address: undefined, method: own },
    { ...everyone, type: 'host', address: '127.0.0.0/8', method: own },
    { ...everyone, type: 'host', address: '::1', method: own },
    { ...everyone, type: 'host', address: 'all', method: 'scram-sha-256' },
  ]
}

/** The rules that let somebody in from another machine without a proof. */
export function openRules(rules: readonly HbaRule[]): readonly HbaRule[] {
  return rules.filter(
    ({ type, address, method }) =>
      type !== 'local' && method === 'trust' && !(address !== undefined && isLoopbackRange(address)),
  )
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

/** undefined when the text is neither an address nor a range. */
export function parseRange(text: string): { address: string; bits: number; is6: boolean } | undefined {
  const [address = '', mask, ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0 || address.includes('%')) return undefined
  const bitsMax = family === 6 ? 128 : 32
  if (mask !== undefined && !/^\d{1,3}$/.test(mask)) return undefined
  const bits = mask === undefined ? bitsMax : Number(mask)
  return bits > bitsMax ? undefined : { address, bits, is6: family === 6 }
}

function isLoopbackRange(text: string): boolean {
  const range = parseRange(text)
  if (range === undefined) return false
  return range.is6
    ? range.bits === 128 && contains('::1', range.address)
    : range.bits >= 8 && range.address.startsWith('127.')
}

function matchesType({ type }: HbaRule, { address, isEncrypted }: Peer): boolean {
  if (type === 'local' || address === undefined) return type === 'local' && address === undefined
  return type === 'host' || (type === 'hostssl') === isEncrypted
}

function matchesAddress({ type, address }: HbaRule, peer: string | undefined): boolean {
  if (type === 'local' || address === 'all') return true
  return peer !== undefined && address !== undefined && contains(address, peer)
}

function contains(rangeText: string, peer: string): boolean {
  const range = parseRange(rangeText)
  if (range === undefined) return false
  // A dual-stack socket shows IPv4 clients as ::ffff:a.b.c.d.
  const plain = peer.replace(/^::ffff:(?=\d+\.)/i, '')
  if ((isIP(plain) === 6) !== range.is6) return false
  const family = range.is6 ? 'ipv6' : 'ipv4'
  const list = new BlockList()
  list.addSubnet(range.address, range.bits, family)
  return list.check(plain, family)
}

function matchesDatabase(name: string, { user, database }: LoginRequest): boolean {
  return name === 'all' || name === database || (name === 'sameuser' && user === database)
}

function matchesUser(name: string, user: string, roles: RoleSet): boolean {
  if (name === 'all' || name === user) return true
  if (!name.startsWith('+')) return false
  const group = roles.find(name.slice(1))
  const role = roles.find(user)
  if (group === undefined || role === undefined) return false
  return roles.isMember({ ...role, superuser: false }, group.id)
}
