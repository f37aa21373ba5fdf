/**
 * `connector = 'nexmark'`: the Nexmark streams as sources, with RisingWave's options.
 *
 *   nexmark.table.type = 'Person' | 'Auction' | 'Bid'   which stream; its columns are found by name
 *   nexmark.event.num = n             events of all three streams in total; without it, endless
 *   nexmark.min.event.gap.in.ns = n   0 (default): as fast as they are read, 100 µs of event time apart;
 *                                     n: that far apart, in event time and in real time
 *   nexmark.split.num = n             splits (default 1), event e is in split e mod n
 *   nexmark.base.time.ms = n          event time of event 0
 *   nexmark.seed = n                  another sequence of values
 */

import type { Column } from '../../executor/batch/column.ts'
import { type ColumnBuilder, createColumnBuilder } from '../../executor/batch/column-builder.ts'
import type { SqlValue } from '../../executor/expression/evaluation-context.ts'
import type { Source } from '../../executor/io/source.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { Schema } from '../../planner/schema.ts'
import { type DataType, formatType } from '../../planner/types.ts'
import type { SourceConnector, SourceDefinition } from '../connector.ts'
import { GeneratorSource, type RowGenerator } from '../generator-source.ts'
import { OptionReader } from '../options.ts'
import { NexmarkEvents, type NexmarkStream, streamOf } from './nexmark-events.ts'

export const nexmarkSource: SourceConnector = { name: 'nexmark', createSource }

const streams = ['Person', 'Auction', 'Bid'] as const
/** 2015-07-15, as in the Nexmark project. */
const BASE_TIME_MS = 1_436_918_400_000
const DEFAULT_GAP_NANOS = 100_000

function createSource(definition: SourceDefinition): Source {
  const options = new OptionReader(definition.options, 'connector "nexmark"')
  const stream = options.oneOf('nexmark.table.type', streams)
  if (stream === undefined) {
    options.required('nexmark.table.type')
  }
  const splits = options.integer('nexmark.split.num', { min: 1, max: 1024 }) ?? 1
  const events = options.integer('nexmark.event.num', { min: 0, max: Number.MAX_SAFE_INTEGER })
  const gap = options.integer('nexmark.min.event.gap.in.ns', { min: 0, max: 1e12 }) ?? 0
  const base = options.integer('nexmark.base.time.ms', { min: 0, max: 8.64e15 }) ?? BASE_TIME_MS
  const seed = options.integer('nexmark.seed', { min: 0, max: 2 ** 31 - 1 }) ?? 0
  options.ignore('nexmark.max.chunk.size')
  options.finish()
  const generator = new NexmarkGenerator(definition.schema, stream!.toLowerCase() as NexmarkStream, {
    splits,
    seed,
    baseMicros: base * 1000,
    gapMicros: (gap === 0 ? DEFAULT_GAP_NANOS : gap) / 1000,
  })
  return new GeneratorSource(generator, {
    splits,
    end: split => (events === undefined ? undefined : BigInt(Math.ceil((events - split) / splits))),
    offsetsPerSecond: gap === 0 ? undefined : 1e9 / gap / splits,
  })
}

interface NexmarkSettings {
  readonly splits: number
  readonly seed: number
  readonly baseMicros: number
  /** Event time between two events. */
  readonly gapMicros: number
}

/** One field of the stream, in the order in which values are drawn. */
interface NexmarkField {
  readonly make: (number: number) => string | number
  /** The relation's column, and how its type takes the value; undefined when it does not have the field. */
  readonly target:
    | { readonly column: number; readonly convert: (value: string | number) => SqlValue }
    | undefined
}

class NexmarkGenerator implements RowGenerator {
  readonly #stream: NexmarkStream
  readonly #settings: NexmarkSettings
  readonly #events: NexmarkEvents
  readonly #types: readonly DataType[]
  readonly #fields: readonly NexmarkField[]
  /** The channel of the bid at hand, which its URL names too. */
  #channel = ''

  constructor(schema: Schema, stream: NexmarkStream, settings: NexmarkSettings) {
    this.#stream = stream
    this.#settings = settings
    this.#events = new NexmarkEvents(settings.seed)
    this.#types = schema.map(column => column.type)
    const makers = this.#makers()
    const names = schema.map(({ name }) => name.toLowerCase())
    const unknown = schema.find((_, column) => makers[names[column]!] === undefined)
    if (unknown !== undefined) {
      throw new SqlError(
        SqlState.undefinedColumn,
        `nexmark's ${stream} stream has no field "${unknown.name}"`,
        {
          hint: `Fields: ${Object.keys(makers).join(', ')}.`,
        },
      )
    }
    this.#fields = Object.entries(makers).map(([name, make]) => {
      const column = names.indexOf(name)
      const target =
        column < 0 ? undefined : { column, convert: converterOf(name, schema[column]!.type, make(0)) }
      return { make, target }
    })
  }

  /**
   * Every field is drawn whether it is wanted or not: a column's values do not depend on which others are
   * read.
   */
  #makers(): Readonly<Record<string, (number: number) => string | number>> {
    const events = this.#events
    const time = (number: number): number =>
      this.#settings.baseMicros + Math.floor(number * this.#settings.gapMicros)
    switch (this.#stream) {
      case 'person':
        return {
          id: number => events.personId(number),
          name: () => events.name(),
          email_address: () => events.emailAddress(),
          credit_card: () => events.creditCard(),
          city: () => events.city(),
          state: () => events.state(),
          date_time: time,
          extra: () => events.text(100),
        }
      case 'auction':
        return {
          id: number => events.auctionId(number),
          item_name: () => events.text(20),
          description: () => events.text(100),
          initial_bid: () => events.price(),
          reserve: () => events.price(),
          date_time: time,
          expires: number => time(number) + events.auctionLengthMs(this.#settings.gapMicros) * 1000,
          seller: number => events.seller(number),
          category: () => events.category(),
          extra: () => events.text(150),
        }
      case 'bid':
        return {
          auction: number => events.bidAuction(number),
          bidder: number => events.bidBidder(number),
          price: () => events.price(),
          channel: () => {
            this.#channel = events.channel()
            return this.#channel
          },
          url: () => events.url(this.#channel),
          date_time: time,
          extra: () => events.text(40),
        }
    }
  }

  generate(
    split: number,
    from: bigint,
    end: bigint | undefined,
    rowsMax: number,
    columns: readonly number[],
  ): { columns: readonly Column[]; length: number; next: bigint } {
    const builders = columns.map(column => createColumnBuilder(this.#types[column]!, rowsMax))
    const builderOf = new Map(columns.map((column, index) => [column, builders[index]!]))
    const last = end === undefined ? Number.MAX_SAFE_INTEGER : Number(end)
    let offset = Number(from)
    let length = 0
    // A stream is at least one event in fifty; a bound on events keeps a poll for persons short.
    const offsetMax = Math.min(last, offset + rowsMax * 50)
    while (length < rowsMax && offset < offsetMax) {
      const number = offset * this.#settings.splits + split
      offset++
      if (streamOf(number) !== this.#stream) continue
      length++
      this.#write(number, builderOf)
    }
    return { columns: builders.map(builder => builder.finish()), length, next: BigInt(offset) }
  }

  #write(number: number, builders: ReadonlyMap<number, ColumnBuilder>): void {
    this.#events.start(number)
    for (const { make, target } of this.#fields) {
      const value = make(number)
      if (target !== undefined) builders.get(target.column)?.append(target.convert(value))
    }
  }
}

function converterOf(
  name: string,
  type: DataType,
  sample: string | number,
): (value: string | number) => SqlValue {
  const isTime = name === 'date_time' || name === 'expires'
  if (typeof sample === 'string' && (type.kind === 'text' || type.kind === 'varchar')) return value => value
  if (typeof sample === 'number') {
    const wide = isTime ? type.kind === 'timestamp' || type.kind === 'timestamptz' : type.kind === 'int8'
    if (wide) return value => BigInt(value)
    if (!isTime && (type.kind === 'int4' || type.kind === 'float8')) return value => value
  }
  throw new SqlError(
    SqlState.datatypeMismatch,
    `nexmark's field "${name}" cannot be read as ${formatType(type)}`,
  )
}
