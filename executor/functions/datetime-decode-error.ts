/** Why date, time or interval text was refused, and PostgreSQL's error for it. */

import { SqlError, SqlState } from '../../planner/errors.ts'

/** Why input was refused; decodeFailure turns it into PostgreSQL's error for the type and text. */
export class DecodeError extends Error {
  readonly reason: 'format' | 'range' | 'field_order' | 'zone_range' | 'interval_range'

  constructor(reason: DecodeError['reason']) {
    super(reason)
    this.reason = reason
  }
}

/** PostgreSQL's error for refused input of a type. */
export function decodeFailure(error: unknown, type: string, text: string): SqlError {
  if (!(error instanceof DecodeError)) throw error
  switch (error.reason) {
    case 'format':
      return new SqlError(SqlState.invalidDatetimeFormat, `invalid input syntax for type ${type}: "${text}"`)
    case 'range':
      return new SqlError(SqlState.datetimeFieldOverflow, `date/time field value out of range: "${text}"`)
    case 'field_order':
      return new SqlError(SqlState.datetimeFieldOverflow, `date/time field value out of range: "${text}"`, {
        hint: 'Perhaps you need a different "datestyle" setting.',
      })
    case 'zone_range':
      return new SqlError(
        SqlState.invalidTimeZoneDisplacementValue,
        `time zone displacement out of range: "${text}"`,
      )
    case 'interval_range':
      return new SqlError(SqlState.intervalFieldOverflow, `interval field value out of range: "${text}"`)
  }
}
