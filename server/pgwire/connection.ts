/**
 * One client: start-up, then messages one after another. A single loop drains the frames, so that replies
 * never
 * interleave; while a statement runs, input waits in the frame reader and then, past a bound, in the kernel.
 *
 * States after start-up: normal, and `skipping` after an error in the extended protocol, when everything but
 * Sync is
 * thrown away. Portals' progress is kept here, portals themselves belong to the session.
 */

import type { Socket } from 'node:net'
import type { EvaluationContext } from '../../executor/expression/evaluation-context.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { Session } from '../session-contract.ts'
import {
  writeAuthenticationOk,
  writeBackendKeyData,
  writeEmpty,
  writeError,
  writeNegotiateProtocolVersion,
  writeNotice,
  writeParameterDescription,
  writeParameterStatus,
  writeReadyForQuery,
  writeRowDescription,
} from './backend-messages.ts'
import { type Frame, FrameReader } from './frame-reader.ts'
import { readBind, readExecute, readParse, readQuery, readTarget } from './frontend-messages.ts'
import type { WireLimits } from './limits.ts'
import { OutputBuffer } from './output-buffer.ts'
import { decodeParameter } from './parameter-values.ts'
import { type WirePortal, wirePortal } from './portals.ts'
import { sendPortal, sendSimpleResult } from './result-sender.ts'
import { expandFormats } from './row-writer.ts'
import { PROTOCOL_MINOR, readStartup, type Startup } from './startup.ts'

/** The settings that PostgreSQL 15 reports at start-up and after each change. */
const reportedSettings = [
  'application_name',
  'client_encoding',
  'DateStyle',
  'default_transaction_read_only',
  'in_hot_standby',
  'integer_datetimes',
  'IntervalStyle',
  'is_superuser',
  'server_encoding',
  'server_version',
  'session_authorization',
  'standard_conforming_strings',
  'TimeZone',
] as const

/** What a connection asks of the server around it. */
export interface ConnectionHost {
  readonly limits: WireLimits
  /** Makes a session or refuses with a FATAL SqlError. */
  connect(startup: Startup): Promise<Session>
  /** CancelRequest: finds the session by id and secret; no reply either way. */
  cancel(processId: number, secret: Buffer, peer: string): void
  /** The client got past start-up; returns its cancel secret, or throws 53300. */
  register(connection: Connection, session: Session): Buffer
  /** An error that is not the user's: a bug to be logged. */
  reportInternalError(error: unknown): void
}

export class Connection {
  readonly #socket: Socket
  readonly #host: ConnectionHost
  readonly #frames: FrameReader
  readonly #output: OutputBuffer
  readonly #portals = new Map<string, WirePortal>()
  #session: Session | undefined
  #skipping = false
  #draining = false
  #closed = false
  /** The statement is running: notices go out at once. */
  #busy = false
  #startupTimer: NodeJS.Timeout | undefined
  #idleTimer: NodeJS.Timeout | undefined

  constructor(socket: Socket, host: ConnectionHost) {
    this.#socket = socket
    this.#host = host
    this.#frames = new FrameReader(host.limits)
    this.#output = new OutputBuffer(socket)
    socket.setNoDelay(true)
    socket.setKeepAlive(true)
    this.#startupTimer = setTimeout(() => this.destroy(), host.limits.startupTimeoutMs)
    socket.on('data', chunk => {
      this.#frames.push(chunk)
      if (this.#frames.bufferedBytes > host.limits.inputBytesMax && this.#draining) socket.pause()
      void this.#drain()
    })
    socket.on('error', () => this.destroy())
    socket.on('close', () => this.#onClose())
  }

  get isStarted(): boolean {
    return this.#session !== undefined
  }

  /** Ends the connection with a FATAL error that the client sees, cancelling what runs. */
  shutdown(error: SqlError): void {
    this.#session?.cancel(error)
    if (this.#session !== undefined) writeError(this.#output, error, true)
    this.#end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #end(): void {
    this.#closed = true
    this.#output.flush()
    this.#socket.end()
    // A client that never closes its side must not keep the server from stopping.
    this.#socket.setTimeout(1000, () => this.#socket.destroy())
  }

  #onClose(): void {
    this.#closed = true
    clearTimeout(this.#startupTimer)
    clearTimeout(this.#idleTimer)
    const session = this.#session
    if (session === undefined) return
    session.cancel()
    session.close().catch(error => this.#host.reportInternalError(error))
  }

  /** The one loop over incoming messages. */
  async #drain(): Promise<void> {
    if (this.#draining) return
    this.#draining = true
    try {
      while (!this.#closed && (await this.#step())) {
        /* until input runs out */
      }
    } catch (error) {
      this.#fatal(error)
    } finally {
      this.#draining = false
      if (!this.#closed && this.#socket.isPaused()) this.#socket.resume()
    }
  }

  /** Handles one message; false when there is none. */
  async #step(): Promise<boolean> {
    if (this.#session === undefined) {
      const packet = this.#frames.nextStartup()
      if (packet === undefined) return this.#waitForInput()
      await this.#startup(packet)
      return true
    }
    const frame = this.#frames.next()
    if (frame === undefined) return this.#waitForInput()
    clearTimeout(this.#idleTimer)
    this.#busy = true
    await this.#message(frame, this.#session)
    this.#busy = false
    return true
  }

  /** A frame longer than the pause bound needs more input to complete. */
  #waitForInput(): false {
    if (this.#socket.isPaused()) this.#socket.resume()
    return false
  }

  #fatal(error: unknown): void {
    if (this.#closed) return
    writeError(this.#output, this.#toSqlError(error), true)
    this.#end()
  }

  #toSqlError(error: unknown): SqlError {
    if (error instanceof SqlError) return error
    this.#host.reportInternalError(error)
    const message = error instanceof Error ? error.message : String(error)
    return new SqlError(SqlState.internalError, message, { cause: error })
  }

  async #startup(body: Buffer): Promise<void> {
    const packet = readStartup(body)
    if (packet.kind === 'encryption') {
      this.#socket.write('N')
      return
    }
    if (packet.kind === 'cancel') {
      this.#host.cancel(packet.processId, packet.secret, this.#socket.remoteAddress ?? '')
      this.#closed = true
      this.#socket.end()
      return
    }
    const session = await this.#host.connect(packet.startup)
    if (this.#closed) return session.close()
    const secret = this.#host.register(this, session)
    clearTimeout(this.#startupTimer)
    this.#session = session
    session.onNotice = notice => {
      writeNotice(this.#output, notice)
      if (this.#busy) this.#output.flush()
    }
    session.onParameterStatus = (name, value) => writeParameterStatus(this.#output, name, value)
    this.#greet(packet.startup, session, secret)
  }

  #greet(startup: Startup, session: Session, secret: Buffer): void {
    if (startup.minorVersion > PROTOCOL_MINOR || startup.unknownOptions.length > 0) {
      writeNegotiateProtocolVersion(this.#output, PROTOCOL_MINOR, startup.unknownOptions)
    }
    writeAuthenticationOk(this.#output)
    for (const name of reportedSettings) writeParameterStatus(this.#output, name, session.setting(name))
    writeBackendKeyData(this.#output, session.processId, secret)
    this.#ready(session)
  }

  #ready(session: Session): void {
    writeReadyForQuery(this.#output, session.transactionStatus)
    this.#output.flush()
    if (session.transactionStatus === 'I') return
    const idleMs = session.milliseconds('idle_in_transaction_session_timeout')
    if (idleMs === 0) return
    this.#idleTimer = setTimeout(
      () =>
        this.shutdown(
          new SqlError(
            SqlState.idleInTransactionSessionTimeout,
            'terminating connection due to idle-in-transaction timeout',
            { severity: 'FATAL' },
          ),
        ),
      idleMs,
    )
  }

  async #message(frame: Frame, session: Session): Promise<void> {
    const type = String.fromCharCode(frame.type)
    if (type === 'X') return this.#end()
    if (type === 'S') return this.#sync(session)
    if (type === 'd' || type === 'c' || type === 'f') return
    if (this.#skipping) return
    try {
      if (frame.skipped) {
        throw new SqlError(SqlState.programLimitExceeded, `message of type "${type}" is too long`)
      }
      if (type === 'Q') await this.#query(frame.body, session)
      else if (type === 'H') this.#output.flush()
      else await this.#extended(type, frame.body, session)
    } catch (error) {
      const sqlError = this.#toSqlError(error)
      if (this.#closed) return
      writeError(this.#output, sqlError, false)
      if (type === 'Q') return this.#ready(session)
      this.#skipping = true
      session.fail()
      this.#output.flush()
    }
  }

  async #query(body: Buffer, session: Session): Promise<void> {
    const text = readQuery(body)
    let isEmpty = true
    for await (const result of session.simpleQuery(text)) {
      isEmpty = false
      await sendSimpleResult(result, this.#output, formatContext(session))
    }
    if (isEmpty) writeEmpty(this.#output, 'emptyQueryResponse')
    // The simple protocol takes the place of the unnamed portal.
    this.#portals.delete('')
    if (!this.#closed) this.#ready(session)
  }

  async #sync(session: Session): Promise<void> {
    this.#skipping = false
    try {
      await session.sync()
    } catch (error) {
      writeError(this.#output, this.#toSqlError(error), false)
    }
    if (session.transactionStatus === 'I') this.#portals.clear()
    if (!this.#closed) this.#ready(session)
  }

  async #extended(type: string, body: Buffer, session: Session): Promise<void> {
    switch (type) {
      case 'P': {
        const { name, text, parameterOids } = readParse(body)
        session.prepare(name, text, parameterOids)
        return writeEmpty(this.#output, 'parseComplete')
      }
      case 'B':
        return this.#bind(body, session)
      case 'D':
        return this.#describe(body, session)
      case 'E': {
        const { portal, rowsMax } = readExecute(body)
        const wire = this.#wirePortal(portal, session)
        const isLast = this.#frames.isSyncNext
        return sendPortal(wire, { rowsMax, isLast }, this.#output, formatContext(session))
      }
      case 'C':
        return this.#close(body, session)
      case 'F':
        throw new SqlError(SqlState.featureNotSupported, 'function calls by message are not supported')
      default:
        throw new SqlError(
          SqlState.protocolViolation,
          `invalid frontend message type ${type.charCodeAt(0)}`,
          { severity: 'FATAL' },
        )
    }
  }

  #bind(body: Buffer, session: Session): void {
    const message = readBind(body)
    const statement = session.preparedStatement(message.statement)
    const types = statement.parameterTypes
    if (types.length !== message.parameters.length) {
      throw new SqlError(
        SqlState.protocolViolation,
        `bind message supplies ${message.parameters.length} parameters, but prepared statement ` +
          `"${message.statement}" requires ${types.length}`,
      )
    }
    const context = formatContext(session)
    const formats = expandFormats(message.parameterFormats, types.length)
    const values = types.map((type, index) =>
      decodeParameter(type, formats[index]!, message.parameters[index]!, context),
    )
    const columns = statement.fields?.schema.length ?? 0
    if (message.resultFormats.length > 1 && message.resultFormats.length !== columns) {
      throw new SqlError(
        SqlState.protocolViolation,
        `bind message has ${message.resultFormats.length} result formats but query has ${columns} columns`,
      )
    }
    const portal = session.bind(message.portal, statement, values)
    this.#portals.set(message.portal, wirePortal(portal, expandFormats(message.resultFormats, columns)))
    writeEmpty(this.#output, 'bindComplete')
  }

  #wirePortal(name: string, session: Session): WirePortal {
    const portal = session.portal(name)
    const known = this.#portals.get(name)
    if (known !== undefined && known.portal === portal) return known
    // A cursor that SQL declared: text, as PostgreSQL describes it.
    const made = wirePortal(portal, expandFormats([], portal.fields?.schema.length ?? 0))
    this.#portals.set(name, made)
    return made
  }

  #describe(body: Buffer, session: Session): void {
    const { target, name } = readTarget(body, 'DESCRIBE')
    if (target === 'portal') {
      const wire = this.#wirePortal(name, session)
      const fields = wire.portal.fields
      if (fields === undefined) writeEmpty(this.#output, 'noData')
      else writeRowDescription(this.#output, fields, wire.formats)
      return
    }
    const statement = session.preparedStatement(name)
    writeParameterDescription(this.#output, statement.parameterTypes)
    if (statement.fields === undefined) writeEmpty(this.#output, 'noData')
    else
      writeRowDescription(this.#output, statement.fields, expandFormats([], statement.fields.schema.length))
  }

  #close(body: Buffer, session: Session): void {
    const { target, name } = readTarget(body, 'CLOSE')
    if (target === 'statement') {
      session.closePreparedStatement(name)
    } else {
      this.#portals.delete(name)
      session.closePortal(name)
    }
    writeEmpty(this.#output, 'closeComplete')
  }
}

/** What text input and output of values depend on. */
function formatContext(session: Session): EvaluationContext {
  const settings = new Map<string, string>()
  for (const name of ['DateStyle', 'IntervalStyle', 'TimeZone', 'extra_float_digits', 'bytea_output']) {
    settings.set(name, session.setting(name))
  }
  const now = BigInt(Date.now()) * 1000n
  return {
    timeZone: session.setting('TimeZone'),
    transactionTimestamp: now,
    statementTimestamp: now,
    parameters: [],
    settings,
    onError: 'throw',
  }
}
