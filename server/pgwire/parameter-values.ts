/**
 * Bind's parameter bytes to SQL values, text and binary. Bad binary input is 22P03, bad text the type's own
 * error.
 */

import { readNumericBinary } from '../../executor/batch/numeric-codec.ts'
import type { EvaluationContext, SqlValue } from '../../executor/expression/evaluation-context.ts'
import { parseValue } from '../../executor/expression/text-format.ts'
import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import { type DataType, formatType } from '../../planner/types.ts'
import { invalidBytes, isCleanUtf8 } from '../copy/utf8.ts'
import { EPOCH_DAYS, EPOCH_MICROS, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN } from './binary-values.ts'

/** Format 0 is text, 1 binary. null is NULL. */
export function decodeParameter(
  type: DataType,
  format: number,
  bytes: Buffer | null,
  context: EvaluationContext,
): SqlValue {
  if (bytes === null) return null
  if (format === 0) return parseValue(type, decodeUtf8(bytes), context)
  return decodeBinary(type, bytes, context)
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** 22021 for bytes that are not UTF-8, or hold a NUL, as PostgreSQL refuses both. */
export function decodeUtf8(bytes: Uint8Array): string {
  if (!isCleanUtf8(bytes)) throw invalidBytes(bytes)
  return utf8.decode(bytes)
}

function decodeBinary(type: DataType, bytes: Buffer, context: EvaluationContext): SqlValue {
  switch (type.kind) {
    case 'bool':
      return fixed(type, bytes, 1)[0] !== 0
    case 'int2':
      return fixed(type, bytes, 2).readInt16BE(0)
    case 'int4':
      return fixed(type, bytes, 4).readInt32BE(0)
    case 'oid':
    case 'regclass':
    case 'regtype':
    case 'regproc':
    case 'regnamespace':
      return fixed(type, bytes, 4).readUInt32BE(0)
    case 'int8':
    case 'time':
      return fixed(type, bytes, 8).readBigInt64BE(0)
    case 'float4':
      return fixed(type, bytes, 4).readFloatBE(0)
    case 'float8':
      return fixed(type, bytes, 8).readDoubleBE(0)
    case 'numeric':
      return decodeNumeric(type, bytes)
    case 'date':
      return decodeDate(fixed(type, bytes, 4))
    case 'timestamp':
    case 'timestamptz':
      return decodeTimestamp(fixed(type, bytes, 8))
    case 'uuid':
      return Uint8Array.from(fixed(type, bytes, 16))
    case 'interval':
      return Uint8Array.from(fixed(type, bytes, 16))
    case 'bytea':
      return Uint8Array.from(bytes)
    case 'text':
    case 'varchar':
    case 'bpchar':
    case 'name':
    case 'char':
    case 'unknown':
      return decodeUtf8(bytes)
    case 'json':
      return parseValue(type, decodeUtf8(bytes), context)
    case 'jsonb':
      return decodeJsonb(type, bytes, context)
    case 'array':
      return decodeArray(type.element, bytes)
    case 'record':
    case 'void':
      throw notSupported(`binary input of type ${formatType(type)}`)
  }
}

function fixed(type: DataType, bytes: Buffer, length: number): Buffer {
  return bytes.length === length ? bytes : badBinary(type)
}

function badBinary(type: DataType): never {
  throw new SqlError(
    SqlState.invalidBinaryRepresentation,
    `incorrect binary data format for type ${formatType(type)}`,
  )
}

function decodeNumeric(type: DataType, bytes: Buffer): SqlValue {
  return readNumericBinary(bytes, 0, bytes.length) ?? badBinary(type)
}

function decodeDate(bytes: Buffer): number {
  const day = bytes.readInt32BE(0)
  return day === INT32_MAX || day === INT32_MIN ? day : day + EPOCH_DAYS
}

function decodeTimestamp(bytes: Buffer): bigint {
  const micros = bytes.readBigInt64BE(0)
  return micros === INT64_MAX || micros === INT64_MIN ? micros : micros + EPOCH_MICROS
}

function decodeJsonb(type: DataType, bytes: Buffer, context: EvaluationContext): SqlValue {
  if (bytes[0] !== 1) {
    throw new SqlError(
      SqlState.invalidBinaryRepresentation,
      `unsupported jsonb version number ${bytes[0] ?? 0}`,
    )
  }
  return parseValue(type, decodeUtf8(bytes.subarray(1)), context)
}

/** Arrays travel in their binary form; only the outline is checked here. */
function decodeArray(element: DataType, bytes: Buffer): Uint8Array {
  const dimensions = bytes.length >= 12 ? bytes.readInt32BE(0) : -1
  if (dimensions < 0 || dimensions > 6 || bytes.length < 12 + dimensions * 8) {
    throw new SqlError(SqlState.invalidBinaryRepresentation, 'invalid array header')
  }
  let elements = dimensions === 0 ? 0 : 1
  for (let dimension = 0; dimension < dimensions; dimension++)
    elements *= bytes.readInt32BE(12 + dimension * 8)
  let at = 12 + dimensions * 8
  for (let index = 0; index < elements; index++) {
    const length = at + 4 <= bytes.length ? bytes.readInt32BE(at) : Number.NaN
    if (Number.isNaN(length) || length < -1) break
    at += 4 + Math.max(0, length)
  }
  if (at !== bytes.length) {
    throw new SqlError(
      SqlState.invalidBinaryRepresentation,
      `incorrect binary data format for type ${formatType(element)}[]`,
    )
  }
  return Uint8Array.from(bytes)
}
