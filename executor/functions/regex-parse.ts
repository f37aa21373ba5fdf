/**
 * PostgreSQL's advanced regular expressions (Henry Spencer's AREs) to a syntax tree. Errors have the regex
 * library's texts under SQLSTATE 2201B. Basic regular expressions (flag b) are refused; they are not
 * supported.
 */

import type { RegexOptions } from './regex-options.ts'
import { regexError, withFlag } from './regex-options.ts'
import type { CodePointSet } from './regex-set.ts'
import {
  anyCodePoint,
  characterClass,
  complement,
  foldCase,
  notNewline,
  union,
  without,
} from './regex-set.ts'

export type Anchor =
  | 'start'
  | 'end'
  | 'line_start'
  | 'line_end'
  | 'word_start'
  | 'word_end'
  | 'word'
  | 'not_word'

export type RegexNode =
  | { readonly kind: 'set'; readonly set: CodePointSet }
  | { readonly kind: 'sequence' | 'alternation'; readonly nodes: readonly RegexNode[] }
  /** max undefined = no limit. `fixed`: written as {m}, which prefers neither long nor short matches. */
  | {
      readonly kind: 'repeat'
      readonly node: RegexNode
      readonly min: number
      readonly max: number | undefined
      readonly lazy: boolean
      readonly fixed: boolean
    }
  /** Group `index`, from 0. */
  | { readonly kind: 'capture'; readonly index: number; readonly node: RegexNode }
  | { readonly kind: 'look'; readonly node: RegexNode; readonly ahead: boolean; readonly negated: boolean }
  | { readonly kind: 'anchor'; readonly anchor: Anchor }
  | { readonly kind: 'backreference'; readonly index: number }

export interface ParsedRegex {
  readonly node: RegexNode
  readonly captures: number
  readonly backreferences: boolean
  /** Case-insensitive; the sets are folded already, backreferences are not. */
  readonly ignoreCase: boolean
}

/** Parses an ARE, its director (`***=`) and embedded options (`(?i)`) included. */
export function parseRegex(pattern: string, options: RegexOptions): ParsedRegex {
  let text = pattern
  let effective = options
  if (text.startsWith('***=')) {
    text = text.slice(4)
    effective = { ...effective, literal: true }
  } else if (text.startsWith('***:')) {
    text = text.slice(4)
  } else if (text.startsWith('***')) {
    throw regexError('quantifier operand invalid')
  }
  const embedded = effective.literal ? null : /^\(\?([a-z]+)\)/.exec(text)
  if (embedded !== null) {
    text = text.slice(embedded[0].length)
    for (const flag of embedded[1]!) {
      const next = withFlag(effective, flag)
      if (next === undefined) throw regexError('invalid embedded option')
      effective = next
    }
  }
  const parser = new RegexParser(text, effective)
  const node = effective.literal ? parser.literal() : parser.parse()
  return {
    node,
    captures: parser.captures,
    backreferences: parser.backreferences,
    ignoreCase: effective.ignoreCase,
  }
}

const REPEAT_MAX = 255

interface Bounds {
  readonly min: number
  readonly max: number | undefined
  readonly fixed: boolean
}

class RegexParser {
  captures = 0
  backreferences = false
  readonly #characters: readonly string[]
  readonly #options: RegexOptions
  #position = 0
  #depth = 0

  constructor(text: string, options: RegexOptions) {
    this.#characters = [...text]
    this.#options = options
  }

  literal(): RegexNode {
    return { kind: 'sequence', nodes: this.#characters.map(character => this.#single(character)) }
  }

  parse(): RegexNode {
    const node = this.#alternation()
    if (this.#position < this.#characters.length) throw regexError('parentheses () not balanced')
    return node
  }

  #peek(offset = 0): string | undefined {
    return this.#characters[this.#position + offset]
  }

  #at(text: string): boolean {
    for (let index = 0; index < text.length; index++) if (this.#peek(index) !== text[index]) return false
    return true
  }

  #alternation(): RegexNode {
    if (++this.#depth > 200) throw regexError('regular expression is too complex')
    const branches = [this.#branch()]
    while (this.#peek() === '|') {
      this.#position++
      branches.push(this.#branch())
    }
    this.#depth--
    return branches.length === 1 ? branches[0]! : { kind: 'alternation', nodes: branches }
  }

  #branch(): RegexNode {
    const nodes: RegexNode[] = []
    for (;;) {
      this.#skipExpanded()
      const character = this.#peek()
      if (character === undefined || character === '|' || character === ')') break
      nodes.push(this.#quantified())
    }
    return nodes.length === 1 ? nodes[0]! : { kind: 'sequence', nodes }
  }

  /** In expanded syntax white space and comments are nothing; `(?#…)` is a comment in any. */
  #skipExpanded(): void {
    for (;;) {
      const character = this.#peek()
      if (this.#at('(?#')) {
        while (this.#peek() !== undefined && this.#peek() !== ')') this.#position++
        this.#position++
      } else if (this.#options.expanded && character !== undefined && /\s/.test(character)) {
        this.#position++
      } else if (this.#options.expanded && character === '#') {
        while (this.#peek() !== undefined && this.#peek() !== '\n') this.#position++
      } else {
        return
      }
    }
  }

  #quantified(): RegexNode {
    const atom = this.#atom()
    this.#skipExpanded()
    const bounds = this.#quantifier()
    if (bounds === undefined) return atom
    if (atom.kind === 'look' || atom.kind === 'anchor') throw regexError('quantifier operand invalid')
    const lazy = this.#peek() === '?'
    if (lazy) this.#position++
    this.#skipExpanded()
    if (this.#atQuantifier()) throw regexError('quantifier operand invalid')
    return { kind: 'repeat', node: atom, ...bounds, lazy }
  }

  #atQuantifier(): boolean {
    const character = this.#peek()
    return (
      character === '*' ||
      character === '+' ||
      character === '?' ||
      (character === '{' && /\d/.test(this.#peek(1) ?? ''))
    )
  }

  #quantifier(): Bounds | undefined {
    if (!this.#atQuantifier()) return undefined
    switch (this.#characters[this.#position++]) {
      case '*':
        return { min: 0, max: undefined, fixed: false }
      case '+':
        return { min: 1, max: undefined, fixed: false }
      case '?':
        return { min: 0, max: 1, fixed: false }
      default:
        return this.#bounds()
    }
  }

  #bounds(): Bounds {
    const min = this.#boundNumber()
    let max: number | undefined = min
    const fixed = this.#peek() !== ','
    if (!fixed) {
      this.#position++
      max = /\d/.test(this.#peek() ?? '') ? this.#boundNumber() : undefined
    }
    if (this.#peek() === undefined) throw regexError('braces {} not balanced')
    if (this.#peek() !== '}') throw regexError('invalid repetition count(s)')
    this.#position++
    if (max !== undefined && max < min) throw regexError('invalid repetition count(s)')
    return { min, max, fixed }
  }

  #boundNumber(): number {
    let digits = ''
    while (/\d/.test(this.#peek() ?? '')) digits += this.#characters[this.#position++]
    if (Number(digits) > REPEAT_MAX) throw regexError('invalid repetition count(s)')
    return Number(digits)
  }

  #atom(): RegexNode {
    const character = this.#characters[this.#position++]!
    switch (character) {
      case '(':
        return this.#group()
      case '[':
        return this.#bracket()
      case '.':
        return { kind: 'set', set: this.#options.newlineStops ? notNewline : anyCodePoint }
      case '^':
        return { kind: 'anchor', anchor: this.#options.newlineAnchors ? 'line_start' : 'start' }
      case '$':
        return { kind: 'anchor', anchor: this.#options.newlineAnchors ? 'line_end' : 'end' }
      case '*':
      case '+':
      case '?':
        throw regexError('quantifier operand invalid')
      case '{':
        if (/\d/.test(this.#peek() ?? '')) throw regexError('quantifier operand invalid')
        return this.#single(character)
      case '\\':
        return this.#escape()
      default:
        return this.#single(character)
    }
  }

  #single(character: string): RegexNode {
    const codePoint = character.codePointAt(0)!
    return { kind: 'set', set: this.#fold([codePoint, codePoint]) }
  }

  #fold(set: CodePointSet): CodePointSet {
    return this.#options.ignoreCase ? foldCase(set) : set
  }

  #group(): RegexNode {
    const look = (['?=', '?!', '?<=', '?<!'] as const).find(prefix => this.#at(prefix))
    let capture = false
    if (look !== undefined) {
      this.#position += look.length
    } else if (this.#at('?:')) {
      this.#position += 2
    } else if (this.#peek() === '?') {
      throw regexError('quantifier operand invalid')
    } else {
      capture = true
      this.captures++
    }
    const index = this.captures - 1
    const node = this.#alternation()
    if (this.#characters[this.#position++] !== ')') throw regexError('parentheses () not balanced')
    if (look !== undefined)
      return { kind: 'look', node, ahead: !look.includes('<'), negated: look.endsWith('!') }
    // A plain group is a sequence of its own, so that a quantifier takes all of it.
    return capture ? { kind: 'capture', index, node } : { kind: 'sequence', nodes: [node] }
  }

  #escape(): RegexNode {
    const letter = this.#characters[this.#position++]
    if (letter === undefined) throw regexError('invalid escape \\ sequence')
    const anchors: Readonly<Record<string, Anchor>> = {
      A: 'start',
      Z: 'end',
      m: 'word_start',
      M: 'word_end',
      y: 'word',
      Y: 'not_word',
    }
    const anchor = anchors[letter]
    if (anchor !== undefined) return { kind: 'anchor', anchor }
    const set = classEscape(letter)
    if (set !== undefined) return { kind: 'set', set }
    if (/[1-9]/.test(letter)) return this.#backreference(letter)
    return this.#single(this.#characterEscape(letter))
  }

  /** `\12` is a back reference when there are so many groups, or one digit; else octal. */
  #backreference(first: string): RegexNode {
    let digits = first
    while (/\d/.test(this.#peek(digits.length - 1) ?? '') && digits.length < 3)
      digits += this.#peek(digits.length - 1)
    if (digits.length > 1 && Number(digits) > this.captures) {
      const octal = /^[0-7]+/.exec(digits)?.[0]
      if (octal === undefined) throw regexError('invalid escape \\ sequence')
      this.#position += octal.length - 1
      return this.#single(String.fromCodePoint(Number.parseInt(octal, 8)))
    }
    if (Number(digits) > this.captures) throw regexError('invalid backreference number')
    this.#position += digits.length - 1
    this.backreferences = true
    return { kind: 'backreference', index: Number(digits) }
  }

  /** Escapes that stand for one character, in and outside brackets. */
  #characterEscape(letter: string): string {
    const simple: Readonly<Record<string, string>> = {
      a: '\x07',
      b: '\b',
      B: '\\',
      e: '\x1b',
      f: '\f',
      n: '\n',
      r: '\r',
      t: '\t',
      v: '\v',
    }
    const plain = simple[letter]
    if (plain !== undefined) return plain
    if (letter === 'c')
      return String.fromCharCode((this.#characters[this.#position++] ?? '@').charCodeAt(0) & 31)
    if (letter === 'u' || letter === 'U')
      return this.#hexEscape(letter === 'u' ? 4 : 8, letter === 'u' ? 4 : 8)
    if (letter === 'x') return this.#hexEscape(1, 255)
    if (letter === '0') {
      let digits = '0'
      while (/[0-7]/.test(this.#peek() ?? '') && digits.length < 3)
        digits += this.#characters[this.#position++]
      return String.fromCharCode(Number.parseInt(digits, 8))
    }
    if (/[A-Za-z0-9]/.test(letter)) throw regexError('invalid escape \\ sequence')
    return letter
  }

  #hexEscape(min: number, max: number): string {
    let digits = ''
    while (digits.length < max && /[0-9A-Fa-f]/.test(this.#peek() ?? ''))
      digits += this.#characters[this.#position++]
    const codePoint = Number.parseInt(digits, 16)
    if (digits.length < min || codePoint > 0x10ffff) throw regexError('invalid escape \\ sequence')
    return String.fromCodePoint(codePoint)
  }

  #bracket(): RegexNode {
    for (const [text, anchor] of [
      ['[:<:]]', 'word_start'],
      ['[:>:]]', 'word_end'],
    ] as const) {
      if (this.#at(text)) {
        this.#position += text.length
        return { kind: 'anchor', anchor }
      }
    }
    const negated = this.#peek() === '^'
    if (negated) this.#position++
    const sets: CodePointSet[] = []
    for (let first = true; first || this.#peek() !== ']'; first = false) sets.push(this.#bracketMember())
    this.#position++
    const set = this.#fold(union(...sets))
    if (!negated) return { kind: 'set', set }
    return { kind: 'set', set: this.#options.newlineStops ? without(complement(set), 10) : complement(set) }
  }

  /** A character, range, class or escape in brackets. */
  #bracketMember(): CodePointSet {
    if (this.#at('[:')) {
      const name = this.#bracketName(':')
      const set = characterClass(this.#options.ignoreCase && /^(upper|lower)$/.test(name) ? 'alpha' : name)
      if (set === undefined) throw regexError('invalid character class')
      return set
    }
    if (this.#peek() === '\\') {
      const set = classEscape(this.#peek(1) ?? '')
      if (set !== undefined) {
        if (/[DSW]/.test(this.#peek(1)!)) throw regexError('invalid escape \\ sequence')
        this.#position += 2
        return set
      }
    }
    const from = this.#bracketCharacter()
    if (this.#peek() !== '-' || this.#peek(1) === ']') return [from, from]
    this.#position++
    const to = this.#bracketCharacter()
    if (to < from) throw regexError('invalid character range')
    return [from, to]
  }

  /** A range's end point: a character, an escape, `[.x.]` or `[=x=]`. */
  #bracketCharacter(): number {
    for (const mark of ['.', '=']) {
      if (!this.#at(`[${mark}`)) continue
      const name = this.#bracketName(mark)
      const characters = [...name]
      if (characters.length !== 1) throw regexError('invalid collating element')
      return characters[0]!.codePointAt(0)!
    }
    const character = this.#characters[this.#position++]
    if (character === undefined) throw regexError('brackets [] not balanced')
    if (character !== '\\') return character.codePointAt(0)!
    const letter = this.#characters[this.#position++]
    if (letter === undefined) throw regexError('invalid escape \\ sequence')
    if (/[1-9]/.test(letter)) throw regexError('invalid escape \\ sequence')
    return this.#characterEscape(letter).codePointAt(0)!
  }

  /** The name in `[:name:]` and its kin. */
  #bracketName(mark: string): string {
    let name = ''
    for (this.#position += 2; !this.#at(`${mark}]`); this.#position++) {
      const character = this.#peek()
      if (character === undefined) throw regexError('brackets [] not balanced')
      name += character
    }
    this.#position += 2
    return name
  }
}

/** `\d \s \w` and their complements. */
function classEscape(letter: string): CodePointSet | undefined {
  switch (letter) {
    case 'd':
      return characterClass('digit')
    case 's':
      return characterClass('space')
    case 'w':
      return characterClass('word')
    case 'D':
      return complement(characterClass('digit')!)
    case 'S':
      return complement(characterClass('space')!)
    case 'W':
      return complement(characterClass('word')!)
    default:
      return undefined
  }
}
