/**
 * SUBSCRIBE and what carries it (COPY, DECLARE, FETCH … WITH), and the SHOW statements with more than one
 * word.
 */

import type { EmitClause, Option, SelectStatement, Statement } from './ast.ts'
import type { Expression } from './ast-expression.ts'
import type { ShowObject, ShowStatement, SubscribeStatement } from './ast-session.ts'
import { shownObjects } from './convert-session.ts'
import { emitAt, readEmit, readOptions } from './extensions-clauses.ts'
import { readObjectType } from './extensions-definition.ts'
import { parseExpressionRange, parseQueryRange, parseStatementRange, parseTailRange } from './parse-range.ts'
import { TokenCursor } from './tokens.ts'

/** SUBSCRIBE [TO] v | (query) [EMIT …] [WITH (…)] [AS OF t] [UP TO t]; the first word is taken. */
export function parseSubscribe(cursor: TokenCursor, position: number): SubscribeStatement {
  cursor.accept('to')
  const from = readSubscribed(cursor)
  let emit: EmitClause | undefined
  let options: readonly Option[] = []
  let asOf: Expression | undefined
  let upTo: Expression | undefined
  for (;;) {
    if (cursor.accept('as of')) asOf = readTime(cursor)
    else if (cursor.accept('up to')) upTo = readTime(cursor)
    else if (cursor.accept('with')) options = readOptions(cursor)
    else if (emitAt(cursor, cursor.index)) emit = readEmit(cursor)
    else return { kind: 'subscribe', from, emit, options, asOf, upTo, position }
  }
}

function readSubscribed(
  cursor: TokenCursor,
): { readonly kind: 'relation'; table: ReturnType<TokenCursor['tableName']> } | SelectStatement {
  if (!cursor.looksAt('(')) return { kind: 'relation', table: cursor.tableName() }
  const { first, close } = cursor.group()
  const end = cursor.index
  const query = parseQueryRange(cursor, first, close)
  cursor.index = end
  return query
}

function readTime(cursor: TokenCursor): Expression {
  const first = cursor.index
  const end = cursor.findOutside(index => {
    return (
      index > first && ['as of', 'up to', 'with (', 'emit on'].some(words => cursor.looksAt(words, index))
    )
  })
  const expression = parseExpressionRange(cursor, first, end)
  cursor.index = end
  return expression
}

/** COPY (SUBSCRIBE …) TO STDOUT [options]. */
export function parseCopySubscribe(cursor: TokenCursor, position: number): Statement {
  cursor.expect('copy')
  const { first, close } = cursor.group()
  const inner = new TokenCursor(cursor.piece, first + 1, close)
  const from = parseSubscribe(inner, inner.position(first))
  inner.expectEnd()
  const copy = parseTailRange(cursor, 'COPY (SELECT) ', close + 1, cursor.end)
  if (copy.kind !== 'copy') throw cursor.unexpected(close + 1)
  cursor.index = cursor.end
  return { ...copy, from, position }
}

/** DECLARE c [options] CURSOR [WITH HOLD] FOR SUBSCRIBE …; undefined when it is for another statement. */
export function parseDeclareSubscribe(cursor: TokenCursor): Statement | undefined {
  const position = cursor.position()
  const first = cursor.index
  const subscribe = cursor.findOutside(index => cursor.looksAt('for subscribe', index))
  if (subscribe === cursor.end) return undefined
  const declaration = parseStatementRange(cursor, first, subscribe + 1, ' SELECT')
  if (declaration.kind !== 'declare_cursor') throw cursor.unexpected(first)
  cursor.index = subscribe + 2
  return { ...declaration, query: parseSubscribe(cursor, cursor.position(subscribe + 1)), position }
}

/** FETCH … WITH (timeout = '1s'); undefined without the WITH. */
export function parseFetchWith(cursor: TokenCursor): Statement | undefined {
  const first = cursor.index
  const clause = cursor.findOutside(index => cursor.looksAt('with (', index))
  if (clause === cursor.end) return undefined
  const fetch = parseStatementRange(cursor, first, clause)
  if (fetch.kind !== 'fetch') throw cursor.unexpected(first)
  cursor.index = clause + 1
  return { ...fetch, options: readOptions(cursor) }
}

/** SHOW of more than one word; the first is taken. */
export function parseShowExtended(cursor: TokenCursor, position: number): ShowStatement {
  if (cursor.accept('create')) {
    const object = readObjectType(cursor)
    return { kind: 'show', target: { kind: 'create', object, table: cursor.tableName() }, position }
  }
  if (cursor.accept('columns from') || cursor.accept('columns in')) {
    return { kind: 'show', target: { kind: 'columns', table: cursor.tableName() }, position }
  }
  const objects = readShownObjects(cursor)
  const lag = objects === 'source_lag'
  if (lag) cursor.accept('for')
  const name = lag && !cursor.done && !cursor.looksAt('like') ? cursor.tableName() : undefined
  const schemaName = !lag && (cursor.accept('from') || cursor.accept('in')) ? cursor.identifier() : undefined
  const like = cursor.accept('like') ? cursor.string() : undefined
  return { kind: 'show', target: { kind: 'objects', objects, schemaName, name, like }, position }
}

function readShownObjects(cursor: TokenCursor): ShowObject {
  if (cursor.accept('materialized views')) return 'materialized_views'
  if (cursor.accept('source lag')) return 'source_lag'
  const objects = shownObjects(cursor.at(cursor.index)?.value ?? '')
  if (objects === undefined) throw cursor.unexpected()
  cursor.index += 1
  return objects
}
