/**
 * The second half of PostgreSQL's date/time input: DecodeDateTime and DecodeTimeOnly of datetime.c, fields
 * in, a broken down time out. The heuristics (which number is the year) follow the original step by step,
 * since clients rely on them.
 */

import type { EvaluationContext } from '../expression/evaluation-context.ts'
import {
  civilDay,
  civilFromDays,
  civilMonth,
  civilYear,
  dayOfTimestamp,
  daysFromCivil,
  daysInMonth,
  floorModulo,
  MICROS_PER_DAY,
  MICROS_PER_SECOND,
  timeOfDay,
  UNIX_EPOCH_JULIAN_DAY,
} from './datetime-calendar.ts'
import { DecodeError } from './datetime-decode-error.ts'
import { decodeFraction, decodeInteger, decodeZoneOffset } from './datetime-numbers.ts'
import type { DateOrder } from './datetime-settings.ts'
import { dateOrder } from './datetime-settings.ts'
import type { Field, Word } from './datetime-tokens.ts'
import { dateWord, splitFields } from './datetime-tokens.ts'
import type { TimeZone } from './time-zone.ts'
import { findZone, fixedZone, namedZone, sessionZone } from './time-zone.ts'
import { zoneAbbreviation } from './time-zone-abbreviations.ts'

const YEAR = 1
const MONTH = 2
const DAY = 4
const DATE = 7
const TIME = 8
const ZONE = 16
const DAY_OF_YEAR = 32
const MERIDIEM = 64
const ERA = 128
const WEEKDAY = 256
const DAYLIGHT = 512

/** A decoded date and time. */
export interface Decoded {
  readonly special: 'epoch' | 'infinity' | '-infinity' | undefined
  readonly year: number
  readonly month: number
  readonly day: number
  /** Microseconds since midnight; up to and including 24:00. */
  readonly micros: bigint
  /** The zone that the text names; undefined = none. */
  readonly zone: TimeZone | undefined
}

/** Decodes the text of a date or timestamp. Throws DecodeError. */
export function decodeDateTime(text: string, context: EvaluationContext): Decoded {
  return new Decoder(text, context, false).decode()
}

/** Decodes the text of a time, in which a date may stand too. Throws DecodeError. */
export function decodeTime(text: string, context: EvaluationContext): Decoded {
  return new Decoder(text, context, true).decode()
}

class Decoder {
  readonly #fields: readonly Field[]
  readonly #context: EvaluationContext
  readonly #timeOnly: boolean
  readonly #order: DateOrder
  #mask = 0
  #year = 0
  #month = 0
  #day = 0
  #yearDay = 0
  #hour = 0
  #minute = 0
  #second = 0
  #fraction = 0
  #zone: TimeZone | undefined
  #special: Decoded['special']
  #textMonth = false
  #twoDigitYear = false
  #julian = false
  #before = false
  #meridiem: 'am' | 'pm' | undefined
  /** What the previous word says of the next field: `J` or `T`. */
  #prefix: 'julian' | 'time' | undefined

  constructor(text: string, context: EvaluationContext, timeOnly: boolean) {
    const fields = text.length > 128 ? undefined : splitFields(text)
    if (fields === undefined) throw new DecodeError('format')
    this.#fields = fields
    this.#context = context
    this.#timeOnly = timeOnly
    this.#order = dateOrder(context)
  }

  decode(): Decoded {
    for (let index = 0; index < this.#fields.length; index++)
      this.#add(this.#field(this.#fields[index]!, index))
    if (this.#special === undefined) {
      this.#checkDate()
      this.#checkMeridiem()
      if (this.#timeOnly) this.#checkTimeOnly()
      else this.#need(DATE)
    } else if (this.#timeOnly) {
      throw new DecodeError('format')
    }
    return {
      special: this.#special,
      year: this.#year,
      month: this.#month,
      day: this.#day,
      zone: this.#zone,
      micros: timeOfDay(this.#hour, this.#minute, this.#second, this.#fraction),
    }
  }

  /** Without a date the offset of a zone with daylight saving is unknown. */
  #checkTimeOnly(): void {
    this.#checkTime()
    this.#need(TIME)
    if (this.#zone?.fixed === false) this.#need(DATE)
  }

  #need(mask: number): void {
    if ((this.#mask & mask) !== mask) throw new DecodeError('format')
  }

  /** Notes which parts a field gave; each may come once. */
  #add(mask: number): void {
    if ((this.#mask & mask) !== 0) throw new DecodeError('format')
    this.#mask |= mask
  }

  /** Reads one field; returns the parts it gave. */
  #field(field: Field, index: number): number {
    switch (field.kind) {
      case 'date':
        return this.#timeOnly ? this.#dateInTime(field, index) : this.#dateField(field)
      case 'time':
        if (this.#prefix !== undefined && this.#prefix !== 'time') throw new DecodeError('format')
        this.#prefix = undefined
        return this.#colonTime(field.text)
      case 'zone':
        this.#zone = fixedZone(decodeZoneOffset(field.text))
        return ZONE
      case 'number':
        return this.#numberField(field, index)
      default:
        return this.#wordField(field, index)
    }
  }

  /**
   * A field that looks like a date: a date, a zone name, a Julian day with zone or a time with zone
   * (040506-08).
   */
  #dateField(field: Field): number {
    if (this.#prefix === 'julian') {
      const match = /^(\d+)(.*)$/.exec(field.text)
      if (match === null) throw new DecodeError('format')
      this.#julianDay(Number(match[1]))
      this.#zone = fixedZone(decodeZoneOffset(match[2]!))
      this.#prefix = undefined
      return DATE | TIME | ZONE
    }
    if (this.#prefix === undefined && (this.#mask & (MONTH | DAY)) !== (MONTH | DAY))
      return this.#datePart(field.text)
    if (this.#prefix === 'time' || isDigit(field.text[0]!)) {
      this.#prefix = undefined
      return this.#timeWithZone(field.text, this.#mask)
    }
    this.#zone = namedZone(field.text)
    return ZONE
  }

  #dateInTime(field: Field, index: number): number {
    const fields = this.#fields
    if (
      index === 0 &&
      fields.length >= 2 &&
      (fields[fields.length - 1]!.kind === 'date' || fields[1]!.kind === 'time')
    ) {
      return this.#datePart(field.text)
    }
    this.#prefix = undefined
    if (isDigit(field.text[0]!)) return this.#timeWithZone(field.text, this.#mask | DATE)
    this.#zone = namedZone(field.text)
    return ZONE
  }

  /** `040506-08`: digits, then an offset. */
  #timeWithZone(text: string, mask: number): number {
    const dash = text.indexOf('-')
    if ((this.#mask & TIME) !== 0 || dash < 0) throw new DecodeError('format')
    this.#zone = fixedZone(decodeZoneOffset(text.slice(dash)))
    return this.#digits(text.slice(0, dash), mask) | ZONE
  }

  #numberField(field: Field, index: number): number {
    const text = field.text
    if (this.#prefix !== undefined) return this.#prefixedNumber(text)
    const dot = text.indexOf('.')
    if (!this.#timeOnly) {
      if (dot >= 0 && (this.#mask & DATE) === 0) return this.#datePart(text)
      if (dot > 2) return this.#digits(text, this.#mask)
      const missing = (this.#mask & DATE) === 0 || (this.#mask & TIME) === 0
      if (dot < 0 && text.length >= 6 && missing) return this.#digits(text, this.#mask)
      return this.#number(text, this.#mask)
    }
    if (dot >= 0) {
      const fields = this.#fields
      if (index === 0 && fields.length >= 2 && fields[fields.length - 1]!.kind === 'date')
        return this.#datePart(text)
      if (dot <= 2) throw new DecodeError('format')
      return this.#digits(text, this.#mask | DATE)
    }
    return text.length > 4 ? this.#digits(text, this.#mask | DATE) : this.#number(text, this.#mask | DATE)
  }

  /** The number after `J` (a Julian day, maybe with a fraction) or `T` (hhmmss). */
  #prefixedNumber(text: string): number {
    const prefix = this.#prefix
    this.#prefix = undefined
    if (prefix === 'time') {
      if (this.#digits(text, this.#mask | DATE) !== TIME) throw new DecodeError('format')
      return TIME
    }
    const dot = text.indexOf('.')
    this.#julianDay(decodeInteger(dot < 0 ? text : text.slice(0, dot)))
    if (dot < 0) return DATE
    const micros = Math.round(Number('0' + text.slice(dot)) * 86_400_000_000)
    this.#setTime(micros)
    return DATE | TIME
  }

  #setTime(micros: number): void {
    const seconds = Math.floor(micros / 1_000_000)
    this.#hour = Math.floor(seconds / 3600)
    this.#minute = Math.floor(seconds / 60) % 60
    this.#second = seconds % 60
    this.#fraction = micros % 1_000_000
  }

  #julianDay(day: number): void {
    this.#setDate(day - UNIX_EPOCH_JULIAN_DAY)
    this.#julian = true
  }

  #setDate(days: number): void {
    const civil = civilFromDays(days)
    this.#year = civilYear(civil)
    this.#month = civilMonth(civil)
    this.#day = civilDay(civil)
  }

  #wordField(field: Field, index: number): number {
    const abbreviation = zoneAbbreviation(field.text)
    if (abbreviation !== undefined) {
      this.#zone =
        typeof abbreviation === 'number' ? fixedZone(abbreviation * 60, field.text) : findZone(abbreviation)
      return ZONE
    }
    const word = dateWord(field.text)
    if (word === undefined) {
      this.#zone = findZone(field.text)
      if (this.#zone === undefined) throw new DecodeError('format')
      return ZONE
    }
    return this.#word(word, index)
  }

  #word(word: Word, index: number): number {
    switch (word.kind) {
      case 'reserved':
        return this.#reserved(word.value)
      case 'month':
        return this.#monthName(word.value)
      case 'weekday':
        return WEEKDAY
      case 'meridiem':
        this.#meridiem = word.value
        return MERIDIEM
      case 'era':
        this.#before = word.value === 'bc'
        return ERA
      case 'units':
        if (word.value !== 'julian') throw new DecodeError('format')
        this.#prefix = 'julian'
        return 0
      case 'iso_time': {
        const next = this.#fields[index + 1]?.kind
        if (!this.#timeOnly && (this.#mask & DATE) !== DATE) throw new DecodeError('format')
        if (next !== 'number' && next !== 'time' && next !== 'date') throw new DecodeError('format')
        this.#prefix = 'time'
        return 0
      }
      case 'daylight':
        if (this.#zone === undefined) throw new DecodeError('format')
        this.#zone = fixedZone(Number(this.#zone.offsetAt(0n) / MICROS_PER_SECOND) + 3600)
        return DAYLIGHT
      case 'ignore':
        return 0
    }
  }

  #monthName(month: number): number {
    let mask = MONTH
    if (
      (this.#mask & MONTH) !== 0 &&
      !this.#textMonth &&
      (this.#mask & DAY) === 0 &&
      this.#month >= 1 &&
      this.#month <= 31
    ) {
      this.#day = this.#month
      mask = DAY
    }
    this.#textMonth = true
    this.#month = month
    return mask
  }

  #reserved(value: (Word & { kind: 'reserved' })['value']): number {
    const context = this.#context
    if (value === 'zulu') {
      this.#setTime(0)
      this.#zone = fixedZone(0)
      return TIME | ZONE
    }
    if (this.#timeOnly && value !== 'now') throw new DecodeError('format')
    if (value === 'epoch' || value === 'infinity' || value === '-infinity') {
      this.#special = value
      return 0
    }
    const zone = sessionZone(context)
    const local = context.transactionTimestamp + zone.offsetAt(context.transactionTimestamp)
    const shift = value === 'tomorrow' ? 1 : value === 'yesterday' ? -1 : 0
    if (!this.#timeOnly) this.#setDate(dayOfTimestamp(local) + shift)
    // A date made here is astronomical already; keep #checkDate from reading its year.
    this.#julian = true
    if (value !== 'now') return DATE
    this.#setTime(Number(floorModulo(local, MICROS_PER_DAY)))
    if (this.#timeOnly) return TIME
    this.#zone = zone
    return DATE | TIME | ZONE
  }

  /** DecodeDate: parts separated by punctuation, of which one may be a month name. */
  #datePart(text: string): number {
    const parts: string[] = text.match(/\d+|[a-z]+/g) ?? []
    if (parts.length === 0 || /[^a-z0-9]{2}$/.test(text)) throw new DecodeError('format')
    let mask = 0
    const numbers: string[] = []
    for (const part of parts) {
      if (isDigit(part[0]!)) {
        numbers.push(part)
        continue
      }
      const word = dateWord(part)
      if (word?.kind === 'ignore') continue
      if (word?.kind !== 'month' || ((this.#mask | mask) & MONTH) !== 0) throw new DecodeError('format')
      this.#month = word.value
      this.#textMonth = true
      mask |= MONTH
    }
    for (const number of numbers) {
      const part = this.#number(number, this.#mask | mask)
      if (((this.#mask | mask) & part) !== 0) throw new DecodeError('format')
      mask |= part
    }
    if (((this.#mask | mask) & DATE) !== DATE) throw new DecodeError('format')
    return mask
  }

  /** DecodeNumber: which part a lone number is, from what is known so far. */
  #number(text: string, mask: number): number {
    const dot = text.indexOf('.')
    if (dot > 2) return this.#digits(text, mask | DATE)
    if (dot >= 0) this.#fraction = decodeFraction(text.slice(dot))
    const value = decodeInteger(dot < 0 ? text : text.slice(0, dot))
    if (text.length === 3 && (mask & DATE) === YEAR && value >= 1 && value <= 366) {
      this.#yearDay = value
      return DAY_OF_YEAR | MONTH | DAY
    }
    if ((mask & DATE) === (YEAR | MONTH) && this.#textMonth && text.length >= 3 && this.#twoDigitYear) {
      // The first number was the day after all (DD-MON-YYYY).
      this.#day = this.#year
      this.#year = value
      this.#twoDigitYear = false
      return DAY
    }
    const part = this.#numberPart(text.length, mask & DATE)
    if (part === 0) return this.#digits(text, mask)
    if (part === YEAR) {
      this.#year = value
      this.#twoDigitYear = text.length <= 2
    } else if (part === MONTH) {
      this.#month = value
    } else {
      this.#day = value
    }
    return part
  }

  /** YEAR, MONTH or DAY; 0 when the date is complete. */
  #numberPart(length: number, known: number): number {
    switch (known) {
      case 0:
        return length >= 3 || this.#order === 'YMD' ? YEAR : this.#order === 'DMY' ? DAY : MONTH
      case YEAR:
      case DAY:
        return MONTH
      case MONTH:
        return this.#textMonth && (length >= 3 || this.#order === 'YMD') ? YEAR : DAY
      case YEAR | MONTH:
        return DAY
      case MONTH | DAY:
        return YEAR
      default:
        return known === DATE ? 0 : this.#refuse()
    }
  }

  #refuse(): never {
    throw new DecodeError('format')
  }

  /** DecodeNumberField: run-together digits, a date (20200131) or a time (040506, 0405). */
  #digits(text: string, mask: number): number {
    const dot = text.indexOf('.')
    const digits = dot < 0 ? text : text.slice(0, dot)
    if (dot >= 0) {
      this.#fraction = text.length === dot + 1 ? 0 : Math.round(Number('0' + text.slice(dot)) * 1e6)
    } else if ((mask & DATE) !== DATE && digits.length >= 6) {
      this.#day = Number(digits.slice(-2))
      this.#month = Number(digits.slice(-4, -2))
      this.#year = decodeInteger(digits.slice(0, -4))
      if (digits.length === 6) this.#twoDigitYear = true
      return DATE
    }
    if ((mask & TIME) === 0 && (digits.length === 6 || digits.length === 4)) {
      this.#hour = Number(digits.slice(0, 2))
      this.#minute = Number(digits.slice(2, 4))
      this.#second = digits.length === 6 ? Number(digits.slice(4)) : 0
      return TIME
    }
    throw new DecodeError('format')
  }

  #colonTime(text: string): number {
    const match = /^(\d+):(\d*)(?::(\d*))?(\.\d*)?$/.exec(text)
    if (match === null) throw new DecodeError('format')
    const first = decodeInteger(match[1]!)
    const second = decodeInteger(match[2]!)
    this.#fraction = match[4] === undefined ? 0 : decodeFraction(match[4])
    // mm:ss.fraction
    const short = match[4] !== undefined && match[3] === undefined
    this.#hour = short ? 0 : first
    this.#minute = short ? first : second
    this.#second = short ? second : decodeInteger(match[3] ?? '')
    this.#checkTime()
    return TIME
  }

  /** A leap second (:60) and 24:00 are allowed, nothing beyond. */
  #checkTime(): void {
    const total = (this.#hour * 60 + this.#minute) * 60 + this.#second + this.#fraction / 1e6
    if (this.#minute > 59 || this.#second > 60 || total > 86_400) throw new DecodeError('range')
  }

  #checkMeridiem(): void {
    if (this.#meridiem === undefined) return
    if (this.#hour > 12) throw new DecodeError('range')
    if (this.#meridiem === 'am' && this.#hour === 12) this.#hour = 0
    else if (this.#meridiem === 'pm' && this.#hour !== 12) this.#hour += 12
  }

  /** ValidateDate. */
  #checkDate(): void {
    if ((this.#mask & YEAR) !== 0 && !this.#julian) {
      if (this.#twoDigitYear && !this.#before) this.#year += this.#year < 70 ? 2000 : 1900
      else if (this.#year <= 0) throw new DecodeError('range')
      else if (this.#before) this.#year = 1 - this.#year
    }
    if ((this.#mask & DAY_OF_YEAR) !== 0) this.#setDate(daysFromCivil(this.#year, 1, 1) + this.#yearDay - 1)
    if ((this.#mask & MONTH) !== 0 && (this.#month < 1 || this.#month > 12))
      throw new DecodeError('field_order')
    if ((this.#mask & DAY) !== 0 && (this.#day < 1 || this.#day > 31)) throw new DecodeError('field_order')
    if ((this.#mask & DATE) === DATE && this.#day > daysInMonth(this.#year, this.#month))
      throw new DecodeError('range')
  }
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9'
}
