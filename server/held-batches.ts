/** Batches of rows that wait for their use, first in, first out, and count as memory of their session. */

import { batchBytes } from '../executor/batch/batch-bytes.ts'
import type { DeltaBatch } from '../executor/batch/delta-batch.ts'
import { type MemoryLimit, MemoryShare } from '../executor/runtime/memory-limit.ts'
import type { ResultRows } from './session-contract.ts'

export class HeldBatches implements ResultRows {
  readonly #memory: MemoryShare
  #batches: DeltaBatch[] = []

  constructor(limit: MemoryLimit) {
    this.#memory = new MemoryShare(limit)
  }

  get batches(): readonly DeltaBatch[] {
    return this.#batches
  }

  /** 53200 when it is too much. */
  add(batch: DeltaBatch): void {
    this.#memory.hold(this.#memory.bytes + batchBytes(batch))
    this.#batches.push(batch)
  }

  next(): DeltaBatch | undefined {
    const batch = this.#batches.shift()
    if (batch !== undefined) this.#memory.hold(this.#memory.bytes - batchBytes(batch))
    return batch
  }

  /** None is needed any more. */
  close(): void {
    this.#batches = []
    this.#memory.free()
  }
}
