/**
 * Hands stretches of a statement to PostgreSQL's parser, so that positions and errors come out as of the
 * whole.
 */

import type { Node } from 'libpg-query'
import { must } from '../assert.ts'
import { SqlError, SqlState } from '../errors.ts'
import type { ColumnDefinition, Statement, TableConstraint } from './ast.ts'
import type { Expression } from './ast-expression.ts'
import type { SelectStatement } from './ast-query.ts'
import { convertTableElements } from './convert-column.ts'
import { type ConvertContext, contentOf } from './convert-context.ts'
import { convertExpression } from './convert-expression.ts'
import { convertStatement } from './convert-statement.ts'
import { parseRaw } from './raw-parser.ts'
import { applyEdits, type Edit, type Rewritten, rewriteQuery } from './rewrite-query.ts'
import { countCharacters, SourceText } from './source-text.ts'
import type { TokenCursor } from './tokens.ts'

interface RangeOptions {
  /** What stands before and after the range for the parser alone; ASCII. */
  readonly prefix?: string
  readonly suffix?: string
  /** Further stretches to blank. */
  readonly edits?: readonly Edit[]
}

interface ParsedRange {
  readonly node: Node
  readonly context: ConvertContext
}

/** Parses the tokens from `first` to before `end`, streaming clauses inside queries included. */
function parseRange(
  cursor: TokenCursor,
  first: number,
  end: number,
  options: RangeOptions = {},
): ParsedRange {
  const { source, tokens } = cursor.piece
  if (first >= end) throw cursor.unexpected(first)
  const { prefix = '', suffix = '', edits = [] } = options
  const start = tokens[first]!.start
  const stop = tokens[end - 1]!.end
  const rewritten: Rewritten = rewriteQuery(cursor, first, end, parseExpressionRange)
  const middle = applyEdits(source.text, start, stop, [...edits, ...rewritten.edits])
  const before = source.positionOfIndex(start) - 1
  let statement: Node | undefined
  try {
    statement = parseRaw(prefix + middle + suffix)[0]?.stmt
  } catch (error) {
    throw relocated(error, cursor, end, before, prefix.length, countCharacters(middle))
  }
  const context: ConvertContext = {
    source: new SourceText(prefix + middle + suffix, before - prefix.length),
    marks: rewritten.marks,
    statement: (node, inner) => convertStatement(node, 0, inner),
  }
  return { node: must(statement, 'a range has tokens'), context }
}

/**
 * The error as of the whole text; at the end of the range it is the next token of the statement that is
 * wrong.
 */
function relocated(
  error: unknown,
  cursor: TokenCursor,
  end: number,
  before: number,
  prefix: number,
  length: number,
): unknown {
  if (!(error instanceof SqlError) || error.position === undefined) return error
  const offset = error.position - 1 - prefix
  if (error.code === SqlState.syntaxError && offset >= length) return cursor.unexpected(end)
  return new SqlError(error.code, error.message, {
    ...error.fields,
    position: before + Math.max(offset, 0) + 1,
  })
}

/** A statement of PostgreSQL's grammar. */
export function parseStatementRange(cursor: TokenCursor, first: number, end: number, suffix = ''): Statement {
  const { node, context } = parseRange(cursor, first, end, { suffix })
  return convertStatement(node, cursor.position(first), context)
}

/** A statement whose beginning is given as text and whose rest is in the tokens. */
export function parseTailRange(cursor: TokenCursor, prefix: string, first: number, end: number): Statement {
  const { node, context } = parseRange(cursor, first, end, { prefix })
  return convertStatement(node, cursor.position(first), context)
}

export function parseQueryRange(cursor: TokenCursor, first: number, end: number): SelectStatement {
  const statement = parseStatementRange(cursor, first, end)
  if (statement.kind !== 'select') throw cursor.unexpected(first)
  return statement
}

export function parseExpressionRange(cursor: TokenCursor, first: number, end: number): Expression {
  const { node, context } = parseRange(cursor, first, end, { prefix: 'SELECT (', suffix: ')' })
  const target = contentOf(contentOf(node, 'SelectStmt')?.targetList?.[0], 'ResTarget')
  const expression = convertExpression(must(target?.val, 'a SELECT of one value'), context)
  if (expression.kind === 'row' && !expression.explicit && cursor.at(first)?.text !== '(') {
    throw cursor.unexpected(cursor.findOutside(index => cursor.at(index)?.text === ',', first, end))
  }
  return expression
}

/** The elements of a table definition; `open` and `close` are the tokens of its parentheses. */
export function parseColumnsRange(
  cursor: TokenCursor,
  open: number,
  close: number,
  edits: readonly Edit[],
): { readonly columns: readonly ColumnDefinition[]; readonly constraints: readonly TableConstraint[] } {
  const { node, context } = parseRange(cursor, open, close + 1, { prefix: 'CREATE TABLE x ', edits })
  return convertTableElements(contentOf(node, 'CreateStmt')?.tableElts, context)
}
