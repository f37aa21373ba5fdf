/**
 * SCRAM-SHA-256 verifiers (RFC 5803), the only form in which passwords are kept:
 * `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, as in PostgreSQL's pg_authid.
 */

import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'

const pbkdf2Async = promisify(pbkdf2)

export const SCRAM_ITERATIONS = 4096
export const SCRAM_KEY_BYTES = 32
const SALT_BYTES = 16

export interface ScramVerifier {
  readonly iterations: number
  readonly salt: Buffer
  readonly storedKey: Buffer
  readonly serverKey: Buffer
}

/** undefined when the text is no verifier: it is a password then. */
export function parseVerifier(text: string): ScramVerifier | undefined {
  const match = /^SCRAM-SHA-256\$(\d{1,9}):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)$/.exec(text)
  if (match === null) return undefined
  const [salt, storedKey, serverKey] = match.slice(2).map(part => Buffer.from(part, 'base64'))
  const iterations = Number(match[1])
  const hasKeys = storedKey!.length === SCRAM_KEY_BYTES && serverKey!.length === SCRAM_KEY_BYTES
  if (iterations < 1 || salt!.length === 0 || !hasKeys) return undefined
  return { iterations, salt: salt!, storedKey: storedKey!, serverKey: serverKey! }
}

/** The verifier of a new password. The derivation runs in a thread of libuv's. */
export async function makeVerifier(password: string): Promise<string> {
  const { salt, storedKey, serverKey } = await deriveKeys(password, randomBytes(SALT_BYTES), SCRAM_ITERATIONS)
  const text = (bytes: Buffer) => bytes.toString('base64')
  return `SCRAM-SHA-256$${SCRAM_ITERATIONS}:${text(salt)}$${text(storedKey)}:${text(serverKey)}`
}

/** SaltedPassword, then StoredKey = H(HMAC(SaltedPassword, "Client Key")) and ServerKey. */
export async function deriveKeys(password: string, salt: Buffer, iterations: number): Promise<ScramVerifier> {
  const salted = await pbkdf2Async(prepare(password), salt, iterations, SCRAM_KEY_BYTES, 'sha256')
  const storedKey = sha256(hmac(salted, 'Client Key'))
  return { iterations, salt, storedKey, serverKey: hmac(salted, 'Server Key') }
}

export function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

export function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}

const mappedToSpace = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu
const mappedToNothing = /\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/gu
const prohibited = /[\p{Cc}\p{Co}\p{Cs}\ufff9-\uffff\u200e\u200f\u202a-\u202e\u2066-\u206f]/u

/**
 * SASLprep (RFC 4013) as far as Node carries it: the mappings and NFKC, but neither the tables of unassigned
 * code points nor the rules for right-to-left text. A password that it forbids is taken as it is, as
 * PostgreSQL does.
 */
function prepare(password: string): string {
  const mapped = password.replaceAll(mappedToSpace, ' ').replaceAll(mappedToNothing, '').normalize('NFKC')
  return mapped === '' || prohibited.test(mapped) ? password : mapped
}
