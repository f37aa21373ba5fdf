/**
 * Fields of COPY's binary format into columns: loops over the fixed-width types, the rest as Bind reads them.
 */

import { storeInt64 } from '../../connectors/int64.ts'
import { withBoundsOf } from '../../executor/batch/array-bounds.ts'
import type { RuntimeValue } from '../../executor/batch/runtime-value.ts'
import { toRuntimeValue, toSqlValue } from '../../executor/batch/value-codec.ts'
import { applyTypeLength } from '../../executor/expression/cast-length.ts'
import type { EvaluationContext, SqlValue } from '../../executor/expression/evaluation-context.ts'
import { type DataType, typeModifier } from '../../planner/types.ts'
import { decodeParameter } from '../pgwire/parameter-values.ts'
import { ColumnReader, type FieldLoop } from './column-reader.ts'

/** Microseconds from 1970-01-01 to PostgreSQL's epoch, 2000-01-01. */
const EPOCH_MICROS = 946_684_800_000_000

export function binaryColumn(name: string, type: DataType, context: EvaluationContext): ColumnReader {
  const parse = (bytes: Buffer, start: number, end: number): SqlValue => {
    const value = decodeParameter(type, 1, bytes.subarray(start, end), context)
    if (value === null || typeModifier(type) < 0) return value
    return toSqlValue(type, withModifier(type, toRuntimeValue(type, value)))
  }
  return new ColumnReader(name, type, binaryLoop(type), parse)
}

/** As the type's own modifier has it, or that of the array's elements. */
function withModifier(type: DataType, value: RuntimeValue): RuntimeValue {
  if (type.kind !== 'array') return applyTypeLength(type, value)
  const list = value as readonly RuntimeValue[]
  return withBoundsOf(
    list,
    list.map(item => {
      if (item === null) return null
      return withModifier(Array.isArray(item) ? type : type.element, item)
    }),
  )
}

function binaryLoop(type: DataType): FieldLoop | undefined {
  switch (type.kind) {
    case 'int4':
      return readInt32s
    case 'int8':
      return (reader, bytes, from, to) => readInt64s(reader, bytes, from, to, 0)
    case 'timestamp':
    case 'timestamptz':
      if (typeModifier(type) >= 0) return undefined
      return (reader, bytes, from, to) => readInt64s(reader, bytes, from, to, EPOCH_MICROS)
    case 'float8':
      return readDoubles
    default:
      return undefined
  }
}

function readInt32s(reader: ColumnReader, bytes: Buffer, from: number, to: number): void {
  const { starts, ends, base, offset } = reader
  const values = reader.target.int32
  for (let row = from; row < to; row++) {
    const start = starts[base + row]!
    if (start >= 0 && ends[base + row] === start + 4) values[offset + row] = bytes.readInt32BE(start)
    else reader.readOther(bytes, row)
  }
}

/** Integers beyond a double, among them the infinities, are left to the type's own reader. */
function readInt64s(reader: ColumnReader, bytes: Buffer, from: number, to: number, shift: number): void {
  const { starts, ends, base, offset } = reader
  const { halves } = reader.target
  for (let row = from; row < to; row++) {
    const start = starts[base + row]!
    if (start >= 0 && ends[base + row] === start + 8) {
      const value = bytes.readInt32BE(start) * 4_294_967_296 + bytes.readUInt32BE(start + 4)
      if (Number.isSafeInteger(value) && Number.isSafeInteger(value + shift)) {
        storeInt64(halves, offset + row, value + shift)
        continue
      }
    }
    reader.readOther(bytes, row)
  }
}

function readDoubles(reader: ColumnReader, bytes: Buffer, from: number, to: number): void {
  const { starts, ends, base, offset } = reader
  const values = reader.target.float64
  for (let row = from; row < to; row++) {
    const start = starts[base + row]!
    if (start >= 0 && ends[base + row] === start + 8) values[offset + row] = bytes.readDoubleBE(start)
    else reader.readOther(bytes, row)
  }
}
