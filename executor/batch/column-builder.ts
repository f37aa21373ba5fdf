/** Columns from single values: for edges (parameters, literals, decoders of rare types) and tests. */

import { unreachable } from '../../planner/assert.ts'
import { type DataType, physicalKind } from '../../planner/types.ts'
import type { SqlValue } from '../expression/evaluation-context.ts'
import { bitmapBytes, type Column, type FixedColumn } from './column.ts'
import type { Numeric } from './numeric.ts'
import { NumericWriter } from './numeric-writer.ts'
import { TextWriter } from './text-writer.ts'

export interface ColumnBuilder {
  readonly length: number
  /** `value` is of the builder's type, or null for NULL. */
  append(value: SqlValue): void
  /** The column of everything appended. The builder must not be used afterwards. */
  finish(): Column
}

/** A builder for columns of `type`. `capacity` is how many rows are expected; it grows beyond. */
export function createColumnBuilder(type: DataType, capacity = 64): ColumnBuilder {
  const rows = Math.max(capacity, 1)
  switch (physicalKind(type)) {
    case 'bool':
      return new FixedBuilder(type, 'bool', new Uint8Array(rows))
    case 'int16':
      return new FixedBuilder(type, 'int16', new Int16Array(rows))
    case 'int32':
      return new FixedBuilder(type, 'int32', new Int32Array(rows))
    case 'int64':
      return new FixedBuilder(type, 'int64', new BigInt64Array(rows))
    case 'float32':
      return new FixedBuilder(type, 'float32', new Float32Array(rows))
    case 'float64':
      return new FixedBuilder(type, 'float64', new Float64Array(rows))
    case 'numeric':
      return new NumericBuilder(type, rows)
    case 'bytes':
      return new BytesBuilder(type, rows)
    default:
      return unreachable(physicalKind(type) as never)
  }
}

/** A column of these values. */
export function columnFromValues(type: DataType, values: readonly SqlValue[]): Column {
  const builder = createColumnBuilder(type, values.length)
  for (const value of values) builder.append(value)
  return builder.finish()
}

type FixedValues = FixedColumn['values']

/** NULL bookkeeping common to all builders. */
abstract class BuilderBase implements ColumnBuilder {
  readonly type: DataType
  protected rows = 0
  protected capacity: number
  #validity: Uint8Array | undefined

  constructor(type: DataType, capacity: number) {
    this.type = type
    this.capacity = capacity
  }

  get length(): number {
    return this.rows
  }

  append(value: SqlValue): void {
    if (this.rows === this.capacity) this.#grow()
    if (value === null) this.#markNull(this.rows)
    else this.write(this.rows, value)
    this.rows++
  }

  abstract finish(): Column
  protected abstract write(row: number, value: Exclude<SqlValue, null>): void
  protected abstract reserve(capacity: number): void

  protected finishValidity(): Uint8Array | undefined {
    return this.#validity?.subarray(0, bitmapBytes(this.rows))
  }

  #grow(): void {
    this.capacity *= 2
    this.reserve(this.capacity)
    if (this.#validity === undefined) return
    const grown = new Uint8Array(bitmapBytes(this.capacity)).fill(0xff)
    grown.set(this.#validity)
    this.#validity = grown
  }

  #markNull(row: number): void {
    this.#validity ??= new Uint8Array(bitmapBytes(this.capacity)).fill(0xff)
    this.#validity[row >> 3]! &= ~(1 << (row & 7))
  }
}

class FixedBuilder extends BuilderBase {
  readonly #layout: FixedColumn['layout']
  #values: FixedValues

  constructor(type: DataType, layout: FixedColumn['layout'], values: FixedValues) {
    super(type, values.length)
    this.#layout = layout
    this.#values = values
  }

  protected write(row: number, value: Exclude<SqlValue, null>): void {
    this.#values[row] = value as never
  }

  protected reserve(capacity: number): void {
    const make = this.#values.constructor as new (length: number) => FixedValues
    const grown = new make(capacity)
    grown.set(this.#values as never)
    this.#values = grown
  }

  finish(): Column {
    const values = this.rows === this.capacity ? this.#values : this.#values.subarray(0, this.rows)
    const validity = this.finishValidity()
    return { layout: this.#layout, type: this.type, length: this.rows, validity, values } as Column
  }
}

class NumericBuilder extends BuilderBase {
  readonly #writer: NumericWriter

  constructor(type: DataType, capacity: number) {
    super(type, capacity)
    this.#writer = new NumericWriter(capacity)
  }

  protected write(row: number, value: Exclude<SqlValue, null>): void {
    this.#writer.write(row, value as Numeric)
  }

  protected reserve(capacity: number): void {
    this.#writer.reserveRows(capacity)
  }

  finish(): Column {
    return {
      layout: 'numeric',
      type: this.type,
      length: this.rows,
      validity: this.finishValidity(),
      values: this.#writer.values.subarray(0, this.rows),
      scales: this.#writer.scales.subarray(0, this.rows),
      wide: this.#writer.wide,
    }
  }
}

class BytesBuilder extends BuilderBase {
  readonly #writer: TextWriter

  constructor(type: DataType, capacity: number) {
    super(type, capacity)
    this.#writer = new TextWriter(capacity, capacity * 8)
  }

  protected write(row: number, value: Exclude<SqlValue, null>): void {
    if (typeof value === 'string') this.#writer.writeString(row, value)
    else this.#writer.writeRange(row, value as Uint8Array, 0, (value as Uint8Array).length)
  }

  protected reserve(capacity: number): void {
    this.#writer.reserveRows(capacity)
  }

  finish(): Column {
    return {
      layout: 'bytes',
      type: this.type,
      length: this.rows,
      validity: this.finishValidity(),
      starts: this.#writer.starts.subarray(0, this.rows),
      ends: this.#writer.ends.subarray(0, this.rows),
      bytes: this.#writer.bytes,
    }
  }
}
