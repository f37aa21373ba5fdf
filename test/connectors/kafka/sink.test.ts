import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from 'node:assert'
import { Partitioners } from 'kafkajs'
import type { SinkDefinition } from '../../../connectors/connector.ts'
import { murmur2, partitionOfHash } from '../../../connectors/kafka/murmur2.ts'
import { createSink } from '../../../connectors/registry.ts'
import { columnFromValues } from '../../../executor/batch/column-builder.ts'
import { type DeltaBatch, deltaBatch } from '../../../executor/batch/delta-batch.ts'
import type { SinkContext, SinkStatus, SinkWriter } from '../../../executor/io/sink.ts'
import { field } from '../../../planner/schema.ts'
import { int8Type, textType } from '../../../planner/types.ts'
import { topicName, useKafka } from '../../support/kafka-broker.ts'
import type { TestBroker } from '../../support/kafka-node.ts'

const schema = [field('id', int8Type), field('city', textType)]
const context: SinkContext = { schema, key: [0], appendOnly: false }

type WeightedRow = readonly [weight: number, id: number, city: string | null]

function batchOf(rows: readonly WeightedRow[]): DeltaBatch {
  const columns = [
    columnFromValues(
      int8Type,
      rows.map(([, id]) => BigInt(id)),
    ),
    columnFromValues(
      textType,
      rows.map(([, , city]) => city),
    ),
  ]
  const weights = rows.every(([weight]) => weight === 1)
    ? undefined
    : Int32Array.from(rows, ([weight]) => weight)
  return deltaBatch(columns, rows.length, weights)
}

function definition(
  broker: string,
  topic: string,
  row: string,
  options: readonly [string, string][] = [],
): SinkDefinition {
  return {
    name: 's',
    options: new Map([
      ['connector', 'kafka'],
      ['properties.bootstrap.server', broker],
      ['topic', topic],
      ...options,
    ]),
    format: { row, encode: 'json', options: new Map() },
  }
}

interface Message {
  readonly partition: number
  readonly key: string | null
  readonly value: string | null
}

/** All messages of a topic, by partition and offset, read with kafkajs. */
async function messagesOf(broker: TestBroker, topic: string, count: number): Promise<Message[]> {
  const consumer = broker.client().consumer({ groupId: topicName('check') })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const messages: (Message & { offset: number })[] = []
  let enough: () => void = () => {}
  const all = new Promise<void>(resolve => {
    enough = resolve
  })
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      const { key, value, offset } = message
      messages.push({
        partition,
        offset: Number(offset),
        key: key?.toString() ?? null,
        value: value?.toString() ?? null,
      })
      if (messages.length === count) enough()
    },
  })
  await Promise.race([
    all,
    new Promise((_, reject) =>
      setTimeout(() => reject(new Error(`only ${messages.length} messages`)), 20_000),
    ),
  ])
  await consumer.disconnect()
  messages.sort((left, right) => left.partition - right.partition || left.offset - right.offset)
  return messages.map(({ partition, key, value }) => ({ partition, key, value }))
}

describe('KafkaSink', function () {
  this.timeout(60_000)
  const kafka = useKafka()
  const writers: SinkWriter[] = []

  afterEach(async () => {
    for (const writer of writers.splice(0)) await writer.close()
  })

  async function open(
    topic: string,
    row: string,
    options: readonly [string, string][] = [],
    onStatus?: (status: SinkStatus) => void,
  ): Promise<SinkWriter> {
    const sink = createSink(definition(kafka().bootstrap, topic, row, options))
    await sink.validate({ ...context, appendOnly: row === 'plain' })
    const writer = await sink.open(context, onStatus)
    writers.push(writer)
    return writer
  }

  async function newTopic(prefix: string, partitions: number): Promise<string> {
    const topic = topicName(prefix)
    await kafka().createTopic(topic, partitions)
    return topic
  }

  it('writes rows of an append-only query, repeated ones as often as they are there', async () => {
    const topic = await newTopic('plain', 1)
    const writer = await open(topic, 'plain')
    await writer.write(1, [
      batchOf([
        [1, 1, 'Kyiv'],
        [2, 2, null],
      ]),
      batchOf([]),
    ])
    await writer.write(2, [])
    await writer.write(3, [batchOf([[1, 3, 'a "b"']])])
    deepStrictEqual(
      await messagesOf(kafka(), topic, 4),
      [
        '{"id":1,"city":"Kyiv"}',
        '{"id":2,"city":null}',
        '{"id":2,"city":null}',
        '{"id":3,"city":"a \\"b\\""}',
      ].map(value => ({ partition: 0, key: null, value })),
    )
  })

  it('writes the last state per key and tombstones, to the partitions that Java clients use', async () => {
    const topic = await newTopic('upsert', 4)
    const writer = await open(topic, 'upsert')
    await writer.write(1, [
      batchOf([
        [1, 1, 'a'],
        [1, 2, 'b'],
        [1, 3, 'c'],
      ]),
    ])
    await writer.write(2, [
      batchOf([
        [1, 1, 'A'],
        [-1, 2, 'b'],
      ]),
      batchOf([
        [-1, 1, 'a'],
        [-1, 2, 'b'],
      ]),
    ])
    const messages = await messagesOf(kafka(), topic, 5)
    const ofKey = (id: number) => messages.filter(message => message.key === `{"id":${id}}`)
    deepStrictEqual(
      ofKey(1).map(message => message.value),
      ['{"id":1,"city":"a"}', '{"id":1,"city":"A"}'],
    )
    deepStrictEqual(
      ofKey(2).map(message => message.value),
      ['{"id":2,"city":"b"}', null],
    )
    deepStrictEqual(
      ofKey(3).map(message => message.value),
      ['{"id":3,"city":"c"}'],
    )
    const partitioner = Partitioners.DefaultPartitioner()
    const partitionMetadata = [0, 1, 2, 3].map(partitionId => ({
      partitionId,
      leader: 1,
      partitionErrorCode: 0,
      replicas: [1],
      isr: [1],
    }))
    for (const { key, partition } of messages) {
      strictEqual(
        partition,
        partitioner({ topic, partitionMetadata, message: { key: Buffer.from(key!), value: '' } }),
      )
    }
  })

  it('writes large epochs to all partitions, compressed', async () => {
    const topic = await newTopic('large', 2)
    const writer = await open(topic, 'plain', [
      ['properties.compression.codec', 'gzip'],
      ['primary_key', 'city'],
    ])
    const rows = Array.from({ length: 20_000 }, (_, id) => [1, id, `city ${id % 100}`] as const)
    await writer.write(1, [
      batchOf(rows.slice(0, 8192)),
      batchOf(rows.slice(8192, 16384)),
      batchOf(rows.slice(16384)),
    ])
    const messages = await messagesOf(kafka(), topic, 20_000)
    deepStrictEqual(
      messages
        .map(({ value }) => (JSON.parse(value!) as { id: number }).id)
        .sort((left, right) => left - right),
      rows.map(([, id]) => id),
    )
    strictEqual(new Set(messages.map(message => message.partition)).size, 2)
    strictEqual(messages[0]!.key!.startsWith('{"city":"city '), true)
  })

  it('splits batches that are larger than the topic allows', async () => {
    const topic = await newTopic('split', 1)
    const admin = kafka().client().admin()
    await admin.connect()
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: 2, name: topic, configEntries: [{ name: 'max.message.bytes', value: '3000' }] }],
    })
    await admin.disconnect()
    const writer = await open(topic, 'plain')
    const rows = Array.from({ length: 300 }, (_, id) => [1, id, 'x'.repeat(50)] as const)
    await writer.write(1, [batchOf(rows)])
    const messages = await messagesOf(kafka(), topic, 300)
    deepStrictEqual(
      messages.map(({ value }) => (JSON.parse(value!) as { id: number }).id),
      rows.map(([, id]) => id),
    )
    await rejects(writer.write(2, [batchOf([[1, 1, 'y'.repeat(5000)]])]), {
      code: '58030',
      message: /MESSAGE_TOO_LARGE$/,
    })
  })

  it('keeps writing through an outage', async function () {
    const broker = kafka()
    if (!broker.canRestart) return this.skip()
    const topic = await newTopic('outage', 2)
    const statuses: SinkStatus[] = []
    const writer = await open(topic, 'upsert', [], status => statuses.push(status))
    await writer.write(1, [batchOf([[1, 1, 'before']])])
    await broker.kill()
    const written = writer.write(2, [
      batchOf([
        [1, 1, 'during'],
        [1, 2, 'during'],
      ]),
    ])
    await new Promise(resolve => setTimeout(resolve, 500))
    await broker.start()
    await written
    strictEqual(statuses[0]!.kind, 'retrying')
    strictEqual(statuses.at(-1)!.kind, 'running')
    const messages = await messagesOf(broker, topic, 3)
    const last = new Map(messages.map(({ key, value }) => [key, value]))
    deepStrictEqual(last.get('{"id":1}'), '{"id":1,"city":"during"}')
    deepStrictEqual(last.get('{"id":2}'), '{"id":2,"city":"during"}')
  })

  it('checks the topic before it starts', async () => {
    const sink = createSink(definition(kafka().bootstrap, 'no-such-topic', 'upsert'))
    await rejects(sink.validate(context), {
      code: '42704',
      message: 'Kafka topic "no-such-topic" does not exist',
    })
  })
})

describe('KafkaSink options', () => {
  const validate = (row: string, changes: Partial<SinkContext>, options: readonly [string, string][] = []) =>
    createSink(definition('h:1', 't', row, options)).validate({ ...context, ...changes })

  it('refuses what would lose changes', async () => {
    await rejects(validate('plain', { appendOnly: false }), {
      code: '0A000',
      message: 'FORMAT PLAIN of a query whose rows can change is not supported',
      hint: "Use FORMAT UPSERT, or force_append_only = 'true' to write insertions only.",
    })
    await rejects(validate('upsert', { key: undefined }), {
      code: '22023',
      message: /^FORMAT UPSERT needs a key/,
    })
    await rejects(validate('upsert', {}, [['primary_key', 'nope']]), { code: '42703' })
    throws(() => createSink(definition('h:1', 't', 'debezium')), { code: '0A000' })
    throws(() => createSink(definition('h:1', 't', 'plain', [['properties.compression.codec', 'brotli']])), {
      code: '22023',
    })
  })
})

describe('murmur2', () => {
  it("agrees with Kafka's own test values", () => {
    const hash = (text: string) => murmur2(Buffer.from(text), 0, text.length)
    const known: readonly [string, number][] = [
      ['21', -973932308],
      ['foobar', -790332482],
      ['a-little-bit-long-string', -985981536],
      ['a-little-bit-longer-string', -1486304829],
      ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
      ['abc', 479470107],
    ]
    for (const [text, value] of known) strictEqual(hash(text), value)
    ok(partitionOfHash(-1, 7) >= 0)
    match(String(partitionOfHash(hash('21'), 10)), /^\d$/)
  })
})
