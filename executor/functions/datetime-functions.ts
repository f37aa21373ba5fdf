/**
 * Functions on dates and times other than extract and truncation: the clock, age, make_*, zones, OVERLAPS.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { DataType } from '../../planner/types.ts'
import {
  boolType,
  dateType,
  float8Type,
  int4Type,
  intervalType,
  textType,
  timestampType,
  timestamptzType,
  timeType,
} from '../../planner/types.ts'
import type { Interval } from '../batch/interval.ts'
import type { EvaluationContext } from '../expression/evaluation-context.ts'
import {
  addInterval,
  addIntervalInZone,
  addTime,
  age,
  dateOfTimestamp,
  instantOfLocal,
  isFiniteDate,
  isFiniteTimestamp,
  localOfInstant,
  overlaps,
} from './datetime-arithmetic.ts'
import {
  civilDay,
  civilFromDays,
  civilMonth,
  civilYear,
  DAY_END,
  DAY_MIN,
  dayOfTimestamp,
  dayOfWeek,
  daysFromCivil,
  daysInMonth,
  floorModulo,
  isValidTimestamp,
  MICROS_PER_DAY,
  MICROS_PER_SECOND,
  TIMESTAMP_INFINITY,
  TIMESTAMP_NEGATIVE_INFINITY,
  timestampOutOfRange,
} from './datetime-calendar.ts'
import { formatTime, pad2 } from './datetime-text.ts'
import { dayNames, monthNames } from './datetime-tokens.ts'
import { defineFunction } from './define.ts'
import { checkedInterval } from './interval-arithmetic.ts'
import { formatInterval, roundHalfEven } from './interval-text.ts'
import type { CallSite, ScalarFunction } from './scalar-function.ts'
import type { TimeZone } from './time-zone.ts'
import { fixedZone, sessionZone, zoneOfText } from './time-zone.ts'

/** `seconds` since 1970 as a timestamptz. */
export function timestampOfSeconds(seconds: number): bigint {
  if (Number.isNaN(seconds)) throw new SqlError(SqlState.datetimeFieldOverflow, 'timestamp cannot be NaN')
  if (seconds === Number.POSITIVE_INFINITY) return TIMESTAMP_INFINITY
  if (seconds === Number.NEGATIVE_INFINITY) return TIMESTAMP_NEGATIVE_INFINITY
  // Whole seconds apart from the fraction, so that microseconds are exact wherever the double is.
  const whole = Math.floor(seconds)
  const micros =
    Math.abs(whole) < 1e15
      ? BigInt(whole) * MICROS_PER_SECOND + BigInt(roundHalfEven((seconds - whole) * 1e6))
      : TIMESTAMP_INFINITY
  if (!isValidTimestamp(micros)) {
    throw new SqlError(SqlState.datetimeFieldOverflow, `timestamp out of range: "${shortDouble(seconds)}"`)
  }
  return micros
}

/** C's %g. */
function shortDouble(value: number): string {
  const text = Number(value.toPrecision(6))
  const [digits, exponent] = text.toExponential().split('e') as [string, string]
  const power = Number(exponent)
  if (power >= -4 && power < 6) return String(text)
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}

function makeDate(year: number, month: number, day: number): number {
  const astronomical = year < 0 ? year + 1 : year
  const valid = year !== 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(astronomical, month)
  if (!valid) {
    const shown = `${year}-${pad2(month)}-${pad2(day)}`
    throw new SqlError(SqlState.datetimeFieldOverflow, `date field value out of range: ${shown}`)
  }
  const days = daysFromCivil(astronomical, month, day)
  if (days < DAY_MIN || days >= DAY_END) {
    throw new SqlError(
      SqlState.datetimeFieldOverflow,
      `date out of range: ${year}-${pad2(month)}-${pad2(day)}`,
    )
  }
  return days
}

function makeTime(hour: number, minute: number, second: number): bigint {
  const micros = roundHalfEven((hour * 60 + minute) * 60_000_000 + second * 1e6)
  const fieldsFit = hour >= 0 && hour <= 24 && minute >= 0 && minute <= 59 && second >= 0 && second <= 60
  if (!fieldsFit || micros > 86_400_000_000) {
    const shown = `${hour}:${pad2(minute)}:${shortDouble(second).padStart(2, '0')}`
    throw new SqlError(SqlState.datetimeFieldOverflow, `time field value out of range: ${shown}`)
  }
  return BigInt(micros)
}

function makeTimestamp(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): bigint {
  const micros = BigInt(makeDate(year, month, day)) * MICROS_PER_DAY + makeTime(hour, minute, second)
  if (!isValidTimestamp(micros)) throw timestampOutOfRange()
  return micros
}

type Six = [year: number, month: number, day: number, hour: number, minute: number, second: number]

function makeTimestamptz(context: EvaluationContext, ...fields: [...Six, zone?: string]): bigint {
  const zoneName = fields[6]
  const zone = zoneName === undefined ? sessionZone(context) : zoneOfMakeTimestamptz(zoneName)
  return instantOfLocal(makeTimestamp(...(fields.slice(0, 6) as Six)), zone)
}

/** Here, unlike in AT TIME ZONE, a leading sign means east. */
function zoneOfMakeTimestamptz(name: string): TimeZone {
  const offset = /^([+-])(\d{1,2})(?::?(\d{2})(?::(\d{2}))?)?$/.exec(name)
  if (offset === null) return zoneOfText(name)
  const seconds = (Number(offset[2]) * 60 + Number(offset[3] ?? 0)) * 60 + Number(offset[4] ?? 0)
  return fixedZone(offset[1] === '-' ? -seconds : seconds)
}

function makeInterval(
  years = 0,
  months = 0,
  weeks = 0,
  days = 0,
  hours = 0,
  minutes = 0,
  seconds = 0,
): Interval {
  const micros = BigInt(hours) * 3_600_000_000n + BigInt(minutes) * 60_000_000n
  return checkedInterval(years * 12 + months, weeks * 7 + days, micros + BigInt(roundHalfEven(seconds * 1e6)))
}

function timeOfDayText(context: EvaluationContext): string {
  const now = clock()
  const zone = sessionZone(context)
  const local = now + zone.offsetAt(now)
  const days = dayOfTimestamp(local)
  const civil = civilFromDays(days)
  const time = floorModulo(local, MICROS_PER_DAY)
  const fraction = String(time % MICROS_PER_SECOND).padStart(6, '0')
  const date = `${dayNames[dayOfWeek(days)]!.slice(0, 3)} ${monthNames[civilMonth(civil) - 1]!.slice(0, 3)}`
  const clockText = formatTime(time - (time % MICROS_PER_SECOND))
  const year = `${civilYear(civil)} ${zone.abbreviationAt(now)}`
  return `${date} ${pad2(civilDay(civil))} ${clockText}.${fraction} ${year}`
}

/** Microseconds since 1970 now: what clock_timestamp() shows, unlike now(). */
function clock(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000))
}

function today(context: EvaluationContext): number {
  return dateOfTimestamp(localNow(context))
}

function localNow(context: EvaluationContext): bigint {
  return localOfInstant(context.transactionTimestamp, sessionZone(context))
}

/** Rounds to `digits` of a second: current_timestamp(3). */
function rounded(micros: bigint, digits: number | undefined): bigint {
  if (digits === undefined || digits >= 6) return micros
  const unit = 10n ** BigInt(6 - digits)
  const shifted = micros + unit / 2n
  return shifted - floorModulo(shifted, unit)
}

const fixed = { volatility: 'stable', neverNull: true } as const
const optionalDigits = { ...fixed, optionalArgs: 1 } as const

const clockFunctions: readonly ScalarFunction[] = [
  ...['now', 'transaction_timestamp'].map(name =>
    defineFunction(
      name,
      [],
      timestamptzType,
      { contextCall: context => context.transactionTimestamp },
      fixed,
    ),
  ),
  defineFunction(
    'statement_timestamp',
    [],
    timestamptzType,
    { contextCall: context => context.statementTimestamp },
    fixed,
  ),
  defineFunction(
    'clock_timestamp',
    [],
    timestamptzType,
    { call: clock },
    { volatility: 'volatile', neverNull: true },
  ),
  defineFunction(
    'timeofday',
    [],
    textType,
    { contextCall: timeOfDayText },
    { volatility: 'volatile', neverNull: true },
  ),
  defineFunction('current_date', [], dateType, { contextCall: today }, fixed),
  defineFunction(
    'current_timestamp',
    [int4Type],
    timestamptzType,
    {
      contextCall: (context, digits?: number) => rounded(context.transactionTimestamp, digits),
    },
    optionalDigits,
  ),
  defineFunction(
    'localtimestamp',
    [int4Type],
    timestampType,
    {
      contextCall: (context, digits?: number) => rounded(localNow(context), digits),
    },
    optionalDigits,
  ),
  defineFunction(
    'localtime',
    [int4Type],
    timeType,
    {
      contextCall: (context, digits?: number) =>
        floorModulo(rounded(floorModulo(localNow(context), MICROS_PER_DAY), digits), MICROS_PER_DAY),
    },
    optionalDigits,
  ),
]

function ageInZone(context: EvaluationContext, left: bigint, right: bigint): Interval {
  const zone = sessionZone(context)
  return age(localOfInstant(left, zone), localOfInstant(right, zone))
}

const ageFunctions: readonly ScalarFunction[] = [
  defineFunction('age', [timestampType, timestampType], intervalType, { call: age }, { neverNull: true }),
  defineFunction('age', [timestamptzType, timestamptzType], intervalType, { contextCall: ageInZone }, fixed),
  defineFunction(
    'age',
    [timestampType],
    intervalType,
    {
      contextCall: (context, micros: bigint) => age(BigInt(today(context)) * MICROS_PER_DAY, micros),
    },
    fixed,
  ),
  defineFunction(
    'age',
    [timestamptzType],
    intervalType,
    {
      contextCall: (context, micros: bigint) =>
        age(BigInt(today(context)) * MICROS_PER_DAY, localOfInstant(micros, sessionZone(context))),
    },
    fixed,
  ),
]

const fields3 = [int4Type, int4Type, int4Type]
const fields6 = [...fields3, int4Type, int4Type, float8Type]

const makeFunctions: readonly ScalarFunction[] = [
  defineFunction('make_date', fields3, dateType, { call: makeDate }, { neverNull: true }),
  defineFunction(
    'make_time',
    [int4Type, int4Type, float8Type],
    timeType,
    { call: makeTime },
    { neverNull: true },
  ),
  defineFunction('make_timestamp', fields6, timestampType, { call: makeTimestamp }, { neverNull: true }),
  defineFunction(
    'make_timestamptz',
    [...fields6, textType],
    timestamptzType,
    { contextCall: makeTimestamptz },
    optionalDigits,
  ),
  defineFunction(
    'make_interval',
    [...fields3, ...fields6.slice(2)],
    intervalType,
    { call: makeInterval },
    {
      optionalArgs: 7,
      neverNull: true,
    },
  ),
  defineFunction(
    'to_timestamp',
    [float8Type],
    timestamptzType,
    { call: timestampOfSeconds },
    { neverNull: true },
  ),
  defineFunction('isfinite', [dateType], boolType, { call: isFiniteDate }, { neverNull: true }),
  defineFunction('isfinite', [timestampType], boolType, { call: isFiniteTimestamp }, { neverNull: true }),
  defineFunction('isfinite', [timestamptzType], boolType, { call: isFiniteTimestamp }, { neverNull: true }),
  defineFunction('isfinite', [intervalType], boolType, { inline: () => 'true' }),
]

/** A zone by name, the last one kept: at most call sites it is a constant. */
function zoneResolver(): (name: string) => TimeZone {
  let lastName: string | undefined
  let lastZone: TimeZone | undefined
  return name => {
    if (lastZone === undefined || name !== lastName) {
      lastZone = zoneOfText(name)
      lastName = name
    }
    return lastZone
  }
}

/** The zone that is as far from Greenwich. */
export function zoneOfInterval(interval: Interval): TimeZone {
  if (interval.months !== 0 || interval.days !== 0) {
    const shown = formatInterval(interval, { settings: new Map() } as unknown as EvaluationContext)
    throw new SqlError(
      SqlState.invalidParameterValue,
      `interval time zone "${shown}" must not include months or days`,
    )
  }
  return fixedZone(Number(interval.micros / MICROS_PER_SECOND))
}

/** AT TIME ZONE: timezone(zone, value) for zones by name and by interval. */
function zoneFunctions(
  from: DataType,
  to: DataType,
  convert: (micros: bigint, zone: TimeZone) => bigint,
): ScalarFunction[] {
  const byName = {
    prepare: (_site: CallSite) => {
      const resolve = zoneResolver()
      return (name: string, micros: bigint) =>
        isFiniteTimestamp(micros) ? convert(micros, resolve(name)) : micros
    },
  }
  const byInterval = (interval: Interval, micros: bigint) =>
    isFiniteTimestamp(micros) ? convert(micros, zoneOfInterval(interval)) : micros
  return [
    defineFunction('timezone', [textType, from], to, byName, { neverNull: true }),
    defineFunction('timezone', [intervalType, from], to, { call: byInterval }, { neverNull: true }),
  ]
}

type Span = number | bigint | Interval | null

/** OVERLAPS in the four ways to say where a range ends. */
function overlapFunctions(
  type: DataType,
  add: (context: EvaluationContext, start: bigint, length: Interval) => bigint,
  stable: boolean,
): ScalarFunction[] {
  const end = (
    context: EvaluationContext,
    start: bigint | null,
    span: Span,
    isLength: boolean,
  ): bigint | null => {
    if (!isLength || span === null) return span as bigint | null
    return start === null ? null : add(context, start, span as Interval)
  }
  return [
    [false, false],
    [true, true],
    [false, true],
    [true, false],
  ].map(([first, second]) => {
    const args = [type, first ? intervalType : type, type, second ? intervalType : type]
    const contextCall = (
      context: EvaluationContext,
      start1: bigint | null,
      span1: Span,
      start2: bigint | null,
      span2: Span,
    ) => overlaps(start1, end(context, start1, span1, first!), start2, end(context, start2, span2, second!))
    return defineFunction(
      'overlaps',
      args,
      boolType,
      { contextCall },
      {
        strict: false,
        ...(stable ? { volatility: 'stable' as const } : {}),
      },
    )
  })
}

export const datetimeFunctions: readonly ScalarFunction[] = [
  ...clockFunctions,
  ...ageFunctions,
  ...makeFunctions,
  ...zoneFunctions(timestampType, timestamptzType, instantOfLocal),
  ...zoneFunctions(timestamptzType, timestampType, localOfInstant),
  ...overlapFunctions(timestampType, (_context, start, length) => addInterval(start, length), false),
  ...overlapFunctions(
    timestamptzType,
    (context, start, length) => addIntervalInZone(start, length, sessionZone(context)),
    true,
  ),
  ...overlapFunctions(timeType, (_context, start, length) => addTime(start, length), false),
]
