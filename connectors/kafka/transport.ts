/**
 * What the Kafka source and sink need of a client: connections, metadata, and raw fetch and produce. Nothing
 * here decodes records. Every call fails within a deadline (no call waits out an outage): callers retry and
 * tell the user.
 */

import type { AbortedTransaction } from './aborted-transactions.ts'

/** Where reading may begin. A bigint is a time in milliseconds since 1970. */
export type OffsetQuery = 'earliest' | 'latest' | bigint

export interface PartitionLeader {
  readonly partition: number
  /** Node id of the broker that leads it. */
  readonly leader: number
}

export interface FetchPartition {
  readonly partition: number
  readonly offset: number
  readonly maxBytes: number
}

export interface FetchRequest {
  readonly topic: string
  readonly leader: number
  readonly partitions: readonly FetchPartition[]
  readonly maxBytes: number
  /** How long the broker may wait for data before it answers with nothing. */
  readonly maxWaitMs: number
  readonly readCommitted: boolean
}

export interface FetchedPartition {
  readonly partition: number
  /** Kafka's error code; 0 is success. */
  readonly errorCode: number
  readonly highWatermark: number
  readonly logStartOffset: number
  readonly aborted: readonly AbortedTransaction[]
  /** Record batches as they lie in the log; the last one may be cut off. */
  readonly records: Buffer
  /**
   * To be called once when nothing uses `records` any more, so that their memory can be used again; without
   * it the garbage collector frees it.
   */
  readonly release: () => void
}

export interface ProducePartition {
  readonly partition: number
  /** One whole record batch. */
  readonly batch: Buffer
}

export interface ProduceRequest {
  readonly topic: string
  readonly leader: number
  readonly partitions: readonly ProducePartition[]
  readonly timeoutMs: number
}

export interface ProducedPartition {
  readonly partition: number
  readonly errorCode: number
}

export interface KafkaTransport {
  /** Asks the cluster, never a cache. Throws KafkaTopicMissing when there is no such topic. */
  partitions(topic: string): Promise<readonly PartitionLeader[]>
  /** By partition. For a time: the first offset at or after it, the end offset when all records are older. */
  listOffsets(
    topic: string,
    partitions: readonly number[],
    at: OffsetQuery,
  ): Promise<ReadonlyMap<number, number>>
  fetch(request: FetchRequest): Promise<readonly FetchedPartition[]>
  /** acks=all. */
  produce(request: ProduceRequest): Promise<readonly ProducedPartition[]>
  close(): Promise<void>
}

export class KafkaTopicMissing extends Error {
  constructor(topic: string) {
    super(`Kafka topic "${topic}" does not exist`)
    this.name = 'KafkaTopicMissing'
  }
}

/** Error codes of Kafka's protocol that callers treat specially. */
export const KafkaError = {
  none: 0,
  offsetOutOfRange: 1,
  unknownTopicOrPartition: 3,
  messageTooLarge: 10,
  topicAuthorizationFailed: 29,
} as const

/** Kafka's name of an error code. */
export function kafkaErrorName(code: number): string {
  return errorNames[code] ?? `error code ${code}`
}

/** Those that fetch and produce return; the protocol guide has the whole list. */
const errorNames: Readonly<Record<number, string>> = {
  [-1]: 'UNKNOWN_SERVER_ERROR',
  1: 'OFFSET_OUT_OF_RANGE',
  2: 'CORRUPT_MESSAGE',
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  5: 'LEADER_NOT_AVAILABLE',
  6: 'NOT_LEADER_OR_FOLLOWER',
  7: 'REQUEST_TIMED_OUT',
  9: 'REPLICA_NOT_AVAILABLE',
  10: 'MESSAGE_TOO_LARGE',
  17: 'INVALID_TOPIC_EXCEPTION',
  18: 'RECORD_LIST_TOO_LARGE',
  19: 'NOT_ENOUGH_REPLICAS',
  20: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  29: 'TOPIC_AUTHORIZATION_FAILED',
  32: 'INVALID_TIMESTAMP',
  43: 'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  56: 'KAFKA_STORAGE_ERROR',
  74: 'FENCED_LEADER_EPOCH',
  75: 'UNKNOWN_LEADER_EPOCH',
  78: 'OFFSET_NOT_AVAILABLE',
  87: 'INVALID_RECORD',
}
