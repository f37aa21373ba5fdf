/**
 * The state of all aggregates of a query for all groups, by group id: one row of 64-bit cells per group in
 * one buffer, and the structures of those accumulators that need more.
 *
 * Cell 0 is how many rows the group has; cell 1 holds the number of the last round of changes that touched
 * it. The cells of the word accumulators follow. Their update code is fused into one generated loop over
 * the rows; a DISTINCT call has a loop of its own over the rows that became present or absent.
 */

import type { BoolColumn, Column } from '../batch/column.ts'
import type { KeyLibrary } from '../batch/key-library.ts'
import { keyLibrary } from '../batch/key-library.ts'
import { keySource } from '../batch/row-hash.ts'
import { compileFunction } from '../expression/codegen.ts'
import type {
  Accumulator,
  AggregateFunction,
  AggregateSite,
  GroupAccumulator,
  GroupWords,
  WordAccumulator,
} from '../functions/aggregates/aggregate-function.ts'
import type { Transitions } from './group-rows.ts'
import { createTransitions, GroupRows, selectRows } from './group-rows.ts'
import { grownCapacity } from './stored-column.ts'

/** Cells before those of the accumulators: how many rows, and when last touched. */
const HEADER_CELLS = 2
const ROWS_CELL = 0

/** One aggregate call. */
export interface AggregateSpec {
  readonly function: AggregateFunction
  readonly site: AggregateSite
  readonly filtered: boolean
}

/** The evaluated inputs of one call for a batch. */
export interface AggregateInput {
  /** Arguments, then the keys of ORDER BY. */
  readonly args: readonly Column[]
  /** bool; rows where it is not true are left out. */
  readonly filter: Column | undefined
}

interface Call {
  readonly spec: AggregateSpec
  readonly accumulator: Accumulator
  /** Offset of its first cell, of word accumulators. */
  readonly cell: number
  readonly distinct: GroupRows | undefined
}

/** True when the states of two sets of rows can be combined into that of their union. */
export function isMergeable(spec: AggregateSpec): boolean {
  return !spec.site.distinct && spec.function.create(spec.site).kind === 'words'
}

export class AggregateState {
  readonly #calls: readonly Call[]
  readonly #accumulators: readonly Accumulator[]
  /** Calls that the loop over all rows adds to. */
  readonly #fused: readonly number[]
  /**
   * Loops by which inputs have NULLs; a cache before that of compileFunction, which needs the whole source
   * as its key.
   */
  readonly #kernels = new Map<string, UpdateKernel>()
  readonly #stride: number
  #capacity = 0
  #words: GroupWords

  constructor(specs: readonly AggregateSpec[]) {
    const calls: Call[] = []
    let cells = HEADER_CELLS
    for (const spec of specs) {
      const accumulator = spec.function.create(spec.site)
      const distinct =
        spec.site.distinct && accumulatesDuplicates(spec)
          ? new GroupRows([...spec.site.args, ...spec.site.orderBy.map(order => order.type)], 'equal')
          : undefined
      const isRowCount = accumulator.kind === 'words' && accumulator.countsRows === true && !spec.filtered
      calls.push({ spec, accumulator, cell: isRowCount ? ROWS_CELL : cells, distinct })
      if (accumulator.kind === 'words' && !isRowCount) cells += accumulator.cells
    }
    this.#calls = calls
    this.#accumulators = calls.map(call => call.accumulator)
    this.#fused = [...calls.keys()].filter(index => isFused(calls[index]!))
    this.#stride = cells
    this.#words = viewsOf(new ArrayBuffer(0), this.#stride)
  }

  get byteLength(): number {
    let bytes = this.#words.f.byteLength
    for (const call of this.#calls) {
      if (call.accumulator.kind === 'groups') bytes += call.accumulator.byteLength
      bytes += call.distinct?.byteLength ?? 0
    }
    return bytes
  }

  /** Makes group ids below `end` usable. */
  reserve(end: number): void {
    if (end <= this.#capacity) return
    this.#capacity = grownCapacity(this.#capacity, end)
    const grown = viewsOf(new ArrayBuffer(this.#capacity * this.#stride * 8), this.#stride)
    grown.i.set(this.#words.i)
    this.#words = grown
  }

  /** How many rows the group has. */
  rowsOf(group: number): number {
    return this.#words.f[group * this.#stride]!
  }

  /**
   * Notes which of `groups` had not been touched in `round` (> 0) yet. Writes those that were never touched
   * before to `fresh` and the others to `known`.
   */
  touch(groups: Int32Array, count: number, round: number, fresh: GroupList, known: GroupList): void {
    touchGroups(this.#words.i, this.#stride, groups, count, round, fresh, known)
  }

  /** As touch of all groups below `end`, none of which was touched before. */
  touchAll(end: number, round: number, fresh: GroupList): void {
    fresh.reserve(end)
    const { i } = this.#words
    for (let group = 0; group < end; group++) {
      i[(group * this.#stride + 1) * 2] = round
      fresh.ids[fresh.count++] = group
    }
  }

  /** Adds row k of the inputs to groups[k] with weights[k] (1). Weights are at most 2^20 in size. */
  update(
    inputs: readonly AggregateInput[],
    groups: Int32Array,
    weights: Int32Array | undefined,
    count: number,
  ): void {
    this.#updateFused(inputs, groups, weights, count)
    for (const [index, call] of this.#calls.entries()) {
      const input = inputs[index]!
      if (call.distinct !== undefined)
        this.#updateDistinct(call, call.distinct, input, groups, weights, count)
      else if (call.accumulator.kind === 'groups')
        updateGroups(call.accumulator, input, groups, weights, count)
    }
  }

  /** Adds the groups fromGroups[k] of another state with the same, mergeable calls to intoGroups[k]. */
  merge(from: AggregateState, fromGroups: Int32Array, intoGroups: Int32Array, count: number): void {
    const source = mergeSource(this.#calls, this.#stride)
    const kernel = compileFunction<MergeKernel>(
      ['into', 'from', 'own', 'others', 'fromGroups', 'intoGroups', 'count'],
      source,
    )
    kernel(
      this.#words,
      from.#words,
      this.#calls.map(call => call.accumulator),
      from.#calls.map(call => call.accumulator),
      fromGroups,
      intoGroups,
      count,
    )
  }

  /** The aggregates' values for these groups, one column per call. */
  results(groups: Int32Array, count: number): Column[] {
    return this.#calls.map(call => this.#finish(call, groups, count))
  }

  /** `results`, a step at a time; no row may come meanwhile. */
  *finishing(groups: Int32Array, count: number): Generator<void, Column[]> {
    const columns: Column[] = []
    for (const call of this.#calls) {
      const { accumulator } = call
      const steps = accumulator.kind === 'groups' ? accumulator.finishing?.(groups, count) : undefined
      columns.push(steps === undefined ? this.#finish(call, groups, count) : yield* steps)
    }
    return columns
  }

  #finish({ accumulator, cell }: Call, groups: Int32Array, count: number): Column {
    return accumulator.kind === 'words'
      ? accumulator.finish(this.#words, cell, groups, count)
      : accumulator.finish(groups, count)
  }

  /** Forgets the groups: their ids may stand for other groups afterwards. */
  clear(groups: Int32Array, count: number): void {
    const { i } = this.#words
    const stride = this.#stride * 2
    for (let index = 0; index < count; index++)
      i.fill(0, groups[index]! * stride, (groups[index]! + 1) * stride)
    for (const { accumulator, distinct } of this.#calls) {
      accumulator.clear?.(groups, count)
      distinct?.clear(groups, count)
    }
  }

  #updateFused(
    inputs: readonly AggregateInput[],
    groups: Int32Array,
    weights: Int32Array | undefined,
    count: number,
  ): void {
    const kernel = this.#kernel(this.#fused, inputs, weights !== undefined, true)
    kernel(keyLibrary, this.#words, inputs, this.#accumulators, undefined, groups, weights, count)
  }

  #kernel(
    indexes: readonly number[],
    inputs: readonly AggregateInput[],
    weighted: boolean,
    counts: boolean,
  ): UpdateKernel {
    let key = `${weighted}${counts}${indexes.length === 1 ? indexes[0] : ''}`
    for (const index of indexes) {
      const { args, filter } = inputs[index]!
      for (const arg of args) key += arg.validity === undefined ? '.' : 'n'
      if (filter !== undefined) key += filter.validity === undefined ? '.' : 'n'
    }
    let kernel = this.#kernels.get(key)
    if (kernel === undefined) {
      kernel = updateKernel(this.#calls, indexes, inputs, this.#stride, weighted, counts)
      this.#kernels.set(key, kernel)
    }
    return kernel
  }

  #updateDistinct(
    call: Call,
    present: GroupRows,
    input: AggregateInput,
    groups: Int32Array,
    weights: Int32Array | undefined,
    count: number,
  ): void {
    const selected = selectInput(input, groups, weights, count)
    const rows = selectRows(input.args, selected.rows, selected.count)
    const changes = createTransitions(selected.count)
    present.update(rows, selected.groups, selected.weights, selected.count, changes)
    this.#addTransitions(call, present.columns, changes)
    present.dropEmptied()
  }

  /** Accumulates the values as they were stored, so that what is taken out is what was put in. */
  #addTransitions(call: Call, args: readonly Column[], changes: Transitions): void {
    if (call.accumulator.kind === 'groups') {
      call.accumulator.update(args, changes.entries, changes.groups, changes.weights, changes.count)
      return
    }
    const index = this.#calls.indexOf(call)
    const inputs: AggregateInput[] = []
    inputs[index] = { args, filter: undefined }
    const kernel = this.#kernel([index], inputs, true, false)
    const { entries, groups, weights, count } = changes
    kernel(keyLibrary, this.#words, inputs, this.#accumulators, entries, groups, weights, count)
  }
}

/** Word accumulators over all rows; one that counts them has nothing to add. */
function isFused(call: Call): boolean {
  return call.accumulator.kind === 'words' && call.distinct === undefined && call.cell !== ROWS_CELL
}

/** A growing list of group ids. */
export class GroupList {
  ids = new Int32Array(64)
  count = 0

  reserve(more: number): void {
    if (this.count + more <= this.ids.length) return
    const grown = new Int32Array(grownCapacity(this.ids.length, this.count + more))
    grown.set(this.ids)
    this.ids = grown
  }
}

function touchGroups(
  i: Int32Array,
  stride: number,
  groups: Int32Array,
  count: number,
  round: number,
  fresh: GroupList,
  known: GroupList,
): void {
  fresh.reserve(count)
  known.reserve(count)
  const freshIds = fresh.ids
  const knownIds = known.ids
  let freshCount = fresh.count
  let knownCount = known.count
  for (let row = 0; row < count; row++) {
    const group = groups[row]!
    const at = (group * stride + 1) * 2
    const last = i[at]!
    if (last === round) continue
    i[at] = round
    if (last === 0) freshIds[freshCount++] = group
    else knownIds[knownCount++] = group
  }
  fresh.count = freshCount
  known.count = knownCount
}

/** min and max of distinct values are those of all values; the index would only cost. */
function accumulatesDuplicates(spec: AggregateSpec): boolean {
  return spec.function.name !== 'min' && spec.function.name !== 'max'
}

function viewsOf(buffer: ArrayBuffer, stride: number): GroupWords {
  return { f: new Float64Array(buffer), i: new Int32Array(buffer), l: new BigInt64Array(buffer), stride }
}

function updateGroups(
  accumulator: GroupAccumulator,
  input: AggregateInput,
  groups: Int32Array,
  weights: Int32Array | undefined,
  count: number,
): void {
  const selected = selectInput(input, groups, weights, count)
  accumulator.update(input.args, selected.rows, selected.groups, selected.weights, selected.count)
}

/** The rows that pass the call's FILTER, with their groups and weights. */
function selectInput(
  input: AggregateInput,
  groups: Int32Array,
  weights: Int32Array | undefined,
  count: number,
) {
  if (input.filter === undefined) return { rows: undefined, groups, weights, count }
  const { values, validity } = input.filter as BoolColumn
  const rows = new Int32Array(count)
  let selected = 0
  for (let row = 0; row < count; row++) {
    if (values[row] === 0) continue
    if (validity !== undefined && (validity[row >> 3]! & (1 << (row & 7))) === 0) continue
    rows[selected++] = row
  }
  const pick = (source: Int32Array) => rows.subarray(0, selected).map(row => source[row]!)
  return {
    rows,
    groups: pick(groups),
    weights: weights === undefined ? undefined : pick(weights),
    count: selected,
  }
}

type UpdateKernel = (
  lib: KeyLibrary,
  words: GroupWords,
  inputs: readonly AggregateInput[],
  accumulators: readonly Accumulator[],
  rows: Int32Array | undefined,
  groups: Int32Array,
  weights: Int32Array | undefined,
  count: number,
) => void

/** The loop that adds rows to the calls `indexes`; with `counts` also to the number of rows of the group. */
function updateKernel(
  calls: readonly Call[],
  indexes: readonly number[],
  inputs: readonly AggregateInput[],
  stride: number,
  weighted: boolean,
  counts: boolean,
): UpdateKernel {
  const declarations: string[] = []
  const steps: string[] = []
  for (const index of indexes) {
    const input = inputs[index]!
    declarations.push(declareInput(index, input, calls[index]!.spec))
    steps.push(updateStep(index, calls[index]!, input, weighted))
  }
  const parameters = ['lib', 'words', 'inputs', 'accumulators', 'rows', 'groups', 'weights', 'count']
  return compileFunction<UpdateKernel>(
    parameters,
    `
const f = words.f, i = words.i, l = words.l
${declarations.join('\n')}
for (let index = 0; index < count; index++) {
  const row = ${counts ? 'index' : 'rows[index]'}, group = groups[index]
  const base = Math.imul(group, ${stride})
  ${weighted ? 'const weight = weights[index]' : ''}
  ${counts ? `f[base] += ${weighted ? 'weight' : '1'}` : ''}
${steps.join('\n')}
}`,
  )
}

function declareInput(index: number, input: AggregateInput, spec: AggregateSpec): string {
  const args = spec.site.args.length
  return [
    `const args${index} = inputs[${index}].args, self${index} = accumulators[${index}]`,
    keySource(input.args.slice(0, args).map(arg => arg.type)).declare(`args${index}`, `x${index}_`),
    input.filter === undefined
      ? ''
      : `const y${index} = inputs[${index}].filter, y${index}v = y${index}.values, ` +
        `y${index}n = y${index}.validity`,
  ].join('\n')
}

function updateStep(index: number, call: Call, input: AggregateInput, weighted: boolean): string {
  const conditions: string[] = []
  if (input.filter !== undefined) {
    conditions.push(`y${index}v[row] === 1`)
    if (input.filter.validity !== undefined) conditions.push(validAt(`y${index}n`))
  }
  for (let arg = 0; arg < call.spec.site.args.length; arg++) {
    if (input.args[arg]!.validity !== undefined) conditions.push(validAt(`x${index}_${arg}n`))
  }
  const update = (call.accumulator as WordAccumulator).update({
    cell: cell => cellAt('base', call.cell + cell),
    arg: arg => `x${index}_${arg}`,
    row: 'row',
    weight: weighted ? 'weight' : '1',
    group: 'group',
    self: `self${index}`,
  })
  return `  ${conditions.length === 0 ? '' : `if (${conditions.join(' && ')}) `}{
${update}
  }`
}

/** Index of a cell. Math.imul and | 0 save V8's checks for overflow. */
function cellAt(base: string, cell: number): string {
  return `(${base} + ${cell} | 0)`
}

function validAt(bitmap: string): string {
  return `(${bitmap}[row >> 3] & (1 << (row & 7))) !== 0`
}

type MergeKernel = (
  into: GroupWords,
  from: GroupWords,
  own: readonly Accumulator[],
  others: readonly Accumulator[],
  fromGroups: Int32Array,
  intoGroups: Int32Array,
  count: number,
) => void

function mergeSource(calls: readonly Call[], stride: number): string {
  const steps = calls.map((call, index) => (call.cell === ROWS_CELL ? '' : mergeStep(call, index)))
  return `
const f = into.f, i = into.i, l = into.l, sf = from.f, si = from.i, sl = from.l
for (let index = 0; index < count; index++) {
  const group = intoGroups[index], fromGroup = fromGroups[index]
  const base = Math.imul(group, ${stride}), fromBase = Math.imul(fromGroup, ${stride})
  f[base] += sf[fromBase]
${steps.join('\n')}
}`
}

function mergeStep({ accumulator, cell }: Call, index: number): string {
  const merge = (accumulator as WordAccumulator).merge({
    cell: offset => cellAt('base', cell + offset),
    from: offset => cellAt('fromBase', cell + offset),
    group: 'group',
    fromGroup: 'fromGroup',
    self: `own[${index}]`,
    other: `others[${index}]`,
  })
  return `{\n${merge}\n}`
}
