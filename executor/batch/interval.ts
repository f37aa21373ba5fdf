/**
 * PostgreSQL's interval as a value: months, days and microseconds kept apart, since none has a fixed length
 * in another.
 */

/** Immutable. months and days are int32, micros is int64; signs may differ. */
export class Interval {
  readonly months: number
  readonly days: number
  readonly micros: bigint

  constructor(months: number, days: number, micros: bigint) {
    this.months = months
    this.days = days
    this.micros = micros
  }
}
