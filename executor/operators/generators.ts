/**
 * Leaves that make their own rows: VALUES and table functions. Each call gives the next rows, undefined at
 * the end.
 */

import type { PhysicalPlan } from '../../planner/physical-plan.ts'
import { columnFromValues } from '../batch/column-builder.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import { BATCH_ROWS, deltaBatch } from '../batch/delta-batch.ts'
import { evaluateConstant } from '../expression/compile.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'
import type { NextRows } from '../functions/table-functions.ts'
import { findTableFunction } from '../functions/table-functions.ts'

type ValuesPlan = Extract<PhysicalPlan, { kind: 'values' }>
type TableFunctionPlan = Extract<PhysicalPlan, { kind: 'table_function' }>

/** The literal rows of VALUES. */
export function generateValues(plan: ValuesPlan, context: EvaluationContext): () => DeltaBatch | undefined {
  let done = 0
  return () => {
    const rows = plan.rows.slice(done, done + BATCH_ROWS)
    if (rows.length === 0) return undefined
    done += rows.length
    const columns = plan.schema.map(({ type }, index) =>
      columnFromValues(
        type,
        rows.map(row => evaluateConstant(row[index]!, context)),
      ),
    )
    return deltaBatch(columns, rows.length)
  }
}

/** The rows of a table function; its arguments are evaluated when the first rows are asked for. */
export function generateTable(
  plan: TableFunctionPlan,
  context: EvaluationContext,
): () => DeltaBatch | undefined {
  let next: NextRows | undefined
  return () => {
    next ??= findTableFunction(plan.signature.id).open(
      plan.args.map(arg => evaluateConstant(arg, context)),
      plan.schema[0]!.type,
      context,
    )
    const column = next()
    return column === undefined ? undefined : deltaBatch([column], column.length)
  }
}
