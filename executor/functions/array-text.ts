/**
 * PostgreSQL's text forms: arrays, `{1,NULL,"a b"}`, are put together here (array-literal.ts takes them
 * apart), records, `(1,,"a b")`, both ways. The items are parsed and formatted by their types.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'

/** What an array is written of: the items' texts, null for NULL, nested for further dimensions. */
export type ArrayItem = string | null | readonly ArrayItem[]

/** `bounds` are the lower bounds of the dimensions: unless all are 1 they are written in front. */
export function formatArrayText(items: readonly ArrayItem[], bounds: readonly number[]): string {
  if (items.length === 0 || bounds.every(bound => bound === 1)) return bracedText(items)
  let head = ''
  let level: readonly ArrayItem[] = items
  for (const bound of bounds) {
    head += `[${bound}:${bound + level.length - 1}]`
    const first = level[0]
    if (!Array.isArray(first)) break
    level = first as readonly ArrayItem[]
  }
  return `${head}=${bracedText(items)}`
}

function bracedText(items: readonly ArrayItem[]): string {
  const parts = items.map(item => {
    if (item === null) return 'NULL'
    return typeof item === 'string' ? quoteArrayItem(item) : bracedText(item)
  })
  return `{${parts.join(',')}}`
}

/** Parses `(…)` into its fields' texts, null for an empty (NULL) field. */
export function parseRecordText(text: string): readonly (string | null)[] {
  const trimmed = text.trim()
  if (!trimmed.startsWith('(')) throw malformedRecord(text, 'Missing left parenthesis.')
  const fields: (string | null)[] = []
  let at = 1
  for (;;) {
    let value: string | null = null
    let quoted = false
    for (; at < trimmed.length && (quoted || (trimmed[at] !== ',' && trimmed[at] !== ')')); at++) {
      value ??= ''
      const char = trimmed[at]!
      if (char === '\\') value += trimmed[++at] ?? ''
      else if (char !== '"') value += char
      else if (quoted && trimmed[at + 1] === '"') value += trimmed[++at]
      else quoted = !quoted
    }
    if (at >= trimmed.length) throw malformedRecord(text, 'Unexpected end of input.')
    fields.push(value)
    if (trimmed[at++] === ')') break
  }
  if (at !== trimmed.length) throw malformedRecord(text, 'Junk after right parenthesis.')
  return fields
}

export function formatRecordText(fields: readonly (string | null)[]): string {
  const parts = fields.map(field => {
    if (field === null) return ''
    return field === '' || /["\\(), \t\n\r\v\f]/.test(field)
      ? `"${field.replaceAll(/["\\]/g, '$&$&')}"`
      : field
  })
  return `(${parts.join(',')})`
}

function quoteArrayItem(item: string): string {
  const needsQuotes = item === '' || /["\\{}, \t\n\r\v\f]/.test(item) || item.toUpperCase() === 'NULL'
  return needsQuotes ? `"${item.replaceAll(/["\\]/g, '\\$&')}"` : item
}

function malformedRecord(text: string, detail: string): SqlError {
  return new SqlError(SqlState.invalidTextRepresentation, `malformed record literal: "${text}"`, { detail })
}
