/** Who waits for sources to be read up to some position: new jobs that catch up, and FLUSH. */

import type { SplitPosition } from '../io/source.ts'
import type { Deferred } from './deferred.ts'
import { deferred } from './deferred.ts'
import { reached } from './reading.ts'
import type { SourceHub } from './source-hub.ts'

interface Waiter {
  readonly ends: ReadonlyMap<SourceHub, readonly SplitPosition[]>
  readonly done: Deferred<void>
  /** True when there is no point in waiting for the hub any longer. */
  readonly abandoned: (hub: SourceHub) => boolean
}

export class CatchUps {
  #waiters: Waiter[] = []

  /**
   * Resolves at the end of the first epoch at which every hub is at its end or abandoned, now if that is so
   * already.
   */
  wait(
    ends: ReadonlyMap<SourceHub, readonly SplitPosition[]>,
    abandoned: Waiter['abandoned'],
  ): Promise<void> {
    const waiter = { ends, done: deferred<void>(), abandoned }
    if (isOver(waiter)) return Promise.resolve()
    this.#waiters.push(waiter)
    return waiter.done.promise
  }

  /** Call when an epoch is complete, or when something failed. */
  check(): void {
    const waiting = this.#waiters
    this.#waiters = waiting.filter(waiter => !isOver(waiter))
    for (const waiter of waiting) if (!this.#waiters.includes(waiter)) waiter.done.resolve()
  }

  close(error: Error): void {
    for (const { done } of this.#waiters) done.reject(error)
    this.#waiters = []
  }
}

function isOver({ ends, abandoned }: Waiter): boolean {
  for (const [hub, positions] of ends) {
    if (!reached(hub.positions(), positions) && !abandoned(hub)) return false
  }
  return true
}
