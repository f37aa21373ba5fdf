/** LIMIT and OFFSET of one-shot queries: the first rows that come. */

import { notSupported } from '../../planner/errors.ts'
import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import { sliceBatch } from '../batch/gather.ts'
import { repeatWeights } from '../batch/repeat-weights.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'
import type { Operator, Output, Watermark } from './operator.ts'
import { rowCount, rowOffset } from './row-count.ts'

export type LimitPlan = Extract<PhysicalPlan, { kind: 'limit' }>

export class Limit implements Operator {
  #skip: number
  #remaining: number

  constructor(plan: LimitPlan, context: EvaluationContext) {
    this.#skip = rowOffset(plan.offset, context)
    this.#remaining = rowCount(plan.count, context)
  }

  process(_input: number, batch: DeltaBatch, output: Output): void {
    if (this.#remaining === 0) return
    if (batch.weights?.some(weight => weight < 0))
      throw notSupported('LIMIT without ORDER BY over rows that change')
    const rows = repeatWeights(batch)
    const start = Math.min(this.#skip, rows.length)
    const end = Math.min(start + this.#remaining, rows.length)
    this.#skip -= start
    this.#remaining -= end - start
    if (end > start) output.push(sliceBatch(rows, start, end))
  }

  /** No further row can pass. */
  finished(): boolean {
    return this.#remaining === 0
  }

  advance(watermark: Watermark): Watermark {
    return watermark
  }

  flush(): void {}

  close(): void {}
}
