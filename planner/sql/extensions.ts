/**
 * The streaming grammar: statements that PostgreSQL does not have, and clauses inside those it has. Each is
 * recognised by its first words. Expressions, queries and column lists are parsed by PostgreSQL's own parser
 * (parse-range.ts); only what is around them is read here.
 */

import { SqlError, SqlState } from '../errors.ts'
import type { Statement } from './ast.ts'
import { readOptions } from './extensions-clauses.ts'
import {
  parseAlterModel,
  parseCreateMaterializedView,
  parseCreateModel,
  parseCreateSink,
  parseDropExtended,
} from './extensions-definition.ts'
import { parseAlterOwner, parseGrantOn } from './extensions-grant.ts'
import {
  parseCopySubscribe,
  parseDeclareSubscribe,
  parseFetchWith,
  parseShowExtended,
  parseSubscribe,
} from './extensions-session.ts'
import { parseCreateSource, parseCreateTableExtended } from './extensions-table.ts'
import { parseStatementRange } from './parse-range.ts'
import { type StatementPiece, TokenCursor } from './tokens.ts'

/** A statement on its own. Throws SqlError 42601 where neither grammar can go on. */
export function parseExtended(piece: StatementPiece): Statement {
  return parseFrom(new TokenCursor(piece))
}

/** The statement from the cursor to its end. */
function parseFrom(cursor: TokenCursor): Statement {
  let error: SqlError
  try {
    return parseStatementRange(cursor, cursor.index, cursor.end)
  } catch (caught) {
    if (!(caught instanceof SqlError) || caught.code !== SqlState.syntaxError) throw caught
    error = caught
  }
  const statement = extendedStatement(cursor)
  if (statement === undefined) throw error
  cursor.expectEnd()
  return statement
}

/** undefined when the first words are none of the streaming grammar's. */
function extendedStatement(cursor: TokenCursor): Statement | undefined {
  const position = cursor.position()
  if (cursor.accept('subscribe')) return parseSubscribe(cursor, position)
  if (cursor.accept('flush') || cursor.accept('wait')) return { kind: 'flush', position }
  if (cursor.accept('show')) return parseShowExtended(cursor, position)
  if (cursor.accept('describe') || cursor.accept('desc')) {
    cursor.accept('table')
    return { kind: 'show', target: { kind: 'columns', table: cursor.tableName() }, position }
  }
  if (cursor.accept('explain')) return parseExplain(cursor, position)
  if (cursor.looksAt('copy ( subscribe')) return parseCopySubscribe(cursor, position)
  if (cursor.looksAt('declare')) return parseDeclareSubscribe(cursor)
  if (cursor.looksAt('fetch') || cursor.looksAt('move')) return parseFetchWith(cursor)
  if (cursor.accept('create')) return parseCreate(cursor, position)
  const alterOwner = parseAlterOwner(cursor)
  if (alterOwner !== undefined) return alterOwner
  if (cursor.accept('alter model')) return parseAlterModel(cursor, position)
  if (cursor.accept('drop')) return parseDropExtended(cursor, position)
  if (cursor.looksAt('grant') || cursor.looksAt('revoke')) return parseGrantOn(cursor)
  for (const object of ['source', 'sink', 'connection', 'secret', 'subscription']) {
    if (!cursor.accept(`alter ${object}`)) continue
    cursor.index = cursor.end
    return { kind: 'unsupported', command: `ALTER ${object.toUpperCase()}`, position }
  }
  return undefined
}

function parseCreate(cursor: TokenCursor, position: number): Statement | undefined {
  const orReplace = cursor.accept('or replace')
  if (cursor.accept('model')) return parseCreateModel(cursor, position, orReplace)
  if (orReplace) return undefined
  if (cursor.accept('source')) return parseCreateSource(cursor, position)
  if (cursor.accept('sink')) return parseCreateSink(cursor, position)
  if (cursor.accept('materialized view')) return parseCreateMaterializedView(cursor, position)
  const temporary = cursor.accept('temporary') || cursor.accept('temp')
  return cursor.accept('table') ? parseCreateTableExtended(cursor, position, temporary) : undefined
}

/** EXPLAIN [(options)] [ANALYZE] [VERBOSE] of a statement of the streaming grammar. */
function parseExplain(cursor: TokenCursor, position: number): Statement {
  const options = cursor.looksAt('(') ? readOptions(cursor) : []
  for (const name of ['analyze', 'verbose']) {
    const at = cursor.position()
    if (cursor.accept(name)) options.push({ name, value: undefined, list: undefined, position: at })
  }
  const given = options.findLast(option => option.name === 'analyze')
  const analyze = given !== undefined && !['false', 'off', '0'].includes(given.value ?? 'true')
  const statement = parseFrom(cursor)
  cursor.index = cursor.end
  return { kind: 'explain', options, analyze, statement, position }
}
