/**
 * The server's messages as lines of text: what PostgreSQL's answers are recorded as and ours are compared
 * with. All of a message but what differs from run to run (process ids, secrets, table OIDs) and the lines
 * of PostgreSQL's own source in its errors.
 */

import type { BackendMessage } from '../../../support/wire-client.ts'

/** `ownProcessId`: of the session, as BackendKeyData said. */
export function transcript(messages: readonly BackendMessage[], ownProcessId: number): string[] {
  return messages.map(message => describeMessage(message, ownProcessId))
}

function describeMessage({ type, body }: BackendMessage, ownProcessId: number): string {
  const reader = new Reader(body)
  switch (type) {
    case 'Z':
      return `ReadyForQuery ${body.toString('latin1')}`
    case 'C':
      return `CommandComplete ${reader.cstring()}`
    case 'T':
      return ['RowDescription', ...describeColumns(reader)].join('\n  ')
    case 'D':
      return `DataRow ${describeRow(reader).join(' | ')}`.trim()
    case 't':
      return `ParameterDescription ${describeTypes(reader)}`.trim()
    case 'E':
      return ['ErrorResponse', ...describeFields(reader)].join('\n  ')
    case 'N':
      return ['NoticeResponse', ...describeFields(reader)].join('\n  ')
    case 'S':
      return describeStatus(reader)
    case 'A':
      return `NotificationResponse ${describeNotification(reader, ownProcessId)}`
    case 'K':
      return `BackendKeyData, a secret of ${body.length - 4} bytes`
    case 'R':
      return `Authentication ${reader.int32()}`
    case 'G':
    case 'H':
      return `${type === 'G' ? 'CopyInResponse' : 'CopyOutResponse'} ${describeCopy(reader)}`
    case 'd':
      return `CopyData ${describeBytes(body)}`
    case 'v':
      return `NegotiateProtocolVersion ${describeNegotiation(reader)}`
    case 'V':
      return `FunctionCallResponse ${describeBytes(body)}`
    case 'byte':
      return `The byte ${body.toString('latin1')}`
    default:
      return withoutBody[type] ?? `unknown message ${type} ${body.toString('hex')}`
  }
}

const withoutBody: Readonly<Record<string, string>> = {
  '1': 'ParseComplete',
  '2': 'BindComplete',
  '3': 'CloseComplete',
  n: 'NoData',
  s: 'PortalSuspended',
  I: 'EmptyQueryResponse',
  c: 'CopyDone',
}

class Reader {
  readonly #body: Buffer
  #at = 0

  constructor(body: Buffer) {
    this.#body = body
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#body.length
  }

  byte(): number {
    return this.#body[this.#at++]!
  }

  int16(): number {
    this.#at += 2
    return this.#body.readInt16BE(this.#at - 2)
  }

  int32(): number {
    this.#at += 4
    return this.#body.readInt32BE(this.#at - 4)
  }

  cstring(): string {
    const end = this.#body.indexOf(0, this.#at)
    const text = this.#body.toString('utf8', this.#at, end)
    this.#at = end + 1
    return text
  }

  bytes(length: number): Buffer {
    this.#at += length
    return this.#body.subarray(this.#at - length, this.#at)
  }
}

/** Name, type OID, type size, type modifier, format; `column n` of a table where it comes from one. */
function describeColumns(reader: Reader): string[] {
  return Array.from({ length: reader.int16() }, () => {
    const name = reader.cstring()
    const table = reader.int32()
    const attribute = reader.int16()
    const [oid, size, modifier] = [reader.int32(), reader.int16(), reader.int32()]
    const format = reader.int16() === 0 ? 'text' : 'binary'
    const origin = table === 0 && attribute === 0 ? '' : `, column ${attribute}`
    return `${JSON.stringify(name)} type ${oid} size ${size} modifier ${modifier} ${format}${origin}`
  })
}

function describeTypes(reader: Reader): string {
  return Array.from({ length: reader.int16() }, () => reader.int32()).join(' ')
}

function describeRow(reader: Reader): string[] {
  return Array.from({ length: reader.int16() }, () => {
    const length = reader.int32()
    return length < 0 ? 'NULL' : describeBytes(reader.bytes(length))
  })
}

/** Text in quotes where it is text. */
function describeBytes(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  const isText = Buffer.from(text).equals(bytes) && !/\p{Cc}/u.test(text.replaceAll(/[\n\t\r]/g, ''))
  return isText ? JSON.stringify(text) : `0x${bytes.toString('hex')}`
}

/** File, line and routine are PostgreSQL's own. */
const unrecordedFields = new Set(['F', 'L', 'R'])

function describeFields(reader: Reader): string[] {
  const fields: string[] = []
  for (let field = reader.byte(); field !== 0; field = reader.byte()) {
    const letter = String.fromCharCode(field)
    const value = reader.cstring()
    if (!unrecordedFields.has(letter)) fields.push(`${letter} ${value.replaceAll('\n', '\\n')}`)
  }
  return fields
}

/** Our version is ours. */
function describeStatus(reader: Reader): string {
  const name = reader.cstring()
  const value = reader.cstring()
  return `ParameterStatus ${name}=${name === 'server_version' ? value.replace(/\..*/, '') : value}`
}

function describeNotification(reader: Reader, ownProcessId: number): string {
  const sender = reader.int32() === ownProcessId ? 'itself' : 'another session'
  return `${reader.cstring()} ${JSON.stringify(reader.cstring())} from ${sender}`
}

function describeCopy(reader: Reader): string {
  const format = reader.byte()
  return `format ${format}, columns ${Array.from({ length: reader.int16() }, () => reader.int16()).join(' ')}`
}

function describeNegotiation(reader: Reader): string {
  const version = reader.int32()
  const options = Array.from({ length: reader.int32() }, () => reader.cstring())
  return [`${version >>> 16}.${version & 0xffff}`, ...options].join(' ')
}
