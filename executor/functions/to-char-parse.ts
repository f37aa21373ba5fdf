/** to_timestamp(text, template) and to_date: DCH_from_char and do_to_timestamp of formatting.c. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import {
  civilDay,
  civilFromDays,
  civilMonth,
  civilYear,
  daysFromCivil,
  daysInMonth,
  isLeapYear,
  isoWeekStart,
  timeOfDay,
  UNIX_EPOCH_JULIAN_DAY,
} from './datetime-calendar.ts'
import { dayNames, monthNames } from './datetime-tokens.ts'
import type { Template, TemplateNode } from './to-char-template.ts'
import { isSeparator, romanMonths } from './to-char-template.ts'

/** What a text says under a template. */
export interface ParsedMoment {
  readonly days: number
  /** Microseconds since midnight. */
  readonly micros: bigint
  /** Seconds east of UTC; undefined when the template has no TZH. */
  readonly offsetSeconds: number | undefined
}

/** Reads `text` as the template says. 22007 and 22008 with PostgreSQL's texts. */
export function parseMoment(template: Template, text: string): ParsedMoment {
  const fields = new TemplateReader(template, text).read()
  return resolve(fields, text)
}

type FieldName =
  | 'hh'
  | 'mi'
  | 'ss'
  | 'ssss'
  | 'ms'
  | 'us'
  | 'pm'
  | 'year'
  | 'bc'
  | 'mm'
  | 'dd'
  | 'ddd'
  | 'd'
  | 'ww'
  | 'w'
  | 'cc'
  | 'j'
  | 'tzh'
  | 'tzm'

class Fields {
  readonly values = new Map<FieldName, number>()
  mode: 'gregorian' | 'iso' | undefined
  twelveHours = false
  zoneSign = 0
  yearDigits = 4

  get(name: FieldName): number {
    return this.values.get(name) ?? 0
  }

  /** Zero counts as not set, as in PostgreSQL. */
  set(name: FieldName, value: number, keyword: string): void {
    const known = this.get(name)
    if (known !== 0 && known !== value) {
      throw formatError(`conflicting values for "${keyword}" field in formatting string`, {
        detail: 'This value contradicts a previous setting for the same field type.',
      })
    }
    this.values.set(name, value)
  }
}

function formatError(message: string, fields: { detail?: string; hint?: string } = {}): SqlError {
  return new SqlError(SqlState.invalidDatetimeFormat, message, fields)
}

type Keyword = TemplateNode & { kind: 'keyword' }

/** Keywords that are a plain number: the field, and how many digits when that is not the keyword's length. */
const numbers: Readonly<Record<string, readonly [field: FieldName | undefined, digits?: number]>> = {
  HH: ['hh', 2],
  HH12: ['hh', 2],
  HH24: ['hh', 2],
  MI: ['mi'],
  SS: ['ss'],
  SSSS: ['ssss'],
  SSSSS: ['ssss'],
  MM: ['mm'],
  DDD: ['ddd'],
  IDDD: ['ddd', 3],
  DD: ['dd'],
  D: ['d'],
  WW: ['ww'],
  IW: ['ww'],
  Q: [undefined],
  CC: ['cc'],
  W: ['w'],
  J: ['j'],
  TZM: ['tzm', 2],
}

const gregorian = new Set([
  'DDD',
  'DD',
  'D',
  'WW',
  'MM',
  'MONTH',
  'MON',
  'DAY',
  'DY',
  'RM',
  'W',
  'YYYY',
  'YYY',
  'YY',
  'Y',
  'Y,YYY',
])
const iso = new Set(['IDDD', 'ID', 'IW', 'IYYY', 'IYY', 'IY', 'I'])
const wordKeywords = /^(?:A\.?[DM]\.?|[BP]\.?[CM]\.?|MONTH|MON|DAY|DY|OF|RM|TZ|TZH|FX)$/

class TemplateReader {
  readonly #template: Template
  readonly #text: string
  readonly #fields = new Fields()
  #position = 0
  #fixed = false
  /** White space and separators of the text that the template did not ask for. */
  #skipped = 0

  constructor(template: Template, text: string) {
    this.#template = template
    this.#text = text
  }

  read(): Fields {
    for (const [index, node] of this.#template.entries()) {
      if (this.#position >= this.#text.length) break
      const isFixed = node.kind === 'keyword' && node.keyword.toUpperCase() === 'FX'
      if (!this.#fixed && !isFixed && (node.kind === 'keyword' || index === 0)) this.#skipSpace()
      if (node.kind === 'keyword') {
        this.#keyword(node, index)
        if (this.#fixed) continue
        this.#skipped = 0
        this.#skipSpace()
      } else {
        this.#literal(node.kind)
      }
    }
    return this.#fields
  }

  #skipSpace(): void {
    while (isSpace(this.#text[this.#position])) {
      this.#position++
      this.#skipped++
    }
  }

  /** A character of the template stands for any one character, outside fixed mode perhaps for none. */
  #literal(kind: 'text' | 'separator' | 'space'): void {
    const character = this.#text[this.#position]!
    if (this.#fixed) {
      this.#next()
    } else if (kind === 'text') {
      if (this.#skipped > 0) this.#skipped--
      else this.#next()
    } else {
      this.#skipped--
      if (isSpace(character) || isSeparator(character)) {
        this.#position++
        this.#skipped++
      }
    }
  }

  #next(): void {
    this.#position += this.#text.codePointAt(this.#position)! > 0xffff ? 2 : 1
  }

  #keyword(node: Keyword, index: number): void {
    const keyword = node.keyword.toUpperCase()
    this.#setMode(keyword)
    const number = numbers[keyword]
    if (number !== undefined) {
      const [field, digits = keyword.length] = number
      const value = this.#number(node, index, digits).value
      if (field !== undefined) this.#fields.set(field, value, node.keyword)
      if (keyword === 'HH' || keyword === 'HH12') this.#fields.twelveHours = true
      if (keyword === 'TZM' && this.#fields.zoneSign === 0) this.#fields.zoneSign = 1
    } else if (/^I?Y/.test(keyword) || keyword === 'I') {
      this.#year(node, keyword, index)
    } else if (keyword === 'MS' || keyword === 'US' || keyword.startsWith('FF')) {
      this.#fraction(node, keyword, index)
    } else {
      this.#word(node, keyword, index)
    }
    if (node.ordinal !== '') this.#position += 2
  }

  #setMode(keyword: string): void {
    const mode = gregorian.has(keyword) ? 'gregorian' : iso.has(keyword) ? 'iso' : undefined
    if (mode === undefined) return
    if (this.#fields.mode !== undefined && this.#fields.mode !== mode) {
      throw formatError('invalid combination of date conventions', {
        hint: 'Do not mix Gregorian and ISO week date conventions in a formatting template.',
      })
    }
    this.#fields.mode = mode
  }

  #year(node: Keyword, keyword: string, index: number): void {
    if (keyword === 'Y,YYY') {
      const match = /^\s*([+-]?\d+),(\d{1,3})/.exec(this.#text.slice(this.#position))
      if (match === null) throw formatError('invalid input string for "Y,YYY"')
      this.#position += match[0].length
      this.#fields.set('year', Number(match[1]) * 1000 + Number(match[2]), node.keyword)
      this.#fields.yearDigits = 4
      return
    }
    const { value, length } = this.#number(node, index, keyword.length)
    const digits = keyword.length
    this.#fields.set('year', digits < 4 && length < 4 ? nearestYear(value) : value, node.keyword)
    this.#fields.yearDigits = digits
  }

  /** `.25` is 250 milliseconds: digits count from the left. */
  #fraction(node: Keyword, keyword: string, index: number): void {
    const field = keyword === 'MS' ? 'ms' : 'us'
    const scale = keyword === 'MS' ? 3 : 6
    const digits = keyword.startsWith('FF') ? Number(keyword[2]) : scale
    const { value, length } = this.#number(node, index, digits)
    this.#fields.set(field, value * 10 ** Math.max(0, scale - length), node.keyword)
  }

  #word(node: Keyword, keyword: string, index: number): void {
    const fields = this.#fields
    switch (keyword) {
      case 'FX':
        this.#fixed = true
        return
      case 'AM':
      case 'PM':
      case 'A.M.':
      case 'P.M.':
        fields.set(
          'pm',
          this.#choice(node, keyword.includes('.') ? ['a.m.', 'p.m.'] : ['am', 'pm']),
          node.keyword,
        )
        fields.twelveHours = true
        return
      case 'AD':
      case 'BC':
      case 'A.D.':
      case 'B.C.':
        fields.set(
          'bc',
          this.#choice(node, keyword.includes('.') ? ['a.d.', 'b.c.'] : ['ad', 'bc']),
          node.keyword,
        )
        return
      case 'MONTH':
        fields.set('mm', this.#choice(node, monthNames) + 1, node.keyword)
        return
      case 'MON':
        fields.set('mm', this.#choice(node, shortNames(monthNames)) + 1, node.keyword)
        return
      case 'DAY':
        fields.set('d', this.#choice(node, dayNames) + 1, node.keyword)
        return
      case 'DY':
        fields.set('d', this.#choice(node, shortNames(dayNames)) + 1, node.keyword)
        return
      case 'RM':
        fields.set('mm', 12 - this.#choice(node, [...romanMonths].reverse()), node.keyword)
        return
      case 'ID': {
        // Monday is 1 here, Sunday is 1 in D.
        const { value } = this.#number(node, index, 1)
        fields.set('d', value + 1 > 7 ? 1 : value + 1, node.keyword)
        return
      }
      case 'TZH':
        this.#zoneHour(node, index)
        return
      default: {
        const message = `formatting field "${node.keyword}" is only supported in to_char`
        throw new SqlError(SqlState.featureNotSupported, message)
      }
    }
  }

  #zoneHour(node: Keyword, index: number): void {
    const sign = this.#text[this.#position]
    if (sign === '+' || sign === '-' || sign === ' ') {
      this.#fields.zoneSign = sign === '-' ? -1 : 1
      this.#position++
    } else {
      // The minus may have been taken for a separator.
      this.#fields.zoneSign = this.#skipped > 0 && this.#text[this.#position - 1] === '-' ? -1 : 1
    }
    this.#fields.set('tzh', this.#number(node, index, 2).value, node.keyword)
  }

  /** The index of the name that the text continues with, in any case. */
  #choice(node: Keyword, names: readonly string[]): number {
    const rest = this.#text.slice(this.#position).toLowerCase()
    const index = names.findIndex(name => rest.startsWith(name.toLowerCase()))
    if (index < 0) {
      const value = /^\S*/.exec(this.#text.slice(this.#position))![0]
      throw formatError(`invalid value "${value}" for "${node.keyword}"`, {
        detail: 'The given value did not match any of the allowed values for this field.',
      })
    }
    this.#position += names[index]!.length
    return index
  }

  /**
   * from_char_parse_int_len: exactly `digits` characters, or all the digits where something else must
   * follow.
   */
  #number(node: Keyword, index: number, digits: number): { readonly value: number; readonly length: number } {
    while (isSpace(this.#text[this.#position])) this.#position++
    const rest = this.#text.slice(this.#position)
    const copy = rest.slice(0, digits)
    const open = node.fill || this.#endsField(node, index)
    const match = /^\s*[+-]?\d+/.exec(open ? rest : copy)
    const length = match === null ? 0 : match[0].length
    const fixedWidth = 'If your source string is not fixed-width, try using the "FM" modifier.'
    if (!open && copy.length < digits) {
      throw formatError(`source string too short for "${node.keyword}" formatting field`, {
        detail: `Field requires ${digits} characters, but only ${copy.length} remain.`,
        hint: fixedWidth,
      })
    }
    if (!open && length > 0 && length < digits) {
      throw formatError(`invalid value "${copy}" for "${node.keyword}"`, {
        detail: `Field requires ${digits} characters, but only ${length} could be parsed.`,
        hint: fixedWidth,
      })
    }
    if (match === null) {
      throw formatError(`invalid value "${copy}" for "${node.keyword}"`, {
        detail: 'Value must be an integer.',
      })
    }
    this.#position += length
    const value = Number(match[0])
    if (value > 2147483647 || value < -2147483648) {
      const message = `value for "${node.keyword}" in source string is out of range`
      throw new SqlError(SqlState.datetimeFieldOverflow, message, {
        detail: 'Value must be in the range -2147483648 to 2147483647.',
      })
    }
    return { value, length }
  }

  /** True when what follows in the template cannot be digits of the same number. */
  #endsField(node: Keyword, index: number): boolean {
    if (node.ordinal !== '') return true
    const next = this.#template[index + 1]
    if (next === undefined) return true
    if (next.kind === 'keyword') return wordKeywords.test(next.keyword.toUpperCase())
    return !/^\d$/.test(next.text)
  }
}

function isSpace(character: string | undefined): boolean {
  return character !== undefined && /\s/.test(character)
}

function shortNames(names: readonly string[]): string[] {
  return names.map(name => name.slice(0, 3))
}

/** A year of one to three digits is that nearest to 2020. */
function nearestYear(year: number): number {
  if (year < 70) return year + 2000
  if (year < 100) return year + 1900
  return year < 520 ? year + 2000 : year < 1000 ? year + 1000 : year
}

function outOfRange(text: string): SqlError {
  return new SqlError(SqlState.datetimeFieldOverflow, `date/time field value out of range: "${text}"`)
}

function resolve(fields: Fields, text: string): ParsedMoment {
  const days = resolveDate(fields, text)
  const sinceMidnight = fields.get('ssss')
  let hour = fields.get('hh') || Math.floor(sinceMidnight / 3600)
  const minute = fields.get('mi') || Math.floor(sinceMidnight / 60) % 60
  const second = fields.get('ss') || sinceMidnight % 60
  if (fields.twelveHours) {
    if (hour < 1 || hour > 12) {
      throw formatError(`hour "${hour}" is invalid for the 12-hour clock`, {
        hint: 'Use the 24-hour clock, or give an hour between 1 and 12.',
      })
    }
    if (fields.get('pm') === 1 && hour < 12) hour += 12
    else if (fields.get('pm') === 0 && hour === 12) hour = 0
  }
  const micros = fields.get('ms') * 1000 + fields.get('us')
  const valid = hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60
  if (!valid || micros < 0 || micros >= 1_000_000) throw outOfRange(text)
  const zoneMinutes = fields.get('tzh') * 60 + fields.get('tzm')
  const zoned = fields.zoneSign !== 0
  if (zoned && (fields.get('tzh') > 15 || fields.get('tzm') >= 60 || zoneMinutes < 0)) throw outOfRange(text)
  return {
    days,
    micros: timeOfDay(hour, minute, second, micros),
    offsetSeconds: zoned ? fields.zoneSign * zoneMinutes * 60 : undefined,
  }
}

/** The day; what the text does not say is January 1st, 1 BC. */
function resolveDate(fields: Fields, text: string): number {
  const year = resolveYear(fields)
  const hasYear = fields.get('year') !== 0 || fields.get('bc') !== 0
  if (fields.get('ww') !== 0 && fields.mode === 'iso') {
    const weekday = fields.get('d') === 0 ? 0 : (fields.get('d') + 5) % 7
    return isoWeekStart(year, fields.get('ww')) + weekday
  }
  const dayOfYear = fields.get('ww') !== 0 ? (fields.get('ww') - 1) * 7 + 1 : fields.get('ddd')
  const julian = fields.get('j')
  const start = julian === 0 ? undefined : civilFromDays(julian - UNIX_EPOCH_JULIAN_DAY)
  let month = fields.get('mm') || (start === undefined ? 1 : civilMonth(start))
  let day =
    (fields.get('w') !== 0 ? (fields.get('w') - 1) * 7 + 1 : fields.get('dd')) ||
    (start === undefined ? 1 : civilDay(start))
  const civil = start === undefined ? year : civilYear(start)
  if (dayOfYear !== 0 && (month <= 1 || day <= 1)) {
    if (!hasYear && fields.get('cc') === 0 && start === undefined) {
      throw formatError('cannot calculate day of year without year information')
    }
    if (fields.mode === 'iso') return isoWeekStart(civil, 1) + dayOfYear - 1
    const found = civilFromDays(daysFromCivil(civil, 1, 1) + dayOfYear - 1)
    if (month <= 1) month = civilMonth(found)
    if (day <= 1) day = civilDay(found)
    if (dayOfYear < 1 || dayOfYear > (isLeapYear(civil) ? 366 : 365)) throw outOfRange(text)
  }
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(civil, month)) throw outOfRange(text)
  return daysFromCivil(civil, month, day)
}

/** The astronomical year. */
function resolveYear(fields: Fields): number {
  const bc = fields.get('bc') === 1
  const century = bc ? -fields.get('cc') : fields.get('cc')
  const year = fields.get('year')
  if (year !== 0 && century !== 0 && fields.yearDigits <= 2) {
    const low = year % 100
    if (low === 0) return century * 100 + (century >= 0 ? 0 : 1)
    return century >= 0 ? low + (century - 1) * 100 : (century + 1) * 100 - low + 1
  }
  if (year !== 0) {
    const signed = bc ? -year : year
    return signed < 0 ? signed + 1 : signed
  }
  if (century !== 0) return century >= 0 ? (century - 1) * 100 + 1 : century * 100 + 1
  return 0
}
