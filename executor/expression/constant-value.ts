/** Values that are known before anything is computed. */

import type { Expression } from '../../planner/expression.ts'
import type { RuntimeValue } from '../batch/runtime-value.ts'
import { toRuntimeValue } from '../batch/value-codec.ts'
import type { EvaluationContext } from './evaluation-context.ts'
import { parseLiteral } from './text-format.ts'

/** The value of a literal or parameter; undefined for everything else. Throws what reading a literal does. */
export function constantValue(expression: Expression, context: EvaluationContext): RuntimeValue | undefined {
  if (expression.kind === 'literal') return parseLiteral(expression, context)
  if (expression.kind !== 'parameter') return undefined
  return toRuntimeValue(expression.type, context.parameters[expression.index] ?? null)
}
