/**
 * Kafka through SQL: bad records under each policy, metadata columns, lag, a broker that dies, new
 * partitions, sinks.
 */

import { strict as assert } from 'node:assert'
import { type Message, Partitioners } from 'kafkajs'
import { Millrace } from '../../../server/index.ts'
import { topicName, useKafka } from '../../support/kafka-broker.ts'
import { eventually } from './eventually.ts'

describe('Kafka through SQL', function () {
  this.timeout(90_000)
  const kafka = useKafka()
  let database: Millrace

  beforeEach(async () => {
    database = await Millrace.create()
  })
  afterEach(() => database.close())

  const rows = async (sql: string): Promise<unknown[][]> =>
    (await database.query(sql, [], { rowMode: 'array' })).rows as unknown as unknown[][]

  async function newTopic(partitions = 1): Promise<string> {
    const topic = topicName('e2e')
    await kafka().createTopic(topic, partitions)
    return topic
  }

  async function produce(topic: string, messages: Message[]): Promise<void> {
    const producer = kafka().client().producer({ createPartitioner: Partitioners.DefaultPartitioner })
    await producer.connect()
    await producer.send({ topic, messages })
    await producer.disconnect()
  }

  const withTopic = (topic: string, more = ''): string =>
    `WITH (connector = 'kafka', topic = '${topic}', properties.bootstrap.server = '${kafka().bootstrap}',
       properties.metadata.max.age.ms = 300${more}) FORMAT PLAIN ENCODE JSON`

  const intoTopic = (topic: string): string =>
    `WITH (connector = 'kafka', topic = '${topic}', properties.bootstrap.server = '${kafka().bootstrap}')
       FORMAT PLAIN ENCODE JSON`

  const numbered = (from: number, to: number): Message[] =>
    Array.from({ length: to - from }, (_, index) => ({ value: `{"id": ${from + index}, "v": ${index % 7}}` }))

  const withBadRecords: Message[] = [
    { value: '{"id": 1, "v": 1}' },
    { value: '{"id": "x", "v": 1}' },
    { value: '{"id": 2' },
    { value: '{"id": 3, "v": 3}' },
  ]

  it('skips bad records and counts them', async () => {
    const topic = await newTopic()
    await produce(topic, withBadRecords)
    await database.exec(`CREATE SOURCE s (id bigint, v int) ${withTopic(topic, ", on_error = 'skip'")};
      CREATE MATERIALIZED VIEW m AS SELECT id, v FROM s`)
    await eventually(async () =>
      assert.deepEqual(await rows('SELECT * FROM m ORDER BY id'), [
        [1, 1],
        [3, 3],
      ]),
    )
  })

  it('keeps bad records as dead letters', async () => {
    const topic = await newTopic()
    await produce(topic, withBadRecords)
    await database.exec(`CREATE SOURCE s (id bigint, v int) ${withTopic(topic, ", on_error = 'dead_letter'")};
      CREATE MATERIALIZED VIEW m AS SELECT id, v FROM s`)
    await eventually(async () => {
      assert.deepEqual(await rows('SELECT id FROM m ORDER BY id'), [[1], [3]])
      const letters =
        await rows(`SELECT topic, partition, "offset", convert_from(bytes, 'UTF8'), error IS NOT NULL
        FROM s_dead_letters ORDER BY "offset"`)
      assert.deepEqual(letters, [
        [topic, 0, 1, '{"id": "x", "v": 1}', true],
        [topic, 0, 2, '{"id": 2', true],
      ])
    })
  })

  it('stops at a bad record when told to fail, and says why', async () => {
    const topic = await newTopic()
    await produce(topic, withBadRecords)
    await database.exec(`CREATE SOURCE s (id bigint, v int) ${withTopic(topic)}`)
    await database.exec('CREATE MATERIALIZED VIEW m AS SELECT id, v FROM s').catch(() => {})
    await assert.rejects(database.query('SELECT id, v FROM s'), /offset 1 of/)
  })

  it('refuses a topic that is not there', async () => {
    await assert.rejects(
      database.exec(`CREATE SOURCE s (id bigint) ${withTopic('no-such-topic')}`),
      (error: Error) => {
        assert.match(error.message, /topic "no-such-topic"/)
        return true
      },
    )
  })

  it('adds metadata columns', async () => {
    const topic = await newTopic()
    const timestamp = String(Date.UTC(2026, 0, 2, 3, 4, 5, 678))
    await produce(topic, [
      { key: 'k1', value: '{"id": 1}', timestamp, headers: { h: 'x' } },
      { value: '{"id": 2}', timestamp },
    ])
    await database.exec(`CREATE SOURCE s (id bigint)
      INCLUDE KEY AS k INCLUDE PARTITION AS p INCLUDE OFFSET AS o
      INCLUDE TIMESTAMP AS t ${withTopic(topic)}`)
    assert.deepEqual(await rows("SELECT id, convert_from(k, 'UTF8'), p, o, t::text FROM s ORDER BY id"), [
      [1, 'k1', 0, 0, '2026-01-02 03:04:05.678+00'],
      [2, null, 0, 1, '2026-01-02 03:04:05.678+00'],
    ])
  })

  it('survives the broker, takes new partitions, and tells how far it is', async function () {
    if (!kafka().canRestart) this.skip()
    const topic = await newTopic()
    await produce(topic, numbered(0, 1000))
    await database.exec(`CREATE SOURCE s (id bigint, v int) ${withTopic(topic)};
      CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n, count(DISTINCT id) AS ids, sum(id) AS s FROM s`)
    const sum = (count: number): string => String((count * (count - 1)) / 2)
    await eventually(async () => assert.deepEqual(await rows('SELECT * FROM m'), [[1000, 1000, sum(1000)]]))
    await kafka().kill()
    await kafka().start()
    await produce(topic, numbered(1000, 2000))
    await eventually(async () => assert.deepEqual(await rows('SELECT * FROM m'), [[2000, 2000, sum(2000)]]))
    const admin = kafka().client().admin()
    await admin.connect()
    await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
    await admin.disconnect()
    await eventually(() =>
      produce(
        topic,
        numbered(2000, 3000).map(message => ({ ...message, partition: 2 })),
      ),
    )
    await eventually(async () => {
      assert.deepEqual(await rows('SELECT ids, s FROM m'), [[3000, sum(3000)]])
      const lag = 'SELECT split, position, lag FROM stream_catalog.source_lag ORDER BY split'
      assert.deepEqual(await rows(lag), [
        ['0', 2000, 0],
        ['1', 0, 0],
        ['2', 1000, 0],
      ])
    })
  })

  it('does not wait for a silent partition longer than IDLE TIMEOUT', async () => {
    const topic = await newTopic(2)
    const value = (time: string): Message => ({
      partition: 0,
      value: `{"id": 1, "ts": "2026-01-01 ${time}"}`,
    })
    await produce(topic, [value('00:00:10'), value('00:01:30')])
    await database.exec(`CREATE SOURCE s (id bigint, ts timestamp,
        WATERMARK FOR ts AS ts - INTERVAL '5 seconds' IDLE TIMEOUT INTERVAL '300 milliseconds')
        ${withTopic(topic)};
      CREATE MATERIALIZED VIEW m AS SELECT window_start::text AS w, count(*) AS n
        FROM TUMBLE(s, ts, INTERVAL '1 minute') GROUP BY window_start EMIT ON WINDOW CLOSE`)
    await eventually(async () =>
      assert.deepEqual(await rows('SELECT w, n FROM m'), [['2026-01-01 00:00:00', 1]]),
    )
  })

  it('writes a view as upserts that add up to it', async () => {
    const topic = await newTopic(2)
    await database.exec(`CREATE TABLE t (id int PRIMARY KEY, k text, v int);
      CREATE MATERIALIZED VIEW sums AS SELECT k, count(*) AS n, sum(v) AS s FROM t GROUP BY k;
      INSERT INTO t SELECT n, 'k' || n % 10, n FROM generate_series(1, 100) AS g(n);
      CREATE SINK out FROM sums WITH (connector = 'kafka', topic = '${topic}',
        properties.bootstrap.server = '${kafka().bootstrap}') FORMAT UPSERT ENCODE JSON`)
    await database.exec(
      `UPDATE t SET v = v * 2 WHERE k = 'k3'; DELETE FROM t WHERE k = 'k4';
       UPDATE t SET k = 'new' WHERE id < 5`,
    )
    const expected = await rows('SELECT k, n, s::bigint FROM sums ORDER BY k')
    await eventually(async () => assert.deepEqual(await compacted(topic), expected))
  })

  /** The last value of every key, without those that were deleted. */
  async function compacted(topic: string): Promise<unknown[][]> {
    const latest = new Map<string, string | null>()
    const consumer = kafka()
      .client()
      .consumer({ groupId: topicName('check') })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ message }) => {
        latest.set(String(message.key), message.value === null ? null : String(message.value))
      },
    })
    await new Promise(resolve => setTimeout(resolve, 1000))
    await consumer.disconnect()
    return [...latest.values()]
      .flatMap(value => (value === null ? [] : [JSON.parse(value)]))
      .map(({ k, n, s }) => [k, n, Number(s)])
      .sort((left, right) => (left[0] < right[0] ? -1 : 1))
  }

  it('writes an append-only view, which another source reads', async () => {
    const topic = await newTopic(3)
    await database.exec(`CREATE TABLE t (id int, v numeric(8,2), at timestamp) APPEND ONLY;
      CREATE MATERIALIZED VIEW large AS SELECT id, v, at FROM t WHERE v > 10;
      CREATE SINK out FROM large ${intoTopic(topic)};
      CREATE SOURCE back (id int, v numeric(8,2), at timestamp) ${withTopic(topic)};
      CREATE MATERIALIZED VIEW copied AS SELECT * FROM back;
      INSERT INTO t SELECT n, n + 0.25, timestamp '2026-01-01' + n * interval '1 second'
        FROM generate_series(1, 500) AS g(n)`)
    const expected = await rows('SELECT id, v, at::text FROM large ORDER BY id')
    assert.equal(expected.length, 491)
    await eventually(async () =>
      assert.deepEqual(await rows('SELECT id, v, at::text FROM copied ORDER BY id'), expected),
    )
  })

  it('refuses a PLAIN sink of a view that changes', async () => {
    const topic = await newTopic()
    await database.exec(
      `CREATE TABLE t (id int PRIMARY KEY, k text);
       CREATE MATERIALIZED VIEW m AS SELECT k, count(*) AS n FROM t GROUP BY k`,
    )
    await assert.rejects(database.exec(`CREATE SINK out FROM m ${intoTopic(topic)}`), { code: '0A000' })
  })
})
