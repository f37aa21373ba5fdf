/**
 * The engine as server/ sees it: relations with stored rows, streaming jobs, epochs, snapshots,
 * subscriptions. Names,
 * SQL text and permissions are the server's; the engine knows relation ids and physical plans.
 */

import type { Relation, RelationId, WatermarkSpec } from '../../planner/catalog.ts'
import type { Notice } from '../../planner/errors.ts'
import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import type { Schema } from '../../planner/schema.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import type { EvaluationContext, SqlValue } from '../expression/evaluation-context.ts'
import type { Sink } from '../io/sink.ts'
import type { Source } from '../io/source.ts'
import type { Epoch } from '../operators/operator.ts'
import type { RowCursor } from '../state/row-store.ts'
import type { Awaitable } from './awaitable.ts'
import type { ReadSet } from './read-set.ts'
import type { Slicer } from './slicer.ts'

export interface StreamEngine {
  /** For a piece of long work beside the engine's own. */
  createSlicer(): Slicer
  /** The last complete epoch: what a query started now sees. */
  readonly epoch: Epoch
  /** Called after each epoch, when everybody sees it. */
  onEpoch: ((epoch: Epoch) => void) | undefined
  /** The epoch of a table's or view's last change; 0 when it never changed, or is not there. */
  changedAt(relation: RelationId): Epoch
  createTable(relation: Relation): void
  /** A relation whose rows the server computes when it is scanned (SHOW, stream_catalog); never streamed. */
  createSystemRelation(relation: Relation, rows: (context: EvaluationContext) => DeltaBatch): void
  /**
   * deadLetters: the table (already created) that gets undecodable records, when on_error = 'dead_letter'.
   */
  createSource(relation: Relation, source: Source, options: SourceOptions): void
  /**
   * Resolves when the view holds everything that existed at the call (backfill), reporting progress
   * meanwhile.
   */
  createMaterializedView(relation: Relation, plan: PhysicalPlan, options: JobOptions): Promise<void>
  createSink(id: RelationId, plan: PhysicalPlan, sink: Sink, options: JobOptions): Promise<void>
  /** Stops and frees relations and jobs, consumers before what they read. */
  drop(ids: readonly RelationId[]): Promise<void>
  /**
   * A one-shot query over the last complete epoch, or that of `options.snapshot`; it stays pinned until the
   * stream is closed.
   */
  query(plan: PhysicalPlan, options: QueryOptions): RowStream
  /** The last complete epoch, for several queries. */
  snapshot(): EngineSnapshot
  /**
   * Applies all changes in one epoch, all or nothing; resolves with it after every dependent view is at it.
   * Rejects with 23505, 23502, and 40001 when a row to delete is no longer there.
   */
  write(changes: readonly TableWrite[], options?: WriteOptions): Promise<Epoch>
  /** The rows of a table as the last write left them; for one synchronous step. */
  liveRows(table: RelationId): LiveRows
  /** While a write to the table is half done, and may still be rejected: resolves when it is over. */
  settled(table: RelationId): Promise<void> | undefined
  /** Resolves when everything written or read from sources before the call is visible. */
  flush(): Promise<Epoch>
  subscribe(plan: PhysicalPlan, options: SubscribeOptions): Promise<Subscription>
  jobs(): readonly JobStatus[]
  sourceLag(): readonly SourceLagRow[]
  relationRows(id: RelationId): number
  close(): Promise<void>
}

export interface SourceOptions {
  readonly watermark: WatermarkSpec | undefined
  readonly deadLetters: RelationId | undefined
}

export interface JobOptions {
  readonly name: string
  readonly context: EvaluationContext
  readonly onNotice: (notice: Notice) => void
  readonly signal: AbortSignal | undefined
}

/** Keeps the rows of its epoch until it is closed. */
export interface EngineSnapshot {
  readonly epoch: Epoch
  /** False for a relation that was made, or became complete, later: it has no rows at this epoch. */
  has(relation: RelationId): boolean
  /** Idempotent. */
  close(): void
}

export interface QueryOptions {
  readonly context: EvaluationContext
  readonly signal: AbortSignal | undefined
  /** Uncommitted writes of the reader's own transaction, by table; see TableOverlay. */
  readonly overlay?: ((table: RelationId) => TableOverlay | undefined) | undefined
  /** Read this instead of the last complete epoch. */
  readonly snapshot?: EngineSnapshot | undefined
  /** Gets what the query reads. */
  readonly reads?: ReadSet | undefined
}

/** What a transaction did to a table and did not commit: scans and key lookups of the table see it. */
export interface TableOverlay {
  /** 1 for each of these rows of the snapshot that is gone; undefined when all are there. */
  areDeleted(ids: BigInt64Array): Uint8Array | undefined
  /** Rows that were added, of the wanted columns and, with `rowId`, their ids (int8, below 0). */
  scan(columns: readonly number[], rowId: boolean): RowCursor
  /** The one of them with this primary key. */
  lookup(key: readonly SqlValue[], columns: readonly number[], rowId: boolean): DeltaBatch | undefined
  /**
   * 40001 when the rows that were deleted are gone by another hand, or the keys of those that were added are
   * taken: the table and the transaction's own rows no longer fit together. In steps.
   */
  check(): Iterator<void, void>
}

/**
 * Pull-based rows: nothing is computed ahead of next() beyond one batch. close() is idempotent and releases
 * the snapshot.
 */
export interface RowStream {
  readonly schema: Schema
  /** undefined at the end. Batches are insert-only, weights absent. */
  next(): Awaitable<DeltaBatch | undefined>
  close(): void
}

/**
 * A change of one table. Rows to delete are named by the row ids that a scan with `rowId` returned (int8);
 * `inserts` has the table's columns.
 */
export interface TableChange {
  readonly table: RelationId
  readonly deletes: BigInt64Array | undefined
  readonly inserts: DeltaBatch | undefined
  /** Where an inserted row comes from, for the context of its error. */
  readonly whereOf?: ((row: number) => string) | undefined
}

/** A change that depends on the rows that are there when its turn comes. `decide` is synchronous. */
export interface DecidedChange {
  readonly table: RelationId
  decide(live: LiveRows): TableChange
}

/** A change in pieces, which are made as they are applied, with others having their turns in between. */
export interface PiecewiseChange {
  readonly table: RelationId
  pieces(): Iterable<TableChange>
}

export type TableWrite = TableChange | DecidedChange | PiecewiseChange

/** The rows of a table as they are now, or as a transaction with its own writes would have them. */
export interface LiveRows {
  /**
   * The ids of the rows with the primary keys of these, NO_ROW where there is none; undefined when there is
   * none at all. Only with a key.
   */
  find(rows: DeltaBatch): BigInt64Array | undefined
  /** Rows by id, which must be there, in all columns. */
  read(ids: BigInt64Array): DeltaBatch
  /** 40001 when one of the rows is no longer there. */
  check(ids: BigInt64Array): void
}

/** The id of no row. */
export const NO_ROW = -(2n ** 63n)

export interface WriteOptions {
  /**
   * Its statements were checked when they ran: a key that is taken now was taken by a concurrent transaction
   * and is a 40001, not a 23505.
   */
  readonly isChecked?: boolean | undefined
  /** What must not have changed since it was read; else 40001. */
  readonly reads?: ReadSet | undefined
  /** Tables that count as changed, for the reads of others. */
  readonly touches?: readonly RelationId[] | undefined
}

export interface SubscribeOptions {
  readonly snapshot: boolean
  readonly context: EvaluationContext
  readonly signal: AbortSignal | undefined
  /** Bytes buffered for a slow reader before it is cut off with 53200. */
  readonly bufferBytesMax: number
  /** Events without a batch tell how far the engine is when nothing changes, at most one a second. */
  readonly progress?: boolean | undefined
}

/** One epoch's changes of a subscription; `progress` epochs without changes have no batch. */
export interface SubscriptionEvent {
  readonly epoch: Epoch
  /** Weighted rows, consolidated within the epoch. */
  readonly batch: DeltaBatch | undefined
}

export interface Subscription {
  readonly schema: Schema
  /** Unique key of the rows, by which a retraction and an insertion of one epoch pair up as an update. */
  readonly key: readonly number[] | undefined
  /**
   * Waits for the next event; undefined after close. Rejects with 53200 when the reader fell too far behind.
   */
  next(timeoutMs?: number): Promise<SubscriptionEvent | undefined | 'timeout'>
  close(): void
}

export interface JobStatus {
  readonly id: RelationId
  readonly name: string
  readonly kind: 'materialized_view' | 'sink'
  readonly state: 'backfilling' | 'running' | 'retrying' | 'failed'
  /** 0 … 1 while backfilling with a known end. */
  readonly progress: number | undefined
  readonly error: string | undefined
  readonly rowsIn: number
  readonly rowsOut: number
  readonly lateRows: number
  /** Rows whose expressions failed (division by zero …) and became NULL or were left out. */
  readonly errorRows: number
  readonly stateBytes: number
  readonly watermark: bigint | undefined
}

export interface SourceLagRow {
  readonly source: RelationId
  readonly split: string
  readonly position: bigint
  readonly end: bigint | undefined
  readonly watermark: bigint | undefined
}
