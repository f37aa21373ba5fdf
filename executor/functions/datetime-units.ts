/** The field names of extract, date_part and date_trunc, with PostgreSQL's synonyms and errors. */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { DataType } from '../../planner/types.ts'
import { formatType } from '../../planner/types.ts'

export type TimeUnit =
  | 'microsecond'
  | 'millisecond'
  | 'second'
  | 'minute'
  | 'hour'
  | 'day'
  | 'week'
  | 'month'
  | 'quarter'
  | 'year'
  | 'decade'
  | 'century'
  | 'millennium'
  | 'julian'
  | 'isoyear'
  | 'dow'
  | 'isodow'
  | 'doy'
  | 'epoch'
  | 'timezone'
  | 'timezone_hour'
  | 'timezone_minute'

const names: Readonly<Record<TimeUnit, string>> = {
  microsecond: 'us usec usecs usecond useconds microsecon',
  millisecond: 'ms msec msecs msecond mseconds millisecon',
  second: 's sec secs second seconds',
  minute: 'm min mins minute minutes',
  hour: 'h hr hrs hour hours',
  day: 'd day days',
  week: 'w week weeks',
  month: 'mon mons month months',
  quarter: 'qtr quarter',
  year: 'y yr yrs year years',
  decade: 'dec decs decade decades',
  century: 'c cent century centuries',
  millennium: 'mil mils millennium millennia',
  julian: 'j jd julian',
  isoyear: 'isoyear',
  dow: 'dow',
  isodow: 'isodow',
  doy: 'doy',
  epoch: 'epoch',
  timezone: 'timezone',
  timezone_hour: 'timezone_h',
  timezone_minute: 'timezone_m',
}

const unitsByName = new Map<string, TimeUnit>()
for (const [unit, spellings] of Object.entries(names)) {
  for (const spelling of spellings.split(' ')) unitsByName.set(spelling, unit as TimeUnit)
}

/** The unit of a name in any case, of which ten characters count; undefined when there is none. */
export function findUnit(name: string): TimeUnit | undefined {
  return unitsByName.get(name.toLowerCase().slice(0, 10))
}

/** Units that date_trunc does not even recognise: those that are no lengths of time. */
const momentUnits: ReadonlySet<TimeUnit | undefined> = new Set([
  undefined,
  'julian',
  'isoyear',
  'dow',
  'isodow',
  'doy',
  'epoch',
])

/** The error for a unit that a type does not have, or that does not exist at all. */
export function unitError(name: string, type: DataType): SqlError {
  return findUnit(name) === undefined ? notRecognized(name, type) : notSupported(name, type)
}

/** The same for date_trunc. */
export function truncationError(name: string, type: DataType, detail?: string): SqlError {
  return momentUnits.has(findUnit(name)) ? notRecognized(name, type) : notSupported(name, type, detail)
}

function notRecognized(name: string, type: DataType): SqlError {
  const message = `unit "${name.toLowerCase()}" not recognized for type ${formatType(type)}`
  return new SqlError(SqlState.invalidParameterValue, message)
}

function notSupported(name: string, type: DataType, detail?: string): SqlError {
  const message = `unit "${name.toLowerCase()}" not supported for type ${formatType(type)}`
  return new SqlError(SqlState.featureNotSupported, message, { detail })
}
