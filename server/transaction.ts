/**
 * A session's transaction: its state, its savepoints, and the writes it holds back until COMMIT. Its
 * statements see the last complete epoch, or one epoch for the whole transaction, and in tables its own
 * writes; views show these only when they are committed.
 *
 * States: idle; implicit (several statements of one Query, or the extended protocol until Sync); block
 * (BEGIN); and the failed forms of the last two.
 */

import type { EngineSnapshot, TableChange, TableWrite } from '../executor/runtime/engine-contract.ts'
import { type MemoryLimit, MemoryShare } from '../executor/runtime/memory-limit.ts'
import { ReadSet } from '../executor/runtime/read-set.ts'
import { WriteSet } from '../executor/runtime/write-set.ts'
import type { Relation, RelationId } from '../planner/catalog.ts'
import { SqlError, SqlState } from '../planner/errors.ts'
import type { NotificationAction } from './notifications.ts'
import type { TransactionStatus } from './session-contract.ts'
import { TransactionLocks } from './transaction-locks.ts'

/** What an implicit transaction is made of: the statements of one Query, or the Executes up to Sync. */
export type ImplicitBlock = 'query' | 'pipeline'

type State = 'idle' | 'implicit' | 'block' | 'failed_implicit' | 'failed_block'

/** Savepoints of one transaction; PostgreSQL's limit is its memory. */
const SAVEPOINTS_MAX = 100_000

interface Savepoint<Outer> {
  readonly name: string
  /** The last write before it. */
  readonly sequence: number
  readonly actionCount: number
  readonly outer: Outer
}

/** What COMMIT has to do. */
export interface FinishedTransaction {
  readonly changes: readonly TableWrite[]
  /** Of SERIALIZABLE and LOCK TABLE: what must not have changed. */
  readonly reads: ReadSet | undefined
  /** Tables that nobody else may have locked meanwhile. */
  readonly touches: readonly RelationId[]
  readonly actions: readonly NotificationAction[]
  /** Gives back the memory of the changes; once they are applied. */
  free(): void
}

/** What an action takes besides its payload. */
const ACTION_BYTES = 128

/** `Outer`: what the session restores besides the writes when it goes back to a savepoint. */
export class Transaction<Outer = unknown> {
  /** Of what it writes, and of what its statements collect. */
  readonly memory: MemoryLimit
  readonly #actionMemory: MemoryShare
  #state: State = 'idle'
  #implicitBlock: ImplicitBlock = 'query'
  #isPipelined = false
  readonly #writes = new Map<RelationId, WriteSet>()
  /** Writes are numbered, over all tables. */
  #sequence = 0
  /** LISTEN, NOTIFY and UNLISTEN, for COMMIT. */
  #actions: NotificationAction[] = []
  /** The innermost is last; a name may be there more than once and hides its outer ones. */
  readonly #savepoints: Savepoint<Outer>[] = []
  #timestamp: bigint | undefined
  #snapshot: EngineSnapshot | undefined
  #reads: ReadSet | undefined
  readonly locks = new TransactionLocks()
  #hasQueried = false

  constructor(memory: MemoryLimit) {
    this.memory = memory
    this.#actionMemory = new MemoryShare(memory)
  }

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

  get hasSavepoints(): boolean {
    return this.#savepoints.length > 0
  }

  /** A statement read or wrote rows: from then on the isolation level stays as it is. */
  get hasQueried(): boolean {
    return this.#hasQueried
  }

  /** now(): one value for the whole transaction. Microseconds since 1970; `clock` starts it. */
  timestamp(clock: () => bigint): bigint {
    this.#timestamp ??= clock()
    return this.#timestamp
  }

  /** Starts an implicit transaction unless there is one, of whose statements this is a later one. */
  beginImplicit(block: ImplicitBlock): void {
    if (this.#state === 'idle') {
      this.#state = 'implicit'
      this.#implicitBlock = block
      this.#isPipelined = false
    } else if (block === 'pipeline') this.#isPipelined = true
    else this.#implicitBlock = 'query'
  }

  /** It outlives the statement: between BEGIN and COMMIT, or among several statements of one Query. */
  get isOpen(): boolean {
    return this.isBlock || (this.#state === 'implicit' && this.#implicitBlock === 'query')
  }

  /** Another Execute came before, with no Sync between. */
  get isPipelined(): boolean {
    return this.#state === 'implicit' && this.#isPipelined
  }

  /** BEGIN: an implicit transaction becomes a block and keeps its writes. */
  beginBlock(): void {
    this.#state = 'block'
  }

  fail(): void {
    if (this.#state === 'block') this.#state = 'failed_block'
    else if (this.#state === 'implicit') this.#state = 'failed_implicit'
    // Without a savepoint there is no way back to the writes.
    if (!this.hasSavepoints) this.#discard()
  }

  /** `change`, of a table, is one that was checked. 53200 when the transaction holds too much. */
  add(table: Relation, change: TableChange): void {
    let writes = this.#writes.get(table.id)
    if (writes === undefined) {
      writes = new WriteSet(table, new MemoryShare(this.memory))
      this.#writes.set(table.id, writes)
    }
    writes.add(change, ++this.#sequence, this.hasSavepoints)
  }

  /** 53200 when the transaction holds too much. */
  announce(action: NotificationAction): void {
    this.#actionMemory.hold(this.#actionMemory.bytes + actionBytes(action))
    this.#actions.push(action)
  }

  /** The transaction's own writes to a table; undefined when it did not change it. */
  writesTo(table: RelationId): WriteSet | undefined {
    return this.#writes.get(table)
  }

  /** The epoch that all queries of the transaction read; undefined = each the last complete one. */
  get snapshot(): EngineSnapshot | undefined {
    return this.#snapshot
  }

  /** Of SERIALIZABLE and LOCK TABLE: what must stay as it is. */
  get reads(): ReadSet {
    this.#reads ??= new ReadSet()
    return this.#reads
  }

  /** A query begins; `pin`, where all are to read one epoch, takes it at the first one. */
  beginQuery(pin: (() => EngineSnapshot) | undefined): void {
    if (this.isIdle) return
    this.#hasQueried = true
    if (pin !== undefined) this.#snapshot ??= pin()
  }

  savepoint(name: string, outer: Outer): void {
    if (this.#savepoints.length >= SAVEPOINTS_MAX) {
      throw new SqlError(
        SqlState.programLimitExceeded,
        `too many savepoints (at most ${SAVEPOINTS_MAX} in a transaction)`,
      )
    }
    this.#savepoints.push({ name, sequence: this.#sequence, actionCount: this.#actions.length, outer })
  }

  /**
   * Keeps what was done since the savepoint and forgets it and those after it; returns what the session was
   * like. 3B001 when there is none.
   */
  release(name: string): Outer {
    const index = this.#indexOf(name)
    const { outer } = this.#savepoints[index]!
    this.#savepoints.length = index
    return outer
  }

  /**
   * Takes back what was done since the savepoint, which stays, in pieces; ends the failed state. Returns what
   * the session was like.
   */
  *rollbackTo(name: string): Generator<void, Outer> {
    const index = this.#indexOf(name)
    const savepoint = this.#savepoints[index]!
    this.#savepoints.length = index + 1
    for (const [table, set] of this.#writes) {
      yield* set.rollback(savepoint.sequence)
      if (!set.isEmpty) continue
      set.close()
      this.#writes.delete(table)
    }
    this.#actions.length = savepoint.actionCount
    this.#actionMemory.hold(this.#actions.reduce((sum, action) => sum + actionBytes(action), 0))
    this.#state = 'block'
    return savepoint.outer
  }

  /** Ends the transaction and hands over what it wrote and announced. */
  finish(): FinishedTransaction {
    const written = [...this.#writes.values()]
    const locked =
      written.length === 0 ? [] : this.locks.changes((table, ids) => this.#writes.get(table)?.areDeleted(ids))
    const changes = [...locked, ...written.map(writes => writes.change())]
    const { touches } = this.locks
    const actions = this.#actions
    const reads = this.#reads
    if (written.length > 0) this.#writes.clear()
    this.#discard()
    this.#savepoints.length = 0
    this.#state = 'idle'
    this.#sequence = 0
    this.#timestamp = undefined
    this.#hasQueried = false
    const free = () => {
      for (const writes of written) writes.close()
    }
    return { changes, reads, touches, actions, free }
  }

  /** Ends the transaction and drops what it did. */
  abandon(): void {
    this.#discard()
    this.finish()
  }

  #indexOf(name: string): number {
    const index = this.#savepoints.findLastIndex(savepoint => savepoint.name === name)
    if (index >= 0) return index
    throw new SqlError(SqlState.invalidSavepointSpecification, `savepoint "${name}" does not exist`)
  }

  #discard(): void {
    if (this.#writes.size > 0) {
      for (const writes of this.#writes.values()) writes.close()
      this.#writes.clear()
    }
    if (this.#actions.length > 0) {
      this.#actions = []
      this.#actionMemory.free()
    }
    this.#snapshot?.close()
    this.#snapshot = undefined
    this.#reads = undefined
    this.locks.clear()
  }
}

function actionBytes(action: NotificationAction): number {
  return ACTION_BYTES + (action.kind === 'notify' ? action.payload.length : 0)
}
