/** The tables of the configuration file that say who may connect: `[[role]]` and `[[hba]]`. */

import {
  type HbaMethod,
  type HbaRule,
  hbaMethods,
  hbaTypes,
  type IdentEntry,
  parseRange,
} from './auth/hba.ts'
import type { InitialRole } from './auth/initial-roles.ts'

/** A mistake in a table; `message` names the place. */
export class TableError extends Error {}

type Table = Readonly<Record<string, unknown>>

const roleKeys = [
  'name',
  'password',
  'superuser',
  'createrole',
  'login',
  'inherit',
  'connection_limit',
  'member_of',
]

const hbaKeys = ['type', 'database', 'user', 'address', 'method', 'clientcert', 'clientname', 'map']

/** `[[role]] name = "ada" password = "…" superuser = true`. */
export function readRoles(value: unknown, shown: string): readonly InitialRole[] {
  return tablesOf(value, shown).map((table, index) => {
    const at = `${shown}, entry ${index + 1}`
    checkKeys(table, roleKeys, at)
    return {
      name: text(table, 'name', at),
      password: table['password'] === undefined ? undefined : text(table, 'password', at),
      superuser: flag(table, 'superuser', at),
      createRole: flag(table, 'createrole', at),
      login: flag(table, 'login', at),
      inherit: flag(table, 'inherit', at),
      connectionLimit: count(table, 'connection_limit', at),
      memberOf: table['member_of'] === undefined ? undefined : texts(table, 'member_of', at),
    }
  })
}

/**
 * `[[hba]] type = "hostssl" database = "all" user = "all" address = "10.0.0.0/8" method = "scram-sha-256"`.
 */
export function readHostRules(value: unknown, shown: string): readonly HbaRule[] {
  return tablesOf(value, shown).map((table, index) => {
    const at = `${shown}, entry ${index + 1}`
    checkKeys(table, hbaKeys, at)
    const rule: HbaRule = {
      type: oneOf(table, 'type', hbaTypes, at),
      databases: table['database'] === undefined ? ['all'] : texts(table, 'database', at),
      users: table['user'] === undefined ? ['all'] : texts(table, 'user', at),
      address: table['address'] === undefined ? undefined : text(table, 'address', at),
      method: readMethod(table, at),
      clientCertificate: optional(table, 'clientcert', ['verify-ca', 'verify-full'] as const, at),
      clientName: optional(table, 'clientname', ['CN', 'DN'] as const, at),
      map: table['map'] === undefined ? undefined : text(table, 'map', at),
    }
    checkRule(rule, at)
    return rule
  })
}

/** `[[ident]] map = "staff" system_user = "/^(.*)@example\.com$" database_user = "\1"`. */
export function readIdentities(value: unknown, shown: string): readonly IdentEntry[] {
  return tablesOf(value, shown).map((table, index) => {
    const at = `${shown}, entry ${index + 1}`
    checkKeys(table, ['map', 'system_user', 'database_user'], at)
    const systemUser = text(table, 'system_user', at)
    checkPattern(systemUser, at)
    return { map: text(table, 'map', at), systemUser, databaseUser: text(table, 'database_user', at) }
  })
}

/** A rule as it reads in pg_hba.conf. */
export function showRule({ type, databases, users, address, method }: HbaRule): string {
  return [type, databases.join(','), users.join(','), address, method].filter(part => part).join(' ')
}

function checkRule(rule: HbaRule, at: string): void {
  const { type, address, method, databases, users } = rule
  for (const name of [...databases, ...users]) checkPattern(name, at)
  if (type === 'local') {
    if (address !== undefined) throw new TableError(`${at}: a local rule has no address`)
  } else if (address === undefined) {
    throw new TableError(`${at}: address is missing ("all", "10.0.0.0/8", "::1")`)
  } else if (!['all', 'samehost', 'samenet'].includes(address) && parseRange(address) === undefined) {
    throw new TableError(
      `${at}: "${address}" is neither "all", "samehost" nor "samenet" nor an address or range of addresses`,
    )
  }
  if ((method === 'cert' || method === 'password') && type !== 'hostssl') {
    throw new TableError(`${at}: method ${method} needs type hostssl`)
  }
  checkCertificateOptions(rule, at)
}

function checkCertificateOptions(
  { type, method, clientCertificate, clientName, map }: HbaRule,
  at: string,
): void {
  if (clientCertificate !== undefined && type !== 'hostssl') {
    throw new TableError(`${at}: clientcert needs type hostssl`)
  }
  if (method === 'cert' && clientCertificate === 'verify-ca') {
    throw new TableError(`${at}: method cert always is clientcert verify-full`)
  }
  const isNamed = method === 'cert' || clientCertificate === 'verify-full'
  if (isNamed || (clientName === undefined && map === undefined)) return
  throw new TableError(`${at}: clientname and map need method cert or clientcert verify-full`)
}

/** `/pattern` must be a regular expression. */
function checkPattern(name: string, at: string): void {
  if (!name.startsWith('/')) return
  try {
    new RegExp(name.slice(1))
  } catch (error) {
    throw new TableError(`${at}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** The methods of PostgreSQL that there are not here are told from those that are nowhere. */
function readMethod(table: Table, at: string): HbaMethod {
  const method = table['method']
  if (typeof method === 'string' && otherMethods.includes(method)) {
    throw new TableError(`${at}: method ${method} is not supported; there are ${hbaMethods.join(', ')}`)
  }
  return oneOf(table, 'method', hbaMethods, at)
}

const otherMethods = ['md5', 'gss', 'sspi', 'ident', 'peer', 'ldap', 'radius', 'pam', 'bsd']

function tablesOf(value: unknown, shown: string): readonly Table[] {
  const isTable = (entry: unknown) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry) && !(entry instanceof Date)
  if (Array.isArray(value) && value.every(isTable)) return value as readonly Table[]
  throw new TableError(`${shown} must be a list of tables: [[${shown.split(' ')[0]}]]`)
}

function checkKeys(table: Table, known: readonly string[], at: string): void {
  const unknown = Object.keys(table).find(key => !known.includes(key))
  if (unknown !== undefined) throw new TableError(`unknown option ${unknown} in ${at}`)
}

function text(table: Table, key: string, at: string): string {
  const value = table[key]
  if (typeof value === 'string' && value !== '') return value
  throw new TableError(`${at}: ${key} must be a text`)
}

function texts(table: Table, key: string, at: string): readonly string[] {
  const value = table[key]
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (list.length > 0 && list.every(entry => typeof entry === 'string')) return list as readonly string[]
  throw new TableError(`${at}: ${key} must be a text or a list of texts`)
}

function flag(table: Table, key: string, at: string): boolean | undefined {
  const value = table[key]
  if (value === undefined || typeof value === 'boolean') return value
  throw new TableError(`${at}: ${key} must be true or false`)
}

function count(table: Table, key: string, at: string): number | undefined {
  const value = table[key]
  if (value === undefined) return undefined
  if (typeof value === 'number' && Number.isInteger(value) && value >= -1) return value
  throw new TableError(`${at}: ${key} must be a whole number, -1 for no limit`)
}

function optional<T extends string>(
  table: Table,
  key: string,
  known: readonly T[],
  at: string,
): T | undefined {
  return table[key] === undefined ? undefined : oneOf(table, key, known, at)
}

function oneOf<T extends string>(table: Table, key: string, known: readonly T[], at: string): T {
  const found = known.find(word => word === table[key])
  if (found !== undefined) return found
  throw new TableError(`${at}: ${key} must be one of ${known.join(', ')}`)
}
