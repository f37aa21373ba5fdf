/**
 * The operator graph of one plan: a tree whose leaves are the plan's scans and whose root writes to one
 * output.
 *
 * Rows are pushed into leaves and run to the first buffering operator synchronously. An epoch ends with
 * `flush`, which walks the nodes inputs first: settle (operators that wait for another thread), then the
 * watermark when it moved, then the operator's own flush. A node is therefore flushed only after everything
 * its inputs have to say arrived.
 *
 * One-shot queries end their leaves one by one with `end` instead: each operator whose inputs have all ended
 * is closed at once, so that a join's build side is complete before the first row of its probe side comes.
 * They can be stepped, so that the caller may pause in the middle: what joins make waits at their edge, and
 * `work` takes it on batch by batch, nearest to the root first.
 */

import { assert, must } from '../../planner/assert.ts'
import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import type { Epoch, Operator, Output, Watermark } from '../operators/operator.ts'
import { END_OF_INPUT, NO_WATERMARK } from '../operators/operator.ts'
import type { Slicer } from './slicer.ts'

/** Plans without inputs. The runtime feeds scans and key lookups; the others produce their own rows. */
export type LeafPlan = Extract<PhysicalPlan, { kind: 'scan' | 'key_lookup' | 'values' | 'table_function' }>

/** Where rows enter a pipeline. */
export interface PipelineLeaf {
  readonly plan: LeafPlan
  /**
   * Of values and table functions: the next rows, undefined at the end. The runtime pulls and pushes them.
   */
  readonly generate: (() => DeltaBatch | undefined) | undefined
}

/** What metrics show of one operator. */
export interface OperatorMetrics {
  readonly kind: PhysicalPlan['kind']
  readonly rowsIn: number
  readonly rowsOut: number
  readonly stateBytes: number
  readonly lateRows: number
  readonly watermark: Watermark
}

/** Names a node while a pipeline is built. */
export type NodeId = number & { readonly brand: 'NodeId' }

/** Collects nodes, inputs before consumers; executor/build.ts is its only user besides tests. */
export class PipelineBuilder {
  readonly #nodes: Node[] = []
  readonly #leaves: Leaf[] = []

  /** A scan or key lookup, in plan order (left to right). */
  leaf(plan: LeafPlan): NodeId {
    return this.#addLeaf(plan, undefined)
  }

  /** Values or a table function: `generate` returns the next rows, undefined when there are no more. */
  generator(plan: LeafPlan, generate: () => DeltaBatch | undefined): NodeId {
    return this.#addLeaf(plan, generate)
  }

  /** `inputs[n]` feeds the operator's input n. Every node feeds one consumer only. */
  operator(plan: PhysicalPlan, operator: Operator, inputs: readonly NodeId[]): NodeId {
    const node = new Node(plan, operator, inputs.length)
    inputs.forEach((id, input) => {
      must(this.#nodes[id], 'inputs are added before their consumer').feed(node, input)
    })
    return this.#add(node)
  }

  build(root: NodeId): Pipeline {
    assert(root === this.#nodes.length - 1, 'the root is added last')
    return new Pipeline(this.#nodes, this.#leaves)
  }

  #addLeaf(plan: LeafPlan, generate: (() => DeltaBatch | undefined) | undefined): NodeId {
    const node = new Node(plan, undefined, 1)
    this.#leaves.push({ plan, generate, node })
    return this.#add(node)
  }

  #add(node: Node): NodeId {
    return (this.#nodes.push(node) - 1) as NodeId
  }
}

/** See the head comment. Not reentrant: one flush at a time, no push while a flush is pending. */
export class Pipeline {
  readonly leaves: readonly PipelineLeaf[]
  /** A single row may take long: it can become many, or an expression over it is wide. */
  readonly hasCostlyRows: boolean
  readonly #leaves: readonly Leaf[]
  readonly #nodes: readonly Node[]
  readonly #root: Node
  /** Operators that may have work that takes time, in topological order. */
  readonly #settling: readonly Node[]
  /** Stepped: edges where rows may wait, nearest to the root first. */
  #stops: readonly Node[] = []
  #closed = false

  constructor(nodes: readonly Node[], leaves: readonly Leaf[]) {
    this.#nodes = nodes
    this.#leaves = leaves
    this.leaves = leaves
    this.#root = must(nodes.at(-1), 'a plan has at least one node')
    this.#settling = nodes.filter(node => node.operator?.settle !== undefined)
    this.hasCostlyRows = nodes.some(
      ({ plan, operator }) => plan.kind === 'hash_join' || operator?.compiled?.some(code => code.isWide),
    )
  }

  /** Where the root's rows go; set once, before the first push. */
  connect(output: Output): void {
    this.#root.target = output
  }

  /** Makes the code of wide expressions in steps. What is left undone is done when rows need it. */
  *compile(): Generator<void> {
    for (const { operator } of this.#nodes) {
      for (const code of operator?.compiled ?? []) yield* code.compile()
    }
  }

  /** From now on rows that a join makes wait for `work`; before the first push. */
  step(): void {
    const joins = this.#nodes.filter(node => node.plan.kind === 'hash_join' && node.consumer !== undefined)
    this.#stops = joins.reverse()
  }

  /** Stepped: takes one batch on to the next edge or the output; false when none waits. */
  work(): boolean {
    for (const node of this.#stops) {
      const batch = node.waiting.shift()
      if (batch === undefined) continue
      node.deliver(batch)
      return true
    }
    return false
  }

  /** Pushes rows into leaf number `leaf`; the batch is processed when this returns, unless it is stepped. */
  push(leaf: number, batch: DeltaBatch): void {
    for (const node of this.#stops) node.isStop = true
    this.#leaf(leaf).push(batch)
  }

  /** Raises a leaf's watermark. Takes effect in the next flush; a lower one than before is ignored. */
  advance(leaf: number, watermark: Watermark): void {
    this.#leaf(leaf).raise(0, watermark)
  }

  /** Ends an epoch. Returns a promise only when an operator waits for another thread, or a slice ended. */
  flush(epoch: Epoch, slicer: Slicer): Promise<void> | undefined {
    return this.#flushFrom(0, epoch, slicer)
  }

  /**
   * Lets operators that wait for another thread catch up, without ending the epoch: bounds what they buffer.
   */
  settle(): Promise<void> | undefined {
    return this.#settleFrom(0)
  }

  /**
   * One-shot: does a part of what `end` of the leaf has to do, so that the caller may pause; false when the
   * rest is for `end`.
   */
  prepareEnd(leaf: number): boolean {
    for (let node: Node | undefined = this.#leaf(leaf); node !== undefined; node = node.consumer) {
      if (node.inputsOpen > 1) return false
      if (node.operator?.prepare?.(node) === true) return true
      // Others may hold rows, which have to arrive first.
      const isEmpty = node.operator?.prepare !== undefined || holdsNothing(node.plan)
      if (node.operator !== undefined && !isEmpty) return false
    }
    return false
  }

  /**
   * One-shot: leaf number `leaf` gets no more rows; operators whose inputs have all ended emit what they
   * hold. No row waits: all that is made now is taken on at once, since an operator ends after its inputs.
   */
  end(leaf: number, epoch: Epoch): Promise<void> | undefined {
    for (const node of this.#stops) node.isStop = false
    const node = this.#leaf(leaf)
    node.raise(0, END_OF_INPUT)
    return this.#end(node, epoch)
  }

  /** False when no further row of the leaf can change the output (LIMIT has what it needs). */
  wants(leaf: number): boolean {
    for (let node: Node | undefined = this.#leaf(leaf); node !== undefined; node = node.consumer) {
      if (node.operator?.finished?.() === true) return false
    }
    return true
  }

  /** Operators in topological order. */
  operators(): readonly OperatorMetrics[] {
    return this.#nodes.map(node => node.metrics())
  }

  rowsOut(): number {
    return this.#root.rowsOut
  }

  stateBytes(): number {
    return this.#nodes.reduce((sum, node) => sum + (node.operator?.stateBytes?.() ?? 0), 0)
  }

  lateRows(): number {
    return this.#nodes.reduce((sum, node) => sum + (node.operator?.lateRows?.() ?? 0), 0)
  }

  /** The watermark that holds for the output. */
  watermark(): Watermark {
    return this.#root.watermark
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const node of this.#nodes) node.operator?.close()
  }

  #leaf(leaf: number): Node {
    return must(this.#leaves[leaf], 'leaf numbers come from leaves').node
  }

  #flushFrom(start: number, epoch: Epoch, slicer: Slicer): Promise<void> | undefined {
    for (let index = start; index < this.#nodes.length; index++) {
      const node = this.#nodes[index]!
      const settled = node.operator?.settle?.(node) ?? slicer.run(node.preparation())
      if (settled !== undefined) {
        return settled.then(() => {
          node.flush(epoch)
          return this.#flushFrom(index + 1, epoch, slicer)
        })
      }
      node.flush(epoch)
    }
    return undefined
  }

  #settleFrom(start: number): Promise<void> | undefined {
    for (let index = start; index < this.#settling.length; index++) {
      const node = this.#settling[index]!
      const settled = node.operator?.settle?.(node)
      if (settled !== undefined) return settled.then(() => this.#settleFrom(index + 1))
    }
    return undefined
  }

  #end(from: Node, epoch: Epoch): Promise<void> | undefined {
    for (let node: Node | undefined = from; node !== undefined; node = node.consumer) {
      node.inputsOpen--
      if (node.inputsOpen > 0) return undefined
      const settled = node.operator?.settle?.(node)
      if (settled !== undefined) return this.#endAfter(settled, node, epoch)
      node.flush(epoch)
    }
    return undefined
  }

  async #endAfter(settled: Promise<void>, node: Node, epoch: Epoch): Promise<void> {
    await settled
    node.flush(epoch)
    if (node.consumer !== undefined) await this.#end(node.consumer, epoch)
  }
}

/** Its operator passes on what it gets at once. */
function holdsNothing({ kind }: PhysicalPlan): boolean {
  return kind === 'filter_project' || kind === 'union_all'
}

interface Leaf extends PipelineLeaf {
  readonly node: Node
}

/** A leaf (no operator: rows pass through) or an operator, and its edge to its one consumer. */
class Node implements Output {
  readonly plan: PhysicalPlan
  readonly operator: Operator | undefined
  consumer: Node | undefined
  #consumerInput = 0
  /** Of the root: where rows leave the pipeline. */
  target: Output | undefined
  inputsOpen: number
  /** What it makes waits for `Pipeline.work`. */
  isStop = false
  readonly waiting: DeltaBatch[] = []
  rowsIn = 0
  rowsOut = 0
  /** What holds downstream of this node. */
  watermark: Watermark = NO_WATERMARK
  readonly #inputWatermarks: Watermark[]
  /** The minimum over the inputs that the operator was last told. */
  #advanced: Watermark = NO_WATERMARK

  constructor(plan: PhysicalPlan, operator: Operator | undefined, inputs: number) {
    this.plan = plan
    this.operator = operator
    this.inputsOpen = inputs
    this.#inputWatermarks = new Array<Watermark>(inputs).fill(NO_WATERMARK)
  }

  feed(consumer: Node, input: number): void {
    assert(this.consumer === undefined, 'plans are trees')
    this.consumer = consumer
    this.#consumerInput = input
  }

  /** This node's output: runs the consumer to completion. */
  push(batch: DeltaBatch): void {
    if (batch.length === 0) return
    this.rowsOut += batch.length
    if (this.isStop) this.waiting.push(batch)
    else this.deliver(batch)
  }

  deliver(batch: DeltaBatch): void {
    const consumer = this.consumer
    if (consumer === undefined) {
      must(this.target, 'a pipeline is connected before rows are pushed').push(batch)
      return
    }
    consumer.rowsIn += batch.length
    must(consumer.operator, 'leaves have no inputs').process(this.#consumerInput, batch, consumer)
  }

  raise(input: number, watermark: Watermark): void {
    if (watermark > this.#inputWatermarks[input]!) this.#inputWatermarks[input] = watermark
  }

  /** What the operator can do of `flush` in steps. */
  *preparation(): Generator<void> {
    while (this.operator?.prepare?.(this) === true) yield
  }

  /** Passes the watermark on when it moved, then ends the epoch of this operator. */
  flush(epoch: Epoch): void {
    let least = this.#inputWatermarks[0] ?? END_OF_INPUT
    for (const watermark of this.#inputWatermarks) if (watermark < least) least = watermark
    if (least > this.#advanced) {
      this.#advanced = least
      const downstream = this.operator === undefined ? least : this.operator.advance(least, this)
      if (downstream > this.watermark) this.watermark = downstream
      this.consumer?.raise(this.#consumerInput, this.watermark)
    }
    this.operator?.flush(epoch, this)
  }

  metrics(): OperatorMetrics {
    return {
      kind: this.plan.kind,
      rowsIn: this.rowsIn,
      rowsOut: this.rowsOut,
      stateBytes: this.operator?.stateBytes?.() ?? 0,
      lateRows: this.operator?.lateRows?.() ?? 0,
      watermark: this.watermark,
    }
  }
}
