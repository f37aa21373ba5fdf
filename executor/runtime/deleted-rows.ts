/** Ids of a table's rows that a transaction deleted, each with the number of the change that did it. */

import { int8Type } from '../../planner/types.ts'
import type { Int64Column } from '../batch/column.ts'
import { BATCH_ROWS } from '../batch/delta-batch.ts'
import { createKeyIndex, NO_ID } from '../state/key-index.ts'
import { grownCapacity } from '../state/stored-column.ts'

const NEVER = Number.POSITIVE_INFINITY

export class DeletedRows {
  #index = createKeyIndex([int8Type])
  /** By the id's place in the index. */
  #changes = new Float64Array(0)

  get size(): number {
    return this.#index.size
  }

  get byteLength(): number {
    return this.#index.byteLength + this.#changes.byteLength
  }

  /** Of ids that are there already the first change counts. */
  add(ids: BigInt64Array, change: number): void {
    const places = new Int32Array(ids.length)
    this.#index.lookupOrInsert([idColumn(ids)], ids.length, places)
    this.#reserve(this.#index.idEnd)
    for (const place of places) if (this.#changes[place] === NEVER) this.#changes[place] = change
  }

  /** Takes back what came after `change`, in pieces. */
  *rollback(change: number): Generator<void> {
    const places = this.#places(at => at > change)
    for (let start = 0; start < places.length; start += BATCH_ROWS) {
      const piece = places.subarray(start, start + BATCH_ROWS)
      this.#index.erase(piece, piece.length)
      for (const place of piece) this.#changes[place] = NEVER
      yield
    }
    if (this.size > 0) return
    this.#index = createKeyIndex([int8Type])
    this.#changes = new Float64Array(0)
  }

  /** 1 for each id that a change up to `last` deleted. */
  areDeleted(ids: BigInt64Array, last = Number.MAX_VALUE): Uint8Array {
    const places = new Int32Array(ids.length)
    this.#index.lookup([idColumn(ids)], ids.length, places)
    return Uint8Array.from(places, place => (place !== NO_ID && this.#changes[place]! <= last ? 1 : 0))
  }

  /** All of them, in pieces. */
  *ids(): Generator<BigInt64Array> {
    const { values } = this.#index.columns[0] as Int64Column
    for (let start = 0; start < this.#index.idEnd; start += BATCH_ROWS) {
      const ids = new BigInt64Array(BATCH_ROWS)
      const end = Math.min(start + BATCH_ROWS, this.#index.idEnd)
      let count = 0
      for (let place = start; place < end; place++) {
        if (this.#changes[place] !== NEVER) ids[count++] = values[place]!
      }
      yield ids.subarray(0, count)
    }
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
