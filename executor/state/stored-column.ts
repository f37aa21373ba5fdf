/**
 * A growable column of operator state, indexed by dense ids. It is readable as a plain Column (`column`),
 * so that gathering, hashing and comparing work on state as they do on batches.
 *
 * Text lives in an arena that is only appended to. When half of it is garbage the live values are copied to
 * a new arena; columns gathered earlier keep the old one alive and stay right. Fixed-width slots are
 * overwritten in place, which is safe because gathering copies them.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { DataType } from '../../planner/types.ts'
import { physicalKind } from '../../planner/types.ts'
import { bitAt, copyBits, setBit } from '../batch/bitmap.ts'
import type { BytesColumn, Column, FixedColumn, NumericColumn } from '../batch/column.ts'
import { bitmapBytes, WIDE } from '../batch/column.ts'
import { copyBytes, viewOf } from '../batch/copy-bytes.ts'
import { allocateFixed, scatterLoops } from '../batch/layout-loops.ts'
import type { Numeric } from '../batch/numeric.ts'

/** Ids of rows to write: slots of the stored column. */
export interface StoredColumn {
  /** The current contents; replaced when the column grows, so read it again after every write. */
  readonly column: Column
  /** Makes ids below `capacity` writable. */
  reserve(capacity: number): void
  /** Writes source[rows[i]] (source[i] without rows) to slot targets[i], for i < count. */
  write(source: Column, rows: Int32Array | undefined, targets: Int32Array, count: number): void
  /** Writes source[start .. start + count) to slots `target` onwards. */
  writeRange(source: Column, start: number, count: number, target: number): void
  /** The slots' values are no longer needed. */
  release(targets: Int32Array, count: number): void
  readonly byteLength: number
}

/** An empty stored column of the type's layout. */
export function createStoredColumn(type: DataType): StoredColumn {
  const layout = physicalKind(type)
  switch (layout) {
    case 'bytes':
      return new StoredBytes(type)
    case 'numeric':
      return new StoredNumeric(type)
    default:
      return new StoredFixed(type, layout)
  }
}

/** The next capacity that holds `needed` slots. */
export function grownCapacity(current: number, needed: number): number {
  return Math.max(needed, current * 2, 64)
}

/** Marks written slots valid or NULL; the bitmap is made when the first NULL arrives. */
class StoredValidity {
  bitmap: Uint8Array | undefined
  #capacity = 0

  reserve(capacity: number): void {
    this.#capacity = capacity
    if (this.bitmap === undefined) return
    const grown = new Uint8Array(bitmapBytes(capacity))
    grown.set(this.bitmap)
    this.bitmap = grown
  }

  write(
    source: Uint8Array | undefined,
    rows: Int32Array | undefined,
    targets: Int32Array,
    count: number,
  ): void {
    if (source === undefined && this.bitmap === undefined) return
    const bitmap = this.#writable()
    for (let index = 0; index < count; index++) {
      const row = rows === undefined ? index : rows[index]!
      setBit(bitmap, targets[index]!, source === undefined || bitAt(source, row))
    }
  }

  writeRange(source: Uint8Array | undefined, start: number, count: number, target: number): void {
    if (source === undefined && this.bitmap === undefined) return
    copyBits(source, start, this.#writable(), target, count)
  }

  #writable(): Uint8Array {
    this.bitmap ??= new Uint8Array(bitmapBytes(this.#capacity)).fill(0xff)
    return this.bitmap
  }
}

class StoredFixed implements StoredColumn {
  column: FixedColumn
  readonly #validity = new StoredValidity()

  constructor(type: DataType, layout: FixedColumn['layout']) {
    this.column = {
      type,
      layout,
      length: 0,
      validity: undefined,
      values: allocateFixed(layout, 0),
    } as FixedColumn
  }

  get byteLength(): number {
    return this.column.values.byteLength + (this.column.validity?.byteLength ?? 0)
  }

  reserve(capacity: number): void {
    const { column } = this
    if (capacity <= column.length) return
    const values = allocateFixed(column.layout, capacity)
    values.set(column.values as never)
    this.#validity.reserve(capacity)
    this.column = { ...column, length: capacity, validity: this.#validity.bitmap, values } as FixedColumn
  }

  write(source: Column, rows: Int32Array | undefined, targets: Int32Array, count: number): void {
    const { values } = source as FixedColumn
    scatterLoops[this.column.layout](values, rows, count, this.column.values, targets)
    this.#validity.write(source.validity, rows, targets, count)
    this.#shareValidity()
  }

  writeRange(source: Column, start: number, count: number, target: number): void {
    const { values } = source as FixedColumn
    this.column.values.set(values.subarray(start, start + count) as never, target)
    this.#validity.writeRange(source.validity, start, count, target)
    this.#shareValidity()
  }

  release(): void {}

  #shareValidity(): void {
    const validity = this.#validity.bitmap
    if (this.column.validity !== validity) this.column = { ...this.column, validity }
  }
}

class StoredNumeric implements StoredColumn {
  column: NumericColumn
  readonly #validity = new StoredValidity()
  /** Values beyond int64 of this column; slots that were released stay until the next compaction. */
  #wide: Numeric[] = []
  #wideGarbage = 0

  constructor(type: DataType) {
    this.column = {
      type,
      layout: 'numeric',
      length: 0,
      validity: undefined,
      values: new BigInt64Array(0),
      scales: new Int16Array(0),
      wide: this.#wide,
    }
  }

  get byteLength(): number {
    const { values, scales, validity } = this.column
    return values.byteLength + scales.byteLength + (validity?.byteLength ?? 0) + this.#wide.length * 64
  }

  reserve(capacity: number): void {
    const { column } = this
    if (capacity <= column.length) return
    const values = new BigInt64Array(capacity)
    const scales = new Int16Array(capacity)
    values.set(column.values)
    scales.set(column.scales)
    this.#validity.reserve(capacity)
    this.column = { ...column, length: capacity, validity: this.#validity.bitmap, values, scales }
  }

  write(source: Column, rows: Int32Array | undefined, targets: Int32Array, count: number): void {
    const { values, scales, wide } = source as NumericColumn
    scatterLoops.int64(values, rows, count, this.column.values, targets)
    scatterLoops.int16(scales, rows, count, this.column.scales, targets)
    if (wide.length > 0) for (let index = 0; index < count; index++) this.#ownWide(wide, targets[index]!)
    this.#validity.write(source.validity, rows, targets, count)
    this.#shareValidity()
  }

  writeRange(source: Column, start: number, count: number, target: number): void {
    const { values, scales, wide } = source as NumericColumn
    this.column.values.set(values.subarray(start, start + count), target)
    this.column.scales.set(scales.subarray(start, start + count), target)
    if (wide.length > 0) for (let index = 0; index < count; index++) this.#ownWide(wide, target + index)
    this.#validity.writeRange(source.validity, start, count, target)
    this.#shareValidity()
  }

  release(targets: Int32Array, count: number): void {
    if (this.#wide.length === 0) return
    const { scales } = this.column
    for (let index = 0; index < count; index++) {
      if (scales[targets[index]!] !== WIDE) continue
      scales[targets[index]!] = 0
      this.#wideGarbage++
    }
    if (this.#wideGarbage > 1024 && this.#wideGarbage * 2 > this.#wide.length) this.#compactWide()
  }

  #shareValidity(): void {
    const validity = this.#validity.bitmap
    if (this.column.validity !== validity) this.column = { ...this.column, validity }
  }

  #ownWide(wide: readonly Numeric[], target: number): void {
    if (this.column.scales[target] !== WIDE) return
    const value = wide[Number(this.column.values[target])]
    if (value === undefined) {
      this.column.scales[target] = 0
      return
    }
    this.column.values[target] = BigInt(this.#wide.length)
    this.#wide.push(value)
  }

  #compactWide(): void {
    const { values, scales } = this.column
    const kept: Numeric[] = []
    for (let slot = 0; slot < scales.length; slot++) {
      if (scales[slot] !== WIDE) continue
      const value = this.#wide[Number(values[slot])]!
      values[slot] = BigInt(kept.length)
      kept.push(value)
    }
    this.#wide = kept
    this.#wideGarbage = 0
    this.column = { ...this.column, wide: kept }
  }
}

/** Arenas below this size are not worth compacting. */
const COMPACT_BYTES_MIN = 1 << 16
const ARENA_BYTES_MAX = 2 ** 31 - 1

class StoredBytes implements StoredColumn {
  column: BytesColumn
  readonly #validity = new StoredValidity()
  #view = viewOf(new Uint8Array(0))
  #used = 0
  #garbage = 0

  constructor(type: DataType) {
    this.column = {
      type,
      layout: 'bytes',
      length: 0,
      validity: undefined,
      starts: new Int32Array(0),
      ends: new Int32Array(0),
      bytes: new Uint8Array(0),
    }
  }

  get byteLength(): number {
    const { starts, ends, bytes, validity } = this.column
    return starts.byteLength + ends.byteLength + bytes.byteLength + (validity?.byteLength ?? 0)
  }

  reserve(capacity: number): void {
    const { column } = this
    if (capacity <= column.length) return
    const starts = new Int32Array(capacity)
    const ends = new Int32Array(capacity)
    starts.set(column.starts)
    ends.set(column.ends)
    this.#validity.reserve(capacity)
    this.column = { ...column, length: capacity, validity: this.#validity.bitmap, starts, ends }
  }

  write(source: Column, rows: Int32Array | undefined, targets: Int32Array, count: number): void {
    const { starts, ends, bytes } = source as BytesColumn
    let size = 0
    for (let index = 0; index < count; index++) {
      const row = rows === undefined ? index : rows[index]!
      size += ends[row]! - starts[row]!
    }
    this.#reserveBytes(size)
    const own = this.column
    const sourceView = viewOf(bytes)
    const targetView = this.#view
    let at = this.#used
    for (let index = 0; index < count; index++) {
      const row = rows === undefined ? index : rows[index]!
      const slot = targets[index]!
      copyBytes(bytes, sourceView, starts[row]!, ends[row]!, own.bytes, targetView, at)
      own.starts[slot] = at
      at += ends[row]! - starts[row]!
      own.ends[slot] = at
    }
    this.#used = at
    this.#validity.write(source.validity, rows, targets, count)
    this.#shareValidity()
  }

  writeRange(source: Column, start: number, count: number, target: number): void {
    const rows = new Int32Array(count)
    const targets = new Int32Array(count)
    for (let index = 0; index < count; index++) {
      rows[index] = start + index
      targets[index] = target + index
    }
    this.write(source, rows, targets, count)
  }

  release(targets: Int32Array, count: number): void {
    const { starts, ends } = this.column
    for (let index = 0; index < count; index++) {
      const slot = targets[index]!
      this.#garbage += ends[slot]! - starts[slot]!
      starts[slot] = 0
      ends[slot] = 0
    }
    if (this.#used > COMPACT_BYTES_MIN && this.#garbage * 2 > this.#used)
      this.#rewrite(this.#used - this.#garbage)
  }

  #shareValidity(): void {
    const validity = this.#validity.bitmap
    if (this.column.validity !== validity) this.column = { ...this.column, validity }
  }

  #reserveBytes(size: number): void {
    const needed = this.#used + size
    const capacity = this.column.bytes.length
    if (needed <= capacity) return
    if (needed > ARENA_BYTES_MAX) {
      throw new SqlError(SqlState.programLimitExceeded, 'text state of one column exceeds 2 GB')
    }
    const bytes = new Uint8Array(Math.min(Math.max(needed, capacity * 2, 256), ARENA_BYTES_MAX))
    bytes.set(this.column.bytes.subarray(0, this.#used))
    this.#adopt(bytes)
  }

  /** Copies the live values to a new arena. */
  #rewrite(live: number): void {
    const bytes = new Uint8Array(Math.max(256, live + (live >> 1)))
    const view = viewOf(bytes)
    const { starts, ends, bytes: old, length } = this.column
    const oldView = this.#view
    let at = 0
    for (let slot = 0; slot < length; slot++) {
      const start = starts[slot]!
      const end = ends[slot]!
      copyBytes(old, oldView, start, end, bytes, view, at)
      starts[slot] = at
      at += end - start
      ends[slot] = at
    }
    this.#used = at
    this.#garbage = 0
    this.#adopt(bytes)
  }

  #adopt(bytes: Uint8Array): void {
    this.#view = viewOf(bytes)
    this.column = { ...this.column, bytes }
  }
}
