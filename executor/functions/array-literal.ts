/**
 * PostgreSQL's array literals: `{1,NULL,"a b"}`, nested for further dimensions, with an optional head
 * `[0:1][2:3]=` of bounds. Splits and unquotes only; the items are parsed by their type.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import { checkDimensionCount, checkDimensions } from '../batch/array-bounds.ts'

/** The items' texts in order, null for NULL, with lengths and lower bounds per dimension, outermost first. */
export interface ArrayLiteral {
  readonly items: readonly (string | null)[]
  readonly lengths: readonly number[]
  readonly bounds: readonly number[]
}

/** 22P02 with PostgreSQL's details, 54000 for too many dimensions or elements, 2202E for bad bounds. */
export function readArrayLiteral(text: string): ArrayLiteral {
  return new Reader(text).read()
}

/** What was read last. */
type State = 'start' | 'open' | 'bare' | 'quoted' | 'close' | 'comma_after_item' | 'comma_after_close'

const beforeItem: readonly State[] = ['open', 'comma_after_item']
const afterItem: readonly State[] = ['bare', 'quoted', 'close']
const isSpace = (character: string | undefined) => character !== undefined && /[ \t\n\r\v\f]/.test(character)

class Reader {
  readonly #text: string
  #at = 0
  readonly #items: (string | null)[] = []
  /** Items or subarrays so far in each open brace. */
  readonly #open: number[] = []
  /** By dimension, once a brace of it was closed. */
  readonly #lengths: number[] = []
  /** How deep items are; 0 before the first. */
  #depth = 0
  #state: State = 'start'
  /** Where the text begins that errors show: of what is wrong inside the braces not the head. */
  #shownFrom = 0

  constructor(text: string) {
    this.#text = text
  }

  read(): ArrayLiteral {
    const head = this.#head()
    if (this.#text[this.#at] !== '{') {
      throw this.#malformed(
        head.length === 0
          ? 'Array value must start with "{" or dimension information.'
          : 'Array contents must start with "{".',
      )
    }
    this.#shownFrom = this.#at
    do this.#token()
    while (this.#open.length > 0)
    this.#skipSpace()
    if (this.#at < this.#text.length) throw this.#malformed('Junk after closing right brace.')
    this.#shownFrom = 0
    const lengths = this.#depth === 0 ? [] : this.#lengths
    if (head.length > 0) this.#checkHead(head, lengths)
    const bounds = lengths.map((_, dimension) => head[dimension]?.[0] ?? 1)
    checkDimensions(lengths, bounds)
    return { items: this.#items, lengths, bounds }
  }

  /** `[1:2][3]=`: lower and upper bounds. */
  #head(): (readonly [number, number])[] {
    const head: (readonly [number, number])[] = []
    for (;;) {
      this.#skipSpace()
      if (this.#text[this.#at] !== '[') break
      this.#at++
      checkDimensionCount(head.length + 1)
      head.push(this.#range())
    }
    if (head.length === 0) return head
    if (this.#text[this.#at] !== '=') throw this.#malformed('Missing "=" after array dimensions.')
    this.#at++
    this.#skipSpace()
    return head
  }

  #range(): readonly [number, number] {
    const first = this.#bound('"[" must introduce explicitly-specified array dimensions.')
    let last = first
    const hasLower = this.#text[this.#at] === ':'
    if (hasLower) {
      this.#at++
      last = this.#bound('Missing array dimension value.')
    }
    if (this.#text[this.#at] !== ']') throw this.#malformed('Missing "]" after array dimensions.')
    this.#at++
    const lower = hasLower ? first : 1
    if (last >= lower) return [lower, last]
    throw new SqlError(SqlState.arraySubscriptError, 'upper bound cannot be less than lower bound')
  }

  #bound(missing: string): number {
    const digits = /[-+\d]*/y
    digits.lastIndex = this.#at
    const text = digits.exec(this.#text)![0]
    if (text === '') throw this.#malformed(missing)
    this.#at += text.length
    // As C's atoi reads it.
    return Number(/^[-+]?\d+/.exec(text)?.[0] ?? 0) | 0
  }

  #checkHead(head: readonly (readonly [number, number])[], lengths: readonly number[]): void {
    const isSame =
      head.length === lengths.length &&
      head.every(([lower, upper], dimension) => upper - lower + 1 === lengths[dimension])
    if (!isSame) throw this.#malformed('Specified array dimensions do not match array contents.')
  }

  #token(): void {
    this.#skipSpace()
    const character = this.#text[this.#at]
    switch (character) {
      case undefined:
        throw this.#malformed('Unexpected end of input.')
      case '{':
        this.#openBrace()
        break
      case '}':
        this.#closeBrace()
        break
      case ',':
        if (!afterItem.includes(this.#state)) throw this.#unexpected(',')
        this.#state = this.#state === 'close' ? 'comma_after_close' : 'comma_after_item'
        this.#at++
        break
      default:
        this.#item(character)
    }
  }

  #openBrace(): void {
    if (!['start', 'open', 'comma_after_close'].includes(this.#state)) throw this.#unexpected('{')
    checkDimensionCount(this.#open.length + 1)
    this.#at++
    this.#open.push(0)
    this.#state = 'open'
  }

  #closeBrace(): void {
    const isEmptyArray = this.#state === 'open' && this.#open.length === 1
    if (!afterItem.includes(this.#state) && !isEmptyArray) throw this.#unexpected('}')
    this.#at++
    const dimension = this.#open.length - 1
    const length = this.#open.pop()!
    const known = this.#lengths[dimension]
    if (known !== undefined && known !== length) throw this.#ragged()
    this.#lengths[dimension] = length
    if (dimension > 0) this.#open[dimension - 1]!++
    this.#state = 'close'
  }

  #item(first: string): void {
    if (!beforeItem.includes(this.#state)) {
      throw first === '\\' ? this.#unexpected('\\') : this.#malformed('Unexpected array element.')
    }
    if (this.#depth === 0) this.#depth = this.#open.length
    else if (this.#depth !== this.#open.length) throw this.#ragged()
    this.#items.push(first === '"' ? this.#quoted() : this.#bare())
    this.#open[this.#open.length - 1]!++
  }

  #quoted(): string {
    let value = ''
    for (this.#at++; this.#text[this.#at] !== '"'; this.#at++) {
      if (this.#text[this.#at] === '\\') this.#at++
      const character = this.#text[this.#at]
      if (character === undefined) throw this.#malformed('Unexpected end of input.')
      value += character
    }
    this.#at++
    this.#state = 'quoted'
    return value
  }

  /** Up to a comma or brace, without the spaces before it. */
  #bare(): string | null {
    let value = ''
    let keptLength = 0
    let isEscaped = false
    for (; ; this.#at++) {
      const character = this.#text[this.#at]
      if (character === undefined) throw this.#malformed('Unexpected end of input.')
      if (character === ',' || character === '}') break
      if (character === '{') throw this.#unexpected('{')
      if (character === '"') throw this.#malformed('Unexpected array element.')
      if (character === '\\') {
        isEscaped = true
        value += this.#text[++this.#at] ?? ''
        if (this.#at >= this.#text.length) throw this.#malformed('Unexpected end of input.')
      } else value += character
      if (character === '\\' || !isSpace(character)) keptLength = value.length
    }
    this.#state = 'bare'
    const kept = value.slice(0, keptLength)
    return kept.toUpperCase() === 'NULL' && !isEscaped ? null : kept
  }

  #skipSpace(): void {
    while (isSpace(this.#text[this.#at])) this.#at++
  }

  #unexpected(character: string): SqlError {
    return this.#malformed(`Unexpected "${character}" character.`)
  }

  #ragged(): SqlError {
    return this.#malformed('Multidimensional arrays must have sub-arrays with matching dimensions.')
  }

  #malformed(detail: string): SqlError {
    const message = `malformed array literal: "${this.#text.slice(this.#shownFrom)}"`
    return new SqlError(SqlState.invalidTextRepresentation, message, { detail })
  }
}
