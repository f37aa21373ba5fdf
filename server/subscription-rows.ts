/**
 * Changes as rows: an epoch's delta with its epoch and what happened to each row in front. A retraction and
 * an insertion of the same key in one epoch are an update, and stand side by side.
 */

import type { Column } from '../executor/batch/column.ts'
import { columnFromValues } from '../executor/batch/column-builder.ts'
import type { DeltaBatch } from '../executor/batch/delta-batch.ts'
import { deltaBatch } from '../executor/batch/delta-batch.ts'
import { gatherColumns } from '../executor/batch/gather.ts'
import { compileRowsEqual, hashRows } from '../executor/batch/row-hash.ts'
import type { Subscription, SubscriptionEvent } from '../executor/runtime/engine-contract.ts'
import type { Schema } from '../planner/schema.ts'
import { field } from '../planner/schema.ts'
import { int8Type, textType } from '../planner/types.ts'
import type { ResultRows } from './session-contract.ts'

/** `progress` rows say that everything up to their epoch was sent; their other columns are NULL. */
export const changeOps = ['insert', 'delete', 'update_delete', 'update_insert', 'progress'] as const
export type ChangeOp = (typeof changeOps)[number]

const INSERT = 0
const DELETE = 1
const UPDATE_DELETE = 2
const UPDATE_INSERT = 3

/** Columns of SUBSCRIBE's result. */
export function subscriptionSchema(schema: Schema): Schema {
  const columns = schema.map(column => ({ ...column, nullable: true }))
  return [field('millrace_epoch', int8Type, false), field('millrace_op', textType, false), ...columns]
}

/** The events of a subscription as result rows. */
export function subscriptionRows(subscription: Subscription, progress: boolean): ResultRows {
  return {
    async next() {
      for (;;) {
        const event = await subscription.next()
        if (event === undefined || event === 'timeout') return undefined
        const hasRows = event.batch !== undefined && event.batch.length > 0
        if (hasRows || progress) return eventBatch(event, subscription)
      }
    },
    close() {
      subscription.close()
    },
  }
}

function eventBatch({ epoch, batch }: SubscriptionEvent, { schema, key }: Subscription): DeltaBatch {
  if (batch === undefined || batch.length === 0) {
    const nulls = schema.map(column => columnFromValues(column.type, [null]))
    return deltaBatch([epochColumn(epoch, 1), columnFromValues(textType, ['progress']), ...nulls], 1)
  }
  const changes = orderChanges(batch, key)
  const { count } = changes
  const columns = gatherColumns(batch.columns, changes.rows, count)
  return deltaBatch([epochColumn(epoch, count), opColumn(changes.ops, count), ...columns], count)
}

/** Rows of a batch in the order they are reported, and the index of each one's ChangeOp. */
export interface OrderedChanges {
  readonly rows: Int32Array
  readonly ops: Uint8Array
  readonly count: number
}

/** A row of weight ±n is reported n times. Without a key nothing is an update. */
export function orderChanges(batch: DeltaBatch, key: readonly number[] | undefined): OrderedChanges {
  const { weights, length } = batch
  if (weights === undefined) {
    const rows = Int32Array.from({ length }, (_, row) => row)
    return { rows, ops: new Uint8Array(length), count: length }
  }
  let count = 0
  for (let row = 0; row < length; row++) count += Math.abs(weights[row]!)
  const ordered = { rows: new Int32Array(count), ops: new Uint8Array(count), count: 0 }
  const partners = key === undefined ? undefined : findPartners(batch, weights, key)
  for (let row = 0; row < length; row++) {
    const weight = weights[row]!
    const partner = partners === undefined ? -1 : partners[row]!
    if (partner < 0) {
      for (let copy = Math.abs(weight); copy > 0; copy--) append(ordered, row, weight > 0 ? INSERT : DELETE)
    } else if (weight < 0) {
      append(ordered, row, UPDATE_DELETE)
      append(ordered, partner, UPDATE_INSERT)
    }
  }
  return ordered
}

function append(to: { rows: Int32Array; ops: Uint8Array; count: number }, row: number, op: number): void {
  to.rows[to.count] = row
  to.ops[to.count] = op
  to.count++
}

/** Per row the row of the other sign with the same key, -1 when there is none. Only weights of ±1 pair up. */
function findPartners(batch: DeltaBatch, weights: Int32Array, key: readonly number[]): Int32Array {
  const { length } = batch
  const partners = new Int32Array(length).fill(-1)
  const columns = key.map(index => batch.columns[index]!)
  const hashes = new Int32Array(length)
  hashRows(columns, undefined, length, hashes)
  const equal = compileRowsEqual(columns.map(column => column.type))
  const deletes = new Map<number, number>()
  const nextDelete = new Int32Array(length).fill(-1)
  for (let row = 0; row < length; row++) {
    if (weights[row] !== -1) continue
    nextDelete[row] = deletes.get(hashes[row]!) ?? -1
    deletes.set(hashes[row]!, row)
  }
  for (let row = 0; row < length; row++) {
    if (weights[row] !== 1) continue
    let other = deletes.get(hashes[row]!) ?? -1
    while (other >= 0 && (partners[other]! >= 0 || !equal(columns, other, columns, row)))
      other = nextDelete[other]!
    if (other < 0) continue
    partners[other] = row
    partners[row] = other
  }
  return partners
}

function epochColumn(epoch: number, length: number): Column {
  const values = new BigInt64Array(length).fill(BigInt(epoch))
  return { type: int8Type, layout: 'int64', length, validity: undefined, values }
}

const opTexts = (() => {
  const encoded = changeOps.map(op => new TextEncoder().encode(op))
  const bytes = new Uint8Array(encoded.reduce((sum, text) => sum + text.length, 0))
  const starts: number[] = []
  let at = 0
  for (const text of encoded) {
    starts.push(at)
    bytes.set(text, at)
    at += text.length
  }
  return { bytes, starts: [...starts, at] }
})()

/** All values point into one buffer that holds each word once. */
function opColumn(ops: Uint8Array, length: number): Column {
  const starts = new Int32Array(length)
  const ends = new Int32Array(length)
  for (let row = 0; row < length; row++) {
    starts[row] = opTexts.starts[ops[row]!]!
    ends[row] = opTexts.starts[ops[row]! + 1]!
  }
  return { type: textType, layout: 'bytes', length, validity: undefined, starts, ends, bytes: opTexts.bytes }
}
