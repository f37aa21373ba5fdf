/**
 * to_char, to_timestamp, to_date and to_number. Templates are compiled once; equal ones share what was made
 * of them.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { DataType } from '../../planner/types.ts'
import {
  dateType,
  float4Type,
  float8Type,
  int4Type,
  int8Type,
  intervalType,
  numericType,
  textType,
  timestampType,
  timestamptzType,
} from '../../planner/types.ts'
import type { Interval } from '../batch/interval.ts'
import { Numeric } from '../batch/numeric.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'
import { instantOfLocal, isFiniteTimestamp } from './datetime-arithmetic.ts'
import {
  checkTimestamp,
  DAY_END,
  DAY_MIN,
  floorDivide,
  MICROS_PER_DAY,
  MICROS_PER_SECOND,
} from './datetime-calendar.ts'
import { defineFunction } from './define.ts'
import { fitNumeric, multiplyNumeric, roundNumeric } from './numeric-arithmetic.ts'
import { parseNumeric } from './numeric-text.ts'
import { powerNumeric } from './numeric-transcendental.ts'
import type { CallSite, ScalarFunction } from './scalar-function.ts'
import type { TimeZone } from './time-zone.ts'
import { sessionZone } from './time-zone.ts'
import { formatMoment, momentOfInterval, momentOfTimestamp, templateUnit } from './to-char-datetime.ts'
import type { Picture } from './to-char-number.ts'
import { formatPicture, formatRoman, numberPicture } from './to-char-number.ts'
import { parseMoment } from './to-char-parse.ts'
import type { Template } from './to-char-template.ts'
import { parseDatetimeTemplate, templateCache } from './to-char-template.ts'
import { readPicture } from './to-number.ts'

const datetimeTemplate = templateCache(parseDatetimeTemplate)

const SLOTS = 1024

/** The texts of recent days (or hours, minutes …), for templates that show nothing finer. Direct-mapped. */
class UnitTexts {
  readonly #template: Template
  readonly #unit: bigint
  readonly #keys = new Float64Array(SLOTS).fill(Number.NaN)
  readonly #texts: string[] = new Array<string>(SLOTS).fill('')
  /** The text of the last unit, [from, until): times that follow each other share it. */
  #text = ''
  #from = 0n
  #until = 0n

  constructor(template: Template, unit: bigint) {
    this.#template = template
    this.#unit = unit
  }

  text(local: bigint): string {
    if (local < this.#from || local >= this.#until) this.#find(local)
    return this.#text
  }

  #find(local: bigint): void {
    const count = floorDivide(local, this.#unit)
    const key = Number(count)
    const slot = key & (SLOTS - 1)
    if (this.#keys[slot] !== key) {
      this.#keys[slot] = key
      this.#texts[slot] = formatMoment(this.#template, momentOfTimestamp(local, undefined, local))
    }
    this.#text = this.#texts[slot]!
    this.#from = count * this.#unit
    this.#until = this.#from + this.#unit
  }
}

/** to_char of one template; undefined for an empty template. */
function timestampFormatter(
  text: string,
  zone: TimeZone | undefined,
): ((micros: bigint) => string) | undefined {
  if (text === '') return undefined
  const template = datetimeTemplate(text)
  const unit = templateUnit(template)
  if (unit === undefined) {
    return micros =>
      formatMoment(
        template,
        momentOfTimestamp(zone === undefined ? micros : micros + zone.offsetAt(micros), zone, micros),
      )
  }
  const texts = new UnitTexts(template, unit)
  return zone === undefined
    ? micros => texts.text(micros)
    : micros => texts.text(micros + zone.offsetAt(micros))
}

function formatTimestamps(site: CallSite): (micros: bigint, template: string) => string | null {
  const zone = site.types[0]!.kind === 'timestamptz' ? sessionZone(site.context) : undefined
  let lastTemplate: string | undefined
  let format: ((micros: bigint) => string) | undefined
  return (micros, template) => {
    if (template !== lastTemplate) {
      format = timestampFormatter(template, zone)
      lastTemplate = template
    }
    return format === undefined || !isFiniteTimestamp(micros) ? null : format(micros)
  }
}

function formatIntervals(value: Interval, template: string): string | null {
  return template === '' ? null : formatMoment(datetimeTemplate(template), momentOfInterval(value))
}

function numericText(value: Numeric, template: string): string {
  if (template === '') return ''
  const picture = numberPicture(template)
  if (picture.roman) {
    const rounded = roundNumeric(value, 0)
    return formatRoman(picture, rounded.special === undefined ? Number(rounded.coefficient) : Number.NaN)
  }
  if (picture.exponent) return value.special !== undefined ? hashes(picture) : scientific(value, picture.post)
  const scaled = picture.hasMulti
    ? multiplyNumeric(value, new Numeric(10n ** BigInt(picture.multi), 0))
    : value
  const digits = roundNumeric(scaled, picture.post).toString()
  const negative = digits.startsWith('-')
  return formatPicture(picture, { negative, digits: negative ? digits.slice(1) : digits })
}

/** What EEEE prints for NaN and infinities. */
function hashes(picture: Picture): string {
  return ` ${'#'.repeat(picture.pre)}.${'#'.repeat(picture.post + 4)}`
}

/**
 * `-1.23e+05` with `post` digits; a space in front of positive ones. As in PostgreSQL the exponent is that
 * of the value before rounding, so that 999.9 may become `10.0e+02`.
 */
function scientific(value: Numeric, post: number): string {
  const negative = value.coefficient < 0n
  const size = negative ? -value.coefficient : value.coefficient
  const length = size.toString().length
  const exponent = size === 0n ? 0 : length - 1 - value.scale
  const mantissa = roundNumeric(new Numeric(size, length - 1), post).toString()
  return `${negative ? '-' : ' '}${mantissa}e${powerText(exponent)}`
}

function powerText(exponent: number): string {
  return `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

/** C's %.*e: exact, ties to even. */
function exponentText(value: number, post: number): string {
  const [digits, exponent] = value.toExponential(post).split('e') as [string, string]
  const exact = value.toExponential(100).split('e')[0]!
  const cut = digits.length + (post === 0 ? 1 : 0)
  const tie = /^50*$/.test(exact.slice(cut)) && !'02468'.includes(digits[digits.length - 1]!)
  const shown = tie ? exact.slice(0, digits.length) : digits
  return `${value < 0 ? '' : ' '}${shown}e${powerText(Number(exponent))}`
}

function bigintText(value: bigint, template: string): string {
  return numericText(new Numeric(value, 0), template)
}

function integerText(value: number, template: string): string {
  const picture = template === '' ? undefined : numberPicture(template)
  return picture?.exponent === true
    ? exponentText(value, picture.post)
    : numericText(new Numeric(BigInt(value), 0), template)
}

/** to_char of a double (15 digits are shown) or of a real (6). */
function floatText(precision: number): (value: number, template: string) => string {
  return (value, template) => {
    if (template === '') return ''
    const picture = numberPicture(template)
    if (picture.roman) return formatRoman(picture, Math.round(value))
    if (picture.exponent) {
      if (!Number.isFinite(value)) return hashes(picture)
      return exponentText(value, picture.post)
    }
    const scaled = picture.hasMulti ? value * 10 ** picture.multi : value
    const wholeLength = fixedText(Math.abs(scaled), 0).length
    const post = wholeLength >= precision ? 0 : Math.min(picture.post, precision - wholeLength)
    const digits = fixedText(scaled, post)
    const negative = digits.startsWith('-')
    const shortened = post === picture.post ? picture : { ...picture, post }
    return formatPicture(shortened, { negative, digits: negative ? digits.slice(1) : digits })
  }
}

/** C's %.*f: exact, ties to even, -0 with its sign. */
function fixedText(value: number, digits: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const size = Math.abs(value)
  if (size >= 1e21) return sign + BigInt(size).toString()
  const text = size.toFixed(digits)
  const exact = size.toFixed(100)
  const rest = exact.slice(exact.indexOf('.') + 1 + digits)
  if (!/^50*$/.test(rest) || '02468'.includes(text[text.length - 1]!)) return sign + text
  // A tie that toFixed rounded up to an odd digit: what was cut off is the even one.
  const cut = exact.slice(0, exact.length - rest.length)
  return sign + (digits === 0 ? cut.slice(0, -1) : cut)
}

/** to_timestamp(text, template). */
function parseTimestampText(context: EvaluationContext, text: string, template: string): bigint {
  const moment = parseMoment(datetimeTemplate(template), text)
  const local = BigInt(moment.days) * MICROS_PER_DAY + moment.micros
  if (moment.offsetSeconds === undefined) return instantOfLocal(local, sessionZone(context))
  return checkTimestamp(local - BigInt(moment.offsetSeconds) * MICROS_PER_SECOND)
}

function parseDateText(text: string, template: string): number {
  const { days } = parseMoment(datetimeTemplate(template), text)
  if (days < DAY_MIN || days >= DAY_END) {
    throw new SqlError(SqlState.datetimeFieldOverflow, `date out of range: "${text}"`)
  }
  return days
}

function parseNumberText(text: string, template: string): Numeric | null {
  if (template === '') return null
  const picture = numberPicture(template)
  const digits = readPicture(picture, text)
  const scale = digits.includes('.') ? digits.length - digits.indexOf('.') - 1 : 0
  const number = fitNumeric(parseNumeric(digits), picture.pre + picture.multi + scale, scale)
  if (!picture.hasMulti) return number
  return multiplyNumeric(number, powerNumeric(new Numeric(10n, 0), new Numeric(BigInt(-picture.multi), 0)))
}

const stable = { volatility: 'stable' } as const

function toChar(type: DataType, call: (...args: never[]) => unknown): ScalarFunction {
  return defineFunction('to_char', [type, textType], textType, { call }, stable)
}

export const toCharFunctions: readonly ScalarFunction[] = [
  defineFunction('to_char', [timestampType, textType], textType, { prepare: formatTimestamps }, stable),
  defineFunction('to_char', [timestamptzType, textType], textType, { prepare: formatTimestamps }, stable),
  toChar(intervalType, formatIntervals),
  toChar(numericType, numericText),
  toChar(int4Type, integerText),
  toChar(int8Type, bigintText),
  toChar(float4Type, floatText(6)),
  toChar(float8Type, floatText(15)),
  defineFunction(
    'to_timestamp',
    [textType, textType],
    timestamptzType,
    { contextCall: parseTimestampText },
    stable,
  ),
  defineFunction('to_date', [textType, textType], dateType, { call: parseDateText }, stable),
  defineFunction('to_number', [textType, textType], numericType, { call: parseNumberText }, stable),
]
