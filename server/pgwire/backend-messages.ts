/**
 * The server's messages but DataRow and CopyData (row-writer.ts, copy-writer.ts write those straight from
 * columns).
 */

import { Writer } from 'pg-protocol/dist/buffer-writer.js'
import { type Notice, SqlError } from '../../planner/errors.ts'
import { type DataType, typeLength, typeModifier, typeOid } from '../../planner/types.ts'
import { untranslatable } from '../encoding/latin1.ts'
import type { CopyFormat, Notification, ResultSchema, TransactionStatus } from '../session-contract.ts'
import type { OutputBuffer } from './output-buffer.ts'

const HEADER_BYTES = 5

const writer = new Writer()

function code(letter: string): number {
  return letter.charCodeAt(0)
}

/** In the client's encoding; 22P05 for what it does not have, and nothing of the message is left behind. */
function addText(output: OutputBuffer, text: string): void {
  if (output.encoding !== 'LATIN1') {
    writer.addCString(text)
    return
  }
  const error = untranslatable(text)
  if (error !== undefined) {
    writer.clear()
    throw error
  }
  writer.add(Buffer.from(`${text}\0`, 'latin1'))
}

export function writeAuthenticationOk(output: OutputBuffer): void {
  output.add(writer.addInt32(0).flush(code('R')))
}

/** A request for a password or the next message of SASL. */
export function writeAuthenticationRequest(output: OutputBuffer, body: Buffer): void {
  output.add(writer.add(body).flush(code('R')))
}

export function writeParameterStatus(output: OutputBuffer, name: string, value: string): void {
  addText(output, name)
  addText(output, value)
  output.add(writer.flush(code('S')))
}

/** `secret` is 4 bytes for protocol 3.0 and longer for 3.2. */
export function writeBackendKeyData(output: OutputBuffer, processId: number, secret: Buffer): void {
  output.add(writer.addInt32(processId).add(secret).flush(code('K')))
}

/** The newest minor version we speak and the options that we do not know. */
export function writeNegotiateProtocolVersion(
  output: OutputBuffer,
  minor: number,
  unknownOptions: readonly string[],
): void {
  writer.addInt32((3 << 16) | minor).addInt32(unknownOptions.length)
  for (const option of unknownOptions) writer.addCString(option)
  output.add(writer.flush(code('v')))
}

export function writeReadyForQuery(output: OutputBuffer, status: TransactionStatus): void {
  const at = beginShort(output, 'Z', 1)
  output.bytes[at] = code(status)
}

export function writeCommandComplete(output: OutputBuffer, tag: string): void {
  addText(output, tag)
  output.add(writer.flush(code('C')))
}

/** Messages without a body, by what they say. */
const EMPTY = {
  parseComplete: '1',
  bindComplete: '2',
  closeComplete: '3',
  noData: 'n',
  portalSuspended: 's',
  emptyQueryResponse: 'I',
  copyDone: 'c',
} as const

export function writeEmpty(output: OutputBuffer, message: keyof typeof EMPTY): void {
  beginShort(output, EMPTY[message], 0)
}

/** Writes the header of a message of `count` bytes, which the caller puts where the result says. */
function beginShort(output: OutputBuffer, type: string, count: number): number {
  output.reserve(HEADER_BYTES + count)
  const start = output.position
  output.bytes[start] = code(type)
  output.view.setInt32(start + 1, count + HEADER_BYTES - 1)
  output.position = start + HEADER_BYTES + count
  return start + HEADER_BYTES
}

export function writeParameterDescription(output: OutputBuffer, types: readonly DataType[]): void {
  writer.addInt16(types.length)
  for (const type of types) writer.addInt32(typeOid(type))
  output.add(writer.flush(code('t')))
}

/** Of all columns in text, in UTF-8: those of shared plans are sent over and over. */
const textDescriptions = new WeakMap<ResultSchema, Buffer>()

/** `formats` has one code per column; Describe of a statement reports 0 for all. */
export function writeRowDescription(
  output: OutputBuffer,
  fields: ResultSchema,
  formats: readonly number[],
): void {
  const isPlain = output.encoding !== 'LATIN1' && formats.every(format => format === 0)
  const known = isPlain ? textDescriptions.get(fields) : undefined
  const message = known ?? rowDescription(output, fields, formats)
  if (isPlain && known === undefined) textDescriptions.set(fields, message)
  output.add(message)
}

function rowDescription(output: OutputBuffer, fields: ResultSchema, formats: readonly number[]): Buffer {
  writer.addInt16(fields.schema.length)
  fields.schema.forEach((column, index) => {
    addText(output, column.name)
    writer
      .addInt32(fields.tableOids[index]!)
      .addInt16(fields.attributeNumbers[index]!)
      .addInt32(typeOid(column.type))
      .addInt16(typeLength(column.type))
      .addInt32(typeModifier(column.type))
      .addInt16(formats[index]!)
  })
  return writer.flush(code('T'))
}

/** Text and csv alike: overall format 0 and 0 for each column. */
/** CopyInResponse or CopyOutResponse. */
export function writeCopyResponse(
  output: OutputBuffer,
  direction: 'in' | 'out',
  format: CopyFormat['format'],
  columns: number,
): void {
  const formatCode = format === 'binary' ? 1 : 0
  writer.add(Buffer.from([formatCode])).addInt16(columns)
  for (let column = 0; column < columns; column++) writer.addInt16(formatCode)
  output.add(writer.flush(code(direction === 'in' ? 'G' : 'H')))
}

/** One whose text the client's encoding does not have is told as that error. */
export function writeError(output: OutputBuffer, error: SqlError, fatal: boolean): void {
  try {
    writeFields(output, 'E', errorFields(error, fatal))
  } catch (failure) {
    if (!(failure instanceof SqlError)) throw failure
    writeFields(output, 'E', errorFields(failure, fatal))
  }
}

function errorFields(error: SqlError, fatal: boolean): readonly MessageField[] {
  const severity = fatal ? 'FATAL' : error.severity
  const fields = error.fields
  return [
    ['S', severity],
    ['V', severity],
    ['C', error.code],
    ['M', error.message],
    ['D', fields.detail],
    ['H', fields.hint],
    ['P', fields.position === undefined ? undefined : String(fields.position)],
    ['W', fields.where],
    ['s', fields.schema],
    ['t', fields.table],
    ['c', fields.column],
    ['d', fields.dataType],
    ['n', fields.constraint],
    ['R', fields.routine],
  ]
}

export function writeNotice(output: OutputBuffer, notice: Notice): void {
  writeFields(output, 'N', [
    ['S', notice.severity],
    ['V', notice.severity],
    ['C', notice.code],
    ['M', notice.message],
    ['D', notice.detail],
    ['H', notice.hint],
  ])
}

export function writeNotification(output: OutputBuffer, notification: Notification): void {
  const { processId, channel, payload } = notification
  writer.addInt32(processId)
  addText(output, channel)
  addText(output, payload)
  output.add(writer.flush(code('A')))
}

type MessageField = readonly [name: string, value: string | undefined]

function writeFields(output: OutputBuffer, letter: 'E' | 'N', fields: readonly MessageField[]): void {
  for (const [name, value] of fields) {
    // A NUL would end the field early and shift the rest of the message.
    if (value === undefined) continue
    writer.addString(name)
    addText(output, value.replaceAll('\0', ''))
  }
  output.add(writer.add(Buffer.from([0])).flush(code(letter)))
}
