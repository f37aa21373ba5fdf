/**
 * GROUP BY, DISTINCT and global aggregates: group keys to dense ids, then state/grouping.ts.
 *
 * EMIT ON UPDATE writes one consolidated delta per epoch. With an expiry, a group whose key the watermark
 * passed is dropped, and rows that come for it later are counted as late. EMIT ON WINDOW CLOSE writes each
 * group once, then.
 */

import { must } from '../../planner/assert.ts'
import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import type { Column } from '../batch/column.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import { gatherBatch } from '../batch/gather.ts'
import type { Compiled } from '../expression/compile.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'
import { Grouping } from '../state/grouping.ts'
import { TimeIndex } from '../state/time-index.ts'
import type { CompiledInputs } from './aggregate-inputs.ts'
import { aggregateSpec, compileInputs, splitWeights } from './aggregate-inputs.ts'
import { deadlineAt, delayedWatermark, selectOpenRows } from './event-time.ts'
import type { Epoch, Operator, Output, Watermark } from './operator.ts'
import { NO_WATERMARK } from './operator.ts'

export type HashAggregatePlan = Extract<PhysicalPlan, { kind: 'hash_aggregate' }>

export class HashAggregate implements Operator {
  readonly #plan: HashAggregatePlan
  readonly compiled: readonly Compiled[]
  readonly #evaluate: CompiledInputs
  readonly #grouping: Grouping
  /** Groups by the watermark at which they are final; only with an expiry. */
  readonly #deadlines: TimeIndex | undefined
  readonly #delay: bigint
  /** Of the groups that are being written. */
  #emission: Generator<void> | undefined
  #watermark: Watermark = NO_WATERMARK
  #lateRows = 0

  constructor(plan: HashAggregatePlan, context: EvaluationContext) {
    this.#plan = plan
    const inputTypes = plan.input.schema.map(field => field.type)
    this.#evaluate = compileInputs(plan.groupBy, plan.aggregates, inputTypes, context)
    this.compiled = [this.#evaluate]
    this.#delay = plan.emit.kind === 'window_close' ? plan.emit.delayMicros : 0n
    this.#deadlines = plan.expiry === undefined ? undefined : new TimeIndex()
    this.#grouping = new Grouping({
      keyTypes: plan.groupBy.map(key => key.type),
      aggregates: plan.aggregates.map(call => aggregateSpec(call, plan.inputAppendOnly, context)),
      emits: plan.emit.kind === 'window_close' ? 'final' : 'changes',
      onNewGroup: plan.expiry === undefined ? undefined : (group, keys) => this.#schedule(group, keys),
      onRemovedGroup: group => this.#deadlines?.remove(group),
    })
  }

  process(_input: number, batch: DeltaBatch): void {
    const rows = splitWeights(batch)
    const { keys, inputs } = this.#evaluate(rows)
    const time = this.#plan.expiry
    if (time !== undefined && this.#watermark !== NO_WATERMARK) {
      const column = must(keys[time.column], 'expiry names a group key')
      const open = new Int32Array(rows.length)
      const count = selectOpenRows(time, column, rows.length, this.#delay, this.#watermark, open)
      this.#lateRows += rows.length - count
      if (count < rows.length) {
        if (count > 0) this.#add(gatherBatch(rows, open, count))
        return
      }
    }
    this.#grouping.add(keys, inputs, rows.weights, rows.length)
  }

  advance(watermark: Watermark, output: Output): Watermark {
    this.#watermark = watermark
    if (this.#deadlines === undefined) return watermark
    this.flush(0, output)
    for (
      let first = this.#deadlines.first();
      first !== undefined && first <= watermark;
      first = this.#deadlines.first()
    ) {
      const groups = Int32Array.from(this.#deadlines.takeFirst())
      if (this.#plan.emit.kind === 'window_close') {
        this.#grouping.read(groups, groups.length, batch => output.push(batch))
      }
      this.#grouping.remove(groups, groups.length)
    }
    return delayedWatermark(watermark, this.#delay)
  }

  prepare(output: Output): boolean {
    if (this.#plan.emit.kind !== 'update') return false
    this.#emission ??= this.#grouping.emission(batch => output.push(batch))
    if (this.#emission.next().done !== true) return true
    this.#emission = undefined
    return false
  }

  flush(_epoch: Epoch, output: Output): void {
    if (this.#plan.emit.kind === 'update') while (this.prepare(output)) {}
    else this.#grouping.takeTouched()
  }

  stateBytes(): number {
    return this.#grouping.byteLength + (this.#deadlines?.byteLength ?? 0)
  }

  lateRows(): number {
    return this.#lateRows
  }

  close(): void {}

  #schedule(group: number, keys: readonly Column[]): void {
    const time = must(this.#plan.expiry, 'only groups that expire are scheduled')
    this.#deadlines!.add(group, deadlineAt(time, keys[time.column]!, group, this.#delay))
  }

  #add(batch: DeltaBatch): void {
    const { keys, inputs } = this.#evaluate(batch)
    this.#grouping.add(keys, inputs, batch.weights, batch.length)
  }
}
