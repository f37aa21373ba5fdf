/**
 * The fields of an interval type, as in `interval day to second`: bits in its type modifier, and what they
 * say of a text that leaves units out.
 */

/** PostgreSQL's bits. */
const fieldBits = {
  month: 1 << 1,
  year: 1 << 2,
  day: 1 << 3,
  hour: 1 << 10,
  minute: 1 << 11,
  second: 1 << 12,
} as const

export type IntervalField = keyof typeof fieldBits

/** No fields are named: all of them. */
export const ALL_FIELDS = 0x7fff
/** No precision is named. */
export const FULL_PRECISION = 0xffff

const largestFirst: readonly IntervalField[] = ['year', 'month', 'day', 'hour', 'minute', 'second']

/** The last field that values keep; undefined when all are kept. */
export function smallestField(fields: number): IntervalField | undefined {
  if (fields === ALL_FIELDS) return undefined
  return largestFirst.findLast(field => (fields & fieldBits[field]) !== 0)
}

/** ` day to second`, as PostgreSQL's format_type puts it behind `interval`. */
export function fieldsText(fields: number): string {
  const smallest = smallestField(fields)
  const largest = largestFirst.find(field => (fields & fieldBits[field]) !== 0)
  if (smallest === undefined || largest === undefined) return ''
  return largest === smallest ? ` ${smallest}` : ` ${largest} to ${smallest}`
}

/** A bare number at the end counts the last field: `INTERVAL '1' MINUTE` is '1 minute'. */
export function withIntervalUnit(text: string, fields: number): string {
  const unit = smallestField(fields)
  if (unit === undefined) return text
  const trimmed = text.trim()
  if (/(^|\s)[-+]?\d+(\.\d*)?$/.test(trimmed)) return `${trimmed} ${unit}`
  const minutesSeconds = /^([-+]?)(\d+:\d+(\.\d*)?)$/.exec(trimmed)
  if (minutesSeconds !== null && fields === (fieldBits.minute | fieldBits.second)) {
    return `${minutesSeconds[1]}00:${minutesSeconds[2]}`
  }
  return text
}
