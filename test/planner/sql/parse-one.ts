/** Syntax trees in tests: one statement of a kind, and trees without what a test does not look at. */

import type { Expression, Statement } from '../../../planner/sql/ast.ts'
import { parse } from '../../../planner/sql/parse.ts'

/** The only statement of the text, which must be of that kind. */
export function parseOne<K extends Statement['kind']>(kind: K, sql: string): Extract<Statement, { kind: K }> {
  const parsed = parse(sql)
  const statement = parsed[0]?.statement
  if (parsed.length !== 1 || statement?.kind !== kind)
    throw new Error(`${statement?.kind} instead of ${kind}: ${sql}`)
  return statement as Extract<Statement, { kind: K }>
}

/** The expression of `SELECT text`. */
export function parseExpression(text: string): Expression {
  const { body } = parseOne('select', `SELECT ${text}`)
  const target = body.kind === 'select' ? body.targets[0] : undefined
  if (target === undefined) throw new Error(`no expression: ${text}`)
  return target.expression
}

/** The tree as plain data, without positions, and without fields that are undefined, false or empty lists. */
export function brief(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(brief)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([key, field]) => {
    const empty = field === undefined || field === false || (Array.isArray(field) && field.length === 0)
    return key !== 'position' && !empty
  })
  return Object.fromEntries(entries.map(([key, field]) => [key, brief(field)]))
}
