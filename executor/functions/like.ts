/** LIKE and ILIKE (~~, !~~, ~~*, !~~*), on UTF-8 ranges where the arguments are columns or constants. */

import { boolType, bpcharType, nameType, textType } from '../../planner/types.ts'
import { defineFunction, defineOperator } from './define.ts'
import { ilikeRanges, ilikeStrings, likeEscape, likeRanges, likeStrings } from './like-match.ts'
import type { ScalarFunction } from './scalar-function.ts'

type Ranges = typeof likeRanges

/** The body for matching, or for not matching. */
function likeBody(ranges: Ranges, call: (text: string, pattern: string) => boolean, negated: boolean) {
  if (!negated) return { ranges, call }
  const notRanges: Ranges = (text, textStart, textEnd, pattern, patternStart, patternEnd) =>
    !ranges(text, textStart, textEnd, pattern, patternStart, patternEnd)
  return { ranges: notRanges, call: (text: string, pattern: string) => !call(text, pattern) }
}

/** An operator over the text types, and its function where PostgreSQL has one. */
function likeOperator(
  symbol: string,
  negator: string,
  name: string | undefined,
  body: ReturnType<typeof likeBody>,
): ScalarFunction[] {
  const operators = [textType, bpcharType, nameType].map(type =>
    defineOperator(symbol, [type, textType], boolType, body, { negator, neverNull: true }),
  )
  if (name === undefined) return operators
  return [...operators, defineFunction(name, [textType, textType], boolType, body, { neverNull: true })]
}

export const likeFunctions: readonly ScalarFunction[] = [
  ...likeOperator('~~', '!~~', 'like', likeBody(likeRanges, likeStrings, false)),
  ...likeOperator('!~~', '~~', 'notlike', likeBody(likeRanges, likeStrings, true)),
  ...likeOperator('~~*', '!~~*', undefined, likeBody(ilikeRanges, ilikeStrings, false)),
  ...likeOperator('!~~*', '~~*', undefined, likeBody(ilikeRanges, ilikeStrings, true)),
  defineFunction('like_escape', [textType, textType], textType, { call: likeEscape }, { neverNull: true }),
]
