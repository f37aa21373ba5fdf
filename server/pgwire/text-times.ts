/**
 * Dates and times to ISO text, a loop per type. Years outside 1–9999, infinities and, for zones with a past,
 * instants before 1972 go through the executor's formatValue.
 */

import type { Int32Column, Int64Column } from '../../executor/batch/column.ts'
import { isNull } from '../../executor/batch/column.ts'
import type { EvaluationContext } from '../../executor/expression/evaluation-context.ts'
import { formatValue } from '../../executor/expression/text-format.ts'
import { civilDay, civilFromDays, civilMonth, civilYear } from '../../executor/functions/datetime-calendar.ts'
import { offsetText } from '../../executor/functions/datetime-text.ts'
import { sessionZone, type TimeZone } from '../../executor/functions/time-zone.ts'
import { writeAscii, writeTwo } from './digits.ts'
import { safeInt64, wordsOf } from './int64-words.ts'
import type { Renderer, ValueBytes } from './value-bytes.ts'

const DAY_MICROS = 86_400_000_000
const SECOND_MICROS = 1_000_000
/** 0001-01-01 and 10000-01-01: between them the year has four digits and no BC. */
const FIRST_PLAIN_DAY = -719_162
const LAST_PLAIN_DAY = 2_932_897

/** `YYYY-MM-DD` */
const DATE_WIDTH = 10
/** `HH:MM:SS.ffffff` */
const TIME_WIDTH = 15
/** ` ` and `+HH:MM:SS` */
const TIMESTAMP_WIDTH = DATE_WIDTH + 1 + TIME_WIDTH + 9

export function dateRenderer(column: Int32Column, context: EvaluationContext): Renderer {
  return (into, from, to) => {
    into.begin(from, to, DATE_WIDTH)
    let used = 0
    for (let row = from; row < to; row++) {
      into.starts[row - from] = used
      const day = column.values[row]!
      if (day >= FIRST_PLAIN_DAY && day < LAST_PLAIN_DAY) {
        into.reserve(used, DATE_WIDTH)
        used = writeDate(into.bytes, used, day)
      } else if (!isNull(column, row)) {
        used = into.append(used, formatValue(column.type, day, context))
      }
      into.ends[row - from] = used
    }
    return to
  }
}

export function timeRenderer(column: Int64Column): Renderer {
  return (into, from, to) => {
    into.begin(from, to, TIME_WIDTH)
    const { bytes, starts, ends } = into
    const words = wordsOf(column.values)
    let used = 0
    for (let row = from; row < to; row++) {
      starts[row - from] = used
      const micros = safeInt64(words, row)
      if (micros >= 0 && micros <= DAY_MICROS) used = writeTime(bytes, used, micros)
      ends[row - from] = used
    }
    return to
  }
}

/** timestamp, and timestamptz with the offset of the session's zone behind. */
export function timestampRenderer(column: Int64Column, context: EvaluationContext): Renderer {
  const clock = column.type.kind === 'timestamptz' ? new ZoneClock(sessionZone(context)) : undefined
  return (into, from, to) => {
    into.begin(from, to, TIMESTAMP_WIDTH)
    const words = wordsOf(column.values)
    let used = 0
    for (let row = from; row < to; row++) {
      into.starts[row - from] = used
      const micros = safeInt64(words, row)
      const local = clock === undefined ? micros : micros + clock.offsetAt(micros)
      const day = Math.floor(local / DAY_MICROS)
      if (day >= FIRST_PLAIN_DAY && day < LAST_PLAIN_DAY) {
        used = writeTimestamp(into, used, day, local - day * DAY_MICROS)
        if (clock !== undefined) used = writeAscii(into.bytes, used, clock.offsetText)
      } else if (!isNull(column, row)) {
        used = into.append(used, formatValue(column.type, column.values[row]!, context))
      }
      into.ends[row - from] = used
    }
    return to
  }
}

function writeTimestamp(into: ValueBytes, used: number, day: number, micros: number): number {
  into.reserve(used, TIMESTAMP_WIDTH)
  const { bytes } = into
  const at = writeDate(bytes, used, day)
  bytes[at] = 32
  return writeTime(bytes, at + 1, micros)
}

function writeDate(bytes: Uint8Array, position: number, day: number): number {
  const civil = civilFromDays(day)
  const year = civilYear(civil) | 0
  const century = (year / 100) | 0
  writeTwo(bytes, position, century)
  writeTwo(bytes, position + 2, year - century * 100)
  bytes[position + 4] = 45
  writeTwo(bytes, position + 5, civilMonth(civil))
  bytes[position + 7] = 45
  return writeTwo(bytes, position + 8, civilDay(civil))
}

/** `HH:MM:SS[.ffffff]` without zeros at the end; up to 24:00:00. */
function writeTime(bytes: Uint8Array, position: number, micros: number): number {
  const seconds = Math.floor(micros / SECOND_MICROS) | 0
  const minutes = (seconds / 60) | 0
  const hours = (minutes / 60) | 0
  writeTwo(bytes, position, hours)
  bytes[position + 2] = 58
  writeTwo(bytes, position + 3, minutes - hours * 60)
  bytes[position + 5] = 58
  let at = writeTwo(bytes, position + 6, seconds - minutes * 60)
  const fraction = (micros - seconds * SECOND_MICROS) | 0
  if (fraction === 0) return at
  bytes[at] = 46
  const high = (fraction / 10_000) | 0
  const low = fraction - high * 10_000
  const middle = (low / 100) | 0
  writeTwo(bytes, at + 1, high)
  writeTwo(bytes, at + 3, middle)
  at = writeTwo(bytes, at + 5, low - middle * 100)
  while (bytes[at - 1] === 48) at--
  return at
}

/** Stretches in which no zone changes its offset and back. */
const STRETCH_MICROS = 6 * 3600 * SECOND_MICROS
/** 1972-02-01. Until then zones had offsets with seconds. */
const FIRST_MINUTES = 65_750_400 * SECOND_MICROS

/** A zone's offsets; asked for instants that are close together it looks up one in a stretch. */
class ZoneClock {
  /** `+02`, of the instant that offsetAt was last asked for. */
  offsetText = ''
  readonly #zone: TimeZone
  #offset = 0
  #from = 0
  #to = 0

  constructor(zone: TimeZone) {
    this.#zone = zone
    if (!zone.fixed) return
    this.#from = Number.NEGATIVE_INFINITY
    this.#to = Number.POSITIVE_INFINITY
    this.#set(Number(zone.offsetAt(0n)))
  }

  /** Microseconds east of UTC; NaN for instants that are left to formatValue. */
  offsetAt(micros: number): number {
    if (micros >= this.#from && micros < this.#to) return this.#offset
    if (!(micros >= FIRST_MINUTES)) return Number.NaN
    const from = Math.floor(micros / STRETCH_MICROS) * STRETCH_MICROS
    const to = from + STRETCH_MICROS
    const offset = this.#lookUp(from)
    if (this.#lookUp(to) !== offset) {
      this.#to = this.#from
      this.#set(this.#lookUp(micros))
      return this.#offset
    }
    this.#from = from
    this.#to = to
    this.#set(offset)
    return offset
  }

  #lookUp(micros: number): number {
    return Number(this.#zone.offsetAt(BigInt(micros)))
  }

  #set(offset: number): void {
    if (this.offsetText !== '' && offset === this.#offset) return
    this.#offset = offset
    this.offsetText = offsetText(offset / SECOND_MICROS)
  }
}
