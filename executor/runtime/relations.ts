/** What the engine knows by relation id. */

import type { Relation, RelationId } from '../../planner/catalog.ts'
import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'
import type { Epoch } from '../operators/operator.ts'
import type { Job } from './job.ts'
import type { SourceHub } from './source-hub.ts'
import type { StoredRows } from './stored-rows.ts'
import type { TableRows } from './table-rows.ts'
import type { ViewRows } from './view-rows.ts'
import type { WatermarkTracker } from './watermark-tracker.ts'

export type RelationEntry =
  | { readonly kind: 'table'; readonly table: TableRows; readonly tracker: WatermarkTracker | undefined }
  | { readonly kind: 'view'; readonly relation: Relation; readonly view: ViewRows; readonly job: Job }
  | { readonly kind: 'sink'; readonly job: Job }
  | { readonly kind: 'source'; readonly hub: SourceHub }
  | {
      readonly kind: 'system'
      readonly relation: Relation
      readonly rows: (context: EvaluationContext) => DeltaBatch
    }

/** The registry. Getters throw what a statement that comes too late (or too early) has to hear. */
export class Relations {
  readonly #entries = new Map<RelationId, RelationEntry>()

  set(id: RelationId, entry: RelationEntry): void {
    this.#entries.set(id, entry)
  }

  delete(id: RelationId): void {
    this.#entries.delete(id)
  }

  find(id: RelationId): RelationEntry | undefined {
    return this.#entries.get(id)
  }

  entries(): IterableIterator<RelationEntry> {
    return this.#entries.values()
  }

  /** The rows of all tables and of the views that are complete. */
  complete(): readonly StoredRows[] {
    return [...this.#entries.values()].flatMap(entry => {
      if (entry.kind === 'table') return [entry.table.rows]
      return entry.kind === 'view' && entry.job.state !== 'backfilling' ? [entry.view.rows] : []
    })
  }

  get(id: RelationId): RelationEntry {
    const entry = this.#entries.get(id)
    if (entry === undefined) {
      throw new SqlError(SqlState.undefinedTable, `relation with OID ${id} does not exist`)
    }
    return entry
  }

  table(id: RelationId): TableRows {
    const entry = this.get(id)
    if (entry.kind !== 'table') throw new SqlError(SqlState.wrongObjectType, `relation ${id} is not a table`)
    return entry.table
  }

  /**
   * Whether the relation has other rows than at epoch `since`. The epoch after `completed` is being run: what
   * it has done to tables so far counts, and so it does for the views over them, which follow at its end.
   */
  hasChangedSince(id: RelationId, since: Epoch, completed: Epoch): boolean {
    const entry = this.get(id)
    if (entry.kind === 'table') return entry.table.rows.changedAt > since
    if (entry.kind !== 'view') return false
    const inputs = entry.job.leaves.flatMap(leaf => (leaf.kind === 'stored' ? [leaf.relation] : []))
    return (
      entry.view.rows.changedAt > since ||
      inputs.some(input => this.hasChangedSince(input, Math.max(since, completed), completed))
    )
  }

  /** The rows of a table, or of a materialized view that is complete and did not fail. */
  stored(id: RelationId): StoredRows {
    const entry = this.get(id)
    switch (entry.kind) {
      case 'table':
        return entry.table.rows
      case 'view': {
        assertReadable(entry.relation, entry.job)
        return entry.view.rows
      }
      case 'system':
        throw notSupported(`a streaming query over system relation "${entry.relation.name}"`)
      default:
        throw new SqlError(SqlState.wrongObjectType, `relation ${id} has no stored rows`)
    }
  }
}

function assertReadable({ name }: Relation, job: Job): void {
  if (job.state === 'backfilling') {
    throw new SqlError(
      SqlState.objectNotInPrerequisiteState,
      `materialized view "${name}" is still being created`,
    )
  }
  if (job.error === undefined) return
  throw new SqlError(
    SqlState.objectNotInPrerequisiteState,
    `materialized view "${name}" failed: ${job.error.message}`,
    {
      hint: `Drop "${name}" and create it again.`,
      cause: job.error,
    },
  )
}
