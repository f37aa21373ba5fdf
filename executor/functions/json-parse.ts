/**
 * JSON text in: a recursive-descent parser with PostgreSQL's grammar and error texts (its json lexer and
 * JsonParseErrorType), because JSON.parse rounds numbers and knows neither.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import { canonicalNumber } from './json-number.ts'
import type { Json } from './json-value.ts'
import { JsonNumber, jsonObject } from './json-value.ts'

/** PostgreSQL stops at its stack limit; ours is in nesting levels. */
const DEPTH_MAX = 2000

/**
 * The value of the JSON `text`. With `build` false only checks it (type json), escapes' meaning aside, and
 * returns null.
 */
export function parseJson(text: string, build = true): Json {
  const parser = new JsonParser(text, build)
  return parser.parse()
}

class JsonParser {
  readonly #text: string
  readonly #build: boolean
  #position = 0
  #depth = 0

  constructor(text: string, build: boolean) {
    this.#text = text
    this.#build = build
  }

  parse(): Json {
    const value = this.#value('Expected JSON value, but found "%s".')
    this.#skipSpace()
    if (this.#position < this.#text.length) this.#fail('Expected end of input, but found "%s".')
    return value
  }

  #value(expected: string): Json {
    this.#skipSpace()
    const code = this.#text.charCodeAt(this.#position)
    if (code === 0x22) return this.#string()
    if (code === 0x7b) return this.#object()
    if (code === 0x5b) return this.#array()
    if (code === 0x2d || isDigit(code)) return this.#number()
    const end = wordEnd(this.#text, this.#position)
    const word = this.#text.slice(this.#position, end)
    if (word !== 'null' && word !== 'true' && word !== 'false') this.#fail(expected)
    this.#position = end
    return word === 'null' ? null : word === 'true'
  }

  #object(): Json {
    this.#enter()
    const entries = new Map<string, Json>()
    this.#skipSpace()
    if (this.#text.charCodeAt(this.#position) !== 0x7d) {
      for (let first = true; ; first = false) {
        this.#skipSpace()
        if (this.#text.charCodeAt(this.#position) !== 0x22) {
          this.#fail(first ? 'Expected string or "}", but found "%s".' : 'Expected string, but found "%s".')
        }
        const key = this.#string()
        this.#skipSpace()
        if (this.#text.charCodeAt(this.#position) !== 0x3a) this.#fail('Expected ":", but found "%s".')
        this.#position++
        const value = this.#value('Expected JSON value, but found "%s".')
        if (this.#build) entries.set(key, value)
        if (!this.#next(0x7d, 'Expected "," or "}", but found "%s".')) break
      }
    }
    this.#position++
    this.#depth--
    return this.#build ? jsonObject(entries) : null
  }

  #array(): Json {
    this.#enter()
    const elements: Json[] = []
    this.#skipSpace()
    if (this.#text.charCodeAt(this.#position) !== 0x5d) {
      do {
        elements.push(this.#value('Expected JSON value, but found "%s".'))
      } while (this.#next(0x5d, 'Expected "," or "]", but found "%s".'))
    }
    this.#position++
    this.#depth--
    return elements
  }

  /** After an element: true past a comma, false at the closing bracket. */
  #next(close: number, expected: string): boolean {
    this.#skipSpace()
    const code = this.#text.charCodeAt(this.#position)
    if (code === close) return false
    if (code !== 0x2c) this.#fail(expected)
    this.#position++
    return true
  }

  #number(): Json {
    const end = numberEnd(this.#text, this.#position)
    if (end < 0) this.#fail('')
    const text = this.#text.slice(this.#position, end)
    this.#position = end
    return this.#build ? new JsonNumber(canonicalNumber(text)) : null
  }

  #string(): string {
    const start = this.#position + 1
    for (let position = start; position < this.#text.length; position++) {
      const code = this.#text.charCodeAt(position)
      if (code === 0x22) {
        this.#position = position + 1
        return this.#text.slice(start, position)
      }
      if (code === 0x5c || code < 0x20) break
    }
    const decoded = decodeString(this.#text, this.#position, this.#build)
    this.#position = decoded.end
    return decoded.value
  }

  #enter(): void {
    this.#position++
    if (++this.#depth > DEPTH_MAX) {
      throw new SqlError(SqlState.statementTooComplex, 'stack depth limit exceeded', {
        hint: 'The JSON value is nested too deeply.',
      })
    }
  }

  #skipSpace(): void {
    let position = this.#position
    while (isSpace(this.#text.charCodeAt(position))) position++
    this.#position = position
  }

  /**
   * Raises PostgreSQL's error for the token at the current position, of which `expected` is said if it is a
   * token.
   */
  #fail(expected: string): never {
    const text = this.#text
    const start = this.#position
    if (start >= text.length) throw jsonError(text, text.length, 'The input string ended unexpectedly.')
    const code = text.charCodeAt(start)
    let end = start + 1
    if (code === 0x22) {
      end = decodeString(text, start, this.#build).end
    } else if (code === 0x2d || isDigit(code)) {
      end = numberEnd(text, start)
      if (end < 0) failToken(text, start, -end)
    } else if (!'{}[],:'.includes(text[start]!)) {
      end = wordEnd(text, start)
      const word = text.slice(start, end)
      if (word !== 'true' && word !== 'false' && word !== 'null')
        failToken(text, start, Math.max(end, start + 1))
    }
    throw jsonError(
      text,
      end,
      expected.replace('%s', () => text.slice(start, end)),
    )
  }
}

function failToken(text: string, start: number, end: number): never {
  throw jsonError(text, end, `Token "${text.slice(start, end)}" is invalid.`)
}

/** Where the number at `start` ends; negative (-end of the bad token) when it is malformed. */
function numberEnd(text: string, start: number): number {
  let position = start
  let bad = false
  if (text.charCodeAt(position) === 0x2d) position++
  if (text.charCodeAt(position) === 0x30) position++
  else if (isDigit(text.charCodeAt(position))) position = digitsEnd(text, position)
  else bad = true
  if (text.charCodeAt(position) === 0x2e) {
    const end = digitsEnd(text, position + 1)
    if (end === position + 1) bad = true
    position = end
  }
  const exponent = text.charCodeAt(position)
  if (exponent === 0x65 || exponent === 0x45) {
    const sign = text.charCodeAt(position + 1)
    const digits = sign === 0x2b || sign === 0x2d ? position + 2 : position + 1
    const end = digitsEnd(text, digits)
    if (end === digits) bad = true
    position = end
  }
  const end = wordEnd(text, position)
  return bad || end > position ? -Math.max(end, start + 1) : position
}

function digitsEnd(text: string, start: number): number {
  let position = start
  while (isDigit(text.charCodeAt(position))) position++
  return position
}

/** The end of the run of letters, digits, underscores and non-ASCII characters at `start`. */
function wordEnd(text: string, start: number): number {
  let position = start
  for (; position < text.length; position++) {
    const code = text.charCodeAt(position)
    const letter = (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a
    if (!letter && !isDigit(code) && code !== 0x5f && code < 0x80) break
  }
  return position
}

const simpleEscapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

/** Decodes the string literal whose quote is at `start`; `end` is after its closing quote. */
export function decodeString(text: string, start: number, decode: boolean): { value: string; end: number } {
  let value = ''
  let position = start + 1
  let high = 0
  for (;;) {
    if (position >= text.length)
      throw jsonError(text, text.length, `Token "${text.slice(start)}" is invalid.`)
    const code = text.charCodeAt(position)
    if (high !== 0 && code !== 0x5c) throw surrogateError(text, position, 'low')
    if (code === 0x22) return { value, end: position + 1 }
    if (code < 0x20) {
      const hex = code.toString(16).padStart(2, '0')
      throw jsonError(text, position, `Character with value 0x${hex} must be escaped.`)
    }
    if (code !== 0x5c) {
      value += text[position++]
      continue
    }
    const letter = text[position + 1]
    if (letter === undefined) throw jsonError(text, text.length, `Token "${text.slice(start)}" is invalid.`)
    if (letter !== 'u') {
      if (high !== 0) throw surrogateError(text, position + 2, 'low')
      const plain = simpleEscapes[letter]
      if (plain === undefined)
        throw jsonError(text, position + 2, `Escape sequence "\\${letter}" is invalid.`)
      value += plain
      position += 2
      continue
    }
    const unit = unicodeEscape(text, position)
    position += 6
    if (decode) {
      high = checkUnit(text, position, unit, high)
      value += String.fromCharCode(unit)
    }
  }
}

function unicodeEscape(text: string, position: number): number {
  const hex = text.slice(position + 2, position + 6)
  if (!/^[0-9a-fA-F]{4}$/.test(hex)) {
    const good = /^[0-9a-fA-F]*/.exec(hex)![0].length
    throw jsonError(text, position + 3 + good, '"\\u" must be followed by four hexadecimal digits.')
  }
  return Number.parseInt(hex, 16)
}

/** Checks surrogate pairing and U+0000; returns the high surrogate that still waits for its partner, or 0. */
function checkUnit(text: string, position: number, unit: number, high: number): number {
  if (unit >= 0xd800 && unit <= 0xdbff) {
    if (high !== 0) throw surrogateError(text, position, 'high')
    return unit
  }
  if (unit >= 0xdc00 && unit <= 0xdfff) {
    if (high === 0) throw surrogateError(text, position, 'low')
    return 0
  }
  if (high !== 0) throw surrogateError(text, position, 'low')
  if (unit === 0) {
    throw new SqlError(SqlState.untranslatableCharacter, 'unsupported Unicode escape sequence', {
      detail: '\\u0000 cannot be converted to text.',
      where: jsonContext(text, position),
    })
  }
  return 0
}

function surrogateError(text: string, position: number, which: 'high' | 'low'): SqlError {
  const detail =
    which === 'high'
      ? 'Unicode high surrogate must not follow a high surrogate.'
      : 'Unicode low surrogate must follow a high surrogate.'
  return jsonError(text, position, detail)
}

function jsonError(text: string, position: number, detail: string): SqlError {
  return new SqlError(SqlState.invalidTextRepresentation, 'invalid input syntax for type json', {
    detail,
    where: jsonContext(text, position),
  })
}

/** PostgreSQL's context line: the line of the error, at most 50 characters before it. */
function jsonContext(text: string, position: number): string {
  const before = text.slice(0, position)
  const line = before.split('\n').length
  let start = before.lastIndexOf('\n') + 1
  let prefix = ''
  if (position - start >= 50) {
    start = position - 50
    prefix = '...'
  }
  const suffix = position < text.length && text[position] !== '\n' && text[position] !== '\r' ? '...' : ''
  return `JSON data, line ${line}: ${prefix}${text.slice(start, position)}${suffix}`
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}
