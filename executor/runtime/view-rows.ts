/**
 * The store of a materialized view: the target of its job. Rows are retracted through the unique key when the
 * plan has one, else by their whole value; views that only grow need no index for that.
 */

import { assert } from '../../planner/assert.ts'
import type { Relation } from '../../planner/catalog.ts'
import type { StreamProperties } from '../../planner/physical-plan.ts'
import type { Column } from '../batch/column.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import { BATCH_ROWS } from '../batch/delta-batch.ts'
import { sliceBatch } from '../batch/gather.ts'
import type { Epoch } from '../operators/operator.ts'
import { RowIndex } from '../state/row-index.ts'
import type { JobTarget } from './job.ts'
import { StoredRows } from './stored-rows.ts'

export class ViewRows implements JobTarget {
  readonly rows: StoredRows
  /** Live rows by value, of views that retract without a unique key. */
  readonly #byValue: RowIndex | undefined
  #completed: Epoch = 0
  readonly full = false
  readonly retrying = undefined
  /** Why the view cannot be read; set when its job failed. */
  error: Error | undefined

  constructor(relation: Relation, properties: StreamProperties) {
    this.rows = new StoredRows(relation.id, relation.schema, properties.uniqueKey)
    const byValue = properties.uniqueKey === undefined && !properties.appendOnly
    this.#byValue = byValue ? new RowIndex(this.rows.store) : undefined
  }

  /** Retractions go first: an update retracts the old row and inserts the new one under the same key. */
  *write(epoch: Epoch, batches: readonly DeltaBatch[]): Generator<void> {
    while (this.rows.reclaim(this.#completed)) yield
    for (const batch of batches) {
      const { columns, weights } = batch
      if (weights === undefined) continue
      const rows = repeatRows(weights, batch.length, -1)
      for (let start = 0; start < rows.length; start += BATCH_ROWS) {
        this.#retract(epoch, columns, rows.subarray(start, start + BATCH_ROWS))
        yield
      }
    }
    for (const batch of batches) {
      const { columns, weights } = batch
      const rows = weights === undefined ? undefined : repeatRows(weights, batch.length, 1)
      const count = rows?.length ?? batch.length
      for (let start = 0; start < count; start += BATCH_ROWS) {
        const end = Math.min(start + BATCH_ROWS, count)
        if (rows === undefined)
          this.#insert(epoch, sliceBatch(batch, start, end).columns, undefined, end - start)
        else this.#insert(epoch, columns, rows.subarray(start, end), end - start)
        yield
      }
    }
  }

  commit(epoch: Epoch): void {
    this.#completed = epoch
    // The rest comes with the next write, which can use the slots.
    this.rows.reclaim(epoch)
  }

  drained(): Promise<void> {
    return Promise.resolve()
  }

  fail(error: Error): void {
    this.error = error
  }

  stateBytes(): number {
    return this.rows.byteLength + (this.#byValue?.byteLength ?? 0)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #insert(epoch: Epoch, columns: readonly Column[], rows: Int32Array | undefined, count: number): void {
    const ids = this.rows.insert(columns, rows, count, epoch)
    this.#byValue?.insert(columns, rows, count, ids)
  }

  #retract(epoch: Epoch, columns: readonly Column[], rows: Int32Array): void {
    const ids = this.#take(columns, rows)
    for (let index = 0; index < ids.length; index++)
      assert(ids[index]! >= 0, 'a retracted row is in the view')
    this.rows.delete(ids, ids.length, epoch)
  }

  #take(columns: readonly Column[], rows: Int32Array): Int32Array {
    if (this.#byValue === undefined) {
      assert(this.rows.key !== undefined, 'an append-only view gets no retraction')
      return this.rows.findLive(columns, rows, rows.length)
    }
    const ids = new Int32Array(rows.length)
    this.#byValue.take(columns, rows, rows.length, ids)
    return ids
  }
}

/** The rows whose weight has this sign, each as often as its weight says. */
function repeatRows(weights: Int32Array, length: number, sign: 1 | -1): Int32Array {
  let count = 0
  for (let row = 0; row < length; row++) count += Math.max(0, weights[row]! * sign)
  const rows = new Int32Array(count)
  let at = 0
  for (let row = 0; row < length; row++) {
    for (let times = weights[row]! * sign; times > 0; times--) rows[at++] = row
  }
  return rows
}
