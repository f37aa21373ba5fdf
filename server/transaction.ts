/**
 * A session's transaction: its state, and the writes it holds back until COMMIT. Reads inside a transaction see the
 * last complete epoch, not the transaction's own writes; statements for which that would give a wrong result are refused.
 *
 * States: idle; implicit (several statements of one Query, or the extended protocol until Sync); block (BEGIN); and the
 * failed forms of the last two.
 */

import type { TableChange } from '../executor/runtime/engine-contract.ts'
import type { RelationId } from '../planner/catalog.ts'
import type { TransactionStatus } from './session-contract.ts'

type State = 'idle' | 'implicit' | 'block' | 'failed_implicit' | 'failed_block'

export class Transaction {
  #state: State = 'idle'
  #changes: TableChange[] = []
  readonly #changedTables = new Set<RelationId>()
  #timestamp: bigint | undefined

  get status(): TransactionStatus {
    if (this.#state === 'block') return 'T'
    return this.#state === 'failed_block' ? 'E' : 'I'
  }

  /** Inside BEGIN … COMMIT, failed or not. */
  get isBlock(): boolean {
    return this.#state === 'block' || this.#state === 'failed_block'
  }

  get isFailed(): boolean {
    return this.#state === 'failed_block' || this.#state === 'failed_implicit'
  }

  get isIdle(): boolean {
    return this.#state === 'idle'
  }

  get hasWrites(): boolean {
    return this.#changes.length > 0
  }

  /** now(): one value for the whole transaction. Microseconds since 1970; `clock` starts it. */
  timestamp(clock: () => bigint): bigint {
    this.#timestamp ??= clock()
    return this.#timestamp
  }

  /** Starts an implicit transaction unless there is one. */
  beginImplicit(): void {
    if (this.#state === 'idle') this.#state = 'implicit'
  }

  /** BEGIN: an implicit transaction becomes a block and keeps its writes. */
  beginBlock(): void {
    this.#state = 'block'
  }

  fail(): void {
    this.#discard()
    if (this.#state === 'block') this.#state = 'failed_block'
    else if (this.#state === 'implicit') this.#state = 'failed_implicit'
  }

  add(change: TableChange): void {
    this.#changes.push(change)
    this.#changedTables.add(change.table)
  }

  hasChanged(table: RelationId): boolean {
    return this.#changedTables.has(table)
  }

  /** Ends the transaction and hands over what it wrote. */
  finish(): readonly TableChange[] {
    const changes = this.#changes
    this.#discard()
    this.#state = 'idle'
    this.#timestamp = undefined
    return changes
  }

  #discard(): void {
    this.#changes = []
    this.#changedTables.clear()
  }
}
