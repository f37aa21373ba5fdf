/**
 * A client's messages after start-up, and the states they put the protocol in: normal, and `skipping` after
 * an error in the extended protocol, when everything but Sync is thrown away. Portals belong to the session;
 * how much of each was sent is kept here.
 */

import type { Awaitable } from '../../executor/runtime/awaitable.ts'
import { whenReady } from '../../executor/runtime/awaitable.ts'
import type { Slicer } from '../../executor/runtime/slicer.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { ClientEncoding } from '../encoding/encoding-names.ts'
import type { Notification, Portal, Session } from '../session-contract.ts'
import {
  writeEmpty,
  writeError,
  writeNotice,
  writeNotification,
  writeParameterDescription,
  writeParameterStatus,
  writeReadyForQuery,
  writeRowDescription,
} from './backend-messages.ts'
import { decodeParameters, resultFormats } from './bind-values.ts'
import type { FrameSource } from './copy-receiver.ts'
import type { Frame } from './frame-reader.ts'
import { readBind, readEmpty, readExecute, readParse, readQuery, readTarget } from './frontend-messages.ts'
import type { WireLimits } from './limits.ts'
import type { OutputBuffer } from './output-buffer.ts'
import { type WirePortal, wirePortal } from './portals.ts'
import { type PortalEnd, sendPortal, sendSimpleResult } from './result-sender.ts'
import { expandFormats } from './row-writer.ts'

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

export interface MessageHandlerOptions {
  readonly session: Session
  readonly output: OutputBuffer
  readonly limits: WireLimits
  /** The messages after the one that is being handled. */
  readonly frames: FrameSource
  readonly slicer: Slicer
  /** An error as the client is told it; one that is not an SqlError is a bug, and logged. */
  readonly toSqlError: (error: unknown) => SqlError
}

export class MessageHandler {
  readonly #session: Session
  readonly #output: OutputBuffer
  readonly #limits: WireLimits
  readonly #frames: FrameSource
  readonly #slicer: Slicer
  readonly #toSqlError: (error: unknown) => SqlError
  /** What the client was told last, and what may have changed since. */
  readonly #reported = new Map<string, string>()
  readonly #changed = new Set<string>()
  #skipping = false
  #isBusy = false
  #isIdle = false

  constructor({ session, output, limits, frames, slicer, toSqlError }: MessageHandlerOptions) {
    this.#session = session
    this.#output = output
    this.#limits = limits
    this.#frames = frames
    this.#slicer = slicer
    this.#toSqlError = toSqlError
    session.onNotice = notice => {
      writeNotice(output, notice)
      if (this.#isBusy) output.flush()
    }
    session.onNotification = notification => {
      this.#notify(notification)
      if (!this.#isBusy) output.flush()
      return output.waitingBytes
    }
    session.onParameterStatus = name => this.#onChange(name)
  }

  /** ReadyForQuery was the last that was sent. */
  get isIdle(): boolean {
    return this.#isIdle
  }

  /** One that the client's encoding does not have is lost to it, and it is told so. */
  #notify(notification: Notification): void {
    try {
      writeNotification(this.#output, notification)
    } catch (error) {
      writeError(this.#output, this.#toSqlError(error), false)
    }
  }

  #onChange(name: string): void {
    this.#changed.add(name)
    if (name === 'client_encoding') this.#output.encoding = this.#session.setting(name) as ClientEncoding
  }

  /** Every reported setting, and the first ReadyForQuery; `between` writes what comes between the two. */
  greet(between: () => void): void {
    for (const name of reportedSettings) this.#onChange(name)
    this.#report()
    between()
    this.#ready()
  }

  /**
   * Handles a message other than Terminate; `isSyncNext`: the one after it is Sync. Rejects with errors that
   * end the connection. undefined when it is done.
   */
  handle(frame: Frame, isSyncNext: boolean): Promise<void> | undefined {
    const type = String.fromCharCode(frame.type)
    // CopyData, CopyDone and CopyFail without a COPY FROM, which is how they come after it failed.
    if (type === 'd' || type === 'c' || type === 'f') return undefined
    if (this.#skipping && type !== 'S') return undefined
    this.#isBusy = true
    this.#isIdle = false
    let handling: Awaitable<void>
    try {
      if (frame.refusal !== undefined) throw refused(frame.refusal, type)
      handling = this.#message(type, frame.body, isSyncNext)
    } catch (error) {
      handling = Promise.reject(error)
    }
    if (handling instanceof Promise) return this.#settle(type, handling)
    this.#isBusy = false
    return undefined
  }

  async #settle(type: string, handling: Promise<void>): Promise<void> {
    try {
      await handling
    } catch (error) {
      await this.#failed(type, this.#toSqlError(error))
    }
    this.#isBusy = false
  }

  async #failed(type: string, error: SqlError): Promise<void> {
    if (error.severity !== 'ERROR') throw error
    writeError(this.#output, error, false)
    this.#session.fail()
    if (type === 'Q' || type === 'F' || type === 'S') {
      await this.#session.sync()
      this.#skipping = false
      this.#ready()
    } else {
      this.#skipping = true
      this.#output.flush()
    }
  }

  #message(type: string, body: Buffer, isSyncNext: boolean): Awaitable<void> {
    switch (type) {
      case 'Q':
        return this.#query(readQuery(body, this.#output.encoding))
      case 'P':
        return this.#parse(body)
      case 'B':
        return this.#bind(body)
      case 'D':
        return this.#describe(body)
      case 'E':
        return this.#execute(body, isSyncNext)
      case 'S':
        return this.#sync(body)
      default:
        this.#shortMessage(type, body)
        return undefined
    }
  }

  /** Those that nothing has to be waited for. */
  #shortMessage(type: string, body: Buffer): void {
    switch (type) {
      case 'C':
        this.#close(body)
        break
      case 'H':
        readEmpty(body)
        this.#output.flush()
        break
      default:
        throw new SqlError(SqlState.featureNotSupported, 'function calls by message are not supported')
    }
  }

  async #query(text: string): Promise<void> {
    let isEmpty = true
    for await (const result of this.#session.simpleQuery(text)) {
      isEmpty = false
      if (this.#slicer.expired()) await this.#slicer.pause()
      await sendSimpleResult(result, this.#sending())
      if (this.#slicer.expired()) await this.#slicer.pause()
    }
    if (isEmpty) writeEmpty(this.#output, 'emptyQueryResponse')
    this.#ready()
  }

  #sync(body: Buffer): Promise<void> | undefined {
    this.#skipping = false
    readEmpty(body)
    const synced = this.#session.sync()
    if (synced !== undefined) return synced.then(() => this.#ready())
    this.#ready()
    return undefined
  }

  #ready(): void {
    this.#report()
    writeReadyForQuery(this.#output, this.#session.transactionStatus)
    this.#output.flush()
    this.#isIdle = true
  }

  /** As PostgreSQL since version 14: once, with the values that hold when the client may go on. */
  #report(): void {
    if (this.#changed.size === 0) return
    const names = reportedSettings.filter(name => this.#changed.has(name))
    this.#changed.clear()
    for (const name of names) {
      const value = this.#session.setting(name)
      if (this.#reported.get(name) === value) continue
      this.#reported.set(name, value)
      writeParameterStatus(this.#output, name, value)
    }
  }

  #parse(body: Buffer): Awaitable<void> {
    const { name, text, parameterOids } = readParse(body, this.#output.encoding)
    return whenReady(this.#session.prepare(name, text, parameterOids), () => {
      writeEmpty(this.#output, 'parseComplete')
    })
  }

  #bind(body: Buffer): Awaitable<void> {
    const message = readBind(body, this.#output.encoding)
    const statement = this.#session.preparedStatement(message.statement)
    const types = statement.parameterTypes
    if (types.length !== message.parameters.length) {
      throw new SqlError(
        SqlState.protocolViolation,
        `bind message supplies ${message.parameters.length} parameters, but prepared statement ` +
          `"${message.statement}" requires ${types.length}`,
      )
    }
    const bound = this.#session.bind(message.portal, statement, () =>
      decodeParameters(message, types, this.#session.context([])),
    )
    return whenReady(bound, portal => {
      portal.attachment = wirePortal(portal, resultFormats(message, portal))
      writeEmpty(this.#output, 'bindComplete')
    })
  }

  #execute(body: Buffer, isSyncNext: boolean): Promise<void> | undefined {
    const { portal, rowsMax } = readExecute(body, this.#output.encoding)
    const wire = this.#wirePortal(this.#session.portal(portal))
    const ended = (end: PortalEnd) => {
      if (end === 'suspended') this.#session.suspend()
    }
    const end = sendPortal(wire, { rowsMax, isLast: isSyncNext }, this.#sending())
    if (end instanceof Promise) return end.then(ended)
    ended(end)
    return undefined
  }

  #describe(body: Buffer): Awaitable<void> {
    const { target, name } = readTarget(body, 'DESCRIBE', this.#output.encoding)
    if (target === 'portal') {
      const { portal, formats } = this.#wirePortal(this.#session.describePortal(name))
      if (portal.fields === undefined) writeEmpty(this.#output, 'noData')
      else writeRowDescription(this.#output, portal.fields, formats)
      return
    }
    return whenReady(this.#session.describeStatement(name), ({ parameterTypes, fields }) => {
      writeParameterDescription(this.#output, parameterTypes)
      if (fields === undefined) writeEmpty(this.#output, 'noData')
      else writeRowDescription(this.#output, fields, expandFormats([], fields.schema.length))
    })
  }

  #close(body: Buffer): void {
    const { target, name } = readTarget(body, 'CLOSE', this.#output.encoding)
    if (target === 'statement') this.#session.closePreparedStatement(name)
    else this.#session.closePortal(name)
    writeEmpty(this.#output, 'closeComplete')
  }

  #wirePortal(portal: Portal): WirePortal {
    // One that was not bound here is a cursor, which SQL declared.
    return (
      (portal.attachment as WirePortal | undefined) ??
      wirePortal(portal, expandFormats([], portal.fields?.schema.length ?? 0))
    )
  }

  #sending() {
    const { subscriptionStallMs } = this.#limits
    const context = this.#session.context([])
    const [output, frames, slicer] = [this.#output, this.#frames, this.#slicer]
    return { output, context, frames, slicer, stallMs: subscriptionStallMs }
  }
}

function refused(refusal: 'too_long' | 'no_memory', type: string): SqlError {
  if (refusal === 'too_long') {
    return new SqlError(SqlState.programLimitExceeded, `message of type "${type}" is too long`)
  }
  return new SqlError(
    SqlState.configurationLimitExceeded,
    'the server holds too many bytes of messages that are not handled yet',
    { hint: 'Try again later, or send smaller messages.' },
  )
}
