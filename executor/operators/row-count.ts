/** The values of LIMIT and OFFSET. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { Expression } from '../../planner/expression.ts'
import { evaluateConstant } from '../expression/compile.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'

/** Rows to return; Infinity when there is no limit. */
export function rowCount(count: Expression | undefined, context: EvaluationContext): number {
  const value = constantOf(count, context)
  if (value === undefined) return Infinity
  if (value < 0n) throw new SqlError(SqlState.invalidRowCountInLimitClause, 'LIMIT must not be negative')
  return Number(value)
}

/** Rows to skip. */
export function rowOffset(offset: Expression | undefined, context: EvaluationContext): number {
  const value = constantOf(offset, context) ?? 0n
  if (value < 0n)
    throw new SqlError(SqlState.invalidRowCountInResultOffsetClause, 'OFFSET must not be negative')
  return Number(value)
}

function constantOf(expression: Expression | undefined, context: EvaluationContext): bigint | undefined {
  if (expression === undefined) return undefined
  const value = evaluateConstant(expression, context)
  return value === null ? undefined : BigInt(value as bigint | number)
}
