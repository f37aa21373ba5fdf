/**
 * INSERT … ON CONFLICT: what becomes of the proposed rows, against the rows that are there when its turn
 * comes. Rows are taken in their order; DO UPDATE of a row that the statement itself inserted or updated is
 * an error.
 */

import { concatBatches } from '../../executor/batch/concat.ts'
import type { DeltaBatch } from '../../executor/batch/delta-batch.ts'
import { deltaBatch } from '../../executor/batch/delta-batch.ts'
import { gatherBatch } from '../../executor/batch/gather.ts'
import { compilePredicate, compileProjection } from '../../executor/expression/compile.ts'
import type { EvaluationContext } from '../../executor/expression/evaluation-context.ts'
import type { Epoch } from '../../executor/operators/operator.ts'
import type { LiveRows, TableChange } from '../../executor/runtime/engine-contract.ts'
import { NO_ROW } from '../../executor/runtime/engine-contract.ts'
import { checkNotNull, checkRows, findNull } from '../../executor/runtime/table-checks.ts'
import { concurrentUpdate } from '../../executor/runtime/table-rows.ts'
import { previousRowOfKey } from '../../executor/runtime/written-keys.ts'
import { bornOf } from '../../executor/state/row-store.ts'
import type { BoundOnConflict } from '../../planner/bind/bound-statement.ts'
import type { Relation } from '../../planner/catalog.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'

type DoUpdate = Extract<BoundOnConflict, { readonly action: 'update' }>

/** The change, and the rows that were inserted or updated, in the order of the proposed ones. */
export interface Resolution {
  readonly change: TableChange
  readonly rows: DeltaBatch
}

/** `seen`: the epoch that the transaction reads, if it is fixed; a later row in the way is a 40001. */
export function resolveConflicts(
  table: Relation,
  clause: BoundOnConflict,
  proposed: DeltaBatch,
  live: LiveRows,
  context: EvaluationContext,
  seen: Epoch | undefined,
): Resolution {
  const missing = findNull(table, { rows: proposed, replaced: undefined }, context)
  if (missing !== undefined && clause.action === 'nothing') throw missing.error
  if (table.primaryKey.length === 0) {
    return { change: { table: table.id, deletes: undefined, inserts: proposed }, rows: proposed }
  }
  const holders = live.find(proposed) ?? new BigInt64Array(proposed.length).fill(NO_ROW)
  const previous = previousRowOfKey(proposed, table.primaryKey)
  if (seen !== undefined && holders.some(id => id >= 0n && bornOf(id) > seen)) throw concurrentUpdate()
  if (clause.action === 'update') {
    return updateRows(table, clause, { proposed, holders, previous, missing }, live, context)
  }
  const isFree = (row: number) => holders[row] === NO_ROW && (previous === undefined || previous[row]! < 0)
  const rows = pick(proposed, isFree)
  return { change: { table: table.id, deletes: undefined, inserts: rows }, rows }
}

/**
 * Proposed rows, with the row that has the key already, the proposed one before with the same key, and the
 * first one that breaks NOT NULL.
 */
interface Proposal {
  readonly proposed: DeltaBatch
  readonly holders: BigInt64Array
  readonly previous: Int32Array | undefined
  readonly missing: { readonly row: number; readonly error: SqlError } | undefined
}

function updateRows(
  table: Relation,
  clause: DoUpdate,
  proposal: Proposal,
  live: LiveRows,
  context: EvaluationContext,
): Resolution {
  const { proposed, holders, previous, missing } = proposal
  const versions = newVersions(clause, proposal, live, context)
  const isDone = new Uint8Array(proposed.length)
  /** Indexes into [proposed, versions], and what each replaces. */
  const order: number[] = []
  const replaced: bigint[] = []
  let failure: SqlError | undefined
  for (let row = 0; row < proposed.length; row++) {
    const before = previous === undefined ? -1 : previous[row]!
    if (row === missing?.row) failure = missing.error
    else if (before >= 0 && isDone[before] === 1) failure = secondChange()
    if (failure !== undefined) break
    const isNew = holders[row] === NO_ROW
    if (!isNew && versions.indexOf[row]! < 0) continue
    isDone[row] = 1
    order.push(isNew ? row : proposed.length + versions.indexOf[row]!)
    replaced.push(holders[row]!)
  }
  const both = versions.rows.length === 0 ? proposed : concatBatches([proposed, versions.rows])
  const rows = gatherBatch(both, Int32Array.from(order), order.length)
  const old = BigInt64Array.from(replaced)
  if (clause.changesKey) checkRows(table, { rows, replaced: old }, live, context)
  else checkNotNull(table, { rows, replaced: old }, context)
  // The rows before it had their turn first.
  if (failure !== undefined) throw failure
  return { change: { table: table.id, deletes: old.filter(id => id !== NO_ROW), inserts: rows }, rows }
}

/** The new versions of existing rows that WHERE lets through; `indexOf`: by proposed row, -1 for none. */
function newVersions(
  { newRow, where }: DoUpdate,
  { proposed, holders }: Proposal,
  live: LiveRows,
  context: EvaluationContext,
): { readonly rows: DeltaBatch; readonly indexOf: Int32Array } {
  const indexOf = new Int32Array(proposed.length).fill(-1)
  const met = Int32Array.from(holders.keys()).filter(row => holders[row] !== NO_ROW)
  if (met.length === 0) return { rows: deltaBatch([], 0), indexOf }
  const existing = live.read(holders.filter(id => id !== NO_ROW))
  const columns = [...existing.columns, ...gatherBatch(proposed, met, met.length).columns]
  const types = columns.map(column => column.type)
  const both = deltaBatch(columns, met.length)
  let rows = Int32Array.from(met.keys())
  let count = rows.length
  if (where !== undefined) {
    rows = new Int32Array(met.length)
    count = compilePredicate(where, types, context)(both, rows)
  }
  const made = compileProjection(newRow, types, context)(both, { rows, count })
  for (let index = 0; index < count; index++) indexOf[met[rows[index]!]!] = index
  return { rows: deltaBatch(made, count), indexOf }
}

function pick(batch: DeltaBatch, isWanted: (row: number) => boolean): DeltaBatch {
  const rows = Int32Array.from({ length: batch.length }, (_, row) => row).filter(isWanted)
  return rows.length === batch.length ? batch : gatherBatch(batch, rows, rows.length)
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
