/**
 * INSERT, UPDATE and DELETE: the bound source query gives the new rows and the ids of the old ones; the
 * engine applies them in one epoch, or the transaction keeps them until COMMIT.
 */

import { concatBatches } from '../../executor/batch/concat.ts'
import type { DeltaBatch } from '../../executor/batch/delta-batch.ts'
import { BATCH_ROWS, deltaBatch } from '../../executor/batch/delta-batch.ts'
import { sliceBatch } from '../../executor/batch/gather.ts'
import { compileProjection } from '../../executor/expression/compile.ts'
import { rowCount } from '../../executor/runtime/batches.ts'
import { throwIfAborted } from '../../executor/runtime/cancellation.ts'
import type { LiveRows, QueryOptions, TableChange } from '../../executor/runtime/engine-contract.ts'
import { must } from '../../planner/assert.ts'
import { bindDml } from '../../planner/bind/bind.ts'
import type { BoundDml } from '../../planner/bind/bound-statement.ts'
import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import type { DeleteStatement, InsertStatement, UpdateStatement } from '../../planner/sql/ast.ts'
import type { Steps } from '../../planner/steps.ts'
import type { Need } from '../auth/check-access.ts'
import { AccessRecorder, checkNeeds } from '../auth/check-access.ts'
import { HeldBatches } from '../held-batches.ts'
import type { Execution, PlannedStatement, Planning } from '../planned-statement.ts'
import type { StatementResult } from '../session-contract.ts'
import { bindOptions } from './bind-options.ts'
import { ATTEMPTS_MAX, commitAtOnce, isConflict } from './commit-at-once.ts'
import { type Resolution, resolveConflicts } from './on-conflict.ts'
import { oneShotPlan, readOptions, resultFields } from './query.ts'
import { addChange, addWrite, checkWrite, liveRows, piecesOf, unsettled } from './table-writes.ts'
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

async function runWrite(write: PlannedWrite, execution: Execution): Promise<StatementResult> {
  const { session } = execution
  checkNeeds(session, write.needs)
  refuseReadOnly(session, write.verb)
  const run = new WriteRun(write, execution)
  try {
    if (!execution.autocommit) await run.hold()
    else await commitAtOnce(write.bound.table, execution, options => run.commit(options))
  } catch (error) {
    run.returned.close()
    throw error
  } finally {
    run.source.close()
  }
  return result(write, run)
}

/** One run of the statement: again after a conflict, it starts anew. */
class WriteRun {
  /** What the source query gave: the rows in the table's columns, and the ids of those that they replace. */
  readonly source: HeldBatches
  /** What RETURNING makes of the rows that were inserted, updated or deleted. */
  readonly returned: HeldBatches
  /** Rows affected. */
  count = 0
  readonly #write: PlannedWrite
  readonly #execution: Execution

  constructor(write: PlannedWrite, execution: Execution) {
    this.#write = write
    this.#execution = execution
    this.source = new HeldBatches(execution.session.transaction.memory)
    this.returned = new HeldBatches(execution.session.transaction.memory)
  }

  /** Adds the rows to the writes of the transaction. */
  async hold(): Promise<void> {
    const { session, context, signal } = this.#execution
    const { bound } = this.#write
    const { table } = bound
    for (let attempt = 1; ; attempt++) {
      await this.#readSource(readOptions(this.#execution))
      if (this.source.batches.length === 0) return
      const { snapshot } = session.transaction
      if (bound.kind === 'insert' && bound.onConflict !== undefined) {
        for (let other = unsettled(session, table); other; other = unsettled(session, table)) await other
        const { change } = this.#resolve(liveRows(session, table), snapshot?.epoch)
        return addChange(session, table, change, signal)
      }
      const changes = this.source.batches.map(batch => toChange(bound, batch))
      await this.#return(changes)
      try {
        return await addWrite(session, table, changes, context, signal)
      } catch (error) {
        // READ COMMITTED goes on with the newest rows, once the epoch that has them is complete.
        if (!isConflict(error) || snapshot !== undefined || attempt === ATTEMPTS_MAX) throw error
        await session.database.engine.write([])
      }
    }
  }

  /** Applies the rows as a transaction of their own. */
  async commit(options: QueryOptions): Promise<void> {
    const { session, context, signal } = this.#execution
    const { bound } = this.#write
    const { table } = bound
    const { reads } = options
    await this.#readSource(options)
    if (this.source.batches.length === 0) return
    if (bound.kind === 'insert' && bound.onConflict !== undefined) {
      const seen = session.transaction.snapshot?.epoch
      const decide = (live: LiveRows): TableChange => this.#resolve(live, seen).change
      return session.database.write([{ table: table.id, decide }], { reads })
    }
    const changes = this.source.batches.map(batch => toChange(bound, batch))
    await this.#return(changes)
    if (bound.kind === 'update' && bound.changesKey) {
      const pieces = changes.flatMap(change => [...piecesOf(change)])
      await checkWrite(session, table, pieces, context, signal)
    }
    await session.database.write(deletesFirst(changes), { reads })
  }

  async #readSource(options: QueryOptions): Promise<void> {
    const stream = this.#execution.session.database.engine.query(this.#write.plan, options)
    this.source.close()
    this.returned.close()
    try {
      for (let batch = await stream.next(); batch !== undefined; batch = await stream.next()) {
        if (batch.length > 0) this.source.add(batch)
      }
    } finally {
      stream.close()
    }
    this.count = rowCount(this.source.batches)
  }

  #resolve(live: LiveRows, seen: number | undefined): Resolution {
    const { bound } = this.#write
    if (bound.kind !== 'insert') throw new TypeError('only INSERT resolves conflicts')
    const clause = must(bound.onConflict, 'the statement has ON CONFLICT')
    const proposed = concatBatches(this.source.batches)
    const resolution = resolveConflicts(bound.table, clause, proposed, live, this.#execution.context, seen)
    this.count = resolution.rows.length
    this.returned.close()
    for (const _ of this.#project(resolution.rows)) {
      // Rows are decided at once.
    }
    return resolution
  }

  /** An error of RETURNING is one before anything is written. */
  async #return(changes: readonly TableChange[]): Promise<void> {
    if (this.#write.bound.returning === undefined) return
    const { session, signal } = this.#execution
    const slicer = session.database.engine.createSlicer()
    for (const [index, { inserts }] of changes.entries()) {
      for (const _ of this.#project(inserts ?? withoutIds(this.source.batches[index]!))) {
        if (slicer.expired()) await slicer.pause()
        throwIfAborted(signal)
      }
    }
  }

  *#project(rows: DeltaBatch): Generator<void> {
    const { returning, table } = this.#write.bound
    if (returning === undefined) return
    const types = table.schema.map(field => field.type)
    const project = compileProjection(returning.expressions, types, this.#execution.context)
    for (let start = 0; start < rows.length; start += BATCH_ROWS) {
      const piece = sliceBatch(rows, start, Math.min(start + BATCH_ROWS, rows.length))
      this.returned.add(deltaBatch(project(piece), piece.length))
      yield
    }
  }
}

function toChange({ kind, table }: BoundWrite, source: DeltaBatch): TableChange {
  if (kind === 'insert') return { table: table.id, deletes: undefined, inserts: source }
  const ids = must(source.columns.at(-1), 'the source of a write ends with the row id')
  if (ids.layout !== 'int64') throw new TypeError('row ids are int8')
  const deletes = ids.values.subarray(0, source.length)
  return { table: table.id, deletes, inserts: kind === 'update' ? withoutIds(source) : undefined }
}

function withoutIds({ columns, length }: DeltaBatch): DeltaBatch {
  return deltaBatch(columns.slice(0, -1), length)
}

/** New rows may have the keys of those that are deleted. */
function deletesFirst(changes: readonly TableChange[]): readonly TableChange[] {
  const first = changes[0]
  if (changes.length === 1 || first?.deletes === undefined) return changes
  const { table } = first
  const deletes = new BigInt64Array(changes.reduce((sum, change) => sum + (change.deletes?.length ?? 0), 0))
  let at = 0
  for (const change of changes) {
    deletes.set(must(change.deletes, 'all changes of a statement are alike'), at)
    at += change.deletes!.length
  }
  const inserts = changes.map(change => ({ table, deletes: undefined, inserts: change.inserts }))
  return [{ table, deletes, inserts: undefined }, ...inserts]
}

function result({ bound, verb }: PlannedWrite, { count, returned }: WriteRun): StatementResult {
  const commandTag = (rows: number) => (bound.kind === 'insert' ? `INSERT 0 ${rows}` : `${verb} ${rows}`)
  const { returning } = bound
  if (returning === undefined) return { kind: 'command', commandTag: commandTag(count) }
  const fields = resultFields(returning.schema, returning.origins)
  return { kind: 'rows', fields, rows: returned, commandTag }
}
