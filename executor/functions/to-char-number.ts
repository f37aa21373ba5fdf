/**
 * to_char of numbers: NUM_processor and its helpers of formatting.c. The template's picture
 * is followed character by character, with PostgreSQL's own rules for signs, fill mode and zeros.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { Template } from './to-char-template.ts'
import { ordinalSuffix, parseNumberTemplate, templateCache } from './to-char-template.ts'

/** A number template and what follows from its keywords (NUMDesc). */
export interface Picture {
  readonly template: Template
  /** Digit positions before and after the decimal point. */
  pre: number
  post: number
  /** Digit positions after V. */
  multi: number
  zero: boolean
  zeroStart: number
  zeroEnd: number
  decimal: boolean
  blank: boolean
  fill: boolean
  sign: 'none' | 'pre' | 'post'
  signAt: number
  hasMulti: boolean
  minus: boolean
  plus: boolean
  bracket: boolean
  roman: boolean
  exponent: boolean
}

/** The picture of a template; equal templates share it. 42601 when keywords contradict each other. */
export const numberPicture: (text: string) => Picture = templateCache(text => {
  const picture: Picture = {
    template: parseNumberTemplate(text),
    pre: 0,
    post: 0,
    multi: 0,
    zero: false,
    zeroStart: 0,
    zeroEnd: 0,
    decimal: false,
    blank: false,
    fill: false,
    sign: 'none',
    signAt: 0,
    hasMulti: false,
    minus: false,
    plus: false,
    bracket: false,
    roman: false,
    exponent: false,
  }
  for (const node of picture.template) if (node.kind === 'keyword') note(picture, node.keyword.toUpperCase())
  return picture
})

function syntaxError(message: string, detail?: string): SqlError {
  return new SqlError(SqlState.syntaxError, message, { detail })
}

/** Adds one keyword to the picture. */
function note(picture: Picture, keyword: string): void {
  if (picture.exponent && keyword !== 'EEEE') throw syntaxError('"EEEE" must be the last pattern used')
  switch (keyword) {
    case '9':
    case '0':
      noteDigit(picture, keyword)
      return
    case 'B':
      if (picture.pre === 0 && picture.post === 0 && !picture.zero) picture.blank = true
      return
    case 'D':
    case '.':
      if (picture.decimal) throw syntaxError('multiple decimal points')
      if (picture.hasMulti) throw syntaxError('cannot use "V" and decimal point together')
      picture.decimal = true
      return
    case 'FM':
      picture.fill = true
      return
    case 'RN':
      picture.roman = true
      return
    case 'V':
      if (picture.decimal) throw syntaxError('cannot use "V" and decimal point together')
      picture.hasMulti = true
      return
    case 'EEEE':
      noteExponent(picture)
      return
    default:
      noteSign(picture, keyword)
  }
}

function noteDigit(picture: Picture, keyword: '9' | '0'): void {
  if (picture.bracket) throw syntaxError(`"${keyword}" must be ahead of "PR"`)
  if (keyword === '9') {
    if (picture.hasMulti) picture.multi++
    else if (picture.decimal) picture.post++
    else picture.pre++
    return
  }
  if (!picture.zero && !picture.decimal) {
    picture.zero = true
    picture.zeroStart = picture.pre + 1
  }
  if (picture.decimal) picture.post++
  else picture.pre++
  picture.zeroEnd = picture.pre + picture.post
}

function noteExponent(picture: Picture): void {
  if (picture.exponent) throw syntaxError('cannot use "EEEE" twice')
  const other =
    picture.blank ||
    picture.fill ||
    picture.sign !== 'none' ||
    picture.bracket ||
    picture.minus ||
    picture.plus ||
    picture.roman ||
    picture.hasMulti
  if (other) {
    throw syntaxError(
      '"EEEE" is incompatible with other formats',
      '"EEEE" may only be used together with digit and decimal point patterns.',
    )
  }
  picture.exponent = true
}

function noteSign(picture: Picture, keyword: string): void {
  const signed = picture.sign !== 'none'
  switch (keyword) {
    case 'S':
      if (signed) throw syntaxError('cannot use "S" twice')
      if (picture.plus || picture.minus || picture.bracket) {
        throw syntaxError('cannot use "S" and "PL"/"MI"/"SG"/"PR" together')
      }
      picture.sign = picture.decimal ? 'post' : 'pre'
      if (!picture.decimal) picture.signAt = picture.pre
      return
    case 'MI':
    case 'PL':
    case 'SG':
      if (signed) throw syntaxError(`cannot use "S" and "${keyword}" together`)
      if (keyword !== 'PL') picture.minus = true
      if (keyword !== 'MI') picture.plus = true
      return
    case 'PR':
      if (signed || picture.plus || picture.minus) {
        throw syntaxError('cannot use "PR" and "S"/"PL"/"MI"/"SG" together')
      }
      picture.bracket = true
      return
    default:
      return
  }
}

/** A number as digits to be put into a picture: no sign in `digits`, which may hold one point. */
export interface PictureNumber {
  readonly negative: boolean
  readonly digits: string
}

/**
 * The text of a number. `digits` must be rounded to the picture's `post` places already (and scaled by
 * 10^multi). When it has more digits before the point than the picture, it prints as #.
 */
export function formatPicture(picture: Picture, number: PictureNumber): string {
  const pre = picture.pre + picture.multi
  const point = number.digits.indexOf('.')
  const wholeLength = point < 0 ? number.digits.length : point
  const overflow = wholeLength > pre
  const digits = overflow ? `${'#'.repeat(pre)}.${'#'.repeat(picture.post)}` : number.digits
  return new PictureWriter(picture, digits, number.negative, overflow ? 0 : pre - wholeLength).write()
}

/** The text of a Roman numeral picture. */
export function formatRoman(picture: Picture, value: number): string {
  const roman = romanNumeral(value)
  let result = ''
  for (const node of picture.template) {
    if (node.kind !== 'keyword') result += node.text
    else if (node.keyword === 'RN') result += picture.fill ? roman : roman.padStart(15)
    else if (node.keyword === 'rn') result += (picture.fill ? roman : roman.padStart(15)).toLowerCase()
  }
  return result
}

function romanNumeral(value: number): string {
  if (!(value >= 1 && value <= 3999)) return '#'.repeat(15)
  const steps = [
    [1000, 'M'],
    [900, 'CM'],
    [500, 'D'],
    [400, 'CD'],
    [100, 'C'],
    [90, 'XC'],
    [50, 'L'],
    [40, 'XL'],
    [10, 'X'],
    [9, 'IX'],
    [5, 'V'],
    [4, 'IV'],
    [1, 'I'],
  ] as const
  let rest = value
  let result = ''
  for (const [amount, letters] of steps) {
    while (rest >= amount) {
      result += letters
      rest -= amount
    }
  }
  return result
}

class PictureWriter {
  readonly #picture: Picture
  readonly #number: string
  readonly #negative: boolean
  readonly #preSpaces: number
  readonly #zeroStart: number
  readonly #bracket: boolean
  readonly #sign: Picture['sign']
  /** Index of the last digit that is not a trailing zero; -1 when they all count. */
  readonly #lastRelevant: number
  readonly #count: number
  #signWritten: boolean
  #result = ''
  #at = 0
  #current = 0
  #inNumber = false

  constructor(picture: Picture, number: string, negative: boolean, preSpaces: number) {
    const { pre, multi, post, fill, plus, minus, signAt } = picture
    this.#picture = picture
    this.#number = number
    this.#negative = negative
    this.#preSpaces = preSpaces
    this.#zeroStart = picture.zeroStart > 0 ? picture.zeroStart - 1 : 0
    this.#bracket = picture.bracket && (negative || !fill)
    const ownSign = plus || minus
    this.#signWritten = ownSign ? minus : !negative && fill && picture.sign === 'none'
    this.#sign = !ownSign && picture.sign === 'pre' && pre + multi === signAt ? 'post' : picture.sign
    this.#lastRelevant = fill && picture.decimal ? this.#findLastRelevant() : -1
    this.#count = post + pre + multi - 1 + (!this.#signWritten && preSpaces === 0 ? 1 : 0)
  }

  write(): string {
    const { template, fill } = this.#picture
    for (const node of template) {
      if (node.kind !== 'keyword') {
        this.#result += node.text
        continue
      }
      switch (node.keyword.toUpperCase()) {
        case '9':
        case '0':
        case '.':
        case 'D':
          this.#digit(node.keyword)
          break
        case ',':
        case 'G':
          if (this.#inNumber) this.#result += ','
          else if (!fill) this.#result += ' '
          break
        case 'L':
          this.#result += ' '
          break
        case 'TH':
          this.#ordinal(node.keyword === 'th' ? 'th' : 'TH')
          break
        case 'MI':
          if (this.#negative) this.#result += '-'
          else if (!fill) this.#result += ' '
          break
        case 'PL':
          if (!this.#negative) this.#result += '+'
          else if (!fill) this.#result += ' '
          break
        case 'SG':
          this.#result += this.#negative ? '-' : '+'
          break
        default:
          break
      }
    }
    return this.#result
  }

  #findLastRelevant(): number {
    const point = this.#number.indexOf('.')
    if (point < 0) return -1
    let last = point
    for (let index = point + 1; index < this.#number.length; index++)
      if (this.#number[index] !== '0') last = index
    if (this.#picture.zeroEnd > this.#preSpaces) {
      last = Math.max(last, Math.min(this.#number.length - 1, this.#picture.zeroEnd - this.#preSpaces))
    }
    return last
  }

  #ordinal(style: 'th' | 'TH'): void {
    if (this.#number.startsWith('#') || this.#negative || this.#picture.decimal) return
    this.#result += ordinalSuffix(this.#number, style)
  }

  /** `0.5` in 9.9: the zero before the point is not shown. */
  #isLeadingZero(): boolean {
    return !this.#picture.zero && this.#at === 0 && this.#number[0] === '0' && this.#picture.post !== 0
  }

  #endsAtPoint(): boolean {
    return this.#lastRelevant >= 0 && this.#number[this.#lastRelevant] === '.'
  }

  /** NUM_numpart_to_char. */
  #digit(keyword: string): void {
    const { zero, fill, decimal } = this.#picture
    this.#inNumber = false
    this.#writeSign()
    const before = this.#current < this.#preSpaces
    if (before && (this.#zeroStart > this.#current || !zero)) {
      if (!fill) this.#result += ' '
    } else if (before) {
      this.#result += '0'
      this.#inNumber = true
    } else {
      this.#writeCharacter(keyword)
      if (this.#at < this.#number.length) this.#at++
    }
    let end = this.#count + (this.#preSpaces > 0 ? 1 : 0) + (decimal ? 1 : 0)
    if (this.#lastRelevant >= 0 && this.#lastRelevant === this.#at) end = this.#current
    if (this.#current + 1 === end) {
      if (this.#signWritten && this.#bracket) this.#result += this.#negative ? '>' : ' '
      else if (this.#sign === 'post') this.#result += this.#negative ? '-' : '+'
    }
    this.#current++
  }

  #writeSign(): void {
    const { zero, fill } = this.#picture
    if (this.#signWritten) return
    if (this.#current < this.#preSpaces && !(zero && this.#zeroStart === this.#current)) return
    if (this.#isLeadingZero() && !this.#endsAtPoint()) return
    if (this.#sign === 'post') return
    if (this.#sign === 'pre') this.#result += this.#negative ? '-' : '+'
    else if (this.#bracket) this.#result += this.#negative ? '<' : ' '
    else if (this.#negative) this.#result += '-'
    else if (!fill) this.#result += ' '
    this.#signWritten = true
  }

  #writeCharacter(keyword: string): void {
    const character = this.#number[this.#at]
    if (character === '.') {
      this.#result += '.'
    } else if (this.#lastRelevant >= 0 && this.#at > this.#lastRelevant && keyword !== '0') {
      return
    } else if (this.#isLeadingZero()) {
      if (!this.#picture.fill) this.#result += ' '
      else if (this.#endsAtPoint()) this.#result += '0'
    } else if (character !== undefined) {
      this.#result += character
      this.#inNumber = true
    }
  }
}
