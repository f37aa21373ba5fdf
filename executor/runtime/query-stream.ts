/**
 * A one-shot query: pulls rows from the plan's leaves through the pipeline, one batch at a time and only when
 * the reader asks. Leaves are read one after another, a join's right side before its left, so that a LEFT
 * JOIN never has to take back a row; an operator is closed as soon as its last input has ended.
 */

import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import type { Schema } from '../../planner/schema.ts'
import { concatBatches } from '../batch/concat.ts'
import { consolidate } from '../batch/consolidate.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import { gatherColumns, sliceBatch } from '../batch/gather.ts'
import type { Source, SourceReader } from '../io/source.ts'
import { type Awaitable, repeat } from './awaitable.ts'
import { orAborted, throwIfAborted } from './cancellation.ts'
import type { RowStream } from './engine-contract.ts'
import type { MemoryShare } from './memory-limit.ts'
import type { Pipeline } from './pipeline.ts'
import { drainReader, openReader } from './reading.ts'
import type { Slicer } from './slicer.ts'

/** The rows of one leaf. */
export interface LeafRows {
  /** What comes before the first rows of any leaf. */
  readonly prepare?: Iterator<void, void>
  /** undefined at the end. */
  next(): Awaitable<DeltaBatch | undefined>
  /** Idempotent. */
  close(): void
}

export interface QueryInit {
  readonly plan: PhysicalPlan
  readonly pipeline: Pipeline
  /** By leaf number. */
  readonly leaves: readonly LeafRows[]
  readonly slicer: Slicer
  readonly signal: AbortSignal | undefined
  /** Of what the operators hold. */
  readonly memory: MemoryShare
}

/** Rows of a leaf that are pushed at once, at first; what they cost decides how many follow. */
const FIRST_ROWS = 64
const FIRST_COSTLY_ROWS = 1
/** Turns between two looks at the memory that operators hold. */
const MEMORY_TURNS = 16

/** One-shot pipelines see one epoch. */
const QUERY_EPOCH = 1

export class QueryStream implements RowStream {
  readonly schema: Schema
  readonly #pipeline: Pipeline
  readonly #preparing: Iterator<void>
  readonly #leaves: readonly LeafRows[]
  readonly #order: number[]
  readonly #slicer: Slicer
  readonly #signal: AbortSignal | undefined
  readonly #ready: DeltaBatch[] = []
  /** Output of which rows may still be retracted; only sources that retract make such. */
  #unsettled: DeltaBatch[] = []
  readonly #appendOnly: boolean
  readonly #memory: MemoryShare
  #turns = 0
  /** What is left of the batch that was read last, and how much of it is pushed at once. */
  #unpushed: DeltaBatch | undefined
  #rowsAtOnce: number
  /** The present leaf has no more rows. */
  #isEnding = false
  #busy = false
  #closed = false

  constructor(init: QueryInit) {
    this.schema = init.plan.schema
    this.#pipeline = init.pipeline
    this.#preparing = preparation(init)
    this.#leaves = init.leaves
    this.#order = readingOrder(init.plan, { leaf: 0 })
    this.#slicer = init.slicer
    this.#signal = init.signal
    this.#memory = init.memory
    this.#rowsAtOnce = this.#firstRows
    this.#appendOnly = init.leaves.length === 0 || scansAppendOnly(init.plan)
    this.#pipeline.connect({ push: batch => this.#accept(batch) })
    this.#pipeline.step()
  }

  next(): Awaitable<DeltaBatch | undefined> {
    this.#busy = true
    let waiting: Promise<void> | undefined
    try {
      waiting = repeat(() => this.#advance())
    } catch (error) {
      return this.#failed(error)
    }
    if (waiting === undefined) return this.#taken()
    return waiting.then(
      () => this.#taken(),
      (error: unknown) => this.#failed(error),
    )
  }

  #taken(): DeltaBatch | undefined {
    const batch = this.#ready.shift()
    if (batch === undefined) this.close()
    this.#rest()
    return batch
  }

  #failed(error: unknown): never {
    this.close()
    this.#rest()
    throw error
  }

  #rest(): void {
    this.#busy = false
    if (this.#closed) this.#free()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#ready.length = 0
    this.#unpushed = undefined
    this.#unsettled = []
    if (!this.#busy) this.#free()
  }

  #free(): void {
    for (const leaf of this.#leaves) leaf.close()
    this.#pipeline.close()
    this.#memory.free()
  }

  /**
   * Takes rows on that wait, pushes more of a leaf, or ends the leaf; false when that was the last or rows
   * are ready.
   */
  #advance(): Awaitable<boolean> {
    if (this.#closed) return false
    throwIfAborted(this.#signal)
    const leaf = this.#order[0]
    if (leaf === undefined || this.#ready.length > 0) return false
    if (this.#preparing.next().done !== true) return this.#goOn()
    this.#checkMemory()
    if (this.#pipeline.work()) return this.#goOn()
    if (this.#isEnding || !this.#pipeline.wants(leaf)) return this.#end(leaf)
    const rows = this.#unpushed ?? this.#leaves[leaf]!.next()
    return rows instanceof Promise ? rows.then(batch => this.#push(leaf, batch)) : this.#push(leaf, rows)
  }

  #push(leaf: number, batch: DeltaBatch | undefined): Awaitable<boolean> {
    if (this.#closed) return false
    if (batch === undefined) {
      this.#isEnding = true
      return this.#end(leaf)
    }
    this.#pushSome(leaf, batch)
    const settled = this.#pipeline.settle()
    if (settled === undefined) return this.#goOn()
    return orAborted(settled, this.#signal).then(() => this.#goOn())
  }

  #end(leaf: number): Awaitable<boolean> {
    this.#unpushed = undefined
    this.#rowsAtOnce = this.#firstRows
    if (this.#pipeline.prepareEnd(leaf)) return this.#goOn()
    this.#isEnding = false
    this.#order.shift()
    this.#leaves[leaf]!.close()
    const ended = this.#pipeline.end(leaf, QUERY_EPOCH)
    if (ended === undefined) return this.#ended()
    return orAborted(ended, this.#signal).then(() => this.#ended())
  }

  #ended(): Awaitable<boolean> {
    if (this.#order.length === 0) this.#settleAll()
    return this.#goOn()
  }

  #goOn(): Awaitable<boolean> {
    return this.#slicer.expired() ? this.#slicer.pause().then(() => true) : true
  }

  /** As many rows as are done in about a slice. */
  #pushSome(leaf: number, batch: DeltaBatch): void {
    const count = Math.min(batch.length, this.#rowsAtOnce)
    this.#unpushed = count === batch.length ? undefined : sliceBatch(batch, count, batch.length)
    const share = this.#slicer.measure(() => this.#pipeline.push(leaf, sliceBatch(batch, 0, count)))
    if (share < 0.5 && count === this.#rowsAtOnce) this.#rowsAtOnce *= 2
    else if (share > 1) this.#rowsAtOnce = Math.max(1, Math.floor(count / share))
  }

  get #firstRows(): number {
    return this.#pipeline.hasCostlyRows ? FIRST_COSTLY_ROWS : FIRST_ROWS
  }

  #checkMemory(): void {
    if (++this.#turns % MEMORY_TURNS !== 0) return
    this.#memory.hold(this.#pipeline.stateBytes())
  }

  #accept(batch: DeltaBatch): void {
    if (this.#appendOnly && batch.weights === undefined) this.#ready.push(batch)
    else this.#unsettled.push(batch)
  }

  /** The input ended: what was not retracted is the result. */
  #settleAll(): void {
    if (this.#unsettled.length === 0) return
    const rows = insertOnly(consolidate(concatBatches(this.#unsettled)))
    this.#unsettled = []
    if (rows.length > 0) this.#ready.push(rows)
  }
}

/** Rows of a generator, of a snapshot, of a system relation. */
function* preparation({ pipeline, leaves }: QueryInit): Generator<void> {
  for (const { prepare } of leaves) {
    while (prepare !== undefined && prepare.next().done !== true) yield
  }
  yield* pipeline.compile()
}

export function leafRows(next: () => DeltaBatch | undefined, close: () => void = () => {}): LeafRows {
  return { next, close }
}

/** Everything that is in the source now, from its start. An endless source is refused with 0A000. */
export function sourceRows(
  name: string,
  source: Source,
  columns: readonly number[],
  signal: AbortSignal | undefined,
): LeafRows {
  let reader: SourceReader | undefined
  let failure: Promise<never> | undefined
  let closed = false
  const open = async (): Promise<SourceReader> => {
    const ranges = await orAborted(source.discover(), signal)
    if (ranges.some(range => range.end === undefined)) {
      throw notSupported(`reading all rows of the endless source "${name}"`, {
        hint: `Create a materialized view on "${name}" and query that.`,
      })
    }
    const opened = await openReader(source, {
      columns,
      positions: ranges.map(({ split, start }) => ({ split, offset: start })),
      stopAt: ranges.map(({ split, end }) => ({ split, offset: end! })),
      onBadRecords: () => {},
    })
    failure = opened.failure
    if (closed) void opened.reader.close()
    return opened.reader
  }
  return {
    next: async () => {
      reader ??= await open()
      const rows = await drainReader(reader, failure!, signal)
      return rows?.batch
    },
    close: () => {
      if (closed) return
      closed = true
      reader?.close().catch(() => {}) // nobody reads from it any more
    },
  }
}

/** Leaf numbers in the order they are read. Leaves are numbered from left to right. */
function readingOrder(plan: PhysicalPlan, counter: { leaf: number }): number[] {
  switch (plan.kind) {
    case 'scan':
    case 'key_lookup':
    case 'values':
    case 'table_function':
      return [counter.leaf++]
    case 'hash_join': {
      const left = readingOrder(plan.left, counter)
      return [...readingOrder(plan.right, counter), ...left]
    }
    case 'union_all':
      return plan.inputs.flatMap(input => readingOrder(input, counter))
    default:
      return readingOrder(plan.input, counter)
  }
}

/** True when no leaf retracts: stored relations are read as snapshots, sources may carry changes. */
function scansAppendOnly(plan: PhysicalPlan): boolean {
  switch (plan.kind) {
    case 'scan':
      return plan.relation.kind !== 'source' || plan.relation.appendOnly
    case 'key_lookup':
    case 'values':
    case 'table_function':
      return true
    case 'hash_join':
      return scansAppendOnly(plan.left) && scansAppendOnly(plan.right)
    case 'union_all':
      return plan.inputs.every(scansAppendOnly)
    default:
      return scansAppendOnly(plan.input)
  }
}

/** Each row as often as its weight says. */
function insertOnly(batch: DeltaBatch): DeltaBatch {
  const { weights } = batch
  if (weights === undefined) return batch
  const rows: number[] = []
  for (let row = 0; row < batch.length; row++) {
    if (weights[row]! < 0)
      throw new SqlError(SqlState.dataException, 'the source retracts a row that it never had')
    for (let times = weights[row]!; times > 0; times--) rows.push(row)
  }
  return {
    columns: gatherColumns(batch.columns, Int32Array.from(rows), rows.length),
    length: rows.length,
    weights: undefined,
  }
}
