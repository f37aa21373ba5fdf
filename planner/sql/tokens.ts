/**
 * Tokens of a text by PostgreSQL's lexer, cut into statements, and a cursor over them for the streaming
 * grammar.
 */

import { must } from '../assert.ts'
import { SqlError, SqlState } from '../errors.ts'
import type { TableName } from './ast-query.ts'
import { tableNameOf } from './convert-context.ts'
import { parseRaw, type RawToken, scanRaw } from './raw-parser.ts'
import type { SourceText } from './source-text.ts'

export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'symbol'
  /** As written. */
  readonly text: string
  /** Folded word, unquoted identifier, text of the string; else as written. */
  readonly value: string
  /** UTF-16 indexes in the source. */
  readonly start: number
  readonly end: number
}

/** One statement of a text: its tokens, without the semicolon. */
export interface StatementPiece {
  readonly source: SourceText
  readonly tokens: readonly Token[]
  /** What stands behind the last token: a semicolon, or the end of the text. */
  readonly next: Token | undefined
  readonly start: number
  readonly end: number
}

/**
 * Cuts at top-level semicolons (not those of a SQL function's BEGIN ATOMIC); empty statements are left out.
 */
export function splitStatements(source: SourceText): StatementPiece[] {
  const pieces: StatementPiece[] = []
  let tokens: Token[] = []
  let depth = 0
  const push = (next: Token | undefined) => {
    const first = tokens[0]
    const last = tokens.at(-1)
    if (first !== undefined && last !== undefined) {
      pieces.push({ source, tokens, next, start: first.start, end: last.end })
    }
    tokens = []
    depth = 0
  }
  for (const token of tokenize(source)) {
    if (token.text === ';' && depth <= 0) push(token)
    else {
      if (token.text === '(') depth += 1
      if (token.text === ')') depth -= 1
      tokens.push(token)
    }
  }
  push(undefined)
  return pieces
}

function tokenize(source: SourceText): Token[] {
  const tokens: Token[] = []
  for (const raw of scanRaw(source.text)) {
    if (raw.tokenName !== 'SQL_COMMENT' && raw.tokenName !== 'C_COMMENT') tokens.push(tokenOf(raw, source))
  }
  return tokens
}

function tokenOf(raw: RawToken, source: SourceText): Token {
  const start = source.indexOfByte(raw.start ?? 0)
  const end = source.indexOfByte(raw.end)
  const text = source.text.slice(start, end)
  const first = text[0] ?? ''
  if (first === '"' || /^u&"/i.test(text)) return { kind: 'quoted', text, value: unquoted(text), start, end }
  if (first === "'" || first === '$' || /^([enbx]|u&)'/i.test(text)) {
    const parameter = raw.tokenName === 'PARAM'
    return {
      kind: parameter ? 'symbol' : 'string',
      text,
      value: parameter ? text : stringValue(text),
      start,
      end,
    }
  }
  if (/^\.?\d/.test(text)) return { kind: 'number', text, value: text, start, end }
  if (/^[A-Za-z_\u0080-\uffff]/.test(text))
    return { kind: 'word', text, value: text.toLowerCase(), start, end }
  return { kind: 'symbol', text, value: text, start, end }
}

function unquoted(text: string): string {
  if (text.startsWith('"')) return text.slice(1, -1).replaceAll('""', '"')
  const statement = must(parseRaw(`SELECT 1 AS ${text}`)[0]?.stmt, 'one statement') as { SelectStmt: Target }
  return statement.SelectStmt.targetList[0]?.ResTarget.name ?? ''
}

/** The text of a string constant; escapes, dollar quotes and continued strings by PostgreSQL itself. */
function stringValue(text: string): string {
  if (/^'[^'\n]*'$/.test(text)) return text.slice(1, -1)
  const statement = must(parseRaw(`SELECT ${text}`)[0]?.stmt, 'one statement') as { SelectStmt: Target }
  const constant = statement.SelectStmt.targetList[0]?.ResTarget.val?.A_Const
  return constant?.sval?.sval ?? constant?.bsval?.bsval ?? ''
}

interface Target {
  readonly targetList: readonly {
    ResTarget: { name?: string; val?: { A_Const?: { sval?: { sval?: string }; bsval?: { bsval?: string } } } }
  }[]
}

/** PostgreSQL's error for a token that the grammar does not expect; undefined = the end of the text. */
export function unexpectedToken(source: SourceText, token: Token | undefined): SqlError {
  return token === undefined
    ? new SqlError(SqlState.syntaxError, 'syntax error at end of input', {
        position: source.positionOfIndex(source.text.length),
      })
    : new SqlError(SqlState.syntaxError, `syntax error at or near "${token.text}"`, {
        position: source.positionOfIndex(token.start),
      })
}

/** Reads a statement's tokens from left to right. Indexes are of tokens. */
export class TokenCursor {
  readonly piece: StatementPiece
  /** The next token. */
  index: number
  /** The token this cursor stops before. */
  readonly end: number

  constructor(piece: StatementPiece, index = 0, end = piece.tokens.length) {
    this.piece = piece
    this.index = index
    this.end = end
  }

  get done(): boolean {
    return this.index >= this.end
  }

  at(index: number): Token | undefined {
    return index < this.end ? this.piece.tokens[index] : undefined
  }

  /** The 1-based position of a token; of the end of the text when there is none. */
  position(index = this.index): number {
    const { source, next } = this.piece
    return source.positionOfIndex((this.piece.tokens[index] ?? next)?.start ?? source.text.length)
  }

  /** True when these words (unquoted) or symbols stand at `index`. */
  looksAt(words: string, index = this.index): boolean {
    return words.split(' ').every((word, offset) => {
      const token = this.at(index + offset)
      return token !== undefined && token.value === word && (token.kind === 'word' || token.kind === 'symbol')
    })
  }

  /** Takes these words when they come next. */
  accept(words: string): boolean {
    if (!this.looksAt(words)) return false
    this.index += words.split(' ').length
    return true
  }

  expect(words: string): void {
    for (const word of words.split(' ')) if (!this.accept(word)) throw this.unexpected()
  }

  expectEnd(): void {
    if (!this.done) throw this.unexpected()
  }

  unexpected(index = this.index): SqlError {
    return unexpectedToken(this.piece.source, this.piece.tokens[index] ?? this.piece.next)
  }

  identifier(): string {
    const token = this.at(this.index)
    if (token?.kind !== 'word' && token?.kind !== 'quoted') throw this.unexpected()
    this.index += 1
    return token.value
  }

  string(): string {
    const token = this.at(this.index)
    if (token?.kind !== 'string') throw this.unexpected()
    this.index += 1
    return token.value
  }

  path(): string[] {
    const path = [this.identifier()]
    while (this.accept('.')) path.push(this.identifier())
    return path
  }

  tableName(): TableName {
    const position = this.position()
    return tableNameOf(this.path(), position)
  }

  /**
   * Takes a parenthesised group; returns the indexes of its first inner token and of its closing parenthesis.
   */
  group(): { readonly first: number; readonly close: number } {
    const first = this.index + 1
    const close = this.closing(this.index)
    this.index = close + 1
    return { first, close }
  }

  /** Index of the parenthesis that closes the one at `open`. */
  closing(open: number): number {
    if (this.at(open)?.text !== '(') throw this.unexpected(open)
    let depth = 0
    for (let index = open; index < this.end; index++) {
      depth += depthChange(this.at(index)!)
      if (depth === 0) return index
    }
    throw this.unexpected(this.end)
  }

  /**
   * The first index from `from` on, outside parentheses, that satisfies the test; `to` when there is none.
   */
  findOutside(test: (index: number) => boolean, from = this.index, to = this.end): number {
    let depth = 0
    for (let index = from; index < to; index++) {
      if (depth === 0 && test(index)) return index
      depth += depthChange(this.at(index)!)
    }
    return to
  }
}

function depthChange(token: Token): number {
  if (token.text === '(' || token.text === '[') return 1
  return token.text === ')' || token.text === ']' ? -1 : 0
}
