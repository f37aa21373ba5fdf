/** How statements are bound for a session: its search path, and its way to read literals. */

import type { EvaluationContext } from '../../executor/expression/evaluation-context.ts'
import { parseLiteral } from '../../executor/expression/text-format.ts'
import type { BindOptions } from '../../planner/bind/statement-context.ts'
import type { DataType } from '../../planner/types.ts'
import type { SessionAccess } from '../planned-statement.ts'

/** `parameterTypes` undefined: the statement takes no parameters. */
export function bindOptions(
  session: SessionAccess,
  searchPath: readonly string[],
  parameterTypes: readonly (DataType | undefined)[] | undefined,
): BindOptions {
  let context: EvaluationContext | undefined
  return {
    searchPath,
    parameterTypes,
    checkLiteral: literal => {
      context ??= session.context([])
      parseLiteral(literal, context)
    },
  }
}
