/**
 * INSERT, UPDATE and DELETE: the bound source query gives the new rows and the ids of the old ones; the
 * engine applies them in one epoch, or the transaction keeps them until COMMIT.
 */

import { concatBatches } from '../../executor/batch/concat.ts'
import type { DeltaBatch } from '../../executor/batch/delta-batch.ts'
import { deltaBatch } from '../../executor/batch/delta-batch.ts'
import { compileProjection } from '../../executor/expression/compile.ts'
import type { EvaluationContext } from '../../executor/expression/evaluation-context.ts'
import type { LiveRows, QueryOptions, TableChange } from '../../executor/runtime/engine-contract.ts'
import { checkRows } from '../../executor/runtime/table-checks.ts'
import { must } from '../../planner/assert.ts'
import { bindDml } from '../../planner/bind/bind.ts'
import type { BoundDml, Returning } from '../../planner/bind/bound-statement.ts'
import type { Relation } from '../../planner/catalog.ts'
import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import type { DeleteStatement, InsertStatement, UpdateStatement } from '../../planner/sql/ast.ts'
import type { Steps } from '../../planner/steps.ts'
import type { Need } from '../auth/check-access.ts'
import { AccessRecorder, checkNeeds } from '../auth/check-access.ts'
import type { Execution, PlannedStatement, Planning, SessionAccess } from '../planned-statement.ts'
import type { StatementResult } from '../session-contract.ts'
import { rowsOfBatches } from '../value-rows.ts'
import { bindOptions } from './bind-options.ts'
import { ATTEMPTS_MAX, commitAtOnce, isConflict } from './commit-at-once.ts'
import { resolveConflicts } from './on-conflict.ts'
import { oneShotPlan, readOptions, resultFields } from './query.ts'
import { addWrite, liveRows, unsettled } from './table-writes.ts'
import { refuseReadOnly } from './transaction.ts'
import { writeNeeds } from './write-needs.ts'

type BoundWrite = Exclude<BoundDml, { readonly kind: 'query' }>

export function* planWrite(
  statement: InsertStatement | UpdateStatement | DeleteStatement,
  planning: Planning,
  privilege?: 'TRUNCATE',
): Steps<PlannedStatement> {
  const { catalog, session, searchPath, parameterTypes } = planning
  const access = new AccessRecorder(catalog, session)
  const bound = yield* bindDml(statement, access, bindOptions(session, searchPath, parameterTypes))
  if (bound.kind === 'query') throw new TypeError('a write binds to a write')
  const write: PlannedWrite = {
    bound,
    verb: bound.kind.toUpperCase(),
    plan: yield* oneShotPlan({ plan: bound.source, emit: { kind: 'update' } }),
    needs:
      privilege === undefined
        ? writeNeeds(statement, bound.table, access)
        : [{ id: bound.table.id, privilege }],
  }
  const { returning } = bound
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
  readonly needs: readonly Need[]
}

/** What one run of the source query came to. */
interface Outcome {
  readonly change: TableChange
  /** Inserted, updated or deleted rows, in the table's columns. */
  readonly rows: DeltaBatch
}

async function runWrite(write: PlannedWrite, execution: Execution): Promise<StatementResult> {
  const { session } = execution
  checkNeeds(session, write.needs)
  refuseReadOnly(session, write.verb)
  const rows = execution.autocommit
    ? await commitAtOnce(write.bound.table, execution, options => apply(write, execution, options))
    : await hold(write, execution)
  return result(write, rows, execution.context)
}

/** Adds the statement to the writes of its transaction; returns the rows affected. */
async function hold(write: PlannedWrite, execution: Execution): Promise<DeltaBatch> {
  const { bound } = write
  const { session, context } = execution
  const { table } = bound
  for (let attempt = 1; ; attempt++) {
    const source = await sourceRows(write.plan, readOptions(execution), session)
    if (source.length === 0) return source
    const { snapshot } = session.transaction
    if (bound.kind === 'insert' && bound.onConflict !== undefined) {
      for (let other = unsettled(session, table); other; other = unsettled(session, table)) await other
      const live = liveRows(session, table)
      const { change, rows } = resolveConflicts(
        table,
        bound.onConflict,
        source,
        live,
        context,
        snapshot?.epoch,
      )
      session.transaction.add(table, change)
      return rows
    }
    const { change, rows } = toOutcome(bound, source)
    try {
      await addWrite(session, table, change, context, execution.signal)
      return rows
    } catch (error) {
      // READ COMMITTED goes on with the newest rows, once the epoch that has them is complete.
      if (!isConflict(error) || snapshot !== undefined || attempt === ATTEMPTS_MAX) throw error
      await session.database.engine.write([])
    }
  }
}

/** Applies the statement as a transaction of its own; returns the rows affected. */
async function apply(
  { bound, plan }: PlannedWrite,
  { session, context }: Execution,
  options: QueryOptions,
): Promise<DeltaBatch> {
  const { database } = session
  const { table } = bound
  const { reads } = options
  const source = await sourceRows(plan, options, session)
  if (source.length === 0) return source
  if (bound.kind === 'insert' && bound.onConflict !== undefined) {
    const clause = bound.onConflict
    const seen = session.transaction.snapshot?.epoch
    let rows = source
    const decide = (live: LiveRows): TableChange => {
      const resolution = resolveConflicts(table, clause, source, live, context, seen)
      rows = resolution.rows
      return resolution.change
    }
    await database.write([{ table: table.id, decide }], { reads })
    return rows
  }
  const { change, rows } = toOutcome(bound, source)
  if (bound.kind === 'update' && bound.changesKey) {
    for (let other = unsettled(session, table); other; other = unsettled(session, table)) await other
    const live = liveRows(session, table)
    live.check(must(change.deletes, 'UPDATE replaces rows'))
    checkRows(table, { rows, replaced: change.deletes }, live, context)
  }
  await database.write([change], { reads })
  return rows
}

async function sourceRows(
  plan: PhysicalPlan,
  options: QueryOptions,
  { database }: SessionAccess,
): Promise<DeltaBatch> {
  const stream = database.engine.query(plan, options)
  const batches: DeltaBatch[] = []
  try {
    for (let batch = await stream.next(); batch !== undefined; batch = await stream.next())
      batches.push(batch)
  } finally {
    stream.close()
  }
  return batches.length === 0 ? deltaBatch([], 0) : concatBatches(batches)
}

function toOutcome(bound: BoundWrite, source: DeltaBatch): Outcome {
  const table = bound.table.id
  if (bound.kind === 'insert') return { change: { table, deletes: undefined, inserts: source }, rows: source }
  const rows = deltaBatch(source.columns.slice(0, -1), source.length)
  const ids = must(source.columns.at(-1), 'the source of a write ends with the row id')
  if (ids.layout !== 'int64') throw new TypeError('row ids are int8')
  const deletes = ids.values.subarray(0, source.length)
  return { change: { table, deletes, inserts: bound.kind === 'update' ? rows : undefined }, rows }
}

function result(
  { bound, verb }: PlannedWrite,
  rows: DeltaBatch,
  context: EvaluationContext,
): StatementResult {
  const commandTag = (count: number) => (bound.kind === 'insert' ? `INSERT 0 ${count}` : `${verb} ${count}`)
  const { returning } = bound
  if (returning === undefined) return { kind: 'command', commandTag: commandTag(rows.length) }
  const fields = resultFields(returning.schema, returning.origins)
  const returned = rows.length === 0 ? [] : [returningRows(bound.table, returning, rows, context)]
  return { kind: 'rows', fields, rows: rowsOfBatches(returned), commandTag }
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
