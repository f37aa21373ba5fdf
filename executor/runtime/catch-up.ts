/** Who waits for sources to be read up to some position: new jobs that catch up, and FLUSH. */

import type { SplitPosition } from '../io/source.ts'
import type { Deferred } from './deferred.ts'
import { deferred } from './deferred.ts'
import { reached } from './reading.ts'
import type { SourceHub } from './source-hub.ts'

interface Waiter {
  readonly ends: ReadonlyMap<SourceHub, readonly SplitPosition[]>
  readonly done: Deferred<void>
  /** True when what is waited for can no longer happen: the waiter goes on and looks for itself. */
  readonly abandoned: () => boolean
}

export class CatchUps {
  #waiters: Waiter[] = []

  /**
   * Resolves at the end of the first epoch at which all hubs are at `ends`, now if they are already, or when
   * `abandoned` says so.
   */
  wait(ends: ReadonlyMap<SourceHub, readonly SplitPosition[]>, abandoned: () => boolean): Promise<void> {
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
  if (abandoned()) return true
  for (const [hub, positions] of ends) if (!reached(hub.positions(), positions)) return false
  return true
}
