/** Columns to PostgreSQL's binary format, as each type's send function writes it. */

import type { BytesColumn, Column, Int64Column, NumericColumn } from '../../executor/batch/column.ts'
import { readNumeric } from '../../executor/batch/column-reader.ts'
import { encodeBinary } from '../../executor/batch/value-codec.ts'
import { notSupported } from '../../planner/errors.ts'
import { formatType } from '../../planner/types.ts'
import type { OutputBuffer } from './output-buffer.ts'
import type { ValueWriter } from './text-values.ts'

/** Microseconds from 1970-01-01 to PostgreSQL's epoch, 2000-01-01, and days likewise. */
export const EPOCH_MICROS = 946_684_800_000_000n
export const EPOCH_DAYS = 10_957
/** 'infinity' of dates is the end of int32, of timestamps that of int64, in both epochs. */
export const INT32_MAX = 2_147_483_647
export const INT32_MIN = -2_147_483_648
export const INT64_MAX = 9_223_372_036_854_775_807n
export const INT64_MIN = -9_223_372_036_854_775_808n

/** A writer of `column` into `output`; 0A000 for a type without a binary form. */
export function binaryWriter(column: Column, output: OutputBuffer): ValueWriter {
  switch (column.layout) {
    case 'bool':
      return boolWriter(column.values, output)
    case 'int16':
      return row => output.int16(column.values[row]!)
    case 'int32':
      return column.type.kind === 'date'
        ? dateWriter(column.values, output)
        : row => output.int32(column.values[row]!)
    case 'int64':
      return int64Writer(column, output)
    case 'float32':
      return floatWriter(column.values, output, 4)
    case 'float64':
      return floatWriter(column.values, output, 8)
    case 'numeric':
      return numericWriter(column, output)
    case 'bytes':
      return bytesWriter(column, output)
  }
}

function boolWriter(values: Uint8Array, output: OutputBuffer): ValueWriter {
  return row => {
    output.reserve(1)
    output.bytes[output.position++] = values[row]!
  }
}

function dateWriter(values: Int32Array, output: OutputBuffer): ValueWriter {
  return row => {
    const day = values[row]!
    output.int32(day === INT32_MAX || day === INT32_MIN ? day : day - EPOCH_DAYS)
  }
}

function int64Writer(column: Int64Column, output: OutputBuffer): ValueWriter {
  const values = column.values
  const shifted = column.type.kind === 'timestamp' || column.type.kind === 'timestamptz'
  return row => {
    const value = values[row]!
    const infinite = value === INT64_MAX || value === INT64_MIN
    output.reserve(8)
    output.bytes.writeBigInt64BE(shifted && !infinite ? value - EPOCH_MICROS : value, output.position)
    output.position += 8
  }
}

function floatWriter(values: Float32Array | Float64Array, output: OutputBuffer, size: 4 | 8): ValueWriter {
  return row => {
    output.reserve(size)
    if (size === 4) output.bytes.writeFloatBE(values[row]!, output.position)
    else output.bytes.writeDoubleBE(values[row]!, output.position)
    output.position += size
  }
}

function numericWriter(column: NumericColumn, output: OutputBuffer): ValueWriter {
  return row => output.add(encodeBinary(column.type, readNumeric(column, row)))
}

/** The bytes of the other types are their binary form already; jsonb has a version byte in front. */
function bytesWriter(column: BytesColumn, output: OutputBuffer): ValueWriter {
  const { starts, ends, bytes, type } = column
  if (type.kind === 'void') throw notSupported(`binary output of type ${formatType(type)}`)
  const versioned = type.kind === 'jsonb'
  return row => {
    if (versioned) {
      output.reserve(1)
      output.bytes[output.position++] = 1
    }
    output.add(bytes.subarray(starts[row]!, ends[row]!))
  }
}
