/** Ids of a table's rows that a transaction deleted, each with the number of the change that did it. */

import { int8Type } from '../../planner/types.ts'
import type { Int64Column } from '../batch/column.ts'
import { createKeyIndex, NO_ID } from '../state/key-index.ts'
import { grownCapacity } from '../state/stored-column.ts'

const NEVER = Number.POSITIVE_INFINITY

export class DeletedRows {
  readonly #index = createKeyIndex([int8Type])
  /** By the id's place in the index. */
  #changes = new Float64Array(0)

  get size(): number {
    return this.#index.size
  }

  /** Of ids that are there already the first change counts. */
  add(ids: BigInt64Array, change: number): void {
    const places = new Int32Array(ids.length)
    this.#index.lookupOrInsert([idColumn(ids)], ids.length, places)
    this.#reserve(this.#index.idEnd)
    for (const place of places) if (this.#changes[place] === NEVER) this.#changes[place] = change
  }

  /** Takes back what came after `change`. */
  rollback(change: number): void {
    const places = this.#places(at => at > change)
    this.#index.erase(places, places.length)
    for (const place of places) this.#changes[place] = NEVER
  }

  /** 1 for each id that a change up to `last` deleted. */
  areDeleted(ids: BigInt64Array, last = Number.MAX_VALUE): Uint8Array {
    const places = new Int32Array(ids.length)
    this.#index.lookup([idColumn(ids)], ids.length, places)
    return Uint8Array.from(places, place => (place !== NO_ID && this.#changes[place]! <= last ? 1 : 0))
  }

  /** All of them. */
  ids(): BigInt64Array {
    const { values } = this.#index.columns[0] as Int64Column
    return BigInt64Array.from(
      this.#places(() => true),
      place => values[place]!,
    )
  }

  #places(isWanted: (change: number) => boolean): Int32Array {
    const places = new Int32Array(this.#index.size)
    let count = 0
    for (let place = 0; place < this.#index.idEnd; place++) {
      const change = this.#changes[place]!
      if (change !== NEVER && isWanted(change)) places[count++] = place
    }
    return places.subarray(0, count)
  }

  #reserve(length: number): void {
    const before = this.#changes
    if (length <= before.length) return
    this.#changes = new Float64Array(grownCapacity(before.length, length)).fill(NEVER, before.length)
    this.#changes.set(before)
  }
}

function idColumn(values: BigInt64Array): Int64Column {
  return { type: int8Type, layout: 'int64', length: values.length, validity: undefined, values }
}
