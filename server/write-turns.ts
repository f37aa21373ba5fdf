/** Turns at a table, first come, first served: of statements that met a conflict and are run again. */

import type { Deferred } from '../executor/runtime/deferred.ts'
import { deferred } from '../executor/runtime/deferred.ts'
import type { RelationId } from '../planner/catalog.ts'

export interface Turn {
  /** Resolves when it begins. */
  readonly started: Promise<void>
  /** Ends it, or gives it up before it began. Idempotent. */
  readonly end: () => void
}

export class WriteTurns {
  /** By table: the turn that is being taken, and those behind it. */
  readonly #queues = new Map<RelationId, Deferred<void>[]>()

  /** Somebody has or waits for a turn. */
  isTaken(table: RelationId): boolean {
    return this.#queues.has(table)
  }

  take(table: RelationId): Turn {
    const queue = this.#queues.get(table) ?? []
    this.#queues.set(table, queue)
    const own = deferred<void>()
    queue.push(own)
    queue[0]!.resolve()
    const end = () => {
      const index = queue.indexOf(own)
      if (index < 0) return
      queue.splice(index, 1)
      if (queue.length === 0) this.#queues.delete(table)
      else queue[0]!.resolve()
    }
    return { started: own.promise, end }
  }
}
