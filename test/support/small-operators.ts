/**
 * Operators small enough to be right at a glance, over int8 columns, and a `build` that makes pipelines of
 * them: engine tests that are about epochs, not about operators, use these.
 */

import { columnFromValues } from '../../executor/batch/column-builder.ts'
import { batchRows } from '../../executor/batch/column-reader.ts'
import type { DeltaBatch } from '../../executor/batch/delta-batch.ts'
import type { SqlValue } from '../../executor/expression/evaluation-context.ts'
import type { Operator, Output, Watermark } from '../../executor/operators/operator.ts'
import type { NodeId, Pipeline } from '../../executor/runtime/pipeline.ts'
import { PipelineBuilder } from '../../executor/runtime/pipeline.ts'
import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import type { Schema } from '../../planner/schema.ts'

/** A batch from rows, each with its weight first when `weighted`. */
export function batchOf(
  schema: Schema,
  rows: readonly (readonly SqlValue[])[],
  weights?: readonly number[],
): DeltaBatch {
  return {
    columns: schema.map(({ type }, index) =>
      columnFromValues(
        type,
        rows.map(row => row[index]!),
      ),
    ),
    length: rows.length,
    weights: weights === undefined ? undefined : Int32Array.from(weights),
  }
}

/** Passes rows on. */
export class PassThrough implements Operator {
  process(_input: number, batch: DeltaBatch, output: Output): void {
    output.push(batch)
  }

  advance(watermark: Watermark): Watermark {
    return watermark
  }

  flush(): void {}

  close(): void {}
}

/** Passes rows on after a round of the event loop: what a model does. */
export class Delayed extends PassThrough {
  #waiting: DeltaBatch[] = []

  override process(_input: number, batch: DeltaBatch): void {
    this.#waiting.push(batch)
  }

  settle(output: Output): Promise<void> | undefined {
    if (this.#waiting.length === 0) return undefined
    const waiting = this.#waiting
    this.#waiting = []
    return new Promise(resolve =>
      setTimeout(() => {
        for (const batch of waiting) output.push(batch)
        resolve()
      }, 1),
    )
  }
}

/** Throws when it sees the value in its first column. */
export class FailsOn extends PassThrough {
  readonly #value: bigint

  constructor(value: bigint) {
    super()
    this.#value = value
  }

  override process(input: number, batch: DeltaBatch, output: Output): void {
    if (batchRows(batch).some(row => row[0] === this.#value))
      throw new Error(`the operator met ${this.#value}`)
    super.process(input, batch, output)
  }
}

/** Ends after `count` rows. */
class First extends PassThrough {
  #left: number

  constructor(count: number) {
    super()
    this.#left = count
  }

  override process(_input: number, batch: DeltaBatch, output: Output): void {
    const rows = Math.min(this.#left, batch.length)
    this.#left -= rows
    output.push({ ...batch, length: rows })
  }

  finished(): boolean {
    return this.#left === 0
  }
}

interface Group {
  readonly key: readonly SqlValue[]
  count: bigint
  sum: bigint
  /** What was put out for it; undefined = nothing. */
  shown: { readonly count: bigint; readonly sum: bigint } | undefined
}

/** count(*), sum(value) per key, one consolidated change an epoch. Closes nothing. */
export class CountAndSum implements Operator {
  readonly #keys: readonly number[]
  readonly #value: number
  readonly #schema: Schema
  readonly #groups = new Map<string, Group>()
  readonly #touched = new Set<Group>()

  constructor(schema: Schema, keys: readonly number[], value: number) {
    this.#schema = schema
    this.#keys = keys
    this.#value = value
    if (keys.length === 0) this.#touched.add(this.#group([]))
  }

  process(_input: number, batch: DeltaBatch): void {
    for (const [index, row] of batchRows(batch).entries()) {
      const weight = BigInt(batch.weights?.[index] ?? 1)
      const group = this.#group(this.#keys.map(key => row[key]!))
      group.count += weight
      group.sum += weight * BigInt(row[this.#value] as bigint | number)
      this.#touched.add(group)
    }
  }

  advance(watermark: Watermark): Watermark {
    return watermark
  }

  flush(_epoch: number, output: Output): void {
    const rows: SqlValue[][] = []
    const weights: number[] = []
    for (const group of this.#touched) {
      if (group.shown?.count === group.count && group.shown.sum === group.sum) continue
      if (group.shown !== undefined) {
        rows.push([...group.key, group.shown.count, group.shown.sum])
        weights.push(-1)
      }
      const live = group.count > 0n || this.#keys.length === 0
      group.shown = live ? { count: group.count, sum: group.sum } : undefined
      if (live) {
        rows.push([...group.key, group.count, group.sum])
        weights.push(1)
      }
    }
    this.#touched.clear()
    if (rows.length > 0) output.push(batchOf(this.#schema, rows, weights))
  }

  close(): void {}

  #group(key: readonly SqlValue[]): Group {
    const name = key.join()
    let group = this.#groups.get(name)
    if (group === undefined) {
      group = { key, count: 0n, sum: 0n, shown: undefined }
      this.#groups.set(name, group)
    }
    return group
  }
}

/**
 * The pipeline of a plan of scans, unions, countAndSum and limits. `replace` may give an operator of its own.
 */
export function buildSmall(
  plan: PhysicalPlan,
  replace: (plan: PhysicalPlan) => Operator | undefined = () => undefined,
): Pipeline {
  const builder = new PipelineBuilder()
  return builder.build(addNode(builder, plan, replace))
}

function addNode(
  builder: PipelineBuilder,
  plan: PhysicalPlan,
  replace: (plan: PhysicalPlan) => Operator | undefined,
): NodeId {
  const add = (operator: Operator, inputs: readonly PhysicalPlan[]) =>
    builder.operator(
      plan,
      replace(plan) ?? operator,
      inputs.map(input => addNode(builder, input, replace)),
    )
  switch (plan.kind) {
    case 'scan':
    case 'key_lookup':
      return builder.leaf(plan)
    case 'values': {
      const rows = plan.rows.map(row => row.map(value => BigInt(value.kind === 'literal' ? value.text! : 0)))
      let pending = true
      return builder.generator(plan, () => {
        if (!pending) return undefined
        pending = false
        return batchOf(plan.schema, rows)
      })
    }
    case 'union_all':
      return add(new PassThrough(), plan.inputs)
    case 'filter_project':
      return add(new PassThrough(), [plan.input])
    case 'limit':
      return add(new First(Number(plan.count?.kind === 'literal' ? plan.count.text : 0)), [plan.input])
    case 'hash_aggregate': {
      const keys = plan.groupBy.map(key => (key.kind === 'column' ? key.index : -1))
      const value = plan.aggregates[1]!.args[0]!
      return add(new CountAndSum(plan.schema, keys, value.kind === 'column' ? value.index : -1), [plan.input])
    }
    default:
      throw new Error(`no small operator for ${plan.kind}`)
  }
}
