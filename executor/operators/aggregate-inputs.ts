/** Evaluates group keys and the inputs of aggregate calls for a batch, in one projection. */

import { must } from '../../planner/assert.ts'
import type { AggregateCall, Expression } from '../../planner/expression.ts'
import type { DataType } from '../../planner/types.ts'
import type { Column } from '../batch/column.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import { gatherBatch } from '../batch/gather.ts'
import { type Compiled, compileProjection } from '../expression/compile.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'
import { findAggregateFunction } from '../functions/aggregate-registry.ts'
import type { AggregateInput, AggregateSpec } from '../state/aggregate-state.ts'

/** Aggregate cells are exact for weights up to this size (functions/aggregates/integer-sum.ts). */
const WEIGHT_MAX = 2 ** 20

export interface EvaluatedInputs {
  readonly keys: readonly Column[]
  readonly inputs: readonly AggregateInput[]
}

export interface CompiledInputs extends Compiled {
  (batch: DeltaBatch): EvaluatedInputs
}

/** What a call's accumulator has to know. */
export function aggregateSpec(
  call: AggregateCall,
  appendOnly: boolean,
  context: EvaluationContext,
): AggregateSpec {
  return {
    function: findAggregateFunction(call.signature.id),
    filtered: call.filter !== undefined,
    site: {
      args: call.args.map(arg => arg.type),
      type: call.type,
      // What a DISTINCT accumulator sees can only grow when its input does.
      appendOnly,
      distinct: call.distinct,
      orderBy: call.orderBy.map(key => ({
        type: key.expression.type,
        descending: key.descending,
        nullsFirst: key.nullsFirst,
      })),
      context,
    },
  }
}

/** The evaluation of `keys` and of all the calls' arguments, order keys and filters. */
export function compileInputs(
  keys: readonly Expression[],
  calls: readonly AggregateCall[],
  inputTypes: readonly DataType[],
  context: EvaluationContext,
): CompiledInputs {
  const expressions: Expression[] = [...keys]
  const places = calls.map(call => {
    const first = expressions.length
    expressions.push(...call.args, ...call.orderBy.map(key => key.expression))
    const argsEnd = expressions.length
    if (call.filter !== undefined) expressions.push(call.filter)
    return { first, argsEnd, filter: call.filter === undefined ? undefined : argsEnd }
  })
  const project = compileProjection(expressions, inputTypes, context)
  const run = (batch: DeltaBatch): EvaluatedInputs => {
    const columns = project(batch)
    return {
      keys: columns.slice(0, keys.length),
      inputs: places.map(({ first, argsEnd, filter }) => ({
        args: columns.slice(first, argsEnd),
        filter: filter === undefined ? undefined : must(columns[filter], 'filters are projected'),
      })),
    }
  }
  return Object.assign(run, { compile: project.compile, isWide: project.isWide })
}

/** The same change with no weight beyond WEIGHT_MAX: rows of larger weight are repeated. */
export function splitWeights(batch: DeltaBatch): DeltaBatch {
  const { weights, length } = batch
  if (weights === undefined) return batch
  let most = 0
  for (let row = 0; row < length; row++) most = Math.max(most, Math.abs(weights[row]!))
  if (most <= WEIGHT_MAX) return batch
  const rows: number[] = []
  const parts: number[] = []
  for (let row = 0; row < length; row++) {
    for (let rest = weights[row]!; rest !== 0; ) {
      const part = Math.max(-WEIGHT_MAX, Math.min(WEIGHT_MAX, rest))
      rows.push(row)
      parts.push(part)
      rest -= part
    }
  }
  const split = gatherBatch(batch, Int32Array.from(rows), rows.length)
  return { ...split, weights: Int32Array.from(parts) }
}
