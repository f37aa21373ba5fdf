/**
 * ORDER BY of one-shot queries, with LIMIT and OFFSET when they are known: collects all rows and writes
 * them sorted, stably, when the input ended. With a limit no more than a few times as many rows as it
 * returns are kept.
 */

import type { SortKey } from '../../planner/expression.ts'
import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import type { Column } from '../batch/column.ts'
import { concatBatches } from '../batch/concat.ts'
import { consolidate } from '../batch/consolidate.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import { BATCH_ROWS } from '../batch/delta-batch.ts'
import { gatherBatch } from '../batch/gather.ts'
import { repeatWeights } from '../batch/repeat-weights.ts'
import { sortedRows } from '../batch/sort.ts'
import { compileProjection } from '../expression/compile.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'
import type { Epoch, Operator, Output, Watermark } from './operator.ts'
import { rowCount, rowOffset } from './row-count.ts'

export type SortPlan = Extract<PhysicalPlan, { kind: 'sort' }>

export class Sort implements Operator {
  readonly #keys: readonly SortKey[]
  readonly #evaluate: (batch: DeltaBatch) => Column[]
  readonly #offset: number
  /** Offset and count: rows beyond it are never returned. */
  readonly #end: number
  #batches: DeltaBatch[] = []
  #buffered = 0
  /** A retraction was seen: rows may only be dropped at the end. */
  #retracts = false

  constructor(plan: SortPlan, context: EvaluationContext) {
    this.#keys = plan.keys
    this.#evaluate = compileProjection(
      plan.keys.map(key => key.expression),
      plan.input.schema.map(field => field.type),
      context,
    )
    this.#offset = rowOffset(plan.offset, context)
    this.#end = this.#offset + rowCount(plan.count, context)
  }

  /** Batches of one-shot queries are never reused by their makers, so they are kept without copying. */
  process(_input: number, batch: DeltaBatch): void {
    this.#retracts ||= batch.weights?.some(weight => weight < 0) ?? false
    this.#batches.push(batch)
    this.#buffered += batch.length
    if (!this.#retracts && this.#buffered > Math.max(this.#end * 4, BATCH_ROWS * 4)) this.#truncate()
  }

  advance(watermark: Watermark): Watermark {
    return watermark
  }

  flush(_epoch: Epoch, output: Output): void {
    if (this.#batches.length === 0) return
    const { batch, rows } = this.#sorted()
    const end = Math.min(this.#end, batch.length)
    for (let start = this.#offset; start < end; start += BATCH_ROWS) {
      const count = Math.min(BATCH_ROWS, end - start)
      output.push(gatherBatch(batch, rows.subarray(start, start + count), count))
    }
    this.#batches = []
    this.#buffered = 0
  }

  close(): void {
    this.#batches = []
  }

  #truncate(): void {
    const { batch, rows } = this.#sorted()
    this.#batches = [gatherBatch(batch, rows, Math.min(this.#end, batch.length))]
    this.#buffered = this.#batches[0]!.length
  }

  #sorted(): { readonly batch: DeltaBatch; readonly rows: Int32Array } {
    const batch = repeatWeights(consolidate(concatBatches(this.#batches)))
    return { batch, rows: sortedRows(this.#evaluate(batch), this.#keys, batch.length) }
  }
}
