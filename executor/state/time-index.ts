/**
 * Ids by event time, to be drained in order as the watermark passes: a chain of ids per distinct time and a
 * binary heap of the times. Meant for few distinct times with many ids each (windows), correct for any.
 */

import { grownCapacity } from './stored-column.ts'

/** End of a chain. */
const NONE = -1
/** In #previous: the id is not in the index. */
const ABSENT = -2

export class TimeIndex {
  readonly #heads = new Map<bigint, number>()
  /** Binary min-heap of the times in #heads; a time whose chain became empty stays until it is drained. */
  readonly #times: bigint[] = []
  #time = new BigInt64Array(0)
  #next = new Int32Array(0)
  #previous = new Int32Array(0)

  get byteLength(): number {
    return this.#next.byteLength * 4 + this.#heads.size * 72
  }

  /** Adds an id that is not in the index. */
  add(id: number, time: bigint): void {
    this.#reserve(id + 1)
    const head = this.#heads.get(time)
    if (head === undefined) this.#pushTime(time)
    this.#next[id] = head ?? NONE
    this.#previous[id] = NONE
    if (head !== undefined && head !== NONE) this.#previous[head] = id
    this.#heads.set(time, id)
    this.#time[id] = time
  }

  has(id: number): boolean {
    return id < this.#next.length && this.#previous[id] !== ABSENT
  }

  /** Removes an id; nothing happens when it is not there. */
  remove(id: number): void {
    if (!this.has(id)) return
    const next = this.#next[id]!
    const previous = this.#previous[id]!
    if (next !== NONE) this.#previous[next] = previous
    if (previous !== NONE) this.#next[previous] = next
    else this.#heads.set(this.#time[id]!, next)
    this.#previous[id] = ABSENT
  }

  /** The earliest time that may have ids. */
  first(): bigint | undefined {
    return this.#times[0]
  }

  /** Removes the earliest time and returns its ids, oldest first; first() is not undefined. */
  takeFirst(): number[] {
    const time = this.#times[0]!
    const ids: number[] = []
    for (let id = this.#heads.get(time)!; id !== NONE; id = this.#next[id]!) {
      ids.push(id)
      this.#previous[id] = ABSENT
    }
    this.#heads.delete(time)
    this.#popTime()
    return ids.reverse()
  }

  /** Ids of one time, in no order. */
  idsAt(time: bigint): number[] {
    const ids: number[] = []
    for (let id = this.#heads.get(time) ?? NONE; id !== NONE; id = this.#next[id]!) ids.push(id)
    return ids
  }

  #reserve(capacity: number): void {
    if (capacity <= this.#next.length) return
    const size = grownCapacity(this.#next.length, capacity)
    const time = new BigInt64Array(size)
    const next = new Int32Array(size)
    const previous = new Int32Array(size).fill(ABSENT)
    time.set(this.#time)
    next.set(this.#next)
    previous.set(this.#previous)
    this.#time = time
    this.#next = next
    this.#previous = previous
  }

  #pushTime(time: bigint): void {
    const times = this.#times
    let at = times.length
    times.push(time)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (times[parent]! <= time) break
      times[at] = times[parent]!
      at = parent
    }
    times[at] = time
  }

  #popTime(): void {
    const times = this.#times
    const last = times.pop()!
    if (times.length === 0) return
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= times.length) break
      if (child + 1 < times.length && times[child + 1]! < times[child]!) child++
      if (times[child]! >= last) break
      times[at] = times[child]!
      at = child
    }
    times[at] = last
  }
}
