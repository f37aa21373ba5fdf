/**
 * Record batches on their way to the broker: in order within a partition, one in flight per partition, tried
 * again for as long as it takes. A batch that the broker may have written before the connection broke is sent
 * again: at least once.
 */

import type { SinkStatus } from '../../executor/io/sink.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import type { Codec } from './compression.ts'
import { RecordSet } from './record-batch.ts'
import { RecordBatchEncoder } from './record-batch-encoder.ts'
import { RecordBuffer } from './record-buffer.ts'
import { Signal } from './signal.ts'
import {
  KafkaError,
  type KafkaTransport,
  kafkaErrorName,
  type ProducedPartition,
  type ProducePartition,
} from './transport.ts'

export interface ProduceQueueOptions {
  readonly topic: string
  readonly codec: Codec
}

const REQUEST_TIMEOUT_MS = 15000
const BACKOFF_FIRST_MS = 50
const BACKOFF_MAX_MS = 1000

export class ProduceQueue {
  readonly #transport: KafkaTransport
  readonly #options: ProduceQueueOptions
  readonly #onStatus: (status: SinkStatus) => void
  /** Batches by partition, oldest first. */
  readonly #queues = new Map<number, Buffer[]>()
  readonly #wake = new Signal()
  #leaders: ReadonlyMap<number, number> = new Map()
  #queuedBytes = 0
  #sending: Promise<void> | undefined
  #failure: Error | undefined
  #isRetrying = false

  constructor(
    transport: KafkaTransport,
    options: ProduceQueueOptions,
    onStatus: (status: SinkStatus) => void,
  ) {
    this.#transport = transport
    this.#options = options
    this.#onStatus = onStatus
  }

  /** Waits for the cluster, through an outage; resolves with the number of the topic's partitions. */
  async connect(): Promise<number> {
    for (let backoff = BACKOFF_FIRST_MS; ; backoff = Math.min(backoff * 2, BACKOFF_MAX_MS)) {
      try {
        const partitions = await this.#refresh()
        if (this.#isRetrying) this.#setRunning()
        return partitions
      } catch (error) {
        if (this.#failure !== undefined) throw this.#failure
        await this.#pause(error as Error, backoff)
      }
    }
  }

  async #refresh(): Promise<number> {
    const leaders = await this.#transport.partitions(this.#options.topic)
    this.#leaders = new Map(leaders.map(({ partition, leader }) => [partition, leader]))
    return leaders.length
  }

  /** Bytes that are not acknowledged. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** Queues a batch and sends in the background. */
  push(partition: number, batch: Buffer): void {
    const queue = this.#queues.get(partition)
    if (queue === undefined) this.#queues.set(partition, [batch])
    else queue.push(batch)
    this.#queuedBytes += batch.length
    this.#sending ??= this.#sendAll()
  }

  /** Resolves when at most `bytes` are not acknowledged; rejects when a batch can never be written. */
  async drain(bytes: number): Promise<void> {
    while (this.#queuedBytes > bytes && this.#failure === undefined) await this.#wake.wait()
    if (this.#failure !== undefined) throw this.#failure
  }

  async close(): Promise<void> {
    this.#fail(new Error('the sink is closed'))
    await this.#transport.close()
  }

  /** Rounds of one batch per partition until nothing is queued. Never throws. */
  async #sendAll(): Promise<void> {
    let backoff = BACKOFF_FIRST_MS
    while (this.#queuedBytes > 0 && this.#failure === undefined) {
      try {
        const error = await this.#sendRound()
        this.#wake.notify()
        if (error === undefined) {
          backoff = BACKOFF_FIRST_MS
          continue
        }
        throw error
      } catch (error) {
        await this.#recover(error as Error, backoff)
        backoff = Math.min(backoff * 2, BACKOFF_MAX_MS)
      }
    }
    if (this.#failure === undefined && this.#isRetrying) this.#setRunning()
    this.#sending = undefined
    this.#wake.notify()
  }

  /** Sends the oldest batch of each partition; returns the first error worth another try. */
  async #sendRound(): Promise<Error | undefined> {
    const byLeader = new Map<number, ProducePartition[]>()
    for (const [partition, [batch]] of this.#queues) {
      const leader = this.#leaders.get(partition)
      if (batch === undefined) continue
      if (leader === undefined || leader < 0) return new Error(`partition ${partition} has no leader`)
      const group = byLeader.get(leader)
      if (group === undefined) byLeader.set(leader, [{ partition, batch }])
      else group.push({ partition, batch })
    }
    const { topic } = this.#options
    const answers = await Promise.allSettled(
      [...byLeader].map(([leader, partitions]) =>
        this.#transport.produce({ topic, leader, partitions, timeoutMs: REQUEST_TIMEOUT_MS }),
      ),
    )
    let error: Error | undefined
    for (const answer of answers) {
      if (answer.status === 'rejected') error ??= answer.reason as Error
      else for (const produced of answer.value) error = this.#settle(produced) ?? error
    }
    if (error === undefined && this.#isRetrying) this.#setRunning()
    return error
  }

  /** Takes note of one partition's answer. */
  #settle({ partition, errorCode }: ProducedPartition): Error | undefined {
    const queue = this.#queues.get(partition)
    const batch = queue?.[0]
    if (queue === undefined || batch === undefined) return undefined
    if (errorCode === KafkaError.none) {
      queue.shift()
      this.#queuedBytes -= batch.length
      return undefined
    }
    const text = `Kafka topic "${this.#options.topic}" partition ${partition}: ${kafkaErrorName(errorCode)}`
    if (errorCode === KafkaError.messageTooLarge && this.#split(queue, batch)) return undefined
    if (finalErrors.has(errorCode)) {
      this.#fail(new SqlError(SqlState.ioError, text, { hint: finalErrors.get(errorCode) }))
      return undefined
    }
    return new Error(text)
  }

  /** Replaces a batch that is too large for the topic by two halves; false when it is a single record. */
  #split(queue: Buffer[], batch: Buffer): boolean {
    const set = new RecordSet(batch, batch.length, { fromOffset: 0, aborted: [], checkCrc: false })
    const count = batch.readInt32BE(57)
    if (count < 2) return false
    const records = new RecordBuffer(this.#options.topic, count)
    set.read(records, count, Number.MAX_SAFE_INTEGER)
    const encoder = new RecordBatchEncoder(batch.length)
    const middle = count >> 1
    const halves = (
      [
        [0, middle],
        [middle, count],
      ] as const
    ).map(([from, to]) => {
      for (let row = from; row < to; row++) {
        encoder.append(
          records.bytes,
          records.keyStarts[row]!,
          records.keyEnds[row]!,
          records.bytes,
          records.valueStarts[row]!,
          records.valueEnds[row]!,
        )
      }
      return encoder.finish({ codec: this.#options.codec, timestamp: Number(batch.readBigInt64BE(27)) })
    })
    queue.splice(0, 1, ...halves)
    this.#queuedBytes += halves[0]!.length + halves[1]!.length - batch.length
    return true
  }

  /** Tells the user and waits. */
  async #pause(error: Error, backoffMs: number): Promise<void> {
    this.#isRetrying = true
    this.#onStatus({ kind: 'retrying', error })
    await new Promise(resolve => setTimeout(resolve, backoffMs))
  }

  async #recover(error: Error, backoffMs: number): Promise<void> {
    if (this.#failure !== undefined) return
    await this.#pause(error, backoffMs)
    try {
      await this.#refresh()
    } catch {
      // The next round fails for the same reason and says so.
    }
  }

  #setRunning(): void {
    this.#isRetrying = false
    this.#onStatus({ kind: 'running' })
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#wake.notify()
  }
}

/** Error codes that trying again does not help, with what to do about them. */
const finalErrors: ReadonlyMap<number, string> = new Map([
  [KafkaError.messageTooLarge, "Raise the topic's max.message.bytes."],
  [17, 'The topic name is not valid.'],
  [KafkaError.topicAuthorizationFailed, 'The user must be allowed to write to the topic.'],
  [32, "The topic's message.timestamp settings refuse records of now."],
  [87, 'A compacted topic refuses records without key: use FORMAT UPSERT or primary_key.'],
])
