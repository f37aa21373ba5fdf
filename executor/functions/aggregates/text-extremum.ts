/**
 * min and max over append-only text, numeric and other values that are not one machine word: the extreme so
 * far by group.
 */

import type { DataType } from '../../../planner/types.ts'
import type { Column } from '../../batch/column.ts'
import { bitmapBytes, isNull } from '../../batch/column.ts'
import { gatherColumn } from '../../batch/gather.ts'
import type { CompareValues } from '../../batch/order.ts'
import { valueOrder } from '../../batch/order.ts'
import type { StoredColumn } from '../../state/stored-column.ts'
import { createStoredColumn, grownCapacity } from '../../state/stored-column.ts'
import type { GroupAccumulator } from './aggregate-function.ts'

export class TextExtremum implements GroupAccumulator {
  readonly kind = 'groups'
  readonly #stored: StoredColumn
  readonly #compare: CompareValues
  readonly #sign: number
  #present = new Uint8Array(0)

  constructor(type: DataType, greatest: boolean) {
    this.#stored = createStoredColumn(type)
    this.#compare = valueOrder(type)
    this.#sign = greatest ? 1 : -1
  }

  get byteLength(): number {
    return this.#stored.byteLength + this.#present.byteLength
  }

  update(
    args: readonly Column[],
    rows: Int32Array | undefined,
    groups: Int32Array,
    _weights: Int32Array | undefined,
    count: number,
  ): void {
    const column = args[0]!
    const row = new Int32Array(1)
    const target = new Int32Array(1)
    for (let index = 0; index < count; index++) {
      row[0] = rows === undefined ? index : rows[index]!
      if (isNull(column, row[0])) continue
      const group = groups[index]!
      this.#reserve(group + 1)
      if (this.#present[group] === 1) {
        if (this.#compare(column, row[0], this.#stored.column, group) * this.#sign <= 0) continue
        target[0] = group
        this.#stored.release(target, 1)
      }
      target[0] = group
      this.#stored.write(column, row, target, 1)
      this.#present[group] = 1
    }
  }

  finish(groups: Int32Array, count: number): Column {
    for (let index = 0; index < count; index++) this.#reserve(groups[index]! + 1)
    const validity = new Uint8Array(bitmapBytes(count))
    for (let index = 0; index < count; index++) {
      validity[index >> 3]! |= this.#present[groups[index]!]! << (index & 7)
    }
    return { ...gatherColumn(this.#stored.column, groups, count), validity }
  }

  clear(groups: Int32Array, count: number): void {
    for (let index = 0; index < count; index++)
      if (groups[index]! < this.#present.length) this.#present[groups[index]!] = 0
    const held = groups.subarray(0, count).filter(group => group < this.#present.length)
    this.#stored.release(held, held.length)
  }

  #reserve(end: number): void {
    if (end <= this.#present.length) return
    const present = new Uint8Array(grownCapacity(this.#present.length, end))
    present.set(this.#present)
    this.#present = present
    this.#stored.reserve(present.length)
  }
}
