/** The README's Kafka block runs as it stands, but for the broker's address and the names of the topics. */

import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Partitioners } from 'kafkajs'
import { Millrace } from '../../../server/index.ts'
import { topicName, useKafka } from '../../support/kafka-broker.ts'
import { projectRoot } from '../../support/project-root.ts'
import { eventually } from './eventually.ts'

describe('README with Kafka', function () {
  this.timeout(60_000)
  const kafka = useKafka()

  it('reads rides, keeps a view, writes a topic', async () => {
    const rides = topicName('rides')
    const busy = topicName('busy')
    await kafka().createTopic(rides, 1)
    await kafka().createTopic(busy, 1)
    const producer = kafka().client().producer({ createPartitioner: Partitioners.DefaultPartitioner })
    await producer.connect()
    const values = [
      '{"ride_id": 1, "city": "Ulm", "fare": 10.50, "ts": "2026-05-01T12:00:10Z"}',
      '{"ride_id": 2, "city": "Ulm", "fare": 4.50, "ts": "2026-05-01T12:00:20Z"}',
      'no ride',
    ]
    await producer.send({ topic: rides, messages: values.map(value => ({ value })) })
    await producer.disconnect()
    const database = await Millrace.create()
    try {
      await database.exec(
        kafkaBlock()
          .replaceAll('127.0.0.1:9092', kafka().bootstrap)
          .replace("topic = 'rides'", `topic = '${rides}'`)
          .replace("topic = 'rides-per-minute'", `topic = '${busy}'`),
      )
      await eventually(async () => {
        const { rows } = await database.query(
          'SELECT city, rides, round(fare, 2) AS fare FROM rides_per_minute',
        )
        assert.deepEqual(rows, [{ city: 'Ulm', rides: 2, fare: '7.50' }])
        const { rows: letters } = await database.query('SELECT "offset" FROM rides_dead_letters')
        assert.deepEqual(letters, [{ offset: 2 }])
      })
    } finally {
      await database.close()
    }
  })
})

function kafkaBlock(): string {
  const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8')
  const block = /^```sql kafka\n(.*?)^```$/ms.exec(readme)
  assert.ok(block !== null, 'the README has a Kafka block')
  return block[1]!
}
