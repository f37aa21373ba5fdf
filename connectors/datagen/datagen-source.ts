/**
 * `connector = 'datagen'`: rows of sequences and random values, with RisingWave's options.
 *
 *   fields.x.kind = 'sequence' | 'random'      sequence: start, end (the source ends with its shortest one)
 *   fields.x.min / max / length / seed         of random numbers and texts
 *   fields.x.max_past, max_past_mode           of random times
 *   datagen.rows.per.second = n                default 10, over all splits; 0 = as fast as they are read
 *   datagen.split.num = n                      default 1; row r is in split r mod n
 *   datagen.rows = n                           ends after n rows
 */

import type { Column } from '../../executor/batch/column.ts'
import { createColumnBuilder } from '../../executor/batch/column-builder.ts'
import type { Source } from '../../executor/io/source.ts'
import type { Schema } from '../../planner/schema.ts'
import type { SourceConnector, SourceDefinition } from '../connector.ts'
import { GeneratorSource, type RowGenerator } from '../generator-source.ts'
import { OptionReader } from '../options.ts'
import { type DatagenField, datagenField } from './datagen-fields.ts'

export const datagenSource: SourceConnector = { name: 'datagen', createSource }

function createSource(definition: SourceDefinition): Source {
  const options = new OptionReader(definition.options, 'connector "datagen"')
  const splits = options.integer('datagen.split.num', { min: 1, max: 1024 }) ?? 1
  const rate = options.integer('datagen.rows.per.second', { min: 0, max: 1e9 }) ?? 10
  const rows = options.integer('datagen.rows', { min: 0, max: Number.MAX_SAFE_INTEGER })
  const fields = definition.schema.map((field, column) => datagenField(field, options, column))
  options.finish()
  const ends = [rows, ...fields.map(field => field.rows)].filter(end => end !== undefined)
  const end = ends.length === 0 ? undefined : Math.min(...ends)
  return new GeneratorSource(new DatagenGenerator(definition.schema, fields, splits), {
    splits,
    end: split => (end === undefined ? undefined : BigInt(Math.max(0, Math.ceil((end - split) / splits)))),
    offsetsPerSecond: rate === 0 ? undefined : rate / splits,
  })
}

class DatagenGenerator implements RowGenerator {
  readonly #schema: Schema
  readonly #fields: readonly DatagenField[]
  readonly #splits: number

  constructor(schema: Schema, fields: readonly DatagenField[], splits: number) {
    this.#schema = schema
    this.#fields = fields
    this.#splits = splits
  }

  generate(
    split: number,
    from: bigint,
    end: bigint | undefined,
    rowsMax: number,
    columns: readonly number[],
  ): { columns: readonly Column[]; length: number; next: bigint } {
    const first = Number(from)
    const length = end === undefined ? rowsMax : Math.min(rowsMax, Number(end) - first)
    const made = columns.map(column => {
      const builder = createColumnBuilder(this.#schema[column]!.type, length)
      const { make } = this.#fields[column]!
      for (let row = 0; row < length; row++) builder.append(make((first + row) * this.#splits + split))
      return builder.finish()
    })
    return { columns: made, length, next: BigInt(first + length) }
  }
}
