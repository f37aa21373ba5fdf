/**
 * The Kafka source: all partitions of one topic, assigned manually; offsets are ours, no consumer group is
 * involved. Options keep RisingWave's names.
 */

import type { OpenRequest, Source, SourceReader, SplitRange } from '../../executor/io/source.ts'
import type { IncludeColumn } from '../../planner/bind/bound-statement.ts'
import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import type { Field } from '../../planner/schema.ts'
import type { SourceConnector, SourceDefinition } from '../connector.ts'
import { type DecoderFactory, decoderFactory } from '../formats/record-decoder.ts'
import { type OnError, OptionReader, onErrorPolicy } from '../options.ts'
import { type FetcherOptions, KafkaFetcher } from './fetcher.ts'
import { type KafkaConnection, readConnection } from './kafka-options.ts'
import { KafkajsTransport } from './kafkajs-transport.ts'
import { checkIncludeType } from './metadata-columns.ts'
import { NO_STOP } from './partition-queue.ts'
import { type ColumnOrigin, KafkaSourceReader } from './source-reader.ts'
import { KafkaTopicMissing, type KafkaTransport, type OffsetQuery } from './transport.ts'

const MiB = 1 << 20

export const kafkaSource: SourceConnector = {
  name: 'kafka',
  createSource: definition => new KafkaSource(definition),
}

class KafkaSource implements Source {
  readonly #connection: KafkaConnection
  readonly #fetcherOptions: FetcherOptions
  readonly #start: OffsetQuery
  readonly #onError: OnError
  readonly #schema: readonly Field[]
  readonly #includes: ReadonlyMap<number, IncludeColumn['what']>
  /** Relation column indexes that come from the record's value, in order. */
  readonly #payload: readonly number[]
  readonly #decoders: DecoderFactory

  constructor(definition: SourceDefinition) {
    const options = new OptionReader(definition.options, 'connector "kafka"')
    this.#connection = readConnection(options)
    this.#start = readStart(options)
    this.#fetcherOptions = readFetcherOptions(options)
    options.finish()
    this.#onError = onErrorPolicy(definition.options)
    checkRowFormat(definition)
    this.#schema = definition.schema
    this.#includes = new Map(definition.includes.map(({ column, what }) => [column, what]))
    for (const { column, what } of definition.includes) checkIncludeType(what, definition.schema[column]!)
    this.#payload = [...definition.schema.keys()].filter(column => !this.#includes.has(column))
    this.#decoders = decoderFactory(
      definition.format,
      this.#payload.map(column => definition.schema[column]!),
    )
  }

  async validate(): Promise<void> {
    await this.discover()
  }

  async discover(): Promise<readonly SplitRange[]> {
    const { topic } = this.#fetcherOptions
    const transport = new KafkajsTransport(this.#connection)
    try {
      const partitions = (await transport.partitions(topic)).map(({ partition }) => partition)
      const starts = await transport.listOffsets(topic, partitions, this.#start)
      const ends =
        this.#start === 'latest' ? starts : await transport.listOffsets(topic, partitions, 'latest')
      return partitions.map(partition => ({
        split: String(partition),
        start: BigInt(starts.get(partition) ?? 0),
        end: BigInt(ends.get(partition) ?? 0),
      }))
    } catch (error) {
      throw reachError(error as Error, this.#connection)
    } finally {
      await transport.close()
    }
  }

  async open(request: OpenRequest): Promise<SourceReader> {
    const transport: KafkaTransport = new KafkajsTransport(this.#connection)
    const fetcher = new KafkaFetcher(transport, this.#fetcherOptions, request.onStatus)
    const stops = new Map(request.stopAt?.map(({ split, offset }) => [split, Number(offset)]))
    for (const { split, offset } of request.positions) {
      fetcher.addPartition(Number(split), Number(offset), stops.get(split) ?? NO_STOP)
    }
    const wanted = request.columns.filter(column => !this.#includes.has(column))
    const reader = new KafkaSourceReader(fetcher, {
      topic: this.#fetcherOptions.topic,
      decoder: this.#decoders.create(wanted.map(column => this.#payload.indexOf(column))),
      columns: request.columns.map(column => this.#origin(column, wanted)),
      onError: this.#onError,
      onBadRecords: request.onBadRecords,
      hasStops: request.stopAt !== undefined,
    })
    fetcher.start()
    return reader
  }

  async close(): Promise<void> {}

  #origin(column: number, wanted: readonly number[]): ColumnOrigin {
    const what = this.#includes.get(column)
    if (what === undefined) return { kind: 'payload', index: wanted.indexOf(column) }
    return { kind: 'metadata', what, type: this.#schema[column]!.type }
  }
}

function readStart(options: OptionReader): OffsetQuery {
  const mode = options.oneOf('scan.startup.mode', ['earliest', 'latest', 'timestamp'])
  const millis = options.text('scan.startup.timestamp.millis', 'scan.startup.timestamp_millis')
  if (mode !== 'timestamp') {
    if (millis !== undefined && mode !== undefined) {
      throw new SqlError(
        SqlState.invalidParameterValue,
        "scan.startup.timestamp.millis needs scan.startup.mode = 'timestamp'",
      )
    }
    return millis === undefined ? (mode ?? 'earliest') : readMillis(millis)
  }
  if (millis === undefined) {
    throw new SqlError(
      SqlState.invalidParameterValue,
      'option "scan.startup.timestamp.millis" is required for scan.startup.mode = \'timestamp\'',
    )
  }
  return readMillis(millis)
}

function readMillis(text: string): bigint {
  if (/^\d{1,15}$/.test(text)) return BigInt(text)
  throw new SqlError(
    SqlState.invalidParameterValue,
    `invalid value for option "scan.startup.timestamp.millis": "${text}"`,
    {
      hint: 'It must be milliseconds since 1970.',
    },
  )
}

function readFetcherOptions(options: OptionReader): FetcherOptions {
  const topic = options.required('topic', 'kafka.topic')
  const bytes = { min: 1024, max: 1 << 30 }
  const reset = options.oneOf('properties.auto.offset.reset', [
    'earliest',
    'latest',
    'smallest',
    'largest',
    'none',
    'error',
  ])
  const isolation = options.oneOf('properties.isolation.level', ['read_committed', 'read_uncommitted'])
  return {
    topic,
    partitionBytes: options.integer('properties.max.partition.fetch.bytes', bytes) ?? 4 * MiB,
    requestBytes: options.integer('properties.fetch.max.bytes', bytes) ?? 64 * MiB,
    metadataMaxAgeMs: options.integer('properties.metadata.max.age.ms', { min: 100, max: 3_600_000 }) ?? 5000,
    readCommitted: isolation !== 'read_uncommitted',
    checkCrc: options.boolean('properties.check.crcs') ?? true,
    autoReset:
      reset === 'earliest' || reset === 'smallest'
        ? 'earliest'
        : reset === 'latest' || reset === 'largest'
          ? 'latest'
          : undefined,
  }
}

function checkRowFormat(definition: SourceDefinition): void {
  const row = definition.format?.row ?? 'plain'
  if (row === 'plain') return
  if (row === 'upsert') {
    throw notSupported('FORMAT UPSERT in a source', {
      detail: 'Its rows replace earlier rows with the same key, which a source does not store.',
      hint: 'Read the changes with FORMAT PLAIN and INCLUDE KEY.',
    })
  }
  throw notSupported(`FORMAT ${row.toUpperCase()} in a source`, { hint: 'FORMAT PLAIN is supported.' })
}

/** A connection problem as the user's error; texts of kafkajs name hosts, never credentials. */
export function reachError(error: Error, connection: KafkaConnection): Error {
  if (error instanceof SqlError) return error
  if (error instanceof KafkaTopicMissing) return new SqlError(SqlState.undefinedObject, error.message)
  const servers = connection.brokers.join(', ')
  return new SqlError(SqlState.ioError, `cannot reach Kafka at ${servers}: ${error.message}`, {
    cause: error,
  })
}
