/**
 * The shape of a statement: its text with integers that it compares with as parameters, so that statements of
 * the simple protocol which differ in them alone share a plan. A shape has the length of its text, so that
 * positions in errors stay right.
 *
 * Only what PostgreSQL types as int4 wherever it stands is taken out: 2 to 9 digits right after `=`, `<` or
 * `>`. A constant that has to be one (ORDER BY 12, numeric(10,2), LIMIT) never stands there.
 */

import type { SqlValue } from '../executor/expression/evaluation-context.ts'
import type { DataType } from '../planner/types.ts'
import { int4Type } from '../planner/types.ts'

export interface StatementShape {
  readonly text: string
  readonly types: readonly DataType[]
  readonly values: readonly SqlValue[]
}

/** Longer ones are rarely sent again, and not worth the search. */
const TEXT_LENGTH_MAX = 2000
/** $1 … $9 are as long as the shortest number that is taken out. */
const PARAMETERS_MAX = 9

/** What may be executed often: everything else is planned as it is. */
const repeated = /^\s*(?:select|update|delete)\b/i
/** Comments, dollar quotes, parameters of the user's own, and escapes in strings. */
const unreadable = /--|\/\*|\$|\\/
/** Strings and quoted names, which are passed over, and compared integers. */
const tokens = /'(?:[^']|'')*'|"(?:[^"]|"")*"|([<>=]\s*)(\d{2,9})(?![\w.])/g

/** undefined when there is nothing to take out, or the text cannot be read with certainty. */
export function statementShape(text: string): StatementShape | undefined {
  if (text.length > TEXT_LENGTH_MAX || !repeated.test(text) || unreadable.test(text)) return undefined
  const values: number[] = []
  const shape = text.replace(tokens, (token: string, operator?: string, digits?: string) => {
    if (operator === undefined || digits === undefined || values.length === PARAMETERS_MAX) return token
    values.push(Number(digits))
    return operator + `$${values.length}`.padEnd(digits.length)
  })
  if (values.length === 0) return undefined
  return { text: shape, types: values.map(() => int4Type), values }
}
