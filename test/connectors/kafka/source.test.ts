import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from 'node:assert'
import { type Kafka, type Message, Partitioners } from 'kafkajs'
import type { SourceDefinition } from '../../../connectors/connector.ts'
import { createSource } from '../../../connectors/registry.ts'
import { batchRows } from '../../../executor/batch/column-reader.ts'
import type { SqlValue } from '../../../executor/expression/evaluation-context.ts'
import type { BadRecord, Source, SourceReader, SourceStatus } from '../../../executor/io/source.ts'
import { field } from '../../../planner/schema.ts'
import {
  byteaType,
  int4Type,
  int8Type,
  jsonbType,
  textType,
  timestamptzType,
} from '../../../planner/types.ts'
import { topicName, useKafka } from '../../support/kafka-broker.ts'
import type { TestBroker } from '../../support/kafka-node.ts'

const schema = [field('id', int8Type), field('name', textType)]

function definition(
  broker: string,
  topic: string,
  changes: Partial<SourceDefinition> = {},
): SourceDefinition {
  return {
    name: 's',
    schema,
    format: { row: 'plain', encode: 'json', options: new Map() },
    includes: [],
    primaryKey: [],
    ...changes,
    options: new Map([
      ['connector', 'kafka'],
      ['properties.bootstrap.server', broker],
      ['topic', topic],
      ['properties.metadata.max.age.ms', '300'],
      ...(changes.options ?? []),
    ]),
  }
}

interface Collected {
  readonly rows: SqlValue[][]
  readonly bad: BadRecord[]
  readonly statuses: SourceStatus[]
  readonly reader: SourceReader
}

async function openAll(source: Source, columns = [0, 1], stopAtEnd = false): Promise<Collected> {
  const splits = await source.discover()
  const bad: BadRecord[] = []
  const statuses: SourceStatus[] = []
  const reader = await source.open({
    columns,
    positions: splits.map(({ split, start }) => ({ split, offset: start })),
    stopAt: stopAtEnd ? splits.map(({ split, end }) => ({ split, offset: end! })) : undefined,
    onBadRecords: records => bad.push(...records),
    onStatus: status => statuses.push(status),
  })
  return { rows: [], bad, statuses, reader }
}

/** Polls until `enough`. */
async function readUntil(collected: Collected, enough: () => boolean): Promise<void> {
  const { reader } = collected
  const deadline = Date.now() + 30_000
  while (!enough()) {
    ok(Date.now() < deadline, `gave up with ${collected.rows.length} rows`)
    const batch = reader.poll(1000)
    if (batch !== undefined) collected.rows.push(...batchRows(batch.batch))
    else await Promise.race([reader.ready(), new Promise(resolve => setTimeout(resolve, 50))])
  }
}

/** One partition a request: kafkajs sends all of them again when one has no leader yet. */
async function produce(
  client: Kafka,
  topic: string,
  messages: readonly (Message & { partition: number })[],
): Promise<void> {
  const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  try {
    for (const partition of new Set(messages.map(message => message.partition))) {
      await producer.send({ topic, messages: messages.filter(message => message.partition === partition) })
    }
  } finally {
    await producer.disconnect()
  }
}

function numbered(from: number, to: number, partitions: number): (Message & { partition: number })[] {
  return Array.from({ length: to - from }, (_, index) => ({
    partition: (from + index) % partitions,
    value: `{"id":${from + index},"name":"n${from + index}"}`,
  }))
}

const sortedIds = (rows: readonly SqlValue[][]): number[] =>
  rows.map(row => Number(row[0])).sort((a, b) => a - b)
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index)

describe('KafkaSource', function () {
  this.timeout(60_000)
  const kafka = useKafka()
  const readers: SourceReader[] = []

  afterEach(async () => {
    for (const reader of readers.splice(0)) await reader.close()
  })

  async function filledTopic(
    prefix: string,
    partitions: number,
    count: number,
  ): Promise<[TestBroker, string]> {
    const broker = kafka()
    const topic = topicName(prefix)
    await broker.createTopic(topic, partitions)
    if (count > 0) await produce(broker.client(), topic, numbered(0, count, partitions))
    return [broker, topic]
  }

  async function open(source: Source, columns?: number[], stopAtEnd?: boolean): Promise<Collected> {
    const collected = await openAll(source, columns, stopAtEnd)
    readers.push(collected.reader)
    return collected
  }

  it('reads all partitions from the beginning and stops at the end it was given', async () => {
    const [broker, topic] = await filledTopic('all', 3, 5000)
    const source = createSource(definition(broker.bootstrap, topic))
    await source.validate()
    const read = await open(source, [1, 0], true)
    await produce(broker.client(), topic, numbered(5000, 5100, 3))
    await readUntil(read, () => read.reader.done)
    deepStrictEqual(
      read.rows.map(row => Number(row[1])).sort((a, b) => a - b),
      range(0, 5000),
    )
    strictEqual(read.rows.find(row => row[1] === 42n)![0], 'n42')
    deepStrictEqual(
      read.reader.positions().map(({ offset }) => offset),
      [1667n, 1667n, 1666n],
    )
    const [lag] = read.reader.lag()
    ok(lag!.end! >= lag!.position)
  })

  it('keeps the order within a partition and wakes up for new records', async () => {
    const [broker, topic] = await filledTopic('order', 1, 3000)
    const read = await open(createSource(definition(broker.bootstrap, topic)))
    await readUntil(read, () => read.rows.length === 3000)
    await produce(broker.client(), topic, numbered(3000, 3010, 1))
    await readUntil(read, () => read.rows.length === 3010)
    deepStrictEqual(
      read.rows.map(row => Number(row[0])),
      range(0, 3010),
    )
  })

  it('keeps what batches point into while later responses arrive', async () => {
    const broker = kafka()
    const topic = topicName('memory')
    await broker.createTopic(topic, 2)
    const filler = 'x'.repeat(1000)
    for (let from = 0; from < 4000; from += 500) {
      const messages = numbered(from, from + 500, 2).map(message => ({
        ...message,
        value: String(message.value).replace('}', `,"filler":"${filler}"}`),
      }))
      await produce(broker.client(), topic, messages)
    }
    const options = new Map([['properties.max.partition.fetch.bytes', '300000']])
    const source = createSource(definition(broker.bootstrap, topic, { options }))
    for (const columns of [[0, 1], [0]]) {
      const { reader } = await open(source, columns, true)
      const batches = []
      while (!reader.done) {
        const batch = reader.poll(100)
        if (batch !== undefined) batches.push(batch.batch)
        else await reader.ready()
      }
      const rows = batches.flatMap(batchRows).sort(([a], [b]) => Number(a) - Number(b))
      deepStrictEqual(
        rows,
        range(0, 4000).map(id => (columns.length === 2 ? [BigInt(id), `n${id}`] : [BigInt(id)])),
      )
    }
  })

  it('starts at the latest offset or at a time', async () => {
    const broker = kafka()
    const topic = topicName('start')
    await broker.createTopic(topic, 2)
    const dated = numbered(0, 20, 2).map((message, index) => ({
      ...message,
      timestamp: String(1_000_000 + index * 1000),
    }))
    await produce(broker.client(), topic, dated)
    const latest = await open(
      createSource(
        definition(broker.bootstrap, topic, { options: new Map([['scan.startup.mode', 'latest']]) }),
      ),
    )
    const at = new Map([
      ['scan.startup.mode', 'timestamp'],
      ['scan.startup.timestamp.millis', '1012000'],
    ])
    const timed = await open(createSource(definition(broker.bootstrap, topic, { options: at })))
    const late = new Map([
      ['scan.startup.mode', 'timestamp'],
      ['scan.startup.timestamp.millis', '2000000'],
    ])
    const none = await open(createSource(definition(broker.bootstrap, topic, { options: late })))
    await produce(broker.client(), topic, numbered(100, 102, 2))
    for (const read of [latest, none]) {
      await readUntil(read, () => read.rows.length >= 2)
      deepStrictEqual(sortedIds(read.rows), [100, 101])
    }
    await readUntil(timed, () => timed.rows.length >= 10)
    deepStrictEqual(sortedIds(timed.rows), [...range(12, 20), 100, 101])
  })

  it('picks up partitions that are added', async () => {
    const [broker, topic] = await filledTopic('grow', 1, 10)
    const read = await open(createSource(definition(broker.bootstrap, topic)))
    await readUntil(read, () => read.rows.length === 10)
    const admin = broker.client().admin()
    await admin.connect()
    await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
    await admin.disconnect()
    await produce(broker.client(), topic, numbered(10, 40, 3))
    await readUntil(read, () => read.rows.length === 40)
    deepStrictEqual(sortedIds(read.rows), range(0, 40))
    deepStrictEqual(
      read.reader
        .positions()
        .map(({ split }) => split)
        .sort(),
      ['0', '1', '2'],
    )
  })

  it('survives an outage of the broker without loss or duplicates', async function () {
    const [broker, topic] = await filledTopic('outage', 2, 1000)
    if (!broker.canRestart) return this.skip()
    const read = await open(createSource(definition(broker.bootstrap, topic)))
    await readUntil(read, () => read.rows.length >= 500)
    await broker.kill()
    await readUntil(read, () => read.rows.length === 1000)
    await readUntil(read, () => read.statuses.some(status => status.kind === 'retrying'))
    await broker.start()
    await produce(broker.client(), topic, numbered(1000, 2000, 2))
    await readUntil(read, () => read.rows.length >= 2000)
    await readUntil(read, () => read.statuses.at(-1)!.kind === 'running')
    deepStrictEqual(sortedIds(read.rows), range(0, 2000))
  })

  it('hides aborted transactions', async () => {
    const [broker, topic] = await filledTopic('transactions', 1, 5)
    const producer = broker
      .client()
      .producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    for (const [from, commit] of [
      [5, false],
      [10, true],
      [15, false],
      [20, true],
    ] as const) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: numbered(from, from + 5, 1) })
      await (commit ? transaction.commit() : transaction.abort())
    }
    await producer.disconnect()
    const read = await open(createSource(definition(broker.bootstrap, topic)), [0], true)
    await readUntil(read, () => read.reader.done)
    deepStrictEqual(sortedIds(read.rows), [...range(0, 5), ...range(10, 15), ...range(20, 25)])
  })

  it('gives metadata as columns', async () => {
    const broker = kafka()
    const topic = topicName('include')
    await broker.createTopic(topic, 1)
    await produce(broker.client(), topic, [
      {
        partition: 0,
        key: 'k1',
        value: '{"id":1}',
        timestamp: '1700000000123',
        headers: { b: 'two', a: 'one' },
      },
      { partition: 0, value: 'not json' },
      { partition: 0, value: '{"id":3}', timestamp: '1700000000456' },
    ])
    const source = createSource(
      definition(broker.bootstrap, topic, {
        options: new Map([['on_error', 'dead_letter']]),
        schema: [
          field('id', int8Type),
          field('k', byteaType),
          field('p', int4Type),
          field('o', int8Type),
          field('t', timestamptzType),
          field('h', jsonbType),
        ],
        includes: [
          { column: 1, what: 'key' },
          { column: 2, what: 'partition' },
          { column: 3, what: 'offset' },
          { column: 4, what: 'timestamp' },
          { column: 5, what: 'headers' },
        ],
      }),
    )
    const read = await open(source, [5, 0, 1, 2, 3, 4], true)
    await readUntil(read, () => read.reader.done)
    deepStrictEqual(
      read.rows.map(row => row.map(value => (value instanceof Uint8Array ? [...value] : value))),
      [
        ['{"a": "one", "b": "two"}', 1n, [0x6b, 0x31], 0, 0n, 1700000000123000n],
        [null, 3n, null, 0, 2n, 1700000000456000n],
      ],
    )
    const [bad] = read.bad
    strictEqual(read.bad.length, 1)
    deepStrictEqual([bad!.offset, bad!.partition, Buffer.from(bad!.bytes).toString()], [1n, 0, 'not json'])
    match(bad!.error, /^invalid JSON: /)
  })

  it('stops at a bad record when on_error is fail', async () => {
    const [broker, topic] = await filledTopic('fail', 1, 0)
    await produce(broker.client(), topic, [{ partition: 0, value: '{"id":"x"}' }])
    const read = await open(createSource(definition(broker.bootstrap, topic)))
    await readUntil(read, () => read.statuses.length > 0)
    const [status] = read.statuses
    strictEqual(status!.kind, 'failed')
    match(
      (status as { error: Error }).error.message,
      /^cannot decode offset 0 of Kafka topic "fail-.*" partition 0: column "id": invalid input .*: "x"$/,
    )
    strictEqual(read.reader.poll(10), undefined)
  })

  it('reports an offset that retention removed, or goes on with auto.offset.reset', async () => {
    const [broker, topic] = await filledTopic('retention', 1, 10)
    const admin = broker.client().admin()
    await admin.connect()
    await admin.fetchTopicOffsets(topic)
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '6' }] })
    await admin.disconnect()
    const from = (source: Source, statuses: SourceStatus[]) =>
      source.open({
        columns: [0, 1],
        positions: [{ split: '0', offset: 2n }],
        onBadRecords: () => {},
        onStatus: status => statuses.push(status),
      })
    const statuses: SourceStatus[] = []
    const failing = await from(createSource(definition(broker.bootstrap, topic)), statuses)
    readers.push(failing)
    const failed: Collected = { rows: [], bad: [], statuses, reader: failing }
    await readUntil(failed, () => statuses.some(status => status.kind === 'failed'))
    match(
      (statuses.at(-1) as { error: Error }).error.message,
      /partition 0: offset 2 is out of range, the topic has offsets 6 to 10$/,
    )
    const options = new Map([['properties.auto.offset.reset', 'earliest']])
    const reader = await from(createSource(definition(broker.bootstrap, topic, { options })), [])
    readers.push(reader)
    const read: Collected = { rows: [], bad: [], statuses: [], reader }
    await readUntil(read, () => read.rows.length === 4)
    deepStrictEqual(sortedIds(read.rows), range(6, 10))
  })

  it('connects with TLS and SASL, and never repeats credentials', async function () {
    const [broker, topic] = await filledTopic('secure', 1, 100)
    const { secure } = broker
    if (secure === undefined) return this.skip()
    const source = (mechanism: string, password: string, certificate?: string) => {
      const options = new Map([
        ['properties.security.protocol', 'SASL_SSL'],
        ['properties.sasl.mechanism', mechanism],
        ['properties.sasl.username', secure.username],
        ['properties.sasl.password', password],
      ])
      if (certificate !== undefined) options.set('properties.ssl.ca.pem', certificate)
      return createSource(definition(secure.bootstrap, topic, { options }))
    }
    for (const mechanism of ['PLAIN', 'SCRAM-SHA-256']) {
      const read = await open(source(mechanism, secure.password, secure.certificate), [0], true)
      await readUntil(read, () => read.reader.done)
      deepStrictEqual(sortedIds(read.rows), range(0, 100))
      await rejects(source(mechanism, 'wrong-secret', secure.certificate).validate(), (error: Error) => {
        match(error.message, /^cannot reach Kafka at 127.*: SASL .* authentication failed/)
        ok(!error.message.includes('wrong-secret'))
        return true
      })
    }
    await rejects(source('PLAIN', secure.password).validate(), {
      code: '58030',
      message: /self-signed certificate/,
    })
  })

  it('says what is wrong with the topic or the server', async () => {
    const broker = kafka()
    await rejects(createSource(definition(broker.bootstrap, 'no-such-topic')).validate(), {
      code: '42704',
      message: 'Kafka topic "no-such-topic" does not exist',
    })
    await rejects(createSource(definition('127.0.0.1:1', 't')).validate(), {
      code: '58030',
      message: /^cannot reach Kafka at 127\.0\.0\.1:1: Connection error: connect ECONNREFUSED/,
    })
  })
})

describe('KafkaSource options', () => {
  const check = (options: [string, string][], changes: Partial<SourceDefinition> = {}) =>
    createSource(definition('h:1', 't', { ...changes, options: new Map(options) }))

  it('rejects what it does not know and names the nearest', () => {
    throws(() => check([['scan.startup.mod', 'latest']]), {
      code: '22023',
      message: 'unknown option "scan.startup.mod" for connector "kafka"',
      hint: 'Perhaps you meant "scan.startup.mode".',
    })
    throws(() => check([['scan.startup.mode', 'middle']]), {
      code: '22023',
      message: 'invalid value for option "scan.startup.mode" of connector "kafka": "middle"',
    })
    throws(() => check([['scan.startup.mode', 'timestamp']]), { code: '22023' })
    throws(() => check([['properties.bootstrap.server', 'nohost']]), {
      message: 'invalid bootstrap server "nohost"',
    })
  })

  it('needs credentials for SASL and never repeats them', () => {
    const sasl: [string, string][] = [
      ['properties.security.protocol', 'SASL_SSL'],
      ['properties.sasl.mechanism', 'GSSAPI'],
      ['properties.sasl.password', 'geheim'],
    ]
    throws(
      () => check(sasl),
      (error: Error) => /GSSAPI is not supported/.test(error.message) && !error.message.includes('geheim'),
    )
    throws(
      () => check([['properties.security.protocol', 'SASL_PLAINTEXT']]),
      /"properties.sasl.mechanism" is required/,
    )
  })

  it('refuses formats that it cannot do right', () => {
    const format = (row: string, encode: string) => ({ format: { row, encode, options: new Map() } })
    throws(() => check([], format('upsert', 'json')), {
      code: '0A000',
      message: 'FORMAT UPSERT in a source is not supported',
    })
    throws(() => check([], format('plain', 'avro')), {
      code: '0A000',
      message: 'ENCODE AVRO is not supported',
    })
    throws(() => check([], { format: undefined }), { code: '22023' })
  })
})
