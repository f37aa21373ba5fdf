/**
 * Expressions to batch kernels: one generated loop per projection or predicate, specialised for which input
 * columns have NULLs and which share a buffer. Variants are made when a batch of their shape first comes;
 * equal source is compiled once (codegen.ts), whatever the parameters. Wide expressions call functions that
 * were cut out of them (parts.ts).
 *
 * A row that fails ends the loop with its number. Under the 'throw' policy the error goes on; else the batch
 * is computed again one expression at a time, each loop going on behind the rows that fail, which become
 * NULL.
 */

import { must } from '../../planner/assert.ts'
import type { Expression } from '../../planner/expression.ts'
import { childrenOf } from '../../planner/expression-tree.ts'
import type { DataType } from '../../planner/types.ts'
import type { BytesColumn, Column } from '../batch/column.ts'
import { readValue } from '../batch/column-reader.ts'
import { type DeltaBatch, deltaBatch } from '../batch/delta-batch.ts'
import { gatherColumn } from '../batch/gather.ts'
import { toSqlValue } from '../batch/value-codec.ts'
import { isRelabelOnly } from './cast.ts'
import { compileFunction } from './codegen.ts'
import { type Cuts, FUNCTION_SIZE_MAX } from './cuts.ts'
import { emit } from './emit.ts'
import { emitCondition } from './emit-control.ts'
import type { EvaluationContext, SqlValue } from './evaluation-context.ts'
import { type InputShape, Kernel } from './kernel.ts'
import { createOutput, emitStore, finishOutput, type OutputColumn, setNull } from './output-column.ts'
import { Parts } from './parts.ts'
import type { TextArena } from './text-arena.ts'
import { parseLiteral } from './text-format.ts'

/** Shapes beyond this many share the variant that assumes NULLs and separate buffers everywhere. */
const VARIANTS_MAX = 8

/** What a loop leaves for its continuation behind a failed row. */
interface LoopState {
  /** The row that failed. */
  row: number
  /** Text computed so far. */
  arena: TextArena | undefined
  /** The input rows, where a projection is over a selection. */
  readonly rows: Int32Array | undefined
}

/** Code of wide expressions: made a part at a time, so that the caller may pause, or when first needed. */
export interface Compiled {
  compile(): Generator<void>
  /** Evaluating a single row may take long. */
  readonly isWide: boolean
}

export interface CompiledProjection extends Compiled {
  (batch: DeltaBatch, selection?: RowSelection): Column[]
}

export interface CompiledPredicate extends Compiled {
  (batch: DeltaBatch, selection: Int32Array): number
}

/** Some rows of a batch: rows[0 .. count). */
export interface RowSelection {
  readonly rows: Int32Array
  readonly count: number
}

type Loop<Target> = (
  columns: readonly Column[],
  from: number,
  to: number,
  outputs: Target,
  constants: readonly unknown[],
  state: LoopState,
) => number

interface Variant<Target> {
  readonly run: Loop<Target>
  readonly constants: readonly unknown[]
}

const parameterNames = ['columns', 'from', 'to', 'outputs', 'constants', 'state']

/**
 * The columns of a projection over any batch of `inputTypes`, or over a selection of its rows, which saves
 * copying them first. Columns that are only passed through are not copied.
 */
export function compileProjection(
  expressions: readonly Expression[],
  inputTypes: readonly DataType[],
  context: EvaluationContext,
): CompiledProjection {
  const sources = expressions.map(passThroughColumn)
  const computed = expressions.filter((_, index) => sources[index] === undefined)
  const parts = new Parts(computed, inputTypes, context)
  const projection = new Projection(computed, inputTypes, context, parts)
  const run = (batch: DeltaBatch, selection?: RowSelection): Column[] => {
    const fresh = computed.length === 0 ? [] : projection.run(batch, selection)
    let next = 0
    return expressions.map((expression, index) => {
      const source = sources[index]
      if (source === undefined) return fresh[next++]!
      const whole = batch.columns[source]!
      const column = selection === undefined ? whole : gatherColumn(whole, selection.rows, selection.count)
      return column.type === expression.type ? column : { ...column, type: expression.type }
    })
  }
  return withParts(run, parts)
}

/**
 * Writes the indexes of rows where the predicate is true into `selection` (of at least batch.length);
 * returns how many.
 */
export function compilePredicate(
  predicate: Expression,
  inputTypes: readonly DataType[],
  context: EvaluationContext,
): CompiledPredicate {
  const parts = new Parts([predicate], inputTypes, context)
  const variants = new Variants<Selection>(inputTypes, [predicate], context, parts, kernel => {
    kernel.source.head('const selected = outputs.rows')
    kernel.source.head('let count = outputs.count')
    const condition = emitCondition(kernel, predicate)
    kernel.source.line('selected[count] = row')
    // Not a branch: on random values it would be mispredicted every other row.
    kernel.source.line(`count += (${condition}) & 1`)
    kernel.source.tail('outputs.count = count')
  })
  const run = (batch: DeltaBatch, rows: Int32Array): number => {
    const target: Selection = { rows, count: 0 }
    const { onError } = context
    runTolerantly(variants.forBatch(batch), batch, undefined, target, (_, error) => {
      if (onError === 'throw') throw error
      onError(error)
    })
    return target.count
  }
  return withParts(run, parts)
}

function withParts<Run extends object>(run: Run, parts: Parts): Run & Compiled {
  return Object.assign(run, { compile: () => parts.compile(), isWide: parts.cuts.parts.size > 0 })
}

/** The value of an expression without columns. */
export function evaluateConstant(expression: Expression, context: EvaluationContext): SqlValue {
  // No code for what is a value already.
  if (expression.kind === 'parameter') return context.parameters[expression.index] ?? null
  if (expression.kind === 'literal') {
    const value = parseLiteral(expression, context)
    return value === null ? null : toSqlValue(expression.type, value)
  }
  const throwing: EvaluationContext = context.onError === 'throw' ? context : { ...context, onError: 'throw' }
  const [column] = compileProjection([expression], [], throwing)(deltaBatch([], 1))
  return readValue(must(column, 'one column per expression'), 0)
}

/** The generated source for input without NULLs, as EXPLAIN (CODEGEN) prints it. */
export function explainCode(
  expressions: readonly Expression[],
  inputTypes: readonly DataType[],
  context: EvaluationContext = explainContext,
): string {
  const computed = expressions.filter(expression => passThroughColumn(expression) === undefined)
  const shape: InputShape = { nullable: () => false, buffer: column => column }
  const parts = new Parts(computed, inputTypes, context)
  return generate(inputTypes, shape, context, parts, kernel => storeAll(kernel, computed)).body
}

const explainContext: EvaluationContext = {
  timeZone: 'UTC',
  transactionTimestamp: 0n,
  statementTimestamp: 0n,
  parameters: [],
  settings: new Map(),
  onError: 'throw',
}

interface Selection {
  readonly rows: Int32Array
  count: number
}

/** Fused loops over several expressions each, with the way back when a row fails. */
class Projection {
  readonly #expressions: readonly Expression[]
  readonly #inputTypes: readonly DataType[]
  readonly #context: EvaluationContext
  readonly #parts: Parts
  readonly #fused: readonly FusedLoop[]
  /** One per expression, made when a row first fails. */
  #single: readonly Variants<readonly OutputColumn[]>[] | undefined

  constructor(
    expressions: readonly Expression[],
    inputTypes: readonly DataType[],
    context: EvaluationContext,
    parts: Parts,
  ) {
    this.#expressions = expressions
    this.#inputTypes = inputTypes
    this.#context = context
    this.#parts = parts
    this.#fused = loopsOf(expressions, parts.cuts).map(([start, end]) => {
      return { start, end, variants: this.#variants(expressions.slice(start, end)) }
    })
  }

  run(batch: DeltaBatch, selection: RowSelection | undefined): Column[] {
    const length = selection === undefined ? batch.length : selection.count
    const outputs = this.#expressions.map(expression => createOutput(expression.type, length, this.#context))
    try {
      for (const { start, end, variants } of this.#fused) {
        const { run, constants } = variants.forBatch(batch, selection !== undefined)
        const state: LoopState = { row: 0, arena: undefined, rows: selection?.rows }
        run(batch.columns, 0, length, outputs.slice(start, end), constants, state)
      }
    } catch (error) {
      if (this.#context.onError === 'throw') throw error
      return this.#runSeparately(batch, selection, this.#context.onError)
    }
    return outputs.map(finishOutput)
  }

  /** Each expression by itself, so that a row is NULL only where its own expression fails. */
  #runSeparately(
    batch: DeltaBatch,
    selection: RowSelection | undefined,
    onError: (error: Error) => void,
  ): Column[] {
    this.#single ??= this.#expressions.map(expression => this.#variants([expression]))
    const errors = new Map<number, Error>()
    const length = selection === undefined ? batch.length : selection.count
    const columns = this.#expressions.map((expression, index) => {
      const output = createOutput(expression.type, length, this.#context)
      const variant = this.#single![index]!.forBatch(batch, selection !== undefined)
      runTolerantly(variant, batch, selection, [output], (row, error) => {
        setNull(output, row)
        if (!errors.has(row)) errors.set(row, error)
      })
      return finishOutput(output)
    })
    for (const row of [...errors.keys()].sort((left, right) => left - right)) onError(errors.get(row)!)
    return columns
  }

  #variants(expressions: readonly Expression[]): Variants<readonly OutputColumn[]> {
    const write = (kernel: Kernel): void => storeAll(kernel, expressions)
    return new Variants(this.#inputTypes, expressions, this.#context, this.#parts, write)
  }
}

/** The loop of the expressions from `start` to before `end`. */
interface FusedLoop {
  readonly start: number
  readonly end: number
  readonly variants: Variants<readonly OutputColumn[]>
}

/** Where to cut expressions into loops that V8 optimises: it leaves functions alone that are too long. */
function loopsOf(
  expressions: readonly Expression[],
  cuts: Cuts,
): readonly (readonly [start: number, end: number])[] {
  const loops: [number, number][] = []
  let size = FUNCTION_SIZE_MAX
  for (const [index, expression] of expressions.entries()) {
    const own = cuts.sizeOf(expression)
    if (size + own > FUNCTION_SIZE_MAX) {
      loops.push([index, index])
      size = 0
    }
    size += own
    loops.at(-1)![1] = index + 1
  }
  return loops
}

/** Runs the loop over all rows, again behind each row that fails. */
function runTolerantly<Target>(
  { run, constants }: Variant<Target>,
  batch: DeltaBatch,
  selection: RowSelection | undefined,
  target: Target,
  onFailedRow: (row: number, error: Error) => void,
): void {
  const state: LoopState = { row: 0, arena: undefined, rows: selection?.rows }
  const length = selection === undefined ? batch.length : selection.count
  for (let from = 0; from < length; from = state.row + 1) {
    try {
      run(batch.columns, from, length, target, constants, state)
      return
    } catch (error) {
      onFailedRow(state.row, error as Error)
    }
  }
}

/** The compiled variants of one kernel, by the shape of the input. */
class Variants<Target> {
  readonly #inputTypes: readonly DataType[]
  readonly #context: EvaluationContext
  readonly #parts: Parts
  readonly #write: (kernel: Kernel) => void
  readonly #columns: readonly number[]
  readonly #byShape = new Map<string, Variant<Target>>()

  constructor(
    inputTypes: readonly DataType[],
    expressions: readonly Expression[],
    context: EvaluationContext,
    parts: Parts,
    write: (kernel: Kernel) => void,
  ) {
    this.#inputTypes = inputTypes
    this.#context = context
    this.#parts = parts
    this.#write = write
    this.#columns = referencedColumns(expressions)
  }

  forBatch(batch: DeltaBatch, selected = false): Variant<Target> {
    const key = (selected ? 's' : '') + this.#shapeKey(batch)
    const known = this.#byShape.get(key)
    if (known !== undefined) return known
    const generalKey = selected ? 's general' : 'general'
    const general = this.#byShape.get(generalKey)
    if (general !== undefined) return general
    const isFull = this.#byShape.size >= VARIANTS_MAX - 1
    const shape = isFull
      ? { nullable: () => true, buffer: (column: number) => column, selected }
      : { ...this.#shape(batch), selected }
    const { body, constants } = generate(this.#inputTypes, shape, this.#context, this.#parts, this.#write)
    const variant = { run: compileFunction<Loop<Target>>(parameterNames, body), constants }
    this.#byShape.set(isFull ? generalKey : key, variant)
    return variant
  }

  /** Per referenced column: has NULLs; the first column with the same buffer. */
  #shapeKey(batch: DeltaBatch): string {
    let key = ''
    for (const index of this.#columns) {
      const column = batch.columns[index]!
      key += column.validity === undefined ? '.' : 'n'
      if (column.layout === 'bytes') key += this.#buffer(batch, index)
    }
    return key
  }

  #shape(batch: DeltaBatch): InputShape {
    return {
      nullable: index => batch.columns[index]!.validity !== undefined,
      buffer: index => this.#buffer(batch, index),
    }
  }

  #buffer(batch: DeltaBatch, index: number): number {
    const { bytes } = batch.columns[index] as BytesColumn
    for (const other of this.#columns) {
      const column = batch.columns[other]!
      if (column.layout === 'bytes' && column.bytes === bytes) return other
    }
    return index
  }
}

function generate(
  inputTypes: readonly DataType[],
  shape: InputShape,
  context: EvaluationContext,
  parts: Parts,
  write: (kernel: Kernel) => void,
): { readonly body: string; readonly constants: readonly unknown[] } {
  const kernel = new Kernel(inputTypes, shape, context, parts, emit)
  write(kernel)
  kernel.finish()
  return { body: kernel.source.finish(), constants: kernel.source.constants }
}

function storeAll(kernel: Kernel, expressions: readonly Expression[]): void {
  expressions.forEach((expression, index) => {
    emitStore(kernel, index, kernel.value(expression), expression.type)
  })
}

/** The column that an expression hands on unchanged; undefined when it computes something. */
function passThroughColumn(expression: Expression): number | undefined {
  if (expression.kind === 'column') return expression.index
  if (expression.kind !== 'cast') return undefined
  const source = passThroughColumn(expression.input)
  if (source === undefined) return undefined
  return isRelabelOnly(expression.input.type, expression.type, expression.context) ? source : undefined
}

function referencedColumns(expressions: readonly Expression[]): readonly number[] {
  const columns = new Set<number>()
  const visit = (expression: Expression): void => {
    if (expression.kind === 'column') columns.add(expression.index)
    childrenOf(expression).forEach(visit)
  }
  expressions.forEach(visit)
  return [...columns]
}
