/**
 * The server's side of SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677, RFC 5929), without the wire:
 * message text in, message text out. An unknown user goes through the same steps with keys that no password
 * has, so that it costs and shows the same.
 */

import { randomBytes, timingSafeEqual } from 'node:crypto'
import { SqlError, SqlState } from '../../planner/errors.ts'
import { hmac, SCRAM_KEY_BYTES, type ScramVerifier, sha256 } from './scram-verifier.ts'

export const SCRAM = 'SCRAM-SHA-256'
export const SCRAM_PLUS = 'SCRAM-SHA-256-PLUS'
const NONCE_BYTES = 18

export interface ScramOptions {
  readonly verifier: ScramVerifier
  /** The verifier is made up: no proof is right. */
  readonly isMock: boolean
  /** Of tls-server-end-point; undefined = SCRAM-SHA-256-PLUS was not offered. */
  readonly channelBinding: Buffer | undefined
  /** For tests. */
  readonly nonce?: string | undefined
}

interface ClientFirst {
  /** `n,,`, `y,,` or `p=tls-server-end-point,,`. */
  readonly gs2Header: string
  readonly bare: string
  readonly nonce: string
}

export class ScramExchange {
  readonly #options: ScramOptions
  readonly #first: ClientFirst
  readonly #nonce: string
  /** The reply to the client's first message. */
  readonly serverFirst: string

  /** 08P01, 0A000 and 28000 for a first message that cannot be, in PostgreSQL's words. */
  constructor(mechanism: string, clientFirst: string, options: ScramOptions) {
    this.#options = options
    this.#first = readClientFirst(mechanism, clientFirst, options.channelBinding !== undefined)
    this.#nonce = this.#first.nonce + (options.nonce ?? randomBytes(NONCE_BYTES).toString('base64'))
    const { salt, iterations } = options.verifier
    this.serverFirst = `r=${this.#nonce},s=${salt.toString('base64')},i=${iterations}`
  }

  /** The server's last message when the proof is right; undefined when it is not. */
  finish(clientFinal: string): string | undefined {
    const match = /^(c=([^,]*),r=([^,]*)(?:,[^,]*)*?),p=([A-Za-z0-9+/=]+)$/.exec(clientFinal)
    if (match === null) throw malformed('The client sent no proof.')
    const [, withoutProof, binding, nonce, proofText] = match
    this.#checkBinding(binding!)
    if (nonce !== this.#nonce) throw fatal('invalid SCRAM response', 'Nonce does not match.')
    const proof = Buffer.from(proofText!, 'base64')
    if (proof.length !== SCRAM_KEY_BYTES) throw malformed('Malformed proof in client-final-message.')
    const { storedKey, serverKey } = this.#options.verifier
    const message = `${this.#first.bare},${this.serverFirst},${withoutProof}`
    const signature = hmac(storedKey, message)
    const clientKey = Buffer.from(proof.map((byte, index) => byte ^ signature[index]!))
    const isRight = timingSafeEqual(sha256(clientKey), storedKey)
    const reply = `v=${hmac(serverKey, message).toString('base64')}`
    return isRight && !this.#options.isMock ? reply : undefined
  }

  #checkBinding(given: string): void {
    const { gs2Header } = this.#first
    const bound = gs2Header.startsWith('p=')
    const data = bound ? this.#options.channelBinding! : Buffer.alloc(0)
    const expected = Buffer.concat([Buffer.from(gs2Header), data]).toString('base64')
    if (given === expected) return
    if (bound) {
      throw new SqlError(SqlState.invalidAuthorizationSpecification, 'SCRAM channel binding check failed', {
        severity: 'FATAL',
      })
    }
    throw fatal('unexpected SCRAM channel-binding attribute in client-final-message')
  }
}

function readClientFirst(mechanism: string, text: string, canBind: boolean): ClientFirst {
  const match = /^(n|y|p=([^,]*)),([^,]*),(.*)$/s.exec(text)
  if (match === null) throw malformed('The message does not start with a GS2 header.')
  const [, flag, bindingType, authorizationId, bare] = match
  const isPlus = mechanism === SCRAM_PLUS
  if (flag === 'n' && isPlus) throw malformed('SCRAM-SHA-256-PLUS is selected without channel binding data.')
  if (flag === 'y' && isPlus) throw malformed('SCRAM-SHA-256-PLUS is selected without channel binding data.')
  if (flag === 'y' && canBind) {
    throw new SqlError(
      SqlState.invalidAuthorizationSpecification,
      'SCRAM channel binding negotiation error',
      {
        severity: 'FATAL',
        detail:
          'The client supports SCRAM channel binding but thinks the server does not.  ' +
          'However, this server does support channel binding.',
      },
    )
  }
  if (bindingType !== undefined) {
    if (!isPlus) throw malformed('Channel binding data comes without SCRAM-SHA-256-PLUS.')
    if (bindingType !== 'tls-server-end-point') {
      throw fatal(`unsupported SCRAM channel-binding type "${printable(bindingType)}"`)
    }
  }
  if (authorizationId !== '') throw unsupported('client uses authorization identity, but it is not supported')
  if (bare!.startsWith('m=')) throw unsupported('client requires an unsupported SCRAM extension')
  const parts = /^n=[^,]*,r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?$/s.exec(bare!)
  if (parts === null) throw malformed('The message has no user name and printable nonce.')
  return { gs2Header: `${flag},,`, bare: bare!, nonce: parts[1]! }
}

function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 30)
}

function malformed(detail: string): SqlError {
  return fatal('malformed SCRAM message', detail)
}

function fatal(message: string, detail?: string): SqlError {
  return new SqlError(SqlState.protocolViolation, message, { severity: 'FATAL', detail })
}

function unsupported(message: string): SqlError {
  return new SqlError(SqlState.featureNotSupported, message, { severity: 'FATAL' })
}
