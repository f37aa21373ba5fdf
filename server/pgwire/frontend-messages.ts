/** The bodies of client messages. Malformed ones are 08P01, worded as PostgreSQL's pqformat.c does. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import { decodeClientText } from '../encoding/client-text.ts'
import type { ClientEncoding } from '../encoding/encoding-names.ts'

export interface ParseMessage {
  readonly name: string
  readonly text: string
  readonly parameterOids: readonly number[]
}

export interface BindMessage {
  readonly portal: string
  readonly statement: string
  readonly parameterFormats: readonly number[]
  /** null = NULL. */
  readonly parameters: readonly (Buffer | null)[]
  readonly resultFormats: readonly number[]
}

export interface ExecuteMessage {
  readonly portal: string
  /** 0 = no limit. */
  readonly rowsMax: number
}

export interface TargetMessage {
  readonly target: 'statement' | 'portal'
  readonly name: string
}

/** A body read from front to back with every read checked against its end. */
class BodyReader {
  readonly #body: Buffer
  readonly #encoding: ClientEncoding
  #offset = 0

  constructor(body: Buffer, encoding: ClientEncoding) {
    this.#body = body
    this.#encoding = encoding
  }

  /** 22021 for what is not of the client's encoding. */
  cstring(): string {
    const start = this.#offset
    const short = shortAsciiEnd(this.#body, start)
    if (short >= 0) {
      this.#offset = short + 1
      return short === start ? '' : this.#body.toString('latin1', start, short)
    }
    const end = this.#body.indexOf(0, start)
    if (end < 0) throw malformed('invalid string in message')
    this.#offset = end + 1
    return decodeClientText(this.#body.subarray(start, end), this.#encoding)
  }

  byte(): number {
    return this.#body[this.#advance(1)]!
  }

  /** Counts and formats are unsigned: 65 535 parameters are legal. */
  uint16(): number {
    return this.#body.readUInt16BE(this.#advance(2))
  }

  int32(): number {
    return this.#body.readInt32BE(this.#advance(4))
  }

  bytes(length: number): Buffer {
    const start = this.#advance(length)
    return this.#body.subarray(start, start + length)
  }

  end(): void {
    if (this.#offset !== this.#body.length) throw malformed('invalid message format')
  }

  /** Where the next `bytes` begin. */
  #advance(bytes: number): number {
    const start = this.#offset
    if (bytes < 0 || start + bytes > this.#body.length) throw malformed('insufficient data left in message')
    this.#offset = start + bytes
    return start
  }
}

/** Looked at byte by byte, which for short strings beats calls into the runtime. */
const SHORT_BYTES = 128

/** Where a short string ends that is the same in every encoding; -1 where it is not, or not short. */
function shortAsciiEnd(body: Buffer, start: number): number {
  const last = Math.min(body.length, start + SHORT_BYTES)
  for (let at = start; at < last; at++) {
    const byte = body[at]!
    if (byte === 0) return at
    if (byte >= 0x80) return -1
  }
  return -1
}

function malformed(text: string): SqlError {
  return new SqlError(SqlState.protocolViolation, text)
}

/** Flush and Sync. */
export function readEmpty(body: Buffer): void {
  new BodyReader(body, 'UTF8').end()
}

export function readQuery(body: Buffer, encoding: ClientEncoding): string {
  const reader = new BodyReader(body, encoding)
  const text = reader.cstring()
  reader.end()
  return text
}

export function readParse(body: Buffer, encoding: ClientEncoding): ParseMessage {
  const reader = new BodyReader(body, encoding)
  const name = reader.cstring()
  const text = reader.cstring()
  const parameterOids: number[] = []
  const count = reader.uint16()
  for (let index = 0; index < count; index++) parameterOids.push(reader.int32() >>> 0)
  reader.end()
  return { name, text, parameterOids }
}

export function readBind(body: Buffer, encoding: ClientEncoding): BindMessage {
  const reader = new BodyReader(body, encoding)
  const portal = reader.cstring()
  const statement = reader.cstring()
  const parameterFormats = readFormats(reader)
  const parameters: (Buffer | null)[] = []
  const count = reader.uint16()
  for (let index = 0; index < count; index++) {
    const length = reader.int32()
    parameters.push(length === -1 ? null : reader.bytes(length))
  }
  const resultFormats = readFormats(reader)
  reader.end()
  if (parameterFormats.length > 1 && parameterFormats.length !== parameters.length) {
    throw malformed(
      `bind message has ${parameterFormats.length} parameter formats but ${parameters.length} parameters`,
    )
  }
  return { portal, statement, parameterFormats, parameters, resultFormats }
}

function readFormats(reader: BodyReader): number[] {
  const formats: number[] = []
  const count = reader.uint16()
  for (let index = 0; index < count; index++) {
    formats.push(reader.uint16())
  }
  return formats
}

export function readExecute(body: Buffer, encoding: ClientEncoding): ExecuteMessage {
  const reader = new BodyReader(body, encoding)
  const portal = reader.cstring()
  const rowsMax = Math.max(0, reader.int32())
  reader.end()
  return { portal, rowsMax }
}

/** Describe and Close. */
export function readTarget(
  body: Buffer,
  message: 'DESCRIBE' | 'CLOSE',
  encoding: ClientEncoding,
): TargetMessage {
  const reader = new BodyReader(body, encoding)
  const kind = reader.byte()
  const name = reader.cstring()
  reader.end()
  if (kind === 0x53) return { target: 'statement', name }
  if (kind === 0x50) return { target: 'portal', name }
  throw malformed(`invalid ${message} message subtype ${kind}`)
}
