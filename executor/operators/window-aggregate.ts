/**
 * GROUP BY over TUMBLE or HOP. The work per row does not grow with the number of windows a row is in:
 *
 * - 'direct': rows go straight to their window. TUMBLE, and HOP with aggregates that cannot be merged (a
 *   row then goes to each of its windows).
 * - 'merged': HOP. Rows of an epoch are aggregated per slice (window-math.ts) first; the slices are then
 *   merged into the windows that cover them, and the windows' changes are emitted.
 * - 'sliced': HOP with EMIT ON WINDOW CLOSE. Slices are the only state; a closing window is put together
 *   from its slices.
 *
 * A window closes when the watermark reaches its end (plus the delay of EMIT ON WINDOW CLOSE). Its state is
 * dropped then, and rows all of whose windows are closed are counted as late.
 */

import type { Expression } from '../../planner/expression.ts'
import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import type { DataType } from '../../planner/types.ts'
import { timestampType } from '../../planner/types.ts'
import type { Column, Int64Column } from '../batch/column.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import { BATCH_ROWS } from '../batch/delta-batch.ts'
import { gatherBatch, gatherColumns } from '../batch/gather.ts'
import type { Compiled } from '../expression/compile.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'
import type { AggregateSpec } from '../state/aggregate-state.ts'
import { isMergeable } from '../state/aggregate-state.ts'
import { Grouping } from '../state/grouping.ts'
import { TimeIndex } from '../state/time-index.ts'
import type { CompiledInputs, EvaluatedInputs } from './aggregate-inputs.ts'
import { aggregateSpec, compileInputs, splitWeights } from './aggregate-inputs.ts'
import { delayedWatermark } from './event-time.ts'
import type { Epoch, Operator, Output, Watermark } from './operator.ts'
import { boundsColumn, createWindowRows, createWindowStarts, WindowMath } from './window-math.ts'

export type WindowAggregatePlan = Extract<PhysicalPlan, { kind: 'window_aggregate' }>

export class WindowAggregate implements Operator {
  readonly #plan: WindowAggregatePlan
  readonly #math: WindowMath
  readonly compiled: readonly Compiled[]
  readonly #evaluate: CompiledInputs
  readonly #strategy: 'direct' | 'merged' | 'sliced'
  readonly #delay: bigint
  /** By (keys, window start); with strategy 'sliced' only while a window is put together. */
  readonly #windows: Grouping
  /** Open windows' groups by window start; strategies direct and merged. */
  readonly #openWindows = new TimeIndex()
  /** By (keys, slice start); strategies merged and sliced. */
  readonly #slices: Grouping | undefined
  /** Groups of #slices by slice start; strategy sliced. */
  readonly #openSlices = new TimeIndex()
  /** Start of the first window that is open. */
  #firstOpen = -Infinity
  #lateRows = 0

  constructor(plan: WindowAggregatePlan, context: EvaluationContext) {
    this.#plan = plan
    this.#math = new WindowMath(plan.window)
    this.#delay = plan.emit.kind === 'window_close' ? plan.emit.delayMicros : 0n
    const expressions = plan.keys.flatMap((key): Expression[] =>
      key.kind === 'expression' ? [key.expression] : [],
    )
    this.#evaluate = compileInputs(
      expressions,
      plan.aggregates,
      plan.input.schema.map(field => field.type),
      context,
    )
    this.compiled = [this.#evaluate]
    const specs = plan.aggregates.map(call => aggregateSpec(call, plan.inputAppendOnly, context))
    const keyTypes = [...expressions.map(expression => expression.type), timestampType]
    this.#strategy = chooseStrategy(plan, this.#math, specs)
    const timeKey = keyTypes.length - 1
    this.#windows = new Grouping({
      keyTypes,
      aggregates: specs,
      emits: plan.emit.kind === 'window_close' ? 'final' : 'changes',
      onNewGroup:
        plan.closes && this.#strategy !== 'sliced'
          ? (group, keys) => this.#openWindows.add(group, (keys[timeKey] as Int64Column).values[group]!)
          : undefined,
      onRemovedGroup: group => this.#openWindows.remove(group),
    })
    if (this.#strategy === 'direct') return
    this.#slices = new Grouping({
      keyTypes,
      aggregates: specs,
      emits: 'final',
      onNewGroup:
        this.#strategy === 'sliced'
          ? (group, keys) => this.#openSlices.add(group, (keys[timeKey] as Int64Column).values[group]!)
          : undefined,
    })
  }

  process(_input: number, batch: DeltaBatch): void {
    const selected = createWindowRows(batch.length)
    const time = batch.columns[this.#plan.window.timeColumn]!
    this.#math.assignSlices(time, batch.length, this.#firstOpen, selected)
    this.#lateRows += selected.late
    if (selected.count === 0) return
    const rows = selected.count === batch.length ? batch : gatherBatch(batch, selected.rows, selected.count)
    this.#add(splitRows(rows, selected.times))
  }

  advance(watermark: Watermark, output: Output): Watermark {
    if (!this.#plan.closes) return watermark
    this.#emit(output)
    const firstOpen = this.#math.firstOpenWindow(watermark, this.#delay)
    if (firstOpen > this.#firstOpen) {
      if (this.#slices !== undefined && this.#strategy === 'sliced')
        this.#closeSliced(this.#slices, firstOpen, output)
      else this.#closeWindows(firstOpen, output)
      this.#firstOpen = firstOpen
    }
    return delayedWatermark(watermark, this.#delay)
  }

  flush(_epoch: Epoch, output: Output): void {
    this.#emit(output)
  }

  stateBytes(): number {
    return (
      this.#windows.byteLength +
      this.#openWindows.byteLength +
      this.#openSlices.byteLength +
      (this.#slices?.byteLength ?? 0)
    )
  }

  lateRows(): number {
    return this.#lateRows
  }

  close(): void {}

  /** Adds rows with the slice of each. */
  #add({ batch, slices }: SlicedRows): void {
    const evaluated = this.#evaluate(batch)
    const target = this.#slices ?? this.#windows
    if (this.#slices !== undefined || this.#math.windowsPerRow === 1) {
      target.add(
        [...evaluated.keys, timeColumn(slices, batch.length)],
        evaluated.inputs,
        batch.weights,
        batch.length,
      )
      return
    }
    const step = Math.max(1, Math.floor((BATCH_ROWS * 8) / this.#math.windowsPerRow))
    for (let start = 0; start < batch.length; start += step) {
      this.#addToEachWindow(evaluated, batch.weights, slices, start, Math.min(start + step, batch.length))
    }
  }

  /** Strategy direct with HOP: rows [start, end), once for each of their open windows. */
  #addToEachWindow(
    evaluated: EvaluatedInputs,
    weights: Int32Array | undefined,
    slices: BigInt64Array,
    start: number,
    end: number,
  ): void {
    const pairs = this.#windowsOf(slices, start, end)
    const pick = (columns: readonly Column[]) => gatherColumns(columns, pairs.rows, pairs.count)
    this.#windows.add(
      [...pick(evaluated.keys), timeColumn(pairs.windows, pairs.count)],
      evaluated.inputs.map(({ args, filter }) => ({
        args: pick(args),
        filter: filter === undefined ? undefined : pick([filter])[0]!,
      })),
      weights === undefined ? undefined : pairs.rows.subarray(0, pairs.count).map(row => weights[row]!),
      pairs.count,
    )
  }

  /** Each of the slices [start, end) with each open window that covers it. */
  #windowsOf(slices: BigInt64Array, start: number, end: number): WindowPairs {
    const rows = new Int32Array((end - start) * this.#math.windowsPerRow)
    const windows = createWindowStarts(rows.length)
    let count = 0
    for (let row = start; row < end; row++) {
      const first = count
      count = this.#math.windowsOf(slices[row]!, this.#firstOpen, windows, count)
      rows.fill(row, first, count)
    }
    return { rows, windows: windows.values, count }
  }

  #emit(output: Output): void {
    if (this.#strategy === 'merged' && this.#slices !== undefined) this.#mergeSlices(this.#slices)
    else this.#slices?.takeTouched()
    if (this.#plan.emit.kind === 'update') this.#windows.emit(batch => output.push(this.#shape(batch)))
    else this.#windows.takeTouched()
  }

  /** Strategy merged: this epoch's slices into the windows. */
  #mergeSlices(slices: Grouping): void {
    const touched = slices.takeTouched()
    if (touched.length === 0) return
    const step = Math.max(1, Math.floor(BATCH_ROWS / this.#math.windowsPerRow))
    for (let start = 0; start < touched.length; start += step) {
      const groups = touched.subarray(start, Math.min(start + step, touched.length))
      const keys = slices.keysOf(groups, groups.length)
      const times = (keys.pop() as Int64Column).values
      const pairs = this.#windowsOf(times, 0, groups.length)
      const windowKeys = [
        ...gatherColumns(keys, pairs.rows, pairs.count),
        timeColumn(pairs.windows, pairs.count),
      ]
      const from = pairs.rows.subarray(0, pairs.count).map(row => groups[row]!)
      this.#windows.merge(windowKeys, slices.state, from, pairs.count)
    }
    slices.reset(touched)
  }

  /** Strategies direct and merged: writes (EMIT ON WINDOW CLOSE) and drops windows before `firstOpen`. */
  #closeWindows(firstOpen: number, output: Output): void {
    for (
      let start = this.#openWindows.first();
      start !== undefined && Number(start) < firstOpen;
      start = this.#openWindows.first()
    ) {
      const groups = Int32Array.from(this.#openWindows.takeFirst())
      if (this.#plan.emit.kind === 'window_close') {
        this.#windows.read(groups, groups.length, batch => output.push(this.#shape(batch)))
      }
      this.#windows.remove(groups, groups.length)
    }
  }

  /** Strategy sliced: the windows before `firstOpen` one by one, skipping times without rows. */
  #closeSliced(slices: Grouping, firstOpen: number, output: Output): void {
    let closed = this.#firstOpen
    for (;;) {
      const first = this.#openSlices.first()
      if (first === undefined) return
      const window = Math.max(closed, this.#math.firstWindow(Number(first)))
      if (window >= firstOpen) return
      this.#closeWindow(slices, window, output)
      closed = window + this.#math.slide
      for (
        let slice = this.#openSlices.first();
        slice !== undefined && Number(slice) < closed;
        slice = this.#openSlices.first()
      ) {
        const groups = Int32Array.from(this.#openSlices.takeFirst())
        slices.remove(groups, groups.length)
      }
    }
  }

  #closeWindow(slices: Grouping, window: number, output: Output): void {
    for (let slice = window; slice < window + this.#math.size; slice += this.#math.slice) {
      const groups = Int32Array.from(this.#openSlices.idsAt(BigInt(slice)))
      if (groups.length === 0) continue
      const keys = slices.keysOf(groups, groups.length).slice(0, -1)
      const windows = new BigInt64Array(groups.length).fill(BigInt(window))
      this.#windows.merge([...keys, timeColumn(windows, groups.length)], slices.state, groups, groups.length)
    }
    const touched = this.#windows.takeTouched()
    this.#windows.read(touched, touched.length, batch => output.push(this.#shape(batch)))
    this.#windows.reset(touched)
  }

  /** Grouping's columns (keys, window start, aggregates) as the plan's. */
  #shape(batch: DeltaBatch): DeltaBatch {
    const keyCount = batch.columns.length - this.#plan.aggregates.length - 1
    const { values } = batch.columns[keyCount] as Int64Column
    let next = 0
    const keys = this.#plan.keys.map((key, index) => {
      if (key.kind === 'expression') return batch.columns[next++]!
      const shift = key.kind === 'window_end' ? this.#math.size : 0
      return boundsColumn(this.#plan.schema[index]!.type, values, batch.length, shift)
    })
    return { ...batch, columns: [...keys, ...batch.columns.slice(keyCount + 1)] }
  }
}

interface WindowPairs {
  readonly rows: Int32Array
  readonly windows: BigInt64Array
  readonly count: number
}

interface SlicedRows {
  readonly batch: DeltaBatch
  readonly slices: BigInt64Array
}

function chooseStrategy(
  plan: WindowAggregatePlan,
  math: WindowMath,
  specs: readonly AggregateSpec[],
): 'direct' | 'merged' | 'sliced' {
  if (math.windowsPerRow === 1 || !specs.every(isMergeable)) return 'direct'
  return plan.emit.kind === 'window_close' ? 'sliced' : 'merged'
}

/** The rows with weights that aggregates accept; see splitWeights. */
function splitRows(batch: DeltaBatch, slices: BigInt64Array): SlicedRows {
  if (batch.weights === undefined) return { batch, slices }
  const withSlices = { ...batch, columns: [...batch.columns, timeColumn(slices, batch.length)] }
  const split = splitWeights(withSlices)
  if (split === withSlices) return { batch, slices }
  return {
    batch: { ...split, columns: split.columns.slice(0, -1) },
    slices: (split.columns.at(-1) as Int64Column).values,
  }
}

function timeColumn(values: BigInt64Array, length: number): Column {
  const type: DataType = timestampType
  return { type, layout: 'int64', length, validity: undefined, values }
}
