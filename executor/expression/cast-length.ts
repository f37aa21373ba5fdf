/**
 * Type modifiers: numeric(p,s) rounds and fails with 22003; varchar(n) and char(n) cut in an explicit cast,
 * and fail with 22001 on assignment unless only spaces are lost; char(n) pads; times and intervals round.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { CastContext } from '../../planner/expression.ts'
import { type DataType, formatType, sameType, type TimeKind, typeModifier } from '../../planner/types.ts'
import type { Interval } from '../batch/interval.ts'
import type { Numeric } from '../batch/numeric.ts'
import type { RuntimeValue } from '../batch/runtime-value.ts'
import { TimeTz } from '../batch/time-tz.ts'
import { characterCount, characterOffset } from '../functions/code-points.ts'
import { fitNumeric } from '../functions/numeric-arithmetic.ts'
import { fitInterval, roundMicros, roundTimestamp } from '../functions/time-precision.ts'
import type { CastStep } from './cast.ts'

const SPACE = 0x20
const NAME_BYTES_MAX = 63

/** The step that applies `to`'s modifier; undefined when it has none or `from` has the same. */
export function lengthCoercion(from: DataType, to: DataType, context: CastContext): CastStep | undefined {
  if (sameType(from, to)) return undefined
  const id = `length of ${formatType(to)}`
  switch (to.kind) {
    case 'numeric': {
      const { precision, scale = 0 } = to
      if (precision === undefined) return undefined
      const call = (value: Numeric): Numeric => fitNumeric(value, precision, scale)
      return { id, to, body: { call }, numericFit: { precision, scale } }
    }
    case 'varchar': {
      const { length } = to
      if (length === undefined) return undefined
      const explicit = context === 'explicit'
      const call = (text: string): string => cutText(text, length, explicit, to)
      return { id, to, body: { call }, shorten: (b, s, e) => cutRange(b, s, e, length, explicit, to) }
    }
    case 'bpchar': {
      const { length } = to
      if (length === undefined) return undefined
      const explicit = context === 'explicit'
      return {
        id,
        to,
        body: { call: (text: string) => padText(cutText(text, length, explicit, to), length) },
      }
    }
    case 'name':
      return { id, to, body: { call: truncateName } }
    case 'time':
    case 'timetz':
    case 'timestamp':
    case 'timestamptz':
    case 'interval':
      return timeStep(id, to)
    default:
      return undefined
  }
}

function timeStep(id: string, to: DataType & { kind: TimeKind | 'interval' }): CastStep | undefined {
  if (typeModifier(to) < 0) return undefined
  return { id, to, body: { call: (value: RuntimeValue) => applyTypeLength(to, value) } }
}

/** The modifier as the type's input function applies it (COPY, literals): like an assignment. */
export function applyTypeLength(type: DataType, value: RuntimeValue): RuntimeValue {
  switch (type.kind) {
    case 'numeric':
      return type.precision === undefined
        ? value
        : fitNumeric(value as Numeric, type.precision, type.scale ?? 0)
    case 'varchar':
      return type.length === undefined ? value : cutText(value as string, type.length, false, type)
    case 'bpchar':
      if (type.length === undefined) return value
      return padText(cutText(value as string, type.length, false, type), type.length)
    case 'time':
      return type.precision === undefined ? value : roundMicros(value as bigint, type.precision)
    case 'timetz': {
      const { micros, zone } = value as TimeTz
      return type.precision === undefined ? value : new TimeTz(roundMicros(micros, type.precision), zone)
    }
    case 'timestamp':
    case 'timestamptz':
      return type.precision === undefined ? value : roundTimestamp(value as bigint, type.precision)
    case 'interval':
      return typeModifier(type) < 0 ? value : fitInterval(value as Interval, type.fields, type.precision)
    default:
      return value
  }
}

/** name's input: at most 63 bytes. */
export function truncateName(text: string): string {
  if (text.length * 3 <= NAME_BYTES_MAX) return text
  const bytes = Buffer.from(text)
  if (bytes.length <= NAME_BYTES_MAX) return text
  let end = NAME_BYTES_MAX
  while ((bytes[end]! & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}

function cutText(text: string, length: number, explicit: boolean, type: DataType): string {
  if (text.length <= length) return text
  const end = characterOffset(text, length)
  if (end === text.length) return text
  if (!explicit && !/^ *$/.test(text.slice(end))) throw tooLong(type)
  return text.slice(0, end)
}

/** As cutText, over a UTF-8 range; returns its new end. */
function cutRange(
  bytes: Uint8Array,
  start: number,
  end: number,
  length: number,
  explicit: boolean,
  type: DataType,
): number {
  if (end - start <= length) return end
  let cut = start
  for (let count = 0; count < length && cut < end; count++) {
    cut++
    while (cut < end && (bytes[cut]! & 0xc0) === 0x80) cut++
  }
  if (!explicit) {
    for (let at = cut; at < end; at++) if (bytes[at] !== SPACE) throw tooLong(type)
  }
  return cut
}

function padText(text: string, length: number): string {
  if (text.length === length) return text
  return text + ' '.repeat(Math.max(length - characterCount(text), 0))
}

function tooLong(type: DataType): SqlError {
  return new SqlError(SqlState.stringDataRightTruncation, `value too long for type ${formatType(type)}`)
}
