/**
 * INSERT, UPDATE and DELETE: the bound source query gives the new rows and the ids of the old ones; the
 * engine applies them in one epoch. A statement that commits by itself is run again when another one changed
 * its rows meanwhile.
 */

import { concatBatches } from '../../executor/batch/concat.ts'
import type { DeltaBatch } from '../../executor/batch/delta-batch.ts'
import { deltaBatch } from '../../executor/batch/delta-batch.ts'
import { compileProjection } from '../../executor/expression/compile.ts'
import type { EvaluationContext } from '../../executor/expression/evaluation-context.ts'
import type { TableChange } from '../../executor/runtime/engine-contract.ts'
import { must } from '../../planner/assert.ts'
import { bindDml } from '../../planner/bind/bind.ts'
import type { BoundDml, Returning } from '../../planner/bind/bound-statement.ts'
import type { Relation } from '../../planner/catalog.ts'
import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import type { DeleteStatement, InsertStatement, UpdateStatement } from '../../planner/sql/ast.ts'
import type { Need } from '../auth/check-access.ts'
import { AccessRecorder, checkNeeds } from '../auth/check-access.ts'
import type { Database } from '../database.ts'
import type { Execution, PlannedStatement, Planning } from '../planned-statement.ts'
import type { StatementResult } from '../session-contract.ts'
import { rowsOfBatches } from '../value-rows.ts'
import { bindOptions } from './bind-options.ts'
import { oneShotPlan, readOptions, refuseUnsettled, resultFields, scannedRelations } from './query.ts'

import { refuseReadOnly } from './transaction.ts'
import { writeNeeds } from './write-needs.ts'

type BoundWrite = Exclude<BoundDml, { readonly kind: 'query' }>

/** How often a statement is run again after a conflict before 40001 reaches the client. */
const ATTEMPTS_MAX = 20

export function planWrite(
  statement: InsertStatement | UpdateStatement | DeleteStatement,
  planning: Planning,
  privilege?: 'TRUNCATE',
): PlannedStatement {
  const { catalog, session, searchPath, parameterTypes } = planning
  const access = new AccessRecorder(catalog)
  const bound = bindDml(statement, access, bindOptions(session, searchPath, parameterTypes))
  if (bound.kind === 'query') throw new TypeError('a write binds to a write')
  const write: PlannedWrite = {
    bound,
    verb: bound.kind.toUpperCase(),
    plan: oneShotPlan({ plan: bound.source, emit: { kind: 'update' } }),
    reads: scannedRelations(bound.source),
    needs:
      privilege === undefined
        ? writeNeeds(statement, bound.table, access)
        : [{ id: bound.table.id, privilege }],
  }
  const { returning } = bound
  if (returning !== undefined && bound.kind === 'insert' && bound.onConflict === 'ignore') {
    throw notSupported('RETURNING with ON CONFLICT DO NOTHING')
  }
  return {
    parameterTypes: bound.parameterTypes,
    fields: returning === undefined ? undefined : resultFields(returning.schema, returning.origins),
    isShared: true,
    run: execution => runWrite(write, execution),
  }
}

interface PlannedWrite {
  readonly bound: BoundWrite
  readonly verb: string
  readonly plan: PhysicalPlan
  readonly reads: readonly Relation[]
  readonly needs: readonly Need[]
}

/** What one run of the source query came to. */
interface Outcome {
  readonly change: TableChange
  /** Inserted, updated or deleted rows, in the table's columns. */
  readonly rows: DeltaBatch
}

async function runWrite(write: PlannedWrite, execution: Execution): Promise<StatementResult> {
  const { transaction, database } = execution.session
  checkNeeds(execution.session, write.needs)
  refuseReadOnly(execution.session, write.verb)
  if (!execution.autocommit) {
    refuseUnsettled(execution, write.reads, write.verb)
    const outcome = await computeRows(write, execution)
    if (outcome.rows.length > 0) transaction.add(outcome.change)
    return result(write, outcome, outcome.rows.length, execution.context)
  }
  for (let attempt = 1; ; attempt++) {
    try {
      const outcome = await computeRows(write, execution)
      const count = outcome.rows.length === 0 ? 0 : await apply(database, outcome)
      return result(write, outcome, count, execution.context)
    } catch (error) {
      const isConflict = error instanceof SqlError && error.code === SqlState.serializationFailure
      if (!isConflict || attempt === ATTEMPTS_MAX || execution.signal.aborted) throw error
    }
  }
}

/** Returns the rows affected: ON CONFLICT DO NOTHING may leave some out. */
async function apply(database: Database, { change, rows }: Outcome): Promise<number> {
  let count = rows.length
  const onApplied = (applied: { readonly inserted: number }) => {
    if (change.onConflict === 'ignore') count = applied.inserted
  }
  await database.write([{ ...change, onApplied }])
  return count
}

async function computeRows(write: PlannedWrite, execution: Execution): Promise<Outcome> {
  const stream = execution.session.database.engine.query(write.plan, readOptions(execution))
  const batches: DeltaBatch[] = []
  try {
    for (let batch = await stream.next(); batch !== undefined; batch = await stream.next())
      batches.push(batch)
  } finally {
    stream.close()
  }
  return toOutcome(write.bound, batches)
}

function toOutcome(bound: BoundWrite, batches: readonly DeltaBatch[]): Outcome {
  const table = bound.table.id
  const all = batches.length === 0 ? undefined : concatBatches(batches)
  if (all === undefined) {
    const none = { columns: [], length: 0, weights: undefined }
    return { change: { table, deletes: undefined, inserts: undefined }, rows: none }
  }
  if (bound.kind === 'insert') {
    return { change: { table, deletes: undefined, inserts: all, onConflict: bound.onConflict }, rows: all }
  }
  const rows = deltaBatch(all.columns.slice(0, -1), all.length)
  const ids = must(all.columns.at(-1), 'the source of a write ends with the row id')
  if (ids.layout !== 'int64') throw new TypeError('row ids are int8')
  const deletes = ids.values.subarray(0, all.length)
  return { change: { table, deletes, inserts: bound.kind === 'update' ? rows : undefined }, rows }
}

function result(
  write: PlannedWrite,
  outcome: Outcome,
  count: number,
  context: EvaluationContext,
): StatementResult {
  const { bound, verb } = write
  const tag = bound.kind === 'insert' ? `INSERT 0 ${count}` : `${verb} ${count}`
  const { returning } = bound
  if (returning === undefined) return { kind: 'command', commandTag: tag }
  const fields = resultFields(returning.schema, returning.origins)
  const rows = rowsOfBatches(
    count === 0 ? [] : [returningRows(bound.table, returning, outcome.rows, context)],
  )
  return { kind: 'rows', fields, rows, commandTag: () => tag }
}

function returningRows(
  table: Relation,
  returning: Returning,
  rows: DeltaBatch,
  context: EvaluationContext,
): DeltaBatch {
  const types = table.schema.map(field => field.type)
  return deltaBatch(compileProjection(returning.expressions, types, context)(rows), rows.length)
}
