/** One output column while a decoder fills it: typed arrays that the row loops write directly. */

import type { Column } from '../../executor/batch/column.ts'
import { bitmapBytes, WIDE } from '../../executor/batch/column.ts'
import type { Numeric } from '../../executor/batch/numeric.ts'
import type { SqlValue } from '../../executor/expression/evaluation-context.ts'
import { type DataType, type PhysicalKind, physicalKind } from '../../planner/types.ts'
import { int64Halves } from '../int64.ts'

const NO_ROWS: Int32Array = new Int32Array(0)

/**
 * Only the arrays of the column's own layout have rows; the others are empty, so that every target has one
 * shape and loops stay monomorphic. `begin` makes new arrays, `finish` hands them out.
 */
export class ColumnTarget {
  readonly type: DataType
  readonly layout: PhysicalKind
  bools = new Uint8Array(0)
  int16 = new Int16Array(0)
  int32: Int32Array = NO_ROWS
  int64 = new BigInt64Array(0)
  /** 32-bit halves of int64 (also the coefficients of numeric). */
  halves: Int32Array = NO_ROWS
  float32 = new Float32Array(0)
  float64 = new Float64Array(0)
  scales = new Int16Array(0)
  wide: Numeric[] = []
  /**
   * bytes: ranges over the source's bytes; a range of the side buffer has both positions complemented (~).
   */
  starts: Int32Array = NO_ROWS
  ends: Int32Array = NO_ROWS
  side = new Uint8Array(0)
  sideLength = 0
  #validity: Uint8Array | undefined
  #capacity = 0

  constructor(type: DataType) {
    this.type = type
    this.layout = physicalKind(type)
  }

  begin(rows: number): void {
    this.#validity = undefined
    this.#capacity = rows
    switch (this.layout) {
      case 'bool':
        this.bools = new Uint8Array(rows)
        break
      case 'int16':
        this.int16 = new Int16Array(rows)
        break
      case 'int32':
        this.int32 = new Int32Array(rows)
        break
      case 'numeric':
        this.scales = new Int16Array(rows)
        this.wide = []
        this.int64 = new BigInt64Array(rows)
        this.halves = int64Halves(this.int64)
        break
      case 'int64':
        this.int64 = new BigInt64Array(rows)
        this.halves = int64Halves(this.int64)
        break
      case 'float32':
        this.float32 = new Float32Array(rows)
        break
      case 'float64':
        this.float64 = new Float64Array(rows)
        break
      case 'bytes':
        this.starts = new Int32Array(rows)
        this.ends = new Int32Array(rows)
        this.sideLength = 0
        break
    }
  }

  setNull(row: number): void {
    this.#validity ??= new Uint8Array(bitmapBytes(this.#capacity)).fill(0xff)
    this.#validity[row >> 3]! &= ~(1 << (row & 7))
    if (this.layout === 'bytes') this.starts[row] = this.ends[row] = 0
  }

  /**
   * Takes back a setNull: a later value of the same row wins, or the row is given up and its place used
   * again.
   */
  unsetNull(row: number): void {
    if (this.#validity !== undefined) this.#validity[row >> 3]! |= 1 << (row & 7)
  }

  /** Any value of the column's type; the slow way in. */
  set(row: number, value: SqlValue): void {
    if (value === null) {
      this.setNull(row)
      return
    }
    switch (this.layout) {
      case 'bool':
        this.bools[row] = value === true ? 1 : 0
        break
      case 'int16':
        this.int16[row] = value as number
        break
      case 'int32':
        this.int32[row] = value as number
        break
      case 'int64':
        this.int64[row] = value as bigint
        break
      case 'float32':
        this.float32[row] = value as number
        break
      case 'float64':
        this.float64[row] = value as number
        break
      case 'numeric':
        this.#setNumeric(row, value as Numeric)
        break
      case 'bytes':
        this.#setBytes(row, typeof value === 'string' ? Buffer.from(value) : (value as Uint8Array))
    }
  }

  /** Room for `bytes` more bytes in the side buffer; returns where they begin. */
  reserveSide(bytes: number): number {
    const needed = this.sideLength + bytes
    if (needed > this.side.length) {
      const grown = new Uint8Array(Math.max(needed, this.side.length * 2, 256))
      grown.set(this.side.subarray(0, this.sideLength))
      this.side = grown
    }
    return this.sideLength
  }

  /** Makes side bytes [start, end) the value of `row`. */
  setSideRange(row: number, start: number, end: number): void {
    this.starts[row] = ~start
    this.ends[row] = ~end
    this.sideLength = end
  }

  /** The column of the first `length` rows; ranges are over `bytes`. */
  finish(length: number, bytes: Uint8Array): Column {
    const { type } = this
    const validity = this.#validity?.subarray(0, bitmapBytes(length))
    switch (this.layout) {
      case 'bool':
        return { layout: 'bool', type, length, validity, values: this.bools.subarray(0, length) }
      case 'int16':
        return { layout: 'int16', type, length, validity, values: this.int16.subarray(0, length) }
      case 'int32':
        return { layout: 'int32', type, length, validity, values: this.int32.subarray(0, length) }
      case 'int64':
        return { layout: 'int64', type, length, validity, values: this.int64.subarray(0, length) }
      case 'float32':
        return { layout: 'float32', type, length, validity, values: this.float32.subarray(0, length) }
      case 'float64':
        return { layout: 'float64', type, length, validity, values: this.float64.subarray(0, length) }
      case 'numeric': {
        const values = this.int64.subarray(0, length)
        return {
          layout: 'numeric',
          type,
          length,
          validity,
          values,
          scales: this.scales.subarray(0, length),
          wide: this.wide,
        }
      }
      case 'bytes': {
        const starts = this.starts.subarray(0, length)
        const ends = this.ends.subarray(0, length)
        const joined = this.sideLength === 0 ? bytes : joinSides(starts, ends, bytes, this.side)
        return { layout: 'bytes', type, length, validity, starts, ends, bytes: joined }
      }
    }
  }

  #setNumeric(row: number, value: Numeric): void {
    if (value.special === undefined && BigInt.asIntN(64, value.coefficient) === value.coefficient) {
      this.int64[row] = value.coefficient
      this.scales[row] = value.scale
      return
    }
    this.int64[row] = BigInt(this.wide.length)
    this.scales[row] = WIDE
    this.wide.push(value)
  }

  #setBytes(row: number, value: Uint8Array): void {
    const start = this.reserveSide(value.length)
    this.side.set(value, start)
    this.setSideRange(row, start, start + value.length)
  }
}

/**
 * Copies the rows of a column that lies in two buffers into one fresh buffer, in place of starts and ends.
 * Only columns with escaped or computed values come here.
 */
function joinSides(starts: Int32Array, ends: Int32Array, bytes: Uint8Array, side: Uint8Array): Uint8Array {
  let total = 0
  for (let row = 0; row < starts.length; row++) total += Math.abs(ends[row]! - starts[row]!)
  const joined = new Uint8Array(total)
  let to = 0
  for (let row = 0; row < starts.length; row++) {
    const inSide = starts[row]! < 0
    const from = inSide ? side : bytes
    const start = inSide ? ~starts[row]! : starts[row]!
    const end = inSide ? ~ends[row]! : ends[row]!
    starts[row] = to
    if (end - start <= 32) for (let at = start; at < end; at++) joined[to++] = from[at]!
    else {
      joined.set(from.subarray(start, end), to)
      to += end - start
    }
    ends[row] = to
  }
  return joined
}
