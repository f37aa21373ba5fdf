/** What stream_catalog.jobs, source_lag and SHOW JOBS show of the running engine. */

import type { SqlValue } from '../../executor/expression/evaluation-context.ts'
import { NO_WATERMARK } from '../../executor/operators/operator.ts'
import type { Schema } from '../../planner/schema.ts'
import { field } from '../../planner/schema.ts'
import { float8Type, int8Type, oidType, textType, timestamptzType } from '../../planner/types.ts'
import type { Database } from '../database.ts'

export const jobSchema: Schema = [
  field('name', textType),
  field('id', oidType),
  field('kind', textType),
  field('state', textType),
  field('progress', float8Type),
  field('rows_in', int8Type),
  field('rows_out', int8Type),
  field('late_rows', int8Type),
  field('error_rows', int8Type),
  field('state_bytes', int8Type),
  field('watermark', timestamptzType),
  field('error', textType),
]

export function jobRows({ engine }: Database): readonly (readonly SqlValue[])[] {
  return engine
    .jobs()
    .map(job => [
      job.name,
      job.id,
      job.kind.replace('_', ' '),
      job.state,
      job.progress ?? null,
      BigInt(job.rowsIn),
      BigInt(job.rowsOut),
      BigInt(job.lateRows),
      BigInt(job.errorRows),
      BigInt(job.stateBytes),
      shownWatermark(job.watermark),
      job.error ?? null,
    ])
}

export const sourceLagSchema: Schema = [
  field('source', textType),
  field('split', textType),
  field('position', int8Type),
  field('end', int8Type),
  field('lag', int8Type),
  field('watermark', timestamptzType),
]

/** `lag` counts records between what was read and the end of the split; NULL for a generator without end. */
export function sourceLagRows({ engine, catalog }: Database): readonly (readonly SqlValue[])[] {
  return engine
    .sourceLag()
    .map(row => [
      catalog.object(row.source)?.object.name ?? null,
      row.split,
      row.position,
      row.end ?? null,
      row.end === undefined ? null : row.end - row.position,
      shownWatermark(row.watermark),
    ])
}

/** The watermarks "not known yet" and "input ended" are no times. */
function shownWatermark(watermark: bigint | undefined): bigint | null {
  if (watermark === undefined || watermark <= NO_WATERMARK) return null
  return watermark >= 2n ** 62n ? null : watermark
}
