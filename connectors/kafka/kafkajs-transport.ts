/**
 * KafkaTransport over kafkajs 2.2.4: its connections, TLS, SASL and metadata; our own fetch and produce
 * requests, since its record codec makes objects per record, and its read_committed leaks aborted records.
 *
 * kafkajs is reached through private symbols. The version is pinned; the constructor checks that they are
 * there.
 */

import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import { Kafka, type KafkaConfig, logLevel, type SASLOptions } from 'kafkajs'
import { assert } from '../../planner/assert.ts'
import { ByteCursor } from './byte-cursor.ts'
import { FetchMemory } from './fetch-memory.ts'
import { connectFrames } from './frame-socket.ts'
import type { KafkaConnection } from './kafka-options.ts'
import {
  type FetchedPartition,
  type FetchRequest,
  KafkaTopicMissing,
  type KafkaTransport,
  type OffsetQuery,
  type PartitionLeader,
  type ProducedPartition,
  type ProduceRequest,
} from './transport.ts'

const CONNECT_TIMEOUT_MS = 5000
/** A broker that does not answer for so long is taken for dead. */
const REQUEST_TIMEOUT_MS = 15000
/** Any call as a whole: connecting, metadata and the request. */
const CALL_TIMEOUT_MS = 30000

const READ_COMMITTED = 1
const EARLIEST = -2n
const LATEST = -1n

export class KafkajsTransport implements KafkaTransport {
  readonly #cluster: Cluster
  readonly #memory = new FetchMemory()
  #closed = false

  constructor(connection: KafkaConnection) {
    quietIdleConnections()
    takeFramesWhole()
    const kafka = new Kafka(kafkaConfig(connection, this.#memory))
    const createCluster = privateMember<(options: object) => Cluster>(kafka, 'private:Kafka:createCluster')
    this.#cluster = createCluster({
      allowAutoTopicCreation: false,
      isolationLevel: READ_COMMITTED,
      metadataMaxAge: 0,
      maxInFlightRequests: null,
    })
  }

  async partitions(topic: string): Promise<readonly PartitionLeader[]> {
    return this.#call(async cluster => {
      try {
        cluster.targetTopics.add(topic)
        await cluster.connect()
        await cluster.refreshMetadata()
      } catch (error) {
        cluster.targetTopics.delete(topic)
        throw errorType(error) === 'UNKNOWN_TOPIC_OR_PARTITION' ? new KafkaTopicMissing(topic) : error
      }
      return cluster
        .findTopicPartitionMetadata(topic)
        .map(({ partitionId, leader }) => ({ partition: partitionId, leader }))
        .sort((left, right) => left.partition - right.partition)
    })
  }

  async listOffsets(
    topic: string,
    partitions: readonly number[],
    at: OffsetQuery,
  ): Promise<ReadonlyMap<number, number>> {
    if (typeof at === 'bigint') {
      const found = await this.#listOffsets(topic, partitions, at)
      const missing = partitions.filter(partition => (found.get(partition) ?? -1) < 0)
      const ends = missing.length === 0 ? found : await this.#listOffsets(topic, missing, LATEST)
      for (const partition of missing) found.set(partition, ends.get(partition) ?? 0)
      return found
    }
    return this.#listOffsets(topic, partitions, at === 'earliest' ? EARLIEST : LATEST)
  }

  async fetch(request: FetchRequest): Promise<readonly FetchedPartition[]> {
    return this.#call(async cluster => {
      const broker = await cluster.findBroker({ nodeId: request.leader })
      return broker.connectionPool.send({
        requestTimeout: REQUEST_TIMEOUT_MS + request.maxWaitMs,
        logResponseError: false,
        request: fetchRequest({
          replicaId: -1,
          minBytes: 1,
          maxWaitTime: request.maxWaitMs,
          maxBytes: request.maxBytes,
          isolationLevel: request.readCommitted ? READ_COMMITTED : 0,
          topics: [
            {
              topic: request.topic,
              partitions: request.partitions.map(({ partition, offset, maxBytes }) => ({
                partition,
                fetchOffset: String(offset),
                maxBytes,
              })),
            },
          ],
        }),
        response: {
          decode: async (payload: Buffer) => decodeFetch(payload, this.#memory),
          parse: async ({ partitions }: DecodedFetch) => partitions,
        },
      })
    })
  }

  async produce(request: ProduceRequest): Promise<readonly ProducedPartition[]> {
    return this.#call(async cluster => {
      const broker = await cluster.findBroker({ nodeId: request.leader })
      return broker.connectionPool.send({
        requestTimeout: request.timeoutMs + REQUEST_TIMEOUT_MS,
        logResponseError: false,
        request: { apiKey: 0, apiVersion: 7, apiName: 'Produce', encode: async () => encodeProduce(request) },
        response: {
          decode: async (payload: Buffer) => decodeProduce(payload),
          parse: async ({ partitions }: DecodedProduce) => partitions,
        },
      })
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    // disconnect waits for requests in flight, and a fetch may wait for data.
    const { brokers, seedBroker } = this.#cluster.brokerPool
    for (const broker of new Set([...Object.values(brokers), seedBroker])) {
      for (const connection of broker?.connectionPool.pool ?? []) {
        connection.rejectRequests(new Error('the connection to Kafka is closed'))
      }
    }
    await withDeadline(this.#cluster.disconnect(), CONNECT_TIMEOUT_MS).catch(() => {})
  }

  async #listOffsets(
    topic: string,
    partitions: readonly number[],
    time: bigint,
  ): Promise<Map<number, number>> {
    if (partitions.length === 0) return new Map()
    return this.#call(async cluster => {
      const [found] = await cluster.fetchTopicsOffset([
        { topic, partitions: partitions.map(partition => ({ partition })), fromTimestamp: String(time) },
      ])
      return new Map(found?.partitions.map(({ partition, offset }) => [partition, Number(offset)]) ?? [])
    })
  }

  async #call<T>(action: (cluster: Cluster) => Promise<T>): Promise<T> {
    if (this.#closed) throw new Error('the connection to Kafka is closed')
    try {
      return await withDeadline(action(this.#cluster), CALL_TIMEOUT_MS)
    } catch (error) {
      throw plainError(error)
    }
  }
}

function kafkaConfig(connection: KafkaConnection, memory: FetchMemory): KafkaConfig {
  return {
    brokers: [...connection.brokers],
    clientId: connection.clientId,
    ...(connection.ssl === undefined ? {} : { ssl: connection.ssl }),
    ...(connection.sasl === undefined ? {} : { sasl: connection.sasl as SASLOptions }),
    connectionTimeout: CONNECT_TIMEOUT_MS,
    authenticationTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    socketFactory: options =>
      prepareSocket(options.ssl ? createSocket(options) : connectFrames(options, memory, options.onConnect)),
    retry: { retries: 0, initialRetryTime: 50, maxRetryTime: 50 },
    logLevel: logLevel.NOTHING,
  }
}

/**
 * kafkajs disconnects broken connections again and again during an outage; unref on a socket that is gone
 * would each time leave a listener behind.
 */
function prepareSocket(socket: Socket): Socket {
  const unref = socket.unref.bind(socket)
  socket.unref = () => (socket.destroyed ? socket : unref())
  return socket.setNoDelay(true)
}

interface DecodedFetch {
  readonly clientSideThrottleTime: number
  readonly partitions: readonly FetchedPartition[]
}

/** Fetch response, version 11. */
function decodeFetch(payload: Buffer, memory: FetchMemory): DecodedFetch {
  const cursor = new ByteCursor(payload)
  const clientSideThrottleTime = cursor.int32()
  const errorCode = cursor.int16()
  if (errorCode !== 0) throw new Error(`Kafka refused a fetch with error code ${errorCode}`)
  cursor.int32()
  const partitions: FetchedPartition[] = []
  let used = 0
  const release = () => {
    if (--used === 0) memory.release(payload.buffer)
  }
  for (let topics = cursor.int32(); topics > 0; topics--) {
    cursor.string()
    for (let count = cursor.int32(); count > 0; count--)
      partitions.push(decodeFetchedPartition(cursor, payload, release))
  }
  used = partitions.length
  return { clientSideThrottleTime, partitions }
}

function decodeFetchedPartition(cursor: ByteCursor, payload: Buffer, release: () => void): FetchedPartition {
  const partition = cursor.int32()
  const errorCode = cursor.int16()
  const highWatermark = cursor.int64()
  cursor.int64()
  const logStartOffset = cursor.int64()
  const aborted = []
  for (let count = cursor.int32(); count > 0; count--) {
    aborted.push({ producerId: cursor.bigint64(), firstOffset: cursor.int64() })
  }
  cursor.int32()
  const length = Math.max(cursor.int32(), 0)
  const records = payload.subarray(cursor.position, cursor.position + length)
  cursor.position += length
  return { partition, errorCode, highWatermark, logStartOffset, aborted, records, release }
}

/** Produce request, version 7: transactional id, acks, timeout, topics. */
function encodeProduce(request: ProduceRequest): Encoder {
  const encoder = new KafkajsEncoder()
    .writeString(null)
    .writeInt16(-1)
    .writeInt32(request.timeoutMs)
    .writeInt32(1)
    .writeString(request.topic)
    .writeInt32(request.partitions.length)
  for (const { partition, batch } of request.partitions) {
    encoder.writeInt32(partition).writeInt32(batch.length).writeBuffer(batch)
  }
  return encoder
}

interface DecodedProduce {
  readonly clientSideThrottleTime: number
  readonly partitions: readonly ProducedPartition[]
}

function decodeProduce(payload: Buffer): DecodedProduce {
  const cursor = new ByteCursor(payload)
  const partitions: ProducedPartition[] = []
  for (let topics = cursor.int32(); topics > 0; topics--) {
    cursor.string()
    for (let count = cursor.int32(); count > 0; count--) {
      partitions.push({ partition: cursor.int32(), errorCode: cursor.int16() })
      // Base offset, append time, log start offset.
      cursor.position += 24
    }
  }
  return { clientSideThrottleTime: cursor.int32(), partitions }
}

/** Rejects when `promise` takes longer; what it does later is ignored. */
function withDeadline<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`Kafka did not answer within ${timeoutMs / 1000} s`)),
      timeoutMs,
    )
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** kafkajs wraps what went wrong in what it tried. */
function plainError(error: unknown): Error {
  let inner = error as Error
  while (inner.name === 'KafkaJSNumberOfRetriesExceeded' && inner.cause instanceof Error) inner = inner.cause
  return inner
}

function errorType(error: unknown): string | undefined {
  return (plainError(error) as { readonly type?: string }).type
}

// What we use of kafkajs's inside.

interface Cluster {
  readonly brokerPool: {
    readonly brokers: Readonly<Record<string, Broker>>
    readonly seedBroker: Broker | undefined
  }
  readonly targetTopics: Set<string>
  connect(): Promise<void>
  disconnect(): Promise<void>
  refreshMetadata(): Promise<void>
  findBroker(options: { readonly nodeId: number }): Promise<Broker>
  findTopicPartitionMetadata(
    topic: string,
  ): readonly { readonly partitionId: number; readonly leader: number }[]
  fetchTopicsOffset(topics: readonly object[]): Promise<readonly TopicOffsets[]>
}

interface TopicOffsets {
  readonly partitions: readonly { readonly partition: number; readonly offset: string }[]
}

interface Broker {
  readonly connectionPool: {
    readonly pool: readonly { rejectRequests(error: Error): void }[]
    send<T>(request: object): Promise<T>
  }
}

interface Encoder {
  writeString(text: string | null): Encoder
  writeInt16(value: number): Encoder
  writeInt32(value: number): Encoder
  writeBuffer(value: Buffer): Encoder
}

interface RequestQueue {
  readonly pending: readonly unknown[]
  scheduleCheckPendingRequests(): void
}

interface Connection {
  bytesBuffered: number
  chunks: Buffer[]
  processData(data: Buffer): void
}

const require = createRequire(import.meta.url)
const fetchRequest = require('kafkajs/src/protocol/requests/fetch/v11/request') as (options: object) => object
const KafkajsEncoder = require('kafkajs/src/protocol/encoder') as new () => Encoder
const createSocket = (require('kafkajs/src/network/socketFactory') as () => (options: object) => Socket)()
const QueueClass = require('kafkajs/src/network/requestQueue') as { readonly prototype: RequestQueue }
const ConnectionClass = require('kafkajs/src/network/connection') as { readonly prototype: Connection }

function privateMember<T>(object: object, description: string): T {
  const symbol = Object.getOwnPropertySymbols(object).find(candidate => candidate.description === description)
  assert(
    symbol !== undefined,
    `kafkajs 2.2.4 has the member ${description}; another version needs another adapter`,
  )
  return (object as Record<symbol, unknown>)[symbol] as T
}

const scheduleCheck = QueueClass.prototype.scheduleCheckPendingRequests

/**
 * kafkajs re-arms a timer with a negative delay hundreds of times a second on every connection (its issue
 * 1751): 4 % of a core when idle. With nothing pending there is nothing to check.
 */
function quietIdleConnections(): void {
  QueueClass.prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.pending.length > 0) scheduleCheck.call(this)
  }
}

const processData = ConnectionClass.prototype.processData

/** kafkajs keeps what follows a response, even nothing, and copies the next one to join them. */
function takeFramesWhole(): void {
  ConnectionClass.prototype.processData = function (this: Connection, data: Buffer): void {
    if (this.bytesBuffered === 0) this.chunks = []
    processData.call(this, data)
  }
}
