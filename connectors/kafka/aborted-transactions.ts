/**
 * Which batches of a read_committed fetch belong to aborted transactions: the algorithm of Java's consumer
 * (CompletedFetch). The broker lists the aborted transactions that overlap a fetch; walking its batches in
 * offset order, a producer is inside an aborted transaction from that transaction's first offset until its
 * abort marker. The state ends with the fetch, since the broker repeats transactions that overlap the next
 * one.
 */

export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: number
}

export class AbortedTransactions {
  /** By first offset; the broker promises no order. */
  readonly #pending: readonly AbortedTransaction[]
  readonly #active = new Set<bigint>()
  #next = 0

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#pending = [...aborted].sort((left, right) => left.firstOffset - right.firstOffset)
  }

  /**
   * Called for every batch of a transaction or control batch, in order. True when the batch's records must
   * not be seen.
   */
  covers(batch: {
    readonly producerId: bigint
    readonly lastOffset: number
    readonly isAbortMarker: boolean
  }): boolean {
    while (this.#next < this.#pending.length && this.#pending[this.#next]!.firstOffset <= batch.lastOffset) {
      this.#active.add(this.#pending[this.#next]!.producerId)
      this.#next++
    }
    if (batch.isAbortMarker) {
      this.#active.delete(batch.producerId)
      return true
    }
    return this.#active.has(batch.producerId)
  }
}
