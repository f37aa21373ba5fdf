/**
 * TLS for connections, decided by their first bytes: SSLRequest is answered `S` and upgraded, a TLS handshake
 * at once (PostgreSQL 17's direct negotiation) must carry the ALPN protocol `postgresql`, and anything else
 * goes on in plain text. Bytes that come in plain text behind an SSLRequest are refused: they would be taken
 * for the encrypted client's (CVE-2021-23214).
 */

import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls'
import { certificateHash } from '../auth/certificate-hash.ts'
import type { CertificateNames } from '../auth/hba.ts'
import { GSSENC_REQUEST, SSL_REQUEST } from './startup.ts'

export interface TlsFiles {
  readonly certFile: string
  readonly keyFile: string
  /** Certificates that client certificates must be signed by; undefined = none are asked for. */
  readonly caFile: string | undefined
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
}

/** What is known of an encrypted client. */
export interface Encryption {
  /** The names in a certificate that our CA signed. */
  readonly certificate: CertificateNames | undefined
  readonly channelBinding: Buffer | undefined
}

/** A client before its start-up message. */
export interface PendingUpgrade {
  destroy(): void
}

/** Goes on with the socket to talk over; `encryption` undefined = plain text. */
export type OnUpgraded = (socket: Socket, encryption: Encryption | undefined) => void

const TLS_HANDSHAKE = 0x16
const REQUEST_BYTES = 8
const ALPN = 'postgresql'

export class TlsUpgrade {
  readonly #files: TlsFiles
  readonly #timeoutMs: number
  /** Never listens: sockets are handed to it. */
  readonly #server: Server
  /** Handshakes under way, by the client's address and port. */
  readonly #handshakes = new Map<string, (socket: TLSSocket) => void>()
  #channelBinding: Buffer | undefined

  /** Throws when the files cannot be read or do not belong together. */
  constructor(files: TlsFiles, timeoutMs: number) {
    this.#files = files
    this.#timeoutMs = timeoutMs
    const { options, channelBinding } = readFiles(files)
    this.#channelBinding = channelBinding
    const requestCert = files.caFile !== undefined
    this.#server = createServer({
      ...options,
      requestCert,
      rejectUnauthorized: false,
      ALPNProtocols: [ALPN],
      handshakeTimeout: timeoutMs,
    })
    this.#server.on('secureConnection', socket => {
      const onSecure = this.#handshakes.get(peerKey(socket))
      if (onSecure === undefined) socket.destroy()
      else onSecure(socket)
    })
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy())
  }

  /** Reads the files again, for connections to come. Throws and changes nothing when they are not good. */
  reload(): void {
    const { options, channelBinding } = readFiles(this.#files)
    this.#server.setSecureContext(options)
    this.#channelBinding = channelBinding
  }

  /** Takes a new connection until it is clear how it goes on. */
  accept(socket: Socket, onUpgraded: OnUpgraded): PendingUpgrade {
    let held: Buffer = Buffer.alloc(0)
    const timer = setTimeout(() => socket.destroy(), this.#timeoutMs)
    const onError = () => socket.destroy()
    const finish = () => {
      clearTimeout(timer)
      socket.off('data', onData).off('error', onError).off('close', finish)
    }
    const onData = (chunk: Buffer) => {
      held = Buffer.concat([held, chunk])
      const next = this.#decide(socket, held)
      if (next.kind === 'wait') held = next.held
      else if (next.kind === 'destroy') socket.destroy()
      else {
        finish()
        socket.pause()
        if (next.held.length > 0) socket.unshift(next.held)
        if (next.kind === 'handshake') return this.#handshake(socket, next.isDirect, onUpgraded)
        onUpgraded(socket, undefined)
        socket.resume()
      }
    }
    socket.on('data', onData).on('error', onError).on('close', finish)
    return { destroy: () => socket.destroy() }
  }

  #decide(socket: Socket, held: Buffer): Decision {
    if (held[0] === TLS_HANDSHAKE) return { kind: 'handshake', isDirect: true, held }
    if (held.length < REQUEST_BYTES) return { kind: 'wait', held }
    const request = held.readInt32BE(0) === REQUEST_BYTES ? held.readInt32BE(4) : 0
    if (request === GSSENC_REQUEST) {
      socket.write('N')
      return this.#decideAfter(socket, held.subarray(REQUEST_BYTES))
    }
    if (request !== SSL_REQUEST) return { kind: 'plain', held }
    if (held.length > REQUEST_BYTES) return { kind: 'destroy' }
    socket.write('S')
    return { kind: 'handshake', isDirect: false, held: Buffer.alloc(0) }
  }

  /** A client asks for GSS encryption at most once; what follows is read like a beginning. */
  #decideAfter(socket: Socket, held: Buffer): Decision {
    return held.length === 0 ? { kind: 'wait', held } : this.#decide(socket, held)
  }

  #handshake(socket: Socket, isDirect: boolean, onUpgraded: OnUpgraded): void {
    const key = peerKey(socket)
    const channelBinding = this.#channelBinding
    socket.once('close', () => this.#handshakes.delete(key))
    this.#handshakes.set(key, secure => {
      this.#handshakes.delete(key)
      if (isDirect && secure.alpnProtocol !== ALPN) secure.destroy()
      else onUpgraded(secure, { certificate: certificateNames(secure), channelBinding })
    })
    this.#server.emit('connection', socket)
  }
}

function readFiles({ certFile, keyFile, caFile, minVersion }: TlsFiles) {
  const cert = readFileSync(certFile)
  const key = readFileSync(keyFile)
  const ca = caFile === undefined ? undefined : readFileSync(caFile)
  const options: SecureContextOptions = { cert, key, ca, minVersion }
  const { raw } = new X509Certificate(cert)
  const algorithm = certificateHash(raw)
  const channelBinding = algorithm === undefined ? undefined : createHash(algorithm).update(raw).digest()
  return { options, channelBinding }
}

type Decision =
  | { readonly kind: 'wait'; readonly held: Buffer }
  | { readonly kind: 'plain'; readonly held: Buffer }
  | { readonly kind: 'handshake'; readonly isDirect: boolean; readonly held: Buffer }
  | { readonly kind: 'destroy' }

function peerKey(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`
}

function certificateNames(socket: TLSSocket): CertificateNames | undefined {
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined
  if (certificate === undefined) return undefined
  const name: unknown = socket.getPeerCertificate().subject?.CN
  // One line a part, the widest first; RFC 2253 begins with the narrowest.
  const parts = certificate.subject.trimEnd().split('\n').reverse()
  return { CN: typeof name === 'string' ? name : undefined, DN: parts.join(',') }
}
