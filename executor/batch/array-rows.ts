/** The elements of an array value as rows of a column, so many at a time; inner arrays one after another. */

import type { DataType } from '../../planner/types.ts'
import { physicalKind } from '../../planner/types.ts'
import { filledBitmap } from './bitmap.ts'
import type { Column } from './column.ts'
import { columnFromValues } from './column-builder.ts'
import type { RuntimeValue } from './runtime-value.ts'
import { readArrayHeader, readItems, toSqlValue } from './value-codec.ts'

export class ArrayRows {
  readonly #type: DataType
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #position: number
  #left: number

  /** `bytes` is the array in its binary form, `type` that of its elements, which is no array. */
  constructor(bytes: Uint8Array, type: DataType) {
    this.#type = type
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const header = readArrayHeader(this.#view, 0, bytes.length)
    this.#position = header.position
    this.#left = header.count
  }

  /** The next elements, `rowsMax` at most; undefined when there are no more. */
  next(rowsMax: number): Column | undefined {
    const count = Math.min(this.#left, rowsMax)
    if (count === 0) return undefined
    this.#left -= count
    if (physicalKind(this.#type) === 'bytes' && this.#type.kind !== 'char') return this.#ranges(count)
    const items: RuntimeValue[] = []
    this.#position = readItems(this.#type, this.#bytes, this.#view, this.#position, count, items)
    return columnFromValues(
      this.#type,
      items.map(item => toSqlValue(this.#type, item)),
    )
  }

  /** Columns hold bytes as arrays do, but for the version in front of jsonb: rows point into the array. */
  #ranges(count: number): Column {
    const starts = new Int32Array(count)
    const ends = new Int32Array(count)
    const skipped = this.#type.kind === 'jsonb' ? 1 : 0
    let validity: Uint8Array | undefined
    let at = this.#position
    for (let row = 0; row < count; row++) {
      const length = this.#view.getInt32(at)
      at += 4
      if (length < 0) {
        validity ??= filledBitmap(count)
        validity[row >> 3]! &= ~(1 << (row & 7))
        continue
      }
      starts[row] = at + skipped
      at += length
      ends[row] = at
    }
    this.#position = at
    return { layout: 'bytes', type: this.#type, length: count, validity, starts, ends, bytes: this.#bytes }
  }
}
