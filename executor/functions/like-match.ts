/**
 * LIKE on UTF-8 bytes, without making strings: PostgreSQL's MatchText. Patterns that are a literal with %
 * at one or both ends are recognised and compared directly.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'

const PERCENT = 0x25
const UNDERSCORE = 0x5f
const BACKSLASH = 0x5c

type Shape = 'exact' | 'prefix' | 'suffix' | 'contains' | 'general'

/** A LIKE pattern. `shape` other than general: `literal` is what stands between the percent signs. */
interface LikePattern {
  readonly bytes: Uint8Array
  readonly shape: Shape
  readonly literal: Uint8Array
}

function makePattern(bytes: Uint8Array): LikePattern {
  const leading = bytes.length > 0 && bytes[0] === PERCENT
  const trailing = bytes.length > 1 && bytes[bytes.length - 1] === PERCENT
  const literal = bytes.subarray(leading ? 1 : 0, trailing ? bytes.length - 1 : bytes.length)
  const special = literal.some(byte => byte === PERCENT || byte === UNDERSCORE || byte === BACKSLASH)
  if (special) return { bytes, shape: 'general', literal }
  const shape = leading
    ? trailing || literal.length === 0
      ? 'contains'
      : 'suffix'
    : trailing
      ? 'prefix'
      : 'exact'
  return { bytes, shape, literal }
}

/** The patterns seen last, found again by their bytes: constants at most call sites. */
const recent: LikePattern[] = []
const RECENT_MAX = 8
let oldest = 0

function findPattern(bytes: Uint8Array, start: number, end: number): LikePattern {
  for (let index = 0; index < recent.length; index++) {
    const pattern = recent[index]!
    if (pattern.bytes.length === end - start && equalAt(bytes, start, pattern.bytes)) return pattern
  }
  const made = makePattern(bytes.slice(start, end))
  recent[oldest] = made
  oldest = (oldest + 1) % RECENT_MAX
  return made
}

/** `text LIKE pattern`, both as ranges of UTF-8. */
export function likeRanges(
  text: Uint8Array,
  textStart: number,
  textEnd: number,
  patternBytes: Uint8Array,
  patternStart: number,
  patternEnd: number,
): boolean {
  const pattern = findPattern(patternBytes, patternStart, patternEnd)
  const literal = pattern.literal
  const length = textEnd - textStart
  switch (pattern.shape) {
    case 'exact':
      return length === literal.length && equalAt(text, textStart, literal)
    case 'prefix':
      return length >= literal.length && equalAt(text, textStart, literal)
    case 'suffix':
      return length >= literal.length && equalAt(text, textEnd - literal.length, literal)
    case 'contains':
      return contains(text, textStart, textEnd, literal)
    case 'general':
      return matchLike(text, textStart, textEnd, pattern.bytes)
  }
}

function equalAt(text: Uint8Array, start: number, literal: Uint8Array): boolean {
  for (let index = 0; index < literal.length; index++)
    if (text[start + index] !== literal[index]) return false
  return true
}

function contains(text: Uint8Array, start: number, end: number, literal: Uint8Array): boolean {
  if (literal.length === 0) return true
  const first = literal[0]!
  const last = end - literal.length
  for (let position = start; position <= last; position++) {
    if (text[position] === first && equalAt(text, position, literal)) return true
  }
  return false
}

/**
 * Any pattern: on a mismatch the last % takes one character more. A trailing escape raises 22025 when it is
 * reached.
 */
function matchLike(text: Uint8Array, textStart: number, textEnd: number, pattern: Uint8Array): boolean {
  let position = textStart
  let patternPosition = 0
  let retryText = -1
  let retryPattern = -1
  for (;;) {
    if (patternPosition < pattern.length && pattern[patternPosition] === PERCENT) {
      retryPattern = ++patternPosition
      retryText = position
      if (patternPosition === pattern.length) return true
      continue
    }
    if (position === textEnd && patternPosition === pattern.length) return true
    const step =
      position < textEnd && patternPosition < pattern.length
        ? matchOne(text, position, pattern, patternPosition)
        : 0
    if (step > 0) {
      patternPosition += pattern[patternPosition] === BACKSLASH ? 2 : 1
      position += step
    } else {
      if (retryPattern < 0 || retryText >= textEnd) return false
      retryText += characterLength(text, retryText)
      position = retryText
      patternPosition = retryPattern
    }
  }
}

/** How many bytes of text the pattern item matches; 0 when it does not. */
function matchOne(text: Uint8Array, position: number, pattern: Uint8Array, patternPosition: number): number {
  const item = pattern[patternPosition]!
  if (item === UNDERSCORE) return characterLength(text, position)
  if (item !== BACKSLASH) return item === text[position] ? 1 : 0
  if (patternPosition + 1 === pattern.length) {
    throw new SqlError(SqlState.invalidEscapeSequence, 'LIKE pattern must not end with escape character')
  }
  return pattern[patternPosition + 1] === text[position] ? 1 : 0
}

/** Bytes of the UTF-8 character at `position`; 1 within one. */
function characterLength(text: Uint8Array, position: number): number {
  const byte = text[position]!
  if (byte < 0xc0) return 1
  return byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
}

/** `text LIKE pattern` for strings. */
export function likeStrings(text: string, pattern: string): boolean {
  const textBytes = Buffer.from(text)
  const patternBytes = Buffer.from(pattern)
  return likeRanges(textBytes, 0, textBytes.length, patternBytes, 0, patternBytes.length)
}

/** `text ILIKE pattern` for strings. */
export function ilikeStrings(text: string, pattern: string): boolean {
  return likeStrings(text.toLowerCase(), pattern.toLowerCase())
}

let scratch = new Uint8Array(1024)

/** `text ILIKE pattern`, both as ranges of UTF-8. ASCII is folded in place, other text by way of strings. */
export function ilikeRanges(
  text: Uint8Array,
  textStart: number,
  textEnd: number,
  patternBytes: Uint8Array,
  patternStart: number,
  patternEnd: number,
): boolean {
  const textLength = textEnd - textStart
  const length = textLength + patternEnd - patternStart
  if (scratch.length < length) scratch = new Uint8Array(length * 2)
  const ascii =
    foldAscii(text, textStart, textEnd, 0) && foldAscii(patternBytes, patternStart, patternEnd, textLength)
  if (ascii) return likeRanges(scratch, 0, textLength, scratch, textLength, length)
  const decode = (bytes: Uint8Array, start: number, end: number) =>
    Buffer.from(bytes.subarray(start, end)).toString()
  return ilikeStrings(decode(text, textStart, textEnd), decode(patternBytes, patternStart, patternEnd))
}

/** Writes the text in lower case to `scratch` from `target` on; false at the first byte beyond ASCII. */
function foldAscii(bytes: Uint8Array, start: number, end: number, target: number): boolean {
  for (let position = start; position < end; position++) {
    const byte = bytes[position]!
    if (byte >= 0x80) return false
    scratch[target + position - start] = byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte
  }
  return true
}

/** The pattern of `LIKE … ESCAPE`: with backslash in the role of the escape character. */
export function likeEscape(pattern: string, mark: string): string {
  const characters = [...mark]
  if (characters.length > 1) {
    throw new SqlError(SqlState.invalidEscapeSequence, 'invalid escape string', {
      hint: 'Escape string must be empty or one character.',
    })
  }
  if (mark === '\\') return pattern
  if (mark === '') return pattern.replaceAll('\\', '\\\\')
  let result = ''
  let escaped = false
  for (const character of pattern) {
    if (character === mark && !escaped) {
      result += '\\'
      escaped = true
    } else {
      result += character === '\\' && !escaped ? '\\\\' : character
      escaped = false
    }
  }
  return result
}
