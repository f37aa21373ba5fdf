/**
 * Between runtime values and PostgreSQL's binary send format: what uuid, interval, array and record columns
 * hold, and what arrays and records hold of every element type (so dates and timestamps in them count from
 * 2000-01-01).
 *
 * Array: int32 dimensions, has-null flag, element OID; per dimension length and lower bound; then
 * per element int32 length (-1 = NULL) and bytes, row-major. Record: int32 fields; per field OID, length,
 * bytes.
 */

import { must } from '../../planner/assert.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import { type DataType, typeOid } from '../../planner/types.ts'
import type { SqlValue } from '../expression/evaluation-context.ts'
import { byteOfChar, charOfByte } from '../functions/char-text.ts'
import { checkDimensionCount, DIMENSIONS_MAX, lowerBounds, withLowerBounds } from './array-bounds.ts'
import { ByteWriter } from './byte-writer.ts'
import type { Column } from './column.ts'
import { isNull } from './column.ts'
import { decodeText, isTextLike, readValue } from './column-reader.ts'
import { Interval } from './interval.ts'
import type { Numeric } from './numeric.ts'
import { readNumericBinary, writeNumeric } from './numeric-codec.ts'
import type { RuntimeValue } from './runtime-value.ts'
import { TimeTz } from './time-tz.ts'
import { checkValueBytes } from './value-limit.ts'

/** 2000-01-01 in days and microseconds since 1970-01-01. */
const POSTGRES_EPOCH_DAYS = 10957
const POSTGRES_EPOCH_MICROS = 946684800000000n
const INT32_MAX = 2 ** 31 - 1
const INT64_MAX = 2n ** 63n - 1n
const JSONB_VERSION = 1

/** A SqlValue as functions see it. */
export function toRuntimeValue(type: DataType, value: SqlValue): RuntimeValue {
  if (!(value instanceof Uint8Array)) return value
  switch (type.kind) {
    case 'interval':
      return decodeInterval(value, 0)
    case 'timetz':
      return decodeTimeTz(value, 0)
    case 'array':
      return decodeArray(type.element, value, 0, value.length)
    case 'record':
      return decodeRecord(
        type.fields.map(field => field.type),
        value,
        0,
        value.length,
      )
    default:
      return value
  }
}

/** A function's value as a SqlValue. */
export function toSqlValue(type: DataType, value: RuntimeValue): SqlValue {
  if (value === null) return null
  switch (type.kind) {
    case 'interval':
      return encodeInterval(value as Interval)
    case 'timetz':
      return encodeTimeTz(value as TimeTz)
    case 'array':
      return encodeArray(type.element, value as readonly RuntimeValue[])
    case 'record':
      return encodeRecord(
        type.fields.map(field => field.type),
        value as readonly RuntimeValue[],
      )
    default:
      return value as SqlValue
  }
}

/** int64 microseconds, int32 days, int32 months. */
export function encodeInterval(value: Interval): Uint8Array {
  const writer = new ByteWriter()
  writeInterval(writer, value)
  return writer.finish()
}

export function decodeInterval(bytes: Uint8Array, start: number): Interval {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, 16)
  return new Interval(view.getInt32(12), view.getInt32(8), view.getBigInt64(0))
}

/** int64 microseconds, int32 seconds west. */
export function encodeTimeTz(value: TimeTz): Uint8Array {
  const writer = new ByteWriter()
  writeTimeTz(writer, value)
  return writer.finish()
}

export function decodeTimeTz(bytes: Uint8Array, start: number): TimeTz {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, 12)
  return new TimeTz(view.getBigInt64(0), view.getInt32(8))
}

/** Nested JS arrays become dimensions. Arrays of unequal lengths are 2202E. */
export function encodeArray(elementType: DataType, values: readonly RuntimeValue[]): Uint8Array {
  let leafType = elementType
  while (leafType.kind === 'array') leafType = leafType.element
  // A record is a JS array too, but no dimension.
  const lengths = leafType.kind === 'record' ? [values.length] : arrayDimensions(values)
  checkDimensionCount(lengths.length)
  const leaves = lengths.length > 1 ? flatten(values, lengths, 0) : values
  const writer = new ByteWriter()
  writer.int32(leaves.length === 0 ? 0 : lengths.length)
  writer.int32(leaves.includes(null) ? 1 : 0)
  writer.int32(typeOid(leafType))
  if (leaves.length === 0) return writer.finish()
  const bounds = lowerBounds(values)
  for (const [dimension, length] of lengths.entries()) {
    writer.int32(length)
    writer.int32(bounds[dimension]!)
  }
  for (const leaf of leaves) writeItem(writer, leafType, leaf)
  return writer.finish()
}

/**
 * An array of one dimension of these rows of a column, a step of so many rows at a time; 54000 for more bytes
 * than `bytesMax`.
 */
export function* encodeRows(
  elementType: DataType,
  column: Column,
  rows: Int32Array,
  step: number,
  bytesMax: number,
): Generator<void, Uint8Array> {
  const writer = new ByteWriter()
  writer.int32(1)
  writer.int32(column.validity !== undefined && rows.some(row => isNull(column, row)) ? 1 : 0)
  writer.int32(typeOid(elementType))
  writer.int32(rows.length)
  writer.int32(1)
  for (let start = 0; start < rows.length; start += step) {
    if (start > 0) yield
    writeRows(writer, elementType, column, rows.subarray(start, start + step))
    checkValueBytes(writer.length, bytesMax)
  }
  return writer.finish()
}

function writeRows(writer: ByteWriter, type: DataType, column: Column, rows: Int32Array): void {
  const isRaw = type.kind !== 'char' && type.kind !== 'jsonb'
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index]!
    if (column.layout !== 'bytes' || !isRaw || isNull(column, row)) {
      writeItem(writer, type, toRuntimeValue(type, readValue(column, row)))
      continue
    }
    const [start, end] = [column.starts[row]!, column.ends[row]!]
    writer.int32(end - start)
    writer.range(column.bytes, start, end)
  }
}

/** Of an array in its binary form: lengths and lower bounds by dimension, and where its elements stand. */
export interface ArrayHeader {
  readonly lengths: readonly number[]
  readonly bounds: readonly number[]
  readonly count: number
  /** Of the first element. */
  readonly position: number
}

/** 22P03 for bytes that are no array. */
export function readArrayHeader(view: DataView, start: number, end: number): ArrayHeader {
  const dimensions = view.getInt32(start)
  if (dimensions < 0 || dimensions > DIMENSIONS_MAX) throw malformed('array')
  const lengths: number[] = []
  const bounds: number[] = []
  let position = start + 12
  for (let dimension = 0; dimension < dimensions; dimension++) {
    lengths.push(view.getInt32(position))
    bounds.push(view.getInt32(position + 4))
    position += 8
  }
  const count = dimensions === 0 ? 0 : lengths.reduce((product, length) => product * length, 1)
  if (count < 0 || count * 4 > end - position) throw malformed('array')
  return { lengths, bounds, count, position }
}

/** The elements; nested arrays for more than one dimension. `elementType` may itself be an array type. */
export function decodeArray(
  elementType: DataType,
  bytes: Uint8Array,
  start: number,
  end: number,
): readonly RuntimeValue[] {
  let leafType = elementType
  while (leafType.kind === 'array') leafType = leafType.element
  const view = new DataView(bytes.buffer, bytes.byteOffset, end)
  const header = readArrayHeader(view, start, end)
  if (header.count === 0) return []
  const leaves: RuntimeValue[] = []
  readItems(leafType, bytes, view, header.position, header.count, leaves)
  return withLowerBounds(nested(leaves, header.lengths), header.bounds)
}

/** Appends `count` elements from `position` on to `items`; returns the position behind them. */
export function readItems(
  type: DataType,
  bytes: Uint8Array,
  view: DataView,
  position: number,
  count: number,
  items: RuntimeValue[],
): number {
  const read = itemReader(type)
  let at = position
  for (let index = 0; index < count; index++) {
    const length = view.getInt32(at)
    at += 4
    if (length < 0) {
      items.push(null)
      continue
    }
    if (at + length > view.byteLength) throw malformed('value')
    items.push(read(bytes, view, at, at + length))
    at += length
  }
  return at
}

export function encodeRecord(types: readonly DataType[], values: readonly RuntimeValue[]): Uint8Array {
  const writer = new ByteWriter()
  writer.int32(types.length)
  types.forEach((type, index) => {
    writer.int32(typeOid(type))
    writeItem(writer, type, values[index] ?? null)
  })
  return writer.finish()
}

export function decodeRecord(
  types: readonly DataType[],
  bytes: Uint8Array,
  start: number,
  end: number,
): readonly RuntimeValue[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, end)
  if (view.getInt32(start) !== types.length) throw malformed('record')
  let position = start + 4
  const fields: RuntimeValue[] = []
  for (const type of types) position = readItems(type, bytes, view, position + 4, 1, fields)
  return fields
}

/** One value in its type's binary send format, without a length. */
export function encodeBinary(type: DataType, value: RuntimeValue): Uint8Array {
  const writer = new ByteWriter()
  writeValue(writer, type, value)
  return writer.finish()
}

/** An array of arrays, which NULLs and empty ones have no place in unless there is nothing else. */
export function ofSubarrays(values: readonly RuntimeValue[]): readonly RuntimeValue[] {
  const isEmpty = (value: RuntimeValue) => value === null || (value as readonly RuntimeValue[]).length === 0
  if (values.every(isEmpty)) return []
  if (values.some(isEmpty)) throw notRectangular()
  const lengths = arrayDimensions(values)
  checkDimensionCount(lengths.length)
  flatten(values, lengths, 0)
  const first = lowerBounds(values[0] as readonly RuntimeValue[]).join()
  if (values.some(value => lowerBounds(value as readonly RuntimeValue[]).join() !== first))
    throw notRectangular()
  return values
}

/** Lengths per dimension of a rectangular array; checks it. */
export function arrayDimensions(values: readonly RuntimeValue[]): number[] {
  const lengths = [values.length]
  let level: readonly RuntimeValue[] = values
  while (level.length > 0 && Array.isArray(level[0])) {
    const first = level[0] as readonly RuntimeValue[]
    lengths.push(first.length)
    level = first
  }
  return lengths
}

function flatten(
  values: readonly RuntimeValue[],
  lengths: readonly number[],
  depth: number,
): readonly RuntimeValue[] {
  if (values.length !== lengths[depth]) throw notRectangular()
  if (depth === lengths.length - 1) {
    if (values.some(Array.isArray)) throw notRectangular()
    return values
  }
  return values.flatMap(value => {
    if (!Array.isArray(value)) throw notRectangular()
    return flatten(value as readonly RuntimeValue[], lengths, depth + 1)
  })
}

/** Elements in order as arrays of arrays of these lengths, outermost first. */
export function nested(leaves: readonly RuntimeValue[], lengths: readonly number[]): readonly RuntimeValue[] {
  let level: readonly RuntimeValue[] = leaves
  for (let dimension = lengths.length - 1; dimension > 0; dimension--) {
    const size = lengths[dimension]!
    const grouped: RuntimeValue[] = []
    for (let at = 0; at < level.length; at += size) grouped.push(level.slice(at, at + size))
    level = grouped
  }
  return level
}

function writeItem(writer: ByteWriter, type: DataType, value: RuntimeValue): void {
  if (value === null) {
    writer.int32(-1)
    return
  }
  if (type.kind === 'char') {
    writer.int32(1)
    writer.int8(byteOfChar(value as string))
    return
  }
  const lengthAt = writer.length
  writer.int32(0)
  writeValue(writer, type, value)
  writer.patchInt32(lengthAt, writer.length - lengthAt - 4)
}

function writeValue(writer: ByteWriter, type: DataType, value: RuntimeValue): void {
  switch (type.kind) {
    case 'bool':
      writer.int8(value === true ? 1 : 0)
      break
    case 'int2':
      writer.int16(value as number)
      break
    case 'int4':
      writer.int32(value as number)
      break
    case 'oid':
    case 'regclass':
    case 'regtype':
    case 'regproc':
    case 'regnamespace':
      writer.int32((value as number) | 0)
      break
    case 'date':
      writer.int32(shiftDays(value as number, -POSTGRES_EPOCH_DAYS))
      break
    case 'int8':
    case 'time':
      writer.int64(value as bigint)
      break
    case 'timestamp':
    case 'timestamptz':
      writer.int64(shiftMicros(value as bigint, -POSTGRES_EPOCH_MICROS))
      break
    case 'float4':
      writer.float32(value as number)
      break
    case 'float8':
      writer.float64(value as number)
      break
    case 'numeric':
      writeNumeric(writer, value as Numeric)
      break
    case 'interval':
      writeInterval(writer, value as Interval)
      break
    case 'timetz':
      writeTimeTz(writer, value as TimeTz)
      break
    case 'array':
      writer.bytes(encodeArray(type.element, value as readonly RuntimeValue[]))
      break
    case 'record': {
      const types = type.fields.map(field => field.type)
      writer.bytes(encodeRecord(types, value as readonly RuntimeValue[]))
      break
    }
    case 'jsonb':
      writer.int8(JSONB_VERSION)
      writer.text(value as string)
      break
    default:
      if (typeof value === 'string') writer.text(value)
      else writer.bytes(value as Uint8Array)
  }
}

/** Reads an element of bytes[start, end), of which `view` is a view. */
type ItemReader = (bytes: Uint8Array, view: DataView, start: number, end: number) => RuntimeValue

function itemReader(type: DataType): ItemReader {
  switch (type.kind) {
    case 'bool':
      return fixed(1, (_, view, at) => view.getUint8(at) !== 0)
    case 'int2':
      return fixed(2, (_, view, at) => view.getInt16(at))
    case 'int4':
      return fixed(4, (_, view, at) => view.getInt32(at))
    case 'oid':
    case 'regclass':
    case 'regtype':
    case 'regproc':
    case 'regnamespace':
      return fixed(4, (_, view, at) => view.getUint32(at))
    case 'date':
      return fixed(4, (_, view, at) => shiftDays(view.getInt32(at), POSTGRES_EPOCH_DAYS))
    case 'int8':
    case 'time':
      return fixed(8, (_, view, at) => view.getBigInt64(at))
    case 'timestamp':
    case 'timestamptz':
      return fixed(8, (_, view, at) => shiftMicros(view.getBigInt64(at), POSTGRES_EPOCH_MICROS))
    case 'float4':
      return fixed(4, (_, view, at) => view.getFloat32(at))
    case 'float8':
      return fixed(8, (_, view, at) => view.getFloat64(at))
    case 'numeric':
      return (bytes, _, start, end) =>
        must(readNumericBinary(bytes, start, end), 'columns hold well-formed numerics')
    case 'interval':
      return fixed(16, (bytes, _, at) => decodeInterval(bytes, at))
    case 'timetz':
      return fixed(12, (bytes, _, at) => decodeTimeTz(bytes, at))
    case 'array':
      return (bytes, _, start, end) => decodeArray(type.element, bytes, start, end)
    case 'record': {
      const types = type.fields.map(field => field.type)
      return (bytes, _, start, end) => decodeRecord(types, bytes, start, end)
    }
    case 'char':
      return fixed(1, (_, view, at) => charOfByte(view.getUint8(at)))
    case 'jsonb':
      return (bytes, _, start, end) => decodeText(bytes, start + 1, end)
    default:
      return isTextLike(type) ? readText : (bytes, _, start, end) => bytes.slice(start, end)
  }
}

function fixed(
  width: number,
  read: (bytes: Uint8Array, view: DataView, at: number) => RuntimeValue,
): ItemReader {
  return (bytes, view, start, end) => {
    if (end - start < width) throw malformed('value')
    return read(bytes, view, start)
  }
}

/** One letter is no work for the decoder. */
function readText(bytes: Uint8Array, _view: DataView, start: number, end: number): string {
  return end - start === 1 && bytes[start]! < 0x80
    ? String.fromCharCode(bytes[start]!)
    : decodeText(bytes, start, end)
}

function writeTimeTz(writer: ByteWriter, value: TimeTz): void {
  writer.int64(value.micros)
  writer.int32(value.zone)
}

function writeInterval(writer: ByteWriter, value: Interval): void {
  writer.int64(value.micros)
  writer.int32(value.days)
  writer.int32(value.months)
}

/** Infinite dates (the extremes of int32) stay what they are. */
function shiftDays(days: number, by: number): number {
  return days === INT32_MAX || days === -INT32_MAX - 1 ? days : days + by
}

/** Infinite timestamps (the extremes of int64) stay what they are. */
function shiftMicros(micros: bigint, by: bigint): bigint {
  return micros === INT64_MAX || micros === -INT64_MAX - 1n ? micros : micros + by
}

function malformed(what: string): SqlError {
  return new SqlError(SqlState.invalidBinaryRepresentation, `malformed binary ${what}`)
}

function notRectangular(): SqlError {
  return new SqlError(
    SqlState.arraySubscriptError,
    'multidimensional arrays must have array expressions with matching dimensions',
  )
}
