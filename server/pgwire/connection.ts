/**
 * One client: start-up, then messages one after another. A single loop drains the frames, so that replies
 * never interleave; while a statement runs, input waits in the frame reader and then, past a bound, in the
 * kernel. While the client does not take the replies, its next message waits.
 */

import type { Socket } from 'node:net'
import type { Slicer } from '../../executor/runtime/slicer.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { Peer } from '../auth/hba.ts'
import { resourceError } from '../resource-error.ts'
import type { Session } from '../session-contract.ts'
import type { Authentication } from './authentication.ts'
import {
  writeAuthenticationOk,
  writeAuthenticationRequest,
  writeBackendKeyData,
  writeError,
  writeNegotiateProtocolVersion,
} from './backend-messages.ts'
import { type Frame, FrameReader } from './frame-reader.ts'
import type { WireLimits } from './limits.ts'
import { MessageHandler } from './message-handler.ts'
import type { MessageMemory } from './message-memory.ts'
import { OutputBuffer } from './output-buffer.ts'
import { PROTOCOL_MINOR, readStartup, type Startup } from './startup.ts'

const TERMINATE = 'X'.charCodeAt(0)
/** After its end a connection is kept while the client takes what was sent, with breaks up to this long. */
const LINGER_MS = 1000
/** In any case it is gone after this. */
const LINGER_MAX_MS = 30_000
/** Silence after which TCP asks whether the client is still there. */
const KEEP_ALIVE_MS = 60_000
/** What is longer waits for its turn: handling one message of a long text is one piece of work. */
const LONG_MESSAGE_BYTES = 8192

/** What a connection asks of the server around it. */
export interface ConnectionHost {
  readonly limits: WireLimits
  readonly memory: MessageMemory
  /** A client wants to log in: 53300 when there is no room for anybody. */
  admit(): void
  /** How this client has to prove who it is; refuses with a FATAL SqlError. */
  authenticate(startup: Startup, peer: Peer): Authentication
  /** How a connection shares the event loop with the others and with queries. */
  createSlicer(): Slicer
  /** Makes a session or refuses with a FATAL SqlError. */
  connect(startup: Startup, peer: Peer): Promise<Session>
  /** CancelRequest: finds the session by id and secret; no reply either way. */
  cancel(processId: number, secret: Buffer, peer: string): void
  /** The client got past start-up; returns its cancel secret, or throws 53300. */
  register(connection: Connection, session: Session, startup: Startup): Buffer
  /** An error that is not the user's: a bug to be logged. */
  reportInternalError(error: unknown): void
}

interface Login {
  readonly startup: Startup
  readonly authentication: Authentication
}

export class Connection {
  readonly #socket: Socket
  readonly #peer: Peer
  readonly #host: ConnectionHost
  readonly #frames: FrameReader
  readonly #output: OutputBuffer
  readonly #slicer: Slicer
  /** Kinds of encryption that the client asked for and did not get. */
  readonly #refusedEncryption = new Set<'ssl' | 'gss'>()
  /** Start-up was read; the client has to prove who it is. */
  #login: Login | undefined
  #session: Session | undefined
  #handler: MessageHandler | undefined
  #draining = false
  /** Set while the message that is being handled waits for the next one. */
  #wake: (() => void) | undefined
  /** Nothing more is read. */
  #ended = false
  readonly #startupTimer: NodeJS.Timeout
  #idleTimer: NodeJS.Timeout | undefined
  #lingerTimer: NodeJS.Timeout | undefined

  constructor(socket: Socket, peer: Peer, host: ConnectionHost) {
    this.#socket = socket
    this.#peer = peer
    this.#host = host
    this.#frames = new FrameReader(host.limits, host.memory)
    this.#slicer = host.createSlicer()
    this.#output = new OutputBuffer(socket, host.limits.outputBytesMax, this.#slicer)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    this.#startupTimer = setTimeout(() => this.destroy(), host.limits.startupTimeoutMs)
    socket.on('data', chunk => this.#onData(chunk))
    socket.on('error', () => this.destroy())
    // The client is gone, or waits for no more than what was answered already.
    socket.on('end', () => this.#end())
    socket.on('close', () => this.#onClose())
  }

  get isStarted(): boolean {
    return this.#session !== undefined
  }

  /** Ends the connection with a FATAL error that the client sees, cancelling what runs. */
  shutdown(error: SqlError): void {
    if (this.#ended) return
    this.#session?.cancel(error)
    if (this.#session !== undefined) writeError(this.#output, error, true)
    this.#end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #onData(chunk: Buffer): void {
    if (this.#ended) return
    this.#frames.push(chunk)
    if (this.#draining && this.#frames.bufferedBytes > this.#inputBytesMax) this.#socket.pause()
    this.#wake?.()
    void this.#drain()
  }

  get #inputBytesMax(): number {
    const { limits, memory } = this.#host
    return memory.isExceeded ? limits.smallMessageBytes : limits.inputBytesMax
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#wake?.()
    clearTimeout(this.#idleTimer)
    this.#session?.cancel()
    this.#output.flush()
    this.#socket.end()
    this.#socket.setTimeout(LINGER_MS, () => this.destroy())
    this.#lingerTimer = setTimeout(() => this.destroy(), LINGER_MAX_MS)
  }

  #onClose(): void {
    this.#ended = true
    this.#wake?.()
    clearTimeout(this.#startupTimer)
    clearTimeout(this.#idleTimer)
    clearTimeout(this.#lingerTimer)
    this.#frames.close()
    if (this.#session === undefined) return
    this.#session.cancel()
    this.#closeSession(this.#session)
  }

  #closeSession(session: Session): void {
    session.close().catch(error => this.#host.reportInternalError(error))
  }

  /** The one loop over incoming messages. */
  async #drain(): Promise<void> {
    if (this.#draining) return
    this.#draining = true
    this.#slicer.begin()
    try {
      while (!this.#ended) {
        const step = this.#step()
        // Most messages need no wait, and a turn of the event loop's queue is dear.
        if (!(typeof step === 'boolean' ? step : await step)) break
        this.#frames.release()
        if (this.#output.isFull) await this.#output.ready()
        if (this.#slicer.expired()) await this.#slicer.pause()
      }
    } catch (error) {
      this.#fatal(error)
    } finally {
      this.#frames.release()
      this.#draining = false
    }
  }

  /** Handles one message; false when there is none. */
  #step(): boolean | Promise<boolean> {
    if (this.#login !== undefined) {
      const response = this.#frames.nextPassword()
      if (response === undefined) return this.#waitForInput()
      return this.#authenticate(this.#login, response).then(handled)
    }
    if (this.#handler === undefined) {
      const packet = this.#frames.nextStartup()
      if (packet === undefined) return this.#waitForInput()
      return this.#startup(packet).then(handled)
    }
    const frame = this.#frames.next()
    if (frame === undefined) return this.#waitForInput()
    if (this.#idleTimer !== undefined) {
      clearTimeout(this.#idleTimer)
      this.#idleTimer = undefined
    }
    if (frame.type === TERMINATE) {
      this.#end()
      return true
    }
    if (frame.body.length <= LONG_MESSAGE_BYTES) return this.#handle(this.#handler, frame)
    return this.#slicer.queue().then(() => !this.#ended && this.#handle(this.#handler!, frame))
  }

  #handle(handler: MessageHandler, frame: Frame): boolean | Promise<boolean> {
    const handling = handler.handle(frame, this.#frames.isSyncNext)
    return handling === undefined ? true : handling.then(handled)
  }

  /** Nothing is left to do, or a frame longer than the pause bound needs more input to complete. */
  #waitForInput(): false {
    this.#output.rest()
    if (this.#socket.isPaused()) this.#socket.resume()
    if (this.#handler?.isIdle === true) this.#idleTimer ??= this.#startIdleTimer()
    return false
  }

  /** For a message that needs those after it. */
  #nextFrame(): Frame | undefined {
    this.#frames.release()
    return this.#ended ? undefined : this.#frames.next()
  }

  async #moreInput(signal: AbortSignal): Promise<boolean> {
    if (this.#ended) return false
    if (this.#socket.isPaused()) this.#socket.resume()
    await new Promise<void>(resolve => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.#wake = wake
      signal.addEventListener('abort', wake)
    })
    this.#wake = undefined
    return !this.#ended
  }

  #startIdleTimer(): NodeJS.Timeout | undefined {
    const session = this.#session!
    const [setting, error] =
      session.transactionStatus === 'I'
        ? (['idle_session_timeout', idleTooLong] as const)
        : (['idle_in_transaction_session_timeout', idleInTransactionTooLong] as const)
    const idleMs = session.milliseconds(setting)
    return idleMs === 0 ? undefined : setTimeout(() => this.shutdown(error()), idleMs)
  }

  #fatal(error: unknown): void {
    const sqlError = this.#toSqlError(error)
    if (this.#ended) return
    writeError(this.#output, sqlError, true)
    this.#end()
  }

  #toSqlError(error: unknown): SqlError {
    if (error instanceof SqlError) return error
    const resource = resourceError(error)
    if (resource !== undefined) return resource
    this.#host.reportInternalError(error)
    const message = error instanceof Error ? error.message : String(error)
    return new SqlError(SqlState.internalError, message, { cause: error })
  }

  async #startup(body: Buffer): Promise<void> {
    const packet = readStartup(body, this.#refusedEncryption)
    switch (packet.kind) {
      case 'encryption':
        this.#refusedEncryption.add(packet.request)
        this.#socket.write('N')
        return
      case 'cancel':
        this.#host.cancel(packet.processId, packet.secret, this.#peer.address ?? '')
        return this.#end()
      case 'startup':
        return this.#logIn(packet.startup)
    }
  }

  #logIn(startup: Startup): Promise<void> {
    const { minorVersion, unknownOptions } = startup
    if (minorVersion > PROTOCOL_MINOR || unknownOptions.length > 0) {
      writeNegotiateProtocolVersion(this.#output, Math.min(minorVersion, PROTOCOL_MINOR), unknownOptions)
    }
    this.#host.admit()
    const login = { startup, authentication: this.#host.authenticate(startup, this.#peer) }
    this.#login = login
    return this.#authenticate(login, undefined)
  }

  /** Until the authentication is done, the next message is the client's answer. */
  async #authenticate({ startup, authentication }: Login, response: Buffer | undefined): Promise<void> {
    const { requests, isDone } = await authentication.next(response)
    if (this.#ended) return
    for (const request of requests) writeAuthenticationRequest(this.#output, request)
    if (!isDone) return this.#output.flush()
    this.#login = undefined
    await this.#connect(startup)
  }

  async #connect(startup: Startup): Promise<void> {
    writeAuthenticationOk(this.#output)
    const session = await this.#host.connect(startup, this.#peer)
    let secret: Buffer
    try {
      if (this.#ended) return this.#closeSession(session)
      secret = this.#host.register(this, session, startup)
    } catch (error) {
      this.#closeSession(session)
      throw error
    }
    clearTimeout(this.#startupTimer)
    this.#session = session
    session.onTerminated = error => this.shutdown(error)
    const output = this.#output
    const handler = new MessageHandler({
      session,
      output,
      limits: this.#host.limits,
      frames: { next: () => this.#nextFrame(), wait: signal => this.#moreInput(signal) },
      slicer: this.#slicer,
      toSqlError: error => this.#toSqlError(error),
    })
    this.#handler = handler
    handler.greet(() => writeBackendKeyData(output, session.processId, secret))
  }
}

function handled(): true {
  return true
}

function idleTooLong(): SqlError {
  return new SqlError(SqlState.idleSessionTimeout, 'terminating connection due to idle-session timeout', {
    severity: 'FATAL',
  })
}

function idleInTransactionTooLong(): SqlError {
  return new SqlError(
    SqlState.idleInTransactionSessionTimeout,
    'terminating connection due to idle-in-transaction timeout',
    { severity: 'FATAL' },
  )
}
