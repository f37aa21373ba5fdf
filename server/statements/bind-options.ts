/** How statements are bound for a session: its search path, and its way to read literals. */

import type { EvaluationContext } from '../../executor/expression/evaluation-context.ts'
import { formatRuntime, parseLiteral } from '../../executor/expression/text-format.ts'
import { defaultContext } from '../../executor/runtime/engine-options.ts'
import type { BindOptions, Literal } from '../../planner/bind/statement-context.ts'
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
    readLiteral: literal => {
      context ??= session.context([])
      parseLiteral(literal, context)
      return literal
    },
  }
}

/**
 * Of a definition that other sessions will use: its times and intervals are what the session that makes it
 * reads in them, by its styles and zone.
 */
export function definitionOptions(session: SessionAccess, searchPath: readonly string[]): BindOptions {
  const context = session.context([])
  const readLiteral = (literal: Literal): Literal => {
    const value = parseLiteral(literal, context)
    if (value === null || !dependsOnSession(literal.type)) return literal
    return { ...literal, text: formatRuntime(literal.type, value, defaultContext(0n)) }
  }
  return { searchPath, parameterTypes: undefined, readLiteral }
}

function dependsOnSession(type: DataType): boolean {
  if (type.kind === 'array') return dependsOnSession(type.element)
  return ['date', 'time', 'timetz', 'timestamp', 'timestamptz', 'interval'].includes(type.kind)
}
