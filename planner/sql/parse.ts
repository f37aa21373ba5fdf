/**
 * Text -> syntax trees.
 *
 * PostgreSQL's own parser reads the text first. Only when it finds a syntax error (or the text speaks of
 * ASOF, which PostgreSQL would take for an alias) the text is cut at its top-level semicolons and each
 * statement is read by itself, with the streaming grammar of extensions.ts on top.
 */

import type { RawStmt } from 'libpg-query'
import { must } from '../assert.ts'
import { SqlError, SqlState } from '../errors.ts'
import type { Statement } from './ast.ts'
import { type ConvertContext, noMarks } from './convert-context.ts'
import { convertStatement } from './convert-statement.ts'
import { parseExtended } from './extensions.ts'
import { checkLength, parseRaw, statementBytesMax, tooDeep } from './raw-parser.ts'
import { SourceText } from './source-text.ts'
import { type StatementPiece, splitStatements } from './tokens.ts'

export { loadParser } from './raw-parser.ts'

export interface ParsedStatement {
  readonly statement: Statement
  /**
   * The statement without the blanks around it and its semicolon: text.slice(start, end), as JavaScript
   * counts.
   */
  readonly start: number
  readonly end: number
}

/**
 * The statements of a text, none for an empty one. Throws SqlError with PostgreSQL's message, SQLSTATE and a
 * position in `text`: 42601 for syntax, 54000 for a text over `bytesMax`, 54001 for one that nests too
 * deeply.
 */
export function parse(text: string, bytesMax: number = statementBytesMax): readonly ParsedStatement[] {
  checkLength(text, bytesMax)
  try {
    const source = new SourceText(text)
    const raw = /\basof\b/i.test(text) ? undefined : parsePostgres(text)
    if (raw === undefined || raw instanceof SqlError) return parsePieces(source, raw)
    return isSingle(text, raw) ? [convertSingle(source, raw[0]!)] : convertAll(source, raw)
  } catch (error) {
    // Our own recursion over a deep tree.
    if (error instanceof RangeError) throw tooDeep(error)
    throw error
  }
}

/** PostgreSQL's parse trees, or its syntax error. */
function parsePostgres(text: string): readonly RawStmt[] | SqlError {
  try {
    return parseRaw(text)
  } catch (error) {
    if (error instanceof SqlError && error.code === SqlState.syntaxError) return error
    throw error
  }
}

/** Statement by statement, by the streaming grammar. `error` is PostgreSQL's for the whole text. */
function parsePieces(source: SourceText, error: SqlError | undefined): ParsedStatement[] {
  const statements: ParsedStatement[] = []
  for (const piece of lexed(source, error)) {
    statements.push({ statement: parseExtended(piece), start: piece.start, end: piece.end })
  }
  return statements
}

/** A text that cannot be cut into tokens has the parser's error, which knows the position. */
function lexed(source: SourceText, error: SqlError | undefined): StatementPiece[] {
  try {
    return splitStatements(source)
  } catch (lexical) {
    throw error ?? lexical
  }
}

/** True when the statement is the text but for blanks: the usual case, which needs no tokens. */
function isSingle(text: string, raw: readonly RawStmt[]): boolean {
  return raw.length === 1 && !/;|--|\/\*/.test(text)
}

function convertSingle(source: SourceText, raw: RawStmt): ParsedStatement {
  const { text } = source
  const start = text.search(/\S/)
  const end = text.trimEnd().length
  return { statement: converted(source, raw, start), start, end }
}

function convertAll(source: SourceText, raw: readonly RawStmt[]): ParsedStatement[] {
  if (raw.length === 0) return []
  const { text } = source
  return raw.map(statement => {
    const first = source.indexOfByte(statement.stmt_location ?? 0)
    const length = statement.stmt_len ?? 0
    const last = length === 0 ? text.length : source.indexOfByte((statement.stmt_location ?? 0) + length)
    const start = first + leadingBlanks(text.slice(first, last))
    return {
      statement: converted(source, statement, start),
      start,
      end: first + text.slice(first, last).trimEnd().length,
    }
  })
}

/** Length of the white space and comments in front of a statement; block comments nest. */
function leadingBlanks(text: string): number {
  let at = 0
  for (;;) {
    const blank = /^(\s+|--[^\n\r]*)/.exec(text.slice(at))
    if (blank !== null) at += blank[0].length
    else if (text.startsWith('/*', at)) at = endOfComment(text, at)
    else return at
  }
}

function endOfComment(text: string, start: number): number {
  let depth = 0
  let at = start
  do {
    if (text.startsWith('/*', at)) {
      depth += 1
      at += 2
    } else if (text.startsWith('*/', at)) {
      depth -= 1
      at += 2
    } else at += 1
  } while (depth > 0 && at < text.length)
  return at
}

function converted(source: SourceText, raw: RawStmt, start: number): Statement {
  const context: ConvertContext = {
    source,
    marks: noMarks,
    statement: (node, inner) => convertStatement(node, 0, inner),
  }
  return convertStatement(must(raw.stmt, 'a statement has a tree'), source.positionOfIndex(start), context)
}
