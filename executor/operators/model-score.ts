/**
 * Appends a model's score to every row; the one asynchronous operator. Rows wait until `settle`, are scored
 * in batches and leave in their order. A NULL argument gives NULL and the model is not asked.
 *
 * Where the input can retract, a row is scored once and the score is stored with the row's value: the
 * retraction carries the same score, whatever the model would say now. Equal rows share one score.
 */

import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import type { DataType } from '../../planner/types.ts'
import type { Column } from '../batch/column.ts'
import { bitmapBytes, isNull } from '../batch/column.ts'
import { concatBatches, concatColumns } from '../batch/concat.ts'
import { consolidate } from '../batch/consolidate.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import { BATCH_ROWS } from '../batch/delta-batch.ts'
import { gatherBatch, gatherColumn, sliceBatch } from '../batch/gather.ts'
import { nullColumn } from '../batch/null-column.ts'
import { type Compiled, type CompiledProjection, compileProjection } from '../expression/compile.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'
import type { KeyIndex } from '../state/key-index.ts'
import { createKeyIndex } from '../state/key-index.ts'
import type { StoredColumn } from '../state/stored-column.ts'
import { createStoredColumn, grownCapacity } from '../state/stored-column.ts'
import type { ModelScorer, Scores } from './model-scorer.ts'
import type { Operator, Output, Watermark } from './operator.ts'

export type ModelScorePlan = Extract<PhysicalPlan, { kind: 'model_score' }>

export class ModelScore implements Operator {
  readonly #plan: ModelScorePlan
  readonly #scorer: ModelScorer
  readonly #context: EvaluationContext
  readonly compiled: readonly Compiled[]
  readonly #evaluate: CompiledProjection
  readonly #type: DataType
  readonly #memory: ScoreMemory | undefined
  #waiting: DeltaBatch[] = []

  constructor(plan: ModelScorePlan, scorer: ModelScorer, context: EvaluationContext) {
    const types = plan.input.schema.map(field => field.type)
    this.#plan = plan
    this.#scorer = scorer
    this.#context = context
    this.#evaluate = compileProjection(plan.args, types, context)
    this.compiled = [this.#evaluate]
    this.#type = plan.schema.at(-1)!.type
    this.#memory = plan.inputAppendOnly ? undefined : new ScoreMemory(types, this.#type)
  }

  process(_input: number, batch: DeltaBatch): void {
    this.#waiting.push(batch)
  }

  settle(output: Output): Promise<void> | undefined {
    if (this.#waiting.length === 0) return undefined
    const rows = concatBatches(this.#waiting)
    this.#waiting = []
    return this.#memory === undefined
      ? this.#scoreAppended(rows, output)
      : this.#scoreChanged(rows, this.#memory, output)
  }

  advance(watermark: Watermark): Watermark {
    return watermark
  }

  flush(): void {}

  stateBytes(): number {
    return this.#memory?.byteLength ?? 0
  }

  close(): void {
    this.#waiting = []
  }

  #scoreAppended(rows: DeltaBatch, output: Output): Promise<void> {
    return this.#score(rows).then(scores => {
      output.push({ ...rows, columns: [...rows.columns, scores] })
    })
  }

  #scoreChanged(changes: DeltaBatch, memory: ScoreMemory, output: Output): Promise<void> | undefined {
    const rows = consolidate(changes)
    if (rows.length === 0) return undefined
    const { ids, unknown } = memory.enter(rows)
    const finish = (scores: Column | undefined): void => {
      if (scores !== undefined) memory.remember(ids, unknown, scores)
      const replayed = memory.scoresOf(ids)
      memory.release(ids)
      output.push({ ...rows, columns: [...rows.columns, replayed] })
    }
    if (unknown.length === 0) {
      finish(undefined)
      return undefined
    }
    return this.#score(gatherBatch(rows, unknown, unknown.length)).then(finish)
  }

  /** The scores of the rows, asked for in batches, all at once. */
  #score(rows: DeltaBatch): Promise<Column> {
    const parts: Promise<Column>[] = []
    for (let start = 0; start < rows.length; start += BATCH_ROWS) {
      parts.push(this.#scoreBatch(sliceBatch(rows, start, Math.min(start + BATCH_ROWS, rows.length))))
    }
    return Promise.all(parts).then(concatColumns)
  }

  #scoreBatch(batch: DeltaBatch): Promise<Column> {
    const args = this.#evaluate(batch)
    const present = new Int32Array(batch.length)
    let count = 0
    for (let row = 0; row < batch.length; row++) {
      present[count] = row
      if (!args.some(arg => isNull(arg, row))) count++
    }
    if (count === 0) return Promise.resolve(nullColumn(this.#type, batch.length))
    const asked = args.map(arg => (count === batch.length ? arg : withoutNulls(arg, present, count)))
    return this.#scorer.score(this.#plan.model, this.#plan.modelVersion, asked, count).then(scores => {
      this.#report(scores)
      return count === batch.length ? scores.column : spread(scores.column, present, count, batch.length)
    })
  }

  /** Rows that cannot be scored fail like any expression: the statement, or that row's value. */
  #report({ failures }: Scores): void {
    for (const error of failures.values()) {
      if (this.#context.onError === 'throw') throw error
      this.#context.onError(error)
    }
  }
}

/** Scores by row value, with how often each row is there. */
class ScoreMemory {
  readonly #rows: KeyIndex
  readonly #scores: StoredColumn
  #counts = new Int32Array(0)
  /** 1 where the id has a score. */
  #scored = new Uint8Array(0)

  constructor(types: readonly DataType[], scoreType: DataType) {
    this.#rows = createKeyIndex(types, 'identical')
    this.#scores = createStoredColumn(scoreType)
  }

  get byteLength(): number {
    return this.#rows.byteLength + this.#scores.byteLength + this.#counts.byteLength * 1.25
  }

  /** Counts the rows; returns the id of each and the rows to be scored, one per distinct row. */
  enter(rows: DeltaBatch): { readonly ids: Int32Array; readonly unknown: Int32Array } {
    const ids = new Int32Array(rows.length)
    this.#rows.lookupOrInsert(rows.columns, rows.length, ids)
    this.#reserve(this.#rows.idEnd)
    const unknown = new Int32Array(rows.length)
    let count = 0
    for (let row = 0; row < rows.length; row++) {
      const id = ids[row]!
      this.#counts[id]! += rows.weights === undefined ? 1 : rows.weights[row]!
      if (this.#scored[id] === 1) continue
      this.#scored[id] = 1
      unknown[count++] = row
    }
    return { ids, unknown: unknown.subarray(0, count) }
  }

  /** Stores the scores of the rows that `enter` returned. */
  remember(ids: Int32Array, unknown: Int32Array, scores: Column): void {
    this.#scores.write(
      scores,
      undefined,
      unknown.map(row => ids[row]!),
      unknown.length,
    )
  }

  scoresOf(ids: Int32Array): Column {
    return gatherColumn(this.#scores.column, ids, ids.length)
  }

  /** Forgets those of the rows that are gone. */
  release(ids: Int32Array): void {
    const gone = new Set<number>()
    for (const id of ids) if (this.#counts[id] === 0) gone.add(id)
    if (gone.size === 0) return
    const erased = Int32Array.from(gone)
    this.#rows.erase(erased, erased.length)
    this.#scores.release(erased, erased.length)
    for (const id of erased) this.#scored[id] = 0
  }

  #reserve(end: number): void {
    if (end <= this.#counts.length) return
    const capacity = grownCapacity(this.#counts.length, end)
    const counts = new Int32Array(capacity)
    const scored = new Uint8Array(capacity)
    counts.set(this.#counts)
    scored.set(this.#scored)
    this.#counts = counts
    this.#scored = scored
    this.#scores.reserve(capacity)
  }
}

function withoutNulls(column: Column, rows: Int32Array, count: number): Column {
  return { ...gatherColumn(column, rows, count), validity: undefined }
}

/** Row i of the column at rows[i], NULL elsewhere. */
function spread(column: Column, rows: Int32Array, count: number, length: number): Column {
  const sources = new Int32Array(length)
  const validity = new Uint8Array(bitmapBytes(length))
  for (let index = 0; index < count; index++) {
    const row = rows[index]!
    sources[row] = index
    if (!isNull(column, index)) validity[row >> 3]! |= 1 << (row & 7)
  }
  return { ...gatherColumn(column, sources, length), validity }
}
