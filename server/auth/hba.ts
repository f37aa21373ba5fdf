/**
 * Host rules: which client may log in as whom, and how it proves who it is. The words and the order are those
 * of PostgreSQL's pg_hba.conf: the first rule that matches decides, and without a match the client is
 * refused.
 */

import { BlockList, isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { RoleSet } from './role.ts'

export const hbaTypes = ['local', 'host', 'hostssl', 'hostnossl'] as const
export type HbaType = (typeof hbaTypes)[number]

/** `password` sends the password itself, so that its rules must be `hostssl`. */
export const hbaMethods = ['trust', 'reject', 'scram-sha-256', 'password', 'cert'] as const
export type HbaMethod = (typeof hbaMethods)[number]

export interface HbaRule {
  readonly type: HbaType
  /** `all`, `sameuser`, `samerole`, names, or `/pattern`; `replication` is accepted and never matches. */
  readonly databases: readonly string[]
  /** `all`, names, `+role` for its members, or `/pattern`. */
  readonly users: readonly string[]
  /** `all`, `samehost`, `samenet`, an address, or one with a mask length; undefined for `local` alone. */
  readonly address: string | undefined
  readonly method: HbaMethod
  /** A client certificate besides: one that the CA signed, or one that names the user too. */
  readonly clientCertificate?: 'verify-ca' | 'verify-full' | undefined
  /** What of a certificate names the user; the common name by default. */
  readonly clientName?: 'CN' | 'DN' | undefined
  /** Name of the map from certificates to users; without, they are called alike. */
  readonly map?: string | undefined
}

/** A line of pg_ident.conf: who a system user (here: the name in a certificate) may log in as. */
export interface IdentEntry {
  readonly map: string
  /** A name, or `/pattern`. */
  readonly systemUser: string
  /** A name, in which \1 stands for the first group of the pattern. */
  readonly databaseUser: string
}

/** How a client is connected. */
export interface Peer {
  /** IP address; undefined over a Unix socket. */
  readonly address: string | undefined
  readonly isEncrypted: boolean
  /** The names in a client certificate that the CA signed. */
  readonly certificate: CertificateNames | undefined
  /** Hash of our certificate that SCRAM-SHA-256-PLUS binds to; undefined = cannot be bound. */
  readonly channelBinding: Buffer | undefined
}

export interface CertificateNames {
  readonly CN: string | undefined
  /** The whole subject as RFC 2253 writes it: `CN=ada,OU=analysts`. */
  readonly DN: string
}

/** Who wants to log in. */
export interface LoginRequest {
  readonly user: string
  readonly database: string
}

/** The first rule that matches; undefined = none does. */
export function matchRules(
  rules: readonly HbaRule[],
  peer: Peer,
  request: LoginRequest,
  roles: RoleSet,
): HbaRule | undefined {
  return rules.find(
    rule =>
      matchesType(rule, peer) &&
      matchesAddress(rule, peer.address) &&
      rule.databases.some(name => matchesDatabase(name, request, roles)) &&
      rule.users.some(name => matchesUser(name, request.user, roles)),
  )
}

/** Whether a certificate lets somebody in under a name. */
export function certificateFits(
  { clientName = 'CN', map }: HbaRule,
  identities: readonly IdentEntry[],
  names: CertificateNames,
  user: string,
): boolean {
  const name = names[clientName]
  if (name === undefined) return false
  if (map === undefined) return name === user
  return identities.some(entry => entry.map === map && isMapped(entry, name, user))
}

function isMapped({ systemUser, databaseUser }: IdentEntry, name: string, user: string): boolean {
  if (!systemUser.startsWith('/')) return systemUser === name && databaseUser === user
  const match = new RegExp(systemUser.slice(1)).exec(name)
  return match !== null && databaseUser.replaceAll('\\1', () => match[1] ?? '') === user
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
      type !== 'local' && method === 'trust' && !(address !== undefined && isThisMachine(address)),
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

function isThisMachine(text: string): boolean {
  if (text === 'samehost') return true
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
  if (peer === undefined || address === undefined) return false
  if (address === 'samehost') return ownAddresses().some(own => contains(own.address, peer))
  if (address === 'samenet') return ownAddresses().some(own => own.cidr !== null && contains(own.cidr, peer))
  return contains(address, peer)
}

function ownAddresses() {
  const usable = Object.values(networkInterfaces()).flatMap(addresses => addresses ?? [])
  return usable.map(({ address, cidr }) => ({ address: address.replace(/%.*$/, ''), cidr }))
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

function matchesDatabase(name: string, { user, database }: LoginRequest, roles: RoleSet): boolean {
  switch (name) {
    case 'all':
      return true
    case 'sameuser':
      return user === database
    case 'samerole':
    case 'samegroup':
      return isMember(user, database, roles)
    case 'replication':
      return false
    default:
      return matchesName(name, database)
  }
}

function matchesUser(name: string, user: string, roles: RoleSet): boolean {
  if (name === 'all') return true
  return name.startsWith('+') ? isMember(user, name.slice(1), roles) : matchesName(name, user)
}

/** In quotes a word has no other meaning than itself. */
function matchesName(name: string, given: string): boolean {
  if (name.startsWith('/')) return new RegExp(name.slice(1)).test(given)
  return given === (/^"(.*)"$/s.exec(name)?.[1] ?? name)
}

/** By memberships alone: being a superuser makes nobody a member. */
function isMember(user: string, of: string, roles: RoleSet): boolean {
  const group = roles.find(of)
  const role = roles.find(user)
  if (group === undefined || role === undefined) return false
  return roles.isMember({ ...role, superuser: false }, group.id)
}
