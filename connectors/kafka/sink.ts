/**
 * The Kafka sink, at least once. FORMAT PLAIN writes each inserted row as a JSON message. FORMAT UPSERT
 * writes a message per changed key: the row's last state of the epoch, or a tombstone when it is gone; the
 * message's key is a JSON object of the key columns. Options keep RisingWave's names.
 */

import type { Sink, SinkContext, SinkStatus, SinkWriter } from '../../executor/io/sink.ts'
import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import type { SinkConnector, SinkDefinition } from '../connector.ts'
import { OptionReader } from '../options.ts'
import { type Codec, canCompress, codecs } from './compression.ts'
import { type KafkaConnection, readConnection } from './kafka-options.ts'
import { KafkajsTransport } from './kafkajs-transport.ts'
import { ProduceQueue } from './produce-queue.ts'
import { KafkaSinkWriter } from './sink-writer.ts'
import { reachError } from './source.ts'

/** Below the default max.message.bytes of topics, 1 048 588. */
const BATCH_BYTES = 900_000

export const kafkaSink: SinkConnector = {
  name: 'kafka',
  createSink: definition => new KafkaSink(definition),
}

type RowFormat = 'plain' | 'upsert'

class KafkaSink implements Sink {
  readonly #connection: KafkaConnection
  readonly #topic: string
  readonly #format: RowFormat
  /** primary_key: names of the key columns; undefined: the view's key. */
  readonly #keyNames: readonly string[] | undefined
  readonly #forceAppendOnly: boolean
  readonly #codec: Codec
  readonly #batchBytes: number

  constructor(definition: SinkDefinition) {
    const options = new OptionReader(definition.options, 'connector "kafka"')
    this.#batchBytes =
      options.integer('properties.max.request.size', { min: 1000, max: 1 << 28 }) ?? BATCH_BYTES
    this.#connection = readConnection(options)
    this.#topic = options.required('topic', 'kafka.topic')
    this.#keyNames = options
      .text('primary_key')
      ?.split(',')
      .map(name => name.trim())
    const codec =
      options.text('properties.compression.codec', 'properties.compression.type')?.toLowerCase() ?? 'none'
    const force = options.boolean('force_append_only') ?? false
    options.finish()
    this.#codec = checkCodec(codec)
    this.#format = checkFormat(definition)
    this.#forceAppendOnly = readFormatOptions(definition) ?? force
  }

  async validate(context: SinkContext): Promise<void> {
    const key = this.#key(context)
    if (this.#format === 'upsert' && key.length === 0) {
      throw new SqlError(
        SqlState.invalidParameterValue,
        'FORMAT UPSERT needs a key, and none is known for this query',
        {
          hint: "Name the key columns with primary_key = 'a, b'.",
        },
      )
    }
    if (this.#format === 'plain' && !context.appendOnly && !this.#forceAppendOnly) {
      throw notSupported('FORMAT PLAIN of a query whose rows can change', {
        hint: "Use FORMAT UPSERT, or force_append_only = 'true' to write insertions only.",
      })
    }
    const transport = new KafkajsTransport(this.#connection)
    try {
      await transport.partitions(this.#topic)
    } catch (error) {
      throw reachError(error as Error, this.#connection)
    } finally {
      await transport.close()
    }
  }

  async open(context: SinkContext, onStatus: (status: SinkStatus) => void = () => {}): Promise<SinkWriter> {
    const transport = new KafkajsTransport(this.#connection)
    const queue = new ProduceQueue(transport, { topic: this.#topic, codec: this.#codec }, onStatus)
    const key = this.#format === 'upsert' || this.#keyNames !== undefined ? this.#key(context) : []
    return new KafkaSinkWriter(queue, {
      schema: context.schema,
      key,
      isUpsert: this.#format === 'upsert',
      codec: this.#codec,
      batchBytes: this.#batchBytes,
    })
  }

  /** Column indexes of the key. */
  #key(context: SinkContext): readonly number[] {
    if (this.#keyNames === undefined) return context.key ?? []
    return this.#keyNames.map(name => {
      const column = context.schema.findIndex(field => field.name === name)
      if (column >= 0) return column
      throw new SqlError(SqlState.undefinedColumn, `column "${name}" of option "primary_key" does not exist`)
    })
  }
}

function checkFormat({ format }: SinkDefinition): RowFormat {
  if (format === undefined) {
    throw new SqlError(SqlState.invalidParameterValue, 'a FORMAT … ENCODE … clause is required', {
      hint: 'For example FORMAT PLAIN ENCODE JSON or FORMAT UPSERT ENCODE JSON.',
    })
  }
  if (format.encode !== 'json') {
    throw notSupported(`ENCODE ${format.encode.toUpperCase()} in a sink`, { hint: 'JSON is supported.' })
  }
  if (format.row === 'plain' || format.row === 'upsert') return format.row
  throw notSupported(`FORMAT ${format.row.toUpperCase()} in a sink`, {
    hint: 'PLAIN and UPSERT are supported.',
  })
}

/** force_append_only as RisingWave has it, behind ENCODE JSON. */
function readFormatOptions({ format }: SinkDefinition): boolean | undefined {
  const options = new OptionReader(format?.options ?? new Map(), 'ENCODE JSON')
  const force = options.boolean('force_append_only')
  options.finish()
  return force
}

function checkCodec(text: string): Codec {
  const codec = codecs.find(candidate => candidate === text)
  if (codec === undefined) {
    throw new SqlError(SqlState.invalidParameterValue, `unknown compression codec "${text}"`, {
      hint: `It must be one of ${codecs.join(', ')}.`,
    })
  }
  if (!canCompress(codec)) throw notSupported('writing zstd before Node.js 22.15')
  return codec
}
