/**
 * Rows of a dead-letter table from records that could not be decoded. Several readers of a source may meet
 * the same record (a new view reads history again); each is kept once.
 */

import type { Schema } from '../../planner/schema.ts'
import { field } from '../../planner/schema.ts'
import { byteaType, int4Type, int8Type, textType, timestamptzType } from '../../planner/types.ts'
import { createColumnBuilder } from '../batch/column-builder.ts'
import type { DeltaBatch } from '../batch/delta-batch.ts'
import type { SqlValue } from '../expression/evaluation-context.ts'
import type { BadRecord } from '../io/source.ts'

/** The columns of every dead-letter table. */
export const deadLetterSchema: Schema = [
  field('topic', textType),
  field('partition', int4Type),
  field('offset', int8Type),
  field('bytes', byteaType),
  field('error', textType),
  field('received', timestamptzType),
]

export class DeadLetters {
  /** By topic and partition: the offset of the last record kept. */
  readonly #last = new Map<string, bigint>()

  /**
   * The records that were not seen before; undefined when there are none. `received` is in microseconds since
   * 1970.
   */
  rows(records: readonly BadRecord[], received: bigint): DeltaBatch | undefined {
    const fresh = records.filter(record => this.#isFresh(record))
    if (fresh.length === 0) return undefined
    const builders = deadLetterSchema.map(({ type }) => createColumnBuilder(type, fresh.length))
    for (const record of fresh) {
      const { topic, partition, offset, bytes, error } = record
      const values: SqlValue[] = [topic, partition, offset, bytes, error, received]
      for (const [column, value] of values.entries()) builders[column]!.append(value)
    }
    return { columns: builders.map(builder => builder.finish()), length: fresh.length, weights: undefined }
  }

  #isFresh({ topic, partition, offset }: BadRecord): boolean {
    const split = `${partition}/${topic}`
    const last = this.#last.get(split)
    if (last !== undefined && offset <= last) return false
    this.#last.set(split, offset)
    return true
  }
}
