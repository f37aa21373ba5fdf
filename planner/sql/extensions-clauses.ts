/**
 * Clauses that several streaming statements share: WITH (…), FORMAT … ENCODE …, INCLUDE, WATERMARK FOR, EMIT.
 */

import { SqlError, SqlState } from '../errors.ts'
import type { EmitClause, FormatClause, IncludeClause, Option, WatermarkClause } from './ast.ts'
import { parseExpressionRange } from './parse-range.ts'
import type { TokenCursor } from './tokens.ts'

/** ( name [= value] , … ); names are words with dots, hyphens excluded. */
export function readOptions(cursor: TokenCursor): Option[] {
  const options: Option[] = []
  cursor.expect('(')
  if (cursor.accept(')')) return options
  do {
    const position = cursor.position()
    const name = optionName(cursor)
    const value = cursor.accept('=') || startsValue(cursor) ? optionValue(cursor) : undefined
    options.push({ name, value, list: undefined, position })
  } while (cursor.accept(','))
  cursor.expect(')')
  return options
}

/** Unquoted names are folded, quoted ones kept; a string is a name too. */
function optionName(cursor: TokenCursor): string {
  const token = cursor.at(cursor.index)
  return token?.kind === 'string' ? cursor.string() : cursor.path().join('.')
}

/** EXPLAIN (FORMAT json): a value without =. */
function startsValue(cursor: TokenCursor): boolean {
  const kind = cursor.at(cursor.index)?.kind
  return kind === 'word' || kind === 'string' || kind === 'number'
}

function optionValue(cursor: TokenCursor): string {
  const sign = cursor.accept('-') ? '-' : ''
  const token = cursor.at(cursor.index)
  if (token?.kind === 'number' || (token?.kind === 'string' && sign === '')) {
    cursor.index += 1
    return sign + token.value
  }
  if (sign !== '') throw cursor.unexpected()
  return cursor.path().join('.')
}

/** FORMAT x ENCODE y [(options)] [KEY ENCODE z [(options)]]; undefined when it does not come next. */
export function readFormat(cursor: TokenCursor): FormatClause | undefined {
  const position = cursor.position()
  if (!cursor.accept('format')) return undefined
  const format = cursor.identifier()
  cursor.expect('encode')
  const encode = cursor.identifier()
  const options = cursor.looksAt('(') ? readOptions(cursor) : []
  const keyPosition = cursor.position()
  if (cursor.accept('key encode')) {
    options.push({ name: 'key.encode', value: cursor.identifier(), list: undefined, position: keyPosition })
    if (cursor.looksAt('(')) {
      options.push(...readOptions(cursor).map(option => ({ ...option, name: `key.${option.name}` })))
    }
  }
  return { format, encode, options, position }
}

const includeNames: Readonly<Record<string, IncludeClause['what']>> = {
  key: 'key',
  partition: 'partition',
  offset: 'offset',
  timestamp: 'timestamp',
  header: 'headers',
  headers: 'headers',
}

/** INCLUDE what [AS name]; undefined when it does not come next. */
export function readInclude(cursor: TokenCursor): IncludeClause | undefined {
  const position = cursor.position()
  if (!cursor.accept('include')) return undefined
  const word = cursor.at(cursor.index)
  const what =
    word?.kind === 'word' && Object.hasOwn(includeNames, word.value) ? includeNames[word.value] : undefined
  if (what === undefined) throw cursor.unexpected()
  cursor.index += 1
  return { what, name: cursor.accept('as') ? cursor.identifier() : undefined, position }
}

/** WATERMARK FOR column AS expression [IDLE TIMEOUT interval], in the tokens from `first` to before `end`. */
export function parseWatermark(cursor: TokenCursor, first: number, end: number): WatermarkClause {
  const position = cursor.position(first)
  cursor.index = first
  cursor.expect('watermark for')
  const column = cursor.identifier()
  cursor.expect('as')
  const start = cursor.index
  const idle = cursor.findOutside(index => cursor.looksAt('idle timeout', index), start, end)
  const expression = parseExpressionRange(cursor, start, idle)
  const idleTimeout = idle < end ? parseExpressionRange(cursor, idle + 2, end) : undefined
  cursor.index = end
  return { column, expression, idleTimeout, position }
}

const emitForms = ['emit on update', 'emit on window close', 'emit periodic']

/** Whether an EMIT clause starts at that token. */
export function emitAt(cursor: TokenCursor, index: number): boolean {
  return emitForms.some(words => cursor.looksAt(words, index))
}

/** True where the clauses behind a query start: EMIT, WITH (, WITH [NO] DATA, FORMAT x ENCODE. */
export function clauseAt(cursor: TokenCursor, index: number): boolean {
  return (
    emitAt(cursor, index) ||
    cursor.looksAt('with (', index) ||
    cursor.looksAt('with data', index) ||
    cursor.looksAt('with no data', index) ||
    (cursor.looksAt('format', index) && cursor.looksAt('encode', index + 2))
  )
}

/** EMIT …; undefined when it does not come next. */
export function readEmit(cursor: TokenCursor): EmitClause | undefined {
  const position = cursor.position()
  if (!cursor.accept('emit')) return undefined
  if (cursor.accept('on update')) return { kind: 'update', position }
  if (cursor.accept('on window close')) {
    if (!cursor.accept('with delay')) return { kind: 'window_close', delay: undefined, position }
    return { kind: 'window_close', delay: expressionToClause(cursor), position }
  }
  cursor.expect('periodic')
  return { kind: 'periodic', interval: expressionToClause(cursor), position }
}

function expressionToClause(cursor: TokenCursor) {
  const first = cursor.index
  const end = cursor.findOutside(index => clauseAt(cursor, index))
  cursor.index = end
  return parseExpressionRange(cursor, first, end)
}

/** The error of a clause that is given twice. */
export function givenTwice(cursor: TokenCursor, clause: string, position = cursor.position()): SqlError {
  return new SqlError(SqlState.syntaxError, `${clause} is given more than once`, { position })
}
