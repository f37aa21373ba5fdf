/** Connects a plan's leaves to the relations they read: as snapshots for a query, as changes for a job. */

import { assert } from '../../planner/assert.ts'
import { notSupported } from '../../planner/errors.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import type { Epoch } from '../operators/operator.ts'
import { pickColumns } from './batches.ts'
import type { QueryOptions, TableOverlay } from './engine-contract.ts'
import type { JobLeaf } from './job.ts'
import { lookupRows } from './key-lookup.ts'
import { withoutDeleted } from './overlay.ts'
import type { LeafPlan, Pipeline, PipelineLeaf } from './pipeline.ts'
import type { LeafRows } from './query-stream.ts'
import { leafRows, sourceRows } from './query-stream.ts'
import type { Relations } from './relations.ts'
import type { StoredRows } from './stored-rows.ts'

/** How a job reads its leaves. */
export function streamingLeaves(pipeline: Pipeline, relations: Relations): JobLeaf[] {
  return pipeline.leaves.map(({ plan, generate }, index): JobLeaf => {
    if (generate !== undefined) return { kind: 'generated', index, generate }
    assert(plan.kind === 'scan', 'streaming plans read relations by scans')
    const entry = relations.get(plan.relation.id)
    if (entry.kind === 'source') return { kind: 'source', index, hub: entry.hub, columns: plan.columns }
    relations.stored(plan.relation.id)
    return { kind: 'stored', index, relation: plan.relation.id, columns: plan.columns }
  })
}

/** The rows that each leaf of a query reads at `epoch`; snapshots are pinned when this returns. */
export function queryLeaves(
  pipeline: Pipeline,
  relations: Relations,
  epoch: Epoch,
  options: QueryOptions,
): LeafRows[] {
  const leaves: LeafRows[] = []
  try {
    for (const leaf of pipeline.leaves) leaves.push(queryLeaf(leaf, relations, epoch, options))
    return leaves
  } catch (error) {
    for (const leaf of leaves) leaf.close()
    throw error
  }
}

function queryLeaf(
  { plan, generate }: PipelineLeaf,
  relations: Relations,
  epoch: Epoch,
  options: QueryOptions,
): LeafRows {
  if (generate !== undefined) return leafRows(generate)
  assert(plan.kind === 'scan' || plan.kind === 'key_lookup', 'other leaves make their own rows')
  const entry = relations.get(plan.relation.id)
  if (entry.kind === 'system')
    return leafRows(once(() => pickColumns(entry.rows(options.context), plan.columns)))
  if (entry.kind === 'source') {
    if (plan.kind === 'key_lookup' || plan.rowId) throw notSupported('addressing rows of a source')
    return sourceRows(plan.relation.name, entry.hub.source, plan.columns, options.signal)
  }
  // Before the first epoch there is nothing: a relation that is newer than the snapshot has no rows in it.
  const isNewer = options.snapshot?.has(plan.relation.id) === false
  return storedRows(plan, relations, isNewer ? 0 : epoch, options)
}

type RelationLeaf = Extract<LeafPlan, { kind: 'scan' | 'key_lookup' }>

function storedRows(plan: RelationLeaf, relations: Relations, epoch: Epoch, options: QueryOptions): LeafRows {
  const stored = relations.stored(plan.relation.id)
  const overlay = options.overlay?.(plan.relation.id)
  if (plan.kind === 'key_lookup') return lookupRows({ plan, stored, epoch, overlay }, options)
  options.reads?.addRelation(plan.relation.id, epoch)
  return scanRows(plan, stored, epoch, overlay)
}

function scanRows(
  { columns, rowId }: RelationLeaf,
  stored: StoredRows,
  epoch: Epoch,
  overlay: TableOverlay | undefined,
): LeafRows {
  const cursor = stored.store.scan(epoch, columns, rowId || overlay !== undefined)
  if (overlay === undefined)
    return leafRows(
      () => cursor.next(),
      () => cursor.close(),
    )
  const added = overlay.scan(columns, rowId)
  return {
    prepare: overlay.check(),
    next() {
      const batch = cursor.next()
      return batch === undefined ? added.next() : withoutDeleted(batch, overlay, rowId)
    },
    close() {
      cursor.close()
      added.close()
    },
  }
}

/** One batch, computed when it is asked for. */
function once(rows: () => DeltaBatch | undefined): () => DeltaBatch | undefined {
  let pending = true
  return () => {
    if (!pending) return undefined
    pending = false
    return rows()
  }
}
