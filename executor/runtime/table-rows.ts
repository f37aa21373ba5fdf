/**
 * The rows of a table, and the checks of a write: primary key, NOT NULL, rows that must still be there. The
 * changes of one write are applied one after another and undone together when one of them fails.
 */

import type { Relation } from '../../planner/catalog.ts'
import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import type { Column } from '../batch/column.ts'
import { isNull } from '../batch/column.ts'
import { readValue } from '../batch/column-reader.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import { gatherBatch } from '../batch/gather.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'
import { formatValue } from '../expression/text-format.ts'
import type { Epoch } from '../operators/operator.ts'
import { createKeyIndex } from '../state/key-index.ts'
import type { TableChange } from './engine-contract.ts'
import { StoredRows } from './stored-rows.ts'

/** What a write did so far, to be taken back in reverse order. */
export type UndoLog = (() => void)[]

export class TableRows {
  readonly relation: Relation
  readonly rows: StoredRows
  readonly #context: EvaluationContext

  /** `context`: how values are printed in error details. */
  constructor(relation: Relation, context: EvaluationContext) {
    this.relation = relation
    const key = relation.primaryKey.length === 0 ? undefined : relation.primaryKey
    this.rows = new StoredRows(relation.id, relation.schema, key)
    this.#context = context
  }

  /**
   * Applies a change in `epoch`: deletes, then inserts. Returns the deltas it made; throws with `undo` to be
   * run.
   */
  apply(change: TableChange, epoch: Epoch, undo: UndoLog): DeltaBatch[] {
    const deltas: DeltaBatch[] = []
    const deletes = change.deletes ?? new BigInt64Array(0)
    if (deletes.length > 0) deltas.push(this.#delete(this.#resolve(deletes), epoch, undo))
    const deleted = deltas[0]?.length ?? 0
    let inserted = 0
    if (change.inserts !== undefined && change.inserts.length > 0) {
      this.#checkNotNull(change.inserts)
      const { replaced, inserts } = this.#resolveConflicts(change.inserts, change.onConflict ?? 'error')
      if (replaced.length > 0) deltas.push(this.#delete(replaced, epoch, undo))
      if (inserts.length > 0) deltas.push(this.#insert(inserts, epoch, undo))
      inserted = inserts.length
    }
    change.onApplied?.({ deleted, inserted })
    return deltas
  }

  #insert(batch: DeltaBatch, epoch: Epoch, undo: UndoLog): DeltaBatch {
    const ids = this.rows.insert(batch.columns, undefined, batch.length, epoch)
    undo.push(() => this.rows.undoInsert(ids))
    return batch
  }

  #delete(ids: Int32Array, epoch: Epoch, undo: UndoLog): DeltaBatch {
    const columns = this.rows.store.gather(ids, ids.length)
    this.rows.store.delete(ids, ids.length, epoch)
    undo.push(() => this.rows.store.undoDelete())
    return { columns, length: ids.length, weights: new Int32Array(ids.length).fill(-1) }
  }

  #resolve(publicIds: BigInt64Array): Int32Array {
    if (this.relation.appendOnly)
      throw notSupported(`deleting from append-only table "${this.relation.name}"`)
    const ids = new Set<number>()
    for (const publicId of publicIds) {
      const id = this.rows.store.resolve(publicId)
      if (id < 0) {
        throw new SqlError(
          SqlState.serializationFailure,
          'could not serialize access due to concurrent update',
        )
      }
      ids.add(id)
    }
    return Int32Array.from(ids)
  }

  #checkNotNull(batch: DeltaBatch): void {
    for (const [index, column] of batch.columns.entries()) {
      const field = this.relation.schema[index]!
      if (field.nullable || column.validity === undefined) continue
      for (let row = 0; row < batch.length; row++) {
        if (isNull(column, row)) throw this.#notNullViolation(field.name, batch.columns, row)
      }
    }
  }

  #notNullViolation(columnName: string, columns: readonly Column[], row: number): SqlError {
    const { name, schemaName } = this.relation
    const values = columns.map(column => this.#format(column, row)).join(', ')
    return new SqlError(
      SqlState.notNullViolation,
      `null value in column "${columnName}" of relation "${name}" violates not-null constraint`,
      { detail: `Failing row contains (${values}).`, schema: schemaName, table: name, column: columnName },
    )
  }

  /** The rows to insert, and live rows that they replace. */
  #resolveConflicts(batch: DeltaBatch, mode: 'error' | 'ignore' | 'replace'): Conflicts {
    const key = this.rows.key
    if (key === undefined) return { replaced: none, inserts: batch }
    const live = this.rows.findLive(batch.columns, undefined, batch.length)
    const sameKey = previousRowOfKey(
      key.map(column => batch.columns[column]!),
      batch.length,
    )
    if (sameKey === undefined && !live.some(id => id >= 0)) return { replaced: none, inserts: batch }
    if (mode === 'error') throw this.#uniqueViolation(batch.columns, firstConflict(live, sameKey))
    if (mode === 'ignore') return { replaced: none, inserts: keepFirst(batch, live, sameKey) }
    if (sameKey !== undefined) throw secondChange()
    return { replaced: live.filter(id => id >= 0), inserts: batch }
  }

  #uniqueViolation(columns: readonly Column[], row: number): SqlError {
    const { name, schemaName, schema, primaryKey } = this.relation
    const constraint = `${name}_pkey`
    const names = primaryKey.map(column => schema[column]!.name).join(', ')
    const values = primaryKey.map(column => this.#format(columns[column]!, row)).join(', ')
    return new SqlError(
      SqlState.uniqueViolation,
      `duplicate key value violates unique constraint "${constraint}"`,
      { detail: `Key (${names})=(${values}) already exists.`, schema: schemaName, table: name, constraint },
    )
  }

  #format(column: Column, row: number): string {
    const value = readValue(column, row)
    return value === null ? 'null' : formatValue(column.type, value, this.#context)
  }
}

interface Conflicts {
  readonly replaced: Int32Array
  readonly inserts: DeltaBatch
}

const none = new Int32Array(0)

/** For each row the row before it with the same key, or -1; undefined when all keys differ. */
function previousRowOfKey(keyColumns: readonly Column[], length: number): Int32Array | undefined {
  if (length < 2) return undefined
  const ids = new Int32Array(length)
  const index = createKeyIndex(keyColumns.map(column => column.type))
  if (index.lookupOrInsert(keyColumns, length, ids) === length) return undefined
  const latest = new Int32Array(index.idEnd).fill(-1)
  const previous = new Int32Array(length)
  for (let row = 0; row < length; row++) {
    previous[row] = latest[ids[row]!]!
    latest[ids[row]!] = row
  }
  return previous
}

function firstConflict(live: Int32Array, sameKey: Int32Array | undefined): number {
  return live.findIndex((id, row) => id >= 0 || (sameKey !== undefined && sameKey[row]! >= 0))
}

/** Rows whose key neither exists nor came before. */
function keepFirst(batch: DeltaBatch, live: Int32Array, sameKey: Int32Array | undefined): DeltaBatch {
  const rows = new Int32Array(batch.length)
  let count = 0
  for (let row = 0; row < batch.length; row++) {
    if (live[row]! < 0 && (sameKey === undefined || sameKey[row]! < 0)) rows[count++] = row
  }
  return gatherBatch(batch, rows, count)
}

function secondChange(): SqlError {
  return new SqlError(
    SqlState.cardinalityViolation,
    'ON CONFLICT DO UPDATE command cannot affect row a second time',
    {
      hint:
        'Ensure that no rows proposed for insertion within the same command have duplicate constrained ' +
        'values.',
    },
  )
}
