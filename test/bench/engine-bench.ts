/**
 * Plans, batches and timing of the engine's benches: one pipeline, pushed directly, epochs ended by the
 * bench.
 */

import type { Column } from '../../executor/batch/column.ts'
import { BATCH_ROWS, type DeltaBatch } from '../../executor/batch/delta-batch.ts'
import { sliceColumn } from '../../executor/batch/gather.ts'
import { buildPipeline } from '../../executor/build.ts'
import type { EvaluationContext } from '../../executor/expression/evaluation-context.ts'
import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import { float8Type, int8Type } from '../../planner/types.ts'
import { endlessSlice } from '../support/endless-slice.ts'
import { type BenchColumn, cpuMs, type DuckDb, type DuckRun } from './duckdb.ts'

export const context: EvaluationContext = {
  timeZone: 'UTC',
  transactionTimestamp: 0n,
  statementTimestamp: 0n,
  parameters: [],
  settings: new Map(),
  onError: 'throw',
}

/** Deterministic 32-bit random numbers. */
export function randomNumbers(seed: number): () => number {
  let state = seed | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

/** The columns cut into batches of 8192 rows, without copying. */
export function batchesOf(columns: readonly BenchColumn[], weight?: number): DeltaBatch[] {
  const whole = columns.map(
    ({ values }): Column =>
      values instanceof Float64Array
        ? { type: float8Type, layout: 'float64', length: values.length, validity: undefined, values }
        : { type: int8Type, layout: 'int64', length: values.length, validity: undefined, values },
  )
  const batches: DeltaBatch[] = []
  const rows = columns[0]!.values.length
  for (let start = 0; start < rows; start += BATCH_ROWS) {
    const end = Math.min(start + BATCH_ROWS, rows)
    const weights = weight === undefined ? undefined : new Int32Array(end - start).fill(weight)
    batches.push({
      columns: whole.map(column => sliceColumn(column, start, end)),
      length: end - start,
      weights,
    })
  }
  return batches
}

export interface EngineRun {
  readonly ms: number
  /** Rows that the last run wrote, retractions included. */
  readonly rowsOut: number
  readonly last: DeltaBatch | undefined
}

/**
 * The CPU time (best of `rounds`) of pushing all batches through a fresh pipeline, an epoch ending after
 * every `epochBatches`.
 */
export function timeEngine(
  plan: PhysicalPlan,
  batches: readonly DeltaBatch[],
  epochBatches: number,
  rounds: number,
): EngineRun {
  const times: number[] = []
  let rowsOut = 0
  let last: DeltaBatch | undefined
  for (let round = 0; round < rounds; round++) {
    const start = process.cpuUsage()
    const pipeline = buildPipeline(plan, context, {
      modelScorer: {
        score: () => {
          throw new Error('no model')
        },
      },
    })
    rowsOut = 0
    pipeline.connect({
      push: batch => {
        rowsOut += batch.length
        last = batch
      },
    })
    let epoch = 1
    for (const [index, batch] of batches.entries()) {
      pipeline.push(0, batch)
      if ((index + 1) % epochBatches === 0) pipeline.flush(epoch++, endlessSlice)
    }
    pipeline.flush(epoch, endlessSlice)
    times.push(cpuMs(start))
    pipeline.close()
  }
  return { ms: Math.min(...times), rowsOut, last }
}

/**
 * The best of `rounds` of both, in turn: a machine that is shared gets faster and slower for both, and the
 * first rounds, in which V8 compiles, do not count.
 */
export async function timeBeside(
  plan: PhysicalPlan,
  batches: readonly DeltaBatch[],
  duckDb: DuckDb,
  query: string,
  rounds: number,
): Promise<{ readonly engine: EngineRun; readonly duck: DuckRun }> {
  let engine = timeEngine(plan, batches, Infinity, 1)
  let duck = await duckDb.time(query, 1)
  for (let round = 1; round < rounds; round++) {
    const [nextEngine, nextDuck] = [timeEngine(plan, batches, Infinity, 1), await duckDb.time(query, 1)]
    if (nextEngine.ms < engine.ms) engine = nextEngine
    if (nextDuck.ms < duck.ms) duck = nextDuck
  }
  return { engine, duck }
}

/** One line: rows per CPU second of both and their ratio; ratio > 1 = the engine is faster. */
export function report(name: string, rows: number, engineMs: number, duckDbMs?: number): void {
  const rate = (ms: number) => `${(rows / ms / 1000).toFixed(1).padStart(7)} M rows/s`
  const beside =
    duckDbMs === undefined ? '' : `  duckdb ${rate(duckDbMs)}  ratio ${(duckDbMs / engineMs).toFixed(2)}`
  process.stdout.write(`${name.padEnd(52)} engine ${rate(engineMs)}${beside}\n`)
}
