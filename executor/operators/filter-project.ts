/** Rows where a predicate is true, then expressions over them. All rows pass → no copy. */

import type { Expression } from '../../planner/expression.ts'
import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import type { Column } from '../batch/column.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import { gatherBatch } from '../batch/gather.ts'
import { compilePredicate, compileProjection } from '../expression/compile.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'
import { childrenOf } from '../expression/expression-key.ts'
import type { Operator, Output, Watermark } from './operator.ts'

export type FilterProjectPlan = Extract<PhysicalPlan, { kind: 'filter_project' }>

export class FilterProject implements Operator {
  readonly #filter: ((batch: DeltaBatch, selection: Int32Array) => number) | undefined
  readonly #project: ((batch: DeltaBatch) => Column[]) | undefined
  /** Input columns the expressions read; only those are gathered after the filter. */
  readonly #needed: readonly boolean[]
  #selection = new Int32Array(0)

  constructor(plan: FilterProjectPlan, context: EvaluationContext) {
    const types = plan.input.schema.map(field => field.type)
    this.#filter = plan.predicate === undefined ? undefined : compilePredicate(plan.predicate, types, context)
    this.#project =
      plan.expressions === undefined ? undefined : compileProjection(plan.expressions, types, context)
    const needed = new Set<number>()
    for (const expression of plan.expressions ?? []) addColumns(expression, needed)
    this.#needed = types.map((_, index) => plan.expressions === undefined || needed.has(index))
  }

  process(_input: number, batch: DeltaBatch, output: Output): void {
    const rows = this.#filtered(batch)
    if (rows.length === 0) return
    output.push(this.#project === undefined ? rows : { ...rows, columns: this.#project(rows) })
  }

  advance(watermark: Watermark): Watermark {
    return watermark
  }

  flush(): void {}

  close(): void {}

  #filtered(batch: DeltaBatch): DeltaBatch {
    if (this.#filter === undefined) return batch
    if (this.#selection.length < batch.length) this.#selection = new Int32Array(batch.length)
    const count = this.#filter(batch, this.#selection)
    if (count === batch.length) return batch
    const narrow = { ...batch, columns: batch.columns.filter((_, index) => this.#needed[index]) }
    const gathered = gatherBatch(narrow, this.#selection, count)
    let next = 0
    // Columns that nothing reads keep their place, with the rows they had before the filter.
    const columns = batch.columns.map((column, index) =>
      this.#needed[index] ? gathered.columns[next++]! : column,
    )
    return { ...gathered, columns }
  }
}

/** Adds the columns that an expression reads. */
function addColumns(expression: Expression, columns: Set<number>): void {
  if (expression.kind === 'column') columns.add(expression.index)
  for (const child of childrenOf(expression)) addColumns(child, columns)
}
