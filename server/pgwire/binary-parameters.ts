/**
 * Binary input of every type, checked as PostgreSQL's receive functions do: 08P01 when bytes are missing,
 * 22P03 when some are left or say nothing of the type, and the errors of values out of range.
 */

import { checkDimensionCount, checkDimensions, withLowerBounds } from '../../executor/batch/array-bounds.ts'
import { readNumericBinary } from '../../executor/batch/numeric-codec.ts'
import type { RuntimeValue } from '../../executor/batch/runtime-value.ts'
import { encodeArray, nested, toRuntimeValue } from '../../executor/batch/value-codec.ts'
import type { EvaluationContext, SqlValue } from '../../executor/expression/evaluation-context.ts'
import { parseValue } from '../../executor/expression/text-format.ts'
import { charOfByte } from '../../executor/functions/char-text.ts'
import {
  checkTimestamp,
  DAY_END,
  DAY_MIN,
  dateOutOfRange,
} from '../../executor/functions/datetime-calendar.ts'
import { anonymousRecord, notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import { type DataType, formatType, typeFromOid, typeLength, typeOid } from '../../planner/types.ts'
import { EPOCH_DAYS, EPOCH_MICROS, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN } from './binary-values.ts'
import { decodeText } from './decode-text.ts'

const DAY_MICROS = 86_400_000_000n
const JSONB_VERSION = 1
const NAME_BYTES_MAX = 63
/** Zones are less than 16 hours from Greenwich. */
const DISPLACEMENT_END = 16 * 3600
/** From here on OIDs differ between servers: an element type that is another one may be meant well. */
const FIRST_UNSTABLE_OID = 10_000

export function decodeBinary(type: DataType, bytes: Buffer, context: EvaluationContext): SqlValue {
  const value = receive(type, bytes, context)
  // A bad value counts before what is left behind it.
  if (bytes.length > lengthOf(type, bytes)) throw badBinary('incorrect binary data format')
  return value
}

/** Bytes of a value that is there, if its type says; otherwise any number. */
function lengthOf(type: DataType, bytes: Buffer): number {
  if (type.kind === 'numeric') return 8 + bytes.readUInt16BE(0) * 2
  return type.kind === 'name' || typeLength(type) < 0 ? Number.POSITIVE_INFINITY : typeLength(type)
}

function receive(type: DataType, bytes: Buffer, context: EvaluationContext): SqlValue {
  switch (type.kind) {
    case 'bool':
      return need(bytes, 1)[0] !== 0
    case 'int2':
      return need(bytes, 2).readInt16BE(0)
    case 'int4':
      return need(bytes, 4).readInt32BE(0)
    case 'oid':
    case 'regclass':
    case 'regtype':
    case 'regproc':
    case 'regnamespace':
      return need(bytes, 4).readUInt32BE(0)
    case 'int8':
      return need(bytes, 8).readBigInt64BE(0)
    case 'float4':
      return need(bytes, 4).readFloatBE(0)
    case 'float8':
      return need(bytes, 8).readDoubleBE(0)
    case 'numeric':
      return decodeNumeric(bytes)
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return decodeTime(type.kind, bytes)
    case 'timetz':
      return decodeTimetz(bytes)
    case 'uuid':
    case 'interval':
      return Uint8Array.from(need(bytes, 16).subarray(0, 16))
    case 'bytea':
      return Uint8Array.from(bytes)
    case 'text':
    case 'varchar':
    case 'bpchar':
    case 'unknown':
      return decodeText(bytes, context)
    case 'char':
      return charOfByte(need(bytes, 1)[0]!)
    case 'name':
      return decodeName(bytes, context)
    case 'json':
      return parseValue(type, decodeText(bytes, context), context)
    case 'jsonb':
      return decodeJsonb(type, bytes, context)
    case 'array':
      return decodeArray(type.element, bytes, context)
    case 'record':
      throw anonymousRecord()
    case 'void':
      throw notSupported(`binary input of type ${formatType(type)}`)
  }
}

/** At least `length` bytes. */
function need(bytes: Buffer, length: number): Buffer {
  if (bytes.length < length) throw tooShort()
  return bytes
}

function tooShort(): SqlError {
  return new SqlError(SqlState.protocolViolation, 'insufficient data left in message')
}

function badBinary(message: string): SqlError {
  return new SqlError(SqlState.invalidBinaryRepresentation, message)
}

/** Its fields are checked in the order in which they come. */
function decodeNumeric(bytes: Buffer): SqlValue {
  const digits = need(bytes, 2).readUInt16BE(0)
  if (![0x0000, 0x4000, 0xc000, 0xd000, 0xf000].includes(need(bytes, 6).readUInt16BE(4))) {
    throw badBinary('invalid sign in external "numeric" value')
  }
  if (need(bytes, 8).readUInt16BE(6) > 0x3fff) throw badBinary('invalid scale in external "numeric" value')
  const length = 8 + digits * 2
  for (let at = 8; at < length; at += 2) {
    if (need(bytes, at + 2).readUInt16BE(at) > 9999) {
      throw badBinary('invalid digit in external "numeric" value')
    }
  }
  const value = readNumericBinary(bytes, 0, length)
  if (value === undefined) throw badBinary('invalid length in external "numeric" value')
  return value
}

function decodeTime(kind: 'date' | 'time' | 'timestamp' | 'timestamptz', bytes: Buffer): SqlValue {
  if (kind === 'date') {
    const day = need(bytes, 4).readInt32BE(0)
    if (day === INT32_MAX || day === INT32_MIN) return day
    const days = day + EPOCH_DAYS
    if (days < DAY_MIN || days >= DAY_END) throw dateOutOfRange()
    return days
  }
  const micros = need(bytes, 8).readBigInt64BE(0)
  if (kind !== 'time') {
    return micros === INT64_MAX || micros === INT64_MIN ? micros : checkTimestamp(micros + EPOCH_MICROS)
  }
  if (micros >= 0n && micros <= DAY_MICROS) return micros
  throw new SqlError(SqlState.datetimeFieldOverflow, 'time out of range')
}

function decodeTimetz(bytes: Buffer): Uint8Array {
  decodeTime('time', bytes)
  if (Math.abs(need(bytes, 12).readInt32BE(8)) < DISPLACEMENT_END)
    return Uint8Array.from(bytes.subarray(0, 12))
  throw new SqlError(SqlState.invalidTimeZoneDisplacementValue, 'time zone displacement out of range')
}

function decodeName(bytes: Buffer, context: EvaluationContext): string {
  const text = decodeText(bytes, context)
  if (bytes.length <= NAME_BYTES_MAX) return text
  throw new SqlError(SqlState.nameTooLong, 'identifier too long', {
    detail: `Identifier must be less than ${NAME_BYTES_MAX + 1} characters.`,
  })
}

function decodeJsonb(type: DataType, bytes: Buffer, context: EvaluationContext): SqlValue {
  if (bytes.length === 0) throw tooShort()
  if (bytes[0] !== JSONB_VERSION) {
    throw new SqlError(SqlState.internalError, `unsupported jsonb version number ${bytes[0]}`)
  }
  return parseValue(type, decodeText(bytes.subarray(1), context), context)
}

/** Every element is decoded: what a column holds of them is not looked at again. */
function decodeArray(element: DataType, bytes: Buffer, context: EvaluationContext): Uint8Array {
  const reader = new ByteReader(bytes)
  const dimensions = reader.int32()
  if (dimensions < 0) throw badBinary(`invalid number of dimensions: ${dimensions}`)
  checkDimensionCount(dimensions)
  const flags = reader.int32()
  if (flags !== 0 && flags !== 1) throw badBinary('invalid array flags')
  const oid = reader.int32() >>> 0
  if (oid !== typeOid(element) && oid < FIRST_UNSTABLE_OID) throw otherElement(oid, element)
  const lengths: number[] = []
  const bounds: number[] = []
  for (let dimension = 0; dimension < dimensions; dimension++) {
    lengths.push(reader.int32())
    bounds.push(reader.int32())
  }
  const count = checkDimensions(lengths, bounds)
  const leaves: RuntimeValue[] = []
  for (let index = 0; index < count; index++) leaves.push(readElement(reader, element, index, context))
  if (!reader.isEnd) throw badBinary('incorrect binary data format')
  return encodeArray(element, withLowerBounds(nested(leaves, lengths), bounds))
}

function readElement(
  reader: ByteReader,
  element: DataType,
  index: number,
  context: EvaluationContext,
): RuntimeValue {
  const length = reader.int32()
  if (length === -1) return null
  if (length < -1 || length > reader.bytesLeft) throw badBinary('insufficient data left in message')
  const bytes = reader.bytes(length)
  try {
    return toRuntimeValue(element, decodeBinary(element, bytes, context))
  } catch (error) {
    if (!(error instanceof SqlError) || error.message !== 'incorrect binary data format') throw error
    throw badBinary(`improper binary format in array element ${index + 1}`)
  }
}

class ByteReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get bytesLeft(): number {
    return this.#bytes.length - this.#at
  }

  get isEnd(): boolean {
    return this.bytesLeft === 0
  }

  int32(): number {
    return this.bytes(4).readInt32BE(0)
  }

  bytes(length: number): Buffer {
    if (length > this.bytesLeft) throw tooShort()
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }
}

function otherElement(oid: number, expected: DataType): SqlError {
  const known = typeFromOid(oid)
  const shown = known === undefined ? '???' : formatType(known)
  return new SqlError(
    SqlState.datatypeMismatch,
    `binary data has array element type ${oid} (${shown}) instead of expected ` +
      `${typeOid(expected)} (${formatType(expected)})`,
  )
}
