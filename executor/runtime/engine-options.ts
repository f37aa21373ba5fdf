/** What the engine is given by whoever starts it. */

import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'
import type { ModelScorer } from '../operators/model-scorer.ts'
import type { MemoryLimit } from './memory-limit.ts'
import type { Pipeline } from './pipeline.ts'

/** What operators need besides their plan; executor/build.ts hands it on. */
export interface PipelineEnvironment {
  readonly modelScorer: ModelScorer
}

export interface EngineOptions {
  /** Makes the operator graph of a plan: executor/build.ts. */
  readonly build: (
    plan: PhysicalPlan,
    context: EvaluationContext,
    environment: PipelineEnvironment,
  ) => Pipeline
  readonly modelScorer: ModelScorer
  readonly logger: EngineLogger
  /** Longest time an epoch takes input, in milliseconds; 100 when not given. */
  readonly epochMaxMs?: number | undefined
  /** Longest time of work between two turns of the event loop, in milliseconds; 5 when not given. */
  readonly sliceMs?: number | undefined
  /** Bytes that the operators of one query may hold; no limit when not given. */
  readonly queryMemoryMax?: number | undefined
  /** What all queries together may hold, perhaps with others. */
  readonly workMemory?: MemoryLimit | undefined
  /** Microseconds since 1970; the system's clock when not given. */
  readonly clock?: (() => bigint) | undefined
  /** Milliseconds from any start, never going back; the system's when not given. */
  readonly monotonicMs?: (() => number) | undefined
}

/** A structured logger; pino's shape. */
export interface EngineLogger {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** For expressions that belong to no statement: watermarks, error details. Errors make NULLs. */
export function defaultContext(nowMicros: bigint): EvaluationContext {
  return {
    timeZone: 'UTC',
    transactionTimestamp: nowMicros,
    statementTimestamp: nowMicros,
    parameters: [],
    settings: new Map(),
    onError: () => {},
  }
}
