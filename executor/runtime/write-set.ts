/**
 * The uncommitted writes of a transaction to one table, as its own later statements see them (an overlay over
 * the snapshot) and as COMMIT applies them (one change). Rows that the transaction inserted have ids below 0.
 *
 * Every change has a sequence number, which counts on over the whole transaction. Own rows are stored by it
 * as a table's are by epoch, so that ROLLBACK TO can take back what came after a savepoint, and an open
 * cursor goes on seeing what it saw when it was declared.
 */

import type { Relation } from '../../planner/catalog.ts'
import type { Steps } from '../../planner/steps.ts'
import { columnFromValues } from '../batch/column-builder.ts'
import { concatBatches } from '../batch/concat.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import { deltaBatch } from '../batch/delta-batch.ts'
import { gatherBatch } from '../batch/gather.ts'
import type { SqlValue } from '../expression/evaluation-context.ts'
import type { RowCursor } from '../state/row-store.ts'
import { DeletedRows } from './deleted-rows.ts'
import type { LiveRows, PiecewiseChange, TableChange, TableOverlay } from './engine-contract.ts'
import { NO_ROW } from './engine-contract.ts'
import type { MemoryShare } from './memory-limit.ts'
import { StoredRows } from './stored-rows.ts'
import { concurrentUpdate } from './table-rows.ts'

/** A change of the own rows that a savepoint may want back. */
type Step = { readonly sequence: number } & (
  | { readonly kind: 'insert'; readonly ids: Int32Array }
  | { readonly kind: 'delete' }
)

/** Reclaims what was never to be seen: inserts that were undone. */
const BEFORE_ALL = 0
/** What a step takes besides its ids. */
const STEP_BYTES = 256

export class WriteSet {
  readonly #relation: Relation
  readonly #rows: StoredRows
  /** Of the table's rows. */
  readonly #deleted = new DeletedRows()
  /** What happened since the first savepoint. */
  #steps: Step[] = []
  /** Rows that the steps name. */
  #stepRows = 0
  /** The last change. */
  #sequence = 0

  readonly #memory: MemoryShare

  /** `memory`: where it counts what it takes. */
  constructor(relation: Relation, memory: MemoryShare) {
    this.#relation = relation
    this.#memory = memory
    const key = relation.primaryKey.length === 0 ? undefined : relation.primaryKey
    this.#rows = new StoredRows(relation.id, relation.schema, key)
  }

  get isEmpty(): boolean {
    return this.#deleted.size === 0 && this.#rows.store.rowCount === 0
  }

  /** `isKept`: there are savepoints, to which ROLLBACK TO may go back. 53200 when it is too much. */
  add({ deletes, inserts }: TableChange, sequence: number, isKept: boolean): void {
    this.#sequence = sequence
    if (!isKept) {
      this.#steps = []
      this.#stepRows = 0
      while (this.#rows.reclaim(sequence - 1)) {}
    }
    if (deletes !== undefined) this.#delete(deletes, isKept)
    if (inserts !== undefined && inserts.length > 0) this.#insert(inserts, isKept)
    this.#memory.hold(this.#byteLength)
  }

  /** Takes back what came after the change `sequence`, in pieces. */
  *rollback(sequence: number): Generator<void> {
    yield* this.#deleted.rollback(sequence)
    for (let step = this.#steps.at(-1); step !== undefined; step = this.#steps.at(-1)) {
      if (step.sequence <= sequence) break
      if (step.kind === 'insert') {
        this.#rows.undoInsert(step.ids)
        this.#stepRows -= step.ids.length
      } else this.#rows.store.undoDelete()
      this.#steps.pop()
      yield
    }
    while (this.#rows.reclaim(BEFORE_ALL)) yield
    this.#rows.store.shrink()
    this.#memory.hold(this.#byteLength)
  }

  /** Nothing of it is needed any more. */
  close(): void {
    this.#memory.free()
  }

  get #byteLength(): number {
    const steps = this.#steps.length * STEP_BYTES + this.#stepRows * Int32Array.BYTES_PER_ELEMENT
    return this.#rows.byteLength + this.#deleted.byteLength + steps
  }

  /** What the transaction's queries see from now on; `committed`: the table without it. */
  overlay(committed: LiveRows): TableOverlay {
    const sequence = this.#sequence
    const isUntouched = this.#deleted.size === 0
    return {
      areDeleted: ids => (isUntouched ? undefined : this.#deleted.areDeleted(ids, sequence)),
      scan: (columns, rowId) => ownRows(this.#rows.store.scan(sequence, columns, rowId), rowId),
      lookup: (key, columns, rowId) => this.#lookup(sequence, key, columns, rowId),
      check: () => this.#check(committed),
    }
  }

  /** The table as the transaction would leave it. */
  live(committed: LiveRows): LiveRows {
    return {
      find: rows => this.#find(rows, committed),
      read: ids => this.#read(ids, committed),
      check: ids => committed.check(ids.filter(id => id >= 0n)),
    }
  }

  /** What COMMIT applies. Nothing may be added any more. */
  change(): PiecewiseChange {
    return { table: this.#relation.id, pieces: () => this.#pieces() }
  }

  /** 1 for each of these rows of the table that the transaction deleted. */
  areDeleted(ids: BigInt64Array): Uint8Array {
    return this.#deleted.areDeleted(ids)
  }

  /** All deletes, then all inserts: these may take keys of deleted rows. */
  *#pieces(): Generator<TableChange> {
    const table = this.#relation.id
    for (const deletes of this.#deleted.ids()) yield { table, deletes, inserts: undefined }
    for (const inserts of this.#ownBatches()) yield { table, deletes: undefined, inserts }
  }

  /** The rows that were inserted, in all columns. */
  *#ownBatches(): Generator<DeltaBatch> {
    const all = this.#relation.schema.map((_, index) => index)
    const cursor = this.#rows.store.scan(this.#sequence, all)
    try {
      for (let batch = cursor.next(); batch !== undefined; batch = cursor.next()) yield batch
    } finally {
      cursor.close()
    }
  }

  #insert({ columns, length }: DeltaBatch, isKept: boolean): void {
    const ids = this.#rows.insert(columns, undefined, length, this.#sequence)
    if (!isKept) return
    this.#steps.push({ kind: 'insert', sequence: this.#sequence, ids })
    this.#stepRows += length
  }

  #delete(ids: BigInt64Array, isKept: boolean): void {
    const own = new Set<number>()
    for (const id of ids) if (id < 0n) own.add(this.#rows.store.resolve(otherForm(id)))
    this.#deleted.add(own.size === 0 ? ids : ids.filter(id => id >= 0n), this.#sequence)
    if (own.size === 0) return
    this.#rows.delete(Int32Array.from(own), own.size, this.#sequence)
    if (isKept) this.#steps.push({ kind: 'delete', sequence: this.#sequence })
  }

  #lookup(
    sequence: number,
    key: readonly SqlValue[],
    columns: readonly number[],
    rowId: boolean,
  ): DeltaBatch | undefined {
    const found = this.#rows.lookup(sequence, key, columns, rowId)
    return found !== undefined && rowId ? withOwnIds(found) : found
  }

  #find(rows: DeltaBatch, committed: LiveRows): BigInt64Array | undefined {
    const own = this.#rows.findPublic(rows)
    const ids = committed.find(rows) ?? own?.map(() => NO_ROW)
    if (ids === undefined) return undefined
    const areDeleted = this.#deleted.areDeleted(ids)
    for (let row = 0; row < ids.length; row++) {
      if (areDeleted[row] === 1) ids[row] = NO_ROW
      if (own !== undefined && own[row] !== NO_ROW) ids[row] = otherForm(own[row]!)
    }
    return ids
  }

  /** Own rows and the table's, in the order asked for. */
  #read(ids: BigInt64Array, committed: LiveRows): DeltaBatch {
    const { store } = this.#rows
    const own = Int32Array.from(
      ids.filter(id => id < 0n),
      id => store.resolve(otherForm(id)),
    )
    if (own.length === 0) return committed.read(ids)
    const ownBatch = deltaBatch(store.gather(own, own.length), own.length)
    if (own.length === ids.length) return ownBatch
    const both = concatBatches([ownBatch, committed.read(ids.filter(id => id >= 0n))])
    let nextOwn = 0
    let nextOther = own.length
    const order = Int32Array.from(ids, id => (id < 0n ? nextOwn++ : nextOther++))
    return gatherBatch(both, order, order.length)
  }

  *#check(committed: LiveRows): Steps<void> {
    for (const ids of this.#deleted.ids()) {
      committed.check(ids)
      yield
    }
    if (this.#relation.primaryKey.length === 0 || this.#rows.store.rowCount === 0) return
    for (const batch of this.#ownBatches()) {
      const holders = committed.find(batch)
      if (holders === undefined) continue
      const areDeleted = this.#deleted.areDeleted(holders)
      if (!holders.every((id, row) => id === NO_ROW || areDeleted[row] === 1)) throw concurrentUpdate()
      yield
    }
  }
}

/** Between the id of a row in the store and as an own row's, which is below 0. */
function otherForm(id: bigint): bigint {
  return -1n - id
}

function ownRows(cursor: RowCursor, rowId: boolean): RowCursor {
  return {
    next() {
      const batch = cursor.next()
      return batch !== undefined && rowId ? withOwnIds(batch) : batch
    },
    close: () => cursor.close(),
  }
}

/** The last column are ids. */
function withOwnIds(batch: DeltaBatch): DeltaBatch {
  const ids = batch.columns.at(-1)
  if (ids?.layout !== 'int64') throw new TypeError('row ids are int8')
  const own = columnFromValues(ids.type, Array.from(ids.values.subarray(0, batch.length), otherForm))
  return deltaBatch([...batch.columns.slice(0, -1), own], batch.length)
}
