/** to_number: reads text as a number template says. NUM_processor's other half of formatting.c. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { Picture } from './to-char-number.ts'

/** The number that `text` is under a picture, as numeric's input, and the digits after its point. */
export function readPicture(picture: Picture, text: string): string {
  if (picture.exponent) throw noInput('EEEE')
  if (picture.roman) throw noInput('RN')
  return new PictureReader(picture, text).read()
}

function noInput(keyword: string): SqlError {
  return new SqlError(SqlState.featureNotSupported, `"${keyword}" not supported for input`)
}

class PictureReader {
  readonly #picture: Picture
  readonly #text: string
  #position = 0
  #sign = ' '
  #digits = ''
  #readPre = 0
  #readPost = 0
  #readPoint = false

  constructor(picture: Picture, text: string) {
    this.#picture = picture
    this.#text = text
  }

  read(): string {
    for (const node of this.#picture.template) {
      if (this.#position >= this.#text.length) break
      if (node.kind !== 'keyword') {
        this.#position += this.#text.codePointAt(this.#position)! > 0xffff ? 2 : 1
        continue
      }
      this.#keyword(node.keyword.toUpperCase())
    }
    const digits = this.#digits.endsWith('.') ? this.#digits.slice(0, -1) : this.#digits
    return this.#sign + digits
  }

  #keyword(keyword: string): void {
    const character = this.#text[this.#position]!
    switch (keyword) {
      case '9':
      case '0':
      case '.':
      case 'D':
        this.#digit(keyword)
        this.#position++
        return
      case ',':
      case 'G':
        if (character === ',') this.#position++
        return
      case 'L':
        this.#skipOther(1)
        return
      case 'TH':
        this.#skipOther(2)
        return
      case 'MI':
      case 'PL':
      case 'SG': {
        const accepted = keyword === 'MI' ? '-' : keyword === 'PL' ? '+' : '+-'
        if (accepted.includes(character)) {
          this.#sign = character
          this.#position++
        } else {
          this.#skipOther(1)
        }
        return
      }
      default:
        return
    }
  }

  /** Skips up to `count` characters that cannot be part of a number. */
  #skipOther(count: number): void {
    for (let skipped = 0; skipped < count && this.#position < this.#text.length; skipped++) {
      if ('0123456789.,+-'.includes(this.#text[this.#position]!)) return
      this.#position++
    }
  }

  /** NUM_numpart_from_char; leaves the position at the character it read. */
  #digit(keyword: string): void {
    const { decimal, post, sign, plus, minus } = this.#picture
    if (this.#text[this.#position] === ' ') this.#position++
    const none = this.#readPre + this.#readPost === 0
    if (this.#sign === ' ' && (keyword === '0' || keyword === '9') && none) this.#readSign()
    const character = this.#text[this.#position]
    if (character === undefined) return
    let read = false
    if (character >= '0' && character <= '9') {
      if (this.#readPoint && this.#readPost === post) return
      this.#digits += character
      if (this.#readPoint) this.#readPost++
      else this.#readPre++
      read = true
    } else if (decimal && !this.#readPoint && character === '.') {
      this.#digits += '.'
      this.#readPoint = true
      read = true
    }
    if (this.#sign !== ' ' || this.#readPre + this.#readPost === 0) return
    const following = this.#text[this.#position + 1]
    if (sign !== 'none' && read && following !== undefined && !/\d/.test(following)) {
      if (following === '-' || following === '+') {
        this.#sign = following
        this.#position++
      }
    } else if (!read && sign === 'none' && (plus || minus) && (character === '-' || character === '+')) {
      this.#sign = character
    }
  }

  #readSign(): void {
    const { bracket, sign } = this.#picture
    const character = this.#text[this.#position]
    if (character === '-' || (sign !== 'pre' && bracket && character === '<')) this.#sign = '-'
    else if (character === '+') this.#sign = '+'
    else return
    this.#position++
  }
}
