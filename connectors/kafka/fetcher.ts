/**
 * Reads a topic's partitions in the background into bounded queues.
 *
 * One loop per broker keeps one fetch in flight for all partitions that the broker leads and whose queues
 * have room. One more loop refreshes metadata: it finds new partitions and moved leaders. Whatever fails is
 * tried again from the offset that was reached, so that nothing is lost or read twice; `onStatus` says so
 * meanwhile.
 */

import type { SourceStatus } from '../../executor/io/source.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import { NO_STOP, PartitionQueue } from './partition-queue.ts'
import { batchExtent, RecordSet } from './record-batch.ts'
import { Signal } from './signal.ts'
import {
  type FetchedPartition,
  KafkaError,
  type KafkaTransport,
  kafkaErrorName,
  type PartitionLeader,
} from './transport.ts'

export interface FetcherOptions {
  readonly topic: string
  /** Per partition and fetch; a queue holds up to twice as much. */
  readonly partitionBytes: number
  readonly requestBytes: number
  readonly metadataMaxAgeMs: number
  readonly readCommitted: boolean
  readonly checkCrc: boolean
  /** Where to go on when an offset is no longer there; undefined: fail. */
  readonly autoReset: 'earliest' | 'latest' | undefined
}

/** How long a broker may hold an empty fetch back. */
const MAX_WAIT_MS = 500
/** Between fetches while some queues are full: others must not block them by waiting for data. */
const FULL_WAIT_MS = 5
const BACKOFF_FIRST_MS = 50
const BACKOFF_MAX_MS = 1000

export class KafkaFetcher {
  readonly queues: PartitionQueue[] = []
  /** Notified when a queue got records, a partition appeared, or reading failed for good. */
  readonly changed = new Signal()
  readonly #transport: KafkaTransport
  readonly #options: FetcherOptions
  readonly #onStatus: (status: SourceStatus) => void
  /** Notified when a queue got room. */
  readonly #room = new Signal()
  readonly #refresh = new Signal()
  readonly #looping = new Set<number>()
  #state: SourceStatus['kind'] = 'running'
  #closed = false

  constructor(transport: KafkaTransport, options: FetcherOptions, onStatus: (status: SourceStatus) => void) {
    this.#transport = transport
    this.#options = options
    this.#onStatus = onStatus
  }

  get failed(): boolean {
    return this.#state === 'failed'
  }

  addPartition(partition: number, position: number, stop: number): void {
    this.queues.push(new PartitionQueue(partition, position, stop, this.#options.partitionBytes))
  }

  start(): void {
    void this.#followMetadata()
  }

  /** To be called after records were taken out of a queue. */
  roomMade(): void {
    this.#room.notify()
  }

  /** Ends reading for good. */
  fail(error: Error): void {
    if (this.#closed || this.#state === 'failed') return
    this.#state = 'failed'
    this.#onStatus({ kind: 'failed', error })
    this.#room.notify()
    this.#refresh.notify()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#room.notify()
    this.#refresh.notify()
    this.changed.notify()
    await this.#transport.close()
  }

  get #ended(): boolean {
    return this.#closed || this.#state === 'failed'
  }

  /** Asks for metadata at its age, or earlier when a fetch failed. Never throws. */
  async #followMetadata(): Promise<void> {
    let backoff = BACKOFF_FIRST_MS
    while (!this.#ended) {
      try {
        await this.#assign(await this.#transport.partitions(this.#options.topic))
        backoff = BACKOFF_FIRST_MS
        await this.#refresh.wait(this.#options.metadataMaxAgeMs)
      } catch (error) {
        this.#retrying(error as Error)
        await this.#refresh.wait(backoff)
        backoff = Math.min(backoff * 2, BACKOFF_MAX_MS)
      }
    }
  }

  /**
   * Takes leaders from metadata. A partition that is new was created since: it is read from its beginning.
   */
  async #assign(leaders: readonly PartitionLeader[]): Promise<void> {
    const added = leaders.filter(({ partition }) => this.queues.every(queue => queue.partition !== partition))
    if (added.length > 0) {
      const partitions = added.map(({ partition }) => partition)
      const starts = await this.#transport.listOffsets(this.#options.topic, partitions, 'earliest')
      for (const partition of partitions) this.addPartition(partition, starts.get(partition) ?? 0, NO_STOP)
      this.changed.notify()
    }
    for (const { partition, leader } of leaders) {
      const queue = this.queues.find(candidate => candidate.partition === partition)
      if (queue !== undefined) queue.leader = leader < 0 ? undefined : leader
    }
    for (const leader of new Set(this.queues.map(queue => queue.leader))) {
      if (leader !== undefined && !this.#looping.has(leader)) void this.#fetchFrom(leader)
    }
    this.#room.notify()
  }

  /** Fetches from one broker for as long as it leads a partition. Never throws. */
  async #fetchFrom(leader: number): Promise<void> {
    this.#looping.add(leader)
    let backoff = BACKOFF_FIRST_MS
    for (let turn = 0; !this.#ended; turn++) {
      const led = this.queues.filter(queue => queue.leader === leader)
      if (led.length === 0) break
      const open = led.filter(queue => queue.fetchOffset < queue.stop)
      const ready = open.filter(queue => this.#hasRoom(queue))
      if (ready.length === 0) {
        await this.#room.wait(open.length > 0 ? MAX_WAIT_MS : undefined)
        continue
      }
      try {
        const isEmpty = await this.#fetchOnce(leader, rotate(ready, turn), ready.length === open.length)
        backoff = BACKOFF_FIRST_MS
        if (isEmpty && ready.length < open.length) await this.#room.wait(FULL_WAIT_MS)
      } catch (error) {
        this.#retrying(error as Error)
        this.#refresh.notify()
        await this.#room.wait(backoff)
        backoff = Math.min(backoff * 2, BACKOFF_MAX_MS)
      }
    }
    this.#looping.delete(leader)
  }

  #hasRoom(queue: PartitionQueue): boolean {
    return queue.bufferedBytes < this.#options.partitionBytes && performance.now() >= queue.pausedUntil
  }

  /** One fetch; true when it brought nothing. */
  async #fetchOnce(leader: number, queues: readonly PartitionQueue[], mayWait: boolean): Promise<boolean> {
    const { topic, requestBytes, readCommitted } = this.#options
    const fetched = await this.#transport.fetch({
      topic,
      leader,
      maxBytes: requestBytes,
      maxWaitMs: mayWait ? MAX_WAIT_MS : 0,
      readCommitted,
      partitions: queues.map(queue => ({
        partition: queue.partition,
        offset: queue.fetchOffset,
        maxBytes: queue.fetchBytes,
      })),
    })
    if (this.#ended) return true
    let isEmpty = true
    let hasError = false
    for (const answer of fetched) {
      const queue = queues.find(candidate => candidate.partition === answer.partition)
      if (queue === undefined) continue
      if (answer.errorCode !== KafkaError.none) {
        hasError = true
        await this.#partitionError(queue, answer)
      } else if (this.#accept(queue, answer)) {
        isEmpty = false
      }
    }
    if (!isEmpty) this.changed.notify()
    if (!hasError && this.#state === 'retrying') this.#setRunning()
    return isEmpty
  }

  /** Queues what a fetch brought; false when it is not one whole batch. */
  #accept(queue: PartitionQueue, answer: FetchedPartition): boolean {
    queue.end = answer.highWatermark
    try {
      const extent = batchExtent(answer.records)
      if (extent.nextOffset === undefined) {
        queue.fetchBytes = Math.max(queue.fetchBytes, extent.bytesNeeded)
        answer.release()
        return false
      }
      const set = new RecordSet(answer.records, extent.end, {
        fromOffset: queue.fetchOffset,
        aborted: answer.aborted,
        checkCrc: this.#options.checkCrc,
      })
      queue.push({ set, bytes: extent.end, release: answer.release }, extent.nextOffset)
      queue.fetchBytes = Math.max(queue.fetchBytes >> 1, this.#options.partitionBytes)
      return true
    } catch (error) {
      this.fail(this.#inPartition(queue, error as Error))
      return false
    }
  }

  async #partitionError(queue: PartitionQueue, answer: FetchedPartition): Promise<void> {
    const name = kafkaErrorName(answer.errorCode)
    const text = `Kafka topic "${this.#options.topic}" partition ${queue.partition}: ${name}`
    if (answer.errorCode === KafkaError.topicAuthorizationFailed) {
      this.fail(new SqlError(SqlState.insufficientPrivilege, text))
      return
    }
    if (answer.errorCode !== KafkaError.offsetOutOfRange) {
      this.#retrying(new Error(text))
      queue.pausedUntil = performance.now() + BACKOFF_FIRST_MS
      this.#refresh.notify()
      return
    }
    // Queued records are in range of what was there: they are read first, and the reset happens when they are
    // gone.
    if (queue.head !== undefined) {
      queue.pausedUntil = performance.now() + BACKOFF_FIRST_MS
      return
    }
    await this.#outOfRange(queue)
  }

  async #outOfRange(queue: PartitionQueue): Promise<void> {
    const { topic, autoReset } = this.#options
    const earliest =
      (await this.#transport.listOffsets(topic, [queue.partition], 'earliest')).get(queue.partition) ?? 0
    const latest =
      (await this.#transport.listOffsets(topic, [queue.partition], 'latest')).get(queue.partition) ?? 0
    if (queue.fetchOffset >= earliest && queue.fetchOffset <= latest) return
    if (autoReset !== undefined) {
      queue.reset(autoReset === 'earliest' ? earliest : latest)
      return
    }
    this.fail(
      new SqlError(
        SqlState.objectNotInPrerequisiteState,
        `Kafka topic "${topic}" partition ${queue.partition}: offset ${queue.fetchOffset} is out of range, ` +
          `the topic has offsets ${earliest} to ${latest}`,
        {
          detail: 'Records were deleted by retention before they were read, or the topic was created anew.',
          hint: 'Create the source again, or set properties.auto.offset.reset to go on with a gap.',
        },
      ),
    )
  }

  #inPartition(queue: PartitionQueue, error: Error): Error {
    return new SqlError(
      SqlState.dataException,
      `Kafka topic "${this.#options.topic}" partition ${queue.partition}: ${error.message}`,
      { cause: error },
    )
  }

  #retrying(error: Error): void {
    if (this.#ended) return
    this.#state = 'retrying'
    this.#onStatus({ kind: 'retrying', error })
  }

  #setRunning(): void {
    this.#state = 'running'
    this.#onStatus({ kind: 'running' })
  }
}

/**
 * The same queues beginning at another one: a broker fills an answer in order, and the first must not win
 * every time.
 */
function rotate<T>(items: readonly T[], turn: number): readonly T[] {
  const start = turn % items.length
  return start === 0 ? items : [...items.slice(start), ...items.slice(0, start)]
}
