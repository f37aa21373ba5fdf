/** Bind's parameter bytes to SQL values, text and binary. Bad text is the type's own error. */

import type { EvaluationContext, SqlValue } from '../../executor/expression/evaluation-context.ts'
import { parseValue } from '../../executor/expression/text-format.ts'
import type { DataType } from '../../planner/types.ts'
import { decodeBinary } from './binary-parameters.ts'
import { decodeText } from './decode-text.ts'

/** Format 0 is text, 1 binary. null is NULL. */
export function decodeParameter(
  type: DataType,
  format: number,
  bytes: Buffer | null,
  context: EvaluationContext,
): SqlValue {
  if (bytes === null) return null
  if (format === 0) return parseValue(type, decodeText(bytes, context), context)
  return decodeBinary(type, bytes, context)
}
