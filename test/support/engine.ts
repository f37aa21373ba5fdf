/** An engine for tests, and short ways to ask it. */

import { batchRows } from '../../executor/batch/column-reader.ts'
import type { DeltaBatch } from '../../executor/batch/delta-batch.ts'
import { buildPipeline } from '../../executor/build.ts'
import type { EvaluationContext, SqlValue } from '../../executor/expression/evaluation-context.ts'
import { Engine } from '../../executor/runtime/engine.ts'
import type { JobOptions, RowStream, SubscriptionEvent } from '../../executor/runtime/engine-contract.ts'
import type { EngineOptions } from '../../executor/runtime/engine-options.ts'
import type { PhysicalPlan } from '../../planner/physical-plan.ts'

export const testContext: EvaluationContext = {
  timeZone: 'UTC',
  transactionTimestamp: 0n,
  statementTimestamp: 0n,
  parameters: [],
  settings: new Map(),
  onError: 'throw',
}

/** Everything that was logged as an error, for tests that expect it. */
export interface TestEngine {
  readonly engine: Engine
  readonly errors: string[]
}

export function createTestEngine(options: Partial<EngineOptions> = {}): TestEngine {
  const errors: string[] = []
  const engine = new Engine({
    build: buildPipeline,
    modelScorer: { score: () => Promise.reject(new Error('no model here')) },
    logger: { info: () => {}, warn: () => {}, error: (_, message) => errors.push(message) },
    ...options,
  })
  return { engine, errors }
}

export function jobOptions(name: string, init: Partial<JobOptions> = {}): JobOptions {
  return { name, context: testContext, onNotice: () => {}, signal: undefined, ...init }
}

/** All rows of a stream. */
export async function rowsOf(stream: RowStream): Promise<SqlValue[][]> {
  const rows: SqlValue[][] = []
  for (let batch = await stream.next(); batch !== undefined; batch = await stream.next()) {
    rows.push(...batchRows(batch))
  }
  return rows
}

/** All rows of a query, ordered by their text. */
export async function select(engine: Engine, plan: PhysicalPlan): Promise<SqlValue[][]> {
  const rows = await rowsOf(engine.query(plan, { context: testContext, signal: undefined }))
  return sorted(rows)
}

export function sorted<T extends readonly SqlValue[]>(rows: readonly T[]): T[] {
  return [...rows].sort((left, right) => (left.join() < right.join() ? -1 : 1))
}

/** Rows with their weight last, ordered by their text. */
export function weighted(batch: DeltaBatch): SqlValue[][] {
  return sorted(batchRows(batch).map((row, index) => [...row, batch.weights?.[index] ?? 1]))
}

/** The changes of a subscription's event; undefined when it is not an event with changes. */
export function changesOf(event: SubscriptionEvent | undefined | 'timeout'): SqlValue[][] | undefined {
  if (event === undefined || event === 'timeout' || event.batch === undefined) return undefined
  return weighted(event.batch)
}

/** Waits until the condition holds; fails after a second or so. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await condition()) return
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  throw new Error(`never happened: ${what}`)
}
