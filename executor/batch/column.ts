/**
 * One column of a batch: typed arrays in (almost) Apache Arrow's layout.
 *
 * Deviations from Arrow, each measured: bool is one byte a row (bit twiddling costs more than the memory
 * saves);
 * `bytes` columns carry separate start and end positions, so that filtering, joining and decoding from Kafka
 * move
 * two ints per value and never the text. An Arrow offsets array is the special case
 * `starts = offsets.subarray(0, n)`, `ends = offsets.subarray(1, n + 1)`, both ways without a copy.
 *
 * Columns are immutable once they are in a batch, and may share buffers with other columns and with the
 * network
 * buffer they were decoded from. Whoever keeps a value beyond the batch copies it.
 *
 * What `bytes` hold: UTF-8 for text, varchar, bpchar, name, "char", json; PostgreSQL's canonical text for
 * jsonb; raw
 * bytes for bytea; PostgreSQL's binary send format for uuid, interval, arrays and records.
 */

import type { DataType } from '../../planner/types.ts'
import type { Numeric } from './numeric.ts'

interface ColumnBase {
  readonly type: DataType
  readonly length: number
  /** Arrow's bitmap, bit row & 7 of byte row >> 3 is 1 where the row is not NULL. undefined = no NULLs. */
  readonly validity: Uint8Array | undefined
}

export interface BoolColumn extends ColumnBase {
  readonly layout: 'bool'
  /** 0 or 1 a row. */
  readonly values: Uint8Array
}
export interface Int16Column extends ColumnBase {
  readonly layout: 'int16'
  readonly values: Int16Array
}
export interface Int32Column extends ColumnBase {
  readonly layout: 'int32'
  readonly values: Int32Array
}
export interface Int64Column extends ColumnBase {
  readonly layout: 'int64'
  readonly values: BigInt64Array
}
export interface Float32Column extends ColumnBase {
  readonly layout: 'float32'
  readonly values: Float32Array
}
export interface Float64Column extends ColumnBase {
  readonly layout: 'float64'
  readonly values: Float64Array
}

/**
 * numeric: the value is `values[row] × 10^-scales[row]` where scales[row] >= 0 (0 ≤ scale ≤ 16383, the
 * display scale).
 * Where scales[row] is WIDE (-1), `wide[Number(values[row])]` holds the value: beyond int64, NaN or an
 * infinity.
 */
export interface NumericColumn extends ColumnBase {
  readonly layout: 'numeric'
  readonly values: BigInt64Array
  readonly scales: Int16Array
  readonly wide: readonly Numeric[]
}

/**
 * Row r is bytes[starts[r] .. ends[r]). At NULL rows start and end are both 0 or any equal valid position.
 */
export interface BytesColumn extends ColumnBase {
  readonly layout: 'bytes'
  readonly starts: Int32Array
  readonly ends: Int32Array
  readonly bytes: Uint8Array
}

export type FixedColumn = BoolColumn | Int16Column | Int32Column | Int64Column | Float32Column | Float64Column
export type Column = FixedColumn | NumericColumn | BytesColumn

/** Marks a numeric row whose value is in `wide`. */
export const WIDE = -1

/** True when the row is NULL. For edges and tests; kernels inline the bit test. */
export function isNull(column: Column, row: number): boolean {
  return column.validity !== undefined && (column.validity[row >> 3]! & (1 << (row & 7))) === 0
}

/** Bytes of a validity bitmap for `length` rows. */
export function bitmapBytes(length: number): number {
  return (length + 7) >> 3
}
