/**
 * Equality join of two changing inputs, INNER or LEFT, with a residual condition.
 *
 * Join is bilinear: a change of one side joins the other side as it is and is then added to its own,
 *   Δ(L ⋈ R) = ΔL ⋈ R,  then  (L + ΔL) ⋈ ΔR
 * with multiplicities multiplied. Both sides share one index of join keys; rows of a key are a chain
 * (state/group-rows.ts). A side whose input can retract finds rows by value, an append-only side just
 * appends.
 *
 * LEFT counts the matching right rows of every left row, residual included. The row with NULLs is there
 * exactly while that count is not positive. Rows with a NULL key match nothing and are not stored.
 */

import type { PhysicalPlan, TimeColumn } from '../../planner/physical-plan.ts'
import type { DataType } from '../../planner/types.ts'
import type { Column } from '../batch/column.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import { BATCH_ROWS } from '../batch/delta-batch.ts'
import { gatherBatch, gatherColumns } from '../batch/gather.ts'
import { nullColumn } from '../batch/null-column.ts'
import type { Compiled, CompiledPredicate, CompiledProjection } from '../expression/compile.ts'
import { compilePredicate, compileProjection } from '../expression/compile.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'
import { GroupRows } from '../state/group-rows.ts'
import type { KeyIndex } from '../state/key-index.ts'
import { createKeyIndex } from '../state/key-index.ts'
import { grownCapacity } from '../state/stored-column.ts'
import { deadlineAt } from './event-time.ts'
import type { Epoch, Operator, Output, Watermark } from './operator.ts'

export type HashJoinPlan = Extract<PhysicalPlan, { kind: 'hash_join' }>

const LEFT = 0
/** A side is swept for expired rows after it grew by this much, and by half. */
const SWEEP_ROWS_MIN = 1024

/** One input's rows. */
interface Side {
  readonly rows: GroupRows
  readonly types: readonly DataType[]
  readonly evaluateKeys: CompiledProjection
  readonly time: TimeColumn | undefined
  sizeAfterSweep: number
}

export class HashJoin implements Operator {
  readonly compiled: readonly Compiled[]
  readonly #isLeftJoin: boolean
  readonly #keys: KeyIndex
  readonly #left: Side
  readonly #right: Side
  readonly #residual: CompiledPredicate | undefined
  /** Of each left row, how many right rows match it; LEFT only. */
  #matches = new Int32Array(0)
  /** Keys whose rows may all be gone. */
  #emptied: number[] = []
  readonly #pairs = new Pairs()

  constructor(plan: HashJoinPlan, context: EvaluationContext) {
    this.#isLeftJoin = plan.joinType === 'left'
    this.#keys = createKeyIndex(plan.leftKeys.map(key => key.type))
    this.#left = createSide(plan.left, plan.leftKeys, plan.leftAppendOnly, plan.expiry?.left, context)
    this.#right = createSide(plan.right, plan.rightKeys, plan.rightAppendOnly, plan.expiry?.right, context)
    const types = [...this.#left.types, ...this.#right.types]
    this.#residual = plan.residual === undefined ? undefined : compilePredicate(plan.residual, types, context)
    const keys = [this.#left.evaluateKeys, this.#right.evaluateKeys]
    this.compiled = this.#residual === undefined ? keys : [...keys, this.#residual]
  }

  process(input: number, batch: DeltaBatch, output: Output): void {
    const side = input === LEFT ? this.#left : this.#right
    const keys = side.evaluateKeys(batch)
    const rows = new Int32Array(batch.length)
    const count = rowsWithKeys(keys, batch.length, rows)
    if (count === batch.length) this.#processKeyed(input, batch, keys, output)
    else {
      if (input === LEFT && this.#isLeftJoin) this.#pushUnmatchable(batch, rows, count, output)
      if (count > 0)
        this.#processKeyed(input, gatherBatch(batch, rows, count), gatherColumns(keys, rows, count), output)
    }
  }

  advance(watermark: Watermark): Watermark {
    for (const side of [this.#left, this.#right]) this.#sweep(side, watermark)
    return watermark
  }

  flush(_epoch: Epoch): void {
    if (this.#emptied.length === 0) return
    const gone = [...new Set(this.#emptied)].filter(
      key => this.#left.rows.isEmpty(key) && this.#right.rows.isEmpty(key),
    )
    this.#keys.erase(Int32Array.from(gone), gone.length)
    this.#emptied = []
  }

  stateBytes(): number {
    return (
      this.#keys.byteLength +
      this.#left.rows.byteLength +
      this.#right.rows.byteLength +
      this.#matches.byteLength
    )
  }

  close(): void {}

  #processKeyed(input: number, batch: DeltaBatch, keys: readonly Column[], output: Output): void {
    const ids = new Int32Array(batch.length)
    this.#keys.lookupOrInsert(keys, batch.length, ids)
    if (input === LEFT) this.#joinLeft(batch, ids, output)
    else this.#joinRight(batch, ids, output)
  }

  #joinLeft(batch: DeltaBatch, keys: Int32Array, output: Output): void {
    const matches = new Int32Array(this.#isLeftJoin ? batch.length : 0)
    const { rows } = this.#right
    this.#forEachPairs(batch, keys, rows, (rowsOfBatch, entries, weights, count) => {
      const left = gatherColumns(batch.columns, rowsOfBatch, count)
      const right = gatherColumns(rows.columns, entries, count)
      this.#pushPairs(left, right, weights, count, output, pair => {
        if (this.#isLeftJoin) matches[rowsOfBatch[pair]!]! += rows.counts[entries[pair]!]!
      })
    })
    const entries = this.#store(this.#left, batch, keys)
    if (!this.#isLeftJoin) return
    this.#reserveMatches(entries)
    const unmatched = new Int32Array(batch.length)
    let count = 0
    for (let row = 0; row < batch.length; row++) {
      this.#matches[entries[row]!] = matches[row]!
      if (matches[row]! <= 0) unmatched[count++] = row
    }
    if (count > 0) this.#pushNulls(gatherBatch(batch, unmatched, count), output)
  }

  #joinRight(batch: DeltaBatch, keys: Int32Array, output: Output): void {
    const { rows } = this.#left
    const changed = new EntryWeights()
    this.#forEachPairs(batch, keys, rows, (rowsOfBatch, entries, weights, count) => {
      const left = gatherColumns(rows.columns, entries, count)
      const right = gatherColumns(batch.columns, rowsOfBatch, count)
      this.#pushPairs(left, right, weights, count, output, pair => {
        if (!this.#isLeftJoin) return
        const entry = entries[pair]!
        const before = this.#matches[entry]!
        const after = before + (batch.weights === undefined ? 1 : batch.weights[rowsOfBatch[pair]!]!)
        this.#matches[entry] = after
        if (before > 0 !== after > 0)
          changed.add(entry, after > 0 ? -rows.counts[entry]! : rows.counts[entry]!)
      })
    })
    if (changed.count > 0) {
      const columns = gatherColumns(rows.columns, changed.entries, changed.count)
      const weights = changed.weights.slice(0, changed.count)
      this.#pushNulls({ columns, length: changed.count, weights }, output)
    }
    this.#store(this.#right, batch, keys)
  }

  /** Calls `visit` with every row of the batch beside every stored row of its key, 8192 pairs at a time. */
  #forEachPairs(batch: DeltaBatch, keys: Int32Array, rows: GroupRows, visit: VisitPairs): void {
    const { heads, next, counts } = rows
    const pairs = this.#pairs
    pairs.row = 0
    pairs.entry = -1
    while (pairs.row < batch.length) {
      fillPairs(pairs, batch.length, keys, batch.weights, heads, next, counts)
      if (pairs.count > 0) visit(pairs.rows, pairs.entries, pairs.weights, pairs.count)
    }
  }

  /** Writes the pairs that meet the residual condition; calls onMatch with the index of each. */
  #pushPairs(
    left: readonly Column[],
    right: readonly Column[],
    weights: Int32Array,
    count: number,
    output: Output,
    onMatch: (pair: number) => void,
  ): void {
    const all = { columns: [...left, ...right], length: count, weights: plainOrCopy(weights, count) }
    if (this.#residual === undefined) {
      if (this.#isLeftJoin) for (let pair = 0; pair < count; pair++) onMatch(pair)
      output.push(all)
      return
    }
    const selection = new Int32Array(count)
    const selected = this.#residual(all, selection)
    if (selected === 0) return
    if (this.#isLeftJoin) for (let index = 0; index < selected; index++) onMatch(selection[index]!)
    output.push(selected === count ? all : gatherBatch(all, selection, selected))
  }

  #store(side: Side, batch: DeltaBatch, keys: Int32Array): Int32Array {
    const entries = side.rows.update(batch.columns, keys, batch.weights, batch.length, undefined)
    if (batch.weights === undefined) return entries
    for (let row = 0; row < batch.length; row++) {
      if (batch.weights[row]! < 0 && side.rows.isEmpty(keys[row]!)) this.#emptied.push(keys[row]!)
    }
    return entries
  }

  /** LEFT: rows that have a NULL key. `keyed` are the others. */
  #pushUnmatchable(batch: DeltaBatch, keyed: Int32Array, keyedCount: number, output: Output): void {
    const rows = new Int32Array(batch.length - keyedCount)
    let count = 0
    for (let row = 0, next = 0; row < batch.length; row++) {
      if (next < keyedCount && keyed[next] === row) next++
      else rows[count++] = row
    }
    this.#pushNulls(gatherBatch(batch, rows, count), output)
  }

  #pushNulls(left: DeltaBatch, output: Output): void {
    const right = this.#right.types.map(type => nullColumn(type, left.length))
    output.push({ ...left, columns: [...left.columns, ...right] })
  }

  #reserveMatches(entries: Int32Array): void {
    let end = 0
    for (const entry of entries) if (entry >= end) end = entry + 1
    if (end <= this.#matches.length) return
    const matches = new Int32Array(grownCapacity(this.#matches.length, end))
    matches.set(this.#matches)
    this.#matches = matches
  }

  /** Amortised: a sweep looks at every row, so it waits until the side grew by half. */
  #sweep(side: Side, watermark: Watermark): void {
    const { time, rows } = side
    if (time === undefined || rows.size < Math.max(SWEEP_ROWS_MIN, side.sizeAfterSweep * 1.5)) return
    const column = rows.columns[time.column]!
    rows.dropWhere(
      entry => deadlineAt(time, column, entry, 0n) <= watermark,
      key => this.#emptied.push(key),
    )
    side.sizeAfterSweep = rows.size
  }
}

type VisitPairs = (rows: Int32Array, entries: Int32Array, weights: Int32Array, count: number) => void

/** Up to 8192 pairs of a batch row and a stored row, and where to go on. */
class Pairs {
  readonly rows = new Int32Array(BATCH_ROWS)
  readonly entries = new Int32Array(BATCH_ROWS)
  readonly weights = new Int32Array(BATCH_ROWS)
  count = 0
  row = 0
  /** The next stored row of `row`'s chain; -1 = its first. */
  entry = -1
}

/** Left rows whose NULL row appears or goes. */
class EntryWeights {
  entries = new Int32Array(64)
  weights = new Int32Array(64)
  count = 0

  add(entry: number, weight: number): void {
    if (this.count === this.entries.length) {
      const entries = new Int32Array(this.count * 2)
      const weights = new Int32Array(this.count * 2)
      entries.set(this.entries)
      weights.set(this.weights)
      this.entries = entries
      this.weights = weights
    }
    this.entries[this.count] = entry
    this.weights[this.count++] = weight
  }
}

function createSide(
  input: PhysicalPlan,
  keys: HashJoinPlan['leftKeys'],
  appendOnly: boolean,
  time: TimeColumn | undefined,
  context: EvaluationContext,
): Side {
  const types = input.schema.map(field => field.type)
  return {
    rows: new GroupRows(types, appendOnly ? 'nothing' : 'identical'),
    types,
    evaluateKeys: compileProjection(keys, types, context),
    time,
    sizeAfterSweep: 0,
  }
}

/** Writes the rows without a NULL key to `rows`; returns how many. */
function rowsWithKeys(keys: readonly Column[], length: number, rows: Int32Array): number {
  const bitmaps = keys.flatMap(key => (key.validity === undefined ? [] : [key.validity]))
  if (bitmaps.length === 0) return length
  let count = 0
  for (let row = 0; row < length; row++) {
    rows[count] = row
    if (bitmaps.every(bitmap => (bitmap[row >> 3]! & (1 << (row & 7))) !== 0)) count++
  }
  return count
}

/** Walks the chains from where `pairs` stands until it is full or all rows are done. */
function fillPairs(
  pairs: Pairs,
  length: number,
  keys: Int32Array,
  weights: Int32Array | undefined,
  heads: Int32Array,
  next: Int32Array,
  counts: Int32Array,
): void {
  const { rows, entries, weights: products } = pairs
  let count = 0
  let { row, entry } = pairs
  for (; row < length; row++) {
    const key = keys[row]!
    if (entry < 0) entry = key < heads.length ? heads[key]! : -1
    const weight = weights === undefined ? 1 : weights[row]!
    for (; entry >= 0; entry = next[entry]!) {
      if (count === BATCH_ROWS) {
        pairs.count = count
        pairs.row = row
        pairs.entry = entry
        return
      }
      const product = weight * counts[entry]!
      if (product === 0) continue
      rows[count] = row
      entries[count] = entry
      products[count++] = product
    }
  }
  pairs.count = count
  pairs.row = row
  pairs.entry = -1
}

/** undefined when all weights are 1. */
function plainOrCopy(weights: Int32Array, count: number): Int32Array | undefined {
  for (let index = 0; index < count; index++) if (weights[index] !== 1) return weights.slice(0, count)
  return undefined
}
