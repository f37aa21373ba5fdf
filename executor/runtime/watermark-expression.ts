/** From WATERMARK FOR … AS … to a tracker over batches that hold some of the relation's columns. */

import { must } from '../../planner/assert.ts'
import type { Relation, WatermarkSpec } from '../../planner/catalog.ts'
import type { Expression } from '../../planner/expression.ts'
import { childrenOf, mapColumns } from '../../planner/expression-tree.ts'
import { decodeInterval } from '../batch/value-codec.ts'
import { compileProjection, evaluateConstant } from '../expression/compile.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'
import { columnPositions } from './source-hub.ts'
import { WatermarkTracker } from './watermark-tracker.ts'

/** Columns of the relation that the watermark needs. */
export function watermarkColumns(spec: WatermarkSpec | undefined): readonly number[] {
  return spec === undefined ? [] : [...columnsOf(spec.expression)]
}

/** A tracker for batches that have the relation's columns `columns`, in that order. */
export function watermarkTracker(
  relation: Relation,
  spec: WatermarkSpec,
  columns: readonly number[],
  context: EvaluationContext,
): WatermarkTracker {
  const expression = mapColumns(spec.expression, index => columnPositions([index], columns)[0]!)
  const types = columns.map(column => must(relation.schema[column], 'columns are of the relation').type)
  const project = compileProjection([expression], types, context)
  return new WatermarkTracker(
    batch => must(project(batch)[0], 'one expression gives one column'),
    spec.idleTimeoutMs,
    risingColumn(expression, context),
  )
}

/**
 * The timestamp column with which the expression rises: `column`, or `column ± INTERVAL` of fixed length
 * (days and months have none where clocks change).
 */
function risingColumn(expression: Expression, context: EvaluationContext): number | undefined {
  if (expression.kind === 'column') return expression.index
  if (expression.kind !== 'call' || !['+', '-'].includes(expression.signature.name)) return undefined
  const [time, length] = expression.args
  if (time?.kind !== 'column' || length?.kind !== 'literal' || length.type.kind !== 'interval')
    return undefined
  const interval = evaluateConstant(length, context)
  if (!(interval instanceof Uint8Array)) return undefined
  const { months, days } = decodeInterval(interval, 0)
  return months === 0 && days === 0 ? time.index : undefined
}

function columnsOf(expression: Expression): Set<number> {
  const columns = new Set<number>()
  const visit = (node: Expression): void => {
    if (node.kind === 'column') columns.add(node.index)
    childrenOf(node).forEach(visit)
  }
  visit(expression)
  return columns
}
