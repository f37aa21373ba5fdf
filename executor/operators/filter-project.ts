/**
 * Rows where a predicate is true, then expressions over them. All rows pass → no copy; else only results
 * are written.
 */

import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import { gatherBatch } from '../batch/gather.ts'
import type { Compiled, CompiledPredicate, CompiledProjection } from '../expression/compile.ts'
import { compilePredicate, compileProjection } from '../expression/compile.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'
import type { Operator, Output, Watermark } from './operator.ts'

export type FilterProjectPlan = Extract<PhysicalPlan, { kind: 'filter_project' }>

export class FilterProject implements Operator {
  readonly compiled: readonly Compiled[]
  readonly #filter: CompiledPredicate | undefined
  readonly #project: CompiledProjection | undefined
  #selection = new Int32Array(0)

  constructor(plan: FilterProjectPlan, context: EvaluationContext) {
    const types = plan.input.schema.map(field => field.type)
    this.#filter = plan.predicate === undefined ? undefined : compilePredicate(plan.predicate, types, context)
    this.#project =
      plan.expressions === undefined ? undefined : compileProjection(plan.expressions, types, context)
    this.compiled = [this.#filter, this.#project].filter(code => code !== undefined)
  }

  process(_input: number, batch: DeltaBatch, output: Output): void {
    const count = this.#select(batch)
    if (count === 0) return
    if (count === batch.length) {
      output.push(this.#project === undefined ? batch : { ...batch, columns: this.#project(batch) })
      return
    }
    const rows = this.#selection
    if (this.#project === undefined) output.push(gatherBatch(batch, rows, count))
    else output.push({ ...gatherWeights(batch, rows, count), columns: this.#project(batch, { rows, count }) })
  }

  advance(watermark: Watermark): Watermark {
    return watermark
  }

  flush(): void {}

  close(): void {}

  /** Writes the rows that pass to #selection; returns how many. */
  #select(batch: DeltaBatch): number {
    if (this.#filter === undefined) return batch.length
    if (this.#selection.length < batch.length) this.#selection = new Int32Array(batch.length)
    return this.#filter(batch, this.#selection)
  }
}

function gatherWeights(batch: DeltaBatch, rows: Int32Array, count: number): DeltaBatch {
  return gatherBatch({ ...batch, columns: [] }, rows, count)
}
