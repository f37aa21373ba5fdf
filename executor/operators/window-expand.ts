/**
 * TUMBLE and HOP as relations: every row once per window that it is in, with window_start and window_end
 * appended. Rows whose time is NULL or infinite are in no window.
 */

import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import { BATCH_ROWS } from '../batch/delta-batch.ts'
import { gatherBatch, sliceBatch } from '../batch/gather.ts'
import type { Operator, Output, Watermark } from './operator.ts'
import { boundsColumn, createWindowRows, createWindowStarts, WindowMath } from './window-math.ts'

export type WindowExpandPlan = Extract<PhysicalPlan, { kind: 'window_expand' }>

export class WindowExpand implements Operator {
  readonly #plan: WindowExpandPlan
  readonly #math: WindowMath
  readonly #rowsMax: number

  constructor(plan: WindowExpandPlan) {
    this.#plan = plan
    this.#math = new WindowMath(plan.window)
    this.#rowsMax = Math.max(1, Math.floor(BATCH_ROWS / this.#math.windowsPerRow))
  }

  process(_input: number, batch: DeltaBatch, output: Output): void {
    for (let start = 0; start < batch.length; start += this.#rowsMax) {
      this.#expand(sliceBatch(batch, start, Math.min(start + this.#rowsMax, batch.length)), output)
    }
  }

  advance(watermark: Watermark): Watermark {
    return watermark
  }

  flush(): void {}

  close(): void {}

  #expand(batch: DeltaBatch, output: Output): void {
    const selected = createWindowRows(batch.length)
    const column = batch.columns[this.#plan.window.timeColumn]!
    this.#math.assignSlices(column, batch.length, -Infinity, selected)
    const rows = new Int32Array(selected.count * this.#math.windowsPerRow)
    const starts = createWindowStarts(rows.length)
    let count = 0
    for (let index = 0; index < selected.count; index++) {
      const first = count
      count = this.#math.windowsOf(selected.times[index]!, -Infinity, starts, count)
      rows.fill(selected.rows[index]!, first, count)
    }
    if (count === 0) return
    const expanded = gatherBatch(batch, rows, count)
    const [start, end] = this.#plan.schema.slice(-2)
    output.push({
      ...expanded,
      columns: [
        ...expanded.columns,
        boundsColumn(start!.type, starts.values, count, 0),
        boundsColumn(end!.type, starts.values, count, this.#math.size),
      ],
    })
  }
}
