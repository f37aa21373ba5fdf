/**
 * Columns as Apache Arrow data and back. Fixed-width columns share their memory with Arrow; text does where
 * its values lie one behind the other; bool is packed into bits, numeric into 128-bit decimals.
 */

import {
  type Schema as ArrowSchema,
  DataType as ArrowType,
  type Data,
  type List,
  makeData,
  RecordBatch,
  Struct,
  Table,
} from 'apache-arrow'
import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import { field, type Schema } from '../../planner/schema.ts'
import { type DataType, int4Type, int8Type, sameType } from '../../planner/types.ts'
import { formatTimetz } from '../functions/time-tz.ts'
import { arrowSchema, arrowType, isDecimal, sqlType } from './arrow-type.ts'
import { copyBits, filledBitmap } from './bitmap.ts'
import { type BytesColumn, bitmapBytes, type Column, isNull, type NumericColumn } from './column.ts'
import { columnFromValues } from './column-builder.ts'
import { isTextLike, readNumeric, readValue } from './column-reader.ts'
import { type DeltaBatch, deltaBatch } from './delta-batch.ts'
import { Numeric } from './numeric.ts'
import { NumericWriter } from './numeric-writer.ts'
import { TextWriter } from './text-writer.ts'
import { decodeArray, decodeInterval, decodeRecord, decodeTimeTz, toSqlValue } from './value-codec.ts'

const DECIMAL_WORDS = 4
const INTERVAL_WORDS = 4
const NANOS_PER_MICRO = 1000n

/** A table of insert-only batches. */
export function toArrowTable(schema: Schema, batches: readonly DeltaBatch[]): Table {
  const arrow = arrowSchema(schema)
  return new Table(
    arrow,
    batches.map(batch => toRecordBatch(arrow, batch.columns, batch.length)),
  )
}

/** A batch of changes with `millrace_epoch` and `millrace_weight` in front of its columns. */
export function toArrowChanges(schema: Schema, batch: DeltaBatch, epoch: number): RecordBatch {
  const { length } = batch
  const epochs: Column = {
    layout: 'int64',
    type: int8Type,
    length,
    validity: undefined,
    values: new BigInt64Array(length).fill(BigInt(epoch)),
  }
  const values = batch.weights?.subarray(0, length) ?? new Int32Array(length).fill(1)
  const weights: Column = { layout: 'int32', type: int4Type, length, validity: undefined, values }
  const marks = [field('millrace_epoch', int8Type, false), field('millrace_weight', int4Type, false)]
  return toRecordBatch(arrowSchema([...marks, ...schema]), [epochs, weights, ...batch.columns], length)
}

/** A record batch's columns; Arrow's types decide the SQL types. */
export function fromArrowBatch(batch: RecordBatch): DeltaBatch {
  return deltaBatch(batch.data.children.map(fromArrowData), batch.numRows)
}

function toRecordBatch(schema: ArrowSchema, columns: readonly Column[], length: number): RecordBatch {
  const children = columns.map((column, index) => toArrowData(column, schema.fields[index]!.type))
  return new RecordBatch(
    schema,
    makeData({ type: new Struct(schema.fields), length, nullCount: 0, children }),
  )
}

/** A column as Arrow data of the type arrowType gives. */
export function toArrowData(column: Column, type: ArrowType = arrowType(column.type)): Data {
  const { length } = column
  const nullBitmap = column.validity?.subarray(0, bitmapBytes(length))
  const base = { type, length, nullCount: nullCount(column), ...(nullBitmap && { nullBitmap }) }
  switch (column.layout) {
    case 'bool':
      return makeData({ ...base, data: packBits(column.values, length) } as never)
    case 'numeric':
      return isDecimal(column.type as DataType & { kind: 'numeric' })
        ? makeData({ ...base, data: decimalWords(column) } as never)
        : makeData({ ...base, ...textData(numericTexts(column)) } as never)
    case 'bytes':
      return bytesToArrow(column, type, base)
    case 'int32': {
      const values = column.values.subarray(0, length)
      const isUnsigned = ArrowType.isInt(type) && !type.isSigned
      const data = isUnsigned ? new Uint32Array(values.buffer, values.byteOffset, length) : values
      return makeData({ ...base, data } as never)
    }
    default:
      return makeData({ ...base, data: column.values.subarray(0, length) } as never)
  }
}

function bytesToArrow(column: BytesColumn, type: ArrowType, base: object): Data {
  const { length } = column
  switch (column.type.kind) {
    case 'uuid': {
      const compact = compacted(column)
      const data = new Uint8Array(length * 16)
      for (let row = 0; row < length; row++) {
        data.set(compact.data.subarray(compact.valueOffsets[row]!, compact.valueOffsets[row + 1]!), row * 16)
      }
      return makeData({ ...base, data } as never)
    }
    case 'interval':
      return makeData({ ...base, data: intervalWords(column) } as never)
    case 'timetz':
      return makeData({ ...base, ...timetzTexts(column) } as never)
    case 'array':
      return listToArrow(column, column.type.element, type as List, base)
    case 'record':
      return structToArrow(column, column.type.fields, type as Struct, base)
    default:
      return makeData({ ...base, ...textData(column) } as never)
  }
}

/** Offsets and bytes; shared with the column where every value begins where the one before ends. */
function textData(column: BytesColumn): { readonly valueOffsets: Int32Array; readonly data: Uint8Array } {
  const { starts, ends, length, bytes } = column
  let isContiguous = length > 0
  for (let row = 1; row < length && isContiguous; row++) isContiguous = starts[row] === ends[row - 1]
  if (!isContiguous) return compacted(column)
  const valueOffsets = new Int32Array(length + 1)
  valueOffsets.set(starts.subarray(0, length))
  valueOffsets[length] = ends[length - 1]!
  return { valueOffsets, data: bytes }
}

/** Arrow has no time with a zone. */
function timetzTexts(column: BytesColumn): { readonly valueOffsets: Int32Array; readonly data: Uint8Array } {
  const writer = new TextWriter(column.length)
  const valueOffsets = new Int32Array(column.length + 1)
  for (let row = 0; row < column.length; row++) {
    if (isNull(column, row)) valueOffsets[row + 1] = valueOffsets[row]!
    else {
      writer.writeString(row, formatTimetz(decodeTimeTz(column.bytes, column.starts[row]!)))
      valueOffsets[row + 1] = writer.ends[row]!
    }
  }
  return { valueOffsets, data: writer.bytes }
}

function compacted(column: BytesColumn): { readonly valueOffsets: Int32Array; readonly data: Uint8Array } {
  const writer = new TextWriter(column.length)
  const valueOffsets = new Int32Array(column.length + 1)
  for (let row = 0; row < column.length; row++) {
    if (isNull(column, row)) valueOffsets[row + 1] = valueOffsets[row]!
    else {
      writer.writeRange(row, column.bytes, column.starts[row]!, column.ends[row]!)
      valueOffsets[row + 1] = writer.ends[row]!
    }
  }
  return { valueOffsets, data: writer.bytes }
}

function listToArrow(column: BytesColumn, element: DataType, type: List, base: object): Data {
  const valueOffsets = new Int32Array(column.length + 1)
  const items = []
  for (let row = 0; row < column.length; row++) {
    if (!isNull(column, row)) {
      const values = decodeArray(element, column.bytes, column.starts[row]!, column.ends[row]!)
      for (const value of values) items.push(toSqlValue(element, value))
    }
    valueOffsets[row + 1] = items.length
  }
  const child = toArrowData(columnFromValues(element, items), type.valueType)
  return makeData({ ...base, valueOffsets, child } as never)
}

function structToArrow(
  column: BytesColumn,
  fields: (DataType & { kind: 'record' })['fields'],
  type: Struct,
  base: object,
): Data {
  const types = fields.map(item => item.type)
  const rows = Array.from({ length: column.length }, (_, row) =>
    isNull(column, row)
      ? undefined
      : decodeRecord(types, column.bytes, column.starts[row]!, column.ends[row]!),
  )
  const children = types.map((childType, index) => {
    const values = rows.map(row => (row === undefined ? null : toSqlValue(childType, row[index] ?? null)))
    return toArrowData(columnFromValues(childType, values), type.children[index]!.type)
  })
  return makeData({ ...base, children } as never)
}

/** Months, days and int64 nanoseconds. */
function intervalWords(column: BytesColumn): Int32Array {
  const words = new Int32Array(column.length * INTERVAL_WORDS)
  const view = new DataView(words.buffer)
  for (let row = 0; row < column.length; row++) {
    if (isNull(column, row)) continue
    const { months, days, micros } = decodeInterval(column.bytes, column.starts[row]!)
    const nanos = micros * NANOS_PER_MICRO
    if (BigInt.asIntN(64, nanos) !== nanos) {
      throw new SqlError(SqlState.datetimeFieldOverflow, 'interval out of range')
    }
    words[row * INTERVAL_WORDS] = months
    words[row * INTERVAL_WORDS + 1] = days
    view.setBigInt64(row * 16 + 8, nanos, true)
  }
  return words
}

/** 128-bit little-endian two's complement of the coefficients, which all have the type's scale. */
function decimalWords(column: NumericColumn): Uint32Array {
  const words = new Uint32Array(column.length * DECIMAL_WORDS)
  const longs = new BigInt64Array(words.buffer)
  for (let row = 0; row < column.length; row++) {
    if (isNull(column, row)) continue
    const { coefficient, special } = readNumeric(column, row)
    if (special !== undefined) throw notSupported(`${special} in an Arrow decimal`)
    longs[row * 2] = BigInt.asIntN(64, coefficient)
    longs[row * 2 + 1] = coefficient >> 64n
  }
  return words
}

function numericTexts(column: NumericColumn): BytesColumn {
  const texts = Array.from({ length: column.length }, (_, row) => readValue(column, row)?.toString() ?? null)
  return columnFromValues({ kind: 'text' }, texts) as BytesColumn
}

function packBits(values: Uint8Array, length: number): Uint8Array {
  const bits = new Uint8Array(bitmapBytes(length))
  for (let row = 0; row < length; row++) bits[row >> 3]! |= values[row]! << (row & 7)
  return bits
}

function nullCount(column: Column): number {
  let count = 0
  if (column.validity !== undefined)
    for (let row = 0; row < column.length; row++) count += Number(isNull(column, row))
  return count
}

/**
 * A column over Arrow data, sharing its memory where the layouts are the same. 0A000 for types without a
 * column.
 */
export function fromArrowData(data: Data): Column {
  const type = sqlType(data.type)
  const base = { type, length: data.length, validity: arrowValidity(data) }
  const { values } = data
  switch (type.kind) {
    case 'bool':
      return { ...base, layout: 'bool', values: unpackBits(values, data.offset, data.length) }
    case 'int2':
      return {
        ...base,
        layout: 'int16',
        values: values instanceof Int16Array ? values : Int16Array.from(values),
      }
    case 'int4':
      return {
        ...base,
        layout: 'int32',
        values: values instanceof Int32Array ? values : Int32Array.from(values),
      }
    case 'oid':
      return {
        ...base,
        layout: 'int32',
        values: new Int32Array(values.buffer, values.byteOffset, data.length),
      }
    case 'int8':
      return { ...base, layout: 'int64', values }
    case 'float4':
      return {
        ...base,
        layout: 'float32',
        values: values instanceof Float32Array ? values : Float32Array.from(values),
      }
    case 'float8':
      return { ...base, layout: 'float64', values }
    case 'numeric':
      if (ArrowType.isDecimal(data.type) && data.type.bitWidth !== 128)
        throw notSupported(`the Arrow type ${data.type}`)
      return { ...base, layout: 'numeric', ...fromDecimal(values, data.length, type.scale ?? 0) }
    default:
      return fromArrowOther(data, type, base)
  }
}

type Base = Pick<Column, 'type' | 'length' | 'validity'>

function fromArrowOther(data: Data, type: DataType, base: Base): Column {
  const arrow = data.type
  const same = arrowType(type)
  const isSame = sameType(type, sqlType(same)) && String(same) === String(arrow)
  if (type.kind === 'date' && isSame) return { ...base, layout: 'int32', values: data.values }
  if (type.kind === 'time' && isSame) return { ...base, layout: 'int64', values: data.values }
  if (ArrowType.isTimestamp(arrow) && arrow.unit === 2)
    return { ...base, layout: 'int64', values: data.values }
  if ((isTextLike(type) || type.kind === 'bytea') && data.valueOffsets instanceof Int32Array) {
    const { valueOffsets, length } = data
    const starts = valueOffsets.subarray(0, length)
    return {
      ...base,
      layout: 'bytes',
      starts,
      ends: valueOffsets.subarray(1, length + 1),
      bytes: data.values,
    }
  }
  throw notSupported(`the Arrow type ${arrow}`)
}

function arrowValidity(data: Data): Uint8Array | undefined {
  if (data.nullCount === 0) return undefined
  const validity = filledBitmap(data.length)
  copyBits(data.nullBitmap, data.offset, validity, 0, data.length)
  return validity
}

function unpackBits(bits: Uint8Array, offset: number, length: number): Uint8Array {
  const values = new Uint8Array(length)
  for (let row = 0; row < length; row++)
    values[row] = (bits[(offset + row) >> 3]! >> ((offset + row) & 7)) & 1
  return values
}

function fromDecimal(
  words: Uint32Array,
  length: number,
  scale: number,
): Pick<NumericColumn, 'values' | 'scales' | 'wide'> {
  const writer = new NumericWriter(length)
  const view = new DataView(words.buffer, words.byteOffset)
  for (let row = 0; row < length; row++) {
    const low = view.getBigUint64(row * 16, true)
    writer.write(row, new Numeric((view.getBigInt64(row * 16 + 8, true) << 64n) | low, scale))
  }
  return writer
}
