/**
 * Makes a query with streaming clauses readable for PostgreSQL's parser: what it does not know is blanked,
 * one space for a character, so that every position stays valid, and remembered by the position of what it
 * belongs to.
 *
 * a ASOF JOIN b ON … a JOIN b ON … b FOR SYSTEM_TIME AS OF PROCTIME() AS r b AS r TABLE(TUMBLE(TABLE t,
 * DESCRIPTOR(ts), i)) TUMBLE( t, ts , i) SESSION(t PARTITION BY a, ts, i) SESSION(t , a, ts, i)
 * ML_PREDICT(TABLE t, MODEL m, DESCRIPTOR(a, b)) ML_PREDICT( t, m, a, b ) OVER (ORDER BY ts SESSION WITH GAP
 * i) OVER (ORDER BY ts )
 */

import type { Expression } from './ast-expression.ts'
import type { QueryMarks } from './convert-context.ts'
import type { TokenCursor } from './tokens.ts'

/** A stretch of the source to blank, by UTF-16 index; `put` stands in its first place. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly put: string
}

export interface Rewritten {
  readonly edits: readonly Edit[]
  readonly marks: QueryMarks
}

/** Reads the expression of the tokens from `first` to before `end`. */
export type ParseExpression = (cursor: TokenCursor, first: number, end: number) => Expression

/** Edits and marks for the tokens from `first` to before `end`. */
export function rewriteQuery(
  cursor: TokenCursor,
  first: number,
  end: number,
  parseExpression: ParseExpression,
): Rewritten {
  const rewrite = new QueryRewrite(cursor, parseExpression)
  for (let index = first; index < end; index++) rewrite.token(index, first)
  return { edits: rewrite.edits, marks: rewrite }
}

const tableFunctions = ['tumble', 'hop', 'cumulate', 'session', 'ml_predict']

class QueryRewrite implements QueryMarks {
  readonly edits: Edit[] = []
  readonly systemTimes = new Map<number, Expression>()
  readonly sessionGaps = new Map<number, Expression>()
  readonly asofJoins: number[] = []
  readonly #cursor: TokenCursor
  readonly #parseExpression: ParseExpression
  /** Index of the opening parenthesis of each group we are in. */
  readonly #open: number[] = []

  constructor(cursor: TokenCursor, parseExpression: ParseExpression) {
    this.#cursor = cursor
    this.#parseExpression = parseExpression
  }

  token(index: number, first: number): void {
    const cursor = this.#cursor
    const token = cursor.at(index)
    if (token === undefined) return
    if (token.text === '(') this.#open.push(index)
    if (token.text === ')') this.#open.pop()
    if (token.kind !== 'word') return
    if (token.value === 'asof' && index > first) this.#asof(index)
    else if (cursor.looksAt('for system_time as of', index)) this.#systemTime(index)
    else if (cursor.looksAt('session with gap', index)) this.#sessionGap(index)
    else if (token.value === 'table' && this.#isTableFunction(index + 2) && cursor.looksAt('(', index + 1)) {
      this.#blank(index, index + 1)
      const close = cursor.closing(index + 1)
      this.#blank(close, close)
    } else if (this.#isTableFunction(index)) this.#arguments(index)
  }

  #isTableFunction(index: number): boolean {
    const token = this.#cursor.at(index)
    return (
      token?.kind === 'word' && tableFunctions.includes(token.value) && this.#cursor.looksAt('(', index + 1)
    )
  }

  #asof(index: number): void {
    const cursor = this.#cursor
    const forms = ['join', 'inner join', 'left join', 'left outer join']
    const form = forms.find(words => cursor.looksAt(words, index + 1))
    if (form === undefined) return
    this.#blank(index, index)
    this.asofJoins.push(cursor.position(index + form.split(' ').length))
  }

  #systemTime(index: number): void {
    const cursor = this.#cursor
    const first = index + 4
    let end = first + 1
    while (cursor.looksAt('.', end)) end += 2
    if (cursor.at(first)?.kind === 'word' && cursor.at(end)?.kind === 'string') end += 1
    else if (cursor.looksAt('(', end)) end = cursor.closing(end) + 1
    let table = index - 1
    while (table >= 2 && cursor.looksAt('.', table - 1)) table -= 2
    this.systemTimes.set(cursor.position(table), this.#parseExpression(cursor, first, end))
    this.#blank(index, end - 1)
  }

  #sessionGap(index: number): void {
    const cursor = this.#cursor
    const open = this.#open.at(-1)
    if (open === undefined) throw cursor.unexpected(index)
    const close = cursor.closing(open)
    this.sessionGaps.set(cursor.position(open), this.#parseExpression(cursor, index + 3, close))
    this.#blank(index, close - 1)
  }

  /** TABLE, MODEL, DESCRIPTOR( ) and PARTITION BY between the parentheses of a table function. */
  #arguments(index: number): void {
    const cursor = this.#cursor
    const close = cursor.closing(index + 1)
    let depth = 0
    for (let at = index + 2; at < close; at++) {
      const token = cursor.at(at)
      if (token?.text === '(') depth += 1
      if (token?.text === ')') depth -= 1
      if (depth > 0 || token?.kind !== 'word') continue
      const startsArgument = ['(', ',', '=>'].includes(cursor.at(at - 1)?.text ?? '')
      const named = cursor.at(at + 1)?.kind === 'word' || cursor.at(at + 1)?.kind === 'quoted'
      if (startsArgument && named && (token.value === 'table' || token.value === 'model')) this.#blank(at, at)
      else if (token.value === 'descriptor' && cursor.looksAt('(', at + 1)) {
        this.#blank(at, at + 1)
        const closes = cursor.closing(at + 1)
        this.#blank(closes, closes)
        at = closes
      } else if (cursor.looksAt('partition by', at)) this.#blank(at, at + 1, ',')
    }
  }

  #blank(from: number, to: number, put = ''): void {
    this.edits.push({ start: this.#cursor.at(from)!.start, end: this.#cursor.at(to)!.end, put })
  }
}

/** The text from `start` to `end` with the edits applied: as many characters as before. */
export function applyEdits(text: string, start: number, end: number, edits: readonly Edit[]): string {
  let result = ''
  let at = start
  for (const edit of edits.toSorted((left, right) => left.start - right.start)) {
    if (edit.start < at || edit.end > end) continue
    result += text.slice(at, edit.start)
    const blanks = ' '.repeat([...text.slice(edit.start, edit.end)].length)
    result += edit.put + blanks.slice(edit.put.length)
    at = edit.end
  }
  return result + text.slice(at, end)
}
