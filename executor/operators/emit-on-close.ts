/**
 * EMIT ON WINDOW CLOSE without aggregation: holds rows until the watermark passes their time column (plus
 * the delay), then writes what is left of them, once. Rows that come after that are late and left out.
 */

import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import { BATCH_ROWS } from '../batch/delta-batch.ts'
import { gatherBatch, gatherColumns } from '../batch/gather.ts'
import type { KeyIndex } from '../state/key-index.ts'
import { createKeyIndex } from '../state/key-index.ts'
import { grownCapacity } from '../state/stored-column.ts'
import { TimeIndex } from '../state/time-index.ts'
import { deadlineAt, delayedWatermark, selectOpenRows } from './event-time.ts'
import type { Operator, Output, Watermark } from './operator.ts'
import { NO_WATERMARK } from './operator.ts'

export type EmitOnClosePlan = Extract<PhysicalPlan, { kind: 'emit_on_close' }>

export class EmitOnClose implements Operator {
  readonly #plan: EmitOnClosePlan
  /** Held rows by value, with how often each occurs. */
  readonly #rows: KeyIndex
  #counts = new Int32Array(0)
  readonly #deadlines = new TimeIndex()
  #watermark: Watermark = NO_WATERMARK
  #lateRows = 0

  constructor(plan: EmitOnClosePlan) {
    this.#plan = plan
    this.#rows = createKeyIndex(
      plan.input.schema.map(field => field.type),
      'identical',
    )
  }

  process(_input: number, batch: DeltaBatch): void {
    const { time, delayMicros } = this.#plan
    const open = new Int32Array(batch.length)
    const column = batch.columns[time.column]!
    const count = selectOpenRows(time, column, batch.length, delayMicros, this.#watermark, open)
    this.#lateRows += batch.length - count
    if (count > 0) this.#hold(count === batch.length ? batch : gatherBatch(batch, open, count))
  }

  advance(watermark: Watermark, output: Output): Watermark {
    this.#watermark = watermark
    for (
      let first = this.#deadlines.first();
      first !== undefined && first <= watermark;
      first = this.#deadlines.first()
    ) {
      const ids = Int32Array.from(this.#deadlines.takeFirst())
      for (let start = 0; start < ids.length; start += BATCH_ROWS) {
        this.#release(ids.subarray(start, start + BATCH_ROWS), output)
      }
    }
    return delayedWatermark(watermark, this.#plan.delayMicros)
  }

  flush(): void {}

  stateBytes(): number {
    return this.#rows.byteLength + this.#counts.byteLength + this.#deadlines.byteLength
  }

  lateRows(): number {
    return this.#lateRows
  }

  close(): void {}

  #hold(batch: DeltaBatch): void {
    const { time, delayMicros } = this.#plan
    const ids = new Int32Array(batch.length)
    this.#rows.lookupOrInsert(batch.columns, batch.length, ids)
    if (this.#rows.idEnd > this.#counts.length) {
      const counts = new Int32Array(grownCapacity(this.#counts.length, this.#rows.idEnd))
      counts.set(this.#counts)
      this.#counts = counts
    }
    const column = batch.columns[time.column]!
    for (let row = 0; row < batch.length; row++) {
      const id = ids[row]!
      if (!this.#deadlines.has(id)) this.#deadlines.add(id, deadlineAt(time, column, row, delayMicros))
      this.#counts[id]! += batch.weights === undefined ? 1 : batch.weights[row]!
    }
    this.#dropRetracted(ids)
  }

  /** Rows that were retracted before they were written. */
  #dropRetracted(ids: Int32Array): void {
    const gone = new Set<number>()
    for (const id of ids) if (this.#counts[id] === 0) gone.add(id)
    if (gone.size === 0) return
    for (const id of gone) this.#deadlines.remove(id)
    this.#rows.erase(Int32Array.from(gone), gone.size)
  }

  #release(ids: Int32Array, output: Output): void {
    const present = ids.filter(id => this.#counts[id]! > 0)
    if (present.length > 0) {
      const weights = present.map(id => this.#counts[id]!)
      output.push({
        columns: gatherColumns(this.#rows.columns, present, present.length),
        length: present.length,
        weights: weights.every(weight => weight === 1) ? undefined : weights,
      })
    }
    for (const id of ids) this.#counts[id] = 0
    this.#rows.erase(ids, ids.length)
  }
}
