/**
 * Runs operators under random changes and compares what they maintain with a recomputation from scratch.
 *
 * A Changing is a relation that rows are inserted into, deleted from and updated in; `step` returns the
 * changes of an epoch as delta batches. A Maintained is a pipeline over such relations with the Z-set that
 * its output adds up to.
 */

import assert from 'node:assert/strict'
import { columnFromValues } from '../../../executor/batch/column-builder.ts'
import { batchRows } from '../../../executor/batch/column-reader.ts'
import type { DeltaBatch } from '../../../executor/batch/delta-batch.ts'
import { Numeric } from '../../../executor/batch/numeric.ts'
import { buildPipeline } from '../../../executor/build.ts'
import type { EvaluationContext, SqlValue } from '../../../executor/expression/evaluation-context.ts'
import { signaturesByName } from '../../../executor/functions/registry.ts'
import type { ModelScorer } from '../../../executor/operators/model-scorer.ts'
import type { Watermark } from '../../../executor/operators/operator.ts'
import type { Pipeline } from '../../../executor/runtime/pipeline.ts'
import type { Relation, RelationId } from '../../../planner/catalog.ts'
import type { Expression } from '../../../planner/expression.ts'
import type { PhysicalPlan, StreamProperties } from '../../../planner/physical-plan.ts'
import { field } from '../../../planner/schema.ts'
import type { DataType } from '../../../planner/types.ts'
import { boolType, int4Type } from '../../../planner/types.ts'
import { endlessSlice } from '../../support/endless-slice.ts'

export type Row = readonly SqlValue[]

export const context: EvaluationContext = {
  timeZone: 'UTC',
  transactionTimestamp: 0n,
  statementTimestamp: 0n,
  parameters: [],
  settings: new Map(),
  onError: 'throw',
}

export const noScorer: ModelScorer = {
  score: () => {
    throw new Error('no model in this plan')
  },
}

/** Deterministic random numbers (xorshift). Print the seed when a test fails. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 1
  }

  /** An integer in [0, end). */
  below(end: number): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 0) % end
  }

  chance(percent: number): boolean {
    return this.below(100) < percent
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!
  }
}

/** Rows as batches of one weight column. */
export function batchOf(
  types: readonly DataType[],
  rows: readonly Row[],
  weights?: readonly number[],
): DeltaBatch {
  return {
    columns: types.map((type, index) =>
      columnFromValues(
        type,
        rows.map(row => row[index]!),
      ),
    ),
    length: rows.length,
    weights: weights === undefined ? undefined : Int32Array.from(weights),
  }
}

/** A row as text; equal rows have equal texts. */
export function rowKey(row: Row): string {
  return row.map(valueText).join(' | ')
}

function valueText(value: SqlValue): string {
  if (value === null) return 'NULL'
  if (value instanceof Numeric) return `${value.toString()}`
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return Object.is(value, -0) ? '0' : String(value)
}

/** A Z-set of rows. */
export class Rows {
  readonly counts = new Map<string, number>()

  add(row: Row, weight: number): void {
    const key = rowKey(row)
    const count = (this.counts.get(key) ?? 0) + weight
    if (count === 0) this.counts.delete(key)
    else this.counts.set(key, count)
  }

  addBatch(batch: DeltaBatch): void {
    for (const [index, row] of batchRows(batch).entries()) this.add(row, batch.weights?.[index] ?? 1)
  }

  /** Sorted lines, `×n` behind rows that do not occur once. */
  lines(): string[] {
    return [...this.counts].map(([key, count]) => (count === 1 ? key : `${key} ×${count}`)).sort()
  }
}

export function rowsOf(rows: readonly Row[]): Rows {
  const set = new Rows()
  for (const row of rows) set.add(row, 1)
  return set
}

/** A relation under random change. */
export class Changing {
  readonly types: readonly DataType[]
  rows: Row[] = []
  readonly #random: Random
  readonly #makeRow: (random: Random) => Row
  readonly #appendOnly: boolean

  constructor(
    types: readonly DataType[],
    random: Random,
    makeRow: (random: Random) => Row,
    appendOnly = false,
  ) {
    this.types = types
    this.#random = random
    this.#makeRow = makeRow
    this.#appendOnly = appendOnly
  }

  /** About `size` changes, in up to three batches. */
  step(size: number): DeltaBatch[] {
    const random = this.#random
    const batches: DeltaBatch[] = []
    for (let count = 1 + random.below(3); count > 0; count--) {
      const changed: Row[] = []
      const weights: number[] = []
      for (let change = random.below(size + 1); change > 0; change--) {
        if (!this.#appendOnly && this.rows.length > 0 && random.chance(45)) {
          changed.push(this.rows.splice(random.below(this.rows.length), 1)[0]!)
          weights.push(-1)
          if (random.chance(50)) continue
        }
        const row = random.chance(10) && this.rows.length > 0 ? random.pick(this.rows) : this.#makeRow(random)
        this.rows.push(row)
        changed.push(row)
        weights.push(1)
      }
      if (changed.length === 0) continue
      batches.push(batchOf(this.types, changed, weights.every(weight => weight === 1) ? undefined : weights))
    }
    return batches
  }
}

/** A pipeline and the Z-set of its output. */
export class Maintained {
  readonly pipeline: Pipeline
  readonly output = new Rows()
  /** What the last epoch wrote. */
  batches: DeltaBatch[] = []
  #epoch = 0

  constructor(plan: PhysicalPlan, scorer: ModelScorer = noScorer, evaluation: EvaluationContext = context) {
    this.pipeline = buildPipeline(plan, evaluation, { modelScorer: scorer })
    this.pipeline.connect({
      push: batch => {
        this.batches.push(batch)
        this.output.addBatch(batch)
      },
    })
  }

  /** One epoch: inputs[leaf] are the batches of that leaf. */
  epoch(inputs: readonly (readonly DeltaBatch[])[], watermark?: Watermark): Promise<void> | undefined {
    this.batches = []
    for (const [leaf, batches] of inputs.entries()) {
      for (const batch of batches) this.pipeline.push(leaf, batch)
      if (watermark !== undefined) this.pipeline.advance(leaf, watermark)
    }
    return this.pipeline.flush(++this.#epoch, endlessSlice)
  }
}

/**
 * Steps all relations through `epochs` epochs and checks the maintained rows against `recompute` after
 * each.
 */
export function checkIncremental(
  seed: number,
  plan: PhysicalPlan,
  inputs: readonly Changing[],
  epochs: number,
  size: number,
  recompute: () => readonly Row[],
): void {
  const maintained = new Maintained(plan)
  for (let epoch = 1; epoch <= epochs; epoch++) {
    maintained.epoch(inputs.map(input => input.step(size)))
    const message = `seed ${seed}, epoch ${epoch}`
    assert.deepEqual(maintained.output.lines(), rowsOf(recompute()).lines(), message)
    for (const batch of maintained.batches) assert.ok(batch.length > 0, `${message}: no empty batches`)
  }
}

export const unbounded: StreamProperties = {
  appendOnly: false,
  uniqueKey: undefined,
  timeColumns: [],
  boundedState: false,
}

/** A leaf with columns c0, c1 … */
export function scan(types: readonly DataType[]): PhysicalPlan {
  const schema = types.map((type, index) => field(`c${index}`, type))
  const relation: Relation = {
    id: 1 as RelationId,
    schemaName: 'public',
    name: 't',
    kind: 'table',
    schema,
    primaryKey: [],
    appendOnly: false,
    watermark: undefined,
    defaults: [],
    view: undefined,
    definition: '',
    dependsOn: [],
  } as Relation
  return {
    kind: 'scan',
    relation,
    columns: types.map((_, index) => index),
    rowId: false,
    schema,
    properties: unbounded,
  }
}

export function column(index: number, type: DataType): Expression {
  return { kind: 'column', index, type, nullable: true }
}

export function literal(text: string | null, type: DataType): Expression {
  return { kind: 'literal', text, type, position: undefined }
}

/** A call of the function or operator with exactly these argument types. */
export function call(name: string, args: readonly Expression[], type: DataType = boolType): Expression {
  const signature = signaturesByName(name).find(
    candidate =>
      candidate.args.length === args.length &&
      candidate.args.every((arg, index) => arg.kind === args[index]!.type.kind),
  )
  assert.ok(signature !== undefined, `function ${name}`)
  return { kind: 'call', signature, args, type, position: undefined }
}

export function int(value: number): Expression {
  return literal(String(value), int4Type)
}
