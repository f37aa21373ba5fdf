/** Casts among date, time, timestamp, timestamptz and interval. */

import { Interval } from '../batch/interval.ts'
import type { TimeTz } from '../batch/time-tz.ts'
import {
  dateOfTimestamp,
  instantOfDate,
  instantOfLocal,
  isFiniteTimestamp,
  localOfInstant,
  timestampOfDate,
} from '../functions/datetime-arithmetic.ts'
import { floorModulo, MICROS_PER_DAY } from '../functions/datetime-calendar.ts'
import { timetzOfInstant, timetzOfTime } from '../functions/time-tz.ts'
import { sessionZone } from '../functions/time-zone.ts'
import type { CastFunction } from './cast-function.ts'
import type { EvaluationContext } from './evaluation-context.ts'

/** A local timestamp's time; an infinite one has none (NULL). */
function timeOfTimestamp(local: bigint): bigint | null {
  return isFiniteTimestamp(local) ? floorModulo(local, MICROS_PER_DAY) : null
}

function timetzOfFiniteInstant(context: EvaluationContext, instant: bigint): TimeTz | null {
  return isFiniteTimestamp(instant) ? timetzOfInstant(context, instant) : null
}

export const datetimeCasts: readonly CastFunction[] = [
  { from: 'date', to: 'timestamp', call: timestampOfDate },
  {
    from: 'date',
    to: 'timestamptz',
    contextCall: (context: EvaluationContext, days: number) => instantOfDate(days, sessionZone(context)),
  },
  { from: 'timestamp', to: 'date', call: dateOfTimestamp },
  {
    from: 'timestamptz',
    to: 'date',
    contextCall: (context: EvaluationContext, micros: bigint) =>
      dateOfTimestamp(localOfInstant(micros, sessionZone(context))),
  },
  {
    from: 'timestamp',
    to: 'timestamptz',
    contextCall: (context: EvaluationContext, local: bigint) => instantOfLocal(local, sessionZone(context)),
  },
  {
    from: 'timestamptz',
    to: 'timestamp',
    contextCall: (context: EvaluationContext, micros: bigint) => localOfInstant(micros, sessionZone(context)),
  },
  { from: 'timestamp', to: 'time', call: timeOfTimestamp },
  {
    from: 'timestamptz',
    to: 'time',
    contextCall: (context: EvaluationContext, micros: bigint) =>
      timeOfTimestamp(localOfInstant(micros, sessionZone(context))),
  },
  { from: 'time', to: 'timetz', contextCall: timetzOfTime },
  { from: 'timestamptz', to: 'timetz', contextCall: timetzOfFiniteInstant },
  { from: 'timetz', to: 'time', call: (value: TimeTz) => value.micros },
  { from: 'time', to: 'interval', call: (micros: bigint) => new Interval(0, 0, micros) },
  {
    from: 'interval',
    to: 'time',
    call: (interval: Interval) => floorModulo(interval.micros, MICROS_PER_DAY),
  },
]
