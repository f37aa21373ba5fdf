/**
 * ORDER BY of one-shot queries, with LIMIT and OFFSET when they are known: collects all rows and writes
 * them sorted, stably, when the input ended. With a limit no more than a few times as many rows as it
 * returns are kept.
 */

import type { SortKey } from '../../planner/expression.ts'
import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import { batchBytes } from '../batch/batch-bytes.ts'
import { concatBatches } from '../batch/concat.ts'
import { consolidate } from '../batch/consolidate.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import { BATCH_ROWS } from '../batch/delta-batch.ts'
import { gatherBatch } from '../batch/gather.ts'
import { repeatWeights } from '../batch/repeat-weights.ts'
import { RowSort } from '../batch/sort.ts'
import { type Compiled, type CompiledProjection, compileProjection } from '../expression/compile.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'
import type { Epoch, Operator, Output, Watermark } from './operator.ts'
import { rowCount, rowOffset } from './row-count.ts'

export type SortPlan = Extract<PhysicalPlan, { kind: 'sort' }>

export class Sort implements Operator {
  readonly #keys: readonly SortKey[]
  readonly compiled: readonly Compiled[]
  readonly #evaluate: CompiledProjection
  readonly #offset: number
  /** Offset and count: rows beyond it are never returned. */
  readonly #end: number
  #batches: DeltaBatch[] = []
  #buffered = 0
  #bytes = 0
  #sorting: Sorting | undefined
  /** A retraction was seen: rows may only be dropped at the end. */
  #retracts = false

  constructor(plan: SortPlan, context: EvaluationContext) {
    this.#keys = plan.keys
    this.#evaluate = compileProjection(
      plan.keys.map(key => key.expression),
      plan.input.schema.map(field => field.type),
      context,
    )
    this.compiled = [this.#evaluate]
    this.#offset = rowOffset(plan.offset, context)
    this.#end = this.#offset + rowCount(plan.count, context)
  }

  /** Batches of one-shot queries are never reused by their makers, so they are kept without copying. */
  process(_input: number, batch: DeltaBatch): void {
    this.#retracts ||= batch.weights?.some(weight => weight < 0) ?? false
    this.#batches.push(batch)
    this.#buffered += batch.length
    this.#bytes += batchBytes(batch)
    if (!this.#retracts && this.#buffered > Math.max(this.#end * 4, BATCH_ROWS * 4)) this.#truncate()
  }

  advance(watermark: Watermark): Watermark {
    return watermark
  }

  /** Sorts, then writes the rows batch by batch. */
  prepare(output: Output): boolean {
    if (this.#batches.length === 0) return false
    this.#sorting ??= this.#startSorting()
    if (!this.#sorting.isSorted) {
      this.#sorting.isSorted = !this.#sorting.sort.step()
      return true
    }
    if (this.#writeNext(this.#sorting, output)) return true
    this.#sorting = undefined
    this.#batches = []
    this.#buffered = 0
    this.#bytes = 0
    return false
  }

  flush(_epoch: Epoch, output: Output): void {
    while (this.prepare(output)) {}
  }

  stateBytes(): number {
    return this.#bytes
  }

  close(): void {
    this.#batches = []
    this.#sorting = undefined
  }

  #truncate(): void {
    const { batch, sort } = this.#startSorting()
    while (sort.step()) {}
    this.#batches = [gatherBatch(batch, sort.rows, Math.min(this.#end, batch.length))]
    this.#buffered = this.#batches[0]!.length
    this.#bytes = batchBytes(this.#batches[0]!)
  }

  #startSorting(): Sorting {
    const batch = repeatWeights(consolidate(concatBatches(this.#batches)))
    this.#batches = [batch]
    const sort = new RowSort(this.#evaluate(batch), this.#keys, batch.length)
    return { batch, sort, isSorted: false, next: this.#offset }
  }

  #writeNext(sorting: Sorting, output: Output): boolean {
    const { batch, sort, next } = sorting
    const count = Math.min(BATCH_ROWS, Math.min(this.#end, batch.length) - next)
    if (count <= 0) return false
    output.push(gatherBatch(batch, sort.rows.subarray(next, next + count), count))
    sorting.next += count
    return true
  }
}

/** All rows, on their way to their order. */
interface Sorting {
  readonly batch: DeltaBatch
  readonly sort: RowSort
  isSorted: boolean
  /** The first row, in their order, that is not written. */
  next: number
}
