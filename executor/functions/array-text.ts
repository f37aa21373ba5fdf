/**
 * PostgreSQL's text forms of arrays, `{1,NULL,"a b"}`, and records, `(1,,"a b")`: splitting and quoting only;
 * the items are parsed and formatted by their types.
 */

import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'

/** A parsed array literal: items are the unquoted texts, null for NULL. */
export type ArrayItem = string | null | readonly ArrayItem[]

/** Parses `{…}`; nested braces become nested arrays. */
export function parseArrayText(text: string): readonly ArrayItem[] {
  const trimmed = text.trim()
  if (trimmed.startsWith('[')) throw notSupported('an array literal with lower bounds')
  if (!trimmed.startsWith('{')) {
    throw malformedArray(text, 'Array value must start with "{" or dimension information.')
  }
  const cursor = { text: trimmed, at: 1 }
  const items = parseItems(cursor)
  if (cursor.at !== trimmed.length) throw malformedArray(text, 'Junk after closing right brace.')
  checkRectangular(items, text)
  return items
}

/** `texts` are the items' output texts, null for NULL, nested arrays for further dimensions. */
export function formatArrayText(items: readonly ArrayItem[]): string {
  const parts = items.map(item => {
    if (item === null) return 'NULL'
    return typeof item === 'string' ? quoteArrayItem(item) : formatArrayText(item)
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
    return field === '' || /["\\(),\s]/.test(field) ? `"${field.replaceAll(/["\\]/g, '$&$&')}"` : field
  })
  return `(${parts.join(',')})`
}

interface Cursor {
  readonly text: string
  at: number
}

/** Behind an opening brace, up to and over the closing one. */
function parseItems(cursor: Cursor): readonly ArrayItem[] {
  const items: ArrayItem[] = []
  skipSpace(cursor)
  if (cursor.text[cursor.at] === '}') {
    cursor.at++
    return items
  }
  for (;;) {
    skipSpace(cursor)
    if (cursor.text[cursor.at] === '{') {
      cursor.at++
      items.push(parseItems(cursor))
    } else {
      items.push(cursor.text[cursor.at] === '"' ? parseQuoted(cursor) : parseBare(cursor))
    }
    skipSpace(cursor)
    const delimiter = cursor.text[cursor.at++]
    if (delimiter === '}') return items
    if (delimiter === undefined) throw malformedArray(cursor.text, 'Unexpected end of input.')
    if (delimiter !== ',') throw malformedArray(cursor.text, 'Unexpected array element.')
  }
}

function parseQuoted(cursor: Cursor): string {
  let value = ''
  for (cursor.at++; cursor.at < cursor.text.length; cursor.at++) {
    const char = cursor.text[cursor.at]!
    if (char === '"') {
      cursor.at++
      return value
    }
    value += char === '\\' ? (cursor.text[++cursor.at] ?? '') : char
  }
  throw malformedArray(cursor.text, 'Unexpected end of input.')
}

function parseBare(cursor: Cursor): string | null {
  const { text } = cursor
  let value = ''
  let escaped = false
  for (; cursor.at < text.length && !/[,{}"]/.test(text[cursor.at]!); cursor.at++) {
    if (text[cursor.at] === '\\') {
      escaped = true
      cursor.at++
    }
    value += text[cursor.at] ?? ''
  }
  const trimmed = escaped ? value : value.trim()
  const next = text[cursor.at]
  if (next === undefined) throw malformedArray(text, 'Unexpected end of input.')
  if (next === '{' || next === '"') throw malformedArray(text, `Unexpected "${next}" character.`)
  if (trimmed === '' && !escaped) throw malformedArray(text, `Unexpected "${next}" character.`)
  return trimmed.toUpperCase() === 'NULL' && !escaped ? null : trimmed
}

function skipSpace(cursor: Cursor): void {
  while (/\s/.test(cursor.text[cursor.at] ?? '')) cursor.at++
}

/** All items of one level are arrays of one length, or none is. */
function checkRectangular(items: readonly ArrayItem[], text: string): void {
  const nested = items.filter(Array.isArray) as (readonly ArrayItem[])[]
  if (nested.length === 0) return
  const length = nested[0]!.length
  if (nested.length !== items.length || nested.some(item => item.length !== length)) {
    const detail = 'Multidimensional arrays must have sub-arrays with matching dimensions.'
    throw malformedArray(text, detail)
  }
  for (const item of nested) checkRectangular(item, text)
}

function quoteArrayItem(item: string): string {
  const needsQuotes = item === '' || /["\\{},\s]/.test(item) || item.toUpperCase() === 'NULL'
  return needsQuotes ? `"${item.replaceAll(/["\\]/g, '\\$&')}"` : item
}

function malformedArray(text: string, detail: string): SqlError {
  return new SqlError(SqlState.invalidTextRepresentation, `malformed array literal: "${text}"`, { detail })
}

function malformedRecord(text: string, detail: string): SqlError {
  return new SqlError(SqlState.invalidTextRepresentation, `malformed record literal: "${text}"`, { detail })
}
