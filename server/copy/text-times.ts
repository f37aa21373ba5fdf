/** Dates and timestamps of COPY in ISO form, which reads the same in every DateStyle. */

import { storeInt64 } from '../../connectors/int64.ts'
import type { ColumnReader } from './column-reader.ts'

const ZERO = 0x30
const DASH = 0x2d
const COLON = 0x3a

export function readDates(reader: ColumnReader, bytes: Buffer, from: number, to: number): void {
  const { starts, ends, base, offset } = reader
  const values = reader.target.int32
  for (let row = from; row < to; row++) {
    const start = starts[base + row]!
    const day = start >= 0 && ends[base + row] === start + 10 ? dayAt(bytes, start) : Number.NaN
    if (!Number.isNaN(day)) values[offset + row] = day
    else reader.readOther(bytes, row)
  }
}

/** Whether a time zone's offset stands behind the time: it must not, it must, or UTC is meant without it. */
type Zones = 'none' | 'given' | 'optional'

export function readTimestamps(
  reader: ColumnReader,
  bytes: Buffer,
  from: number,
  to: number,
  zones: Zones,
): void {
  const { starts, ends, base, offset } = reader
  const { halves } = reader.target
  for (let row = from; row < to; row++) {
    const start = starts[base + row]!
    const micros = start >= 0 ? microsAt(bytes, start, ends[base + row]!, zones) : Number.NaN
    if (Number.isSafeInteger(micros)) storeInt64(halves, offset + row, micros)
    else reader.readOther(bytes, row)
  }
}

/** NaN unless two digits stand at `at`. */
function twoDigits(bytes: Buffer, at: number): number {
  const tens = bytes[at]! - ZERO
  const ones = bytes[at + 1]! - ZERO
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

const monthDays = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Days from 1970-01-01 to the YYYY-MM-DD at `at`; NaN when it is none. */
function dayAt(bytes: Buffer, at: number): number {
  if (bytes[at + 4] !== DASH || bytes[at + 7] !== DASH) return Number.NaN
  const year = twoDigits(bytes, at) * 100 + twoDigits(bytes, at + 2)
  const month = twoDigits(bytes, at + 5)
  const day = twoDigits(bytes, at + 8)
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= monthDays[month]!)) return Number.NaN
  if (month === 2 && day === 29 && (year % 4 !== 0 || (year % 100 === 0 && year % 400 !== 0)))
    return Number.NaN
  // Days from civil, for years after 0.
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** Microseconds since 1970 of `YYYY-MM-DD HH:MM:SS[.ffffff][zone]`; NaN for other spellings. */
function microsAt(bytes: Buffer, start: number, end: number, zones: Zones): number {
  if (end - start < 19) return Number.NaN
  const separator = bytes[start + 10]
  if (
    (separator !== 0x20 && separator !== 0x54) ||
    bytes[start + 13] !== COLON ||
    bytes[start + 16] !== COLON
  ) {
    return Number.NaN
  }
  const hour = twoDigits(bytes, start + 11)
  const minute = twoDigits(bytes, start + 14)
  const second = twoDigits(bytes, start + 17)
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return Number.NaN
  let at = start + 19
  let fraction = 0
  if (at < end && bytes[at] === 0x2e) {
    at++
    let unit = 100_000
    for (; at < end; at++, unit /= 10) {
      const digit = bytes[at]! - ZERO
      if (digit < 0 || digit > 9) break
      if (unit < 1) return Number.NaN
      fraction += digit * unit
    }
  }
  const zoneSeconds = zoneAt(bytes, at, end, zones)
  const seconds = dayAt(bytes, start) * 86_400 + hour * 3600 + minute * 60 + second - zoneSeconds
  return seconds * 1_000_000 + fraction
}

/** Seconds east of UTC; NaN when it is no plain offset. */
function zoneAt(bytes: Buffer, at: number, end: number, zones: Zones): number {
  if (at === end) return zones === 'given' ? Number.NaN : 0
  if (zones === 'none') return Number.NaN
  const first = bytes[at]
  if (first === 0x5a && at + 1 === end) return 0
  const hasMinutes = end - at === 6 && bytes[at + 3] === COLON
  if ((first !== 0x2b && first !== DASH) || (end - at !== 3 && !hasMinutes)) return Number.NaN
  const hours = twoDigits(bytes, at + 1)
  const minutes = hasMinutes ? twoDigits(bytes, at + 4) : 0
  if (!(hours <= 14 && minutes <= 59)) return Number.NaN
  const seconds = hours * 3600 + minutes * 60
  return first === DASH ? -seconds : seconds
}
