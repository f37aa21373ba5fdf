/**
 * A session's transaction: its state, and the writes it holds back until COMMIT. Its statements see the last
 * complete epoch and, in tables, its own writes; views show these only when they are committed.
 *
 * States: idle; implicit (several statements of one Query, or the extended protocol until Sync); block
 * (BEGIN); and the failed forms of the last two.
 */

import type { TableChange, TableOverlay } from '../executor/runtime/engine-contract.ts'
import type { RelationId } from '../planner/catalog.ts'
import type { TransactionStatus } from './session-contract.ts'
import { WriteSet } from './write-set.ts'

type State = 'idle' | 'implicit' | 'block' | 'failed_implicit' | 'failed_block'

export class Transaction {
  #state: State = 'idle'
  readonly #writes = new Map<RelationId, WriteSet>()
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
    return this.#writes.size > 0
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
    let writes = this.#writes.get(change.table)
    if (writes === undefined) {
      writes = new WriteSet(change.table)
      this.#writes.set(change.table, writes)
    }
    writes.add(change)
  }

  /** The transaction's own writes to a table; undefined when it did not change it. */
  writesTo(table: RelationId): WriteSet | undefined {
    return this.#writes.get(table)
  }

  /** For queries: what they see of tables besides the snapshot. */
  get overlay(): ((table: RelationId) => TableOverlay | undefined) | undefined {
    return this.hasWrites ? table => this.#writes.get(table)?.overlay() : undefined
  }

  /** Ends the transaction and hands over what it wrote. */
  finish(): readonly TableChange[] {
    const changes = [...this.#writes.values()].flatMap(writes => writes.changes())
    this.#discard()
    this.#state = 'idle'
    this.#timestamp = undefined
    return changes
  }

  #discard(): void {
    this.#writes.clear()
  }
}
