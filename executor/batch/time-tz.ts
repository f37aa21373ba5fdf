/** time with time zone as a value. */

/** Immutable. */
export class TimeTz {
  /** Since midnight, up to and with 24:00. */
  readonly micros: bigint
  /** Seconds west of Greenwich, as PostgreSQL counts them. */
  readonly zone: number

  constructor(micros: bigint, zone: number) {
    this.micros = micros
    this.zone = zone
  }
}

/** By the instant, then by the zone: what is the same in two zones is not equal. */
export function compareTimeTz(left: TimeTz, right: TimeTz): number {
  const difference =
    left.micros + BigInt(left.zone) * 1_000_000n - right.micros - BigInt(right.zone) * 1_000_000n
  if (difference !== 0n) return difference < 0n ? -1 : 1
  return left.zone - right.zone
}
