/**
 * The stored rows of a table or a materialized view: a multi-version row store and, when the rows have a
 * unique key, an index of all their versions. The newest version of a key is first in its chain, so a live
 * one is found at once, and a reader of an earlier epoch walks on to the version it may see. Versions leave
 * the index when their slots are freed.
 */

import type { RelationId } from '../../planner/catalog.ts'
import type { Schema } from '../../planner/schema.ts'
import type { Column } from '../batch/column.ts'
import { columnFromValues } from '../batch/column-builder.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import type { SqlValue } from '../expression/evaluation-context.ts'
import type { Epoch } from '../operators/operator.ts'
import { RowIndex } from '../state/row-index.ts'
import { RowStore } from '../state/row-store.ts'
import { NO_ROW } from './engine-contract.ts'

export class StoredRows {
  readonly id: RelationId
  readonly store: RowStore
  /** Columns of the unique key; undefined without one. */
  readonly key: readonly number[] | undefined
  readonly #keyIndex: RowIndex | undefined
  /** The epoch of the last change. */
  changedAt: Epoch = 0

  constructor(id: RelationId, schema: Schema, key: readonly number[] | undefined) {
    this.id = id
    this.store = new RowStore(schema.map(field => field.type))
    this.key = key
    this.#keyIndex = key === undefined ? undefined : new RowIndex(this.store, key)
  }

  get byteLength(): number {
    return this.store.byteLength + (this.#keyIndex?.byteLength ?? 0)
  }

  /** Inserts rows `rows[0 .. count)` (0 .. count without), visible from `epoch` on; returns their ids. */
  insert(columns: readonly Column[], rows: Int32Array | undefined, count: number, epoch: Epoch): Int32Array {
    const ids = new Int32Array(count)
    this.changedAt = epoch
    this.store.insert(columns, rows, count, epoch, ids)
    if (this.#keyIndex !== undefined) this.#keyIndex.insert(this.#keyColumns(columns), rows, count, ids)
    return ids
  }

  /** Ends the life of live rows: they are visible before `epoch` only. */
  delete(ids: Int32Array, count: number, epoch: Epoch): void {
    this.changedAt = epoch
    this.store.delete(ids, count, epoch)
  }

  /** The live row with each row's key, -1 where there is none. Only with a key. */
  findLive(columns: readonly Column[], rows: Int32Array | undefined, count: number): Int32Array {
    const ids = new Int32Array(count)
    this.#keyIndex!.find(this.#keyColumns(columns), rows, count, ids)
    for (let index = 0; index < count; index++) {
      if (ids[index]! >= 0 && !this.store.isLive(ids[index]!)) ids[index] = -1
    }
    return ids
  }

  /** As findLive for whole rows, with public ids, NO_ROW where there is none; undefined without any. */
  findPublic({ columns, length }: DeltaBatch): BigInt64Array | undefined {
    if (this.store.rowCount === 0) return undefined
    const ids = this.findLive(columns, undefined, length)
    const found = ids.filter(id => id >= 0)
    if (found.length === 0) return undefined
    const result = new BigInt64Array(length).fill(NO_ROW)
    const { values } = this.store.publicIds(found, found.length)
    let next = 0
    for (let row = 0; row < length; row++) if (ids[row]! >= 0) result[row] = values[next++]!
    return result
  }

  /** Takes back the newest insert of the current epoch. */
  undoInsert(ids: Int32Array): void {
    this.#keyIndex?.remove(ids, ids.length)
    this.store.undoInsert(ids, ids.length)
  }

  /** The public id of the row with this key (in key order) as of `epoch`, NO_ROW when there is none. */
  visibleId(epoch: Epoch, key: readonly SqlValue[]): bigint {
    const found = this.lookup(epoch, key, [], true)?.columns[0]
    return found?.layout === 'int64' ? found.values[0]! : NO_ROW
  }

  /**
   * The row with this key (in key order) as of `epoch`; undefined when there is none or part of the key is
   * NULL.
   */
  lookup(
    epoch: Epoch,
    key: readonly SqlValue[],
    columns: readonly number[],
    rowId: boolean,
  ): DeltaBatch | undefined {
    if (this.#keyIndex === undefined || this.key === undefined || key.includes(null)) return undefined
    const keyColumns = this.key.map((column, index) =>
      columnFromValues(this.store.types[column]!, [key[index]!]),
    )
    const found = this.#keyIndex.findAll(keyColumns, 0).find(id => this.store.isVisible(id, epoch))
    if (found === undefined) return undefined
    const ids = Int32Array.of(found)
    const read = this.store.gather(ids, 1, columns)
    if (rowId) read.push(this.store.publicIds(ids, 1))
    return { columns: read, length: 1, weights: undefined }
  }

  /** The epoch is complete: frees what no reader can see any more; true when there is more of it. */
  reclaim(completed: Epoch): boolean {
    const index = this.#keyIndex
    return this.store.reclaim(
      completed,
      index === undefined ? undefined : ids => index.remove(ids, ids.length),
    )
  }

  #keyColumns(columns: readonly Column[]): Column[] {
    return this.key!.map(column => columns[column]!)
  }
}
