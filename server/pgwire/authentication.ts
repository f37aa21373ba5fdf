/**
 * Logging in as messages: what the server asks for (bodies of message `R`) and how it reads the answers
 * (bodies of message `p`). Knows no socket; the connection carries the bytes.
 */

import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Logger } from 'pino'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { HbaMethod, HbaRule, IdentEntry, LoginRequest, Peer } from '../auth/hba.ts'
import { certificateFits, defaultRules, matchRules } from '../auth/hba.ts'
import type { RoleSet } from '../auth/role.ts'
import { SCRAM, SCRAM_PLUS, ScramExchange } from '../auth/scram-exchange.ts'
import {
  deriveKeys,
  hmac,
  parseVerifier,
  SCRAM_ITERATIONS,
  SCRAM_KEY_BYTES,
  type ScramVerifier,
} from '../auth/scram-verifier.ts'

/** What to send next. */
export interface AuthenticationStep {
  /** Bodies of AuthenticationXxx messages, without AuthenticationOk. */
  readonly requests: readonly Buffer[]
  /** The client is who it says it is. */
  readonly isDone: boolean
}

/** One client's way in. */
export interface Authentication {
  /** `response` is undefined at first, then the client's answer. Rejects with FATAL SqlErrors. */
  next(response: Buffer | undefined): Promise<AuthenticationStep>
}

/** pg_hba.conf and pg_ident.conf. */
export interface HostRules {
  /** undefined = the default ones, which depend on whether there are passwords. */
  readonly rules: readonly HbaRule[] | undefined
  /** Maps from names in certificates to users. */
  readonly identities?: readonly IdentEntry[] | undefined
}

export interface AuthenticatorOptions extends HostRules {
  readonly roles: () => RoleSet
  readonly logger: Pick<Logger, 'info'>
}

const codes = { cleartext: 3, sasl: 10, saslContinue: 11, saslFinal: 12 } as const
/** What PostgreSQL says has failed, by the method of the rule. */
const failureNames = {
  trust: '"trust"',
  cert: 'certificate',
  password: 'password',
  'scram-sha-256': 'password',
} as const
type FailureName = (typeof failureNames)[keyof typeof failureNames]

const done: AuthenticationStep = { requests: [], isDone: true }

export class Authenticator {
  readonly #options: AuthenticatorOptions
  /** Makes the salt of a user that does not exist: the same one each time. */
  readonly #mockSecret = randomBytes(SCRAM_KEY_BYTES)

  /** What logins to come go by. */
  hostRules: HostRules

  constructor(options: AuthenticatorOptions) {
    this.#options = options
    this.hostRules = options
  }

  /** 28000 when the host rules refuse the client at once. */
  start(request: LoginRequest, peer: Peer): Authentication {
    const roles = this.#options.roles()
    const rules = this.hostRules.rules ?? defaultRules(roles)
    const rule = matchRules(rules, peer, request, roles)
    if (rule === undefined || rule.method === 'reject') throw refused(rule?.method, request, peer)
    const needsCertificate = rule.method === 'cert' || rule.clientCertificate !== undefined
    if (needsCertificate && peer.certificate === undefined) {
      throw fatal('connection requires a valid client certificate')
    }
    const { next } = this.#proof(rule.method, request, peer)
    if (rule.method !== 'cert' && rule.clientCertificate !== 'verify-full') return { next }
    const what = failureNames[rule.method]
    return {
      next: async response => {
        const step = await next(response)
        if (step.isDone) this.#checkCertificate(rule, what, request, peer)
        return step
      },
    }
  }

  #proof(method: Exclude<HbaMethod, 'reject'>, request: LoginRequest, peer: Peer): Authentication {
    switch (method) {
      case 'trust':
      case 'cert':
        return { next: async () => done }
      case 'password':
        return this.#cleartext(request, peer)
      case 'scram-sha-256':
        return this.#scram(request, peer)
    }
  }

  #checkCertificate(rule: HbaRule, what: FailureName, { user }: LoginRequest, peer: Peer): void {
    const { certificate } = peer
    const { identities = [] } = this.hostRules
    if (certificate !== undefined && certificateFits(rule, identities, certificate, user)) return
    throw this.#failed(what, user, peer)
  }

  #cleartext({ user }: LoginRequest, peer: Peer): Authentication {
    if (!peer.isEncrypted) throw fatal('cleartext passwords need an encrypted connection')
    let isAsked = false
    const next = async (response: Buffer | undefined): Promise<AuthenticationStep> => {
      if (!isAsked || response === undefined) {
        isAsked = true
        return { requests: [int32(codes.cleartext)], isDone: false }
      }
      const { verifier, isMock } = this.#verifierOf(user)
      const { salt, iterations, storedKey } = verifier
      const derived = await deriveKeys(readPassword(response), salt, iterations)
      const isRight = timingSafeEqual(derived.storedKey, storedKey)
      if (!isRight || isMock) throw this.#failed('password', user, peer)
      return done
    }
    return { next }
  }

  #scram({ user }: LoginRequest, peer: Peer): Authentication {
    const { channelBinding } = peer
    const mechanisms = channelBinding === undefined ? [SCRAM] : [SCRAM_PLUS, SCRAM]
    let exchange: ScramExchange | undefined
    const next = async (response: Buffer | undefined): Promise<AuthenticationStep> => {
      if (response === undefined) {
        const list = Buffer.from(`${mechanisms.join('\0')}\0\0`)
        return { requests: [Buffer.concat([int32(codes.sasl), list])], isDone: false }
      }
      if (exchange === undefined) {
        const { mechanism, message } = readInitialResponse(response)
        if (!mechanisms.includes(mechanism)) {
          throw protocolError('client selected an invalid SASL authentication mechanism')
        }
        exchange = new ScramExchange(mechanism, message, { ...this.#verifierOf(user), channelBinding })
        return { requests: [saslMessage(codes.saslContinue, exchange.serverFirst)], isDone: false }
      }
      const last = exchange.finish(response.toString('utf8'))
      if (last === undefined) throw this.#failed('password', user, peer)
      return { requests: [saslMessage(codes.saslFinal, last)], isDone: true }
    }
    return { next }
  }

  /** A user without a password that is good now gets a verifier that nothing fits. */
  #verifierOf(user: string): { verifier: ScramVerifier; isMock: boolean } {
    const role = this.#options.roles().find(user)
    const mockKey = hmac(this.#mockSecret, `key ${user}`)
    const mock: ScramVerifier = {
      iterations: SCRAM_ITERATIONS,
      salt: hmac(this.#mockSecret, `salt ${user}`).subarray(0, 16),
      storedKey: mockKey,
      serverKey: mockKey,
    }
    const known = parseVerifier(role?.verifier ?? '')
    const isExpired = role?.validUntil !== undefined && role.validUntil < BigInt(Date.now()) * 1000n
    const isMock = known === undefined || isExpired
    return { verifier: isMock ? mock : known, isMock }
  }

  #failed(what: FailureName, user: string, peer: Peer): SqlError {
    const message = `${what} authentication failed for user "${user}"`
    this.#options.logger.info({ user, address: peer.address }, `${what} authentication failed`)
    const code = what === 'password' ? SqlState.invalidPassword : SqlState.invalidAuthorizationSpecification
    return new SqlError(code, message, { severity: 'FATAL' })
  }
}

function refused(method: HbaMethod | undefined, request: LoginRequest, peer: Peer): SqlError {
  const from = peer.address ?? '[local]'
  const encryption = peer.isEncrypted ? 'SSL encryption' : 'no encryption'
  const who = `host "${from}", user "${request.user}", database "${request.database}", ${encryption}`
  return fatal(
    method === 'reject' ? `pg_hba.conf rejects connection for ${who}` : `no pg_hba.conf entry for ${who}`,
  )
}

function readPassword(response: Buffer): string {
  const end = response.indexOf(0)
  if (end !== response.length - 1) throw protocolError('invalid password packet size')
  return response.toString('utf8', 0, end)
}

function readInitialResponse(response: Buffer): { mechanism: string; message: string } {
  const end = response.indexOf(0)
  if (end < 0 || response.length < end + 5) throw protocolError('invalid message format')
  const length = response.readInt32BE(end + 1)
  if (length !== response.length - end - 5) throw protocolError('invalid message format')
  return { mechanism: response.toString('latin1', 0, end), message: response.toString('utf8', end + 5) }
}

function saslMessage(code: number, text: string): Buffer {
  return Buffer.concat([int32(code), Buffer.from(text)])
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function fatal(message: string): SqlError {
  return new SqlError(SqlState.invalidAuthorizationSpecification, message, { severity: 'FATAL' })
}

function protocolError(message: string): SqlError {
  return new SqlError(SqlState.protocolViolation, message, { severity: 'FATAL' })
}
